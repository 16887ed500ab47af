package layers

import (
	"cmp"
	"iter"
	"slices"

	"hutong/layers/column"
	"hutong/layers/shape"
	"hutong/layers/world"
)

// Made is the place of a feature that is in no store, but made while somebody looks: a point, or a polygon.
type Made struct {
	// Number orders features of one place and ranks them for thinning ([Rank]); below 2⁵³, and no other
	// feature of the same reader has it. Tiles do not show it: the feature's id is a text.
	Number uint64
	Point  world.Point
	Shape  *MadeShape // of a polygon, else nil
}

// MadeShape is a polygon without holes, or several, made ready for blocks. It never changes, so that it can be made
// once and stand in many.
type MadeShape struct {
	shape   shape.Shape
	box     world.Box
	class   class
	hilbert uint64
	clean   uint32
}

// MadeRing is one exterior ring in world units: open, simple, with a positive area ([shape.SignedArea]).
type MadeRing struct{ X, Y []uint32 }

// NewMadeShape returns the polygon of rings, of which there is one at least. It keeps all vertices at every detail,
// and copies them.
func NewMadeShape(rings []MadeRing) *MadeShape {
	m := &MadeShape{shape: shape.Shape{Kind: shape.Polygon}}
	if len(rings) > 1 {
		m.shape.Kind = shape.MultiPolygon
	}
	g := &m.shape
	for _, r := range rings {
		g.X, g.Y = append(g.X, r.X...), append(g.Y, r.Y...)
		g.Ends = append(g.Ends, uint32(len(g.X)))
		g.Area += shape.SignedArea(r.X, r.Y)
	}
	g.Details = make([]uint8, len(g.X))
	m.box = boxOf(g.X, g.Y)
	m.class, m.hilbert = classOf(m.box), world.Hilbert(centre(m.box))
	if detail, ok := cleanFrom(rings, m.box, g.Area); ok {
		m.clean = (1<<(shape.MaxDetail+1) - 1) &^ (1<<detail - 1)
	} else {
		m.clean = cleanDetails(g)
	}
	return m
}

// Box returns the box of all rings.
func (m *MadeShape) Box() world.Box { return m.box }

// What a ring must be so that it is valid from some detail on without a test: its box, and each edge, as many tile
// units long. Snapping moves a vertex by less than one.
const (
	cleanBox  = 16
	cleanEdge = 4
)

// cleanFrom returns a detail from which on a single ring is certainly valid: one of up to six vertices that is convex,
// as round as a regular hexagon about, and large enough. ok is false for others.
func cleanFrom(rings []MadeRing, box world.Box, area float64) (detail int, ok bool) {
	if len(rings) != 1 || len(rings[0].X) > 6 {
		return 0, false
	}
	x, y := rings[0].X, rings[0].Y
	n := len(x)
	width, height := float64(box.Max.X-box.Min.X), float64(box.Max.Y-box.Min.Y)
	edge := max(width, height)
	for i := range n {
		a, b, c := i, (i+1)%n, (i+2)%n
		dx, dy := int64(x[b])-int64(x[a]), int64(y[b])-int64(y[a])
		ex, ey := int64(x[c])-int64(x[b]), int64(y[c])-int64(y[b])
		if dx > 1<<30 || dx < -1<<30 || dy > 1<<30 || dy < -1<<30 || dx*ey-dy*ex <= 0 {
			return 0, false
		}
		edge = min(edge, float64(max(dx, -dx, dy, -dy)))
	}
	if 2*area < width*height {
		return 0, false
	}
	for detail <= shape.MaxDetail {
		unit := float64(int64(1) << (shape.MaxDetail - detail))
		if min(width, height) >= cleanBox*unit && edge >= cleanEdge*unit {
			return detail, true
		}
		detail++
	}
	return detail, true // so small that it is never certain
}

// MakeBlocks yields features as the blocks of a state: at most [Options.MaxRows] of the default in each, in canonical
// order. Fields are those of schema; fill writes the values of the i-th feature, which are null before, and returns its
// id, a text that is no number's decimal. Each block is made when it is asked for. It keeps nothing of values.
func MakeBlocks(schema *Schema, list []Made, fill func(i int, values []column.Value) FeatureID) iter.Seq[*Block] {
	type row struct {
		class   class
		hilbert uint64
		at      int32
	}
	order := make([]row, len(list))
	for i := range list {
		m := &list[i]
		if m.Shape != nil {
			order[i] = row{m.Shape.class, m.Shape.hilbert, int32(i)}
		} else {
			order[i] = row{onePoint, world.Hilbert(m.Point), int32(i)}
		}
	}
	slices.SortFunc(order, func(a, b row) int {
		switch {
		case a.class != b.class:
			return cmp.Compare(a.class, b.class)
		case a.hilbert != b.hilbert:
			return cmp.Compare(a.hilbert, b.hilbert)
		default:
			return cmp.Compare(list[a.at].Number, list[b.at].Number)
		}
	})
	return func(yield func(*Block) bool) {
		b := newBlockBuilder(schema, make([]*column.Dictionary, len(schema.Fields)))
		b.shapes.coverage = false // nothing settles what neighbours need
		values := make([]column.Value, len(schema.Fields))
		for i, r := range order {
			clear(values)
			id := fill(int(r.at), values)
			b.appendMade(&list[r.at], r.class, id, values)
			if b.len() == defaultMaxRows || i+1 == len(order) || order[i+1].class != r.class {
				if !yield(b.finish()) {
					return
				}
			}
		}
	}
}

// appendMade adds a row for a feature that is in no store.
func (b *blockBuilder) appendMade(m *Made, c class, id FeatureID, values []column.Value) {
	p := placed{class: c, point: m.Point, key: key{number: m.Number, text: string(id)}}
	if m.Shape != nil {
		p.shape, p.box, p.clean = &m.Shape.shape, m.Shape.box, m.Shape.clean
	}
	b.hidden = append(b.hidden, b.len())
	b.appendNew(p, values)
}
