package clip

import (
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hutong/internal/testkit"
)

// runs counts how often each random test has run, by its name.
var runs sync.Map

// seed returns the random numbers of a test and logs their seed: HUTONG_SEED, or 0, and one more each
// time that the test runs, so that -count tries others. To run one again, set HUTONG_SEED to it.
func seed(t *testing.T) *rand.Rand {
	t.Helper()
	run, _ := runs.LoadOrStore(t.Name(), new(atomic.Uint64))
	n := testkit.Seeds(t, run.(*atomic.Uint64), 1)[0]
	t.Logf("HUTONG_SEED=%d", n)
	return rand.New(rand.NewPCG(n, 1))
}

func pt(xy ...int64) (points []Point) {
	for i := 0; i+1 < len(xy); i += 2 {
		points = append(points, Point{xy[i], xy[i+1]})
	}
	return points
}

var tile = Rect{0, 0, 100, 100}

func TestPolygonCases(t *testing.T) {
	t.Parallel()
	rings := func(r ...[]Point) [][]Point { return r }
	for _, tt := range []struct {
		name string
		in   [][]Point
		want [][]Point
		how  Repair
	}{
		{"inside", rings(pt(10, 10, 20, 10, 20, 20)), rings(pt(10, 10, 20, 10, 20, 20)), Kept},
		{"closed and repeated points", rings(pt(10, 10, 20, 10, 20, 10, 20, 20, 10, 10)), rings(pt(10, 10, 20, 10, 20, 20)), Kept},
		{"bow-tie keeps its positive half", rings(pt(10, 10, 10, 30, 30, 10, 30, 30)), rings(pt(20, 20, 30, 10, 30, 30)), Mended},
		{"turned inside out vanishes", rings(pt(10, 10, 20, 20, 20, 10)), nil, Mended},
		{"spike", rings(pt(10, 10, 20, 10, 30, 10, 20, 10, 20, 20, 10, 20)), rings(pt(10, 10, 20, 10, 20, 20, 10, 20)), Mended},
		{"spike inwards", rings(pt(10, 10, 30, 10, 30, 20, 20, 20, 30, 20, 30, 30, 10, 30)), rings(pt(10, 10, 30, 10, 30, 30, 10, 30)), Mended},
		{"pinch becomes two", rings(pt(10, 10, 20, 20, 30, 10, 30, 30, 20, 20, 10, 30)), rings(pt(10, 10, 20, 20, 10, 30), pt(20, 20, 30, 10, 30, 30)), Mended},
		{"ring around a gap becomes a hole that touches", rings(pt(10, 10, 50, 10, 50, 50, 10, 50, 10, 30, 20, 40, 40, 30, 20, 20, 10, 30)), rings(pt(10, 10, 50, 10, 50, 50, 10, 50, 10, 30), pt(10, 30, 20, 40, 40, 30, 20, 20)), Mended},
		{"comb across the border", rings(pt(90, 10, 110, 10, 110, 20, 95, 20, 95, 30, 110, 30, 110, 40, 90, 40)), rings(pt(90, 10, 100, 10, 100, 20, 95, 20, 95, 30, 100, 30, 100, 40, 90, 40)), Kept},
		{"comb with its back outside", rings(pt(90, 10, 110, 10, 110, 40, 90, 40, 90, 30, 105, 30, 105, 20, 90, 20)), rings(pt(90, 10, 100, 10, 100, 20, 90, 20), pt(90, 30, 100, 30, 100, 40, 90, 40)), Mended},
		{"hole cut by the border", rings(pt(80, 10, 120, 10, 120, 50, 80, 50), pt(90, 20, 90, 40, 110, 40, 110, 20)), rings(pt(80, 10, 100, 10, 100, 20, 90, 20, 90, 40, 100, 40, 100, 50, 80, 50)), Mended},
		{"hole inside", rings(pt(10, 10, 50, 10, 50, 50, 10, 50), pt(20, 20, 20, 40, 40, 40, 40, 20)), rings(pt(10, 10, 50, 10, 50, 50, 10, 50), pt(20, 20, 20, 40, 40, 40, 40, 20)), Kept},
		{"hole equal to its exterior", rings(pt(10, 10, 50, 10, 50, 50, 10, 50), pt(10, 10, 10, 50, 50, 50, 50, 10)), nil, Mended},
		{"hole without an exterior", rings(pt(20, 20, 20, 40, 40, 40, 40, 20)), nil, Mended},
		{"hole across its exterior", rings(pt(10, 10, 50, 10, 50, 50, 10, 50), pt(40, 20, 40, 40, 60, 40, 60, 20)), rings(pt(10, 10, 50, 10, 50, 20, 40, 20, 40, 40, 50, 40, 50, 50, 10, 50)), Mended},
		{"hole along its exterior", rings(pt(10, 10, 50, 10, 50, 50, 10, 50), pt(40, 20, 40, 40, 50, 40, 50, 20)), rings(pt(10, 10, 50, 10, 50, 20, 40, 20, 40, 40, 50, 40, 50, 50, 10, 50)), Mended},
		{"hole that touches in a point", rings(pt(10, 10, 50, 10, 50, 50, 10, 50), pt(50, 30, 30, 20, 30, 40)), rings(pt(10, 10, 50, 10, 50, 30, 50, 50, 10, 50), pt(30, 20, 30, 40, 50, 30)), Mended},
		{"touch leaves what is near an edge alone", rings(pt(0, 0, 80, 1, 80, 50, 0, 50), pt(80, 25, 70, 20, 70, 30), pt(60, 1, 50, 10, 70, 10)), rings(pt(0, 0, 80, 1, 80, 25, 80, 50, 0, 50), pt(50, 10, 70, 10, 60, 1), pt(70, 20, 70, 30, 80, 25)), Mended},
		{"island in a hole", rings(pt(10, 10, 60, 10, 60, 60, 10, 60), pt(20, 20, 20, 50, 50, 50, 50, 20), pt(30, 30, 40, 30, 40, 40, 30, 40)), rings(pt(10, 10, 60, 10, 60, 60, 10, 60), pt(20, 20, 20, 50, 50, 50, 50, 20), pt(30, 30, 40, 30, 40, 40, 30, 40)), Kept},
		{"hole after the wrong exterior", rings(pt(10, 10, 50, 10, 50, 50, 10, 50), pt(60, 10, 90, 10, 90, 50, 60, 50), pt(20, 20, 20, 40, 40, 40, 40, 20)), rings(pt(10, 10, 50, 10, 50, 50, 10, 50), pt(20, 20, 20, 40, 40, 40, 40, 20), pt(60, 10, 90, 10, 90, 50, 60, 50)), Mended},
		{"parts that overlap", rings(pt(10, 10, 30, 10, 30, 30, 10, 30), pt(20, 10, 40, 10, 40, 30, 20, 30)), rings(pt(10, 10, 40, 10, 40, 30, 10, 30)), Mended},
		{"parts with a common side", rings(pt(10, 10, 30, 10, 30, 30, 10, 30), pt(30, 10, 40, 10, 40, 30, 30, 30)), rings(pt(10, 10, 40, 10, 40, 30, 10, 30)), Mended},
		{"parts with a common corner", rings(pt(30, 30, 40, 30, 40, 40, 30, 40), pt(10, 10, 30, 10, 30, 30, 10, 30)), rings(pt(10, 10, 30, 10, 30, 30, 10, 30), pt(30, 30, 40, 30, 40, 40, 30, 40)), Mended},
		{"around the window", rings(pt(-50, -50, 150, -50, 150, 150, -50, 150)), rings(pt(0, 0, 100, 0, 100, 100, 0, 100)), Kept},
		{"exactly the window", rings(pt(0, 0, 100, 0, 100, 100, 0, 100)), rings(pt(0, 0, 100, 0, 100, 100, 0, 100)), Kept},
		{"around the window at a slant", rings(pt(50, -1000, 1000, 50, 50, 1000, -1000, 50)), rings(pt(0, 0, 100, 0, 100, 100, 0, 100)), Kept},
		{"beside a corner at a slant", rings(pt(150, 40, 260, 150, 150, 260, 90, 160)), nil, Kept},
		{"touches a side", rings(pt(100, 10, 120, 10, 120, 20, 100, 20)), nil, Kept},
		{"touches a side with a corner", rings(pt(100, 10, 120, 0, 120, 20)), nil, Kept},
		{"touches a corner", rings(pt(100, 100, 120, 100, 120, 120)), nil, Kept},
		{"outside", rings(pt(200, 100, 220, 100, 220, 120)), nil, Kept},
		{"donut whose hole is larger than the window", rings(pt(-50, -50, 150, -50, 150, 150, -50, 150), pt(-10, -10, -10, 110, 110, 110, 110, -10)), nil, Mended},
		{"donut larger than the window", rings(pt(-50, -50, 150, -50, 150, 150, -50, 150), pt(20, 20, 20, 40, 40, 40, 40, 20)), rings(pt(0, 0, 100, 0, 100, 100, 0, 100), pt(20, 20, 20, 40, 40, 40, 40, 20)), Kept},
		{"collapses to a line", rings(pt(10, 10, 20, 20, 30, 30)), nil, Mended},
		{"collapses to a point", rings(pt(10, 10, 10, 10, 10, 10)), nil, Kept},
		{"twice around", rings(pt(10, 10, 30, 10, 30, 30, 10, 30, 10, 10, 30, 10, 30, 30, 10, 30)), rings(pt(10, 10, 30, 10, 30, 30, 10, 30)), Mended},
		{"no ring", nil, nil, Kept},
		{"empty rings", rings(nil, pt(1, 1), pt(1, 1, 2, 2)), nil, Kept},
		{"far away", rings(pt(-1<<60, -1<<60, 1<<60, -1<<60, 1<<60, 1<<60, -1<<60, 1<<60)), rings(pt(0, 0, 100, 0, 100, 100, 0, 100)), Kept},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var c Clipper
			before := paths(tt.in...)
			out, how := c.Polygon(paths(tt.in...), tile)
			if diff := cmp.Diff(tt.want, apart(rotated(out))); diff != "" || how != tt.how {
				t.Errorf("repair %d, want %d; rings (-want +got):\n%s", how, tt.how, diff)
			}
			if diff := cmp.Diff(before, paths(tt.in...)); diff != "" {
				t.Errorf("the input changed: %s", diff)
			}
			if err := invalid(out); err != nil {
				t.Error(err)
			}
		})
	}
}

// rotated returns p with each ring from its lowest point.
func rotated(p Paths) Paths {
	var all [][]Point
	for _, ring := range apart(p) {
		at := lowest(ring)
		all = append(all, slices.Concat(ring[at:], ring[:at]))
	}
	return paths(all...)
}

// checkPolygon clips and holds the result against the model.
func checkPolygon(t *testing.T, c *Clipper, in Paths, w Rect) Repair {
	t.Helper()
	shared, how := c.Polygon(in, w)
	out := paths(apart(shared)...)
	if err := invalid(out); err != nil {
		t.Fatalf("%v\nin %v %v\nwindow %v\nout %v %v", err, in.Points, in.Ends, w, out.Points, out.Ends)
	}
	for _, p := range out.Points {
		if !w.contains(p) {
			t.Fatalf("%v is outside %v", p, w)
		}
	}
	again, _ := c.Polygon(out, w)
	if diff := cmp.Diff(apart(out), apart(again)); diff != "" {
		t.Fatalf("clipped again (-once +twice):\n%s\nin %v %v\nwindow %v", diff, in.Points, in.Ends, w)
	}
	if how == Coarse {
		return how
	}
	step := max((w.MaxX-w.MinX)/24, 1)
	for y := w.MinY + 1; y < w.MaxY; y += step {
		for x := w.MinX + 1; x < w.MaxX; x += step {
			at := Point{x, y}
			want, on := winding(in, at)
			if on || !far(in, at, 2) {
				continue
			}
			got, _ := winding(out, at)
			if (want > 0) != (got == 1) || got != 0 && got != 1 {
				t.Fatalf("winding number of %v is %d, was %d\nin %v %v\nwindow %v\nout %v", at, got, want, in.Points, in.Ends, w, out.Points)
			}
		}
	}
	return how
}

func TestRandomRings(t *testing.T) {
	t.Parallel()
	r := seed(t)
	var c Clipper
	var count [3]int
	for range 300 {
		var all [][]Point
		size := []int{4, 10, 60, 300}[r.IntN(4)]
		for range 1 + r.IntN(3) {
			all = append(all, scribble(r, 3+r.IntN(12), size))
		}
		w := Rect{-10, -10, int64(size) + 10, int64(size) + 10}
		if r.IntN(2) == 0 {
			x, y := int64(r.IntN(size)), int64(r.IntN(size))
			w = Rect{x, y, x + 1 + int64(r.IntN(size)), y + 1 + int64(r.IntN(size))}
		}
		count[checkPolygon(t, &c, paths(all...), w)]++
	}
	if count[Kept] == 0 || count[Mended] == 0 || count[Coarse] > 0 {
		t.Errorf("kept %d, mended %d, coarse %d", count[Kept], count[Mended], count[Coarse])
	}
}
