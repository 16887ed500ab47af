package filter

import (
	"strconv"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"hutong/layers/column"
)

// geometryName is what a filter calls the place of a feature.
const geometryName = "geometry"

// opTexts are the comparisons as both encodings write them.
var opTexts = [...]string{
	column.Equal: "=", column.NotEqual: "<>", column.Less: "<", column.LessOrEqual: "<=",
	column.Greater: ">", column.GreaterOrEqual: ">=",
}

// textOf writes a node in CQL2 text.
func textOf(n node) string {
	var b strings.Builder
	writeNode(&b, n)
	return b.String()
}

func writeNode(b *strings.Builder, n node) {
	switch n := n.(type) {
	case constant:
		b.WriteString(strings.ToUpper(strconv.FormatBool(bool(n))))
	case *junction:
		for i, k := range n.kids {
			if i > 0 {
				b.WriteString(map[bool]string{false: " AND ", true: " OR "}[n.or])
			}
			if _, ok := k.(*junction); ok {
				b.WriteByte('(')
				writeNode(b, k)
				b.WriteByte(')')
			} else {
				writeNode(b, k)
			}
		}
	case *comparison:
		writeOperand(b, n.left)
		b.WriteString(" " + opTexts[n.op] + " ")
		writeOperand(b, n.right)
	case *membership:
		writeOperand(b, n.of)
		b.WriteString(negation(n.not) + " IN (")
		for i, v := range n.values {
			if i > 0 {
				b.WriteString(", ")
			}
			writeOperand(b, literal{v})
		}
		b.WriteByte(')')
	case *like:
		writeOperand(b, n.of)
		b.WriteString(negation(n.not) + " LIKE ")
		writeText(b, n.pattern.String())
	case *nullness:
		if n.of == nil {
			b.WriteString(geometryName)
		} else {
			writeOperand(b, n.of)
		}
		b.WriteString(" IS" + negation(n.not) + " NULL")
	case *spatial:
		if n.not {
			b.WriteString("NOT ")
		}
		b.WriteString(n.test + "(" + geometryName + ", ")
		n.of.write(b)
		b.WriteByte(')')
	}
}

func negation(not bool) string {
	if not {
		return " NOT"
	}
	return ""
}

// writeOperand writes an operand. Calculations in calculations have brackets, whatever they are.
func writeOperand(b *strings.Builder, o operand) {
	switch o := o.(type) {
	case field:
		if o.fold {
			b.WriteString("CASEI(")
			writeName(b, o.name)
			b.WriteByte(')')
			return
		}
		writeName(b, o.name)
	case literal:
		writeLiteral(b, o)
	case *arithmetic:
		writeInner(b, o.left)
		b.WriteString(" " + o.op + " ")
		writeInner(b, o.right)
	}
}

func writeInner(b *strings.Builder, o operand) {
	if _, ok := o.(*arithmetic); !ok {
		writeOperand(b, o)
		return
	}
	b.WriteByte('(')
	writeOperand(b, o)
	b.WriteByte(')')
}

func writeLiteral(b *strings.Builder, l literal) {
	switch l.Kind() {
	case column.String:
		writeText(b, l.Text())
	case column.Int:
		b.WriteString(strconv.FormatInt(l.Int(), 10))
	case column.Float:
		b.WriteString(formatFloat(l.Float()))
	case column.Time:
		b.WriteString("TIMESTAMP('" + formatMicros(l.Micros()) + "')")
	default:
		b.WriteString(strings.ToUpper(strconv.FormatBool(l.Bool())))
	}
}

// formatMicros writes a time in UTC with as many digits of a second as it has.
func formatMicros(us int64) string { return time.UnixMicro(us).UTC().Format(time.RFC3339Nano) }

// write writes a geometry in well-known text.
func (g *geometry) write(b *strings.Builder) {
	if g.box != nil {
		b.WriteString("BBOX(")
		for i, v := range g.box {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(formatFloat(v))
		}
		b.WriteByte(')')
		return
	}
	b.WriteString(strings.ToUpper(g.shape.GeoJSONType()))
	switch s := g.shape.(type) {
	case orb.Point:
		writePositions(b, []orb.Point{s}, "(", " ", ")")
	case orb.LineString:
		writePositions(b, s, "(", " ", ")")
	case orb.MultiPoint:
		b.WriteByte('(')
		for i, p := range s {
			if i > 0 {
				b.WriteString(", ")
			}
			writePositions(b, []orb.Point{p}, "(", " ", ")")
		}
		b.WriteByte(')')
	case orb.MultiLineString:
		writeLines(b, s)
	case orb.Polygon:
		writeLines(b, s)
	case orb.MultiPolygon:
		b.WriteByte('(')
		for i, p := range s {
			if i > 0 {
				b.WriteString(", ")
			}
			writeLines(b, p)
		}
		b.WriteByte(')')
	}
}

func writeLines[L ~[]orb.Point](b *strings.Builder, lines []L) {
	b.WriteByte('(')
	for i, l := range lines {
		if i > 0 {
			b.WriteString(", ")
		}
		writePositions(b, l, "(", " ", ")")
	}
	b.WriteByte(')')
}

// writePositions writes positions, each with between between its numbers.
func writePositions(b *strings.Builder, points []orb.Point, from, between, to string) {
	b.WriteString(from)
	for i, p := range points {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(formatFloat(p[0]) + between + formatFloat(p[1]))
	}
	b.WriteString(to)
}
