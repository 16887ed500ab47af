package styles

import "hutong/layers"

// described is what the style's metadata tells of a layer.
type described struct {
	Name  layers.Name `json:"name"`
	Title string      `json:"title"`
	Role  Role        `json:"role"`
	// Kinds of geometry, of point, line and polygon.
	Kinds []string `json:"kinds"`
	// IDs are those of its style layers, the undermost first.
	IDs []string `json:"ids"`
	// Shown is false for a layer that is not shown until somebody asks for it, else nil.
	Shown *bool `json:"shown,omitempty"`
	// Field is what the legend is by; "" when the layer has one colour.
	Field  string  `json:"field"`
	Legend []entry `json:"legend"`
	// Cells is what is told of the cells that tiles hold in place of features; nil when they hold none.
	Cells *toldCells `json:"cells,omitempty"`
}

// entry is one line of a legend.
type entry struct {
	// Value is the field's value that it stands for; nil for classes, for layers of one colour, and for
	// features without a value or with one that has no line of its own: then Other is set.
	Value *string `json:"value,omitempty"`
	Other bool    `json:"other,omitempty"`
	// From and To bound a class of numbers, From included; nil is without bound.
	From *float64 `json:"from,omitempty"`
	To   *float64 `json:"to,omitempty"`
	Unit string   `json:"unit,omitempty"`
	// Title is its name for people.
	Title  string `json:"title"`
	Colour string `json:"colour"`
	// Icon and Shape name images of the sprite, Shape without its prefix.
	Icon  string `json:"icon,omitempty"`
	Shape string `json:"shape,omitempty"`
	// Ink is the colour in which Shape is drawn on a hot spot; "" is none of these.
	Ink string `json:"ink,omitempty"`
	// Radius is that of a cluster, in pixels; 0 is none of these.
	Radius float64 `json:"radius,omitempty"`
	// Opacity is that of the fill of a cell, 0…1; 0 is none of these.
	Opacity float64 `json:"opacity,omitempty"`
	// Dash is the dashes and gaps of lines and edges, in widths of the line; nil is solid.
	Dash []float64 `json:"dash,omitempty"`
	Kind string    `json:"kind"`
}

// legend returns the lines of s for a layer of a title.
func (s *scheme) legend(l *Layer, title string, sprite bool) []entry {
	kind := l.kinds()[0]
	line := func(w *swatch) entry {
		e := entry{Title: w.title, Colour: w.colour, Kind: kind}
		if sprite {
			e.Icon = w.icon
		}
		if sprite && kind == "point" {
			e.Shape = w.shape
		}
		if l.Lines || l.Polygons {
			e.Dash = w.dash
		}
		return e
	}
	var list []entry
	for i := range s.swatches {
		e := line(&s.swatches[i])
		e.Value = &s.swatches[i].value
		list = append(list, e)
	}
	for i := range s.classes {
		c := &s.classes[i]
		e := line(&s.rest)
		e.From, e.To, e.Unit, e.Title, e.Colour = c.from, c.to, s.unit, c.title, c.colour
		list = append(list, e)
	}
	e := line(&s.rest)
	switch {
	case list == nil:
		e.Title = title
	case s.more:
		e.Other = true
	default:
		return list
	}
	return append(list, e)
}
