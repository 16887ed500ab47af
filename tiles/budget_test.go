package tiles

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/view"
	"hutong/layers/world"
	"hutong/tiles/grid"
	"hutong/tiles/mvt"
)

func TestLimit(t *testing.T) {
	t.Parallel()
	text := func(name string, keep bool, length int) layers.Field {
		return layers.Field{Name: name, Kind: column.String, Keep: keep, MaxLength: length}
	}
	number := layers.Field{Name: "n", Kind: column.Int, Keep: true}
	tests := []struct {
		name     string
		fields   []layers.Field
		budget   int
		distinct map[string]int
		want     int
	}{
		{name: "nothing but places", budget: 500_000, want: 24_999},
		{name: "fields that are not kept", fields: []layers.Field{text("a", false, 0)}, budget: 500_000, want: 24_999},
		{name: "two short kept strings", fields: []layers.Field{text("a", true, 32), text("b", true, 16)}, budget: 500_000, want: 14_754},
		{name: "the same, declared few", fields: []layers.Field{text("a", true, 32), text("b", true, 16)}, budget: 500_000, distinct: map[string]int{"a": 40, "b": 4}, want: 16_615},
		{name: "two of unknown length", fields: []layers.Field{text("a", true, 0), text("b", true, 0)}, budget: 500_000, want: 12_023},
		{name: "a kept number", fields: []layers.Field{number}, budget: 500_000, want: 13_512},
		{name: "nearly unique strings", fields: []layers.Field{text("a", true, 100)}, budget: 500_000, distinct: map[string]int{"a": 1 << 30}, want: 3845},
		{name: "a small budget", fields: []layers.Field{text("a", true, 32)}, budget: 20_000, want: 327},
		{name: "the least there is", fields: []layers.Field{text("a", true, 32)}, budget: 1100, want: 100},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			opts := Defaults()
			opts.Budget, opts.Distinct = tt.budget, tt.distinct
			b, err := New(&layers.Schema{Name: "points", Fields: tt.fields}, opts)
			if err != nil {
				t.Fatal(err)
			}
			if got := b.Limit(); got != tt.want {
				t.Errorf("got a limit of %d features, want %d", got, tt.want)
			}
		})
	}
}

// TestOverBudget: a tile of too many features keeps its kept fields and the whole limit while data is
// as declared, whatever the budget.
func TestOverBudget(t *testing.T) {
	t.Parallel()
	features := cityFeatures(15_000, 21)
	m := model(features)
	v := loaded(t, citySchema(), layers.Options{}, features)
	for _, budget := range []int{8_000, 20_000, 60_000, 200_000, 500_000} {
		opts := Defaults()
		opts.Budget = budget
		opts.Distinct = map[string]int{"category": 40, "status": 4}
		b := builder(t, v, opts)
		in, stats := checkTile(t, b, v, citySchema(), m, grid.Tile{})
		want := min(b.Limit(), len(features))
		if len(in) != want || stats.Candidates != len(features) {
			t.Errorf("budget %d: got %d features of %d, want %d", budget, len(in), stats.Candidates, want)
		}
		if stats.Bytes < budget/2 {
			t.Errorf("budget %d: a crowded tile has %d bytes only", budget, stats.Bytes)
		}
	}
}

func TestFieldsLeaveByPriority(t *testing.T) {
	t.Parallel()
	v := loaded(t, citySchema(), layers.Options{}, cityFeatures(20_000, 22))
	wantOrder := []string{"category", "status", "district", "ward", "created", "title", "id"}
	most := builder(t, v, Defaults())
	tile := tilesWith(t, most, v, 14, 90, 100)[0]
	seen := map[int]bool{}
	for budget := 4000; budget <= 20_000; budget += 250 {
		opts := Defaults()
		opts.Budget = budget
		b := builder(t, v, opts)
		var names []string
		for _, f := range b.Fields() {
			names = append(names, f.Name)
		}
		if !slices.Equal(names, wantOrder) {
			t.Fatalf("got fields in the order %v, want %v", names, wantOrder)
		}
		_, stats := build(t, b, v, tile)
		if n := len(stats.DroppedFields); n > 5 || !slices.Equal(stats.DroppedFields, wantOrder[len(wantOrder)-n:]) {
			t.Fatalf("budget %d: got %v dropped, want the last of %v that are not kept", budget, stats.DroppedFields, wantOrder)
		}
		seen[len(stats.DroppedFields)] = true
	}
	if len(seen) != 6 {
		t.Errorf("got tiles with %v fields dropped, want each count from 0 to 5", seen)
	}
}

// runaway is a layer whose kept values go beyond what the schema lets expect: more of them, one kept
// field only from zoom 7, and features of very different length.
func runaway(t *testing.T, n int, seed uint64) (*view.View, *layers.Schema, []modelled) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 0))
	schema := &layers.Schema{Name: "runaway", Fields: []layers.Field{
		{Name: "title", Kind: column.String, Keep: true, MaxLength: 300},
		{Name: "late", Kind: column.String, Keep: true, MaxLength: 100, FromZoom: 7},
		{Name: "big", Kind: column.Int, Keep: true, FromZoom: 3},
		{Name: "extra", Kind: column.Int},
	}}
	features := make([]layers.Feature, n)
	for i := range features {
		features[i] = layers.Feature{
			ID:       layers.FeatureID(strconv.Itoa(i)),
			Geometry: orb.Point{116 + r.NormFloat64()*0.5, 40 + r.NormFloat64()*0.5},
			Values: []column.Value{
				column.StringOf(strings.Repeat("ab", r.IntN(150))),
				column.StringOf(fmt.Sprint("late ", i, strings.Repeat("x", r.IntN(80)))),
				column.IntOf(int64(r.Uint64())),
				column.IntOf(int64(i)),
			},
		}
	}
	return loaded(t, schema, layers.Options{MinRows: 4, MaxRows: 16}, features), schema, model(features)
}

// TestRunawayValues: where kept values go beyond what was declared, features leave, and no more than
// need be.
func TestRunawayValues(t *testing.T) {
	t.Parallel()
	v, schema, m := runaway(t, 3000, 23)
	opts := Defaults()
	opts.Budget = 30_000
	opts.Distinct = map[string]int{"title": 5, "late": 5}
	b := builder(t, v, opts)
	shrunk := 0
	for z := range uint8(19) {
		tile := grid.At(projected(t, 116, 40), z)
		in, stats := checkTile(t, b, v, schema, m, tile)
		if stats.Features == min(stats.Candidates, b.Limit()) {
			continue
		}
		shrunk++
		// One feature more, in order of rank, would cost more than the budget.
		all, _ := modelCandidates(m, opts, tile)
		slices.SortFunc(all, byRank)
		texts := [2]map[string]bool{{}, {}}
		cost := b.cost.frame
		for _, f := range all[:len(in)+1] {
			cost += b.cost.point + longestNumber
			for i := range texts {
				if text := f.Values[i].Text(); !texts[i][text] {
					texts[i][text] = true
					cost += mvt.SizeString(len(text))
				}
			}
		}
		if cost <= opts.Budget {
			t.Errorf("%v: %d of %d features, although %d cost only %d of %d bytes", tile, stats.Features, stats.Candidates, stats.Features+1, cost, opts.Budget)
		}
	}
	if shrunk < 5 {
		t.Errorf("only %d tiles were shrunk: the test says little", shrunk)
	}
}

// TestNestedThinning: what a tile shows, its descendants show where they see it. For 1,000 seeded
// tiles and all pairs of their ancestors, in layers where the limit decides, where runaway values do,
// and where neither does at deep zooms.
func TestNestedThinning(t *testing.T) {
	t.Parallel()
	const seed = 24
	city := cityFeatures(6000, 24)
	runawayView, _, runawayModel := runaway(t, 4000, 25)
	mixed := mixedFeatures(3000, rand.New(rand.NewPCG(seed, 1)))
	for _, tt := range []struct {
		name    string
		v       *view.View
		m       []modelled
		budget  int
		tiles   int
		maxZoom uint8
	}{
		{name: "limit", v: loaded(t, citySchema(), layers.Options{MinRows: 4, MaxRows: 16}, city), m: model(city), budget: 12_000, tiles: 400, maxZoom: 18},
		{name: "runaway values", v: runawayView, m: runawayModel, budget: 16_000, tiles: 300, maxZoom: 18},
		{name: "the whole world", v: loaded(t, mixedSchema(), layers.Options{MinRows: 2, MaxRows: 8}, mixed), m: model(mixed), budget: 5000, tiles: 300, maxZoom: 24},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			opts := Defaults()
			opts.MaxZoom, opts.Budget = tt.maxZoom, tt.budget
			b := builder(t, tt.v, opts)
			r := rand.New(rand.NewPCG(seed, 0))
			inTile := map[grid.Tile]map[layers.FeatureID]bool{}
			shows := func(tile grid.Tile) map[layers.FeatureID]bool {
				if set, ok := inTile[tile]; ok {
					return set
				}
				// The rows themselves: an MVT id or a property may be left out of the tile.
				s := &scratch{b: b}
				window := tile.Window(opts.Extent, opts.Buffer)
				s.choose(tt.v, &window, &b.plans[tile.Z])
				set := map[layers.FeatureID]bool{}
				for i := range s.rows.n {
					set[layers.FeatureID(s.rows.appendID(nil, i))] = true
				}
				inTile[tile] = set
				return set
			}
			thinned := 0
			for range tt.tiles {
				tile := randomTile(r, tt.m, tt.maxZoom)
				// Windows nest, so a feature is in the windows of the zooms up to some zoom; all pairs
				// hold iff the zooms that show it are the last of these.
				first := map[layers.FeatureID]uint8{}
				for z := range tile.Z + 1 {
					ancestor := grid.Tile{Z: z, X: tile.X >> (tile.Z - z), Y: tile.Y >> (tile.Z - z)}
					set := shows(ancestor)
					window := ancestor.Window(opts.Extent, opts.Buffer)
					for _, m := range tt.m {
						p := world.Point{X: uint32(m.x), Y: uint32(m.y)}
						switch from, before := first[m.ID]; {
						case set[m.ID] && !before:
							first[m.ID] = z
						case !set[m.ID] && window.Contains(p):
							thinned++
							if before {
								t.Fatalf("seed %d: feature %s is in the tile of zoom %d above %v, and not in %v", seed, m.ID, from, tile, ancestor)
							}
						}
					}
				}
			}
			if thinned < 1000 {
				t.Errorf("thinning left out %d features only: the test says little", thinned)
			}
		})
	}
}
