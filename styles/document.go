package styles

import (
	"maps"

	"github.com/paulmach/orb"

	"hutong/layers"
)

// style is the root of a style, its members in the order in which they are written.
type style struct {
	Version   int                   `json:"version"`
	Name      string                `json:"name"`
	Metadata  map[string]any        `json:"metadata"`
	Center    *orb.Point            `json:"center,omitempty"`
	Zoom      *float64              `json:"zoom,omitempty"`
	Sources   *sources              `json:"sources"`
	Sprite    string                `json:"sprite,omitempty"`
	Glyphs    string                `json:"glyphs,omitempty"`
	FontFaces map[string][]fontFace `json:"font-faces,omitempty"`
	Layers    []layer               `json:"layers"`
}

// fontFace is a font file.
type fontFace struct {
	URL    string   `json:"url"`
	Ranges []string `json:"unicode-range,omitempty"`
}

// layer is one style layer.
type layer struct {
	ID          string            `json:"id"`
	Type        string            `json:"type"`
	Metadata    map[string]string `json:"metadata,omitempty"`
	Source      string            `json:"source,omitempty"`
	SourceLayer string            `json:"source-layer,omitempty"`
	MinZoom     float64           `json:"minzoom,omitempty"`
	MaxZoom     float64           `json:"maxzoom,omitempty"`
	Filter      []any             `json:"filter,omitempty"`
	Layout      map[string]any    `json:"layout,omitempty"`
	Paint       map[string]any    `json:"paint"`
}

// backgroundID cannot be mistaken for a layer's name, which holds no ':'.
const backgroundID = "hutong:ground"

// band is a height at which style layers lie over each other.
type band int

// The bands, the undermost first.
const (
	bandGround band = iota
	bandLand
	bandParcel
	bandPark
	bandWater
	bandBuilding
	bandCasing
	bandRoad
	bandRail
	bandBoundary
	bandFill
	bandOutline
	bandLine
	bandName // of streets, water and parks
	bandCircle
	bandPlace // names of places
	bandSymbol
	bandIcon
	bandText
	bands
)

// stack holds style layers by band.
type stack [bands][]layer

func (s *stack) add(b band, l layer) { s[b] = append(s[b], l) }

// stacked returns all of them, the undermost first.
func (s *stack) stacked() []layer {
	var all []layer
	for _, list := range s {
		all = append(all, list...)
	}
	return all
}

// idsOf returns the ids of the style layers that draw a layer, the undermost first.
func idsOf(list []layer, name layers.Name) []string {
	ids := []string{}
	for _, l := range list {
		if l.Metadata[LayerKey] == string(name) {
			ids = append(ids, l.ID)
		}
	}
	return ids
}

// hide gives the style layers that draw a layer the visibility none.
func hide(list []layer, name layers.Name) {
	for i := range list {
		if list[i].Metadata[LayerKey] != string(name) {
			continue
		}
		layout := map[string]any{"visibility": "none"} // the old one may be of several style layers
		maps.Copy(layout, list[i].Layout)
		list[i].Layout = layout
	}
}

// from is where style layers take their features from.
type from struct {
	id, source, sourceLayer string
	metadata                map[string]string
	// filter, unless it is nil, is a condition beside the kind of geometry.
	filter []any
}

// part returns the style layer that draws features of the types given, and no others: a circle layer
// would put a circle on each vertex of a polygon, a line layer a line around it. nil types are all.
func (f *from) part(suffix, kind string, types []string, paint map[string]any) layer {
	l := layer{
		ID: f.id + suffix, Type: kind, Metadata: f.metadata, Source: f.source, SourceLayer: f.sourceLayer,
		Paint: paint,
	}
	if types != nil {
		l.Filter = oneOf([]any{"geometry-type"}, types)
	}
	l.Filter = both(l.Filter, f.filter)
	return l
}
