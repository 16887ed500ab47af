package catalog

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"hutong/api"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/view"
	"hutong/layers/world"
)

// MaxNear is the most features that a query by place returns.
const MaxNear = 100

// defaultNear is how many it returns when nobody says.
const defaultNear = 10

// maxExact is the largest integer that all JSON readers hold exactly; larger ones go as strings, as
// they do in tiles.
const maxExact = 1 << 53

func (c *Catalog) feature(w http.ResponseWriter, r *http.Request) {
	l := c.layers.Find(w, r, r.PathValue("name"))
	if l == nil || api.RefuseChoice(w, r, newest) {
		return
	}
	v := l.View.Now()
	f, ok := v.Feature(layers.FeatureID(r.PathValue("id")))
	if !ok {
		api.Refuse(w, r, api.CodeFeatureNotFound, "The layer has no feature with this id.")
		return
	}
	api.Send(w, r, geoJSON, append(appendFeature(nil, v.Schema(), &f, -1), '\n'))
}

// features answers the queries there are: by window, which fields may narrow whatever they are called, by
// the number in tiles, and by place.
func (c *Catalog) features(w http.ResponseWriter, r *http.Request) {
	l := c.layers.Find(w, r, r.PathValue("name"))
	if l == nil {
		return
	}
	query, err := api.ParseQuery(r.URL.RawQuery)
	if err != nil {
		api.Refuse(w, r, api.CodeParameterInvalid, err.Error())
		return
	}
	switch number, near := query.Has("number"), query.Has("near"); {
	case query.Has("bbox"):
		c.window(w, r, l, query)
	case number && !near:
		c.numbered(w, r, l, query)
	case near && !number:
		c.near(w, r, l, query)
	default:
		api.Refuse(w, r, api.CodeParameterInvalid, "Ask with one of number=N, near=LON,LAT and bbox=WEST,SOUTH,EAST,NORTH.")
	}
}

func (c *Catalog) numbered(w http.ResponseWriter, r *http.Request, l *api.Layer, query url.Values) {
	number, err := parseNumber(query)
	if err != nil {
		api.Refuse(w, r, api.CodeParameterInvalid, err.Error())
		return
	}
	v := l.View.Now()
	f, ok := v.Numbered(number)
	if !ok {
		api.Refuse(w, r, api.CodeFeatureNotFound, "No feature of the layer shows this number in tiles.")
		return
	}
	api.Send(w, r, geoJSON, append(appendFeature(nil, v.Schema(), &f, -1), '\n'))
}

// parseNumber reads a query by the number in tiles. Its errors are whole sentences for the client.
func parseNumber(query url.Values) (uint64, error) {
	if err := api.Accept(query, "number"); err != nil {
		return 0, err
	}
	text, err := api.Single("number", query["number"])
	if err != nil {
		return 0, err
	}
	number, decimal := layers.FeatureID(text).Number()
	if !decimal {
		return 0, errors.New("number is a feature's id in a tile: a plain integer from 0 to 9007199254740991")
	}
	return number, nil
}

// near answers with the features nearest to a place.
func (c *Catalog) near(w http.ResponseWriter, r *http.Request, l *api.Layer, query url.Values) {
	at, k, err := parseNearest(query)
	if err != nil {
		api.Refuse(w, r, api.CodeParameterInvalid, err.Error())
		return
	}
	c.looks.answer(w, r, func() []byte {
		v := l.View.Now()
		return writeNearest(newCollection(), v, v.Nearest(at.Lon(), at.Lat(), k))
	})
}

// writeNearest writes what was found to list.
func writeNearest(list *collection, v *view.View, found []view.Neighbour) []byte {
	for _, n := range found {
		f := n.Feature()
		if !list.add(func(dst []byte) []byte { return appendFeature(dst, v.Schema(), &f, n.Metres) }) {
			break
		}
	}
	return list.finish(fmt.Sprintf(`,"numberReturned":%d,"complete":%t`, list.returned, list.returned == len(found)))
}

// parseNearest reads a query by place. Its errors are whole sentences for the client.
func parseNearest(query url.Values) (at *orb.Point, k int, err error) {
	if err := api.Accept(query, "near", "k"); err != nil {
		return nil, 0, err
	}
	if at, err = parseNear(query["near"]); err != nil {
		return nil, 0, err
	}
	if k = defaultNear; query.Has("k") {
		k, err = parseCount("k", query["k"], MaxNear)
	}
	return at, k, err
}

// parsePlace reads "lon,lat" in degrees. Its errors are whole sentences for the client.
func parsePlace(s string) (lon, lat float64, err error) {
	first, second, ok := strings.Cut(s, ",")
	lon, errLon := strconv.ParseFloat(strings.TrimSpace(first), 64)
	lat, errLat := strconv.ParseFloat(strings.TrimSpace(second), 64)
	if !ok || errLon != nil || errLat != nil {
		return 0, 0, fmt.Errorf("near is a longitude and a latitude in degrees, such as 116.39,39.91")
	}
	if _, err := world.Project(lon, lat); err != nil {
		return 0, 0, fmt.Errorf("near: %w", err)
	}
	return lon, lat, nil
}

// appendFeature appends f as GeoJSON: its properties in the schema's order, the id first if the
// schema names it. metres, unless negative, is how far f is from where was asked.
func appendFeature(dst []byte, schema *layers.Schema, f *layers.Feature, metres float64) []byte {
	dst = appendJSON(append(dst, `{"type":"Feature","id":`...), string(f.ID))
	dst = append(dst, `,"geometry":`...)
	dst = appendGeometry(dst, f.Geometry)
	dst = appendProperties(append(dst, `,"properties":`...), schema, f.ID, f.Values)
	if metres >= 0 {
		dst = strconv.AppendFloat(append(dst, `,"distance_metres":`...), metres, 'f', 3, 64)
	}
	return append(dst, '}')
}

// appendProperties appends a feature's properties as a JSON object.
func appendProperties(dst []byte, schema *layers.Schema, id layers.FeatureID, values []column.Value) []byte {
	dst = append(dst, '{')
	first := true
	member := func(name string, v any) {
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(appendJSON(dst, name), ':')
		dst = appendJSON(dst, v)
	}
	if schema.IDField != "" {
		member(schema.IDField, string(id))
	}
	for i, field := range schema.Fields {
		var v column.Value
		if i < len(values) {
			v = values[i]
		}
		member(field.Name, plain(v))
	}
	return append(dst, '}')
}

// plain is v as JSON has it, integers that are too large for some readers as strings.
func plain(v column.Value) any {
	if v.Kind() == column.Int && (v.Int() > maxExact || v.Int() < -maxExact) {
		return strconv.FormatInt(v.Int(), 10)
	}
	return v.Any()
}

// appendJSON appends a string, number, bool or nil as JSON.
func appendJSON(dst []byte, v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // the store holds finite numbers only
	}
	return append(dst, b...)
}

// degrees rounds to seven decimals, about a centimetre.
func degrees(v float64) float64 { return math.Round(v*1e7) / 1e7 }
