package files

import (
	"fmt"

	"github.com/paulmach/orb"
)

// maxRingTests bounds the comparisons that tell which hole lies in which ring, of boxes and of
// vertices: half a second.
const maxRingTests = 1 << 27

// assemble makes polygons of the rings of a shape, in which outer rings run clockwise and holes the
// other way, in any order. A hole belongs to the smallest outer ring that it lies in; one that lies
// in none, as where a writer turned all rings around, is an outer ring itself.
func assemble(rings []orb.Ring) (orb.MultiPolygon, error) {
	var polygons orb.MultiPolygon
	var holes []orb.Ring
	for _, r := range rings {
		if signedArea(r) > 0 {
			holes = append(holes, r)
		} else {
			polygons = append(polygons, orb.Polygon{r})
		}
	}
	outers := len(polygons)
	boxes, areas := make([]orb.Bound, outers), make([]float64, outers)
	for i, p := range polygons {
		boxes[i], areas[i] = p[0].Bound(), -signedArea(p[0])
	}
	tests := 0
	for _, hole := range holes {
		box, best := hole.Bound(), -1
		for i := range outers {
			tests++
			if (best < 0 || areas[i] < areas[best]) && boxes[i].Contains(box.Min) && boxes[i].Contains(box.Max) {
				var n int
				var in bool
				if in, n = liesIn(hole, polygons[i][0], maxRingTests-tests); in {
					best = i
				}
				tests += n
			}
			if tests >= maxRingTests {
				return nil, fmt.Errorf("%d outer rings and %d holes are too many to tell which lie in which", outers, len(holes))
			}
		}
		if best < 0 {
			polygons = append(polygons, orb.Polygon{hole})
		} else {
			polygons[best] = append(polygons[best], hole)
		}
	}
	return polygons, nil
}

// signedArea returns the area of r, in square units of its positions, above 0 where it runs
// counterclockwise. It reckons from the first position, so that small rings far from 0, 0 keep their sign.
func signedArea(r orb.Ring) float64 {
	var sum float64
	for i := 1; i+1 < len(r); i++ {
		sum += (r[i][0]-r[0][0])*(r[i+1][1]-r[0][1]) - (r[i+1][0]-r[0][0])*(r[i][1]-r[0][1])
	}
	return sum / 2
}

// liesIn reports whether hole lies in r: by its first position that is not on r itself. It looks at
// most at so many edges and says at how many it did.
func liesIn(hole, r orb.Ring, most int) (in bool, edges int) {
	for _, p := range hole {
		if edges += len(r); edges > most {
			return false, edges
		}
		switch inRing(p, r) {
		case inside:
			return true, edges
		case outside:
			return false, edges
		case onRing: // the next one may say
		}
	}
	return true, edges // its box lies in r's, and all of it on r
}

type side uint8

const (
	outside side = iota
	inside
	onRing
)

// inRing says where p is by the parity of the edges west of it.
func inRing(p orb.Point, r orb.Ring) side {
	in := false
	for i, j := 0, len(r)-1; i < len(r); j, i = i, i+1 {
		a, b := r[j], r[i]
		cross := (b[0]-a[0])*(p[1]-a[1]) - (b[1]-a[1])*(p[0]-a[0])
		if cross == 0 && min(a[0], b[0]) <= p[0] && p[0] <= max(a[0], b[0]) && min(a[1], b[1]) <= p[1] && p[1] <= max(a[1], b[1]) {
			return onRing
		}
		if (a[1] > p[1]) != (b[1] > p[1]) && (cross > 0) == (b[1] > a[1]) {
			in = !in
		}
	}
	if in {
		return inside
	}
	return outside
}
