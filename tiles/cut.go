package tiles

import (
	"hutong/layers"
	"hutong/layers/clip"
	"hutong/tiles/mvt"
)

// gather puts the vertices of a row that survive into s.in, in tile units, part by part.
func (p *painter) gather(sh *layers.Shapes, row int, world int64) {
	f, in := p.frame, &p.s.in
	in.Reset()
	for part := sh.Parts[row]; part < sh.Parts[row+1]; part++ {
		from, to := sh.Part(int(part))
		details := sh.Details[from:to]
		xs, ys := sh.X[from:to][:len(details)], sh.Y[from:to][:len(details)]
		first := len(in.Points)
		for i, detail := range details {
			if int(detail) > p.detail {
				continue
			}
			v := clip.Point{X: f.X(int64(xs[i]) + world), Y: f.Y(int64(ys[i]))}
			if n := len(in.Points); n == first || in.Points[n-1] != v {
				in.Points = append(in.Points, v)
			}
		}
		in.End()
	}
}

// window returns where shapes are cut.
func (p *painter) window() clip.Rect {
	c := p.frame.Cut
	return clip.Rect{MinX: c.MinX, MinY: c.MinY, MaxX: c.MaxX, MaxY: c.MaxY}
}

// cutLines draws the parts of the gathered lines that are in the window.
func (p *painter) cutLines() {
	s := p.s
	out := s.clipper.Lines(s.in, p.window())
	for i := range out.Len() {
		p.take(out.At(i))
		s.drawing.bytes = p.pen.Line(s.drawing.bytes, s.vertices)
	}
}

// cutPolygons draws the part of the gathered polygons that is in the window, as valid rings.
func (p *painter) cutPolygons() {
	s := p.s
	out, repair := s.clipper.Polygon(s.in, p.window())
	if repair == clip.Coarse {
		s.drawing.coarse++
	}
	for i := range out.Len() {
		p.take(out.At(i))
		s.drawing.bytes = p.pen.Ring(s.drawing.bytes, s.vertices)
	}
}

// take puts the points of a path, which lie in the window, into s.vertices.
func (p *painter) take(points []clip.Point) {
	s := p.s
	s.vertices = grown(s.vertices[:0], len(points))[:len(points)]
	for i, v := range points {
		s.vertices[i] = mvt.Vertex{X: int32(v.X), Y: int32(v.Y)}
	}
}
