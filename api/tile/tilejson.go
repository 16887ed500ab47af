package tile

import (
	"cmp"
	"html"
	"math"
	"net/http"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"hutong/api"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/world"
	"hutong/tiles/cache"
)

// tileJSON is a TileJSON 3.0.0 document (github.com/mapbox/tilejson-spec), its members in the order
// of the specification.
type tileJSON struct {
	TileJSON     string        `json:"tilejson"`
	Tiles        []string      `json:"tiles"`
	VectorLayers []vectorLayer `json:"vector_layers"`
	Attribution  string        `json:"attribution,omitempty"`
	Bounds       [4]float64    `json:"bounds"`           // west, south, east, north in degrees
	Center       *[3]float64   `json:"center,omitempty"` // lon, lat, zoom
	Description  string        `json:"description,omitempty"`
	MinZoom      uint8         `json:"minzoom"`
	MaxZoom      uint8         `json:"maxzoom"`
	Name         string        `json:"name"`
	Scheme       string        `json:"scheme"`
	Version      string        `json:"version"`

	// Freshness is ours: that of each layer of which there is something to say.
	Freshness map[layers.Name]*api.FreshnessState `json:"freshness,omitempty"`
}

// vectorLayer describes a layer inside a tile.
type vectorLayer struct {
	ID          layers.Name       `json:"id"`
	Description string            `json:"description"`
	MinZoom     uint8             `json:"minzoom"`
	MaxZoom     uint8             `json:"maxzoom"`
	Fields      map[string]string `json:"fields"`
}

func (t *Tiles) tileJSON(w http.ResponseWriter, r *http.Request) {
	list, ok := strings.CutSuffix(r.PathValue("file"), ".json")
	if !ok {
		api.Refuse(w, r, api.CodeNotFound, "A layer's TileJSON ends in .json.")
		return
	}
	if set, seen := t.find(w, r, list); set != nil {
		api.SendJSON(w, r, "application/json", describe(set, seen, t.base.URL(r)))
	}
}

// describe describes the tiles of a set as they are now. A map that needs a token for them finds it in their
// addresses, if that is where this request had it.
func describe(set *cache.Set, seen api.Seen, base string) tileJSON {
	lowest, highest := set.Zooms()
	d := tileJSON{
		TileJSON: "3.0.0",
		Tiles:    []string{base + "/tiles/" + set.Name() + "/{z}/{x}/{y}.mvt"},
		Bounds:   [4]float64{-180, outward(-world.MaxLatitude, math.Ceil), 180, outward(world.MaxLatitude, math.Floor)},
		MinZoom:  lowest, MaxZoom: highest,
		Scheme: "xyz", Version: "1.0.0",
	}
	var titles, descriptions, attributions []string
	var extent *orb.Bound
	list := slices.SortedFunc(slices.Values(seen.Layers), func(a, b *api.Layer) int { return cmp.Compare(a.Name(), b.Name()) })
	query := ""
	for _, l := range list {
		query = cmp.Or(query, seen.Query(l))
		d.VectorLayers = append(d.VectorLayers, describeLayer(l))
		if fresh := l.Fresh.State(); fresh != nil {
			if d.Freshness == nil {
				d.Freshness = map[layers.Name]*api.FreshnessState{}
			}
			d.Freshness[l.Name()] = fresh
		}
		titles = append(titles, l.Heading())
		descriptions = addText(descriptions, l.Description)
		// TileJSON's attribution is HTML and ours is plain text.
		attributions = addText(attributions, html.EscapeString(l.Attribution))
		if b, ok := l.View.Now().Extent(); ok {
			if extent != nil {
				b = extent.Union(b)
			}
			extent = &b
		}
	}
	if query != "" {
		d.Tiles[0] += "?" + query
	}
	d.Name, d.Description = strings.Join(titles, ", "), strings.Join(descriptions, " ")
	d.Attribution = strings.Join(attributions, ", ")
	if b := extent; b != nil {
		d.Bounds = [4]float64{
			outward(b.Min[0], math.Floor), outward(b.Min[1], math.Floor),
			outward(b.Max[0], math.Ceil), outward(b.Max[1], math.Ceil),
		}
		center, zoom := api.Fit(*b)
		d.Center = &[3]float64{center[0], center[1], min(max(zoom, float64(lowest)), float64(highest))}
	}
	return d
}

// addText adds text to list unless it is empty or there already: layers of one source share theirs.
func addText(list []string, text string) []string {
	if text == "" || slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}

// describeLayer describes one layer inside a tile.
func describeLayer(l *api.Layer) vectorLayer {
	o := l.Tiles.Options()
	v := vectorLayer{ID: l.Name(), Description: l.Heading(), MinZoom: o.MinZoom, MaxZoom: o.MaxZoom, Fields: map[string]string{}}
	for _, f := range l.Tiles.Fields() {
		v.Fields[f.Name] = typeInTiles(f.Kind)
	}
	return v
}

// outward rounds degrees to seven decimals, in one direction so that bounds hold all they bound.
func outward(degrees float64, round func(float64) float64) float64 { return round(degrees*1e7) / 1e7 }

// typeInTiles is what TileJSON calls the type that values of kind have in tiles; times are
// milliseconds there.
func typeInTiles(kind column.Kind) string {
	switch kind {
	case column.Int, column.Float, column.Time:
		return "Number"
	case column.Bool:
		return "Boolean"
	case column.String, column.Null:
		return "String"
	default:
		return "String"
	}
}
