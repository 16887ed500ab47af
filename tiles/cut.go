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

// thin draws a polygon that has no area in tile units: its outline, a unit wide, as far as that is in
// the window. Something that is there, such as a canal, does not vanish at the zooms where it is thin.
func (p *painter) thin(sh *layers.Shapes, row int, world int64, _ bool) {
	s := p.s
	p.gather(sh, row, world)
	s.thick.Reset()
	for i := range s.in.Len() {
		ring := s.in.At(i)
		for k, a := range ring {
			thicken(&s.thick, a, ring[(k+1)%len(ring)])
		}
	}
	s.in, s.thick = s.thick, s.in
	p.cutPolygons()
}

// thicken adds to out the edge from a to b as a polygon, a unit wide across the axis that it runs along.
func thicken(out *clip.Paths, a, b clip.Point) {
	dx, dy := b.X-a.X, b.Y-a.Y
	switch {
	case dx == 0 && dy == 0:
		b.X++
		dx = 1
		fallthrough
	case max(dx, -dx) >= max(dy, -dy): // along x: a unit to the south
		if dx < 0 {
			a, b = b, a
		}
		out.Points = append(out.Points, a, b, clip.Point{X: b.X, Y: b.Y + 1}, clip.Point{X: a.X, Y: a.Y + 1})
	default: // along y: a unit to the east
		if dy < 0 {
			a, b = b, a
		}
		out.Points = append(out.Points, a, clip.Point{X: a.X + 1, Y: a.Y}, clip.Point{X: b.X + 1, Y: b.Y}, b)
	}
	out.End()
}

// take puts the points of a path, which lie in the window, into s.vertices.
func (p *painter) take(points []clip.Point) {
	s := p.s
	s.vertices = grown(s.vertices[:0], len(points))[:len(points)]
	for i, v := range points {
		s.vertices[i] = mvt.Vertex{X: int32(v.X), Y: int32(v.Y)}
	}
}
