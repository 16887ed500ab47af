package view

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/world"
)

var hours = AgeSpec{Field: "age_class", Classes: []AgeClass{{"1h", time.Hour}, {"1d", 24 * time.Hour}, {"7d", 7 * 24 * time.Hour}}}

// noon is the start of a bucket of hours.
var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

// naive is the class of a time at the start of a bucket.
func naive(spec *AgeSpec, from time.Time, at column.Value) column.Value {
	if at.IsNull() {
		return column.Value{}
	}
	for _, c := range spec.Classes {
		if from.Sub(at.Time()) < c.Below {
			return column.StringOf(c.Name)
		}
	}
	return column.StringOf(Older)
}

// reports returns a layer of blocks of some rows, with a private field before and a number behind the time.
func reports(t testing.TB, rows int, at ...column.Value) *layers.Layer {
	t.Helper()
	live, err := layers.New(&layers.Schema{Name: "reports", IDField: "id", TimeField: "seen", Fields: []layers.Field{
		{Name: "reporter", Kind: column.String, Private: true},
		{Name: "seen", Kind: column.Time},
		{Name: "n", Kind: column.Int},
	}}, layers.Options{MinRows: rows / 4, MaxRows: rows})
	if err != nil {
		t.Fatal(err)
	}
	b := layers.Batch{Layer: "reports"}
	for i, at := range at {
		f := layers.Feature{ID: layers.FeatureID(strconv.Itoa(i)), Values: []column.Value{column.StringOf("who"), at, column.IntOf(int64(i))}}
		if i%7 != 6 {
			f.Geometry = orb.Point{116 + float64(i%100)/1000, 39 + float64(i/100)/1000}
		}
		b.Changes = append(b.Changes, layers.Change{Feature: f})
	}
	if _, err := live.Apply(b); err != nil {
		t.Fatal(err)
	}
	return live
}

func withAges(t testing.TB, l *Layer, spec AgeSpec, now time.Time) *Layer {
	t.Helper()
	ages, err := NewAges(spec, now)
	if err != nil {
		t.Fatal(err)
	}
	aged, err := l.WithAges(ages)
	if err != nil {
		t.Fatal(err)
	}
	return aged
}

var ageRuns atomic.Uint64

// TestAgesAreNaive compares every door with the class that each feature has by its definition: of random times, some of
// them at the very edges of classes, in blocks of all sizes, over some turns.
func TestAgesAreNaive(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &ageRuns, 4) {
		r := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // reproducible
		times := make([]column.Value, 1+r.IntN(600))
		newest := time.Duration(r.Int64N(int64(10 * 24 * time.Hour)))
		for i := range times {
			switch r.IntN(8) {
			case 0: // null
			case 1:
				edge := hours.Classes[r.IntN(3)].Below
				times[i] = column.TimeOf(noon.Add(-edge + time.Duration(r.IntN(3)-1)*time.Microsecond))
			case 2:
				times[i] = column.TimeOf(noon.Add(time.Duration(r.Int64N(int64(time.Hour))))) // to come
			default:
				times[i] = column.TimeOf(noon.Add(-newest - time.Duration(r.Int64N(int64(3*time.Hour)))))
			}
		}
		live := reports(t, 4<<r.IntN(8), times...)
		l := withAges(t, Public(live), hours, noon)
		for turn := range 3 {
			now := noon.Add(time.Duration(turn*turn) * 24 * time.Hour).Add(time.Duration(r.Int64N(int64(hours.Bucket()))))
			l.Ages().Turn(now)
			from := noon.Add(time.Duration(turn*turn) * 24 * time.Hour)
			want := map[layers.FeatureID]column.Value{}
			for i := range times {
				want[layers.FeatureID(strconv.Itoa(i))] = naive(&hours, from, times[i])
			}
			checkAges(t, fmt.Sprintf("seed %d turn %d", seed, turn), l.Now(), want)
		}
	}
}

// checkAges asks every door of a view of reports for classes.
func checkAges(t *testing.T, who string, v *View, want map[layers.FeatureID]column.Value) {
	t.Helper()
	check := func(door string, f layers.Feature) {
		t.Helper()
		if len(f.Values) != 3 || f.Values[2] != want[f.ID] {
			t.Fatalf("%s: %s: %s is %v, want %v", who, door, f.ID, f.Values, want[f.ID])
		}
	}
	seen := func(door string, n, of int) {
		t.Helper()
		if n != of {
			t.Fatalf("%s: %s: %d features, want %d", who, door, n, of)
		}
	}
	classes := map[string]int{}
	located, nulls := 0, 0
	for id, class := range want {
		f, ok := v.Feature(id)
		if !ok {
			t.Fatalf("%s: no feature %s", who, id)
		}
		check("Feature", f)
		number, _ := id.Number()
		if f, ok = v.Numbered(number); !ok {
			t.Fatalf("%s: nothing has the number of %s", who, id)
		}
		check("Numbered", f)
		if class.IsNull() {
			nulls++
		} else {
			classes[class.Text()]++
		}
		if f.Geometry != nil {
			located++
		}
	}
	for _, n := range v.Nearest(116, 39, 50) {
		check("Nearest", n.Feature())
	}
	n := 0
	v.Search(everywhere, func(f layers.Feature) bool { check("Search", f); n++; return true })
	seen("Search", n, located)
	n = 0
	v.Scan(nil, func(f layers.Feature) bool { check("Scan", f); n++; return true })
	seen("Scan", n, len(want))
	n = 0
	for _, b := range v.Blocks(everywhere, nil) {
		for row := range b.Len() {
			if b.Column(2).Value(row) != want[b.ID(row)] {
				t.Fatalf("%s: Blocks: %s is %v", who, b.ID(row), b.Column(2).Value(row))
			}
			n++
		}
	}
	seen("Blocks", n, located)
	for _, class := range hours.Names() {
		p := column.Where(2, column.Equal, column.StringOf(class))
		for door, count := range map[string]func(fn func(layers.Feature) bool){
			"Scan":  func(fn func(layers.Feature) bool) { v.Scan(p, fn) },
			"Where": func(fn func(layers.Feature) bool) { v.Where(Matching(p)).Scan(nil, fn) },
		} {
			n = 0
			count(func(f layers.Feature) bool { check(door, f); n++; return true })
			seen(door+" "+class, n, classes[class])
		}
		west := world.Box{Max: world.Point{X: 1 << 31, Y: 1<<32 - 1}}
		east := world.Box{Min: world.Point{X: 1 << 31}, Max: everywhere.Max}
		w := v.Window(t.Context(), WindowQuery{Boxes: []world.Box{everywhere, west, east}, Where: p, Limit: 3})
		for _, row := range w.Rows {
			check("Window", row.Feature())
		}
		if w.Matched > classes[class] {
			t.Fatalf("%s: Window: %d of %s, want at most %d", who, w.Matched, class, classes[class])
		}
	}
	sum := v.Summaries()[2]
	got := map[string]int{}
	for _, c := range sum.Common {
		got[c.Value.Text()] = c.Count
	}
	if diff := cmp.Diff(classes, got); diff != "" || sum.Nulls != nulls {
		t.Fatalf("%s: Summaries (-want +got):\n%s%d nulls, want %d", who, diff, sum.Nulls, nulls)
	}
}

// TestTurns: ages stand still within a bucket, and a view is of one moment.
func TestTurns(t *testing.T) {
	t.Parallel()
	if got := hours.Bucket(); got != 5*time.Minute {
		t.Fatalf("a bucket is %s", got)
	}
	l := withAges(t, Public(reports(t, 8, column.TimeOf(noon.Add(-58*time.Minute)))), hours, noon.Add(time.Minute))
	class := func(v *View) string {
		f, _ := v.Feature("0")
		return f.Values[2].Text()
	}
	before := l.Now()
	a := l.Ages()
	if a.Turn(noon.Add(5*time.Minute-1)) || a.Turns() != 1 || a.Wait(noon.Add(5*time.Minute-1)) != 1 || a.Wait(noon) != 5*time.Minute {
		t.Errorf("a turn within a bucket: %d turns", a.Turns())
	}
	if !a.Turn(noon.Add(5*time.Minute)) || a.Turn(noon.Add(6*time.Minute)) || a.Turns() != 2 {
		t.Errorf("%d turns, want 2", a.Turns())
	}
	if got := []string{class(before), class(l.Now())}; !slices.Equal(got, []string{"1h", "1d"}) {
		t.Errorf("before and after a turn: %v", got)
	}
	if before.Turns() != 1 || l.Now().Turns() != 2 || l.Timeless().Now().Turns() != 0 {
		t.Errorf("turns: %d, %d, %d", before.Turns(), l.Now().Turns(), l.Timeless().Now().Turns())
	}
	if !a.Turn(noon) || a.Turns() != 3 || class(l.Now()) != "1h" { // the clock was set
		t.Errorf("turned back: %d turns, %s", a.Turns(), class(l.Now()))
	}
	if n := len(l.Timeless().Schema().Fields); n != 2 || len(l.Schema().Fields) != 3 {
		t.Errorf("%d fields without ages, %d with", n, len(l.Schema().Fields))
	}
}

// TestSummariesTurn: summaries are of the ages of now, though no state changed.
func TestSummariesTurn(t *testing.T) {
	t.Parallel()
	l := withAges(t, Public(reports(t, 8, column.TimeOf(noon.Add(-58*time.Minute)))), hours, noon)
	clock := noon
	l.recent.now = func() time.Time { return clock }
	for _, want := range []string{"1h", "1d"} {
		list, _ := l.Summaries()
		if got := list[2].Common; len(got) != 1 || got[0].Value.Text() != want {
			t.Errorf("got %v, want %s", got, want)
		}
		clock = clock.Add(hours.Bucket())
		l.Ages().Turn(clock)
	}
}

// TestDeltaOfAges: what is told of a change is what is told without ages.
func TestDeltaOfAges(t *testing.T) {
	t.Parallel()
	for _, fields := range [][]string{nil, {"seen"}, {"reporter", "seen", "n"}, {"reporter", "seen"}} {
		live := reports(t, 8, column.TimeOf(noon), column.TimeOf(noon), column.TimeOf(noon))
		plain, err := New(live, Spec{Fields: fields})
		if err != nil {
			t.Fatal(err)
		}
		l := withAges(t, plain, hours, noon)
		before := live.Snapshot()
		where := orb.Point{116, 39}
		d, err := live.Apply(layers.Batch{Layer: "reports", Changes: []layers.Change{
			{Feature: layers.Feature{ID: "0", Geometry: where, Values: []column.Value{column.StringOf("else"), column.TimeOf(noon), column.IntOf(0)}}},
			{Feature: layers.Feature{ID: "1", Geometry: where, Values: []column.Value{column.StringOf("who"), column.TimeOf(noon.Add(1)), column.IntOf(5)}}},
		}})
		if err != nil {
			t.Fatal(err)
		}
		ids := []layers.FeatureID{"0", "1"}
		want, got := plain.Delta(&d, ids, before, live.Snapshot()), l.Delta(&d, ids, before, live.Snapshot())
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v: (-without +with)\n%s", fields, diff)
		}
	}
}

// TestAgesRefused: ages that cannot be say why.
func TestAgesRefused(t *testing.T) {
	t.Parallel()
	class := func(list ...AgeClass) AgeSpec { return AgeSpec{Field: "age", Classes: list} }
	for _, c := range []struct {
		spec AgeSpec
		want string
	}{
		{class(), "0 classes of age are not 1 to 12"},
		{class(make([]AgeClass, 13)...), "13 classes"},
		{class(AgeClass{"", time.Hour}), `"" is no name`},
		{class(AgeClass{Older, time.Hour}), `"older" is no name`},
		{class(AgeClass{"a", time.Hour}, AgeClass{"a", 2 * time.Hour}), `"a" is no name`},
		{class(AgeClass{"a", time.Second}), `"a" of age ends at 1s, before 1m0s`},
		{class(AgeClass{"a", time.Hour}, AgeClass{"b", time.Hour}), `"b" of age is not older`},
	} {
		if _, err := NewAges(c.spec, noon); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: got %v, want %s", c.spec, err, c.want)
		}
	}
	live := reports(t, 8, column.TimeOf(noon))
	for _, c := range []struct{ spec, want string }{{"n", "a field \"n\" already"}, {"id", "a field \"id\" already"}} {
		ages, err := NewAges(AgeSpec{Field: c.spec, Classes: hours.Classes}, noon)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Public(live).WithAges(ages); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.spec, err, c.want)
		}
	}
	ages, err := NewAges(hours, noon)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Public(testLayer(t)).WithAges(ages); err == nil || !strings.Contains(err.Error(), "have no age") { // its time is private
		t.Errorf("ages of a private time: %v", err)
	}
}

// TestBlocksOfOneClass: blocks whose times are in one class share a column.
func TestBlocksOfOneClass(t *testing.T) {
	t.Parallel()
	times := make([]column.Value, 512)
	for i := range times {
		times[i] = column.TimeOf(noon.Add(-time.Duration(i) * time.Second))
	}
	l := withAges(t, Public(reports(t, 8, times...)), hours, noon)
	byRows := map[int]column.Column{}
	for _, b := range l.Now().Blocks(everywhere, nil) {
		if c, ok := byRows[b.Len()]; ok && c != b.Column(2) {
			t.Fatalf("two columns of %d rows of one class", b.Len())
		}
		byRows[b.Len()] = b.Column(2)
	}
}
