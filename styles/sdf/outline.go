// Package sdf makes signed distance fields of outlines: small pictures that a renderer can draw in
// any colour, with a halo, and larger or smaller than they are, since each pixel says how far away the
// nearest edge is.
//
// An [Outline] is made of fills; each is any number of contours and a rule that says what is inside.
// What is inside some fill is inside the outline, so a contour that runs through the inside of another
// is no edge. [Outline.Field] measures from the centre of each pixel to the edge itself, not to a
// picture of it, so a field of a few pixels still has the place of a straight edge to a hundredth of
// one. x runs right, y down.
//
// An Outline is built by one goroutine; fields of a built one may be made from any.
package sdf

import "math"

// Point is a place, in units of the outline or in pixels.
type Point struct{ X, Y float64 }

// Rule says what is inside the contours of a fill.
type Rule uint8

// The rules (SVG 2 §13.4.2).
const (
	NonZero Rule = iota // what contours run around, their directions counted against each other
	EvenOdd             // what an odd number of contours runs around
)

// maxPieces is the most straight pieces that a curve becomes, however large it is.
const maxPieces = 256

// Outline is a set of fills. Curves become straight pieces as they are added; every contour ends where
// it began, closed or not.
type Outline struct {
	tolerance float64
	fills     []fill
	start, at Point
	open      bool // the last contour of the last fill goes on
}

type fill struct {
	rule     Rule
	contours [][]Point
}

// New returns an outline without a fill. No straight piece is further than tolerance, which is above
// 0 and in units of the outline, from the curve it stands for.
func New(tolerance float64) *Outline { return &Outline{tolerance: tolerance} }

// Fill begins a fill: what follows is inside by rule. Without it the first fill is NonZero.
func (o *Outline) Fill(rule Rule) {
	o.fills = append(o.fills, fill{rule: rule})
	o.start, o.at, o.open = Point{}, Point{}, false
}

// At returns the point that the next piece begins at.
func (o *Outline) At() Point { return o.at }

// MoveTo begins a contour at p.
func (o *Outline) MoveTo(p Point) { o.start, o.at, o.open = p, p, false }

// Close ends the contour with a straight piece to where it began. The next one begins there too unless
// it is moved.
func (o *Outline) Close() { o.at, o.open = o.start, false }

// LineTo adds a straight piece to p.
func (o *Outline) LineTo(p Point) {
	if len(o.fills) == 0 {
		o.fills = append(o.fills, fill{})
	}
	f := &o.fills[len(o.fills)-1]
	if !o.open {
		f.contours = append(f.contours, []Point{o.at})
		o.open = true
	}
	last := &f.contours[len(f.contours)-1]
	*last = append(*last, p)
	o.at = p
}

// QuadTo adds a quadratic Bézier curve to p with the control point c.
func (o *Outline) QuadTo(c, p Point) {
	a := o.at
	// A chord strays from its piece by an eighth of the second derivative over the square of their number.
	n := o.pieces(2 * bend(a, c, p))
	o.curve(n, p, func(t float64) Point {
		s := 1 - t
		return Point{s*s*a.X + 2*s*t*c.X + t*t*p.X, s*s*a.Y + 2*s*t*c.Y + t*t*p.Y}
	})
}

// CubeTo adds a cubic Bézier curve to p with the control points c and d.
func (o *Outline) CubeTo(c, d, p Point) {
	a := o.at
	n := o.pieces(6 * max(bend(a, c, d), bend(c, d, p)))
	o.curve(n, p, func(t float64) Point {
		s := 1 - t
		ka, kc, kd, kp := s*s*s, 3*s*s*t, 3*s*t*t, t*t*t
		return Point{ka*a.X + kc*c.X + kd*d.X + kp*p.X, ka*a.Y + kc*c.Y + kd*d.Y + kp*p.Y}
	})
}

// bend is the length of a - 2b + c.
func bend(a, b, c Point) float64 { return math.Hypot(a.X-2*b.X+c.X, a.Y-2*b.Y+c.Y) }

// pieces returns how many pieces keep a curve with a second derivative of at most second within the
// tolerance.
func (o *Outline) pieces(second float64) int {
	n := math.Ceil(math.Sqrt(second / (8 * o.tolerance)))
	return int(min(max(n, 1), maxPieces))
}

// curve adds n pieces along at, whose argument runs from 0 to 1, and ends exactly in p.
func (o *Outline) curve(n int, p Point, at func(t float64) Point) {
	for i := 1; i < n; i++ {
		o.LineTo(at(float64(i) / float64(n)))
	}
	o.LineTo(p)
}

// Arc is how an elliptical arc runs between two points (SVG 2 §9.3.8).
type Arc struct {
	RX, RY   float64 // radii; 0 makes a straight line, too small ones grow
	Rotation float64 // of the ellipse's x axis, in degrees clockwise
	Large    bool    // the arc is the longer way round
	Sweep    bool    // it runs clockwise
}

// ArcTo adds an elliptical arc to p.
func (o *Outline) ArcTo(arc Arc, p Point) {
	a := o.at
	rx, ry := math.Abs(arc.RX), math.Abs(arc.RY)
	if a == p {
		return
	}
	if rx == 0 || ry == 0 {
		o.LineTo(p)
		return
	}
	sin, cos := math.Sincos(arc.Rotation * math.Pi / 180)
	// The chord's half in the ellipse's axes (SVG 2 §B.2.4).
	hx, hy := (a.X-p.X)/2, (a.Y-p.Y)/2
	x, y := cos*hx+sin*hy, cos*hy-sin*hx
	if grow := x*x/(rx*rx) + y*y/(ry*ry); grow > 1 {
		rx, ry = rx*math.Sqrt(grow), ry*math.Sqrt(grow)
	}
	over := rx*rx*y*y + ry*ry*x*x
	k := math.Sqrt(max(0, rx*rx*ry*ry-over) / over)
	if arc.Large == arc.Sweep {
		k = -k
	}
	cx, cy := k*rx*y/ry, -k*ry*x/rx
	from := math.Atan2((y-cy)/ry, (x-cx)/rx)
	turn := math.Atan2((-y-cy)/ry, (-x-cx)/rx) - from
	switch {
	case arc.Sweep && turn < 0:
		turn += 2 * math.Pi
	case !arc.Sweep && turn > 0:
		turn -= 2 * math.Pi
	}
	mx, my := cos*cx-sin*cy+(a.X+p.X)/2, sin*cx+cos*cy+(a.Y+p.Y)/2
	n := o.pieces(turn * turn * max(rx, ry))
	o.curve(n, p, func(t float64) Point {
		s, c := math.Sincos(from + t*turn)
		return Point{mx + cos*rx*c - sin*ry*s, my + sin*rx*c + cos*ry*s}
	})
}

// Bounds returns the box around all contours; ok is false if there is none.
func (o *Outline) Bounds() (lo, hi Point, ok bool) {
	lo, hi = Point{math.Inf(1), math.Inf(1)}, Point{math.Inf(-1), math.Inf(-1)}
	for _, f := range o.fills {
		for _, contour := range f.contours {
			for _, p := range contour {
				lo = Point{min(lo.X, p.X), min(lo.Y, p.Y)}
				hi = Point{max(hi.X, p.X), max(hi.Y, p.Y)}
				ok = true
			}
		}
	}
	return lo, hi, ok
}
