// Package style serves MapLibre styles and what they draw with.
//
// # Routes
//
//	GET /styles/{file}               NAME.json, a name of styles.Variants
//	GET /styles/{file}?layers=a,b    the same with these layers only, above the archives
//	GET /sprites/{file}              default and all, with [@2x].json or .png: see [Sprites]
//	GET /fonts/{stack}/{range}       glyphs, as .pbf: see [Fonts]
//
// A style changes with what layers are made of, hardly ever with single features: with which kinds of
// geometry there are, with the order of magnitude of how many there are and of the ground they cover,
// with where they lie in whole steps of that ground, and with which values their fields are known to
// have, see [known].
package style

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/paulmach/orb"

	"hutong/api"
	"hutong/layers"
	"hutong/layers/shape"
	"hutong/styles"
	"hutong/tiles/cache"
)

// Start is where a map starts that nobody has moved yet.
type Start struct {
	// Center is lon/lat in degrees; nil means the middle of what is on the layers.
	Center *orb.Point
	// Zoom, 0…24, counts only with a Center.
	Zoom float64
}

// Options say what styles may use. Their zero value is a server with layers and nothing else.
type Options struct {
	// Name is what people read as the name of a style.
	Name styles.Words
	// TimeZone is the zone in which a page shows times; nil leaves it to the reader's own.
	TimeZone *time.Location
	// Start is where a map starts.
	Start Start
	// Archives returns the archives of vector tiles at this moment; nil is none. It is called for
	// every style and must not wait for anything.
	Archives func() []styles.Archive
	// Fonts, Glyphs and Sprite are what of these the server has, see [styles.Input].
	Fonts          []styles.FontFile
	Glyphs, Sprite bool
}

// Style answers with styles. It may be used from any goroutine.
type Style struct {
	layers   *api.Layers
	base     api.Base
	opts     Options
	variants map[string]styles.Variant // by file name
	names    string                    // of all variants, for people
	known    sync.Map                  // a *known by the name of each layer that was described
}

// New returns the styles of ls.
func New(ls *api.Layers, base api.Base, opts Options) *Style {
	s := &Style{
		layers: ls, base: base, opts: opts,
		variants: map[string]styles.Variant{},
	}
	var names []string
	for _, v := range styles.Variants() {
		s.variants[v.Name+".json"] = v
		names = append(names, "/styles/"+v.Name+".json")
	}
	s.names = strings.Join(names, ", ")
	return s
}

// Routes returns the routes of styles.
func (s *Style) Routes() []api.Route {
	return []api.Route{{Pattern: "/styles/{file}", Label: "style", Handler: http.HandlerFunc(s.serve)}}
}

func (s *Style) serve(w http.ResponseWriter, r *http.Request) {
	variant, ok := s.variants[r.PathValue("file")]
	if !ok {
		api.Refuse(w, r, api.CodeNotFound, "There is no style of this name; there are "+s.names+".")
		return
	}
	only, seen, ok := s.asked(w, r)
	if !ok {
		return
	}
	body, err := styles.Make(s.input(r, variant, only, seen))
	if err != nil {
		// All but the Host header is checked before the server starts.
		api.Refuse(w, r, api.CodeParameterInvalid, "The Host header makes no URL.")
		return
	}
	api.Send(w, r, "application/json", body)
}

// asked returns the layers that a style is made of: those that are public, those that the request names, and without
// names those that its key or token opens. only are the names, nil for all. When it asks for one that is not there, or
// that it may not see, or for what no style takes, it answers with a problem and ok is false.
func (s *Style) asked(w http.ResponseWriter, r *http.Request) (only []layers.Name, seen api.Seen, ok bool) {
	query, err := api.ParseQuery(r.URL.RawQuery)
	if err == nil {
		err = api.Accept(query, "layers")
	}
	if err != nil {
		api.Refuse(w, r, api.CodeParameterInvalid, err.Error())
		return nil, seen, false
	}
	if !query.Has("layers") {
		seen, ok = s.layers.Visible(w, r)
		return nil, seen, ok
	}
	if seen, ok = s.layers.FindList(w, r, strings.Join(query["layers"], ",")); !ok {
		return nil, seen, false
	}
	for _, l := range seen.Layers {
		only = append(only, l.Name())
	}
	seen.Layers = s.layers.Beside(seen.Layers) // to be compared with, see [styles.Input]
	return only, seen, true
}

// input is what a style is made from at this moment.
func (s *Style) input(r *http.Request, variant styles.Variant, only []layers.Name, seen api.Seen) styles.Input {
	in := styles.Input{
		Name: s.opts.Name.In(variant.Lang), BaseURL: s.base.URL(r), Theme: variant.Theme, Lang: variant.Lang,
		TimeZone: s.opts.TimeZone, Only: only, Together: cache.MaxLayers,
		Fonts: s.opts.Fonts, Glyphs: s.opts.Glyphs, Sprite: s.opts.Sprite,
	}
	if s.opts.Archives != nil {
		in.Archives = s.opts.Archives()
	}
	for _, l := range seen.Layers {
		one := s.describe(l)
		one.Private, one.Query = !l.Audience.Open(), seen.Query(l)
		in.Layers = append(in.Layers, one)
	}
	if seen.Private {
		in.SpriteName = "all" // the other has the icons of public layers only
	}
	s.aim(&in, seen.Layers)
	return in
}

// describe says what of a layer there is to draw at this moment.
func (s *Style) describe(l *api.Layer) styles.Layer {
	v := l.View.Now()
	kinds, o := v.Kinds(), l.Tiles.Options()
	of, _ := s.known.LoadOrStore(l.Name(), &known{})
	remembered, _ := of.(*known)
	one := styles.Layer{
		Name: l.Name(), Title: l.Heading(), Schema: v.Schema(), MinZoom: o.MinZoom, MaxZoom: o.MaxZoom,
		Attribution: l.Attribution, Drawing: l.Drawing,
		Points:   v.Points()+kinds[shape.MultiPoint] > 0,
		Lines:    kinds[shape.Line]+kinds[shape.MultiLine] > 0,
		Polygons: kinds[shape.Polygon]+kinds[shape.MultiPolygon] > 0,
		Count:    v.Located(),
		Known:    remembered.of(l.View, &l.Drawing),
	}
	if b, ok := v.Extent(); ok {
		one.Extent = &b
	}
	if l.Tables != nil {
		one.Least = l.Tables.Least
	}
	if l.Cells != "" {
		one.Cells, one.Of, one.Below, one.Breaks = l.Cells, l.Of, o.MaxZoom+1, l.Breaks
		if l.Overview != nil {
			one.Below = l.Overview.Below()
		}
	}
	return one
}

// aim says where a map starts: as configured, else on all that is drawn, else nowhere.
func (s *Style) aim(in *styles.Input, list []*api.Layer) {
	if s.opts.Start.Center != nil {
		in.Center, in.Zoom = s.opts.Start.Center, s.opts.Start.Zoom
		return
	}
	var all orb.Bound
	some := false
	for _, l := range list {
		if in.Only != nil && !slices.Contains(in.Only, l.Name()) {
			continue
		}
		b, ok := l.View.Now().Extent()
		switch {
		case !ok:
		case some:
			all = all.Union(b)
		default:
			all, some = b, true
		}
	}
	if some {
		all = coarse(all)
		center, zoom := api.Fit(all)
		in.Center, in.Zoom, in.Bounds = &center, zoom, &all
	}
}
