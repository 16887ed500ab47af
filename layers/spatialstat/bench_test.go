package spatialstat_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"hutong/layers/spatialstat"
)

// hexRings are the k-rings of a rhombus of hexagons, in axial coordinates.
func hexRings(t testing.TB, width, height, k int) *spatialstat.Neighbours {
	t.Helper()
	lists := make([][]int32, width*height)
	for i := range lists {
		q, r := i%width, i/width
		for dr := -k; dr <= k; dr++ {
			for dq := max(-k, -dr-k); dq <= min(k, -dr+k); dq++ {
				if x, y := q+dq, r+dr; (dq != 0 || dr != 0) && x >= 0 && x < width && y >= 0 && y < height {
					lists[i] = append(lists[i], int32(y*width+x))
				}
			}
		}
	}
	return neighboursOf(t, lists)
}

// The size: 20,000 cells.
const benchWidth, benchHeight = 200, 100

// BenchmarkGetis is the bar of the issue: 20,000 cells from scratch in 150 ms, after 1,000 changes in
// 60 ms, bins with FDR included.
func BenchmarkGetis(b *testing.B) {
	for k := 1; k <= 3; k++ {
		n := hexRings(b, benchWidth, benchHeight, k)
		r := rand.New(rand.NewPCG(1, uint64(k)))
		values, z, bins := randomCounts(r, n.Cells()), make([]float64, n.Cells()), make([]int8, n.Cells())
		b.Run(fmt.Sprintf("scratch/k=%d", k), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := spatialstat.LocalG(n, spatialstat.GiStar, values, z); err != nil {
					b.Fatal(err)
				}
				if err := spatialstat.Bins(z, spatialstat.FDR, bins); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("changes=1000/k=%d", k), func(b *testing.B) {
			g := spatialstat.NewGetis(n, spatialstat.GiStar)
			if err := g.Reset(values); err != nil {
				b.Fatal(err)
			}
			cells, changed := make([]int32, 1000), make([]float64, 1000)
			b.ReportAllocs()
			for b.Loop() {
				for i := range cells {
					cells[i] = int32(r.IntN(n.Cells()))
					changed[i] = g.Value(int(cells[i])) + 1
				}
				if err := g.Update(cells, changed); err != nil {
					b.Fatal(err)
				}
				if err := g.Scores(z); err != nil {
					b.Fatal(err)
				}
				if err := spatialstat.Bins(z, spatialstat.FDR, bins); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkLocalMoran(b *testing.B) {
	n := hexRings(b, benchWidth, benchHeight, 3)
	values, out := randomCounts(rand.New(rand.NewPCG(1, 2)), n.Cells()), make([]spatialstat.Moran, n.Cells())
	b.ReportAllocs()
	for b.Loop() {
		if err := spatialstat.LocalMoran(n, values, out); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGlobal(b *testing.B) {
	n := hexRings(b, benchWidth, benchHeight, 3)
	values := randomCounts(rand.New(rand.NewPCG(1, 2)), n.Cells())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := spatialstat.GlobalG(n, values); err != nil {
			b.Fatal(err)
		}
		if _, err := spatialstat.GlobalMoran(n, values); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEmerging is 20,000 cells in 24 steps: space-time Gi*, bins, trends, classes.
func BenchmarkEmerging(b *testing.B) {
	const steps = 24
	n := hexRings(b, benchWidth, benchHeight, 2)
	r := rand.New(rand.NewPCG(1, 2))
	values, z, bins := make([][]float64, steps), make([][]float64, steps), make([][]int8, steps)
	for t := range values {
		values[t], z[t], bins[t] = randomCounts(r, n.Cells()), make([]float64, n.Cells()), make([]int8, n.Cells())
	}
	out := make([]spatialstat.Pattern, n.Cells())
	b.ReportAllocs()
	for b.Loop() {
		if err := spatialstat.SpaceTime(n, values, z); err != nil {
			b.Fatal(err)
		}
		for t := range z {
			if err := spatialstat.Bins(z[t], spatialstat.FDR, bins[t]); err != nil {
				b.Fatal(err)
			}
		}
		if err := spatialstat.EmergingHotSpots(z, bins, out); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNeighbours(b *testing.B) {
	n := hexRings(b, benchWidth, benchHeight, 3)
	var pairs [][2]int32
	for i := range n.Cells() {
		for _, j := range n.Of(i) {
			pairs = append(pairs, [2]int32{int32(i), j})
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := spatialstat.FromPairs(n.Cells(), pairs); err != nil {
			b.Fatal(err)
		}
	}
}
