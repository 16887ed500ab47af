package push

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"hutong/ingest"
	"hutong/layers"
)

// snapshot sends a list as all there is.
func snapshot(t *testing.T, f *Feed, text string) (*Result, error) {
	t.Helper()
	return f.Take(t.Context(), Request{ContentType: "application/json", Body: strings.NewReader(text), Snapshot: true})
}

// ids returns those of a store's layer, sorted.
func (s *store) ids() string {
	var list []string
	s.layer.Snapshot().Scan(nil, func(r layers.Row) bool {
		list = append(list, string(r.Feature().ID))
		return true
	})
	slices.Sort(list)
	return strings.Join(list, " ")
}

// TestSnapshot: what is in no record of a snapshot is deleted, what comes back is there again although its time is
// that of its delete, and an older snapshot changes nothing but what is absent.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	f, s := feed(t, nil)
	const at = `"updated": "2026-01-01T00:00:00Z"`
	for _, c := range []struct {
		name, body string
		deleted    int
		want       string
	}{
		{"the first", `[{"id": 1, ` + at + `}, {"id": 2, ` + at + `}, {"id": 3}]`, 0, "1 2 3"},
		{"one is absent", `[{"id": 1, ` + at + `}, {"id": 3}]`, 1, "1 3"},
		{"it is back, and another is absent", `[{"id": 2, ` + at + `}, {"id": 3}]`, 1, "2 3"},
		{"the same again", `[{"id": 2, ` + at + `}, {"id": 3}]`, 0, "2 3"},
		{"one deletes", `[{"id": 2, "op": "delete", ` + at + `}, {"id": 3}]`, 1, "3"},
	} {
		result, err := snapshot(t, f, c.body)
		if err != nil || result.Deleted != c.deleted || s.ids() != c.want {
			t.Errorf("%s: got %+v, %v and features %s; want %d deleted and %s", c.name, result, err, s.ids(), c.deleted, c.want)
		}
	}
}

// TestSnapshotChangesNothing: what is no snapshot deletes nothing.
func TestSnapshotChangesNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, body string
		change     func(f *Feed, s *store)
		err        error
		text       string
	}{
		{"a refused record", `[{"id": 1}, {"id": 2, "votes": "x"}]`, nil, ErrAtomic, ""},
		{"nothing", `[]`, nil, ErrSnapshot, "leave the layer reports empty"},
		{"only deletes", `[{"id": 1, "op": "delete"}]`, nil, ErrSnapshot, "leave the layer reports empty"},
		{"other sources", `[{"id": 1}]`, func(f *Feed, _ *store) { f.opts.State = nil }, ErrSnapshot, "features of other sources"},
		{"not durable", `[{"id": 2}]`, func(_ *Feed, s *store) { s.fail = func(int) error { return ingest.ErrBusy } }, ingest.ErrBusy, ""},
		{"another one", `[{"id": 2}]`, func(f *Feed, _ *store) { f.telling.Lock() }, nil, "one snapshot at once"},
		{"no memory", `[{"id": 2}]`, func(f *Feed, _ *store) { f.opts.Budget.limit = 16<<10 + 100 }, ingest.ErrBusy, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f, s := feed(t, nil)
			if _, err := take(t, f, "application/json", `[{"id": 1}, {"id": 7}]`); err != nil {
				t.Fatal(err)
			}
			if c.change != nil {
				c.change(f, s)
			}
			_, err := snapshot(t, f, c.body)
			if err == nil || c.err != nil && !errors.Is(err, c.err) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("got %v, want %v with %q", err, c.err, c.text)
			}
			if got := s.ids(); got != "1 7" {
				t.Errorf("got features %s, want 1 and 7", got)
			}
			if held := f.opts.Budget.used.Load(); held != 0 {
				t.Errorf("%d bytes are still held", held)
			}
		})
	}
}

// TestSnapshotIsFinishedByTheNext: one that breaks off between its records and its deletes says how far it came.
func TestSnapshotIsFinishedByTheNext(t *testing.T) {
	t.Parallel()
	f, s := feed(t, nil)
	var many strings.Builder
	for i := range 2*ingest.MaxBatch + 1 {
		fmt.Fprintf(&many, "{\"id\": \"old-%d\"}\n", i)
	}
	if _, err := take(t, f, "application/x-ndjson", many.String()); err != nil {
		t.Fatal(err)
	}
	before := len(s.sizes)
	s.fail = func(batch int) error {
		if batch == before+2 { // the records, and the first deletes
			return ingest.ErrReadOnly
		}
		return nil
	}
	result, err := snapshot(t, f, `[{"id": 1}]`)
	if !errors.Is(err, ingest.ErrReadOnly) || result.Applied != 1 || result.Deleted != ingest.MaxBatch {
		t.Errorf("got %+v, %v; want one applied and %d deleted", result, err, ingest.MaxBatch)
	}
	s.fail = nil
	if result, err = snapshot(t, f, `[{"id": 1}]`); err != nil || result.Deleted != ingest.MaxBatch+1 || s.ids() != "1" {
		t.Errorf("again: got %+v, %v and features %.40s; want the rest deleted", result, err, s.ids())
	}
}

// TestSnapshotLeavesWhatComesMeanwhile: a feature that is pushed while a snapshot is taken is in no record of it, and
// stays.
func TestSnapshotLeavesWhatComesMeanwhile(t *testing.T) {
	t.Parallel()
	f, s := feed(t, nil)
	if _, err := take(t, f, "application/json", `[{"id": 1}, {"id": 2, "updated": "2026-01-01T00:00:00Z"}]`); err != nil {
		t.Fatal(err)
	}
	state := f.opts.State
	f.opts.State = func() *layers.Snapshot {
		before := state()
		if _, err := take(t, f, "application/json", `[{"id": "new"}, {"id": 2, "updated": "2026-01-01T10:00:00Z"}]`); err != nil {
			t.Error(err)
		}
		return before
	}
	if _, err := snapshot(t, f, `[{"id": 3}]`); err != nil || s.ids() != "2 3 new" {
		t.Errorf("got %v and features %s; want 2, 3 and new", err, s.ids())
	}
}
