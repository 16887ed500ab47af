package filter

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/paulmach/orb"

	"hutong/layers/column"
)

// JSON returns the filter in canonical CQL2 JSON, without a line break.
func (e *Expr) JSON() []byte {
	data, err := marshal(jsonOf(e.root))
	if err != nil { // no value that jsonOf returns is refused: all numbers are finite
		return []byte("false")
	}
	return data
}

// marshal encodes v without escaping < and >, which are operators.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// jsonCall is an operator with its arguments.
type jsonCall struct {
	Op   string `json:"op"`
	Args []any  `json:"args"`
}

func call(op string, args ...any) any { return jsonCall{op, args} }

// unless wraps v in a NOT if not is set.
func unless(not bool, v any) any {
	if not {
		return call("not", v)
	}
	return v
}

func property(name string) any { return map[string]string{"property": name} }

func jsonOf(n node) any {
	switch n := n.(type) {
	case constant:
		return bool(n)
	case *junction:
		kids := make([]any, len(n.kids))
		for i, k := range n.kids {
			kids[i] = jsonOf(k)
		}
		return call(map[bool]string{false: "and", true: "or"}[n.or], kids...)
	case *comparison:
		return call(opTexts[n.op], jsonOperand(n.left), jsonOperand(n.right))
	case *membership:
		values := make([]any, len(n.values))
		for i, v := range n.values {
			values[i] = jsonOperand(literal{v})
		}
		return unless(n.not, call("in", jsonOperand(n.of), values))
	case *like:
		return unless(n.not, call("like", jsonOperand(n.of), n.pattern.String()))
	case *nullness:
		of := property(geometryName)
		if n.of != nil {
			of = jsonOperand(n.of)
		}
		return unless(n.not, call("isNull", of))
	case *spatial:
		return unless(n.not, call(strings.ToLower(n.test), property(geometryName), n.of.json()))
	}
	return false
}

func jsonOperand(o operand) any {
	switch o := o.(type) {
	case field:
		if o.fold {
			return call("casei", property(o.name))
		}
		return property(o.name)
	case *arithmetic:
		return call(o.op, jsonOperand(o.left), jsonOperand(o.right))
	case literal:
		switch o.Kind() {
		case column.Time:
			return map[string]string{"timestamp": formatMicros(o.Micros())}
		case column.Float:
			return json.RawMessage(formatFloat(o.Float()))
		default:
			return o.Any()
		}
	}
	return nil
}

// json returns a geometry as GeoJSON, or a bounding box.
func (g *geometry) json() any {
	if g.box != nil {
		box := make([]json.RawMessage, len(g.box))
		for i, v := range g.box {
			box[i] = json.RawMessage(formatFloat(v))
		}
		return map[string]any{"bbox": box}
	}
	return struct {
		Type        string `json:"type"`
		Coordinates any    `json:"coordinates"`
	}{g.shape.GeoJSONType(), jsonCoordinates(g.shape)}
}

func jsonCoordinates(g orb.Geometry) any {
	switch g := g.(type) {
	case orb.Point:
		var b strings.Builder
		writePositions(&b, []orb.Point{g}, "[", ",", "]")
		return json.RawMessage(b.String())
	case orb.MultiPoint:
		return jsonPositions(g)
	case orb.LineString:
		return jsonPositions(g)
	case orb.MultiLineString:
		return jsonLines(g)
	case orb.Polygon:
		return jsonLines(g)
	case orb.MultiPolygon:
		out := make([]any, len(g))
		for i, p := range g {
			out[i] = jsonLines(p)
		}
		return out
	}
	return nil
}

func jsonPositions(points []orb.Point) []any {
	out := make([]any, len(points))
	for i, p := range points {
		out[i] = jsonCoordinates(p)
	}
	return out
}

func jsonLines[L ~[]orb.Point](lines []L) []any {
	out := make([]any, len(lines))
	for i, l := range lines {
		out[i] = jsonPositions(l)
	}
	return out
}
