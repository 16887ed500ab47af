package rindex

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tidwall/rtree"
)

// around returns a box of up to size cells with a corner near p.
func around(r *rand.Rand, size uint32) Box {
	x, y := r.Uint32N(1<<31), r.Uint32N(1<<31)
	return Box{Min: [2]uint32{x, y}, Max: [2]uint32{x + r.Uint32N(size), y + r.Uint32N(size)}}
}

func (b Box) meets(o Box) bool {
	return b.Min[0] <= o.Max[0] && o.Min[0] <= b.Max[0] && b.Min[1] <= o.Max[1] && o.Min[1] <= b.Max[1]
}

// TestAgainstSlice inserts and deletes at random; every frozen tree must answer as the boxes that
// were there when it was frozen.
func TestAgainstSlice(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	var tree Tree
	boxes := map[uint32]Box{}
	type frozen struct {
		tree  *Frozen
		boxes map[uint32]Box
	}
	var kept []frozen
	for i := range uint32(4000) {
		if b, there := boxes[i/2]; there && r.IntN(3) == 0 {
			if err := tree.Delete(b, i/2); err != nil {
				t.Fatal(err)
			}
			delete(boxes, i/2)
		}
		b := around(r, 1<<24)
		tree.Insert(b, i)
		boxes[i] = b
		if i%400 == 0 {
			kept = append(kept, frozen{tree.Freeze(), maps.Clone(boxes)})
		}
	}
	for _, f := range kept {
		if f.tree.Len() != len(f.boxes) {
			t.Errorf("%d blocks, want %d", f.tree.Len(), len(f.boxes))
		}
		for range 20 {
			q := around(r, 1<<28)
			var got, want []uint32
			f.tree.Search(q, func(n uint32) bool { got = append(got, n); return true })
			for n, b := range f.boxes {
				if b.meets(q) {
					want = append(want, n)
				}
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Fatalf("search %v: %v, want %v", q, got, want)
			}
		}
	}
}

// TestDeleteSaysWhatIsAbsent is the trap of the tree underneath, which would say nothing.
func TestDeleteSaysWhatIsAbsent(t *testing.T) {
	t.Parallel()
	var tree Tree
	b := Box{Min: [2]uint32{1, 1}, Max: [2]uint32{2, 2}}
	tree.Insert(b, 7)
	if err := tree.Delete(Box{Min: [2]uint32{1, 1}, Max: [2]uint32{2, 3}}, 7); err == nil {
		t.Error("deleted under another box")
	}
	if err := tree.Delete(b, 8); err == nil {
		t.Error("deleted another block")
	}
	if err := tree.Delete(b, 7); err != nil || tree.Len() != 0 {
		t.Errorf("%v, %d left", err, tree.Len())
	}
}

// gap is 0 when the boxes meet, else how far they are apart along the axis where they are farthest.
func (b Box) gap(o Box) float64 {
	far := 0.0
	for axis := range 2 {
		far = max(far, float64(o.Min[axis])-float64(b.Max[axis]), float64(b.Min[axis])-float64(o.Max[axis]))
	}
	return far
}

// TestSearchVisitsFewNodes counts the boxes that the tree itself looks at for small queries: of all
// that is in the nodes it opens, about 110 of 4,000. With integer boxes, whose areas overflow, it is
// about 580.
func TestSearchVisitsFewNodes(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	var tree Tree
	for i := range uint32(4000) { // as blocks lie: small boxes, crowded round a city
		b := around(r, 1<<12)
		for axis := range 2 {
			side := b.Max[axis] - b.Min[axis]
			b.Min[axis] = 3<<30 + b.Min[axis]>>11
			b.Max[axis] = b.Min[axis] + side
		}
		tree.Insert(b, i)
	}
	frozen := tree.Freeze()
	looked, found := 0, 0
	for range 100 {
		q := Box{Min: [2]uint32{3<<30 + r.Uint32N(1<<20), 3<<30 + r.Uint32N(1<<20)}}
		q.Max = [2]uint32{q.Min[0] + 10_000, q.Min[1] + 10_000}
		met := 0
		frozen.Search(q, func(uint32) bool { met++; return true })
		frozen.Nearby(
			func(b Box) float64 { looked++; return b.gap(q) },
			func(_ uint32, d float64) bool {
				if d == 0 {
					found++
					met--
				}
				return d == 0
			},
		)
		if met != 0 {
			t.Errorf("query %v: a search finds %d blocks more than are near", q, met)
		}
	}
	if found < 30 {
		t.Errorf("100 queries meet %d boxes, want some", found)
	}
	if looked > 20_000 {
		t.Errorf("100 small queries look at %d boxes, want at most 200 of %d each", looked, frozen.Len())
	}
}

func TestNearbyIsAscending(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	var tree Tree
	for i := range uint32(500) {
		tree.Insert(around(r, 1<<20), i)
	}
	distance := func(b Box) float64 { return max(0, float64(b.Min[0])-5e8) + max(0, 5e8-float64(b.Max[0])) }
	last, seen := -1.0, 0
	tree.Freeze().Nearby(distance, func(_ uint32, d float64) bool {
		if d < last {
			t.Fatalf("distance %v after %v", d, last)
		}
		last = d
		seen++
		return true
	})
	if seen != 500 {
		t.Errorf("%d blocks, want 500", seen)
	}
	(&Frozen{new(rtree.RTreeG[uint32])}).Nearby(distance, func(uint32, float64) bool { t.Error("a block in an empty tree"); return true })
}
