package styles

import (
	"slices"

	"hutong/layers/column"
)

// scheme is how the features of a layer of data are told apart: by the values of a text field, by
// classes of a number, or not at all.
type scheme struct {
	// field is what it goes by, "" when all are the same, zoom that from which tiles have it.
	field string
	zoom  uint8
	// swatches are the looks of values, classes those of a number; one of them is empty.
	swatches []swatch
	classes  []class
	unit     string
	// rest is the look of all else, features without a value too; more says that there is something else.
	rest swatch
	more bool
}

// swatch is how one value is shown.
type swatch struct {
	value, title, colour, shape, icon string
	dash                              []float64 // one of dashes
}

// shapes are the images of the second cue, in the order in which they are handed out: neighbours
// differ in outline.
var shapes = [...]string{"circle", "square", "triangle", "diamond", "star", "pentagon", "cross", "hexagon", "triangle-down", "ring"}

// MaxSwatches is the most values that have looks of their own: each colour once, then again with
// other shapes.
const MaxSwatches = 16

// colourStep is how far the palette is turned for each layer of data, so that small layers do not
// have the same few colours. It has no factor in common with the palette's length.
const colourStep = 3

// schemeOf returns the scheme of the layer of data that comes next.
func (p *painter) schemeOf(l *Layer) *scheme {
	s := &scheme{rest: swatch{
		title: Words{"Other", "其他"}.In(p.lang), colour: p.theme.palette[p.data*colourStep%len(p.theme.palette)],
		shape: shapes[p.data%len(shapes)], dash: dashes[p.data/len(p.theme.palette)%len(dashes)],
	}}
	d := &l.Drawing
	if d.Category != "" && p.byValue(s, l, d.Category) {
		return s
	}
	if d.Number != "" && p.byClass(s, l, d.Number) {
		return s
	}
	if d.Status != "" && d.Category == "" {
		p.byValue(s, l, d.Status)
	}
	return s
}

// byValue makes s go by a text field of which values are known. It reports whether it could.
func (p *painter) byValue(s *scheme, l *Layer, field string) bool {
	zoom, ok := l.has(field, column.String)
	values, all := l.swatched(field)
	if !ok || len(values) == 0 {
		return false
	}
	s.field, s.zoom = field, zoom
	s.more = l.Known[field].More || l.Known[field].Nulls || !all
	looks := l.Drawing.Fields[field].Values
	var taken []string
	for _, look := range looks {
		if look.Colour != "" {
			taken = append(taken, p.theme.fit(look.Colour))
		}
	}
	next := p.data * colourStep
	for i, value := range values {
		cue := i + i/len(p.theme.palette) // where a colour comes again, another
		w := swatch{
			value: value, title: l.named(field, value, p.lang), icon: looks[value].Icon,
			shape: shapes[cue%len(shapes)], dash: dashes[cue%len(dashes)],
		}
		if w.icon != "" && zoom >= iconZoom {
			w.shape = "circle" // it is nowhere without its icon
		}
		if chosen := looks[value].Colour; chosen != "" {
			w.colour = p.theme.fit(chosen)
		} else {
			w.colour, next = p.nextColour(next, taken)
		}
		s.swatches = append(s.swatches, w)
	}
	s.rest.colour, s.rest.shape, s.rest.dash = p.theme.other, "circle", nil
	return true
}

// nextColour returns the palette's colour at a place, or the first after it that nobody chose, and
// the place that follows. When all are chosen they come again.
func (p *painter) nextColour(at int, taken []string) (colour string, next int) {
	n := len(p.theme.palette)
	for i := range n {
		if colour := p.theme.palette[(at+i)%n]; !slices.Contains(taken, colour) {
			return colour, at + i + 1
		}
	}
	return p.theme.palette[at%n], at + 1
}

// colour is the expression of a feature's colour.
func (s *scheme) colour() any {
	switch {
	case len(s.swatches) > 0:
		arms := make([]arm, len(s.swatches))
		for i, w := range s.swatches {
			arms[i] = arm{[]string{w.value}, w.colour}
		}
		return fromZoom(s.zoom, s.rest.colour, match(get(s.field), arms, s.rest.colour))
	case len(s.classes) > 0:
		steps := []any{"step", []any{"to-number", get(s.field)}, s.classes[0].colour}
		for _, c := range s.classes[1:] {
			steps = append(steps, *c.from, c.colour)
		}
		return fromZoom(s.zoom, s.rest.colour, []any{"case", []any{"has", s.field}, steps, s.rest.colour})
	}
	return s.rest.colour
}

// image is the expression of the image of a feature's shape: that of all others until tiles have the
// field, and from the zoom of the icons on discs for values that have one, for there is room for it on them.
func (s *scheme) image() any {
	rest := shapeImage(s.rest.shape)
	if len(s.swatches) == 0 {
		return rest
	}
	far, near := make([]arm, len(s.swatches)), make([]arm, len(s.swatches))
	icons := false
	for i, w := range s.swatches {
		far[i] = arm{[]string{w.value}, shapeImage(w.shape)}
		near[i] = far[i]
		if w.icon != "" {
			near[i].out, icons = shapeImage("circle"), true
		}
	}
	images := stops{{0, match(get(s.field), far, rest)}}
	if icons {
		images = append(images, stop{iconZoom, match(get(s.field), near, rest)})
	}
	if s.zoom > symbolZoom {
		images = append(stops{{0, rest}}, images.since(s.zoom)...)
	}
	return images.expr()
}

// iconsFrom is the zoom from which icons are drawn: those of values that tiles have by then.
func (s *scheme) iconsFrom() uint8 { return max(iconZoom, s.zoom) }

// icons returns the values that have an icon, and the expression of its image; nil where none has.
func (s *scheme) icons() (values []string, image any) {
	var arms []arm
	for _, w := range s.swatches {
		if w.icon != "" {
			values = append(values, w.value)
			arms = append(arms, arm{[]string{w.value}, w.icon})
		}
	}
	return values, match(get(s.field), arms, "")
}

// shapeImage is the name of a shape's image in the sprite.
func shapeImage(name string) string { return "shape-" + name }
