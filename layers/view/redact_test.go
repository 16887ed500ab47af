package view

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/hexgrid"
	"hutong/layers/world"
)

// selector selects by a predicate over columns.
type selector struct{ column.Predicate }

func (s selector) Skips(b *layers.Block) bool { return s.Predicate.Skips(b.Columns()) }

func (s selector) Filter(b *layers.Block, rows column.Bits) { s.Predicate.Filter(b.Columns(), rows) }

var testSecret = []byte(strings.Repeat("s", MinSecret))

func redactSchema() *layers.Schema {
	return &layers.Schema{
		Name: "reports", IDField: "ref", TimeField: "at", Observed: "at", Coverage: false,
		Fields: []layers.Field{
			{Name: "phone", Kind: column.String, Private: true},
			{Name: "status", Kind: column.String, Keep: true},
			{Name: "votes", Kind: column.Int},
			{Name: "at", Kind: column.Time},
		},
	}
}

func report(id layers.FeatureID, g orb.Geometry, phone, status string, votes int64) layers.Feature {
	return layers.Feature{ID: id, Geometry: g, Values: []column.Value{
		column.StringOf(phone), column.StringOf(status), column.IntOf(votes), column.MicrosOf(1_700_000_000_000_000 + votes),
	}}
}

// rowOf returns a feature as a layer holds it.
func rowOf(t *testing.T, f layers.Feature) layers.Row {
	t.Helper()
	live, err := layers.New(redactSchema(), layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	// Neighbours, so that the row is one of several.
	batch := layers.Batch{Layer: "reports", Changes: []layers.Change{
		{Feature: report("other", orb.Point{1, 1}, "9", "closed", 9)}, {Feature: f}, {Feature: report("more", orb.Point{-1, 2}, "9", "open", 8)},
	}}
	if _, err := live.Apply(batch); err != nil {
		t.Fatal(err)
	}
	row, ok := live.Snapshot().Find(f.ID)
	if !ok {
		t.Fatal("the feature is not there")
	}
	return row
}

func TestRedactor(t *testing.T) {
	t.Parallel()
	open := selector{column.Where(1, column.Equal, column.StringOf("open"))}
	status, votes := column.StringOf("open"), column.IntOf(5)
	when := column.MicrosOf(1_700_000_000_000_005)
	for _, test := range []struct {
		name   string
		policy Policy
		in     layers.Feature
		want   []column.Value // nil when it is not shown
		check  func(t *testing.T, f layers.Feature)
	}{
		{"all that is not private", Policy{}, report("7", orb.Point{10, 20}, "1", "open", 5), []column.Value{status, votes, when}, nil},
		{"some fields, in the order of the schema", Policy{Fields: []string{"votes", "status"}}, report("7", orb.Point{10, 20}, "1", "open", 5), []column.Value{status, votes}, nil},
		{"a private field", Policy{Fields: []string{"phone"}}, report("7", orb.Point{10, 20}, "1", "open", 5), []column.Value{column.StringOf("1")}, nil},
		{"selected by a field that is not shown", Policy{Where: open, Fields: []string{"votes"}}, report("7", orb.Point{10, 20}, "1", "open", 5), []column.Value{votes}, nil},
		{"not selected", Policy{Where: open}, report("7", orb.Point{10, 20}, "1", "closed", 5), nil, nil},
		{"not selected for a null", Policy{Where: open}, layers.Feature{ID: "7"}, nil, nil},
		{
			"keyed id",
			Policy{KeyedIDs: true, Secret: testSecret},
			report("7", orb.Point{10, 20}, "1", "open", 5),
			[]column.Value{status, votes, when},
			func(t *testing.T, f layers.Feature) {
				t.Helper()
				if len(f.ID) != 32 || strings.Trim(string(f.ID), "0123456789abcdef") != "" {
					t.Errorf("got id %q, want 32 hexadecimal digits", f.ID)
				}
			},
		},
		{"snapped point", Policy{Snap: new(hexgrid.Resolution(8)), Secret: testSecret}, report("7", orb.Point{10.1, 20.1}, "1", "open", 5), []column.Value{status, votes, when}, snappedNear(10.1, 20.1)},
		{
			"snapped polygon",
			Policy{Snap: new(hexgrid.Resolution(8)), Secret: testSecret},
			report("7", orb.Polygon{{{10, 20}, {10.2, 20}, {10.2, 20.2}, {10, 20.2}, {10, 20}}}, "1", "open", 5),
			[]column.Value{status, votes, when},
			snappedNear(10.1, 20.1),
		},
		{
			"snapped line",
			Policy{Snap: new(hexgrid.Resolution(8)), Secret: testSecret},
			report("7", orb.LineString{{10, 20}, {10.2, 20.2}}, "1", "open", 5),
			[]column.Value{status, votes, when},
			snappedNear(10.1, 20.1),
		},
		{"nothing to snap", Policy{Snap: new(hexgrid.Resolution(8)), Secret: testSecret}, report("7", nil, "1", "open", 5), []column.Value{status, votes, when}, placeless},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.policy.Name = "shown"
			r, err := NewRedactor(redactSchema(), test.policy)
			if err != nil {
				t.Fatal(err)
			}
			row := rowOf(t, test.in)
			got, ok := r.Row(row)
			if ok != (test.want != nil) || !slices.Equal(got.Values, test.want) {
				t.Fatalf("got %v, %v, want %v", got.Values, ok, test.want)
			}
			if !ok {
				return
			}
			if got.ID != r.ID(test.in.ID) || !test.policy.KeyedIDs && got.ID != test.in.ID {
				t.Errorf("got id %q", got.ID)
			}
			if test.check != nil {
				test.check(t, got)
			}
			if test.policy.Snap == nil && !orb.Equal(got.Geometry, row.Geometry()) {
				t.Errorf("got %v, want the place as it is, %v", got.Geometry, row.Geometry())
			}
		})
	}
}

// snappedNear wants a place in the middle of a cell around the one of a place, or in that.
func snappedNear(lon, lat float64) func(*testing.T, layers.Feature) {
	return func(t *testing.T, f layers.Feature) {
		t.Helper()
		p, ok := f.Geometry.(orb.Point)
		if !ok || !slices.Contains(aroundOf(t, lon, lat, 8), p) {
			t.Errorf("got %v, want the centre of a cell around %v, %v", f.Geometry, lon, lat)
		}
	}
}

// aroundOf returns the centres of the cell that has a place and of its neighbours.
func aroundOf(t *testing.T, lon, lat float64, r hexgrid.Resolution) (centres []orb.Point) {
	t.Helper()
	own, err := hexgrid.At(lon, lat, r)
	if err != nil {
		t.Fatal(err)
	}
	cells, err := own.Disk(1)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cells {
		lon, lat := c.Centre()
		centres = append(centres, orb.Point{lon, lat})
	}
	return centres
}

func placeless(t *testing.T, f layers.Feature) {
	t.Helper()
	if f.Geometry != nil {
		t.Errorf("got %v, want no place", f.Geometry)
	}
}

// TestSnapped looks at what the rule of snapping promises.
func TestSnapped(t *testing.T) {
	t.Parallel()
	redactor := func(layer, name layers.Name, secret []byte) *Redactor {
		schema := redactSchema()
		schema.Name = layer
		r, err := NewRedactor(schema, Policy{Name: name, Snap: new(hexgrid.Resolution(8)), KeyedIDs: true, Secret: secret})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	r, second := redactor("l", "a", testSecret), redactor("l", "b", testSecret)
	others := []*Redactor{redactor("m", "c", testSecret), redactor("l", "a", []byte(strings.Repeat("t", MinSecret)))}
	const n = 4200
	counts, differ := map[orb.Point]int{}, [2]int{}
	for i := range n {
		id := layers.FeatureID(strconv.Itoa(i))
		p, ok := r.snapped(id, 10.1, 20.1)
		if !ok {
			t.Fatal("not snapped")
		}
		counts[p]++
		if again, _ := r.snapped(id, 10.1001, 20.1001); again != p { // elsewhere in the cell
			t.Fatalf("feature %s moved from %v to %v within its cell", id, p, again)
		}
		if q, _ := second.snapped(id, 10.1, 20.1); q != p || second.ID(id) == r.ID(id) {
			t.Fatalf("feature %s is at %v, and in another view at %v, where its id must be another", id, p, q)
		}
		for j, other := range others {
			if q, _ := other.snapped(id, 10.1, 20.1); q != p {
				differ[j]++
			}
			if other.ID(id) == r.ID(id) {
				t.Fatalf("feature %s has the same id with another secret", id)
			}
		}
	}
	if len(counts) != 7 {
		t.Errorf("got %d places, want those of seven cells", len(counts))
	}
	for p, c := range counts {
		if c < n/7-110 || c > n/7+110 { // nearly five standard deviations
			t.Errorf("%d of %d features are at %v, want about a seventh", c, n, p)
		}
	}
	for j, d := range differ {
		if d < n*6/7-110 {
			t.Errorf("another layer, or secret: %d: only %d of %d features are elsewhere, want six sevenths", j, d, n)
		}
	}
}

func TestNewRedactorRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		policy Policy
		want   string
	}{
		{"no such field", Policy{Fields: []string{"phon"}}, `view: layer reports has no field "phon"`},
		{"a field twice", Policy{Fields: []string{"phone", "phone"}}, `view: field "phone" stands twice`},
		{"keyed without a secret", Policy{KeyedIDs: true}, ErrSecret.Error()},
		{"snapped by a short one", Policy{Snap: new(hexgrid.Resolution(8)), Secret: testSecret[1:]}, ErrSecret.Error()},
		{"no such resolution", Policy{Snap: new(hexgrid.Resolution(16)), Secret: testSecret}, "view: hexgrid: resolution 16 is not 0 to 15"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if _, err := NewRedactor(redactSchema(), test.policy); err == nil || err.Error() != test.want {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}

var redactRuns atomic.Uint64

// followed is a layer that changes at random, and the stores and views that follow it.
type followed struct {
	rng  *rand.Rand
	live *layers.Layer
	seq  int64
}

// batch applies a random batch and returns the ids that it was about, its Delta and the state before.
func (f *followed) batch(t *testing.T) (ids []layers.FeatureID, d layers.Delta, before *layers.Snapshot) {
	t.Helper()
	b := layers.Batch{Layer: f.live.Name()}
	for range 1 + f.rng.IntN(20) {
		id := layers.FeatureID(strconv.Itoa(f.rng.IntN(60)))
		f.seq++
		c := layers.Change{Feature: layers.Feature{ID: id, Values: make([]column.Value, 4)}}
		old, there := f.live.Snapshot().Find(id)
		switch p := f.rng.IntN(10); {
		case p < 2:
			c.Op = layers.Delete
		case p < 7 && there: // some of the values
			c.Feature = old.Feature()
			i := f.rng.IntN(3)
			c.Feature.Values[i] = report("", nil, fmt.Sprint("phone ", f.rng.IntN(3)), []string{"open", "closed"}[f.rng.IntN(2)], f.rng.Int64N(3)).Values[i]
		default:
			c.Feature = report(id, f.geometry(), fmt.Sprint("phone ", f.rng.IntN(3)), []string{"open", "closed"}[f.rng.IntN(2)], f.rng.Int64N(3))
		}
		c.Feature.Values[3] = column.MicrosOf(f.seq - f.rng.Int64N(2)*10) // some are late
		b.Changes = append(b.Changes, c)
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	before = f.live.Snapshot()
	d, err := f.live.Apply(b)
	if err != nil {
		t.Fatal(err)
	}
	return ids, d, before
}

func (f *followed) geometry() orb.Geometry {
	lon, lat := math.Round(f.rng.Float64()*8)/4, math.Round(f.rng.Float64()*8)/4 // features share places
	switch f.rng.IntN(6) {
	case 0:
		return nil
	case 1:
		return orb.LineString{{lon, lat}, {lon + 1, lat + float64(f.rng.IntN(2))}}
	case 2:
		return orb.Polygon{{{lon, lat}, {lon + 1, lat}, {lon + 1, lat + 1}, {lon, lat}}}
	default:
		return orb.Point{lon, lat}
	}
}

// contents returns all features of a state by their ids, as text.
func contents(s layers.Reader) map[layers.FeatureID]string {
	all := map[layers.FeatureID]string{}
	for b := range s.All() {
		for row := range b.Len() {
			f := layers.Row{Block: b, Index: row}.Feature()
			all[f.ID] = fmt.Sprintf("%T %v %v", f.Geometry, f.Geometry, f.Values)
		}
	}
	return all
}

// TestRedactorFollows applies random batches to a layer, and what follows from each change to a store of each policy:
// that is then what all of the layer redacted from scratch is (S8), and what was before has not changed (S2).
func TestRedactorFollows(t *testing.T) {
	t.Parallel()
	policies := []Policy{
		{Where: selector{column.Where(1, column.Equal, column.StringOf("open"))}, Fields: []string{"votes"}},
		{KeyedIDs: true, Secret: testSecret},
		{Snap: new(hexgrid.Resolution(9)), Secret: testSecret},
		{Snap: new(hexgrid.Resolution(6)), KeyedIDs: true, Secret: testSecret, Fields: []string{"phone"}, Where: selector{column.Where(0, column.Equal, column.StringOf("phone 1"))}},
	}
	for _, seed := range testkit.Seeds(t, &redactRuns, 2) {
		f := &followed{rng: rand.New(rand.NewPCG(seed, 7)), live: newLive(t, redactSchema())}
		for p := range policies {
			policies[p].Name = "shown"
		}
		var redactors []*Redactor
		var stores []*layers.Layer
		for _, p := range policies {
			r, err := NewRedactor(f.live.Schema(), p)
			if err != nil {
				t.Fatal(err)
			}
			schema, err := p.Schema(f.live.Schema())
			if err != nil {
				t.Fatal(err)
			}
			redactors, stores = append(redactors, r), append(stores, newLive(t, schema))
		}
		for range 40 {
			ids, _, before := f.batch(t)
			for i, r := range redactors {
				old := stores[i].Snapshot()
				was := contents(old)
				batch := layers.Batch{Layer: "shown"}
				for _, id := range ids {
					a, isA := before.Find(id)
					b, isB := f.live.Snapshot().Find(id)
					if c, differs := r.Change(id, a, isA, b, isB); differs {
						batch.Changes = append(batch.Changes, c)
					}
				}
				d, err := stores[i].Apply(batch)
				if err != nil {
					t.Fatal(err)
				}
				if n := d.Inserted + d.Updated + d.Deleted; n != len(batch.Changes) {
					t.Fatalf("seed %d, policy %d: %d changes, of which %d changed something", seed, i, len(batch.Changes), n)
				}
				fresh := newLive(t, stores[i].Schema())
				all := layers.Batch{Layer: "shown"}
				if err := r.Each(f.live.Snapshot(), func(f layers.Feature) error {
					all.Changes = append(all.Changes, layers.Change{Feature: f})
					return nil
				}); err != nil {
					t.Fatal(err)
				}
				if _, err := fresh.Apply(all); err != nil {
					t.Fatal(err)
				}
				if diff := gocmp.Diff(contents(fresh.Snapshot()), contents(stores[i].Snapshot())); diff != "" {
					t.Fatalf("seed %d, policy %d: the store is not what the layer redacted is (-want +got):\n%s", seed, i, diff)
				}
				if diff := gocmp.Diff(was, contents(old)); diff != "" {
					t.Fatalf("seed %d, policy %d: an old state changed (-want +got):\n%s", seed, i, diff)
				}
			}
		}
	}
}

func newLive(t *testing.T, schema *layers.Schema) *layers.Layer {
	t.Helper()
	live, err := layers.New(schema, layers.Options{MinRows: 2, MaxRows: 8})
	if err != nil {
		t.Fatal(err)
	}
	return live
}

// TestDelta holds the Delta of views that choose fields against what differs between the states.
func TestDelta(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &redactRuns, 5) {
		f := &followed{rng: rand.New(rand.NewPCG(seed, 8)), live: newLive(t, redactSchema())}
		for range 40 {
			ids, d, before := f.batch(t)
			for _, fields := range [][]string{nil, {"status"}, {"phone"}, {"phone", "votes"}, {"phone", "status", "votes", "at"}} {
				l, err := New(f.live, Spec{Name: "shown", Fields: fields})
				if err != nil {
					t.Fatal(err)
				}
				got := l.Delta(&d, ids, before, f.live.Snapshot())
				want := layers.Delta{Layer: "shown", Seq: d.Seq}
				for _, id := range ids {
					old, was := before.Find(id)
					now, is := f.live.Snapshot().Find(id)
					switch {
					case was && is && slices.Equal(Row{old, l}.Values(), Row{now, l}.Values()) && samePlace(old, now):
						continue
					case was && is:
						want.Updated++
					case was:
						want.Deleted++
					case is:
						want.Inserted++
					}
					if was {
						note(&want, old)
					}
					if is && (!was || !samePlace(old, now)) {
						note(&want, now)
					}
				}
				sortDelta(&want)
				sortDelta(&got)
				if diff := gocmp.Diff(want, got); diff != "" {
					t.Fatalf("seed %d, fields %v (-want +got):\n%s", seed, fields, diff)
				}
			}
		}
	}
}

// sortDelta puts places and boxes in an order.
func sortDelta(d *layers.Delta) {
	slices.SortFunc(d.Places, func(a, b world.Point) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	slices.SortFunc(d.Boxes, func(a, b world.Box) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	if len(d.Places) == 0 {
		d.Places = nil
	}
	if len(d.Boxes) == 0 {
		d.Boxes = nil
	}
}
