package layers

import (
	"fmt"
	"hash/fnv"
	"sync/atomic"
	"testing"

	"github.com/paulmach/orb"

	"hutong/internal/testkit"
	"hutong/layers/column"
	"hutong/layers/world"
)

// digest is what [digester] derives: how many features there are, and a sum over all that each is.
type digest struct{ count, sum uint64 }

func (digest) Bytes() int { return 16 }

// digester derives a sum that one edit too many, too few or of a wrong value changes.
type digester struct{ rebuilt int }

func (d *digester) Derive(from Derived, edits []Edit, s *Snapshot) Derived {
	if from == nil {
		d.rebuilt++
		var out digest
		for b := range s.All() {
			for row := range b.Len() {
				out.count++
				out.sum += digestOf(s.schema, Row{b, row})
			}
		}
		return out
	}
	out := from.(digest)
	for i := range edits {
		e := &edits[i]
		if e.Old.Block != nil {
			out.count--
			out.sum -= digestOf(s.schema, e.Old)
		}
		if !e.Gone {
			out.count++
			now := digestFeature(s.schema, e.Located, e.Place, e.Value)
			if row := e.Now(s); row.Block == nil || digestOf(s.schema, row) != now {
				out.count += 1 << 32 // the row is another one
			}
			out.sum += now
		}
	}
	return out
}

func digestOf(s *Schema, r Row) uint64 {
	var at world.Point
	if r.Located() {
		at = r.Block.Point(r.Index)
	}
	return digestFeature(s, r.Located(), at, func(field int) column.Value { return r.Block.Column(field).Value(r.Index) })
}

func digestFeature(s *Schema, located bool, at world.Point, value func(int) column.Value) uint64 {
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, located, at)
	for i := range s.Fields {
		_, _ = fmt.Fprint(h, value(i), ";")
	}
	return h.Sum64()
}

var deriverRuns atomic.Uint64

// TestDerivedInCommit applies random batches, with and without event times: what a deriver makes of the edits is what it
// makes of the features.
func TestDerivedInCommit(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &deriverRuns, 4) {
		for _, observed := range []string{"", "reported"} {
			t.Run(fmt.Sprintf("seed %d, observed %q", seed, observed), func(t *testing.T) {
				t.Parallel()
				schema, live := testSchema(), &digester{}
				schema.Observed = observed
				l, err := New(schema, Options{MinRows: 4, MaxRows: 16, Derivers: []Deriver{live}})
				if err != nil {
					t.Fatal(err)
				}
				m := newModel(seed, 400)
				for range 60 {
					b := Batch{Layer: "complaints"}
					for range m.rng.IntN(40) {
						b.Changes = append(b.Changes, m.change())
					}
					if _, err := l.Apply(b); err != nil {
						t.Fatal(err)
					}
					s := l.Snapshot()
					want := (&digester{}).Derive(nil, nil, s)
					if got := s.Derived(0); got != want {
						t.Fatalf("state %d: derived %v, want %v", s.Seq(), got, want)
					}
				}
				if live.rebuilt != 1 {
					t.Errorf("derived from all features %d times, want once, of the empty layer", live.rebuilt)
				}
			})
		}
	}
}

// TestDerivedOfLoad derives from what a load brought, and goes on from there.
func TestDerivedOfLoad(t *testing.T) {
	t.Parallel()
	d := &digester{}
	l := newLayer(t, Options{Derivers: []Deriver{d}})
	m := newModel(1, 300)
	ld, err := l.Load()
	if err != nil {
		t.Fatal(err)
	}
	for range 500 {
		if err := ld.Add([]Change{m.change()}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := ld.Finish(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Apply(Batch{Layer: "complaints", Changes: []Change{m.change(), m.change()}}); err != nil {
		t.Fatal(err)
	}
	if got, want := l.Snapshot().Derived(0), (&digester{}).Derive(nil, nil, l.Snapshot()); got != want {
		t.Errorf("derived %v, want %v", got, want)
	}
	if d.rebuilt != 2 {
		t.Errorf("derived from all features %d times, want twice", d.rebuilt)
	}
}

// TestPrivateChange notes a change of private fields alone apart from others (S10).
func TestPrivateChange(t *testing.T) {
	t.Parallel()
	at, square := orb.Point{116.4, 39.9}, orb.Polygon{{{116, 39}, {117, 39}, {117, 40}, {116, 39}}}
	for _, g := range []orb.Geometry{at, square} {
		schema := &Schema{Name: "cases", Fields: []Field{
			{Name: "status", Kind: column.String}, {Name: "phone", Kind: column.String, Private: true},
		}}
		l, err := New(schema, Options{})
		if err != nil {
			t.Fatal(err)
		}
		apply := func(status, phone string) Delta {
			t.Helper()
			d, err := l.Apply(Batch{Layer: "cases", Changes: []Change{{Feature: Feature{
				ID: "7", Geometry: g, Values: []column.Value{column.StringOf(status), column.StringOf(phone)},
			}}}})
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		apply("open", "1")
		for _, c := range []struct {
			status, phone   string
			public, private int
		}{
			{"open", "2", 0, 1}, {"closed", "2", 1, 0}, {"open", "3", 1, 0}, {"open", "3", 0, 0},
		} {
			d := apply(c.status, c.phone)
			got := [2]int{len(d.Places) + len(d.Boxes), len(d.PrivatePlaces) + len(d.PrivateBoxes)}
			if want := [2]int{c.public, c.private}; got != want {
				t.Errorf("%s, %s, %s: %v places, want %v", g.GeoJSONType(), c.status, c.phone, got, want)
			}
			if want := c.public + c.private; d.Updated != want {
				t.Errorf("%s: %d updated, want %d", g.GeoJSONType(), d.Updated, want)
			}
		}
	}
}
