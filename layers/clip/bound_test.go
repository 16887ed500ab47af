package clip

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestCoarse hits the bound with as many crossings as edges can have.
func TestCoarse(t *testing.T) {
	t.Parallel()
	r := seed(t)
	var c Clipper
	in := paths(scribble(r, 20000, 4096))
	w := Rect{-64, -64, 4160, 4160}
	out, how := c.Polygon(in, w)
	if how != Coarse {
		t.Errorf("repair %d, want %d", how, Coarse)
	}
	out = paths(apart(out)...)
	if err := invalid(out); err != nil {
		t.Error(err)
	}
	b := box(in.Points)
	for _, p := range out.Points {
		if !b.contains(p) {
			t.Fatalf("%v is outside %v", p, b)
		}
	}
	if again, _ := c.Polygon(out, w); len(again.Points) != len(out.Points) {
		t.Errorf("%d points, clipped again %d", len(out.Points), len(again.Points))
	}
}

// TestCoarseShape compares the coarse form of a ring with the ring.
func TestCoarseShape(t *testing.T) {
	t.Parallel()
	r := seed(t)
	for range 20 {
		var c Clipper
		n := 3 + r.IntN(200)
		ring := circle(r, n, 0, 0, 10+r.Float64()*3000, 0.5)
		c.rings.copy(ring)
		c.rings.close(0)
		if len(c.rings.ends) == 0 {
			continue
		}
		c.coarse(&c.rings)
		if !c.sweep.link() {
			t.Fatal("squares are no arrangement")
		}
		c.sweep.trace(&c.out)
		if err := invalid(c.out); err != nil {
			t.Fatal(err)
		}
		b := box(ring)
		side := max((b.MaxX-b.MinX+squares-1)/squares, (b.MaxY-b.MinY+squares-1)/squares, 1)
		in := paths(ring)
		for range 200 {
			at := Point{b.MinX + r.Int64N(b.MaxX-b.MinX+1), b.MinY + r.Int64N(b.MaxY-b.MinY+1)}
			want, on := winding(in, at)
			if on || !far(in, at, 2*side) {
				continue
			}
			if got, _ := winding(c.out, at); (got > 0) != (want > 0) {
				t.Fatalf("winding number of %v is %d, was %d", at, got, want)
			}
		}
	}
}

// TestQuartersAddUp compares the area in a window with that in its four quarters.
func TestQuartersAddUp(t *testing.T) {
	t.Parallel()
	r := seed(t)
	var c Clipper
	for range 300 {
		n := 3 + r.IntN(60)
		in := paths(circle(r, n, r.Float64()*1000, r.Float64()*1000, 600, r.Float64()))
		whole, _ := c.Polygon(in, Rect{0, 0, 1000, 1000})
		want := areaOf(whole)
		got := int64(0)
		for x := range int64(2) {
			for y := range int64(2) {
				quarter, _ := c.Polygon(in, Rect{500 * x, 500 * y, 500*x + 500, 500*y + 500})
				got += areaOf(quarter)
			}
		}
		// An edge that is cut moves by up to half a unit, along up to 1,000; it is mended by as much.
		if d := got - want; d > int64(n)*2000 || d < -int64(n)*2000 {
			t.Fatalf("the quarters have %d/2, the whole %d/2: %v", got, want, in.Points)
		}
	}
}

// TestNeighboursShareBorder cuts two polygons with a common border and compares what they have of it.
func TestNeighboursShareBorder(t *testing.T) {
	t.Parallel()
	r := seed(t)
	w := Rect{-64, -64, 4160, 4160}
	var c Clipper
	for range 500 {
		// A border from north to south that goes to and fro across the window's west and east.
		var border []Point
		for i := range int64(2 + r.IntN(20)) {
			border = append(border, Point{r.Int64N(20000) - 8000, 700*i - 3000 + r.Int64N(700)})
		}
		north, south := border[0].Y, border[len(border)-1].Y
		east := append([]Point{}, border...)
		slices.Reverse(east)
		east = append(east, Point{30000, north}, Point{30000, south})
		west := append(border, Point{-30000, south}, Point{-30000, north})
		a, _ := c.Polygon(paths(west), w)
		a = paths(apart(a)...)
		b, _ := c.Polygon(paths(east), w)
		if a.Len() == 0 || b.Len() == 0 {
			continue
		}
		on := map[Point]bool{}
		for _, p := range b.Points {
			on[p] = true
		}
		for _, p := range a.Points {
			inner := w.MinX < p.X && p.X < w.MaxX && w.MinY < p.Y && p.Y < w.MaxY
			if inner && !on[p] {
				t.Fatalf("%v is on one side only\nwest %v\neast %v", p, a.Points, b.Points)
			}
		}
		// Together they fill what lies between north and south.
		height := min(south, w.MaxY) - max(north, w.MinY)
		want := 2 * height * (w.MaxX - w.MinX)
		if got := areaOf(a) + areaOf(b); height > 0 && got != want {
			t.Fatalf("areas %d/2, want %d/2\nwest %v %v\neast %v %v", got, want, a.Points, a.Ends, b.Points, b.Ends)
		}
	}
}

func TestAllocations(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	window := Rect{-64, -64, 4160, 4160}
	for name, in := range map[string]Paths{
		"kept":   paths(circle(r, 30, 2000, 2000, 1000, 0.3)),
		"cut":    paths(circle(r, 1000, 2000, 2000, 2600, 0.3)),
		"mended": paths(scribble(r, 60, 4096)),
	} {
		var c Clipper
		c.Polygon(in, window)
		if n := testing.AllocsPerRun(20, func() { c.Polygon(in, window) }); n > 0 {
			t.Errorf("%s: %v allocations, want none", name, n)
		}
		c.Lines(in, window)
		if n := testing.AllocsPerRun(20, func() { c.Lines(in, window); c.Strict(in) }); n > 0 {
			t.Errorf("%s: %v allocations for lines, want none", name, n)
		}
	}
}
