package layers

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"

	"hutong/internal/testkit"
)

// latticeCell returns the border of cell i, j of a lattice of wavy lines over 116–117, 39.5–40.5:
// neighbours share every vertex of their common border.
func latticeCell(i, j int) orb.Ring {
	const n, steps = 8, 6
	node := func(i, j int) orb.Point {
		return orb.Point{116 + float64(i)/n + wave(i, j, 0)/80, 39.5 + float64(j)/n + wave(i, j, 1)/80}
	}
	var ring orb.Ring
	side := func(i0, j0, i1, j1 int, forward bool) {
		a, b := node(i0, j0), node(i1, j1)
		var line []orb.Point
		for k := range steps {
			t := float64(k) / steps
			line = append(line, orb.Point{
				a[0] + t*(b[0]-a[0]) + math.Min(t, 1-t)*wave(i0*7+k, j0*7+i1, 2)/100,
				a[1] + t*(b[1]-a[1]) + math.Min(t, 1-t)*wave(i0*7+k, j0*7+j1, 3)/100,
			})
		}
		line = append(line, b)
		if !forward {
			for l, r := 0, len(line)-1; l < r; l, r = l+1, r-1 {
				line[l], line[r] = line[r], line[l]
			}
		}
		ring = append(ring, line[:len(line)-1]...)
	}
	side(i, j, i+1, j, true)
	side(i+1, j, i+1, j+1, true)
	side(i, j+1, i+1, j+1, false)
	side(i, j, i, j+1, false)
	return append(ring, ring[0])
}

// wave is a number in ±1 that looks random and depends on its arguments.
func wave(a, b, c int) float64 {
	return math.Sin(float64(a)*12.9898 + float64(b)*78.233 + float64(c)*37.719)
}

// randomShape returns a line, polygon or multipoint of any kind and size.
func randomShape(r *rand.Rand) orb.Geometry {
	at := orb.Point{116 + r.Float64(), 39.5 + r.Float64()}
	if r.IntN(12) == 0 {
		at = orb.Point{r.Float64()*340 - 170, r.Float64()*160 - 80}
	}
	size := math.Pow(10, -5+5*r.Float64()) // degrees
	line := func(n int) orb.LineString {
		var out orb.LineString
		p := at
		for range n {
			p = orb.Point{p[0] + r.NormFloat64()*size/4, p[1] + r.NormFloat64()*size/4}
			out = append(out, orb.Point{clampTo(p[0], 179), clampTo(p[1], 85)})
		}
		return out
	}
	star := func(at orb.Point, size float64, n int) orb.Ring {
		var ring orb.Ring
		for i := range n {
			a, d := 2*math.Pi*float64(i)/float64(n), size*(0.5+r.Float64()/2)
			ring = append(ring, orb.Point{clampTo(at[0]+d*math.Cos(a), 179.9), clampTo(at[1]+d*math.Sin(a), 85)})
		}
		if r.IntN(2) == 0 {
			ring.Reverse()
		}
		return append(ring, ring[0])
	}
	switch r.IntN(9) {
	case 0:
		return orb.MultiPoint(line(1 + r.IntN(5)))
	case 1, 2:
		return line(2 + r.IntN(40))
	case 3:
		return orb.MultiLineString{line(2), line(2 + r.IntN(9))}
	case 4:
		return orb.Polygon{star(at, size, 3+r.IntN(30))}
	case 5:
		return orb.Polygon{star(at, size, 9), star(at, size/3, 5)}
	case 6:
		return orb.MultiPolygon{{star(at, size, 8), star(at, size/4, 4)}, {star(orb.Point{at[0] + 3*size, at[1]}, size/2, 5)}}
	case 7:
		return orb.Polygon{} // no geometry
	default:
		return orb.Polygon{latticeCell(r.IntN(8), r.IntN(8))}
	}
}

func clampTo(v, limit float64) float64 { return min(max(v, -limit), limit) }

// checkGeometry compares a geometry with the one that came in: vertices in any order of rings' sense.
func checkGeometry(t *testing.T, id FeatureID, got, want orb.Geometry) {
	t.Helper()
	g, w := testkit.Positions(got), testkit.Positions(want)
	if fmt.Sprintf("%T", got) != fmt.Sprintf("%T", want) || len(g) != len(w) {
		t.Errorf("%q: %v, want %v", id, got, want)
		return
	}
	for i := range g {
		near := false
		for k := range w {
			near = near || math.Abs(g[i][0]-w[k][0]) < 1.5e-7 && math.Abs(g[i][1]-w[k][1]) < 1.5e-7
		}
		if !near {
			t.Errorf("%q: vertex %v of %v is not in %v", id, *g[i], got, want)
		}
	}
}
