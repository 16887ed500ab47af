package tiles

import (
	"hutong/layers"
	"hutong/tiles/mvt"
)

// points draws a multipoint. All its points stand in one command, those of other worlds too (MVT 2.1
// §4.3.4.2).
func (p *painter) points(sh *layers.Shapes, row int) {
	s, f := p.s, &p.frame
	s.vertices = s.vertices[:0]
	from, to := sh.Vertices(row)
	for _, world := range f.Worlds {
		for i := from; i < to; i++ {
			x, y := f.X(int64(sh.X[i])+world), f.Y(int64(sh.Y[i]))
			if x >= f.Cut.MinX && x < f.Cut.MaxX && y >= f.Cut.MinY && y < f.Cut.MaxY {
				s.vertices = append(s.vertices, mvt.Vertex{X: int32(x), Y: int32(y)})
			}
		}
	}
	if len(s.vertices) > 0 {
		s.drawing.bytes = p.pen.Points(s.drawing.bytes, s.vertices)
	}
}

// lines draws the lines of a row. inside says that all of it is in the window, so that nothing is cut.
func (p *painter) lines(sh *layers.Shapes, row int, world int64, inside bool) {
	s := p.s
	if !inside {
		p.gather(sh, row, world)
		p.cutLines()
		return
	}
	for part := sh.Parts[row]; part < sh.Parts[row+1]; part++ {
		if p.pick(sh, int(part), world); len(s.vertices) >= 2 {
			s.drawing.bytes = p.pen.Line(s.drawing.bytes, s.vertices)
		}
	}
}

// polygons draws the rings of a row. What is all inside the window and known to be valid is written as
// it is; everything else is cut and mended.
func (p *painter) polygons(sh *layers.Shapes, row int, world int64, inside bool) {
	s := p.s
	if !inside || p.detail != p.grid || !sh.IsClean(row, p.grid) {
		p.gather(sh, row, world)
		p.cutPolygons()
		return
	}
	for part := sh.Parts[row]; part < sh.Parts[row+1]; part++ {
		p.pick(sh, int(part), world)
		if n := len(s.vertices); n > 1 && s.vertices[0] == s.vertices[n-1] {
			s.vertices = s.vertices[:n-1]
		}
		if len(s.vertices) >= 3 {
			s.drawing.bytes = p.pen.Ring(s.drawing.bytes, s.vertices)
		}
	}
}

// pick puts the vertices of a part that survive into s.vertices, in tile units and none like the one
// before. The part must be inside the window.
func (p *painter) pick(sh *layers.Shapes, part int, world int64) {
	from, to := sh.Part(part)
	details := sh.Details[from:to]
	xs, ys := sh.X[from:to][:len(details)], sh.Y[from:to][:len(details)]
	f, out := p.frame, p.s.vertices[:0]
	for i, detail := range details {
		if int(detail) > p.detail {
			continue
		}
		v := mvt.Vertex{X: int32(f.X(int64(xs[i]) + world)), Y: int32(f.Y(int64(ys[i])))}
		if n := len(out); n == 0 || out[n-1] != v {
			out = append(out, v)
		}
	}
	p.s.vertices = out
}
