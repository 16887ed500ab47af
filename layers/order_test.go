package layers

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"hutong/internal/testkit"
	"hutong/layers/column"
)

var orderRuns atomic.Uint64

// timedSchema orders changes by reported, then by votes.
func timedSchema() *Schema {
	s := testSchema()
	s.Observed, s.Version = "reported", "votes"
	return s
}

func timedLayer(t testing.TB, o Options) *Layer {
	t.Helper()
	l, err := New(timedSchema(), o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// momentOf is a moment of the tests: 0 is null.
func momentOf(moment int) column.Value {
	if moment == 0 {
		return column.Value{}
	}
	return column.MicrosOf(1_700_000_000_000_000 + int64(moment))
}

// timed is a change at a moment in a version, 0 for null, which differs from others by its score.
func timed(op Op, id string, moment, version int, score float64) Change {
	c := Change{Op: op, Feature: Feature{ID: FeatureID(id), Geometry: orb.Point{116.4, 39.9}, Values: []column.Value{
		{}, column.StringOf("a title"), {}, column.FloatOf(score), {}, momentOf(moment),
	}}}
	if version != 0 {
		c.Feature.Values[2] = column.IntOf(int64(version))
	}
	return c
}

// randomTimed returns changes of few ids at few moments, of which many are equal and some repeated.
func randomTimed(m *model, n int) []Change {
	var out []Change
	for range n {
		if len(out) > 0 && m.rng.IntN(6) == 0 {
			out = append(out, out[m.rng.IntN(len(out))])
			continue
		}
		f := m.feature(m.ids[m.rng.IntN(len(m.ids))])
		for len(f.Values) < 6 {
			f.Values = append(f.Values, column.Value{})
		}
		f.Values[1] = column.StringOf(string(rune('a' + m.rng.IntN(3))))
		f.Values[2] = column.Value{}
		if v := m.rng.IntN(3); v > 0 {
			f.Values[2] = column.IntOf(int64(v))
		}
		f.Values[5] = momentOf(m.rng.IntN(5))
		c := Change{Feature: f}
		if m.rng.IntN(4) == 0 {
			c.Op = Delete
		}
		out = append(out, c)
	}
	return out
}

// describeState lists all that a layer is made of.
func describeState(l *Layer) string {
	s := l.State()
	var stones []string
	for _, x := range s.Tombstones {
		stones = append(stones, fmt.Sprintf("%q deleted at %v in %v", x.ID, x.Observed, x.Version))
	}
	slices.Sort(stones)
	return describe(s.Snapshot) + strings.Join(stones, "\n") + fmt.Sprintf("\npruned %v\n", s.Pruned)
}

// applyCut applies changes in batches of random sizes.
func applyCut(t *testing.T, l *Layer, changes []Change, r *rand.Rand, snapshot bool) {
	t.Helper()
	for len(changes) > 0 {
		n := min(len(changes), 1+r.IntN(40))
		if _, err := l.Apply(Batch{Layer: l.Name(), Changes: changes[:n], Snapshot: snapshot}); err != nil {
			t.Fatal(err)
		}
		changes = changes[n:]
	}
}

// newestOf is the oracle: of each id the change that no other beats, found by comparing each with each. What
// an upsert is it learns from a layer that holds nothing else.
func newestOf(t *testing.T, changes []Change) []Change {
	t.Helper()
	state := func(c Change) []byte {
		if c.Op == Delete {
			return []byte{0xff}
		}
		l := timedLayer(t, Options{})
		if _, err := l.Apply(Batch{Layer: l.Name(), Changes: []Change{c}}); err != nil {
			t.Fatal(err)
		}
		row, _ := l.Snapshot().Find(c.Feature.ID)
		return l.writer.appendCanonical(nil, &standing{block: row.Block, row: row.Index})
	}
	order := func(v column.Value) int64 {
		if v.IsNull() {
			return -1
		}
		return v.Int()
	}
	best, states := map[FeatureID]Change{}, map[FeatureID][]byte{}
	for _, c := range changes {
		id, own := c.Feature.ID, state(c)
		b, known := best[id]
		if known {
			x := []int64{order(c.Feature.Values[5]), order(c.Feature.Values[2])}
			y := []int64{order(b.Feature.Values[5]), order(b.Feature.Values[2])}
			if o := slices.Compare(x, y); o < 0 || o == 0 && bytes.Compare(own, states[id]) <= 0 {
				continue
			}
		}
		best[id], states[id] = c, own
	}
	var out []Change
	for _, c := range best {
		out = append(out, c)
	}
	return out
}

// TestAnyOrderOfReports: the same reports give the same layer in any order, however often they come and
// however they are cut into batches.
func TestAnyOrderOfReports(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &orderRuns, 4) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			m := newModel(seed, 60)
			changes := randomTimed(m, 700)
			oracle, newest := timedLayer(t, Options{}), newestOf(t, changes)
			if _, err := oracle.Apply(Batch{Layer: oracle.Name(), Changes: newest}); err != nil {
				t.Fatal(err)
			}
			want := describeState(oracle)
			for i := range 4 {
				l := timedLayer(t, Options{MinRows: 4, MaxRows: 16})
				m.rng.Shuffle(len(changes), func(i, k int) { changes[i], changes[k] = changes[k], changes[i] })
				applyCut(t, l, changes, m.rng, false)
				if diff := cmp.Diff(want, describeState(l)); diff != "" {
					t.Fatalf("order %d (-newest of each +applied):\n%s", i, diff)
				}
				again, err := l.Apply(Batch{Layer: l.Name(), Changes: newest})
				if err != nil {
					t.Fatal(err)
				}
				if k := slices.IndexFunc(again.Outcomes, func(o Outcome) bool { return o != Duplicate }); k >= 0 {
					t.Fatalf("order %d: %+v once more is %v", i, newest[k], again.Outcomes[k])
				}
				checkInvariants(t, l.Snapshot(), Options{MinRows: 4, MaxRows: 16})
			}
		})
	}
}

// TestLoadByEventTime: a load is a feed that tells the whole state, wherever it goes over from loading to
// applying.
func TestLoadByEventTime(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &orderRuns, 4) {
		for _, assembleAt := range []int{-1, 0, 300} {
			t.Run(fmt.Sprintf("seed %d, assembled at %d", seed, assembleAt), func(t *testing.T) {
				t.Parallel()
				m := newModel(seed, 60)
				changes := randomTimed(m, 700)
				oracle := timedLayer(t, Options{})
				for i := range changes {
					applyCut(t, oracle, changes[i:i+1], m.rng, true)
				}
				l := timedLayer(t, Options{MinRows: 4, MaxRows: 16})
				load, err := l.Load()
				if err != nil {
					t.Fatal(err)
				}
				for i := 0; i < len(changes); i += 50 {
					if i == assembleAt {
						load.assemble()
					}
					if i%200 == 0 && !load.assembled {
						load.endRun()
					}
					if err := load.Add(changes[i : i+50]); err != nil {
						t.Fatal(err)
					}
				}
				delta, err := load.FinishAt(9)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(describeState(oracle), describeState(l)); diff != "" {
					t.Errorf("(-one by one +loaded):\n%s", diff)
				}
				if s := l.Snapshot(); delta.Seq != 9 || s.Seq() != 9 || delta.Inserted != s.Count() {
					t.Errorf("delta %+v of a snapshot with %d at %d", delta, s.Count(), s.Seq())
				}
				checkInvariants(t, l.Snapshot(), Options{MinRows: 4, MaxRows: 16})
			})
		}
	}
}

// TestLoadOfWhatWasDeletedFirst: in a file the later of equal ones counts, though deletes are applied
// behind the load.
func TestLoadOfWhatWasDeletedFirst(t *testing.T) {
	t.Parallel()
	l := timedLayer(t, Options{})
	load, err := l.Load()
	if err != nil {
		t.Fatal(err)
	}
	if err := load.Add([]Change{timed(Delete, "a", 1, 1, 0), timed(Upsert, "a", 1, 1, 1), timed(Upsert, "b", 1, 1, 1), timed(Delete, "b", 1, 1, 0)}); err != nil {
		t.Fatal(err)
	}
	if _, err := load.Finish(); err != nil {
		t.Fatal(err)
	}
	_, a := l.Snapshot().Find("a")
	_, b := l.Snapshot().Find("b")
	if !a || b {
		t.Errorf("a is there: %v, b: %v; want a only", a, b)
	}
}

// TestStateRestored: a layer made of another's state goes on like it.
func TestStateRestored(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &orderRuns, 3) {
		m := newModel(seed, 60)
		o := Options{MinRows: 4, MaxRows: 16, MaxTombstones: 12}
		l := timedLayer(t, o)
		applyCut(t, l, randomTimed(m, 400), m.rng, false)
		state := l.State()
		if state.Pruned.IsNull() || len(state.Tombstones) != l.Tombstones() || len(state.Tombstones) > 12 {
			t.Fatalf("seed %d: pruned %v, %d tombstones", seed, state.Pruned, len(state.Tombstones))
		}
		other := timedLayer(t, o)
		load, err := other.Load()
		if err != nil {
			t.Fatal(err)
		}
		if err := load.Restore(state.Tombstones, state.Pruned, state.Salt); err != nil {
			t.Fatal(err)
		}
		for b := range state.Snapshot.All() {
			for row := range b.Len() {
				if err := load.Add([]Change{{Feature: Row{b, row}.Feature()}}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if _, err := load.FinishAt(state.Snapshot.Seq()); err != nil {
			t.Fatal(err)
		}
		more := randomTimed(m, 400)
		for i := 0; i < len(more); i += 40 {
			a, err := l.Apply(Batch{Layer: l.Name(), Changes: more[i : i+40]})
			if err != nil {
				t.Fatal(err)
			}
			b, err := other.Apply(Batch{Layer: l.Name(), Changes: more[i : i+40]})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(a.Outcomes, b.Outcomes); diff != "" {
				t.Fatalf("seed %d: outcomes (-first +restored):\n%s", seed, diff)
			}
		}
		if diff := cmp.Diff(describeState(l), describeState(other)); diff != "" {
			t.Errorf("seed %d: (-first +restored):\n%s", seed, diff)
		}
	}
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		snapshot bool
		before   []Change
		batch    []Change
		want     []Outcome
	}{
		{"new", false, nil, []Change{timed(Upsert, "a", 1, 0, 1)}, []Outcome{Applied}},
		{"newer", false, []Change{timed(Upsert, "a", 1, 9, 1)}, []Change{timed(Upsert, "a", 2, 0, 1)}, []Outcome{Applied}},
		{"older", false, []Change{timed(Upsert, "a", 2, 0, 1)}, []Change{timed(Upsert, "a", 1, 9, 2)}, []Outcome{Late}},
		{"no time against some", false, []Change{timed(Upsert, "a", 1, 0, 1)}, []Change{timed(Upsert, "a", 0, 0, 2)}, []Outcome{Late}},
		{"a time against none", false, []Change{timed(Upsert, "a", 0, 0, 1)}, []Change{timed(Upsert, "a", 1, 0, 2)}, []Outcome{Applied}},
		{"a version", false, []Change{timed(Upsert, "a", 1, 1, 1)}, []Change{timed(Upsert, "a", 1, 2, 0)}, []Outcome{Applied}},
		{"an older version", false, []Change{timed(Upsert, "a", 1, 2, 1)}, []Change{timed(Upsert, "a", 1, 1, 9)}, []Outcome{Late}},
		{"a larger encoding", false, []Change{timed(Upsert, "a", 1, 1, 1)}, []Change{timed(Upsert, "a", 1, 1, 2)}, []Outcome{Applied}},
		{"a smaller encoding", false, []Change{timed(Upsert, "a", 1, 1, 2)}, []Change{timed(Upsert, "a", 1, 1, 1)}, []Outcome{Late}},
		{"a smaller encoding in the file", true, []Change{timed(Upsert, "a", 1, 1, 2)}, []Change{timed(Upsert, "a", 1, 1, 1)}, []Outcome{Applied}},
		{"older in the file", true, []Change{timed(Upsert, "a", 2, 1, 2)}, []Change{timed(Upsert, "a", 1, 1, 1)}, []Outcome{Late}},
		{"the same", false, []Change{timed(Upsert, "a", 1, 1, 1)}, []Change{timed(Upsert, "a", 1, 1, 1)}, []Outcome{Duplicate}},
		{"the same in the file", true, []Change{timed(Upsert, "a", 1, 1, 1)}, []Change{timed(Upsert, "a", 1, 1, 1)}, []Outcome{Duplicate}},
		{"a delete at the same time", false, []Change{timed(Upsert, "a", 1, 1, 1)}, []Change{timed(Delete, "a", 1, 1, 0)}, []Outcome{Applied}},
		{"an older delete", false, []Change{timed(Upsert, "a", 2, 1, 1)}, []Change{timed(Delete, "a", 1, 1, 0)}, []Outcome{Late}},
		{"back at the same time", false, []Change{timed(Delete, "a", 1, 1, 0)}, []Change{timed(Upsert, "a", 1, 1, 1)}, []Outcome{Late}},
		{"back in the file", true, []Change{timed(Delete, "a", 1, 1, 0)}, []Change{timed(Upsert, "a", 1, 1, 1)}, []Outcome{Applied}},
		{"back later", false, []Change{timed(Delete, "a", 1, 1, 0)}, []Change{timed(Upsert, "a", 2, 0, 1)}, []Outcome{Applied}},
		{"deleted twice", false, []Change{timed(Delete, "a", 1, 1, 0)}, []Change{timed(Delete, "a", 1, 1, 0)}, []Outcome{Duplicate}},
		{"deleted before it came", false, nil, []Change{timed(Delete, "a", 2, 0, 0), timed(Upsert, "a", 1, 0, 1)}, []Outcome{Applied, Late}},
		{
			"several of one id", false,
			[]Change{timed(Upsert, "a", 3, 0, 1)},
			[]Change{timed(Upsert, "a", 2, 0, 1), timed(Upsert, "a", 5, 0, 1), timed(Upsert, "b", 1, 0, 1), timed(Upsert, "a", 4, 0, 1), timed(Upsert, "a", 5, 0, 1)},
			[]Outcome{Late, Applied, Applied, Late, Duplicate},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := timedLayer(t, Options{})
			if _, err := l.Apply(Batch{Layer: l.Name(), Changes: c.before}); err != nil {
				t.Fatal(err)
			}
			before := describeState(l)
			delta, err := l.Apply(Batch{Layer: l.Name(), Changes: c.batch, Snapshot: c.snapshot})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, delta.Outcomes); diff != "" {
				t.Errorf("outcomes (-want +got):\n%s", diff)
			}
			if slices.Contains(c.want, Applied) {
				return
			}
			if after := describeState(l); after != before || delta.Inserted+delta.Updated+delta.Deleted+len(delta.Places) > 0 {
				t.Errorf("something changed: %+v\n%s", delta, cmp.Diff(before, after))
			}
		})
	}
}

// TestOutcomesWithoutTimes: in a layer without event times the last change counts, and what changes
// nothing is a duplicate.
func TestOutcomesWithoutTimes(t *testing.T) {
	t.Parallel()
	l := newLayer(t, Options{})
	line := timed(Upsert, "line", 1, 0, 1)
	line.Feature.Geometry = orb.LineString{{116, 39}, {117, 40}}
	for _, c := range []struct {
		batch []Change
		want  []Outcome
	}{
		{[]Change{timed(Upsert, "a", 9, 0, 1), line, timed(Delete, "b", 9, 0, 1)}, []Outcome{Applied, Applied, Duplicate}},
		{[]Change{timed(Upsert, "a", 9, 0, 1), line}, []Outcome{Duplicate, Duplicate}},
		{[]Change{timed(Upsert, "a", 1, 0, 1), line, timed(Upsert, "new", 1, 0, 1)}, []Outcome{Applied, Duplicate, Applied}},
		{[]Change{timed(Delete, "a", 0, 0, 1)}, []Outcome{Applied}},
	} {
		delta, err := l.Apply(Batch{Layer: l.Name(), Changes: c.batch})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, delta.Outcomes); diff != "" {
			t.Errorf("%v (-want +got):\n%s", c.batch, diff)
		}
	}
	if n := l.Tombstones(); n != 0 {
		t.Errorf("%d tombstones", n)
	}
}

// TestTombstonesGo by age and by number, and then what is as old as they were is too late.
func TestTombstonesGo(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	received := func(d time.Duration) int64 { return 1_700_000_000_000_000 + d.Microseconds() }
	for _, c := range []struct {
		name string
		opts Options
		then Batch // when x was deleted at 5, received after 0 days
		gone bool
	}{
		{"in time", Options{}, Batch{Received: received(30 * day), Changes: []Change{timed(Upsert, "y", 9, 0, 1)}}, false},
		{"too old", Options{}, Batch{Received: received(30*day + time.Microsecond), Changes: []Change{timed(Upsert, "y", 9, 0, 1)}}, true},
		{"too old for the layer", Options{TombstoneAge: day}, Batch{Received: received(2 * day), Changes: []Change{timed(Upsert, "y", 9, 0, 1)}}, true},
		{"without a clock", Options{}, Batch{Changes: []Change{timed(Upsert, "y", 9, 0, 1)}}, false},
		{"not too many", Options{MaxTombstones: 2}, Batch{Received: received(day), Changes: []Change{timed(Delete, "y", 9, 0, 1)}}, false},
		{"too many", Options{MaxTombstones: 1}, Batch{Received: received(day), Changes: []Change{timed(Delete, "y", 9, 0, 1)}}, true},
		{"the first to go has no clock", Options{MaxTombstones: 1}, Batch{Changes: []Change{timed(Delete, "y", 1, 0, 1)}}, true},
		{"it is back", Options{MaxTombstones: 1}, Batch{Received: received(day), Changes: []Change{timed(Upsert, "x", 6, 0, 1), timed(Delete, "y", 9, 0, 1)}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := timedLayer(t, c.opts)
			first := Batch{Layer: l.Name(), Received: received(0), Changes: []Change{timed(Delete, "x", 5, 0, 0)}}
			c.then.Layer = l.Name()
			for _, b := range []Batch{first, c.then} {
				if _, err := l.Apply(b); err != nil {
					t.Fatal(err)
				}
			}
			if pruned := l.State().Pruned; pruned.IsNull() == c.gone {
				t.Errorf("pruned %v", pruned)
			}
			if got := l.CrowdedTombstones() > 0; got != (c.gone && c.opts.MaxTombstones > 0) {
				t.Errorf("let go for their number: %v", got)
			}
			probes := []Change{timed(Upsert, "p", 4, 0, 1), timed(Upsert, "q", 5, 0, 1), timed(Delete, "r", 0, 0, 1), timed(Upsert, "s", 6, 0, 1)}
			want := []Outcome{Applied, Applied, Applied, Applied}
			if c.gone {
				want = []Outcome{TooLate, TooLate, TooLate, Applied}
			}
			delta, err := l.Apply(Batch{Layer: l.Name(), Changes: probes})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, delta.Outcomes); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			file, err := l.Apply(Batch{Layer: l.Name(), Snapshot: true, Changes: []Change{timed(Upsert, "t", 0, 0, 1)}})
			if err != nil || file.Outcomes[0] != Applied {
				t.Errorf("a record of a file without a time: got %v, %v", file.Outcomes, err)
			}
		})
	}
}

// TestTimeOfADelete must be one.
func TestTimeOfADelete(t *testing.T) {
	t.Parallel()
	l := timedLayer(t, Options{})
	for field, v := range map[int]column.Value{5: column.IntOf(1), 2: column.FloatOf(1)} {
		c := timed(Delete, "a", 1, 1, 0)
		c.Feature.Values[field] = v
		var refused *ChangeError
		if _, err := l.Apply(Batch{Layer: l.Name(), Changes: []Change{c}}); !errors.As(err, &refused) || refused.Field != l.Schema().Fields[field].Name {
			t.Errorf("field %d: got %v, want it refused", field, err)
		}
	}
}

// TestTombstonesOfOneID: the queue of tombstones does not grow with deletes of the same ids.
func TestTombstonesOfOneID(t *testing.T) {
	t.Parallel()
	l := timedLayer(t, Options{})
	for i := range 5000 {
		batch := Batch{Layer: l.Name(), Received: int64(i + 1), Changes: []Change{timed(Delete, "a", i+1, 0, 1)}}
		if i == 0 { // it stays, and stands before all others
			batch.Changes = append(batch.Changes, timed(Delete, "b", 1, 0, 1))
		}
		if _, err := l.Apply(batch); err != nil {
			t.Fatal(err)
		}
	}
	if n, q := l.Tombstones(), len(l.writer.tombs.queue); n != 2 || q > 1024+5 {
		t.Errorf("%d tombstones, %d in the queue", n, q)
	}
}

func TestBatchBehindTheLayer(t *testing.T) {
	t.Parallel()
	l := newLayer(t, Options{})
	for _, c := range []struct {
		seq  Seq
		want Seq
		err  error
	}{{7, 7, nil}, {7, 7, ErrSeq}, {3, 7, ErrSeq}, {0, 8, nil}, {20, 20, nil}} {
		delta, err := l.Apply(Batch{Layer: l.Name(), Seq: c.seq, Changes: []Change{timed(Upsert, fmt.Sprint(c.seq), 1, 0, 1)}})
		if !errors.Is(err, c.err) || l.Snapshot().Seq() != c.want || err == nil && delta.Seq != c.want {
			t.Errorf("seq %d: got state %d, delta %d and %v, want %d and %v", c.seq, l.Snapshot().Seq(), delta.Seq, err, c.want, c.err)
		}
	}
	if n := l.Snapshot().Count(); n != 3 {
		t.Errorf("%d features, want the 3 of the batches that were taken", n)
	}
}

func TestSchemaRefusesOrder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ observed, version, want string }{
		{"nothing", "", `"nothing" of event times is no field`},
		{"votes", "", `"votes" of event times is no field of type time`},
		{"", "votes", "needs a field of event times"},
		{"reported", "score", `"score" is no field of type int, time or string`},
		{"reported", "category", ""},
	} {
		s := testSchema()
		s.Observed, s.Version = c.observed, c.version
		if err := s.Validate(); c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("observed %q, version %q: got %v, want %q", c.observed, c.version, err, c.want)
		}
	}
}
