package layers

import (
	"hutong/layers/clip"
	"hutong/layers/shape"
)

// maxCleanVertices is how many vertices a polygon may have at a detail for the store to test whether it
// is valid there. A larger one is always cut and mended: it seldom lies inside one tile.
const maxCleanVertices = 1 << 16

// clean returns for a row at which details its polygon is valid, by bit; 0 for other kinds.
func (s *Shapes) clean(row int) uint32 {
	from, to := s.Vertices(row)
	g := shape.Shape{Kind: s.Kinds[row], X: s.X[from:to], Y: s.Y[from:to], Details: s.Details[from:to]}
	for part := s.Parts[row]; part < s.Parts[row+1]; part++ {
		_, end := s.Part(int(part))
		g.Ends = append(g.Ends, uint32(end-from))
	}
	return cleanDetails(&g)
}

// cleanDetails returns at which details a polygon is valid, by bit, once its vertices that survive there
// are cut down to tile units. Its cost is a test at each detail, so it runs before the writer's turn.
func cleanDetails(g *shape.Shape) uint32 {
	if !g.Kind.IsPolygon() {
		return 0
	}
	var out uint32
	var clipper clip.Clipper
	var in clip.Paths
	for detail := range shape.MaxDetail + 1 {
		in.Reset()
		snap(g, uint8(detail), &in)
		if len(in.Points) <= maxCleanVertices && clipper.Strict(in) {
			out |= 1 << detail
		}
	}
	return out
}

// snap appends to in the vertices of g that survive at a detail, in its tile units.
func snap(g *shape.Shape, detail uint8, in *clip.Paths) {
	shift := shape.MaxDetail - detail
	for part := range g.Ends {
		from, to := g.Part(part)
		first := len(in.Points)
		for i := from; i < to; i++ {
			if g.Details[i] > detail {
				continue
			}
			p := clip.Point{X: int64(g.X[i] >> shift), Y: int64(g.Y[i] >> shift)}
			if n := len(in.Points); n == first || in.Points[n-1] != p {
				in.Points = append(in.Points, p)
			}
		}
		if n := len(in.Points); n > first+1 && in.Points[n-1] == in.Points[first] {
			in.Points = in.Points[:n-1]
		}
		if len(in.Points) > first {
			in.End()
		}
	}
}
