package layers

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"hutong/internal/testkit"
	"hutong/layers/column"
)

// testSchema has a field of every kind, one of them with ever new texts.
func testSchema() *Schema {
	return &Schema{
		Name: "complaints",
		Fields: []Field{
			{Name: "category", Kind: column.String, Keep: true},
			{Name: "title", Kind: column.String},
			{Name: "votes", Kind: column.Int},
			{Name: "score", Kind: column.Float},
			{Name: "urgent", Kind: column.Bool},
			{Name: "reported", Kind: column.Time},
		},
		IDField: "id", TimeField: "reported",
	}
}

// blockSizesTested are the block sizes that the property tests run with: tiny ones, so that splits
// and merges happen all the time, and the real ones.
var blockSizesTested = []Options{{MinRows: 4, MaxRows: 16}, {MinRows: 1, MaxRows: 2}, {}}

// world of a property test: the features that should be there, and the ids that may come.
type model struct {
	coverage bool
	rng      *rand.Rand
	ids      []FeatureID
	live     map[FeatureID]Feature
}

func newModel(seed uint64, ids int) *model {
	m := &model{rng: rand.New(rand.NewPCG(seed, 1)), live: map[FeatureID]Feature{}}
	for i := range ids {
		switch i % 4 {
		case 0:
			m.ids = append(m.ids, FeatureID(strconv.Itoa(i)))
		case 1:
			m.ids = append(m.ids, FeatureID(fmt.Sprintf("c-%d", i)))
		case 2: // the decimal that the id before hashes to: they share a number
			n, _ := m.ids[i-1].Number()
			m.ids = append(m.ids, FeatureID(strconv.FormatUint(n, 10)))
		case 3:
			m.ids = append(m.ids, FeatureID(fmt.Sprintf("%03d", i)))
		}
	}
	return m
}

func (m *model) feature(id FeatureID) Feature {
	r := m.rng
	f := Feature{ID: id, Values: []column.Value{
		column.StringOf(fmt.Sprintf("category %d", r.IntN(12))),
		column.StringOf(fmt.Sprintf("title %d of many", r.IntN(1<<30))),
		column.IntOf(r.Int64N(50)),
		column.FloatOf(math.Round(r.NormFloat64()*100) / 8),
		column.BoolOf(r.IntN(2) == 0),
		column.MicrosOf(1_480_000_000_000_000 + r.Int64N(1e13)),
	}}
	for i := range f.Values {
		if r.IntN(8) == 0 {
			f.Values[i] = column.Value{}
		}
	}
	f.Values = f.Values[:r.IntN(3)+len(f.Values)-2]
	switch r.IntN(10) {
	case 0: // no place
	case 1, 2:
		f.Geometry = orb.Point{116.4, 39.9} // a stack of features on one place
	case 3:
		f.Geometry = orb.Point{float64(r.IntN(3)-1) * 180, float64(r.IntN(3)-1) * 85.0511287}
	case 4, 5, 6:
		f.Geometry = randomShape(r)
	default:
		f.Geometry = orb.Point{116 + r.Float64(), 39.5 + r.Float64()}
	}
	return f
}

// change makes a random change and applies it to the model.
func (m *model) change() Change {
	id := m.ids[m.rng.IntN(len(m.ids))]
	old, exists := m.live[id]
	switch p := m.rng.IntN(10); {
	case p < 2:
		delete(m.live, id)
		return Change{Op: Delete, Feature: Feature{ID: id}}
	case p < 6 && exists: // one field
		f := old
		f.Values = slices.Clone(old.Values)
		i := m.rng.IntN(len(f.Values))
		if fresh := m.feature(id); i < len(fresh.Values) {
			f.Values[i] = fresh.Values[i]
		}
		m.live[id] = f
		return Change{Feature: f}
	default:
		f := m.feature(id)
		m.live[id] = f
		return Change{Feature: f}
	}
}

// fresh loads the model's features into an empty layer.
func (m *model) fresh(t *testing.T, o Options) *Layer {
	t.Helper()
	l := newLayer(t, o, m.coverage)
	load, err := l.Load()
	if err != nil {
		t.Fatal(err)
	}
	var changes []Change
	for _, id := range m.ids { // not in canonical order
		if f, ok := m.live[id]; ok {
			changes = append(changes, Change{Feature: f})
		}
	}
	if err := load.Add(changes); err != nil {
		t.Fatal(err)
	}
	if _, err := load.Finish(); err != nil {
		t.Fatal(err)
	}
	return l
}

func newLayer(t testing.TB, o Options, coverage ...bool) *Layer {
	t.Helper()
	schema := testSchema()
	schema.Coverage = len(coverage) > 0 && coverage[0]
	l, err := New(schema, o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// checkModel compares the snapshot with the plain map feature by feature.
func (m *model) check(t *testing.T, s *Snapshot) {
	t.Helper()
	if s.Count() != len(m.live) {
		t.Errorf("%d features, want %d", s.Count(), len(m.live))
	}
	for id, want := range m.live {
		row, ok := s.Find(id)
		if !ok {
			t.Errorf("%q is not found", id)
			continue
		}
		got := row.Feature()
		for i := range got.Values {
			var v column.Value
			if i < len(want.Values) {
				v = want.Values[i]
			}
			if got.Values[i] != v {
				t.Errorf("%q field %d: %v, want %v", id, i, got.Values[i], v)
			}
		}
		if located := len(testkit.Positions(want.Geometry)) > 0; (got.Geometry != nil) != located {
			t.Errorf("%q: geometry %v, want %v", id, got.Geometry, want.Geometry)
		} else if located {
			checkGeometry(t, id, got.Geometry, want.Geometry)
		}
	}
	for _, id := range m.ids {
		if _, wanted := m.live[id]; !wanted {
			if _, ok := s.Find(id); ok {
				t.Errorf("%q is found but was deleted", id)
			}
		}
	}
}

var sequenceRuns, loadRuns atomic.Uint64 // how often the tests below ran in this process

// TestAnySequence applies random changes in random batches. After every batch the snapshot must be
// sound and hold what the plain map holds, and the Delta must say what became different (S6); at the
// end it must look like a fresh load of the survivors, and every older snapshot as it did when it was
// published (S2, S5).
func TestAnySequence(t *testing.T) {
	t.Parallel()
	all := testkit.Seeds(t, &sequenceRuns, 4)
	for _, o := range blockSizesTested {
		for _, seed := range all {
			t.Run(fmt.Sprintf("blocks of %d to %d, seed %d", o.MinRows, o.MaxRows, seed), func(t *testing.T) {
				t.Parallel()
				anySequence(t, o, seed, false)
			})
			if seed >= all[0]+2 {
				continue
			}
			t.Run(fmt.Sprintf("coverage, blocks of %d to %d, seed %d", o.MinRows, o.MaxRows, seed), func(t *testing.T) {
				t.Parallel()
				anySequence(t, o, seed, true)
			})
		}
	}
}

func anySequence(t *testing.T, o Options, seed uint64, coverage bool) {
	ids, batches := 400, 60
	if o.MaxRows == 0 {
		ids, batches = 3000, 12 // enough for real blocks to split
	}
	m := newModel(seed, ids)
	m.coverage = coverage
	l := newLayer(t, o, coverage)
	type seen struct {
		snapshot *Snapshot
		text     string
	}
	var old []seen
	before := contents(l.Snapshot())
	for range batches {
		var b Batch
		b.Layer = l.Name()
		for range m.rng.IntN(ids / 3) {
			b.Changes = append(b.Changes, m.change())
		}
		delta, err := l.Apply(b)
		if err != nil {
			t.Fatal(err)
		}
		s := l.Snapshot()
		checkInvariants(t, s, o)
		m.check(t, s)
		after := contents(s)
		checkDelta(t, before, after, delta)
		before = after
		checkSettled(t, l.writer)
		if t.Failed() {
			t.Fatalf("after batch %d of %d changes", s.Seq(), len(b.Changes))
		}
		if m.rng.IntN(4) == 0 {
			old = append(old, seen{s, describe(s)})
		}
	}
	fresh := m.fresh(t, Options{MinRows: 3, MaxRows: 11})
	checkInvariants(t, fresh.Snapshot(), Options{MinRows: 3, MaxRows: 11})
	if diff := cmp.Diff(describe(fresh.Snapshot()), describe(l.Snapshot())); diff != "" {
		t.Errorf("not as a fresh load of the survivors (-fresh +live):\n%s", diff)
	}
	for _, s := range old {
		if got := describe(s.snapshot); got != s.text {
			t.Errorf("snapshot %d changed after it was published:\n%s", s.snapshot.Seq(), cmp.Diff(s.text, got))
		}
		checkInvariants(t, s.snapshot, o)
	}
	// Emptying the layer leaves nothing behind.
	var b Batch
	b.Layer = l.Name()
	for _, id := range m.ids {
		b.Changes = append(b.Changes, Change{Op: Delete, Feature: Feature{ID: id}})
	}
	if _, err := l.Apply(b); err != nil {
		t.Fatal(err)
	}
	if s := l.Snapshot(); s.Count() != 0 || s.tree.Len() != 0 || !slices.EqualFunc(s.sequences[:], make([]sequence, classes), func(a, _ sequence) bool { return len(a) == 0 }) {
		t.Errorf("an emptied layer still has %d features, %d boxes", s.Count(), s.tree.Len())
	}
}

// TestLoadIsABatch loads the same stream of changes, with repeats, moves and deletes, in bulk and
// batch by batch: the results must be the same.
func TestLoadIsABatch(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &loadRuns, 6) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			loadIsABatch(t, seed)
		})
	}
}

func loadIsABatch(t *testing.T, seed uint64) {
	m := newModel(seed, 600)
	bulk, live := newLayer(t, Options{MinRows: 4, MaxRows: 16}), newLayer(t, Options{MinRows: 5, MaxRows: 19})
	load, err := bulk.Load()
	if err != nil {
		t.Fatal(err)
	}
	for range 40 {
		b := Batch{Layer: live.Name()}
		for range m.rng.IntN(200) {
			b.Changes = append(b.Changes, m.change())
		}
		if err := load.Add(b.Changes); err != nil {
			t.Fatal(err)
		}
		if m.rng.IntN(2) == 0 {
			load.endRun() // short runs, so that there are many to merge
		}
		if m.rng.IntN(12) == 0 {
			load.compact()
		}
		if _, err := live.Apply(b); err != nil {
			t.Fatal(err)
		}
	}
	delta, err := load.Finish()
	if err != nil {
		t.Fatal(err)
	}
	if delta.Inserted != len(m.live) || !delta.Everywhere {
		t.Errorf("delta %+v, want %d inserted", delta, len(m.live))
	}
	checkInvariants(t, bulk.Snapshot(), Options{MinRows: 4, MaxRows: 16})
	m.check(t, bulk.Snapshot())
	if diff := cmp.Diff(describe(live.Snapshot()), describe(bulk.Snapshot())); diff != "" {
		t.Fatalf("a load is not its batches (-batches +load):\n%s", diff)
	}
}
