package app

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/hexgrid"
)

// kept is a city with a data folder and a view that is a minute late, which starts and ends as its test says.
type kept struct {
	*clocked
	app *App
}

// lateFrom starts a city at a time, with a view that what changes.
func lateFrom(t *testing.T, load func() *City, at time.Time, change func(*View)) *kept {
	t.Helper()
	city := load()
	v := snappedView()
	v.Policy.Name, v.Policy.KeyedIDs, v.Policy.Snap, v.Delay = "late", false, nil, time.Minute
	if change != nil {
		change(&v)
	}
	city.Views = []View{v}
	a, _ := newTestApp(t, city, nil)
	c := &clocked{Store: a.store, time: at}
	c.now = func() time.Time { return c.time }
	if err := a.loadLayers(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	c.v = viewOf(t, a.store, "late")
	return &kept{c, a}
}

// accept publishes reports.
func (k *kept) accept(t *testing.T, ids ...layers.FeatureID) {
	t.Helper()
	b := layers.Batch{Layer: "reports"}
	for _, id := range ids {
		c := point(id, 116.4, 39.9)
		c.Feature.Values = []column.Value{column.StringOf("open"), column.TimeOf(k.time)}
		b.Changes = append(b.Changes, c)
	}
	if err := publish(t.Context(), k.Store, b); err != nil {
		t.Fatal(err)
	}
}

// wants holds what the view shows against ids.
func (k *kept) wants(t *testing.T, what string, ids ...layers.FeatureID) {
	t.Helper()
	var got []layers.FeatureID
	for id := range k.shows() {
		got = append(got, id)
	}
	slices.Sort(got)
	if diff := gocmp.Diff(ids, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// end ends the city.
func (k *kept) end(t *testing.T) {
	t.Helper()
	if err := k.app.durable.finish(); err != nil {
		t.Fatal(err)
	}
}

// TestPrivacyOfKeptDelay starts a city again and again: the view goes on with what it showed, and is never early.
func TestPrivacyOfKeptDelay(t *testing.T) {
	t.Parallel()
	load, _, data := eraseCity(t)
	start := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	k := lateFrom(t, load, start, nil)
	k.accept(t, "1")
	k.pass(t, 2*time.Minute)
	k.wants(t, "before", "1")
	k.accept(t, "2")
	k.end(t)

	k = lateFrom(t, load, start.Add(time.Hour), nil) // what waited is as old, and has to wait again
	k.wants(t, "at once", "1")
	k.pass(t, 59*time.Second)
	k.wants(t, "frozen", "1")
	k.pass(t, time.Second)
	k.wants(t, "as at the start", "1", "2")
	k.accept(t, "3")
	k.pass(t, 70*time.Second) // only the view moves
	k.wants(t, "and on", "1", "2", "3")
	if err := k.app.durable.request(t.Context(), k.app.durable.checkpoint); err != nil {
		t.Fatal(err)
	}
	k.end(t)

	k = lateFrom(t, load, start.Add(2*time.Hour), nil)
	k.wants(t, "again", "1", "2", "3")
	if _, err := k.app.Erase(t.Context(), "reports", "2"); err != nil {
		t.Fatal(err)
	}
	k.wants(t, "erased", "1", "3")
	if found := searched(t, filepath.Join(data, keptFolder), "SOME-LONG-ID"); len(found) > 0 {
		t.Errorf("found %v", found)
	}
	k.end(t)

	// By another policy nothing that was shown before may be, whatever its number is: not at the next start, nor at the one
	// behind it.
	other := func(v *View) { v.Policy.Snap = new(hexgrid.Resolution(7)) } // of as many features
	k = lateFrom(t, load, start.Add(3*time.Hour), other)
	k.wants(t, "another policy")
	k.pass(t, 2*time.Minute)
	k.wants(t, "another policy, later", "1", "3")
	want := k.shows()
	k.end(t)
	k = lateFrom(t, load, start.Add(4*time.Hour), other)
	if diff := gocmp.Diff(want, k.shows()); diff != "" {
		t.Errorf("another policy, again (-want +got):\n%s", diff)
	}
	k.end(t)
}

// kill ends the city as kill -9 does.
func (k *kept) kill(t *testing.T) {
	t.Helper()
	d := k.app.durable
	d.stop()
	d.running.Wait()
	if err := d.journal.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestHistoryOfKeptDelay: a history goes on behind a start where the view shows all that it did, and only there. Else clients
// that know more of it would keep that, and take its numbers for ones that they have heard of.
func TestHistoryOfKeptDelay(t *testing.T) {
	t.Parallel()
	load, _, _ := eraseCity(t)
	at := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	from := func() *kept { at = at.Add(time.Hour); return lateFrom(t, load, at, nil) }
	k := from()
	k.accept(t, "1")
	k.pass(t, 2*time.Minute)
	first := k.app.epoch()
	k.end(t)

	k = from()
	k.wants(t, "behind an end", "1")
	if got := k.app.epoch(); got != first || got == "" {
		t.Errorf("behind an end: got history %q, want %q", got, first)
	}
	k.accept(t, "2")
	k.pass(t, 2*time.Minute)
	k.wants(t, "before it is killed", "1", "2")
	k.kill(t)

	k = from()
	k.wants(t, "killed", "1")
	second := k.app.epoch()
	if second == first {
		t.Error("killed: the view went back, and the history has the same name")
	}
	k.pass(t, 2*time.Minute)
	k.wants(t, "killed, later", "1", "2")
	k.end(t)
	k = from()
	if got := k.app.epoch(); got != second {
		t.Errorf("behind another end: got history %q, want %q", got, second)
	}
	k.end(t)
}

// TestEraseReachesKeptViews erases a feature that a view with a delay showed, whose id is long enough to be found in bytes.
func TestEraseReachesKeptViews(t *testing.T) {
	t.Parallel()
	const id = "H-13800138000"
	load, _, data := eraseCity(t)
	k := lateFrom(t, load, time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), nil)
	k.accept(t, id, "1")
	k.pass(t, 2*time.Minute)
	if err := k.app.durable.request(t.Context(), k.app.durable.checkpoint); err != nil {
		t.Fatal(err)
	}
	if found := searched(t, filepath.Join(data, keptFolder), id); len(found) == 0 {
		t.Fatal("what the view shows is not kept")
	}
	report, err := k.app.Erase(t.Context(), "reports", id)
	if err != nil || report.Proof.Found.Count > 0 {
		t.Fatalf("got %+v, %v", report, err)
	}
	if found := searched(t, data, id); len(found) > 0 {
		t.Errorf("found %v", found)
	}
	k.wants(t, "erased", "1")
	k.end(t)
}

// TestEraseBehindViewsThatAreGone erases a feature that a view with a delay showed, from a city whose config has no such view any
// more: the folder does not keep it, and the view does not show it when it is back.
func TestEraseBehindViewsThatAreGone(t *testing.T) {
	t.Parallel()
	const id = "H-13800138000"
	load, _, data := eraseCity(t)
	start := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	k := lateFrom(t, load, start, nil)
	k.accept(t, id, "1")
	k.pass(t, 2*time.Minute)
	k.end(t)

	a, _, stop := served(t, load())
	report, err := a.Erase(t.Context(), "reports", id)
	if err != nil || report.Proof.Found.Count > 0 {
		t.Fatalf("got %+v, %v", report, err)
	}
	stop()
	if found := searched(t, data, id); len(found) > 0 {
		t.Errorf("found %v", found)
	}
	k = lateFrom(t, load, start.Add(time.Hour), nil)
	k.wants(t, "back")
	k.pass(t, 2*time.Minute)
	k.wants(t, "back, later", "1")
	k.end(t)
}
