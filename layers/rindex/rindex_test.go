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

// TestSearchVisitsFewNodes builds the tree underneath with the same inserts, in the form that lets a
// test walk its nodes, and counts those that a small search has to open. With integer boxes, whose
// areas overflow, it would be nearly all of them.
func TestSearchVisitsFewNodes(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	var tree Tree
	var twin rtree.RTree
	for i := range uint32(4000) { // as blocks lie: small boxes, crowded round a city
		b := around(r, 1<<12)
		for axis := range 2 {
			side := b.Max[axis] - b.Min[axis]
			b.Min[axis] = 3<<30 + b.Min[axis]>>11
			b.Max[axis] = b.Min[axis] + side
		}
		tree.Insert(b, i)
		lo, hi := b.floats()
		twin.Insert(lo, hi, i)
	}
	frozen := tree.Freeze()
	q := Box{Min: [2]uint32{3<<30 + 500_000, 3<<30 + 500_000}, Max: [2]uint32{3<<30 + 510_000, 3<<30 + 510_000}}
	opened, all := 0, 0
	var walk func(parent any, open bool)
	walk = func(parent any, open bool) {
		all++
		if open {
			opened++
		}
		for _, c := range twin.Children(parent, nil) {
			box := Box{[2]uint32{uint32(c.Min[0]), uint32(c.Min[1])}, [2]uint32{uint32(c.Max[0]), uint32(c.Max[1])}}
			if !c.Item {
				walk(c.Data, open && box.meets(q))
			}
		}
	}
	walk(nil, true)
	found := 0
	frozen.Search(q, func(uint32) bool { found++; return true })
	if found == 0 || found > 40 {
		t.Fatalf("the query meets %d boxes, want a few", found)
	}
	if opened > 8 || all < 60 {
		t.Errorf("a small search opens %d of %d nodes, want at most 8", opened, all)
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
