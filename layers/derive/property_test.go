package derive

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/paulmach/orb"

	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/hexgrid"
	"hutong/layers/world"
)

func testSchema() *layers.Schema {
	return &layers.Schema{Name: "complaints", Fields: []layers.Field{
		{Name: "category", Kind: column.String},
		{Name: "votes", Kind: column.Int},
		{Name: "score", Kind: column.Float},
		{Name: "urgent", Kind: column.Bool},
		{Name: "reported", Kind: column.Time},
		{Name: "title", Kind: column.String},
		{Name: "phone", Kind: column.String, Private: true},
	}}
}

func testSpec(coarsest, finest hexgrid.Resolution) Spec {
	return Spec{
		Min: coarsest, Max: finest, Numbers: []string{"votes", "score"}, Time: "reported",
		Counts: []CountField{
			{Field: "category", Values: []string{"noise", "lamp", "waste"}},
			{Field: "urgent", Values: []string{"true"}},
			{Field: "votes", Values: []string{"0", "-1"}},
		},
	}
}

// newLayer returns a layer with an index.
func newLayer(t testing.TB, spec Spec, o layers.Options) (*layers.Layer, *Index) {
	t.Helper()
	schema := testSchema()
	ix, err := NewIndex(schema, spec)
	if err != nil {
		t.Fatal(err)
	}
	o.Derivers = []layers.Deriver{ix}
	l, err := layers.New(schema, o)
	if err != nil {
		t.Fatal(err)
	}
	return l, ix
}

// cellsOf returns what the index made of the newest state.
func cellsOf(t testing.TB, ix *Index, s *layers.Snapshot) *Cells {
	t.Helper()
	c, ok := ix.Of(s)
	if !ok {
		t.Fatal("the snapshot has no cells")
	}
	return c
}

// anywhere returns a place of one of the kinds that are hard: around pentagons, at the antimeridian, at the ends of
// the map, and stacks of features on one place.
func anywhere(r *rand.Rand) orb.Point {
	near := func(lon, lat, spread float64) orb.Point {
		lon = math.Remainder(lon+r.NormFloat64()*spread, 360)
		return orb.Point{lon, min(max(lat+r.NormFloat64()*spread, -world.MaxLatitude), world.MaxLatitude)}
	}
	spread := math.Pow(10, -float64(r.IntN(6)))
	switch r.IntN(9) {
	case 0:
		return orb.Point{116.4, 39.9}
	case 1:
		return orb.Point{float64(r.IntN(3)-1) * 180, float64(r.IntN(3)-1) * 85.0511287}
	case 2:
		return near(180, r.Float64()*170-85, spread)
	case 3:
		return near(r.Float64()*360-180, 85, spread)
	case 4:
		return near(0, r.Float64()*20, spread)
	case 5, 6:
		pentagons := [...]int{4, 14, 24, 38, 49, 58, 63, 72, 83, 97, 107, 117}
		lon, lat := hexgrid.BaseCell(pentagons[r.IntN(len(pentagons))]).Centre()
		return near(lon, lat, spread)
	default:
		return near(116.4, 39.9, 0.01)
	}
}

func randomFeature(r *rand.Rand, id layers.FeatureID) layers.Feature {
	f := layers.Feature{ID: id, Values: []column.Value{
		column.StringOf([]string{"noise", "lamp", "waste", "dog", "tree"}[r.IntN(5)]),
		column.IntOf(r.Int64N(5) - 2),
		column.FloatOf(math.Round(r.NormFloat64()*100) / 8),
		column.BoolOf(r.IntN(2) == 0),
		column.MicrosOf(1_480_000_000_000_000 + r.Int64N(50)),
		column.StringOf("title"),
		column.StringOf("555"),
	}}
	switch r.IntN(12) {
	case 0:
		f.Values[1] = column.IntOf([]int64{math.MaxInt64, math.MinInt64}[r.IntN(2)])
	case 1:
		f.Values[2] = column.FloatOf(r.NormFloat64() * math.Pow(10, float64(r.IntN(60)-30)))
	case 2:
		f.Values[2] = column.FloatOf(math.Copysign(0, -1))
	}
	for i := range f.Values {
		if r.IntN(7) == 0 {
			f.Values[i] = column.Value{}
		}
	}
	p := anywhere(r)
	switch r.IntN(8) {
	case 0: // no place
	case 1:
		f.Geometry = orb.LineString{p, {p[0] - math.Copysign(0.01, p[0]), p[1]}}
	case 2:
		inner := orb.Point{p[0] - math.Copysign(0.01, p[0]), p[1] - math.Copysign(0.02, p[1])}
		f.Geometry = orb.Polygon{{p, {inner[0], p[1]}, inner, p}}
	default:
		f.Geometry = p
	}
	return f
}

// model is the features that should be there.
type model struct {
	rng  *rand.Rand
	ids  int
	live map[layers.FeatureID]layers.Feature
}

func (m *model) change() layers.Change {
	id := layers.FeatureID(fmt.Sprintf("c-%d", m.rng.IntN(m.ids)))
	old, exists := m.live[id]
	f := randomFeature(m.rng, id)
	switch p := m.rng.IntN(10); {
	case p < 3:
		delete(m.live, id)
		return layers.Change{Op: layers.Delete, Feature: layers.Feature{ID: id}}
	case p < 6 && exists: // other values
		i := m.rng.IntN(len(f.Values))
		values := append([]column.Value(nil), old.Values...)
		values[i] = f.Values[i]
		f.Values, f.Geometry = values, old.Geometry
	case p < 7 && exists: // another place
		f.Values = old.Values
	}
	m.live[id] = f
	return layers.Change{Feature: f}
}

// plain is an aggregate in plain numbers.
type plain struct {
	Count, X, Y int64
	West        int64
	Newest      int64
	HasNewest   bool
	Numbers     [2]plainNumber
	Counts      [3]map[string]int
}

type plainNumber struct {
	Count, Huge int
	Sum         string
	Min, Max    float64
	sum         *big.Int
}

// naive adds up all features of a snapshot by cell, without a tree.
func naive(t testing.TB, ix *Index, s *layers.Snapshot) map[hexgrid.Cell]*plain {
	t.Helper()
	out := map[hexgrid.Cell]*plain{}
	s.Scan(nil, func(row layers.Row) bool {
		if !row.Located() {
			return true
		}
		p := row.Block.Point(row.Index)
		f := row.Feature()
		lon, lat := p.LonLat()
		finest, err := hexgrid.At(lon, lat, ix.spec.Max)
		if err != nil {
			t.Fatal(err)
		}
		for r := range ix.spec.Max + 1 {
			c := finest.Parent(r)
			a := out[c]
			if a == nil {
				a = &plain{Newest: math.MinInt64}
				for i := range a.Counts {
					a.Counts[i] = map[string]int{}
				}
				for i := range a.Numbers {
					a.Numbers[i] = plainNumber{Min: math.Inf(1), Max: math.Inf(-1), sum: new(big.Int)}
				}
				out[c] = a
			}
			a.add(p, &f)
		}
		return true
	})
	for _, a := range out {
		for i := range a.Numbers {
			a.Numbers[i].Sum = a.Numbers[i].sum.String()
		}
	}
	return out
}

func (a *plain) add(p world.Point, f *layers.Feature) {
	a.Count++
	a.X += int64(p.X)
	a.Y += int64(p.Y)
	if p.X < 1<<31 {
		a.West++
	}
	if v := f.Values[4]; !v.IsNull() {
		a.HasNewest = true
		a.Newest = max(a.Newest, v.Micros())
	}
	for i := range a.Numbers {
		v := f.Values[1+i]
		if v.IsNull() {
			continue
		}
		n := &a.Numbers[i]
		n.Count++
		x := new(big.Float).SetPrec(200).SetInt64(v.Int())
		if i == 1 {
			x.SetFloat64(v.Float())
		}
		asFloat, _ := x.Float64()
		n.Min, n.Max = min(n.Min, asFloat), max(n.Max, asFloat)
		if i == 1 && math.Abs(v.Float()) >= 1<<63 {
			n.Huge++
			continue
		}
		// In units of 2⁻³², half to even.
		x.SetMantExp(x, 32)
		x.SetMode(big.ToNearestEven)
		whole, _ := x.Int(nil)
		rest, _ := new(big.Float).Sub(x, new(big.Float).SetPrec(200).SetInt(whole)).Float64()
		switch sign := int64(math.Copysign(1, rest)); {
		case math.Abs(rest) > 0.5, math.Abs(rest) == 0.5 && whole.Bit(0) == 1:
			whole.Add(whole, big.NewInt(sign))
		}
		n.sum.Add(n.sum, whole)
	}
	for i, field := range []int{0, 3, 1} {
		if v := f.Values[field]; !v.IsNull() {
			text := fmt.Sprint(v.Any())
			switch text {
			case "noise", "lamp", "waste", "true", "0", "-1":
			default:
				text = "other"
			}
			a.Counts[i][text]++
		}
	}
}

// plainOf returns an aggregate in plain numbers.
func plainOf(ix *Index, a *Aggregate) *plain {
	p := &plain{
		Count: int64(a.Count()), X: int64(a.words[wordX]), Y: int64(a.words[wordY]), West: int64(a.words[wordCount] >> 32), Newest: math.MinInt64,
	}
	if at, ok := a.Newest(); ok {
		p.Newest, p.HasNewest = at, true
	}
	for i := range p.Numbers {
		n := a.Number(i)
		p.Numbers[i] = plainNumber{Count: n.Count, Huge: int(a.words[wordNumbers+i] >> 32), Min: math.Inf(1), Max: math.Inf(-1)}
		if n.Count > 0 {
			p.Numbers[i].Min, p.Numbers[i].Max = asFloat(n.Min), asFloat(n.Max)
		}
		w := a.words[a.layout.added+2*i:]
		sum := new(big.Int).Lsh(big.NewInt(int64(w[0])), 64)
		p.Numbers[i].Sum = sum.Add(sum, new(big.Int).SetUint64(w[1])).String()
	}
	for i, f := range ix.spec.Counts {
		p.Counts[i] = map[string]int{}
		for k := range len(f.Values) + 1 {
			text := "other"
			if k < len(f.Values) {
				text = f.Values[k]
			}
			if n := a.Category(i, k); n > 0 {
				p.Counts[i][text] = n
			}
		}
	}
	return p
}

func asFloat(v column.Value) float64 {
	if v.Kind() == column.Int {
		return float64(v.Int())
	}
	return v.Float()
}

// all returns all aggregates of all levels.
func (c *Cells) all() map[hexgrid.Cell]*Aggregate {
	out := map[hexgrid.Cell]*Aggregate{}
	for r := range c.index.spec.Max + 1 {
		c.each(r, func(cell hexgrid.Cell, record []uint64) bool {
			out[cell] = &Aggregate{&c.index.layout, cell, record}
			return true
		})
	}
	return out
}

// text describes all that is in c.
func text(ix *Index, c *Cells) map[hexgrid.Cell]*plain {
	out := map[hexgrid.Cell]*plain{}
	for cell, a := range c.all() {
		out[cell] = plainOf(ix, a)
	}
	return out
}

var sequenceRuns atomic.Uint64

// TestAnySequence applies random changes in random batches. After each the cells must hold what a plain sum over
// all features gives, at every level; so must a rebuild, and every older state stays as it was (S2, S5, S8).
func TestAnySequence(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &sequenceRuns, 2) {
		for _, levels := range [][2]hexgrid.Resolution{{4, 11}, {0, 3}, {1, 15}, {0, 1}} {
			t.Run(fmt.Sprintf("seed %d levels %v", seed, levels), func(t *testing.T) {
				t.Parallel()
				anySequence(t, seed, testSpec(levels[0], levels[1]))
			})
		}
	}
}

func anySequence(t *testing.T, seed uint64, spec Spec) {
	m := &model{rng: rand.New(rand.NewPCG(seed, uint64(spec.Max))), ids: 150, live: map[layers.FeatureID]layers.Feature{}}
	l, ix := newLayer(t, spec, layers.Options{MinRows: 4, MaxRows: 16})
	if seed%2 == 0 {
		ix.share = 4 // so that goroutines share even these batches
	}
	type seen struct {
		cells *Cells
		text  map[hexgrid.Cell]*plain
	}
	var old []seen
	check := func() {
		t.Helper()
		s := l.Snapshot()
		c := cellsOf(t, ix, s)
		got := text(ix, c)
		if diff := cmp.Diff(naive(t, ix, s), got, cmpopts.IgnoreUnexported(plainNumber{})); diff != "" {
			t.Fatalf("state %d (-plain +tree):\n%.4000s", s.Seq(), diff)
		}
		checkTree(t, c, ix.rebuilt(s))
		old = append(old, seen{c, got})
	}
	for range 10 {
		b := layers.Batch{Layer: l.Name()}
		for range 1 + m.rng.IntN(60) {
			b.Changes = append(b.Changes, m.change())
		}
		if _, err := l.Apply(b); err != nil {
			t.Fatal(err)
		}
		check()
	}
	b := layers.Batch{Layer: l.Name()}
	for id := range m.live {
		b.Changes = append(b.Changes, layers.Change{Op: layers.Delete, Feature: layers.Feature{ID: id}})
	}
	if _, err := l.Apply(b); err != nil {
		t.Fatal(err)
	}
	c := cellsOf(t, ix, l.Snapshot())
	if len(c.bases) != 0 || c.Bytes() != 0 {
		t.Errorf("an emptied layer still has %d cells of resolution 0 and %d bytes", len(c.bases), c.Bytes())
	}
	for i, o := range old {
		if diff := cmp.Diff(o.text, text(ix, o.cells), cmpopts.IgnoreUnexported(plainNumber{})); diff != "" {
			t.Fatalf("state %d changed after it was published:\n%.2000s", i+1, diff)
		}
	}
}

// checkTree compares what a tree counts of itself with what is in it, and with a rebuild.
func checkTree(t *testing.T, live, rebuilt *Cells) {
	t.Helper()
	if live.Bytes() != rebuilt.Bytes() || live.counts != rebuilt.counts {
		t.Fatalf("live %d bytes, cells %v; rebuilt %d bytes, cells %v", live.Bytes(), live.counts, rebuilt.Bytes(), rebuilt.counts)
	}
	got, want := live.all(), rebuilt.all()
	if len(got) != len(want) {
		t.Fatalf("%d cells, rebuilt %d", len(got), len(want))
	}
	var counted [hexgrid.MaxResolution + 1]int
	for cell, a := range got {
		counted[cell.Resolution()]++
		if w := want[cell]; w == nil || !a.Equal(w) {
			t.Fatalf("%v is not as rebuilt", cell)
		}
		if found, ok := live.Get(cell); !ok || !found.Equal(a) || found.Cell() != cell {
			t.Fatalf("%v is not found", cell)
		}
	}
	if counted != live.counts {
		t.Fatalf("%v cells, told as %v", counted, live.counts)
	}
}
