// Package catalog serves what there is: the list of layers, each layer's schema and size, and single
// features as GeoJSON (RFC 7946). Everything comes from views, so a private field is not even known
// here (S10).
//
// # Routes
//
//	GET /layers
//	GET /layers/{name}
//	GET /layers/{name}/features/{id}
//	GET /layers/{name}/features?number=N        the feature that shows N as its id in tiles
//	GET /layers/{name}/features?near=LON,LAT&k=N
package catalog

import (
	"net/http"

	"hutong/api"
	"hutong/layers"
	"hutong/layers/view"
)

// Catalog answers for all layers. It may be used from any goroutine.
type Catalog struct {
	layers    *api.Layers
	base      api.Base
	summaries map[layers.Name]*summaries
}

// New returns the catalogue of ls.
func New(ls *api.Layers, base api.Base) *Catalog {
	c := &Catalog{layers: ls, base: base, summaries: map[layers.Name]*summaries{}}
	for _, l := range ls.All() {
		c.summaries[l.Name()] = &summaries{}
	}
	return c
}

// Routes returns the routes of the catalogue.
func (c *Catalog) Routes() []api.Route {
	return []api.Route{
		{Pattern: "/layers", Label: "layers", Handler: http.HandlerFunc(c.list)},
		{Pattern: "/layers/{name}", Label: "layer", Handler: http.HandlerFunc(c.one)},
		{Pattern: "/layers/{name}/features", Label: "features", Handler: http.HandlerFunc(c.features)},
		{Pattern: "/layers/{name}/features/{id}", Label: "feature", Handler: http.HandlerFunc(c.feature)},
	}
}

// description is a layer as JSON.
type description struct {
	Name        layers.Name `json:"name"`
	Title       string      `json:"title"`
	Description string      `json:"description,omitempty"`
	Licence     string      `json:"licence,omitempty"`
	Attribution string      `json:"attribution,omitempty"`
	Count       int         `json:"count"`
	Located     int         `json:"located"`
	Extent      []float64   `json:"extent,omitempty"` // west, south, east, north in degrees
	Seq         layers.Seq  `json:"seq"`
	MinZoom     uint8       `json:"minzoom"`
	MaxZoom     uint8       `json:"maxzoom"`
	IDField     string      `json:"id_field,omitempty"`
	TimeField   string      `json:"time_field,omitempty"`
	Fields      []field     `json:"fields"`
	Links       []link      `json:"links"`
}

// link is a link to another resource (RFC 8288).
type link struct {
	Rel  string `json:"rel"`
	Href string `json:"href"`
	Type string `json:"type"`
}

func (c *Catalog) list(w http.ResponseWriter, r *http.Request) {
	out := struct {
		Layers []description `json:"layers"`
		Links  []link        `json:"links"`
	}{Layers: []description{}}
	base := c.base.URL(r)
	for _, l := range c.layers.All() {
		out.Layers = append(out.Layers, c.describe(l, base))
	}
	out.Links = []link{
		{"self", base + "/layers", "application/json"},
		{"style", base + "/styles/default.json", "application/json"},
	}
	api.SendJSON(w, r, "application/json", out)
}

func (c *Catalog) one(w http.ResponseWriter, r *http.Request) {
	if l := c.layers.Find(w, r, r.PathValue("name")); l != nil {
		api.SendJSON(w, r, "application/json", c.describe(l, c.base.URL(r)))
	}
}

// describe describes one state of a layer.
func (c *Catalog) describe(l *api.Layer, base string) description {
	v := l.View.Now()
	schema := v.Schema()
	zooms := l.Tiles.Options()
	self := base + "/layers/" + string(l.Name())
	tiles := base + "/tiles/" + string(l.Name())
	return description{
		Name: l.Name(), Title: l.Heading(), Description: l.Description, Licence: l.Licence, Attribution: l.Attribution,
		Count: v.Count(), Located: v.Located(), Extent: extent(v), Seq: v.Seq(),
		MinZoom: zooms.MinZoom, MaxZoom: zooms.MaxZoom, IDField: schema.IDField, TimeField: schema.TimeField,
		Fields: c.summaries[l.Name()].fields(v),
		Links: []link{
			{"self", self, "application/json"},
			{"collection", base + "/layers", "application/json"},
			{"tilejson", tiles + ".json", "application/json"},
			{"tiles", tiles + "/{z}/{x}/{y}.mvt", "application/vnd.mapbox-vector-tile"},
			{"features", self + "/features/{id}", "application/geo+json"},
		},
	}
}

func extent(v *view.View) []float64 {
	b, ok := v.Extent()
	if !ok {
		return nil
	}
	return []float64{degrees(b.Min[0]), degrees(b.Min[1]), degrees(b.Max[0]), degrees(b.Max[1])}
}
