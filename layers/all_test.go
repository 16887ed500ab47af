package layers

import (
	"fmt"
	"testing"

	"github.com/paulmach/orb"
)

// TestAll counts the features of every block, with a place and without.
func TestAll(t *testing.T) {
	t.Parallel()
	l, err := New(&Schema{Name: "x"}, Options{MinRows: 2, MaxRows: 4})
	if err != nil {
		t.Fatal(err)
	}
	batch := Batch{Layer: "x"}
	for i := range 50 {
		f := Feature{ID: FeatureID(fmt.Sprint("id-", i))}
		if i%3 > 0 {
			f.Geometry = orb.Point{float64(i), 10}
		}
		batch.Changes = append(batch.Changes, Change{Feature: f})
	}
	if _, err := l.Apply(batch); err != nil {
		t.Fatal(err)
	}
	seen := map[FeatureID]bool{}
	for b := range l.Snapshot().All() {
		for row := range b.Len() {
			seen[b.ID(row)] = true
		}
	}
	if len(seen) != 50 {
		t.Errorf("got %d features, want 50", len(seen))
	}
	for range l.Snapshot().All() {
		break // a caller may stop
	}
}
