package layers

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/paulmach/orb"

	"hutong/layers/column"
	"hutong/layers/world"
)

// randomPoints loads n points over the whole world, more of them round three places.
func randomPoints(t testing.TB, n int, o Options) (*Layer, []Feature) {
	t.Helper()
	r := rand.New(rand.NewPCG(11, uint64(n)))
	l := newLayer(t, o)
	load, err := l.Load()
	if err != nil {
		t.Fatal(err)
	}
	features := make([]Feature, n)
	for i := range features {
		f := gridFeature(i)
		p := orb.Point{r.Float64()*360 - 180, r.Float64()*170 - 85}
		if centres := []orb.Point{{116.4, 39.9}, {179.99, -16.5}, {-77, 38.9}}; i%4 != 0 {
			c := centres[i%4-1]
			p = orb.Point{math.Mod(c[0]+r.NormFloat64()/20+540, 360) - 180, c[1] + r.NormFloat64()/20}
		}
		f.Geometry = p
		features[i] = f
		if err := load.Add([]Change{{Feature: f}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := load.Finish(); err != nil {
		t.Fatal(err)
	}
	return l, features
}

func TestSearchAgainstAll(t *testing.T) {
	t.Parallel()
	l, _ := randomPoints(t, 4000, Options{MinRows: 4, MaxRows: 16})
	s := l.Snapshot()
	r := rand.New(rand.NewPCG(5, 5))
	for range 200 {
		a, b := world.Point{X: r.Uint32(), Y: r.Uint32()}, world.Point{X: r.Uint32(), Y: r.Uint32()}
		if r.IntN(2) == 0 { // a small box round a feature
			a, _ = world.Project(116.4+r.NormFloat64()/20, 39.9)
			b = world.Point{X: a.X + r.Uint32()>>12, Y: a.Y + r.Uint32()>>12}
		}
		box := world.EmptyBox.Extend(a).Extend(b)
		var want, got []FeatureID
		s.Scan(nil, func(r Row) bool {
			if box.Contains(r.Block.Point(r.Index)) {
				want = append(want, r.Block.ID(r.Index))
			}
			return true
		})
		s.Search(box, func(r Row) bool {
			got = append(got, r.Block.ID(r.Index))
			return true
		})
		if !slices.Equal(got, want) {
			t.Fatalf("box %v: %d features, want %d, or another order", box, len(got), len(want))
		}
	}
}

// TestCompareBlocks orders blocks whose first rows have the same place, and the last two the same number.
func TestCompareBlocks(t *testing.T) {
	t.Parallel()
	number, _ := FeatureID("c-1").Number()
	l := newLayer(t, Options{MinRows: 1, MaxRows: 2})
	b := Batch{Layer: l.Name()}
	for _, id := range []FeatureID{"c-1", FeatureID(strconv.FormatUint(number, 10)), "1"} {
		b.Changes = append(b.Changes, Change{Feature: Feature{ID: id, Geometry: orb.Point{1, 1}}})
	}
	if _, err := l.Apply(b); err != nil {
		t.Fatal(err)
	}
	s := l.Snapshot()
	seq := s.sequences[onePoint]
	if len(seq) != 3 {
		t.Fatalf("%d blocks, want one a row", len(seq))
	}
	for i := range seq {
		for j := range seq {
			if got := CompareBlocks(s.table.block(seq[i].block), s.table.block(seq[j].block)); got != cmp.Compare(i, j) {
				t.Errorf("block %d compared with %d: %d", i, j, got)
			}
		}
	}
}

func TestNearestAgainstAll(t *testing.T) {
	t.Parallel()
	l, _ := randomPoints(t, 3000, Options{MinRows: 4, MaxRows: 16})
	s := l.Snapshot()
	r := rand.New(rand.NewPCG(6, 6))
	type hit struct {
		metres float64
		key    key
	}
	for range 150 {
		lon, lat := r.Float64()*360-180, r.Float64()*180-90
		switch r.IntN(4) {
		case 0:
			lon, lat = 180, -16.5
		case 1:
			lon, lat = 116.4+r.NormFloat64()/10, 39.9
		}
		var all []hit
		s.Scan(nil, func(r Row) bool {
			l, a := r.Block.Point(r.Index).LonLat()
			all = append(all, hit{world.DistanceMetres(lon, lat, l, a), r.Block.key(r.Index)})
			return true
		})
		slices.SortFunc(all, func(a, b hit) int {
			return cmp.Or(cmp.Compare(a.metres, b.metres), a.key.compare(b.key))
		})
		got, _ := s.Nearest(lon, lat, 12)
		for i := range 12 {
			if got[i].Metres != all[i].metres || got[i].Block.key(got[i].Index) != all[i].key {
				t.Fatalf("from %v, %v: neighbour %d is at %v m, want %v m", lon, lat, i, got[i].Metres, all[i].metres)
			}
		}
	}
	if got, _ := s.Nearest(0, 0, 1e9); len(got) != MaxNearest {
		t.Errorf("asked for a billion: %d neighbours, want %d", len(got), MaxNearest)
	}
	if got, _ := s.Nearest(0, 0, -1); len(got) != 0 {
		t.Errorf("asked for −1: %d neighbours", len(got))
	}
}

// TestQueriesLookAtLittle holds small queries on a large layer to ceilings of what they look at.
func TestQueriesLookAtLittle(t *testing.T) {
	t.Parallel()
	l, _ := randomPoints(t, 100_000, Options{})
	s := l.Snapshot()
	total := len(s.sequences[onePoint])
	if total < 200 {
		t.Fatalf("%d blocks are too few for this test", total)
	}
	here, err := world.Project(116.4, 39.9)
	if err != nil {
		t.Fatal(err)
	}
	box := world.Box{Min: here, Max: world.Point{X: here.X + 2000, Y: here.Y + 2000}}
	stats := s.Search(box, func(Row) bool { return true })
	if looked := stats.Blocks - stats.Skipped; looked > 4 {
		t.Errorf("a box of 20 m looks at %d of %d blocks, want at most 4", looked, total)
	}
	_, near := s.Nearest(116.4, 39.9, 10)
	if near.Blocks > 6 || near.Nodes > 300 {
		t.Errorf("ten neighbours look at %d blocks and %d boxes of %d, want at most 6 and 300", near.Blocks, near.Nodes, total)
	}
}

// TestPredicateSkipsBlocks counts the blocks that zone maps rule out, and compares what is selected
// with a look at every row.
func TestPredicateSkipsBlocks(t *testing.T) {
	t.Parallel()
	l := grid(t, 10_000, Options{MinRows: 16, MaxRows: 64}) // Hilbert order: a block is a patch of the grid
	s := l.Snapshot()
	str, i64 := column.StringOf, column.IntOf
	for _, c := range []struct {
		name    string
		p       column.Predicate
		keep    func(v []column.Value) bool
		skipped float64 // least share of blocks
	}{
		{"one stripe of ten", column.Where(0, column.Equal, str("stripe 3")), func(v []column.Value) bool { return v[0] == str("stripe 3") }, 0.7},
		{"a stripe that is not there", column.Where(0, column.Equal, str("stripe 33")), func([]column.Value) bool { return false }, 1},
		{"the first rows", column.Where(2, column.Less, i64(10)), func(v []column.Value) bool { return v[2].Int() < 10 }, 0.8},
		{"not the first rows", column.Where(2, column.Less, i64(90)).Not(), func(v []column.Value) bool { return v[2].Int() >= 90 }, 0.8},
		{
			"a narrow range of times", column.And(
				column.Where(5, column.GreaterOrEqual, column.MicrosOf(100e6)), column.Where(5, column.LessOrEqual, column.MicrosOf(199e6))),
			func(v []column.Value) bool { return v[2].Int() == 1 }, 0.8,
		},
		{"a text by its beginning", column.Where(1, column.Equal, str("title 77")), func(v []column.Value) bool { return v[1] == str("title 77") }, 0},
		{
			"either end", column.Or(column.Where(2, column.Equal, i64(0)), column.Where(2, column.Greater, i64(98))),
			func(v []column.Value) bool { return v[2].Int() == 0 || v[2].Int() == 99 }, 0.8,
		},
		{"nulls", column.IsNull(3), func(v []column.Value) bool { return v[3].IsNull() }, 1},
		{"in", column.In(0, str("stripe 1"), str("stripe 9")), func(v []column.Value) bool { return v[0] == str("stripe 1") || v[0] == str("stripe 9") }, 0.5},
		{"west edge", column.Where(4, column.Equal, column.BoolOf(true)), func(v []column.Value) bool { return v[4].Bool() }, 0.8},
		{"everything", nil, func([]column.Value) bool { return true }, 0},
	} {
		var want, got []FeatureID
		s.Scan(nil, func(r Row) bool {
			if f := r.Feature(); c.keep(f.Values) {
				want = append(want, f.ID)
			}
			return true
		})
		stats := s.Scan(c.p, func(r Row) bool {
			got = append(got, r.Block.ID(r.Index))
			return true
		})
		if !slices.Equal(got, want) {
			t.Errorf("%s: %d features, want %d", c.name, len(got), len(want))
		}
		if least := int(c.skipped * float64(stats.Blocks)); stats.Skipped < least {
			t.Errorf("%s: %d of %d blocks skipped, want at least %d", c.name, stats.Skipped, stats.Blocks, least)
		}
	}
}

func TestCheckNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := testSchema()
	s.Fields[0].MaxLength = 4
	at := orb.Point{1, 2}
	for _, c := range []struct {
		name, want string
		change     Change
	}{
		{"no id", "layers: complaints: change 3: the id is empty", Change{Feature: Feature{Geometry: at}}},
		{"operation", "layers: complaints: change 3: no operation 7", Change{Op: 7, Feature: Feature{ID: "a"}}},
		{"collection", "layers: complaints: change 3: geometry GeometryCollection is not supported: want a point, line or polygon, or several of one of them", Change{Feature: Feature{ID: "a", Geometry: orb.Collection{orb.Point{1, 1}}}}},
		{"not finite", "layers: complaints: change 3: position NaN, 1 is not finite", Change{Feature: Feature{ID: "a", Geometry: orb.Point{math.NaN(), 1}}}},
		{"pole", "layers: complaints: change 3: latitude 89 is outside ±85.05112878, where Web Mercator ends", Change{Feature: Feature{ID: "a", Geometry: orb.Point{0, 89}}}},
		{"kind", "layers: complaints: change 3: field \"votes\": a string in a field of type int", Change{Feature: Feature{ID: "a", Values: []column.Value{{}, {}, column.StringOf("x")}}}},
		{"too long", "layers: complaints: change 3: field \"category\": 5 bytes of text, more than 4", Change{Feature: Feature{ID: "a", Values: []column.Value{column.StringOf("12345")}}}},
		{"too many", "layers: complaints: change 3: 7 values for 6 fields", Change{Feature: Feature{ID: "a", Values: make([]column.Value, 7)}}},
		{"infinite", "layers: complaints: change 3: field \"score\": the number is not finite", Change{Feature: Feature{ID: "a", Values: []column.Value{{}, {}, {}, column.FloatOf(math.Inf(1))}}}},
	} {
		if err := s.Check(3, &c.change); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
}

// TestRefusedBatchChangesNothing puts one bad change after good ones.
func TestRefusedBatchChangesNothing(t *testing.T) {
	t.Parallel()
	l := grid(t, 50, Options{})
	before := l.Snapshot()
	_, err := l.Apply(Batch{Layer: l.Name(), Changes: []Change{
		{Op: Delete, Feature: Feature{ID: "1"}}, {Feature: Feature{ID: "2", Geometry: orb.Point{400, 0}}},
	}})
	if err == nil || l.Snapshot() != before {
		t.Errorf("error %v, or the layer changed", err)
	}
	if _, err := l.Apply(Batch{Layer: "other"}); err == nil {
		t.Error("a batch for another layer was taken")
	}
	if _, err := l.Load(); err == nil {
		t.Error("a layer with features was bulk-loaded")
	}
}
