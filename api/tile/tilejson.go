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
	"hutong/layers/view"
	"hutong/layers/world"
	"hutong/tiles"
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

	// Overview is ours: for each layer with one, up to where its tiles show cells in place of features.
	Overview map[layers.Name]lowZooms `json:"overview,omitempty"`

	// TablesOf is ours: for each layer that is a view of counts, which table the tiles show and which there are.
	TablesOf map[layers.Name]shownTables `json:"tables,omitempty"`

	// Freshness is ours: that of each layer of which there is something to say.
	Freshness map[layers.Name]*api.FreshnessState `json:"freshness,omitempty"`
}

// lowZooms says what tiles of low zooms show: cells, which have the property h3.
type lowZooms struct {
	MinZoom uint8             `json:"minzoom"`
	MaxZoom uint8             `json:"maxzoom"`
	Fields  map[string]string `json:"fields"`
}

// shownTables says which table of a view of counts tiles show, and which there are.
type shownTables struct {
	Set    string       `json:"set"`
	Period *view.Period `json:"period,omitempty"` // missing while there are no tables
	*api.TablesOffered
}

// vectorLayer describes a layer inside a tile: its fields are those of features and, where it has one, of
// its overview.
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
	set, seen := t.find(w, r, list)
	if set == nil {
		return
	}
	asof, ok := t.asof(w, r)
	if ok && asof != "" {
		asof, ok = t.past.Moment(w, r, set.Layers(), asof)
	}
	if !ok {
		return
	}
	f, query, ok := t.query(w, r, seen)
	if !ok {
		return
	}
	d := describe(set, seen, t.base.URL(r), func(i int, l *api.Layer) *tiles.Overview {
		if asof != "" || f != nil && len(f.Where()[i]) > 0 && !l.Overview.Shows(l.View.Schema()) {
			return nil
		}
		return l.Overview
	})
	d.tables(r, seen)
	d.Tiles[0] = withQuery(d.Tiles[0], query)
	if asof != "" { // the bounds are those of now: who looks back may look elsewhere
		d.Tiles[0] = withQuery(d.Tiles[0], "asof="+asof)
		d.Freshness = nil
	}
	api.SendJSON(w, r, "application/json", d)
}

// query returns the filter that a request asks for, nil when it is none, and what must stand behind ? in the URL of tiles
// that show what it asks for. When it cannot be read it answers the request with a problem and ok is false.
func (t *Tiles) query(w http.ResponseWriter, r *http.Request, seen api.Seen) (f *api.Filter, query string, ok bool) {
	if seen.Counts() {
		query, ok = t.chosen(w, r, seen)
		return nil, query, ok
	}
	f, ok = t.filter(w, r, seen)
	return f, f.Query(), ok
}

// describe describes the tiles of a set as they are now. A map that needs a token for them finds it in their
// addresses, if that is where this request had it. overview returns what the tiles of low zooms of the i-th layer of the
// set show in place of features; nil when nothing does.
func describe(set *cache.Set, seen api.Seen, base string, overview func(i int, l *api.Layer) *tiles.Overview) tileJSON {
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
	query := ""
	for i, l := range inOrder(seen) {
		query = cmp.Or(query, seen.Query(l))
		o := overview(i, l)
		d.VectorLayers = append(d.VectorLayers, describeLayer(l, o))
		if o.Below() > l.Tiles.Options().MinZoom {
			if d.Overview == nil {
				d.Overview = map[layers.Name]lowZooms{}
			}
			d.Overview[l.Name()] = lowZooms{l.Tiles.Options().MinZoom, o.Below() - 1, fieldsIn(o.Builder, map[string]string{})}
		}
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
	d.Tiles[0] = withQuery(d.Tiles[0], query)
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

// tables adds which tables the request asks for, which it may.
func (d *tileJSON) tables(r *http.Request, seen api.Seen) {
	for _, l := range inOrder(seen) {
		if l.Tables == nil {
			continue
		}
		c, err := l.Tables.ChooseRaw(r.URL.RawQuery)
		if err != nil {
			continue // a table that has gone meanwhile
		}
		one := shownTables{Set: c.Set, TablesOffered: l.Tables.Offered()}
		if len(one.Periods) > 0 {
			one.Period = &c.Period
		}
		if d.TablesOf == nil {
			d.TablesOf = map[layers.Name]shownTables{}
		}
		d.TablesOf[l.Name()] = one
	}
}

// withQuery returns an address with more behind its query.
func withQuery(address, query string) string {
	switch {
	case query == "":
		return address
	case strings.Contains(address, "?"):
		return address + "&" + query
	default:
		return address + "?" + query
	}
}

// addText adds text to list unless it is empty or there already: layers of one source share theirs.
func addText(list []string, text string) []string {
	if text == "" || slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}

// describeLayer describes one layer inside a tile, whose low zooms show an overview; nil is none.
func describeLayer(l *api.Layer, low *tiles.Overview) vectorLayer {
	o := l.Tiles.Options()
	v := vectorLayer{ID: l.Name(), Description: l.Heading(), MinZoom: o.MinZoom, MaxZoom: o.MaxZoom, Fields: map[string]string{}}
	if low.Below() > o.MinZoom {
		fieldsIn(low.Builder, v.Fields)
	}
	fieldsIn(l.Tiles, v.Fields)
	return v
}

// fieldsIn adds the fields of b's tiles to list, which it returns.
func fieldsIn(b *tiles.Builder, list map[string]string) map[string]string {
	for _, f := range b.Fields() {
		list[f.Name] = tiles.TypeName(f.Kind)
	}
	return list
}

// outward rounds degrees to seven decimals, in one direction so that bounds hold all they bound.
func outward(degrees float64, round func(float64) float64) float64 { return round(degrees*1e7) / 1e7 }
