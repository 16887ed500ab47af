package layers

import (
	"hutong/layers/clip"
	"hutong/layers/shape"
)

// clean returns for a row at which details its polygon is valid, by bit; 0 for other kinds. Cost is
// about that of a few tests at the highest detail, because lower ones have fewer vertices.
func (s *Shapes) clean(row int) uint32 {
	if !s.Kinds[row].IsPolygon() {
		return 0
	}
	var out uint32
	var clipper clip.Clipper
	var in clip.Paths
	for detail := range shape.MaxDetail + 1 {
		in.Reset()
		s.snap(row, uint8(detail), &in)
		if clipper.Strict(in) {
			out |= 1 << detail
		}
	}
	return out
}

// snap appends to in the vertices of a row that survive at a detail, in its tile units.
func (s *Shapes) snap(row int, detail uint8, in *clip.Paths) {
	shift := shape.MaxDetail - detail
	for part := s.Parts[row]; part < s.Parts[row+1]; part++ {
		from, to := s.Part(int(part))
		first := len(in.Points)
		for i := from; i < to; i++ {
			if s.Details[i] > detail {
				continue
			}
			p := clip.Point{X: int64(s.X[i] >> shift), Y: int64(s.Y[i] >> shift)}
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
