package layers

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"

	"github.com/paulmach/orb"

	"hutong/layers/column"
	"hutong/layers/world"
)

// grid loads n features on a grid of ten thousandths of a degree, the category by stripes.
func grid(t testing.TB, n int, o Options) *Layer {
	t.Helper()
	l := newLayer(t, o)
	load, err := l.Load()
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := load.Add([]Change{{Feature: gridFeature(i)}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := load.Finish(); err != nil {
		t.Fatal(err)
	}
	return l
}

func gridFeature(i int) Feature {
	x, y := i%100, i/100
	return Feature{
		ID:       FeatureID(strconv.Itoa(i)),
		Geometry: orb.Point{116 + float64(x)/1e4, 39 + float64(y)/1e4},
		Values: []column.Value{
			column.StringOf(fmt.Sprintf("stripe %d", x/10)), column.StringOf(fmt.Sprintf("title %d", i)),
			column.IntOf(int64(y)), column.FloatOf(float64(i)), column.BoolOf(x == 0), column.MicrosOf(int64(i) * 1e6),
		},
	}
}

// TestSuccessorsShare changes one field of one feature: the next snapshot must share by pointer
// every other column of the block, every other block, every other chunk, the sequences, the tree
// and the id index.
func TestSuccessorsShare(t *testing.T) {
	t.Parallel()
	l := grid(t, 10_000, Options{MinRows: 8, MaxRows: 32})
	before := l.Snapshot()
	f := gridFeature(4321)
	f.Values[2] = column.IntOf(-1)
	delta, err := l.Apply(Batch{Layer: l.Name(), Changes: []Change{{Feature: f}}})
	if err != nil {
		t.Fatal(err)
	}
	after := l.Snapshot()
	if delta.Updated != 1 || delta.Inserted+delta.Deleted != 0 || len(delta.Places) != 1 {
		t.Errorf("delta %+v, want one update at one place", delta)
	}
	chunks, blocks := 0, 0
	for i := range before.table {
		if before.table[i] == after.table[i] {
			continue
		}
		chunks++
		for j := range before.table[i] {
			old, next := before.table[i][j], after.table[i][j]
			if old == next {
				continue
			}
			blocks++
			if &old.x[0] != &next.x[0] || &old.y[0] != &next.y[0] || &old.numbers[0] != &next.numbers[0] {
				t.Error("places or numbers were copied though only a field changed")
			}
			for field := range old.columns {
				if same := old.columns[field] == next.columns[field]; same == (field == 2) {
					t.Errorf("field %d: shared %v, want %v", field, same, field != 2)
				}
			}
		}
	}
	if chunks != 1 || blocks != 1 {
		t.Errorf("%d chunks and %d blocks changed, want 1 and 1", chunks, blocks)
	}
	if &before.sequences[onePoint][0] != &after.sequences[onePoint][0] {
		t.Error("the sequence was copied though nothing was split or merged")
	}
	if before.tree != after.tree {
		t.Error("the tree was copied though no box changed")
	}
	if &before.index.pages[0] != &after.index.pages[0] {
		t.Error("the id index was copied though no feature moved")
	}
	// A move copies the pages of the index it touches and no other.
	f.Geometry = orb.Point{116.5, 39.5}
	if _, err := l.Apply(Batch{Layer: l.Name(), Changes: []Change{{Feature: f}}}); err != nil {
		t.Fatal(err)
	}
	moved, pages := l.Snapshot(), 0
	for i := range moved.index.pages {
		if moved.index.pages[i] != after.index.pages[i] {
			pages++
		}
	}
	if pages != 1 {
		t.Errorf("a move copied %d pages of the id index of %d, want 1", pages, len(moved.index.pages))
	}
}

// TestSameAgainChangesNothing applies a batch twice: the second time nothing is copied or reported.
func TestSameAgainChangesNothing(t *testing.T) {
	t.Parallel()
	l := grid(t, 500, Options{})
	before := l.Snapshot()
	b := Batch{Layer: l.Name(), Changes: []Change{{Feature: gridFeature(7)}, {Op: Delete, Feature: Feature{ID: "none"}}}}
	delta, err := l.Apply(b)
	if err != nil {
		t.Fatal(err)
	}
	if delta.Inserted+delta.Updated+delta.Deleted+len(delta.Places) != 0 {
		t.Errorf("delta %+v, want nothing", delta)
	}
	if after := l.Snapshot(); after.Seq() != before.Seq()+1 || &after.table[0] != &before.table[0] {
		t.Errorf("seq %d after %d, or the table was copied", after.Seq(), before.Seq())
	}
}

// TestDeltaCoversOldAndNewPlace moves, locates and removes a feature (S6).
func TestDeltaCoversOldAndNewPlace(t *testing.T) {
	t.Parallel()
	here, there := orb.Point{116.1, 39.1}, orb.Point{116.2, 39.2}
	cell := func(p orb.Point) world.Point {
		c, err := world.Project(p[0], p[1])
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	l := newLayer(t, Options{})
	for _, step := range []struct {
		name   string
		change Change
		want   []world.Point
	}{
		{"insert", Change{Feature: Feature{ID: "a", Geometry: here}}, []world.Point{cell(here)}},
		{"move", Change{Feature: Feature{ID: "a", Geometry: there}}, []world.Point{cell(here), cell(there)}},
		{"lose the place", Change{Feature: Feature{ID: "a"}}, []world.Point{cell(there)}},
		{"change without a place", Change{Feature: Feature{ID: "a", Values: []column.Value{column.StringOf("x")}}}, nil},
		{"get a place", Change{Feature: Feature{ID: "a", Geometry: here}}, []world.Point{cell(here)}},
		{"delete", Change{Op: Delete, Feature: Feature{ID: "a"}}, []world.Point{cell(here)}},
	} {
		delta, err := l.Apply(Batch{Layer: l.Name(), Changes: []Change{step.change}})
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(delta.Places) != fmt.Sprint(step.want) {
			t.Errorf("%s: places %v, want %v", step.name, delta.Places, step.want)
		}
	}
}

// TestChangeOfHolder deletes the decimal that two ids share a number with: the next one in order
// shows it, and its place is in the Delta.
func TestChangeOfHolder(t *testing.T) {
	t.Parallel()
	number, _ := FeatureID("c-1").Number()
	decimal := FeatureID(strconv.FormatUint(number, 10))
	l := newLayer(t, Options{})
	apply := func(c Change) Delta {
		t.Helper()
		d, err := l.Apply(Batch{Layer: l.Name(), Changes: []Change{c}})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	shows := func() FeatureID {
		row, ok := l.Snapshot().FindNumber(number)
		if !ok {
			return ""
		}
		return row.Feature().ID
	}
	apply(Change{Feature: Feature{ID: "c-1", Geometry: orb.Point{1, 1}}})
	if got := shows(); got != "c-1" {
		t.Errorf("alone: %q shows the number, want c-1", got)
	}
	if d := apply(Change{Feature: Feature{ID: decimal, Geometry: orb.Point{2, 2}}}); len(d.Places) != 2 {
		t.Errorf("the decimal takes the number over: places %v, want both", d.Places)
	}
	if got := shows(); got != decimal {
		t.Errorf("with the decimal there: %q shows the number, want %q", got, decimal)
	}
	if d := apply(Change{Op: Delete, Feature: Feature{ID: decimal}}); len(d.Places) != 2 {
		t.Errorf("the decimal leaves: places %v, want both", d.Places)
	}
	if got := shows(); got != "c-1" {
		t.Errorf("after the decimal left: %q shows the number, want c-1", got)
	}
	checkInvariants(t, l.Snapshot(), Options{})
}

// TestReadersWhileWriting runs every kind of query while batches are applied; under -race it shows
// that nothing a snapshot reaches is written to (S2).
func TestReadersWhileWriting(t *testing.T) {
	t.Parallel()
	o := Options{MinRows: 4, MaxRows: 16}
	m := newModel(3, 500)
	l := newLayer(t, o)
	done := make(chan struct{})
	var readers sync.WaitGroup
	for r := range 3 {
		readers.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(r), 9))
			for {
				select {
				case <-done:
					return
				default:
				}
				s := l.Snapshot()
				first := describe(s)
				s.Nearest(116.4, 39.9, 5)
				s.Memory()
				s.Find(m.ids[rng.IntN(len(m.ids))])
				s.Scan(column.Where(0, column.Equal, column.StringOf("category 3")), func(Row) bool { return true })
				if again := describe(s); again != first {
					t.Errorf("snapshot %d changed while it was read", s.Seq())
					return
				}
			}
		})
	}
	for range 60 {
		b := Batch{Layer: l.Name()}
		for range 50 {
			b.Changes = append(b.Changes, m.change())
		}
		if _, err := l.Apply(b); err != nil {
			t.Fatal(err)
		}
	}
	close(done)
	readers.Wait()
	m.check(t, l.Snapshot())
}
