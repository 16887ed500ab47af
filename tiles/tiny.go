package tiles

import (
	"hutong/layers"
	"hutong/layers/shape"
	"hutong/tiles/grid"
	"hutong/tiles/mvt"
)

// Tiny says what becomes of polygons whose area is below that of a pixel, for tiles of 512 pixels. A
// coverage keeps all its members whatever it says.
type Tiny uint8

// The policies.
const (
	// TinyMerge shows as many of them as together have their area, each as a square of one pixel. Which
	// ones is decided for each by itself: by its rank and its share of a pixel, so that a polygon that a
	// tile shows is in the tiles below it too.
	TinyMerge Tiny = iota
	// TinyDrop leaves them out.
	TinyDrop
	// TinyKeep shows all of them, those that have no area in tile units by their outline.
	TinyKeep
)

// keepsAll reports whether no polygon may be left out for its size.
func (p *painter) keepsAll() bool {
	return p.s.b.schema.Coverage || p.s.b.opts.Tiny == TinyKeep
}

// isTiny reports whether the policy applies to the polygon of a row.
func (p *painter) isTiny(sh *layers.Shapes, row int) bool {
	return !p.keepsAll() && sh.Areas[row] < shape.PixelArea(p.zoom)
}

// tiny draws a tiny polygon, or nothing.
func (p *painter) tiny(sh *layers.Shapes, row int, number uint64) {
	from := len(p.s.drawing.bytes)
	if p.s.b.opts.Tiny == TinyMerge && stands(number, sh.Areas[row]/shape.PixelArea(p.zoom)) {
		p.square(sh, row, max(1, int64(p.s.b.opts.Extent)*shape.PixelUnits/4096))
	}
	if len(p.s.drawing.bytes) == from {
		p.s.drawing.tiny++
	}
}

// stands reports whether a feature stands for itself and others of its size when a share of them, 0 to
// 1, does. It goes by rank, as thinning does, so a larger share has all features of a smaller one.
func stands(number uint64, share float64) bool {
	const bits = 53
	return float64(layers.Rank(number)>>(64-bits))/(1<<bits) < share
}

// square draws a square around the centre of a row's box, if that is in the tile's window.
func (p *painter) square(sh *layers.Shapes, row int, side int64) {
	box := sh.Box(row)
	x, y := int64(box.Min.X)+int64(box.Max.X-box.Min.X)/2, int64(box.Min.Y)+int64(box.Max.Y-box.Min.Y)/2
	for _, world := range p.frame.Worlds {
		ux, uy := p.frame.X(x+world), p.frame.Y(y)
		if c := p.frame.Cut; ux >= c.MinX && ux < c.MaxX && uy >= c.MinY && uy < c.MaxY {
			p.box(grid.Reach{MinX: ux - side/2, MinY: uy - side/2, MaxX: ux - side/2 + side, MaxY: uy - side/2 + side}, mvt.Polygons)
		}
	}
}

// boxOf draws the part of a row's box that is in the window, in the first world in which there is one: what
// is left of a shape when the budget has no room for its vertices.
func (p *painter) boxOf(sh *layers.Shapes, row int, kind mvt.Type) {
	c := p.frame.Cut
	var box grid.Reach
	for _, world := range p.frame.Worlds {
		if box = p.unitBox(sh, row, world); meets(box, c) {
			break
		}
	}
	box = grid.Reach{
		MinX: max(box.MinX, c.MinX), MinY: max(box.MinY, c.MinY),
		MaxX: min(box.MaxX, c.MaxX), MaxY: min(box.MaxY, c.MaxY),
	}
	if box.MinX == box.MaxX {
		box.MaxX++
	}
	if box.MinY == box.MaxY {
		box.MaxY++
	}
	p.box(box, kind)
}

// box draws a rectangle, as a line its diagonal and as a point its corner.
func (p *painter) box(b grid.Reach, kind mvt.Type) {
	s := p.s
	x0, y0, x1, y1 := int32(b.MinX), int32(b.MinY), int32(b.MaxX), int32(b.MaxY)
	s.vertices = append(s.vertices[:0], mvt.Vertex{X: x0, Y: y0}, mvt.Vertex{X: x1, Y: y0}, mvt.Vertex{X: x1, Y: y1}, mvt.Vertex{X: x0, Y: y1})
	switch kind {
	case mvt.Points:
		s.drawing.bytes = p.pen.Points(s.drawing.bytes, s.vertices[:1])
	case mvt.Lines:
		s.vertices[1] = s.vertices[2]
		s.drawing.bytes = p.pen.Line(s.drawing.bytes, s.vertices[:2])
	default:
		s.drawing.bytes = p.pen.Ring(s.drawing.bytes, s.vertices)
	}
}
