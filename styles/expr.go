package styles

// The values of the expression geometry-type. Renderers differ in whether a multi has a type of its
// own, so both are named.
var (
	pointTypes   = []string{"Point", "MultiPoint"}
	lineTypes    = []string{"LineString", "MultiLineString"}
	polygonTypes = []string{"Polygon", "MultiPolygon"}
)

// get is the value of a field.
func get(field string) []any { return []any{"get", field} }

// oneOf is whether an expression has one of some texts, at least one.
func oneOf(input any, values []string) []any {
	return []any{"match", input, values, true, false}
}

// both is whether two conditions hold; nil holds always.
func both(a, b []any) []any {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return []any{"all", a, b}
}

// arm is a branch of a match: its texts, and what comes out.
type arm struct {
	values []string
	out    any
}

// match is the out of the arm that has the value of input, or otherwise. Arms without values do not
// count; when there is no other it is otherwise itself. No value may stand twice.
func match(input any, arms []arm, otherwise any) any {
	expr := []any{"match", input}
	for _, a := range arms {
		switch len(a.values) {
		case 0:
		case 1:
			expr = append(expr, a.values[0], a.out)
		default:
			expr = append(expr, a.values, a.out)
		}
	}
	if len(expr) == 2 {
		return otherwise
	}
	return append(expr, otherwise)
}

// byZoom interpolates linearly between stops: zoom, value, zoom, value and so on.
func byZoom(stops ...any) []any {
	return append([]any{"interpolate", []any{"linear"}, []any{"zoom"}}, stops...)
}

// growing interpolates between stops as widths on the ground grow with the zoom.
func growing(stops ...any) []any {
	return append([]any{"interpolate", []any{"exponential", 1.5}, []any{"zoom"}}, stops...)
}

// fromZoom is e at zoom z and above, before below it.
func fromZoom(z uint8, before, e any) any {
	if z == 0 {
		return e
	}
	return []any{"step", []any{"zoom"}, before, z, e}
}

// scaled returns stops, zoom, value and so on, each value as of makes it.
func scaled(stops []float64, of func(value float64) any) []any {
	out := make([]any, len(stops))
	for i, s := range stops {
		if i%2 == 0 {
			out[i] = s
		} else {
			out[i] = of(s)
		}
	}
	return out
}

// plain returns stops as they are.
func plain(stops []float64) []any { return scaled(stops, func(v float64) any { return v }) }
