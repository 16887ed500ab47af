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
	// Field is what the legend is by; "" when the layer has one colour.
	Field  string  `json:"field"`
	Legend []entry `json:"legend"`
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
	Kind  string `json:"kind"`
}

// legend returns the lines of s for a layer of a title that is above all of a kind.
func (s *scheme) legend(kind, title string, sprite bool) []entry {
	shape := func(name string) string {
		if !sprite || kind != "point" {
			return ""
		}
		return name
	}
	other := []entry{{Other: true, Title: s.rest.title, Colour: s.rest.colour, Shape: shape(s.rest.shape), Kind: kind}}
	if !s.more {
		other = nil
	}
	switch {
	case len(s.swatches) > 0:
		list := make([]entry, 0, len(s.swatches)+1)
		for i := range s.swatches {
			w := &s.swatches[i]
			e := entry{Value: &w.value, Title: w.title, Colour: w.colour, Shape: shape(w.shape), Kind: kind}
			if sprite {
				e.Icon = w.icon
			}
			list = append(list, e)
		}
		return append(list, other...)
	case len(s.classes) > 0:
		list := make([]entry, 0, len(s.classes)+1)
		for i := range s.classes {
			c := &s.classes[i]
			list = append(list, entry{
				From: c.from, To: c.to, Unit: s.unit, Title: c.title, Colour: c.colour, Shape: shape(s.rest.shape), Kind: kind,
			})
		}
		return append(list, other...)
	}
	return []entry{{Title: title, Colour: s.rest.colour, Shape: shape(s.rest.shape), Kind: kind}}
}
