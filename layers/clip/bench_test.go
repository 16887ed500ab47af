package clip

import (
	"math/rand/v2"
	"testing"
)

func BenchmarkPolygon(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	window := Rect{-64, -64, 4160, 4160}
	for _, bb := range []struct {
		name string
		in   Paths
		want Repair
	}{
		{"inside-5", paths(pt(10, 10, 40, 10, 40, 20, 30, 20, 10, 30)), Kept},
		{"inside-30", paths(circle(r, 30, 2000, 2000, 1000, 0.3)), Kept},
		{"inside-convex-30", paths(circle(r, 30, 2000, 2000, 1000, 0)), Kept},
		{"inside-1000", paths(circle(r, 1000, 2000, 2000, 2000, 0.01)), Kept},
		{"inside-rough-1000", paths(circle(r, 1000, 2000, 2000, 2000, 0.3)), Kept},
		{"inside-100000", paths(circle(r, 100000, 1<<20, 1<<20, 1<<20, 1e-5)), Kept},
		{"cut-1000", paths(circle(r, 1000, 1000, 1000, 3000, 0.01)), Kept},
		{"around-1000", paths(circle(r, 1000, 2000, 2000, 20000, 0.01)), Kept},
		{"mend-30", paths(scribble(r, 30, 4096)), Mended},
		{"mend-1000", paths(circle(r, 1000, 2000, 2000, 50, 0.3)), Mended},
		{"cut-mend-1000", paths(circle(r, 1000, 2000, 2000, 2600, 0.3)), Mended},
		{"coarse-20000", paths(scribble(r, 20000, 4096)), Coarse},
		{"inside-comb-30", paths(comb(30)), Kept},
		{"inside-comb-1000", paths(comb(1000)), Kept},
	} {
		w := window
		if bb.name == "inside-100000" {
			w = Rect{0, 0, 1 << 22, 1 << 22}
		}
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			var c Clipper
			if _, got := c.Polygon(bb.in, w); got != bb.want {
				b.Fatalf("repair %d, want %d", got, bb.want)
			}
			for b.Loop() {
				c.Polygon(bb.in, w)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(bb.in.Points)), "ns/vertex")
		})
	}
}

// comb is a ring of n points that go to and fro, so that it takes the tree to see that it is simple.
func comb(n int64) (ring []Point) {
	ring = append(ring, Point{0, 0}, Point{4000, 0})
	for i := n - 3; i >= 0; i-- {
		ring = append(ring, Point{4000 * i / n, 1000 + 2000*(i&1)})
	}
	return ring
}

func BenchmarkLines(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	in := paths(circle(r, 1000, 1000, 1000, 3000, 0.1))
	var c Clipper
	b.ReportAllocs()
	for b.Loop() {
		c.Lines(in, Rect{-64, -64, 4160, 4160})
	}
}
