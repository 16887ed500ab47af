package styles

import "slices"

// dashes are the second cue of lines and of the edges of polygons, in widths of the line and in the order in
// which they are handed out; nil is solid. Layers beyond the palette start again with the next.
var dashes = [...][]float64{nil, {3, 1.5}, {1, 1}, {5, 1.2, 1, 1.2}}

// solid is the dashes of a solid line where others have some: none at all is no value of an expression.
var solid = []float64{1, 0}

// dash is the expression of a feature's dashes; nil when all are solid. Values differ from the zoom of the
// other second cue, shapes, on: lines before are too thin for dashes.
func (s *scheme) dash() any {
	if len(s.swatches) == 0 {
		if s.rest.dash == nil {
			return nil
		}
		return s.rest.dash
	}
	var arms []arm
	for _, dash := range dashes[1:] {
		one := arm{out: []any{"literal", dash}}
		for _, w := range s.swatches {
			if slices.Equal(w.dash, dash) {
				one.values = append(one.values, w.value)
			}
		}
		if one.values != nil {
			arms = append(arms, one)
		}
	}
	if arms == nil {
		return nil
	}
	all := []any{"literal", solid}
	return fromZoom(max(symbolZoom, s.zoom), all, match(get(s.field), arms, all))
}

// dashed gives a line its dashes, if it has any. Round caps would close their gaps.
func dashed(l layer, dash any) layer {
	l.Layout = round
	if dash != nil {
		l.Layout, l.Paint["line-dasharray"] = butt, dash
	}
	return l
}
