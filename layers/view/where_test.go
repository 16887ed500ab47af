package view

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
)

var whereRuns atomic.Uint64

// eastern selects what lies east of a world x.
type eastern struct{ from uint32 }

func (e eastern) Skips(b *layers.Block) bool { return b.Box().Empty() || b.Box().Max.X < e.from }

func (e eastern) Filter(b *layers.Block, rows column.Bits) {
	for row := range b.Len() {
		if rows.Has(row) && (b.Box().Empty() || b.RowBox(row).Max.X < e.from) {
			rows.Clear(row)
		}
	}
}

// randomWhere returns selectors on the fields of randomCity as everybody sees it, and on places.
func randomWhere(r *rand.Rand) []layers.Selector {
	status := Matching(column.In(0, column.StringOf(queryWords[r.IntN(3)])))
	votes := Matching(column.Where(3, column.Compare(r.IntN(6)), column.IntOf(r.Int64N(9))))
	titled := Matching(column.IsNull(1).Not())
	nothing := Matching(column.Where(3, column.Greater, column.IntOf(100)))
	all := [][]layers.Selector{{status}, {votes}, {titled, votes}, {eastern{1 << 31}}, {eastern{3_400_000_000}, status}, {nothing}, {Matching(column.And())}}
	return all[r.IntN(len(all))]
}

// onlySelected returns a view of a layer that holds the features of v that where selects, and no other.
func onlySelected(t *testing.T, v *View, where []layers.Selector) *View {
	t.Helper()
	live, err := layers.New(v.Schema(), layers.Options{MinRows: 3, MaxRows: 11})
	if err != nil {
		t.Fatal(err)
	}
	batch := layers.Batch{Layer: v.Name()}
	for b := range v.snapshot.All() {
		var narrow layers.Block
		b.Narrow(&narrow, v.layer.columns)
		rows := column.NewBits(b.Len())
		setAll(rows, b.Len())
		for _, w := range where {
			w.Filter(&narrow, rows)
		}
		for row := range b.Len() {
			if rows.Has(row) {
				batch.Changes = append(batch.Changes, layers.Change{Feature: v.feature(layers.Row{Block: b, Index: row})})
			}
		}
	}
	if _, err := live.Apply(batch); err != nil {
		t.Fatal(err)
	}
	return Public(live).Now()
}

// answers asks v everything there is to ask.
func answers(t *testing.T, r *rand.Rand, v *View, ids []layers.FeatureID) []string {
	t.Helper()
	var said []string
	say := func(what string, values ...any) { said = append(said, what+fmt.Sprint(values...)) }
	bound, ok := v.Extent()
	say("counts", v.Count(), v.Located(), v.Points(), v.Kinds(), bound, ok)
	for _, id := range ids {
		f, ok := v.Feature(id)
		say("feature", f, ok)
		number, _ := id.Number()
		f, ok = v.Numbered(number)
		say("numbered", f, ok)
	}
	each := func(what string, after int) func(layers.Feature) bool {
		return func(f layers.Feature) bool {
			say(what, f)
			after--
			return after != 0
		}
	}
	for range 5 {
		lon, lat, k := r.Float64()*400-200, r.Float64()*180-90, r.IntN(30)
		for _, n := range v.Nearest(lon, lat, k) {
			say("near", n.Feature(), n.Metres)
		}
		boxes := randomBoxes(t, r)
		say("search", v.Search(boxes[0], each("found", r.IntN(9))).Selected)
		p := column.Where(3, column.LessOrEqual, column.IntOf(r.Int64N(9)))
		say("scan", v.Scan(p, each("scanned", r.IntN(9))).Selected, v.Scan(nil, each("all", 0)).Selected)
		w := v.Window(t.Context(), WindowQuery{Boxes: boxes, Where: p, Limit: r.IntN(20)})
		say("window", w.Matched, w.Whole, idsOf(w.Rows))
		q := FindQuery{Text: queryWords[r.IntN(len(queryWords))], Limit: 1 + r.IntN(20)}
		if r.IntN(2) == 0 {
			q.Near = &orb.Point{lon, lat}
		}
		if r.IntN(3) == 0 {
			q.Text = string(ids[r.IntN(len(ids))])
		}
		list, whole := v.Find(t.Context(), q)
		for _, f := range list {
			say("hit", f.ID(), f.Field, f.Fit, f.Metres)
		}
		say("whole", whole)
	}
	say("summaries", v.Summaries())
	for _, b := range v.Blocks(everywhere, nil) {
		rows := b.Rows()
		if rows != nil && rows.Count() == 0 {
			t.Error("a block without a selected row was handed out")
		}
		for row := range b.Len() {
			if rows == nil || rows.Has(row) {
				say("row", b.ID(row), b.Column(3).Value(row))
			}
		}
	}
	return said
}

// TestWhereIsALayerOfTheSelected compares what a view that selects says with what one says of a layer that
// has only these features.
func TestWhereIsALayerOfTheSelected(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &whereRuns, 20) {
		r := rand.New(rand.NewPCG(seed, 5))
		v := randomCity(t, r, 300).Now()
		var ids []layers.FeatureID
		v.Scan(nil, func(f layers.Feature) bool {
			ids = append(ids, f.ID)
			return true
		})
		slices.Sort(ids)
		for range 3 {
			where, ask := randomWhere(r), r.Uint64()
			want := answers(t, rand.New(rand.NewPCG(ask, 0)), onlySelected(t, v, where), ids)
			filtered := v.Where(where[0]).Where(where[1:]...)
			got := answers(t, rand.New(rand.NewPCG(ask, 0)), filtered, ids)
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Fatalf("seed %d: %v: -want +got\n%.3000s", seed, where, diff)
			}
		}
	}
}

// TestWhereSkips checks that blocks which zone maps rule out are not handed out, and that a view without
// selectors stays what it is.
func TestWhereSkips(t *testing.T) {
	t.Parallel()
	v := Public(testLayer(t)).Now()
	if v.Where() != v {
		t.Error("a view that selects nothing more is another view")
	}
	all := v.Blocks(everywhere, nil)
	for _, b := range all {
		if b.Rows() != nil {
			t.Error("a block of the whole view tells rows")
		}
	}
	few := v.Where(Matching(column.Where(1, column.GreaterOrEqual, column.IntOf(47)))).Blocks(everywhere, nil)
	n := 0
	for _, b := range few {
		n += b.Rows().Count()
	}
	if len(few) >= len(all) || n != 3 {
		t.Errorf("got %d of %d blocks with %d rows, want fewer with 3", len(few), len(all), n)
	}
}

// nosy asks about a position beyond the view's schema, where a private field may stand.
type nosy struct{ column int }

func (nosy) Skips(*layers.Block) bool { return false }
func (n nosy) Filter(b *layers.Block, rows column.Bits) {
	for row := range b.Len() {
		if b.Column(n.column).Value(row).IsNull() {
			rows.Clear(row)
		}
	}
}

// TestSelectorsSeeNoPrivateField checks that a selector is shown the view's fields only, also when these are
// the first of the layer's (S10).
func TestSelectorsSeeNoPrivateField(t *testing.T) {
	t.Parallel()
	live, err := layers.New(&layers.Schema{Name: "last", Fields: []layers.Field{
		{Name: "open", Kind: column.Bool}, {Name: "reporter", Kind: column.String, Private: true},
	}}, layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	f := layers.Feature{ID: "1", Geometry: orb.Point{116, 39}, Values: []column.Value{column.BoolOf(true), column.StringOf(secret)}}
	if _, err := live.Apply(layers.Batch{Layer: "last", Changes: []layers.Change{{Feature: f}}}); err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]*View{"between": Public(testLayer(t)).Now(), "last": Public(live).Now()} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: a selector read a field that the view does not have", name)
				}
			}()
			v.Where(nosy{len(v.Schema().Fields)}).Count()
		}()
	}
}

// TestSelectedEnds: what yields the selected rows ends with its ctx, also among blocks that have none.
func TestSelectedEnds(t *testing.T) {
	t.Parallel()
	asked, blocks := 0, 0
	v := randomCity(t, rand.New(rand.NewPCG(1, 6)), 200).Now()
	for range v.snapshot.All() {
		blocks++
	}
	few := v.Where(costly{&asked})
	for left := range blocks + 1 {
		asked = 0
		ctx := &countdown{t.Context(), left, 0}
		for range few.Selected(ctx) {
			t.Fatal("got a block with nothing selected")
		}
		if asked != left || blocks < 2 {
			t.Errorf("asked about %d of %d blocks where %d were in time", asked, blocks, left)
		}
		yielded := 0
		for range v.Selected(&countdown{t.Context(), left, 0}) {
			yielded++
		}
		if yielded != left {
			t.Errorf("got %d of %d blocks where %d were in time", yielded, blocks, left)
		}
	}
}
