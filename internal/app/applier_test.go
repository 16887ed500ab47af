package app

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"hutong/internal/telemetry"
	"hutong/internal/testkit"
	"hutong/journal"
	"hutong/journal/record"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/tiles"
)

// timedStore has two layers, one with event times, whose features are few enough to meet again.
func timedStore(t *testing.T) *Store {
	t.Helper()
	city := &City{Title: "A city"}
	for name, observed := range map[layers.Name]string{"timed": "at", "plain": ""} {
		city.Layers = append(city.Layers, Layer{
			Schema: &layers.Schema{Name: name, IDField: "ref", Observed: observed, Fields: []layers.Field{
				{Name: "status", Kind: column.String}, {Name: "at", Kind: column.Time},
			}},
			Title: string(name), Licence: "CC0-1.0", Tiles: tiles.Defaults(),
		})
	}
	s, err := NewStore(city, telemetry.NewMetrics())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// anyEntries are of both layers: upserts, some deletes and batches of snapshot feeds, over weeks, so that tombstones are
// forgotten between them.
func anyEntries(r *rand.Rand, n int) []journal.Entry {
	received := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	entries := make([]journal.Entry, n)
	for i := range entries {
		received = received.Add(time.Duration(r.IntN(300)) * time.Millisecond)
		if r.IntN(20) == 0 {
			received = received.Add(layers.DefaultTombstoneAge * 2 / 3)
		}
		entries[i].Seq = layers.Seq(10 + i)
		for range 1 + r.IntN(2) {
			b := record.Batch{Source: "desk", Batch: layers.Batch{Layer: "timed", Received: received.UnixMicro(), Snapshot: r.IntN(8) == 0}}
			if r.IntN(3) == 0 {
				b.Layer = "plain"
			}
			for range 1 + r.IntN(2) {
				at := received.Truncate(time.Second).Add(-time.Duration(r.IntN(5)) * time.Second) // some are equal
				if r.IntN(10) == 0 {
					at = at.Add(-time.Duration(r.Int64N(int64(3 * layers.DefaultTombstoneAge))))
				}
				c := layers.Change{Feature: layers.Feature{
					ID: layers.FeatureID(fmt.Sprint("f", r.IntN(60))), Geometry: orb.Point{116 + float64(r.IntN(3)), 40},
					Values: []column.Value{column.StringOf([]string{"open", "closed"}[r.IntN(2)]), column.TimeOf(at)},
				}}
				if r.IntN(6) == 0 {
					c.Op, c.Feature.Geometry = layers.Delete, nil
				}
				b.Changes = append(b.Changes, c)
			}
			entries[i].Batches = append(entries[i].Batches, b)
		}
	}
	return entries
}

// stateText is all that a store holds.
func stateText(s *Store) string {
	var b strings.Builder
	for _, name := range []layers.Name{"timed", "plain"} {
		state := s.layers[name].State()
		fmt.Fprintf(&b, "%s, pruned %v\n", name, state.Pruned)
		lines := []string{}
		for block := range state.Snapshot.All() {
			for row := range block.Len() {
				values := []any{block.ID(row), block.Point(row)}
				for _, c := range block.Columns() {
					values = append(values, c.Value(row))
				}
				lines = append(lines, fmt.Sprint(values...))
			}
		}
		for _, x := range state.Tombstones {
			lines = append(lines, fmt.Sprintf("without %s %v %d", x.ID, x.Observed, x.Received))
		}
		slices.Sort(lines)
		b.WriteString(strings.Join(lines, "\n") + "\n")
	}
	return b.String()
}

var applierRuns atomic.Uint64

// TestAppliedTogether: what waits and is applied together makes the same state, with the same outcomes in the layer with
// event times, as one entry after the other.
func TestAppliedTogether(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &applierRuns, 8) {
		entries := anyEntries(rand.New(rand.NewPCG(seed, 1)), 2*maxEntries-1)
		alone, together := timedStore(t), timedStore(t)
		for i := range entries {
			if err := alone.applyAll([]reading{{Entry: entries[i]}}, true); err != nil {
				t.Fatal(err)
			}
		}
		a := newApplier(together, telemetry.NewMetrics())
		for i := range entries {
			if err := a.put(t.Context(), entries[i]); err != nil {
				t.Fatal(err)
			}
		}
		a.mark(t.Context(), a.end)
		states := 0
		together.tell = func(d layers.Delta) { states++ }
		a.run(func() { t.Error("it failed") })
		if states >= len(entries) {
			t.Errorf("seed %d: got %d states of %d entries", seed, states, len(entries))
		}
		if diff := cmp.Diff(stateText(alone), stateText(together)); diff != "" {
			t.Fatalf("seed %d: one by one, and together:\n%s", seed, diff)
		}
		for i := range entries {
			for j, b := range entries[i].Batches {
				want, err1 := alone.receipts.wait(t.Context(), entries[i].Seq, j)
				got, err2 := together.receipts.wait(t.Context(), entries[i].Seq, j)
				if err := errors.Join(err1, err2); err != nil {
					t.Fatal(err)
				}
				if len(got) != len(b.Changes) || b.Layer == "timed" && !slices.Equal(got, want) {
					t.Fatalf("seed %d: entry %d, batch %d: got %v, want %v", seed, i, j, got, want)
				}
			}
		}
	}
}

// one is an entry with one upsert.
func one(seq layers.Seq, layer layers.Name) journal.Entry {
	return journal.Entry{Seq: seq, Bytes: 100, Batches: []record.Batch{{Source: "desk", Batch: layers.Batch{
		Layer: layer, Changes: []layers.Change{{Feature: layers.Feature{ID: "f", Geometry: orb.Point{116, 40}}}},
	}}}}
}

// TestApplierWaits: what is put waits for room, and goes on when there is some, or its caller gives up.
func TestApplierWaits(t *testing.T) {
	t.Parallel()
	large := one(2, "plain")
	large.Batches[0].Changes = slices.Repeat(large.Batches[0].Changes, maxAhead)
	var many []journal.Entry
	for i := range layers.Seq(2 * maxEntries) {
		many = append(many, one(2+i, "plain"))
	}
	heavy := one(2, "plain")
	heavy.Bytes = maxAheadBytes
	for name, fill := range map[string][]journal.Entry{"many entries": many, "many changes": {large}, "many bytes": {heavy}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				a := newApplier(timedStore(t), telemetry.NewMetrics())
				for _, e := range fill {
					if err := a.put(t.Context(), e); err != nil {
						t.Fatal(err)
					}
				}
				ctx, cancel := context.WithCancel(t.Context())
				put := make(chan error, 2)
				go func() { put <- a.put(ctx, one(9998, "plain")) }()
				synctest.Wait()
				if len(put) != 0 {
					t.Fatal("it does not wait")
				}
				cancel()
				if err := <-put; !errors.Is(err, context.Canceled) {
					t.Errorf("got %v", err)
				}
				go func() { put <- a.put(t.Context(), one(9999, "plain")) }()
				synctest.Wait()
				go a.run(func() { t.Error("it failed") })
				if err := errors.Join(<-put, a.rest(t.Context())); err != nil {
					t.Error(err)
				}
				if len(a.waiting) != 0 || a.changes != 0 || a.bytes != 0 || a.store.seqNow() != 9999 {
					t.Errorf("got state %d, with %d entries, %d changes and %d bytes waiting", a.store.seqNow(), len(a.waiting), a.changes, a.bytes)
				}
				a.end()
			})
		})
	}
}

// TestApplierFails: nothing behind an entry that does not fit is applied, and the error says which it was.
func TestApplierFails(t *testing.T) {
	t.Parallel()
	s := timedStore(t)
	a := newApplier(s, telemetry.NewMetrics())
	bad := one(12, "plain")
	bad.Batches[0].Changes[0].Feature.Geometry = orb.Point{400, 40}
	for _, e := range []journal.Entry{one(10, "timed"), one(11, "plain"), bad, one(13, "plain")} {
		if err := a.put(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	called := false
	a.run(func() { called = true })
	err := a.rest(t.Context())
	if err == nil || !called || !strings.Contains(err.Error(), "one of the messages 10 to 13 of the log does not fit") {
		t.Errorf("got %v, called %v", err, called)
	}
	if err := a.put(t.Context(), one(14, "plain")); err == nil {
		t.Error("it goes on behind the error")
	}
	if n := s.layers["plain"].Snapshot().Count(); n != 0 {
		t.Errorf("got %d features of a batch that does not fit", n)
	}
	if c, err := s.content(); err == nil { // the next start would never read what is missing
		t.Errorf("a checkpoint of state %d could be written, which the layer plain does not have", c.Seq)
	}
}

// TestApplierTakesEntriesWithoutChanges: those that only give a layer a number, as each start writes one that read a
// new layer's files and an erasure does, go together too.
func TestApplierTakesEntriesWithoutChanges(t *testing.T) {
	t.Parallel()
	empty := func(seq layers.Seq) journal.Entry {
		return journal.Entry{Seq: seq, Batches: []record.Batch{{Source: filesNote, Batch: layers.Batch{Layer: "plain"}}}}
	}
	for name, entries := range map[string][]journal.Entry{
		"alone": {empty(10), empty(11), empty(12)}, "before others": {empty(10), one(11, "plain"), empty(12)},
		"behind others": {one(10, "plain"), empty(11), empty(12)}, "in one entry": {{Seq: 12, Batches: slices.Repeat(empty(12).Batches, 2)}},
	} {
		s := timedStore(t)
		a := newApplier(s, telemetry.NewMetrics())
		for _, e := range entries {
			if err := a.put(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
		a.mark(t.Context(), a.end)
		a.run(func() { t.Errorf("%s: %v", name, a.err) })
		if got := s.seqNow(); got != 12 {
			t.Errorf("%s: got state %d, want 12", name, got)
		}
	}
}

// TestLagOfEntriesTogether: what waited longest of the entries that are applied together is the lag.
func TestLagOfEntriesTogether(t *testing.T) {
	t.Parallel()
	s := timedStore(t)
	s.now = func() time.Time { return noon }
	entries := []reading{{Entry: one(10, "plain")}, {Entry: one(11, "timed")}, {Entry: one(12, "plain")}}
	for i, ago := range []time.Duration{4 * time.Second, 9 * time.Second, time.Second} {
		entries[i].Batches[0].Received = noon.Add(-ago).UnixMicro()
	}
	if err := s.applyAll(entries, true); err != nil {
		t.Fatal(err)
	}
	if got := s.layers["plain"].fresh.State().Tile; got == nil || got.P99 != 4 {
		t.Errorf("got a lag of %v, want 4 s", got)
	}
}
