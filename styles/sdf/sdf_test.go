package sdf

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"

	"hutong/internal/testkit"
)

var runs atomic.Uint64

// polygon adds a contour through the points.
func polygon(o *Outline, points ...Point) {
	o.MoveTo(points[0])
	for _, p := range points[1:] {
		o.LineTo(p)
	}
	o.Close()
}

// rectangle adds a clockwise contour, on a screen.
func rectangle(o *Outline, x0, y0, x1, y1 float64) {
	polygon(o, Point{x0, y0}, Point{x1, y0}, Point{x1, y1}, Point{x0, y1})
}

// box is how deep inside a rectangle p is.
func box(p Point, x0, y0, x1, y1 float64) float64 {
	dx, dy := max(x0-p.X, p.X-x1), max(y0-p.Y, p.Y-y1)
	if dx > 0 && dy > 0 {
		return -math.Hypot(dx, dy)
	}
	return -max(dx, dy)
}

// plain is a frame of MapLibre's whose pixels are units.
func plain(width, height int) Frame {
	return Frame{Width: width, Height: height, Scale: 1, Radius: Radius8, Cutoff: Cutoff}
}

// check compares distances with the truth wherever a field can tell them.
func check(t *testing.T, o *Outline, f Frame, tolerance float64, truth func(p Point) float64) {
	t.Helper()
	for i, got := range o.distances(f) {
		x, y := float64(i%f.Width)+0.5, float64(i/f.Width)+0.5
		want := truth(Point{(x - f.X) / f.Scale, (y - f.Y) / f.Scale}) * f.Scale
		switch {
		case math.Signbit(got) != math.Signbit(want) && math.Abs(want) > tolerance:
			t.Errorf("pixel %g, %g: got %g, want %g", x, y, got, want)
		case want > -6 && want < 2 && !(math.Abs(got-want) <= tolerance):
			t.Errorf("pixel %g, %g: got %g, want %g", x, y, got, want)
		}
	}
}

func TestStraightEdgesAreExact(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &runs, 50) {
		r := rand.New(rand.NewPCG(seed, 1))
		x0, y0 := 4+4*r.Float64(), 4+4*r.Float64()
		x1, y1 := x0+0.1+12*r.Float64(), y0+0.1+12*r.Float64()
		o := New(0.01)
		rectangle(o, x0, y0, x1, y1)
		f := plain(24, 24)
		f.Scale, f.X, f.Y = 0.5+r.Float64(), r.Float64(), -r.Float64()
		check(t, o, f, 1e-9, func(p Point) float64 { return box(p, x0, y0, x1, y1) })
	}
}

func TestCurves(t *testing.T) {
	t.Parallel()
	const tolerance = 0.005
	middle := Point{12, 12}
	circle := func(radius float64) func(p Point) float64 {
		return func(p Point) float64 { return radius - math.Hypot(p.X-middle.X, p.Y-middle.Y) }
	}
	const k = 0.5522847498 // of a quarter circle's radius, off by 0.03 %
	tests := []struct {
		name  string
		draw  func(o *Outline)
		slack float64
		truth func(p Point) float64
	}{
		{"two arcs", func(o *Outline) {
			o.MoveTo(Point{4, 12})
			o.ArcTo(Arc{RX: 8, RY: 8, Sweep: true}, Point{20, 12})
			o.ArcTo(Arc{RX: 8, RY: -8, Sweep: true, Rotation: 33}, Point{4, 12})
		}, 0, circle(8)},
		{"a long and a short arc", func(o *Outline) {
			o.MoveTo(Point{12, 4})
			o.ArcTo(Arc{RX: 8, RY: 8, Large: true}, Point{20, 12})
			o.ArcTo(Arc{RX: 8, RY: 8}, Point{12, 4})
		}, 0, circle(8)},
		{"arcs with radii that must grow", func(o *Outline) {
			o.MoveTo(Point{4, 12})
			o.ArcTo(Arc{RX: 1, RY: 1, Sweep: true}, Point{20, 12})
			o.ArcTo(Arc{RX: 3, RY: 3, Sweep: true}, Point{4, 12})
		}, 0, circle(8)},
		{"cubic quarters", func(o *Outline) {
			o.MoveTo(Point{20, 12})
			o.CubeTo(Point{20, 12 + 8*k}, Point{12 + 8*k, 20}, Point{12, 20})
			o.CubeTo(Point{12 - 8*k, 20}, Point{4, 12 + 8*k}, Point{4, 12})
			o.CubeTo(Point{4, 12 - 8*k}, Point{12 - 8*k, 4}, Point{12, 4})
			o.CubeTo(Point{12 + 8*k, 4}, Point{20, 12 - 8*k}, Point{20, 12})
		}, 0.003, circle(8)},
		{"lines of no curvature", func(o *Outline) {
			o.MoveTo(Point{4, 4})
			o.QuadTo(Point{12, 4}, Point{20, 4})
			o.CubeTo(Point{20, 5}, Point{20, 6}, Point{20, 20})
			o.ArcTo(Arc{RX: 0, RY: 3}, Point{4, 20})
			o.ArcTo(Arc{RX: 3, RY: 3}, Point{4, 20}) // to where it is: nothing
		}, 0, func(p Point) float64 { return box(p, 4, 4, 20, 20) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := New(tolerance)
			tt.draw(o)
			check(t, o, plain(24, 24), tolerance+tt.slack, tt.truth)
		})
	}
}

// TestQuadratic: a quadratic curve lies within the tolerance of the cubic that is the same curve.
func TestQuadratic(t *testing.T) {
	t.Parallel()
	a, c, b := Point{2, 20}, Point{11, -9}, Point{22, 18}
	quad, cube := New(0.002), New(0.002)
	quad.MoveTo(a)
	quad.QuadTo(c, b)
	cube.MoveTo(a)
	third := func(p Point) Point { return Point{(p.X + 2*c.X) / 3, (p.Y + 2*c.Y) / 3} }
	cube.CubeTo(third(a), third(b), b)
	f := plain(24, 24)
	want := cube.distances(f)
	for i, got := range quad.distances(f) {
		if math.Abs(got-want[i]) > 0.004 {
			t.Errorf("pixel %d: got %g, want %g", i, got, want[i])
		}
	}
}

func TestFills(t *testing.T) {
	t.Parallel()
	// The tests with one rectangle are of shapes that look like it.
	one := func(p Point) float64 { return box(p, 5.25, 5.5, 18.75, 16.5) }
	frame := func(p Point) float64 { return min(one(p), -box(p, 8, 8, 14, 14)) }
	tests := []struct {
		name  string
		draw  func(o *Outline)
		truth func(p Point) float64
	}{
		{"overlap in one fill", func(o *Outline) {
			rectangle(o, 5.25, 5.5, 13, 16.5)
			rectangle(o, 9, 5.5, 18.75, 16.5)
		}, one},
		{"overlap of two fills that run against each other", func(o *Outline) {
			rectangle(o, 5.25, 5.5, 13, 16.5)
			o.Fill(NonZero)
			rectangle(o, 18.75, 5.5, 9, 16.5)
		}, one},
		{"side by side", func(o *Outline) {
			rectangle(o, 5.25, 5.5, 12, 16.5)
			o.Fill(EvenOdd)
			rectangle(o, 12, 5.5, 18.75, 16.5)
		}, one},
		{"side by side with a gap that nobody sees", func(o *Outline) {
			rectangle(o, 5.25, 5.5, 12, 16.5)
			o.Fill(EvenOdd)
			rectangle(o, 12.0001, 5.5, 18.75, 16.5)
		}, one},
		{"within another", func(o *Outline) {
			rectangle(o, 5.25, 5.5, 18.75, 16.5)
			rectangle(o, 8, 8, 14, 14)
		}, one},
		{"twice", func(o *Outline) {
			rectangle(o, 5.25, 5.5, 18.75, 16.5)
			rectangle(o, 5.25, 5.5, 18.75, 16.5)
		}, one},
		{"crossed by others", func(o *Outline) {
			rectangle(o, 5.25, 5.5, 18.75, 16.5)
			o.Fill(NonZero)
			polygon(o, Point{6, 6}, Point{18, 16}, Point{18, 6}, Point{6, 16})
		}, one},
		{"hole by direction", func(o *Outline) {
			rectangle(o, 5.25, 5.5, 18.75, 16.5)
			rectangle(o, 14, 8, 8, 14)
		}, frame},
		{"hole by number", func(o *Outline) {
			o.Fill(EvenOdd)
			rectangle(o, 5.25, 5.5, 18.75, 16.5)
			rectangle(o, 8, 8, 14, 14)
		}, frame},
		{"hole that another fill fills", func(o *Outline) {
			o.Fill(EvenOdd)
			rectangle(o, 5.25, 5.5, 18.75, 16.5)
			rectangle(o, 8, 8, 14, 14)
			o.Fill(EvenOdd)
			rectangle(o, 8, 8, 14, 14)
		}, one},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := New(0.01)
			tt.draw(o)
			check(t, o, plain(24, 24), 1e-3, tt.truth)
		})
	}
}

// TestDistanceIsToTheOtherSide looks around each pixel of random tangles of contours: no point nearer
// than its distance is on the other side of the edge, and some point a little further is.
func TestDistanceIsToTheOtherSide(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &runs, 6) {
		r := rand.New(rand.NewPCG(seed, 2))
		o := New(0.01)
		for range 1 + r.IntN(3) {
			o.Fill(Rule(r.IntN(2)))
			for range 1 + r.IntN(3) {
				polygon(o, someShape(r)...)
			}
		}
		f := plain(16, 16)
		s := newScan(o, f)
		for i, d := range o.distances(f) {
			p := Point{float64(i%16) + 0.5, float64(i/16) + 0.5}
			in := s.inside(p)
			if in == math.Signbit(d) && math.Abs(d) > 2*aside {
				t.Fatalf("seed %d, %v: got %g, but inside is %t", seed, p, d, in)
			}
			d = math.Abs(d)
			if d < 0.05 || d > 5 || in && d > 2 {
				continue
			}
			if ring(s, p, d-0.02, in) {
				t.Fatalf("seed %d, %v: there is an edge nearer than %g", seed, p, d)
			}
			if !ring(s, p, d+0.02, in) {
				t.Fatalf("seed %d, %v: there is no edge at %g", seed, p, d)
			}
		}
	}
}

// ring reports whether something on the circle of a radius around p is not as p is.
func ring(s *scan, p Point, radius float64, in bool) bool {
	for i := range 2000 {
		sin, cos := math.Sincos(float64(i) / 2000 * 2 * math.Pi)
		if s.inside(Point{p.X + radius*cos, p.Y + radius*sin}) != in {
			return true
		}
	}
	return false
}

// someShape returns a rectangle, triangle or diamond, clockwise or not. Its corners are on a grid and its
// edges run in eight directions: many meet in corners or lie on each other, and what several make is
// large enough for a ring to find.
func someShape(r *rand.Rand) []Point {
	grid := func(lo, n int) float64 { return float64(2*lo+r.IntN(2*n)) / 2 }
	x, y, w, h := grid(2, 7), grid(2, 7), grid(1, 5), grid(1, 5)
	points := [][]Point{
		{{x, y}, {x + w, y}, {x + w, y + h}, {x, y + h}},
		{{x, y}, {x + w, y}, {x, y + w}},
		{{x + w, y}, {x + 2*w, y + w}, {x + w, y + 2*w}, {x, y + w}},
	}[r.IntN(3)]
	if r.IntN(2) == 0 {
		slices.Reverse(points)
	}
	return points
}

func somePoints(r *rand.Rand, n int) []Point {
	points := make([]Point, n)
	for i := range points {
		points[i] = Point{2 + 12*r.Float64(), 2 + 12*r.Float64()}
	}
	return points
}

func TestField(t *testing.T) {
	t.Parallel()
	o := New(0.01)
	rectangle(o, 3.5, -9, 40, 9)
	got := o.Field(plain(12, 1))
	// Half a pixel a step: the edge between the third and the fourth, 255/8 a pixel.
	want := []byte{96, 128, 159, 191, 223, 255, 255, 255, 255, 255, 255, 255}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("got %v, want %v", got, want)
		}
	}
}

func TestNothingToDraw(t *testing.T) {
	t.Parallel()
	tests := map[string]func(o *Outline){
		"nothing":    func(*Outline) {},
		"a fill":     func(o *Outline) { o.Fill(EvenOdd) },
		"a point":    func(o *Outline) { o.LineTo(Point{}) },
		"a line":     func(o *Outline) { o.LineTo(Point{9, 9}) },
		"far away":   func(o *Outline) { rectangle(o, 1e5, 1e5, 2e5, 2e5) },
		"no numbers": func(o *Outline) { polygon(o, Point{math.NaN(), 1}, Point{math.Inf(1), 3}, Point{1, math.Inf(-1)}) },
	}
	for name, draw := range tests {
		o := New(0.01)
		draw(o)
		for i, v := range o.Field(plain(8, 8)) {
			if v != 0 {
				t.Errorf("%s: got %d in pixel %d, want 0 everywhere", name, v, i)
				break
			}
		}
		if got := len(o.Field(plain(0, 0))); got != 0 {
			t.Errorf("%s: got %d bytes, want none", name, got)
		}
	}
}

func BenchmarkField(b *testing.B) {
	o := New(0.005)
	r := rand.New(rand.NewPCG(1, 2))
	for range 8 {
		p := somePoints(r, 12)
		o.MoveTo(p[0])
		for i := 1; i < len(p)-1; i += 2 {
			o.QuadTo(p[i], p[i+1])
		}
		o.Close()
	}
	b.ReportAllocs()
	for b.Loop() {
		o.Field(plain(30, 30))
	}
}
