package app

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"hutong/journal/backup"
	"hutong/layers"
	"hutong/layers/view"
)

// countedCity is [keptCity] with a view of counts of another name that change may change.
func countedCity(t *testing.T, dir string, name layers.Name, change func(*CountView)) *City {
	t.Helper()
	city := keptCity(t, dir, 5)
	spec := &city.Counts[0]
	spec.Name, spec.Digest = name, spec.Digest+string(name)
	if change != nil {
		change(spec)
	}
	return city
}

// publishedBy returns of how many cells a view of counts shows how many features, and of which periods.
func publishedBy(a *App) (cells int, periods []view.Period) {
	l := a.store.counts.list[0]
	return l.layer.Snapshot().Count(), l.state.Load().Periods
}

// report publishes reports of yesterday.
func report(t *testing.T, a *App, prefix string, n int) {
	t.Helper()
	if err := publish(t.Context(), a.store, layers.Batch{Layer: "reports", Changes: manyReports(prefix, n)}); err != nil {
		t.Fatal(err)
	}
}

// TestPrivacyOfCountsByAnotherName gives a view of counts another name, and then the old one again: no period is published by
// both, since who has both tables sees what came between.
func TestPrivacyOfCountsByAnotherName(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	none := keptCity(t, dir, 5)
	none.Counts = nil
	a, _, stop := served(t, none)
	report(t, a, "a", 7)
	stop()
	a, _, stop = served(t, countedCity(t, dir, "counts", nil))
	cells, periods := publishedBy(a)
	if cells == 0 {
		t.Fatalf("got %d cells of %v", cells, periods)
	}
	report(t, a, "b", 1)
	stop()

	a, _, stop = served(t, countedCity(t, dir, "others", nil))
	l := a.store.counts.list[0]
	if cells, periods := publishedBy(a); cells > 0 || len(periods) > 0 {
		t.Errorf("by another name: %d cells of %v", cells, periods)
	}
	if due := l.spec.Spec.Due(nil, time.Now().AddDate(0, 0, 2)); len(due) == 0 {
		t.Error("by another name nothing is due in two days")
	}
	// What it publishes then, the old name does not when it is back.
	at := time.Now().AddDate(0, 0, 1)
	today := view.Day(time.Now(), l.spec.Spec.Zone)
	if err := l.keep(a.store.counts.folder, []*view.Table{{Period: today, At: at}}); err != nil {
		t.Fatal(err)
	}
	stop()
	a, _, stop = served(t, countedCity(t, dir, "counts", nil))
	defer stop()
	again, same := publishedBy(a)
	if again != cells || !gocmp.Equal(same, periods, gocmp.Comparer(func(p, q view.Period) bool { return p == q })) {
		t.Errorf("by its old name: %d cells of %v, want %d of %v", again, same, cells, periods)
	}
	l = a.store.counts.list[0]
	for _, p := range l.spec.Spec.Due(l.tables, time.Now().AddDate(0, 0, 3)) {
		if p == today {
			t.Errorf("by its old name %s is due, which the other one has published", p)
		}
	}
}

// TestCountsBesideOneThatGoes takes one of two views of counts of a layer out of the config: the other misses no period.
func TestCountsBesideOneThatGoes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	both := keptCity(t, dir, 5)
	other := both.Counts[0]
	other.Name, other.Digest = "desk", "desk"
	both.Counts = append(both.Counts, other) // it publishes a moment later
	_, _, stop := served(t, both)
	stop()
	a, _, stop := served(t, keptCity(t, dir, 5))
	defer stop()
	l := a.store.counts.list[0]
	today := view.Day(time.Now(), l.spec.Spec.Zone)
	if due := l.spec.Spec.Due(l.tables, time.Now().AddDate(0, 0, 1)); !slices.Contains(due, today) {
		t.Errorf("tomorrow are due %v, want %v", due, today)
	}
}

// TestPrivacyOfCountsBehindRestore restores a backup, which has no tables: nothing is counted that may have been published.
func TestPrivacyOfCountsBehindRestore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a, _, stop := served(t, keptCity(t, dir, 5))
	report(t, a, "a", 7)
	var saved bytes.Buffer
	pinned, err := a.durable.pin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := backup.Write(t.Context(), &saved, pinned, a.durable.snapshots, nil, nil); err != nil {
		t.Fatal(err)
	}
	pinned.Release()
	stop()
	other := t.TempDir()
	if _, err := backup.Restore(t.Context(), &saved, filepath.Join(other, "data"), nil); err != nil {
		t.Fatal(err)
	}
	for _, which := range []string{"first", "second"} {
		a, _, stop := served(t, keptCity(t, other, 5))
		if cells, periods := publishedBy(a); cells > 0 || len(periods) > 0 {
			t.Errorf("at the %s start: %d cells of %v", which, cells, periods)
		}
		l := a.store.counts.list[0]
		if s := l.state.Load(); !strings.Contains(s.Reason, "is not published in another way") {
			t.Errorf("at the %s start: the reason is %q", which, s.Reason)
		}
		if due := l.spec.Spec.Due(nil, time.Now().AddDate(0, 0, 2)); len(due) == 0 {
			t.Errorf("at the %s start nothing is due in two days", which)
		}
		stop()
	}
}

// TestFewerWeeksOfCounts keeps fewer weeks of a view whose clock has stopped: the others go at the start.
func TestFewerWeeksOfCounts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	city := func(weeks int) *City {
		return countedCity(t, dir, "counts", func(v *CountView) {
			v.Spec.Weeks, v.Spec.Until = weeks, time.Date(2024, 8, 14, 0, 0, 0, 0, v.Spec.Zone)
		})
	}
	a, _, stop := served(t, city(4))
	_, all := publishedBy(a)
	stop()
	a, _, stop = served(t, city(1))
	defer stop()
	if _, left := publishedBy(a); len(all) < 4*8 || len(left) != 10 { // a week, its days, and two of the next
		t.Errorf("of %v are left %v", all, left)
	}
}
