package layers

import (
	"slices"

	"hutong/layers/column"
	"hutong/layers/shape"
	"hutong/layers/world"
)

// Shapes are the geometries of a block's rows, none of which is a single point. The slices are the
// store's: read them only.
//
//	row  → Parts → Ends → X, Y, Details
//	row i has the parts Parts[i] … Parts[i+1]−1
//	part k has the vertices Ends[k−1] … Ends[k]−1, from 0 for the first
//
// What a part, a detail and the orders of vertices and rings are is said in package shape.
type Shapes struct {
	Kinds                  []shape.Kind
	MinX, MinY, MaxX, MaxY []uint32  // boxes of the rows, in world units, edges included
	Areas                  []float64 // of polygons in square world units, else 0
	Clean                  []uint32  // bit d says that a polygon is valid at detail d, see [Shapes.IsClean]
	Parts                  []uint32  // one more than rows
	Ends                   []uint32
	X, Y                   []uint32
	Details                []uint8 // in a coverage the least that any ring with the vertex needs

	own []uint8 // in a coverage the details that the ring itself needs; else nil
}

// Len returns the number of rows.
func (s *Shapes) Len() int { return len(s.Kinds) }

// Box returns the box of a row.
func (s *Shapes) Box(row int) world.Box {
	return world.Box{
		Min: world.Point{X: s.MinX[row], Y: s.MinY[row]},
		Max: world.Point{X: s.MaxX[row], Y: s.MaxY[row]},
	}
}

// Part returns the positions of the vertices of a part.
func (s *Shapes) Part(part int) (from, to int) {
	if part > 0 {
		from = int(s.Ends[part-1])
	}
	return from, int(s.Ends[part])
}

// Vertices returns the positions of the vertices of a row's parts.
func (s *Shapes) Vertices(row int) (from, to int) {
	if first := s.Parts[row]; first > 0 {
		from = int(s.Ends[first-1])
	}
	return from, int(s.Ends[s.Parts[row+1]-1])
}

// IsClean reports whether the polygon of a row is valid at a detail when its vertices that survive
// there are cut down to tile units: simple rings, exteriors and holes where they belong, areas of the
// right sign. Beyond [shape.MaxDetail] it is as at that.
func (s *Shapes) IsClean(row, detail int) bool {
	return detail >= 0 && s.Clean[row]>>min(detail, shape.MaxDetail)&1 != 0
}

// box returns the box of all rows.
func (s *Shapes) box() world.Box {
	return world.Box{
		Min: world.Point{X: slices.Min(s.MinX), Y: slices.Min(s.MinY)},
		Max: world.Point{X: slices.Max(s.MaxX), Y: slices.Max(s.MaxY)},
	}
}

// same reports whether a row has the vertices of g and is of its kind.
func (s *Shapes) same(row int, g *shape.Shape) bool {
	from, to := s.Vertices(row)
	first, last := s.Parts[row], s.Parts[row+1]
	if s.Kinds[row] != g.Kind || to-from != len(g.X) || int(last-first) != len(g.Ends) {
		return false
	}
	for i, end := range s.Ends[first:last] {
		if int(end)-from != int(g.Ends[i]) {
			return false
		}
	}
	return slices.Equal(s.X[from:to], g.X) && slices.Equal(s.Y[from:to], g.Y)
}

// bytesOfVertex is the heap of a vertex.
const bytesOfVertex = 4 + 4 + 1

// bytes returns the heap that s takes.
func (s *Shapes) bytes() int {
	if s == nil {
		return 0
	}
	return len(s.Kinds)*(1+4*4+8+4+4) + 4*len(s.Ends) + column.RoundSlab(s.vertexBytes())
}

// vertexBytes returns the bytes that the vertices take in a slab.
func (s *Shapes) vertexBytes() int {
	return column.SlabBytes(s.X) + column.SlabBytes(s.Y) + column.SlabBytes(s.Details) + column.SlabBytes(s.own)
}

// shapesBuilder makes the shapes of a block row by row. Its buffers are kept from block to block.
type shapesBuilder struct {
	Shapes
	coverage bool
}

// add adds a row. In a coverage the details are those that the shape needs by itself, until
// [writer.settleCoverage] has seen its neighbours.
func (b *shapesBuilder) add(g *shape.Shape, box world.Box, clean uint32) {
	b.Kinds = append(b.Kinds, g.Kind)
	b.MinX, b.MinY = append(b.MinX, box.Min.X), append(b.MinY, box.Min.Y)
	b.MaxX, b.MaxY = append(b.MaxX, box.Max.X), append(b.MaxY, box.Max.Y)
	b.Areas = append(b.Areas, g.Area)
	b.begin()
	shift := uint32(len(b.X))
	for _, end := range g.Ends {
		b.Ends = append(b.Ends, shift+end)
	}
	b.Parts = append(b.Parts, uint32(len(b.Ends)))
	b.X, b.Y, b.Details = append(b.X, g.X...), append(b.Y, g.Y...), append(b.Details, g.Details...)
	if b.coverage {
		b.own = append(b.own, g.Details...)
	}
	b.Clean = append(b.Clean, clean)
}

// begin makes Parts start with 0.
func (b *shapesBuilder) begin() {
	if len(b.Parts) == 0 {
		b.Parts = append(b.Parts, 0)
	}
}

// addRows adds rows lo…hi−1 of another block of the layer.
func (b *shapesBuilder) addRows(from *Shapes, lo, hi int) {
	b.Kinds = append(b.Kinds, from.Kinds[lo:hi]...)
	b.MinX, b.MinY = append(b.MinX, from.MinX[lo:hi]...), append(b.MinY, from.MinY[lo:hi]...)
	b.MaxX, b.MaxY = append(b.MaxX, from.MaxX[lo:hi]...), append(b.MaxY, from.MaxY[lo:hi]...)
	b.Areas, b.Clean = append(b.Areas, from.Areas[lo:hi]...), append(b.Clean, from.Clean[lo:hi]...)
	b.begin()
	first, _ := from.Vertices(lo)
	_, end := from.Vertices(hi - 1)
	vertices := uint32(len(b.X) - first) // modulo 2³², as the sums below
	parts := uint32(len(b.Ends)) - from.Parts[lo]
	for _, e := range from.Ends[from.Parts[lo]:from.Parts[hi]] {
		b.Ends = append(b.Ends, e+vertices)
	}
	for _, p := range from.Parts[lo+1 : hi+1] {
		b.Parts = append(b.Parts, p+parts)
	}
	b.X, b.Y = append(b.X, from.X[first:end]...), append(b.Y, from.Y[first:end]...)
	b.Details = append(b.Details, from.Details[first:end]...)
	if b.coverage {
		b.own = append(b.own, from.own[first:end]...)
	}
}

// packedBytes returns what finish takes from its slab.
func (b *shapesBuilder) packedBytes() int {
	return column.SlabBytes(b.Kinds) + column.SlabBytes(b.MinX) + column.SlabBytes(b.MinY) + column.SlabBytes(b.MaxX) +
		column.SlabBytes(b.MaxY) + column.SlabBytes(b.Areas) + column.SlabBytes(b.Clean) + column.SlabBytes(b.Parts) +
		column.SlabBytes(b.Ends)
}

// finish returns the rows added, which must not be none, and starts the next block. Vertices have a
// slab of their own.
func (b *shapesBuilder) finish(slab *column.Slab) *Shapes {
	s := &Shapes{
		Kinds: column.Carve(slab, b.Kinds),
		MinX:  column.Carve(slab, b.MinX), MinY: column.Carve(slab, b.MinY),
		MaxX: column.Carve(slab, b.MaxX), MaxY: column.Carve(slab, b.MaxY),
		Areas: column.Carve(slab, b.Areas), Clean: column.Carve(slab, b.Clean),
		Parts: column.Carve(slab, b.Parts), Ends: column.Carve(slab, b.Ends),
	}
	vertices := column.NewSlab(b.vertexBytes())
	s.X, s.Y, s.Details = column.Carve(vertices, b.X), column.Carve(vertices, b.Y), column.Carve(vertices, b.Details)
	if b.coverage {
		s.own = column.Carve(vertices, b.own)
	}
	b.reset()
	return s
}

func (b *shapesBuilder) reset() {
	s := &b.Shapes
	s.Kinds, s.Areas, s.Clean = s.Kinds[:0], s.Areas[:0], s.Clean[:0]
	s.MinX, s.MinY, s.MaxX, s.MaxY = s.MinX[:0], s.MinY[:0], s.MaxX[:0], s.MaxY[:0]
	s.Parts, s.Ends = s.Parts[:0], s.Ends[:0]
	s.X, s.Y, s.Details, s.own = s.X[:0], s.Y[:0], s.Details[:0], s.own[:0]
}
