package tile

import (
	"html"
	"math"
	"net/http"
	"strings"

	"hutong/api"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/world"
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
}

// vectorLayer describes the one layer inside a tile.
type vectorLayer struct {
	ID          layers.Name       `json:"id"`
	Description string            `json:"description"`
	MinZoom     uint8             `json:"minzoom"`
	MaxZoom     uint8             `json:"maxzoom"`
	Fields      map[string]string `json:"fields"`
}

func (t *Tiles) tileJSON(w http.ResponseWriter, r *http.Request) {
	name, ok := strings.CutSuffix(r.PathValue("file"), ".json")
	if !ok {
		api.Refuse(w, r, api.CodeNotFound, "A layer's TileJSON ends in .json.")
		return
	}
	l := t.layers.Find(w, r, name)
	if l == nil {
		return
	}
	api.SendJSON(w, r, "application/json", describe(l, t.base.URL(r)))
}

// describe describes the tiles of l as they are now.
func describe(l *api.Layer, base string) tileJSON {
	o := l.Tiles.Options()
	d := tileJSON{
		TileJSON: "3.0.0",
		Tiles:    []string{base + "/tiles/" + string(l.Name()) + "/{z}/{x}/{y}.mvt"},
		VectorLayers: []vectorLayer{{
			ID: l.Name(), Description: l.Heading(), MinZoom: o.MinZoom, MaxZoom: o.MaxZoom, Fields: map[string]string{},
		}},
		// TileJSON's attribution is HTML and ours is plain text.
		Attribution: html.EscapeString(l.Attribution),
		Bounds:      [4]float64{-180, outward(-world.MaxLatitude, math.Ceil), 180, outward(world.MaxLatitude, math.Floor)},
		Description: l.Description,
		MinZoom:     o.MinZoom, MaxZoom: o.MaxZoom,
		Name: l.Heading(), Scheme: "xyz", Version: "1.0.0",
	}
	for _, f := range l.Tiles.Fields() {
		d.VectorLayers[0].Fields[f.Name] = typeInTiles(f.Kind)
	}
	if b, ok := l.View.Now().Extent(); ok {
		d.Bounds = [4]float64{
			outward(b.Min[0], math.Floor), outward(b.Min[1], math.Floor),
			outward(b.Max[0], math.Ceil), outward(b.Max[1], math.Ceil),
		}
		center, zoom := api.Fit(b)
		d.Center = &[3]float64{center[0], center[1], min(max(zoom, float64(o.MinZoom)), float64(o.MaxZoom))}
	}
	return d
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
