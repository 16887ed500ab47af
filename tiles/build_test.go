package tiles

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"

	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/clip"
	"hutong/layers/column"
	"hutong/layers/view"
	"hutong/layers/world"
	"hutong/tiles/grid"
)

// mixedSchema has every kind of field, nulls, private fields and fields of deep zooms.
func mixedSchema() *layers.Schema {
	return &layers.Schema{
		Name: "mixed",
		Fields: []layers.Field{
			{Name: "phone", Kind: column.String, Private: true},
			{Name: "note", Kind: column.String, Priority: -1, FromZoom: 6, MaxLength: 64},
			{Name: "status", Kind: column.String, Keep: true, MaxLength: 20},
			{Name: "count", Kind: column.Int, Priority: 2},
			{Name: "big", Kind: column.Int},
			{Name: "level", Kind: column.Float, Keep: true},
			{Name: "secret", Kind: column.Int, Private: true},
			{Name: "urgent", Kind: column.Bool, Priority: 5},
			{Name: "seen", Kind: column.Time, Keep: true, FromZoom: 9},
			{Name: "updated", Kind: column.Time},
		},
		IDField:    "id",
		IDFromZoom: 3,
	}
}

// mixedFeatures returns n features over the world: many near the antimeridian and the limits of
// latitude, some in the same place, some nowhere, some whose ids clash.
func mixedFeatures(n int, r *rand.Rand) []layers.Feature {
	var features []layers.Feature
	seen := map[layers.FeatureID]bool{}
	for len(features) < n {
		var f layers.Feature
		switch i := len(features); r.IntN(4) {
		case 0:
			f.ID = layers.FeatureID(strconv.Itoa(r.IntN(10 * n)))
		case 1:
			f.ID = layers.FeatureID(fmt.Sprintf("r-%d", i))
		case 2:
			f.ID = layers.FeatureID(fmt.Sprintf("00%d", i))
		default:
			f.ID = layers.FeatureID(fmt.Sprintf("x%d", i))
			if r.IntN(4) == 0 {
				n, _ := f.ID.Number() // the decimal that clashes with the id
				twin := layers.Feature{ID: layers.FeatureID(strconv.FormatUint(n, 10)), Geometry: orb.Point{1, 1}}
				features = append(features, twin)
				seen[twin.ID] = true
			}
		}
		if seen[f.ID] {
			continue
		}
		seen[f.ID] = true
		lon, lat := r.Float64()*360-180, r.Float64()*168-84
		switch r.IntN(8) {
		case 0:
			lon = []float64{-180, 180, 179.999, -179.999, 0}[r.IntN(5)]
		case 1:
			lat = []float64{world.MaxLatitude, -world.MaxLatitude, 85, 0}[r.IntN(4)]
		case 2, 3:
			lon, lat = 116.39+r.NormFloat64()*0.01, 39.9+r.NormFloat64()*0.01
		}
		f.Geometry = orb.Point{lon, lat}
		if len(features) > 0 && r.IntN(10) == 0 {
			f.Geometry = features[r.IntN(len(features))].Geometry
		}
		if r.IntN(30) == 0 {
			f.Geometry = nil
		}
		f.Values = []column.Value{
			column.StringOf(fmt.Sprintf("+86 10 5550 %d", r.IntN(1e6))),
			column.StringOf(fmt.Sprintf("note %d 北京", r.IntN(n))),
			column.StringOf([]string{"open", "closed", "", "已处理"}[r.IntN(4)]),
			column.IntOf(int64(r.IntN(200) - 100)),
			column.IntOf(int64(r.Uint64()) >> r.IntN(64)),
			column.FloatOf(float64(r.IntN(9)) / 4),
			column.IntOf(-990_099_009_900),
			column.BoolOf(r.IntN(2) == 0),
			column.MicrosOf(int64(r.IntN(50))*700 - 20_000),
			column.MicrosOf(int64(r.Uint64()) >> r.IntN(20)),
		}
		for i := range f.Values {
			if r.IntN(6) == 0 {
				f.Values[i] = column.Value{}
			}
		}
		features = append(features, f)
	}
	return features
}

// randomTile returns a tile near one of the features, or anywhere.
func randomTile(r *rand.Rand, features []modelled, maxZoom uint8) grid.Tile {
	z := uint8(r.IntN(int(maxZoom) + 1))
	if len(features) > 0 && r.IntN(5) > 0 {
		m := features[r.IntN(len(features))]
		return grid.At(world.Point{X: uint32(m.x), Y: uint32(m.y)}, z)
	}
	return grid.Tile{Z: z, X: r.Uint32N(1 << z), Y: r.Uint32N(1 << z)}
}

func TestAgainstModel(t *testing.T) {
	t.Parallel()
	const seed = 11
	r := rand.New(rand.NewPCG(seed, 0))
	own := mixedSchema()
	features := mixedFeatures(1200, r)
	m := model(features)
	for _, rows := range []layers.Options{{}, {MinRows: 2, MaxRows: 4}, {MinRows: 8, MaxRows: 16}} {
		v := loaded(t, own, rows, features)
		for range 12 {
			opts := Defaults()
			opts.MaxZoom = grid.MaxZoom
			opts.Extent = grid.MinExtent << r.IntN(6)
			opts.Buffer = r.Uint32N(grid.MaxBuffer(opts.Extent) + 1)
			opts.Budget = 2000 << r.IntN(9)
			b := builder(t, v, opts)
			for range 60 {
				checkTile(t, b, v, own, m, randomTile(r, m, opts.MaxZoom))
			}
			checkTile(t, b, v, own, m, grid.Tile{})
		}
	}
}

// TestBytesDependOnContentOnly builds the same visible features by different ways (S5): in blocks of
// different sizes, by batches in another order, with strings as codes and as texts.
func TestBytesDependOnContentOnly(t *testing.T) {
	t.Parallel()
	const seed = 12
	r := rand.New(rand.NewPCG(seed, 0))
	features := mixedFeatures(1500, r)
	m := model(features)
	want := loaded(t, mixedSchema(), layers.Options{}, features)
	if _, ok := firstColumn(want, "status").(*column.Codes); !ok {
		t.Fatalf("a fresh layer keeps the status as %T, want codes", firstColumn(want, "status"))
	}
	others := map[string]*view.View{
		"blocks of 2 to 4":   loaded(t, mixedSchema(), layers.Options{MinRows: 2, MaxRows: 4}, features),
		"blocks of 16 to 32": loaded(t, mixedSchema(), layers.Options{MinRows: 16, MaxRows: 32}, features),
		"texts, by batches":  asTexts(t, r, features),
	}
	if _, ok := firstColumn(others["texts, by batches"], "status").(*column.Texts); !ok {
		t.Fatalf("a layer that had many statuses keeps them as %T, want texts", firstColumn(others["texts, by batches"], "status"))
	}
	for _, budget := range []int{500_000, 40_000, 3000} {
		opts := Defaults()
		opts.Budget = budget
		b := builder(t, want, opts)
		for range 150 {
			tile := randomTile(r, m, opts.MaxZoom)
			wantBytes, wantStats := build(t, b, want, tile)
			for name, v := range others {
				got, stats := build(t, b, v, tile)
				if !bytes.Equal(got, wantBytes) {
					t.Fatalf("seed %d: %s: %v with budget %d: bytes differ from a fresh load's: %+v, want %+v", seed, name, tile, budget, stats, wantStats)
				}
			}
		}
	}
}

// asTexts returns a view of a layer whose strings all stand as raw texts: it once had too many
// distinct ones. The features come in batches, shuffled and some of them twice.
func asTexts(t *testing.T, r *rand.Rand, features []layers.Feature) *view.View {
	t.Helper()
	schema := mixedSchema()
	l, err := layers.New(schema, layers.Options{MinRows: 4, MaxRows: 12})
	if err != nil {
		t.Fatal(err)
	}
	load, err := l.Load()
	if err != nil {
		t.Fatal(err)
	}
	var first, changes []layers.Change
	for i := range 5000 {
		f := layers.Feature{ID: layers.FeatureID(fmt.Sprint("gone ", i)), Geometry: orb.Point{0, 0}}
		for _, field := range schema.Fields {
			var v column.Value
			if field.Kind == column.String {
				v = column.StringOf(fmt.Sprint("gone ", i))
			}
			f.Values = append(f.Values, v)
		}
		first = append(first, layers.Change{Feature: f})
		changes = append(changes, layers.Change{Op: layers.Delete, Feature: layers.Feature{ID: f.ID}})
	}
	if err := load.Add(first); err != nil {
		t.Fatal(err)
	}
	if _, err := load.Finish(); err != nil {
		t.Fatal(err)
	}
	for _, f := range features {
		changes = append(changes, layers.Change{Feature: f})
		if r.IntN(5) == 0 {
			changes = append(changes, layers.Change{Feature: f})
		}
	}
	r.Shuffle(len(changes), func(i, j int) { changes[i], changes[j] = changes[j], changes[i] })
	for len(changes) > 0 {
		n := min(len(changes), 1+r.IntN(700))
		if _, err := l.Apply(layers.Batch{Layer: l.Name(), Changes: changes[:n]}); err != nil {
			t.Fatal(err)
		}
		changes = changes[n:]
	}
	return view.Public(l).Now()
}

// firstColumn returns a column of the view's first block.
func firstColumn(v *view.View, field string) column.Column {
	return v.Blocks(grid.Tile{}.Box(), nil)[0].Column(v.Schema().FieldIndex(field))
}

func TestZoomsAndFields(t *testing.T) {
	t.Parallel()
	const seed = 13
	features := mixedFeatures(300, rand.New(rand.NewPCG(seed, 0)))
	v := loaded(t, mixedSchema(), layers.Options{}, features)
	opts := Defaults()
	opts.MinZoom, opts.MaxZoom = 2, 9
	b := builder(t, v, opts)
	names := func(tile []byte) map[string]bool {
		seen := map[string]bool{}
		for _, f := range decode(t, tile, "mixed", opts.Extent) {
			for name := range f.Properties {
				seen[name] = true
			}
		}
		return seen
	}
	for z := range uint8(grid.MaxZoom) {
		tile := grid.At(projected(t, 116.39, 39.9), z) // where most features are
		got, _, err := b.Build([]byte("before"), v, tile)
		if outside := z < 2 || z > 9; outside != errors.Is(err, ErrZoom) || outside && string(got) != "before" {
			t.Fatalf("zoom %d: got %d bytes, error %v", z, len(got), err)
		}
		if err != nil {
			continue
		}
		seen := names(bytes.TrimPrefix(got, []byte("before")))
		for name, from := range map[string]uint8{"note": 6, "status": 0, "id": 3, "seen": 9, "updated": 0} {
			if seen[name] != (z >= from) {
				t.Errorf("zoom %d: %q in tile: got %v, want from zoom %d", z, name, seen[name], from)
			}
		}
	}
	if _, _, err := b.Build(nil, v, grid.Tile{Z: 3, X: 8}); !errors.Is(err, ErrTile) {
		t.Errorf("a tile outside the grid: got error %v, want ErrTile", err)
	}
	other := loaded(t, citySchema(), layers.Options{}, nil)
	if _, _, err := b.Build(nil, other, grid.Tile{Z: 3}); !errors.Is(err, ErrSchema) {
		t.Errorf("a view of another layer: got error %v, want ErrSchema", err)
	}
}

func projected(tb testing.TB, lon, lat float64) world.Point {
	tb.Helper()
	p, err := world.Project(lon, lat)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// TestPrivateFieldsStayOut looks for private names and values in the bytes of tiles (S10).
func TestPrivateFieldsStayOut(t *testing.T) {
	t.Parallel()
	const seed = 14
	r := rand.New(rand.NewPCG(seed, 0))
	features := mixedFeatures(400, r)
	v := loaded(t, mixedSchema(), layers.Options{}, features)
	b := builder(t, v, Defaults())
	m := model(features)
	for range 200 {
		tile, stats := build(t, b, v, randomTile(r, m, 18))
		for _, private := range []string{"phone", "secret", "+86", "5550", "-990099009900", "\x30\xef\xe3"} {
			if bytes.Contains(tile, []byte(private)) {
				t.Fatalf("seed %d: %q is in a tile of %d features", seed, private, stats.Features)
			}
		}
	}
	if _, err := New(mixedSchema(), Defaults()); err == nil {
		t.Error("a schema with private fields made a builder")
	}
}

func TestClashingIDs(t *testing.T) {
	t.Parallel()
	number, _ := layers.FeatureID("x").Number()
	decimal := layers.FeatureID(strconv.FormatUint(number, 10))
	schema := &layers.Schema{Name: "clash", IDField: "id"}
	v := loaded(t, schema, layers.Options{}, []layers.Feature{
		{ID: "x", Geometry: orb.Point{1, 1}}, {ID: decimal, Geometry: orb.Point{-1, -1}}, {ID: "7", Geometry: orb.Point{0, 1}}, {ID: "007", Geometry: orb.Point{1, 0}},
	})
	tile, _ := build(t, builder(t, v, Defaults()), v, grid.Tile{})
	got := map[string]any{}
	for _, f := range decode(t, tile, "clash", 4096) {
		got[f.Properties["id"].(string)] = f.ID
	}
	padded, _ := layers.FeatureID("007").Number()
	for id, want := range map[string]any{"x": nil, string(decimal): float64(number), "7": 7.0, "007": float64(padded)} {
		if got[id] != want {
			t.Errorf("feature %q: got MVT id %v, want %v", id, got[id], want)
		}
	}
}

func TestAntimeridian(t *testing.T) {
	t.Parallel()
	schema := &layers.Schema{Name: "edge"}
	v := loaded(t, schema, layers.Options{MinRows: 1, MaxRows: 2}, []layers.Feature{
		{ID: "1", Geometry: orb.Point{180, 10}},
		{ID: "2", Geometry: orb.Point{-180, 10}},
		{ID: "3", Geometry: orb.Point{179.9, 10}},
		{ID: "4", Geometry: orb.Point{-179.9, 10}},
		{ID: "5", Geometry: orb.Point{0, world.MaxLatitude}},
		{ID: "6", Geometry: orb.Point{0, -world.MaxLatitude}},
	})
	b := builder(t, v, Defaults())
	for _, tt := range []struct {
		tile grid.Tile
		want map[float64]orb.Point
	}{
		{grid.Tile{}, map[float64]orb.Point{1: {4095, 1933}, 2: {0, 1933}, 3: {4094, 1933}, 4: {1, 1933}, 5: {2048, 0}, 6: {2048, 4095}}},
		{grid.Tile{Z: 3, X: 0, Y: 3}, map[float64]orb.Point{1: {-1, 3181}, 2: {0, 3181}, 3: {-10, 3181}, 4: {9, 3181}}},
		{grid.Tile{Z: 3, X: 7, Y: 3}, map[float64]orb.Point{1: {4095, 3181}, 2: {4096, 3181}, 3: {4086, 3181}, 4: {4105, 3181}}},
		{grid.Tile{Z: 2, X: 2, Y: 0}, map[float64]orb.Point{5: {0, 0}}},
		{grid.Tile{Z: 2, X: 1, Y: 3}, map[float64]orb.Point{6: {4096, 4095}}},
	} {
		tile, _ := build(t, b, v, tt.tile)
		got := map[float64]orb.Point{}
		features := decode(t, tile, "edge", 4096)
		for _, f := range features {
			got[f.ID.(float64)] = f.Point
		}
		if len(features) != len(tt.want) {
			t.Errorf("%v: got %d features, want %d", tt.tile, len(features), len(tt.want))
		}
		for id, want := range tt.want {
			if got[id] != want {
				t.Errorf("%v: feature %v: got %v, want %v", tt.tile, id, got[id], want)
			}
		}
	}
}

func TestConcurrentBuilds(t *testing.T) {
	t.Parallel()
	const seed = 15
	r := rand.New(rand.NewPCG(seed, 0))
	features := mixedFeatures(600, r)
	v := loaded(t, mixedSchema(), layers.Options{}, features)
	b := builder(t, v, Defaults())
	m := model(features)
	var addresses []grid.Tile
	var want [][]byte
	for range 40 {
		tile := randomTile(r, m, 18)
		raw, _ := build(t, b, v, tile)
		addresses, want = append(addresses, tile), append(want, raw)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i, tile := range addresses {
				if got, _, err := b.Build(nil, v, tile); err != nil || !bytes.Equal(got, want[i]) {
					t.Errorf("%v: bytes differ when built beside others: %v", tile, err)
				}
			}
		})
	}
	wg.Wait()
	if got := len(b.pool.idle); got > maxIdle {
		t.Errorf("the pool keeps %d scratches, more than %d", got, maxIdle)
	}
	for range len(b.pool.idle) {
		s := <-b.pool.idle
		for _, block := range s.blocks[:cap(s.blocks)] {
			if block != (view.Block{}) {
				t.Fatal("an idle scratch holds a block of a snapshot")
			}
		}
		for _, sel := range []selection{s.rows, s.other, s.all} {
			for _, run := range sel.runs[:cap(sel.runs)] {
				if run.rows != nil {
					t.Fatal("an idle scratch holds a run of a snapshot")
				}
			}
		}
	}
}

func TestPoolDropsLargeScratch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ budget, limit int }{
		{MinBudget, minScratch}, {Defaults().Budget, minScratch}, {2 << 20, 16 << 20}, {MaxBudget, maxScratch},
	} {
		p := newPool(&Builder{opts: Options{Budget: c.budget}})
		s := p.take()
		s.values = make([]byte, 0, c.limit)
		p.give(s)
		if len(p.idle) != 0 {
			t.Errorf("budget %d: the pool keeps a scratch of %d bytes, more than %d", c.budget, s.bytes(), c.limit)
		}
		s = p.take()
		s.in.Points = make([]clip.Point, 0, c.limit/16)
		p.give(s)
		if len(p.idle) != 0 {
			t.Errorf("budget %d: the pool keeps a scratch that has cut a shape of %d bytes", c.budget, s.in.Bytes())
		}
		p.give(&scratch{values: make([]byte, 0, c.limit/2)})
		if len(p.idle) != 1 {
			t.Errorf("budget %d: the pool does not keep a scratch of half of %d bytes", c.budget, c.limit)
		}
	}
}

// TestAllocations: a build allocates what the store does to list the tile's blocks, and nothing else,
// whatever the number of features.
func TestAllocations(t *testing.T) {
	v := loaded(t, citySchema(), layers.Options{}, cityFeatures(20_000, 3))
	opts := Defaults()
	opts.Budget = 100_000 // so that the crowded tiles are thinned
	b := builder(t, v, opts)
	most := 0
	for _, z := range []uint8{0, 6, 10, 12, 14, 16} {
		tile := grid.At(projected(t, 116.4, 39.95), z)
		window := tile.Window(opts.Extent, opts.Buffer)
		boxes, _ := window.Boxes()
		blocks := v.Blocks(boxes[0], nil)
		want := testing.AllocsPerRun(20, func() { blocks = v.Blocks(boxes[0], blocks[:0]) })
		dst, stats := build(t, b, v, tile)
		if got := testing.AllocsPerRun(20, func() { dst, stats, _ = b.Build(dst[:0], v, tile) }); got != want {
			t.Errorf("%v with %d features: got %v allocations, want %v, the store's own", tile, stats.Features, got, want)
		}
		most = max(most, stats.Candidates)
	}
	if most < 10_000 {
		t.Errorf("the fullest tile has %d candidates: the test says little", most)
	}
}
