package layers

import (
	"fmt"
	"slices"
	"testing"

	"hutong/layers/column"
	"hutong/layers/world"
)

// visible is what a reader sees of a feature.
type visible struct {
	located bool
	point   world.Point
	shape   string // of lines, polygons and multipoints; then box is theirs, and details what survives
	box     world.Box
	details string
	values  []column.Value
	shown   bool
}

// contents returns all features of a snapshot.
func contents(s *Snapshot) map[FeatureID]visible {
	out := make(map[FeatureID]visible, s.Count())
	s.Scan(nil, func(r Row) bool {
		v := visible{values: r.Feature().Values, shown: r.Block.Shown(r.Index)}
		switch {
		case r.Block.x != nil:
			v.located, v.point = true, r.Block.Point(r.Index)
		case r.Block.shapes != nil:
			s := r.Block.shapes
			from, to := s.Vertices(r.Index)
			v.shape, v.box, v.details = fmt.Sprint(r.Geometry()), s.Box(r.Index), string(s.Details[from:to])
		}
		out[r.Block.ID(r.Index)] = v
		return true
	})
	return out
}

// checkDelta compares what a Delta says with the difference of the states before and after it: the
// counts, and that Places are exactly the places of what became different (S6).
func checkDelta(t *testing.T, before, after map[FeatureID]visible, d Delta) {
	t.Helper()
	inserted, updated, deleted := 0, 0, 0
	want, wantBoxes := map[world.Point]bool{}, map[world.Box]bool{}
	place := func(v visible) {
		if v.located {
			want[v.point] = true
		}
		if v.shape != "" {
			wantBoxes[v.box] = true
		}
	}
	for id, old := range before {
		now, ok := after[id]
		moved := old.located != now.located || old.point != now.point || old.shape != now.shape
		switch {
		case !ok:
			deleted++
			place(old)
		case moved || !slices.Equal(old.values, now.values):
			updated++
			place(old)
			place(now)
		case old.shown != now.shown || old.details != now.details:
			place(now)
		}
	}
	for id, now := range after {
		if _, ok := before[id]; !ok {
			inserted++
			place(now)
		}
	}
	if d.Inserted != inserted || d.Updated != updated || d.Deleted != deleted {
		t.Errorf("delta has %d inserted, %d updated, %d deleted, want %d, %d, %d",
			d.Inserted, d.Updated, d.Deleted, inserted, updated, deleted)
	}
	got := map[world.Point]bool{}
	for _, p := range d.Places {
		got[p] = true
		if !want[p] {
			t.Errorf("delta has %v, where nothing changed", p)
		}
	}
	for p := range want {
		if !got[p] {
			t.Errorf("delta lacks %v, where something changed", p)
		}
	}
	gotBoxes := map[world.Box]bool{}
	for _, b := range d.Boxes {
		gotBoxes[b] = true
		if !wantBoxes[b] {
			t.Errorf("delta has box %v, where nothing changed", b)
		}
	}
	for b := range wantBoxes {
		if !gotBoxes[b] {
			t.Errorf("delta lacks box %v, where something changed", b)
		}
	}
}

// checkSettled fails the test if the next batch would count live strings whatever it brings.
func checkSettled(t *testing.T, w *writer) {
	t.Helper()
	for field, d := range w.dicts {
		if d != nil && d.Len() >= w.settleAt[field] {
			t.Errorf("field %d: %d strings, to be counted at %d", field, d.Len(), w.settleAt[field])
		}
	}
}
