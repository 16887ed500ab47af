package layers

import (
	"reflect"
	"strconv"
	"testing"

	"github.com/paulmach/orb"
)

// TestTableNumbersAreReused fills and empties a layer again and again: the table must stay as large
// as it was the first time.
func TestTableNumbersAreReused(t *testing.T) {
	t.Parallel()
	o := Options{MinRows: 1, MaxRows: 2}
	l := newLayer(t, o)
	first := uint32(0)
	for round := range 12 {
		for _, op := range []Op{Upsert, Delete} {
			for part := range 5 { // in several batches, so that blocks are split and merged
				b := Batch{Layer: l.Name()}
				for i := range 200 {
					f := gridFeature(part + 5*i)
					if op == Delete && i%50 == 49 {
						continue // some blocks stay
					}
					b.Changes = append(b.Changes, Change{Op: op, Feature: f})
				}
				if _, err := l.Apply(b); err != nil {
					t.Fatal(err)
				}
			}
		}
		w := &l.writer.table
		blocks := uint32(len(l.writer.sequences[onePoint]) + len(l.writer.sequences[unlocated]))
		if w.size != blocks+uint32(len(w.free)) {
			t.Fatalf("round %d: %d numbers for %d blocks and %d free ones", round, w.size, blocks, len(w.free))
		}
		if first == 0 {
			first = w.size
		}
		if w.size > first+first/8 {
			t.Fatalf("round %d: %d numbers, %d after the first", round, w.size, first)
		}
	}
	checkInvariants(t, l.Snapshot(), o)
}

// TestIndexGrowsUnderSnapshots makes the id index grow twice, each time with the first change of a
// batch, while snapshots of before and after are kept: each must find exactly its own features.
func TestIndexGrowsUnderSnapshots(t *testing.T) {
	t.Parallel()
	l, err := New(&Schema{Name: "points"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var kept []*Snapshot
	apply := func(b Batch) int { // the entries that the index has room for before it grows
		t.Helper()
		if _, err := l.Apply(b); err != nil {
			t.Fatal(err)
		}
		s := l.Snapshot()
		kept = append(kept, s)
		return 4*bucketTarget<<s.index.bits - s.index.count
	}
	room := apply(Batch{Layer: l.Name()})
	for next := 0; next < 30_000; {
		size := 1500
		if room > 0 {
			size = min(size, room)
		}
		b := Batch{Layer: l.Name()}
		for range size {
			at := orb.Point{float64(next%170) / 10, float64(next/170) / 10}
			b.Changes = append(b.Changes, Change{Feature: Feature{ID: FeatureID(strconv.Itoa(next)), Geometry: at}})
			next++
		}
		bits := l.Snapshot().index.bits
		grows := room == 0
		room = apply(b)
		if grew := l.Snapshot().index.bits > bits; grew != grows {
			t.Fatalf("with %d features the index grew: %v, want %v", next, grew, grows)
		}
		if room > 0 {
			b.Changes = b.Changes[:size/7]
			for i := range b.Changes {
				b.Changes[i].Op = Delete
			}
			room = apply(b)
		}
	}
	if first, last := kept[0].index.bits, l.Snapshot().index.bits; last != first+4 {
		t.Fatalf("the index grew from %d to %d bits, want to grow twice", first, last)
	}
	for n, s := range kept {
		if n%4 != 0 && (n+1 == len(kept) || s.index.bits == kept[n+1].index.bits) {
			continue // but those before the index grew are all looked at
		}
		there := map[FeatureID]bool{}
		s.Scan(nil, func(r Row) bool {
			id := r.Block.ID(r.Index)
			there[id] = true
			if found, ok := s.Find(id); !ok || found != r {
				t.Errorf("snapshot %d: %q is not found where it is", s.Seq(), id)
			}
			return true
		})
		if len(there) != s.Count() || s.index.count != s.Count() {
			t.Errorf("snapshot %d: %d features, %d counted, %d in the index", s.Seq(), len(there), s.Count(), s.index.count)
		}
		for i := 0; i < 30_000; i += 13 {
			if id := FeatureID(strconv.Itoa(i)); !there[id] {
				if _, ok := s.Find(id); ok {
					t.Errorf("snapshot %d: %q is found and not there", s.Seq(), id)
				}
			}
		}
	}
}

// TestScratchOfALargeBatchIsLetGo applies a small and a large batch of deletes: the writer keeps what
// the small one needed.
func TestScratchOfALargeBatchIsLetGo(t *testing.T) {
	t.Parallel()
	l := newLayer(t, Options{})
	apply := func(n int) uintptr {
		t.Helper()
		b := Batch{Layer: l.Name(), Changes: []Change{{Feature: gridFeature(n)}}}
		for i := range n - 1 {
			b.Changes = append(b.Changes, Change{Op: Delete, Feature: Feature{ID: FeatureID(strconv.Itoa(i))}})
		}
		if _, err := l.Apply(b); err != nil {
			t.Fatal(err)
		}
		return reflect.ValueOf(l.writer.last).Pointer()
	}
	first := apply(10)
	if apply(maxScratch) != first || cap(l.writer.steps) == 0 {
		t.Error("the scratch was let go after a batch that it may be kept for")
	}
	if apply(maxScratch+1) == first || cap(l.writer.steps) != 0 {
		t.Error("the scratch of a large batch is still there")
	}
	apply(10)
	checkInvariants(t, l.Snapshot(), Options{})
}
