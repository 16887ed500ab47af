package synthetic

import (
	"slices"
	"testing"
)

// TestDistrictsCover checks that the districts have no gaps and no overlaps: each side of one is that of
// a neighbour turned round or lies on the border of the extent, sides do not cross, and together they
// have the area of the extent.
func TestDistrictsCover(t *testing.T) {
	t.Parallel()
	sides := map[edge]int{}
	sum := int64(0)
	var all []edge
	for d, ring := range borders().members {
		if _, bad := meets([]path{ring}); bad {
			t.Errorf("%s meets itself", districts[d])
		}
		if ring.area() <= 0 {
			t.Errorf("%s turns the wrong way", districts[d])
		}
		sum += ring.area() / 2
		for i, a := range ring {
			e := edge{a, ring[(i+1)%len(ring)]}
			if sides[e]++; sides[e] > 1 {
				t.Errorf("%v is a side of two districts", e)
			}
			all = append(all, e)
		}
	}
	var inner []edge
	for _, e := range all {
		turned := edge{e.b, e.a}
		if onEdge(e.a, e.b) {
			if sides[turned] != 0 {
				t.Errorf("%v is on the border of the extent and inside", e)
			}
			continue
		}
		if sides[turned] != 1 {
			t.Errorf("%v is the side of one district only", e)
		}
		if e.a.x < e.b.x || e.a.x == e.b.x && e.a.y < e.b.y {
			inner = append(inner, e)
		}
	}
	for i, e := range inner {
		for _, f := range inner[i+1:] {
			if e.crosses(f) && e.a != f.a && e.a != f.b && e.b != f.a && e.b != f.b {
				t.Errorf("%v and %v cross", e, f)
			}
		}
	}
	if want := (whole.max.x - whole.min.x) * (whole.max.y - whole.min.y); sum < want-int64(len(all)) || sum > want+int64(len(all)) {
		t.Errorf("the districts have an area of %d, want %d", sum, want)
	}
}

// TestDistrictOf checks the index against the borders themselves, and that every seat lies in its
// district.
func TestDistrictOf(t *testing.T) {
	t.Parallel()
	var r random
	r.begin(1, streamStreets, 99)
	for range 20_000 {
		p := place{r.between(extent.min.x, extent.max.x), r.between(extent.min.y, extent.max.y)}
		if got, want := districtOf(p), borders().find(p); got != want {
			t.Fatalf("%v is in %s, want %s", p.point(), districts[got], districts[want])
		}
	}
	for d, seat := range seats {
		if got := districtOf(seat); int(got) != d {
			t.Errorf("the seat of %s is in %s", districts[d], districts[got])
		}
	}
	if got := districtOf(heart.plus(-300*metre, 0)); districts[got] != "Xicheng" {
		t.Errorf("west of the axis is %s", districts[got])
	}
	if len(slices.Compact(slices.Sorted(slices.Values(districtsZH[:])))) != len(districts) {
		t.Error("two districts have one name")
	}
}
