package layers

import (
	"errors"
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
	"hutong/layers/world"
)

var orderedRuns atomic.Uint64

// edgeShape returns a shape at the antimeridian, the world's edge or the limit of latitude.
func edgeShape(r *rand.Rand) orb.Geometry {
	lon := []float64{-180, 180, 179.9999999, -179.9999999}[r.IntN(4)]
	lat := []float64{-world.MaxLatitude, world.MaxLatitude, 85.0511287, -85.0511287, 0}[r.IntN(5)]
	at := func(dx, dy float64) orb.Point {
		return orb.Point{clampTo(lon-math.Copysign(dx, lon), 180), clampTo(lat-math.Copysign(dy, lat), world.MaxLatitude)}
	}
	ring := orb.Ring{at(0, 0), at(1+r.Float64(), 0), at(1, r.Float64()), at(r.Float64()/2, 1), at(0, 0)}
	if r.IntN(2) == 0 {
		ring.Reverse()
	}
	switch r.IntN(6) {
	case 0:
		return at(0, 0)
	case 1:
		return orb.MultiPoint{at(0, 0), at(r.Float64(), 0), at(0, 0)}
	case 2:
		return orb.LineString{at(0, 0), at(r.Float64(), 0), at(0, 1)}
	case 3:
		return orb.MultiLineString{{at(0, 0), at(0, 1e-9)}, {at(1, 1), at(0, r.Float64())}}
	case 4:
		return orb.Polygon{{{-180, -world.MaxLatitude}, {180, -world.MaxLatitude}, {180, world.MaxLatitude}, {-180, world.MaxLatitude}, {-180, -world.MaxLatitude}}}
	default:
		return orb.MultiPolygon{{ring}, {{{0, 0}, {1e-9, 0}, {0, 1e-9}, {0, 0}}}, {{{0, 0}, {1, 0}, {0, 1 + r.Float64()}, {0, 0}}}}
	}
}

// TestWhatGoesOutComesIn takes the features of a layer of any shapes as it gives them out, in degrees, and
// makes layers of them, in their order and in any: both must be the same layer, to the bit.
func TestWhatGoesOutComesIn(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &orderedRuns, 6) {
		for _, coverage := range []bool{false, true} {
			t.Run(fmt.Sprintf("coverage %v, seed %d", coverage, seed), func(t *testing.T) {
				t.Parallel()
				whatGoesOutComesIn(t, seed, coverage)
			})
		}
	}
}

func whatGoesOutComesIn(t *testing.T, seed uint64, coverage bool) {
	m := newModel(seed, 500)
	m.coverage = coverage
	l := newLayer(t, Options{MinRows: 4, MaxRows: 16}, coverage)
	for range 4 {
		b := Batch{Layer: l.Name()}
		for range 300 {
			c := m.change()
			if c.Op == Upsert && m.rng.IntN(5) == 0 {
				c.Feature.Geometry = edgeShape(m.rng)
				m.live[c.Feature.ID] = c.Feature
			}
			b.Changes = append(b.Changes, c)
		}
		if _, err := l.Apply(b); err != nil {
			t.Fatal(err)
		}
	}
	var out []Change
	for b := range l.Snapshot().All() {
		for row := range b.Len() {
			out = append(out, Change{Feature: Row{b, row}.Feature()})
		}
	}
	o := Options{MinRows: 3, MaxRows: 11}
	ordered := newLayer(t, o, coverage)
	load, err := ordered.Load()
	if err != nil {
		t.Fatal(err)
	}
	for rest := out; len(rest) > 0; {
		n := min(len(rest), 1+m.rng.IntN(100))
		p, err := ordered.Schema().Prepare(rest[:n])
		if err != nil {
			t.Fatal(err)
		}
		if err := load.AddOrdered(p); err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
	}
	delta, err := load.FinishAt(77)
	if err != nil {
		t.Fatal(err)
	}
	if delta.Inserted != len(m.live) || delta.Seq != 77 || !delta.Everywhere {
		t.Errorf("delta %+v, want %d inserted as state 77", delta, len(m.live))
	}
	checkInvariants(t, ordered.Snapshot(), o)
	want := describe(l.Snapshot())
	if diff := cmp.Diff(want, describe(ordered.Snapshot())); diff != "" {
		t.Errorf("loaded in order (-before +after):\n%s", diff)
	}
	anyOrder := newLayer(t, o, coverage)
	m.rng.Shuffle(len(out), func(i, k int) { out[i], out[k] = out[k], out[i] })
	if _, err := anyOrder.Apply(Batch{Layer: anyOrder.Name(), Changes: out}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, describe(anyOrder.Snapshot())); diff != "" {
		t.Errorf("applied in any order (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(ownDetails(l.Snapshot()), ownDetails(ordered.Snapshot())); diff != "" {
		t.Errorf("details of the members by themselves (-before +after):\n%s", diff)
	}
	// Both go on alike.
	b := Batch{Layer: l.Name(), Seq: 78}
	for range 100 {
		b.Changes = append(b.Changes, m.change())
	}
	for _, layer := range []*Layer{l, ordered} {
		if _, err := layer.Apply(b); err != nil {
			t.Fatal(err)
		}
	}
	checkInvariants(t, ordered.Snapshot(), o)
	if diff := cmp.Diff(describe(l.Snapshot()), describe(ordered.Snapshot())); diff != "" {
		t.Errorf("after another batch (-before +after):\n%s", diff)
	}
}

// ownDetails lists in canonical order the details that the members of a coverage need by themselves.
func ownDetails(s *Snapshot) (out []uint8) {
	for b := range s.All() {
		if b.shapes != nil {
			out = append(out, b.shapes.own...)
		}
	}
	return out
}

// TestOrderedLoadLimitsDictionaries loads 70,000 distinct strings beside a few, in order.
func TestOrderedLoadLimitsDictionaries(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{{}, {MaxRows: 1 << 16}} {
		schema := testSchema()
		schema.Fields[0].MaxLength, schema.Fields[1].MaxLength = 64, 64
		l, err := New(schema, o)
		if err != nil {
			t.Fatal(err)
		}
		load, err := l.Load()
		if err != nil {
			t.Fatal(err)
		}
		var changes []Change
		for i := range 70_000 {
			f := Feature{ID: FeatureID(strconv.Itoa(i)), Values: []column.Value{
				column.StringOf(fmt.Sprintf("category %d", i%20)), column.StringOf(fmt.Sprintf("title %d", i)),
			}}
			changes = append(changes, Change{Feature: f})
		}
		for batch := range slices.Chunk(changes, 7000) {
			p, err := schema.Prepare(batch)
			if err != nil {
				t.Fatal(err)
			}
			if err := load.AddOrdered(p); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := load.Finish(); err != nil {
			t.Fatal(err)
		}
		s := l.Snapshot()
		if s.dicts[1] != nil || s.dicts[0] == nil || s.dicts[0].Len() != 20 {
			t.Errorf("blocks of %d: dictionaries %v, want one of 20 categories", o.MaxRows, s.dicts)
		}
		checkInvariants(t, s, o)
		for i := 0; i < 70_000; i += 997 {
			row, _ := s.Find(FeatureID(strconv.Itoa(i)))
			got := row.Feature().Values
			if diff := cmp.Diff(changes[i].Feature.Values, got[:2], cmp.AllowUnexported(column.Value{})); diff != "" {
				t.Fatalf("blocks of %d: feature %d: %s", o.MaxRows, i, diff)
			}
		}
	}
}

// TestOrderedLoadRefuses gives a load what it must not take; what it took before stays.
func TestOrderedLoadRefuses(t *testing.T) {
	t.Parallel()
	at := func(ids ...FeatureID) (out []Change) {
		for _, id := range ids {
			out = append(out, Change{Feature: Feature{ID: id}})
		}
		return out
	}
	prepare := func(t *testing.T, l *Layer, changes []Change) Prepared {
		t.Helper()
		p, err := l.Schema().Prepare(changes)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	for _, test := range []struct {
		name string
		run  func(t *testing.T, l *Layer, ld *Loader) error
		want error
	}{
		{"behind the last", func(t *testing.T, l *Layer, ld *Loader) error {
			return ld.AddOrdered(prepare(t, l, at("4")))
		}, ErrOrder},
		{"twice", func(t *testing.T, l *Layer, ld *Loader) error { return ld.AddOrdered(prepare(t, l, at("5"))) }, ErrOrder},
		{"falling inside", func(t *testing.T, l *Layer, ld *Loader) error {
			return ld.AddOrdered(prepare(t, l, at("7", "6")))
		}, ErrOrder},
		{"any order behind it", func(_ *testing.T, _ *Layer, ld *Loader) error { return ld.Add(at("9")) }, ErrMixed},
		{"another schema", func(t *testing.T, _ *Layer, ld *Loader) error {
			return ld.AddOrdered(prepare(t, newLayer(t, Options{}), at("9")))
		}, ErrLayer},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l, ld := beginLoad(t, testSchema())
			if err := ld.AddOrdered(prepare(t, l, at("3", "5"))); err != nil {
				t.Fatal(err)
			}
			if err := test.run(t, l, ld); !errors.Is(err, test.want) {
				t.Errorf("error %v, want %v", err, test.want)
			}
			if _, err := ld.Finish(); err != nil {
				t.Fatal(err)
			}
			if got := l.Snapshot().Count(); got != 2 {
				t.Errorf("%d features, want 2", got)
			}
			if err := ld.AddOrdered(prepare(t, l, at("9"))); !errors.Is(err, ErrFinished) {
				t.Errorf("after Finish: error %v, want %v", err, ErrFinished)
			}
		})
	}
	l, ld := beginLoad(t, testSchema())
	if err := ld.Add(at("1")); err != nil {
		t.Fatal(err)
	}
	if err := ld.AddOrdered(prepare(t, l, at("2"))); !errors.Is(err, ErrMixed) {
		t.Errorf("in order behind any order: error %v, want %v", err, ErrMixed)
	}
	ld.Abort()
	var refused *ChangeError
	if _, err := l.Schema().Prepare([]Change{{Feature: Feature{ID: "1"}}, {Op: Delete, Feature: Feature{ID: "2"}}}); !errors.As(err, &refused) || refused.Index != 1 {
		t.Errorf("a delete: error %v, want one about change 1", err)
	}
}
