// Package style serves MapLibre styles and what they draw with.
//
// # Routes
//
//	GET /styles/{file}            default.json: all layers, plainly
//	GET /sprites/{file}           default and all, with [@2x].json or .png: see [Sprites]
//	GET /fonts/{stack}/{range}    glyphs, as .pbf: see [Fonts]
package style

import (
	"net/http"

	"github.com/paulmach/orb"

	"hutong/api"
	"hutong/layers/shape"
	"hutong/styles"
)

// Start is where a map starts that nobody has moved yet.
type Start struct {
	// Center is lon/lat in degrees; nil means the middle of what is on the layers.
	Center *orb.Point
	// Zoom, 0…24, counts only with a Center.
	Zoom float64
}

// Style answers with styles of all layers. It may be used from any goroutine.
type Style struct {
	layers *api.Layers
	base   api.Base
	name   string
	start  Start
}

// New returns the styles of ls. name is what people read as the default style's name.
func New(ls *api.Layers, base api.Base, name string, start Start) *Style {
	return &Style{ls, base, name, start}
}

// Routes returns the routes of styles.
func (s *Style) Routes() []api.Route {
	return []api.Route{{Pattern: "/styles/{file}", Label: "style", Handler: http.HandlerFunc(s.serve)}}
}

func (s *Style) serve(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("file") != "default.json" {
		api.Refuse(w, r, api.CodeNotFound, "There is one style: /styles/default.json.")
		return
	}
	in := styles.Input{Name: s.name, BaseURL: s.base.URL(r)}
	s.aim(&in)
	for _, l := range s.layers.All() {
		in.Layers = append(in.Layers, describe(l))
	}
	body, err := styles.Default(in)
	if err != nil {
		// All but the Host header is checked before the server starts.
		api.Refuse(w, r, api.CodeParameterInvalid, "The Host header makes no URL.")
		return
	}
	api.Send(w, r, "application/json", body)
}

// describe says what of a layer there is to draw at this moment.
func describe(l *api.Layer) styles.Layer {
	v := l.View.Now()
	kinds := v.Kinds()
	return styles.Layer{
		Name: l.Name(), Title: l.Heading(), Coverage: v.Schema().Coverage,
		Points:   v.Points()+kinds[shape.MultiPoint] > 0,
		Lines:    kinds[shape.Line]+kinds[shape.MultiLine] > 0,
		Polygons: kinds[shape.Polygon]+kinds[shape.MultiPolygon] > 0,
	}
}

// aim says where a map starts: as configured, else on all that there is, else nowhere.
func (s *Style) aim(in *styles.Input) {
	if s.start.Center != nil {
		in.Center, in.Zoom = s.start.Center, s.start.Zoom
		return
	}
	var all orb.Bound
	some := false
	for _, l := range s.layers.All() {
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
		center, zoom := api.Fit(all)
		in.Center, in.Zoom, in.Bounds = &center, zoom, &all
	}
}
