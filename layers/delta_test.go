package layers

import (
	"slices"
	"testing"

	"hutong/layers/column"
	"hutong/layers/world"
)

// visible is what a reader sees of a feature.
type visible struct {
	located bool
	point   world.Point
	values  []column.Value
	shown   bool
}

// contents returns all features of a snapshot.
func contents(s *Snapshot) map[FeatureID]visible {
	out := make(map[FeatureID]visible, s.Count())
	s.Scan(nil, func(r Row) bool {
		v := visible{values: r.Feature().Values, shown: r.Block.Shown(r.Index)}
		if r.Block.x != nil {
			v.located, v.point = true, r.Block.Point(r.Index)
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
	want := map[world.Point]bool{}
	place := func(v visible) {
		if v.located {
			want[v.point] = true
		}
	}
	for id, old := range before {
		now, ok := after[id]
		moved := old.located != now.located || old.point != now.point
		switch {
		case !ok:
			deleted++
			place(old)
		case moved || !slices.Equal(old.values, now.values):
			updated++
			place(old)
			place(now)
		case old.shown != now.shown:
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
