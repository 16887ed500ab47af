package sdf

import (
	"math"
	"slices"
)

// Frame says which part of the plane a field shows, and how.
type Frame struct {
	// Width and Height are in pixels.
	Width, Height int
	// Scale is how many pixels a unit of the outline is.
	Scale float64
	// X and Y are where the outline's origin lies, in pixels from the top left corner.
	X, Y float64
	// Radius is how many pixels the values from 0 to 255 span.
	Radius float64
	// Cutoff is the share of Radius that is inside: an edge has the value 255·(1 - Cutoff).
	Cutoff float64
}

// Radius8 is what MapLibre's shader takes every field to have: 8 pixels, three quarters of them
// outside. An edge is 191.25 and halos end 6 pixels outside.
const (
	Radius8 = 8
	Cutoff  = 0.25
)

// Field returns a byte for each pixel, row by row: 255 deep inside, 0 far outside, 255·(1 - Cutoff)
// on an edge, and 255/Radius more or less for each pixel between. The cost is about the number of
// straight pieces times the square of Radius.
func (o *Outline) Field(f Frame) []byte {
	out := make([]byte, f.Width*f.Height)
	for i, d := range o.distances(f) {
		out[i] = byte(math.Round(min(max(255*(1-f.Cutoff+d/f.Radius), 0), 255)))
	}
	return out
}

// distances returns for each pixel's centre how far the edge is in pixels, inside above 0. What is
// too far to make a difference to a field is ±Inf.
func (o *Outline) distances(f Frame) []float64 {
	grid := make([]float64, f.Width*f.Height)
	for i := range grid {
		grid[i] = math.Inf(1)
	}
	s := newScan(o, f)
	reach := f.Radius * max(f.Cutoff, 1-f.Cutoff)
	for _, e := range s.boundary() {
		e.approach(grid, f.Width, f.Height, reach)
	}
	for y := range f.Height {
		row := grid[y*f.Width : (y+1)*f.Width]
		inside := s.row(float64(y)+0.5, f.Width)
		for x, d := range row {
			row[x] = math.Sqrt(d)
			if !inside[x] {
				row[x] = -row[x]
			}
		}
	}
	return grid
}

// edge is a straight piece of a fill's contour, in pixels.
type edge struct {
	a, b Point
	fill int
}

// approach lowers the squared distances of the pixels within reach of e to that from e.
func (e *edge) approach(grid []float64, width, height int, reach float64) {
	x0, x1 := around(e.a.X, e.b.X, reach, width)
	y0, y1 := around(e.a.Y, e.b.Y, reach, height)
	dx, dy := e.b.X-e.a.X, e.b.Y-e.a.Y
	perLength := 1 / (dx*dx + dy*dy)
	for y := y0; y < y1; y++ {
		row := grid[y*width : (y+1)*width]
		py := float64(y) + 0.5 - e.a.Y
		for x := x0; x < x1; x++ {
			px := float64(x) + 0.5 - e.a.X
			t := min(max((px*dx+py*dy)*perLength, 0), 1)
			qx, qy := px-t*dx, py-t*dy
			if d := qx*qx + qy*qy; d < row[x] {
				row[x] = d
			}
		}
	}
}

// around returns the half-open range of pixels, of n, whose centres are within reach of what spans a to b.
func around(a, b, reach float64, n int) (from, to int) {
	from = int(min(max(math.Ceil(min(a, b)-reach-0.5), 0), float64(n)))
	to = int(min(max(math.Floor(max(a, b)+reach-0.5)+1, 0), float64(n)))
	return from, to
}

// crossing is where a line along x meets an edge.
type crossing struct {
	x    float64
	fill int
	down int // 1 or -1: the direction of the edge
}

// row reports for the pixels of the row whose centres are at y whether they are inside.
func (s *scan) row(y float64, width int) []bool {
	inside := make([]bool, width)
	s.crossings = s.crossings[:0]
	for _, i := range s.band(y) {
		if x, down, ok := s.edges[i].meet(y); ok {
			s.crossings = append(s.crossings, crossing{x, s.edges[i].fill, down})
		}
	}
	slices.SortFunc(s.crossings, func(a, b crossing) int {
		switch {
		case a.x < b.x:
			return -1
		case a.x > b.x:
			return 1
		default:
			return 0
		}
	})
	clear(s.winding)
	next := 0
	for x := range inside {
		for ; next < len(s.crossings) && s.crossings[next].x <= float64(x)+0.5; next++ {
			s.winding[s.crossings[next].fill] += s.crossings[next].down
		}
		inside[x] = s.wound()
	}
	return inside
}

// meet returns where the line at y meets e; ok is false where it does not. Of its ends an edge has the
// upper one, so that a line through a corner meets a contour once.
func (e *edge) meet(y float64) (x float64, down int, ok bool) {
	a, b, down := e.a, e.b, 1
	if a.Y > b.Y {
		a, b, down = b, a, -1
	}
	if y < a.Y || y >= b.Y {
		return 0, 0, false
	}
	return a.X + (y-a.Y)/(b.Y-a.Y)*(b.X-a.X), down, true
}
