package clip

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLineCases(t *testing.T) {
	t.Parallel()
	lines := func(l ...[]Point) [][]Point { return l }
	for _, tt := range []struct {
		name string
		in   [][]Point
		want [][]Point
	}{
		{"inside", lines(pt(10, 10, 20, 20), pt(5, 5, 6, 6)), lines(pt(10, 10, 20, 20), pt(5, 5, 6, 6))},
		{"through", lines(pt(-10, 50, 110, 50)), lines(pt(0, 50, 100, 50))},
		{"through two corners", lines(pt(-10, -10, 110, 110)), lines(pt(0, 0, 100, 100))},
		{"leaves and comes again", lines(pt(50, 10, 150, 10, 150, 20, 50, 20)), lines(pt(50, 10, 100, 10), pt(100, 20, 50, 20))},
		{"leaves and comes again in a point", lines(pt(50, 10, 150, 10, 50, 10)), lines(pt(50, 10, 100, 10), pt(100, 10, 50, 10))},
		{"touches a side from inside", lines(pt(50, 10, 100, 20, 50, 30)), lines(pt(50, 10, 100, 20, 50, 30))},
		{"touches a side from outside", lines(pt(150, 10, 100, 20, 150, 30)), nil},
		{"touches a corner", lines(pt(90, -10, 110, 10)), nil},
		{"along a side", lines(pt(-10, 0, 110, 0)), lines(pt(0, 0, 100, 0))},
		{"ends on a side", lines(pt(50, 50, 100, 50)), lines(pt(50, 50, 100, 50))},
		{"starts on a side and leaves", lines(pt(100, 50, 150, 50)), nil},
		{"outside", lines(pt(200, 0, 200, 100)), nil},
		{"around a corner outside", lines(pt(-50, 90, 10, 160)), nil},
		{"repeated points", lines(pt(10, 10, 10, 10, 20, 20, 20, 20)), lines(pt(10, 10, 20, 20))},
		{"no length", lines(pt(10, 10, 10, 10), pt(7, 7), nil), nil},
		{"rounds to a point", lines(pt(-10, 99, 1, 101)), nil},
		{"crosses itself", lines(pt(10, 10, 30, 30, 30, 10, 10, 30)), lines(pt(10, 10, 30, 30, 30, 10, 10, 30))},
		{"no line", nil, nil},
		{"far away", lines(pt(-1<<60, 50, 1<<60, 50)), lines(pt(0, 50, 100, 50))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var c Clipper
			if diff := cmp.Diff(tt.want, apart(c.Lines(paths(tt.in...), tile))); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
		})
	}
}

// checkLines clips and compares with a model that tests points along the lines.
func checkLines(t *testing.T, c *Clipper, in Paths, w Rect) {
	t.Helper()
	out := paths(apart(c.Lines(in, w))...)
	for i := range out.Len() {
		line := out.At(i)
		if len(line) < 2 {
			t.Fatalf("line %d has %d points", i, len(line))
		}
		for k, p := range line {
			if !w.contains(p) {
				t.Fatalf("%v is outside %v", p, w)
			}
			if k > 0 && p == line[k-1] {
				t.Fatalf("line %d repeats %v", i, p)
			}
			if k > 0 {
				mid := Point{(p.X + line[k-1].X) / 2, (p.Y + line[k-1].Y) / 2}
				if !near(in, mid, 2) {
					t.Fatalf("%v of line %d is on no line\nin %v %v\nwindow %v", mid, i, in.Points, in.Ends, w)
				}
			}
		}
	}
	for i := range in.Len() {
		line := in.At(i)
		for k := 1; k < len(line); k++ {
			for s := range int64(9) {
				p := Point{line[k-1].X + (line[k].X-line[k-1].X)*s/8, line[k-1].Y + (line[k].Y-line[k-1].Y)*s/8}
				if w.MinX+2 <= p.X && p.X <= w.MaxX-2 && w.MinY+2 <= p.Y && p.Y <= w.MaxY-2 && !near(out, p, 2) && !point(line) {
					t.Fatalf("%v is on no line any more\nin %v %v\nwindow %v\nout %v %v", p, in.Points, in.Ends, w, out.Points, out.Ends)
				}
			}
		}
	}
	if diff := cmp.Diff(apart(out), apart(c.Lines(out, w))); diff != "" {
		t.Fatalf("clipped again (-once +twice):\n%s", diff)
	}
	// The other way round the same.
	turned := paths()
	for i := in.Len() - 1; i >= 0; i-- {
		line := in.At(i)
		for k := range line {
			turned.Points = append(turned.Points, line[len(line)-1-k])
		}
		turned.End()
	}
	back := c.Lines(turned, w)
	if len(back.Points) != len(out.Points) {
		t.Fatalf("%d points, and %d the other way round", len(out.Points), len(back.Points))
	}
	for i, p := range back.Points {
		if q := out.Points[len(out.Points)-1-i]; p != q {
			t.Fatalf("%v, and %v the other way round\nin %v %v", q, p, in.Points, in.Ends)
		}
	}
}

// point reports whether a line has no length.
func point(line []Point) bool {
	for _, p := range line {
		if p != line[0] {
			return false
		}
	}
	return true
}

// near reports whether at is within units from a line of p.
func near(p Paths, at Point, within int64) bool {
	for i := range p.Len() {
		line := p.At(i)
		for k := 1; k < len(line); k++ {
			if !far(paths(line[k-1:k+1]), at, within) {
				return true
			}
		}
	}
	return false
}

func TestRandomLines(t *testing.T) {
	t.Parallel()
	r := seed(t)
	var c Clipper
	for range 1000 {
		size := []int{4, 60, 5000}[r.IntN(3)]
		x, y := int64(r.IntN(size)), int64(r.IntN(size))
		w := Rect{x, y, x + int64(r.IntN(size)), y + int64(r.IntN(size))}
		checkLines(t, &c, paths(scribble(r, 2+r.IntN(12), size), scribble(r, r.IntN(5), size)), w)
	}
}
