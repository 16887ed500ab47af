package layers

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"hutong/layers/column"
)

// textOf fills the two string fields of n features and applies them in batches of 500.
func applyTexts(t *testing.T, l *Layer, n int, category, title func(i int) string) {
	t.Helper()
	b := Batch{Layer: l.Name()}
	for i := range n {
		b.Changes = append(b.Changes, Change{Feature: Feature{
			ID: FeatureID(strconv.Itoa(i)), Geometry: orb.Point{116 + float64(i%100)/1e3, 39 + float64(i/100)/1e3},
			Values: []column.Value{column.StringOf(category(i)), column.StringOf(title(i))},
		}})
		if len(b.Changes) == 500 || i == n-1 {
			if _, err := l.Apply(b); err != nil {
				t.Fatal(err)
			}
			b.Changes = b.Changes[:0]
		}
	}
}

// TestDictionaryPolicy gives one field a few values and the other ever new ones: the first keeps
// its dictionary, the second goes raw, and both read the same as before.
func TestDictionaryPolicy(t *testing.T) {
	t.Parallel()
	o := Options{MinRows: 8, MaxRows: 32}
	l := newLayer(t, o)
	category := func(i int) string { return fmt.Sprintf("category %d", i%20) }
	title := func(i int) string { return fmt.Sprintf("title %d", i) }
	applyTexts(t, l, 3000, category, title)
	s := l.Snapshot()
	checkInvariants(t, s, o)
	if s.dicts[0] == nil || s.dicts[0].Len() != 20 {
		t.Errorf("20 categories over 3,000 rows are not in a dictionary of 20")
	}
	if s.dicts[1] != nil {
		t.Errorf("3,000 distinct titles are still in a dictionary")
	}
	for _, i := range []int{0, 17, 2999} {
		row, _ := s.Find(FeatureID(strconv.Itoa(i)))
		f := row.Feature()
		if f.Values[0].Text() != category(i) || f.Values[1].Text() != title(i) {
			t.Errorf("feature %d has %v", i, f.Values[:2])
		}
	}
}

// TestDictionaryForgets replaces all categories again and again: dead ones must not pile up, and an
// older snapshot must keep its own.
func TestDictionaryForgets(t *testing.T) {
	t.Parallel()
	o := Options{MinRows: 8, MaxRows: 32}
	l := newLayer(t, o)
	round := func(r int) func(int) string {
		return func(i int) string { return fmt.Sprintf("round %d category %d", r, i%300) }
	}
	title := func(int) string { return "t" }
	applyTexts(t, l, 2000, round(0), title)
	first := l.Snapshot()
	text := describe(first)
	most := 0
	for r := 1; r < 12; r++ {
		applyTexts(t, l, 2000, round(r), title)
		most = max(most, l.Snapshot().dicts[0].Len())
	}
	checkInvariants(t, l.Snapshot(), o)
	if limit := smallDictionary + 600; most > limit {
		t.Errorf("the dictionary grew to %d strings of which 300 live, want at most %d", most, limit)
	}
	if diff := cmp.Diff(text, describe(first)); diff != "" {
		t.Errorf("the first snapshot changed:\n%s", diff)
	}
}

// TestDictionaryFull brings more distinct texts in one batch than a dictionary can number.
func TestDictionaryFull(t *testing.T) {
	t.Parallel()
	n := column.MaxCodes + 500
	l := newLayer(t, Options{})
	b := Batch{Layer: l.Name()}
	for i := range n {
		b.Changes = append(b.Changes, Change{Feature: Feature{
			ID: FeatureID(strconv.Itoa(i)), Geometry: orb.Point{116 + float64(i%300)/1e3, 39 + float64(i/300)/1e3},
			Values: []column.Value{column.StringOf(fmt.Sprintf("category %d", i))},
		}})
	}
	if _, err := l.Apply(b); err != nil {
		t.Fatal(err)
	}
	s := l.Snapshot()
	if s.dicts[0] != nil {
		t.Error("the field still has a dictionary")
	}
	for i := 0; i < n; i += 997 {
		row, ok := s.Find(FeatureID(strconv.Itoa(i)))
		if !ok || row.Feature().Values[0].Text() != fmt.Sprintf("category %d", i) {
			t.Fatalf("feature %d is lost or has another text", i)
		}
	}
	// The same through one field's updates, on a dictionary that is nearly full.
	l = grid(t, 1000, Options{})
	l.writer.settleAt[0] = column.MaxCodes + 1
	for i := range column.MaxCodes - 20 {
		if _, ok := l.writer.dicts[0].Intern(fmt.Sprintf("dead %d", i)); !ok {
			t.Fatal("the dictionary is full too early")
		}
	}
	b.Changes = b.Changes[:0]
	for i := range 300 {
		f := gridFeature(i)
		f.Values[0] = column.StringOf(fmt.Sprintf("new %d", i))
		b.Changes = append(b.Changes, Change{Feature: f})
	}
	if _, err := l.Apply(b); err != nil {
		t.Fatal(err)
	}
	checkInvariants(t, l.Snapshot(), Options{})
	if d := l.Snapshot().dicts[0]; d == nil || d.Len() > 400 {
		t.Error("a full dictionary of dead strings was not made anew")
	}
}

// TestDictionaryLimit: a full dictionary must always be mostly dead.
func TestDictionaryLimit(t *testing.T) {
	t.Parallel()
	for rows, want := range map[int]int{0: 1024, 8192: 1024, 8200: 1025, 200_000: 25_000, 262_136: 32_767, 1 << 40: 32_767} {
		if got := dictionaryLimit(rows); got != want || 2*got > column.MaxCodes {
			t.Errorf("%d rows: %d live strings, want %d, and twice that at most %d", rows, got, want, column.MaxCodes)
		}
	}
}

// TestDictionaryIsSeldomCounted brings 100 new strings with each batch and counts how often live
// strings are counted and dictionaries made anew.
func TestDictionaryIsSeldomCounted(t *testing.T) {
	t.Parallel()
	const rows, perBatch = 40_000, 100
	for _, c := range []struct {
		name            string
		start           int                // distinct strings at first, each on one of the first rows
		row             func(b, i int) int // row that gets string i of batch b
		batches         int
		counts, renewed int // at most
	}{
		{"constant, near the limit", rows/8 - 10, func(b, i int) int { return (b*perBatch + i) % (rows/8 - 10) }, 120, 2, 2},
		{"growing", 20, func(b, i int) int { return 20 + b*perBatch + i }, 48, 2, 0},
		{"half of them dead at once", perBatch, func(b, i int) int { // half on new rows, half on the new rows of the batch before
			return perBatch + (b-i%2)*perBatch/2 + i/2
		}, 48, 3, 3},
	} {
		l, err := New(&Schema{Name: "texts", Fields: []Field{{Name: "text", Kind: column.String}}}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		change := func(row int, s string) Change {
			return Change{Feature: Feature{ID: FeatureID(strconv.Itoa(row)), Values: []column.Value{column.StringOf(s)}}}
		}
		load, err := l.Load()
		if err != nil {
			t.Fatal(err)
		}
		for row := rows - 1; row >= 0; row-- { // the strings come when there are rows enough for them
			if err := load.Add([]Change{change(row, fmt.Sprintf("first %d", min(row, c.start)))}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := load.Finish(); err != nil {
			t.Fatal(err)
		}
		counts, renewed := 0, 0
		for b := range c.batches {
			batch := Batch{Layer: l.Name()}
			for i := range perBatch {
				batch.Changes = append(batch.Changes, change(c.row(b, i), fmt.Sprintf("batch %d %d", b, i)))
			}
			before := l.Snapshot().dicts[0]
			counted := before.Len()+len(batch.Changes) >= l.writer.settleAt[0]
			if _, err := l.Apply(batch); err != nil {
				t.Fatal(err)
			}
			after := l.Snapshot().dicts[0]
			if after == nil {
				t.Fatalf("%s: raw after batch %d", c.name, b)
			}
			if after != before {
				renewed++
			}
			if counted {
				counts++
				if next := l.writer.settleAt[0] - after.Len(); 2*next < after.Len() {
					t.Errorf("%s: of %d strings, the live ones are counted again after %d new ones", c.name, after.Len(), next)
				}
			}
			checkSettled(t, l.writer)
		}
		if counts < 1 || counts > c.counts || renewed > c.renewed {
			t.Errorf("%s: in %d batches strings were counted %d times and dictionaries made anew %d times, want at most %d and %d",
				c.name, c.batches, counts, renewed, c.counts, c.renewed)
		}
		checkInvariants(t, l.Snapshot(), Options{})
	}
}
