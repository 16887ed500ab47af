package tile

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"hutong/api"
	"hutong/layers"
	"hutong/layers/view"
	"hutong/tiles"
	"hutong/tiles/cache"
)

// tileJSON is a TileJSON document with what is ours.
type tileJSON struct {
	api.TileJSON

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
	d := tileJSON{TileJSON: api.NewTileJSON(base + "/tiles/" + set.Name() + "/{z}/{x}/{y}.mvt")}
	var descriptions []string
	query := ""
	list := inOrder(seen)
	for i, l := range list {
		query = cmp.Or(query, seen.Query(l))
		o := overview(i, l)
		d.Add(describeLayer(l, o), l.Attribution)
		if o.Below() > l.Tiles.Options().MinZoom {
			if d.Overview == nil {
				d.Overview = map[layers.Name]lowZooms{}
			}
			d.Overview[l.Name()] = lowZooms{l.Tiles.Options().MinZoom, o.Below() - 1, api.FieldsIn(o.Builder, map[string]string{})}
		}
		if fresh := l.Fresh.State(); fresh != nil {
			if d.Freshness == nil {
				d.Freshness = map[layers.Name]*api.FreshnessState{}
			}
			d.Freshness[l.Name()] = fresh
		}
		if l.Description != "" && !slices.Contains(descriptions, l.Description) {
			descriptions = append(descriptions, l.Description)
		}
	}
	for _, l := range list {
		if b, ok := l.View.Now().Extent(); ok {
			d.Fit(b)
		}
	}
	d.Tiles[0] = withQuery(d.Tiles[0], query)
	d.Description = strings.Join(descriptions, " ")
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

// describeLayer describes one layer inside a tile, whose low zooms show an overview; nil is none.
func describeLayer(l *api.Layer, low *tiles.Overview) api.VectorLayer {
	o := l.Tiles.Options()
	v := api.VectorLayer{ID: l.Name(), Description: l.Heading(), MinZoom: o.MinZoom, MaxZoom: o.MaxZoom, Fields: map[string]string{}}
	if low.Below() > o.MinZoom {
		api.FieldsIn(low.Builder, v.Fields)
	}
	api.FieldsIn(l.Tiles, v.Fields)
	return v
}
