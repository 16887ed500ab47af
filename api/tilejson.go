package api

import (
	"html"
	"math"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/world"
	"hutong/tiles"
)

// TileJSON is a TileJSON 3.0.0 document (github.com/mapbox/tilejson-spec), its members in the order of the specification.
type TileJSON struct {
	TileJSON     string        `json:"tilejson"`
	Tiles        []string      `json:"tiles"`
	VectorLayers []VectorLayer `json:"vector_layers"`
	Attribution  string        `json:"attribution,omitempty"`
	Bounds       [4]float64    `json:"bounds"`           // west, south, east, north in degrees
	Center       *[3]float64   `json:"center,omitempty"` // lon, lat, zoom
	Description  string        `json:"description,omitempty"`
	MinZoom      uint8         `json:"minzoom"`
	MaxZoom      uint8         `json:"maxzoom"`
	Name         string        `json:"name"`
	Scheme       string        `json:"scheme"`
	Version      string        `json:"version"`

	names, attributions []string
	extent              *orb.Bound
}

// VectorLayer describes a layer inside a tile: its fields are those of features and, where it has one, of its overview.
type VectorLayer struct {
	ID          layers.Name       `json:"id"`
	Description string            `json:"description"`
	MinZoom     uint8             `json:"minzoom"`
	MaxZoom     uint8             `json:"maxzoom"`
	Fields      map[string]string `json:"fields"`
}

// NewTileJSON describes tiles of no layer yet, at an address with {z}, {x} and {y} in it.
func NewTileJSON(address string) TileJSON {
	return TileJSON{
		TileJSON: "3.0.0", Scheme: "xyz", Version: "1.0.0", Tiles: []string{address}, MinZoom: math.MaxUint8,
		Bounds: [4]float64{-180, outward(-world.MaxLatitude, math.Ceil), 180, outward(world.MaxLatitude, math.Floor)},
	}
}

// Add adds a layer with its attribution, plain text.
func (d *TileJSON) Add(l VectorLayer, attribution string) {
	d.VectorLayers = append(d.VectorLayers, l)
	d.MinZoom, d.MaxZoom = min(d.MinZoom, l.MinZoom), max(d.MaxZoom, l.MaxZoom)
	d.names = append(d.names, l.Description)
	d.Name = strings.Join(d.names, ", ")
	// TileJSON's attribution is HTML and ours is plain text; layers of one source share theirs.
	if text := html.EscapeString(attribution); text != "" && !slices.Contains(d.attributions, text) {
		d.attributions = append(d.attributions, text)
		d.Attribution = strings.Join(d.attributions, ", ")
	}
}

// Fit makes the bounds hold b too, degrees, and the center that of what all calls said. It comes after the layers.
func (d *TileJSON) Fit(b orb.Bound) {
	if d.extent != nil {
		b = d.extent.Union(b)
	}
	d.extent = &b
	d.Bounds = [4]float64{outward(b.Min[0], math.Floor), outward(b.Min[1], math.Floor), outward(b.Max[0], math.Ceil), outward(b.Max[1], math.Ceil)}
	center, zoom := Fit(b)
	d.Center = &[3]float64{center[0], center[1], min(max(zoom, float64(d.MinZoom)), float64(d.MaxZoom))}
}

// FieldsIn adds the fields of b's tiles to list, which it returns.
func FieldsIn(b *tiles.Builder, list map[string]string) map[string]string {
	for _, f := range b.Fields() {
		list[f.Name] = tiles.TypeName(f.Kind)
	}
	return list
}

// outward rounds degrees to seven decimals, in one direction so that bounds hold all they bound.
func outward(degrees float64, round func(float64) float64) float64 { return round(degrees*1e7) / 1e7 }
