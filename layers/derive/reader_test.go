package derive

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/hexgrid"
	"hutong/layers/shape"
	"hutong/layers/world"
)

// scattered returns a layer of features at all kinds of places.
func scattered(t testing.TB, rng *rand.Rand, n int, spec Spec) (*layers.Layer, *Index) {
	t.Helper()
	l, ix := newLayer(t, spec, layers.Options{})
	b := layers.Batch{Layer: l.Name()}
	for i := range n {
		b.Changes = append(b.Changes, layers.Change{Feature: randomFeature(rng, layers.FeatureID(fmt.Sprintf("c-%d", i)))})
	}
	if _, err := l.Apply(b); err != nil {
		t.Fatal(err)
	}
	return l, ix
}

// randomBox returns a box of any size, often around a hard place.
func randomBox(rng *rand.Rand) world.Box {
	at := anywhere(rng)
	p, err := world.Project(at[0], at[1])
	if err != nil {
		panic(err)
	}
	side := uint32(1) << rng.IntN(32)
	box := world.Box{Min: p, Max: p}
	box.Min.X -= min(box.Min.X, rng.Uint32N(side))
	box.Min.Y -= min(box.Min.Y, rng.Uint32N(side))
	box.Max.X += min(math.MaxUint32-box.Max.X, rng.Uint32N(side))
	box.Max.Y += min(math.MaxUint32-box.Max.Y, rng.Uint32N(side))
	return box
}

// pick returns a random reader over l, and the ids of all its cells with the boxes that belong to each.
func pick(ix *Index, s *layers.Snapshot, r hexgrid.Resolution, clusters bool) (rd layers.Reader, all map[string][]world.Box) {
	rd = ix.Hexes(ix.HexSchema("hexes"), s, r)
	if clusters {
		rd = ix.Clusters(ix.ClusterSchema("clusters"), s, r)
	}
	all = map[string][]world.Box{}
	cells, _ := ix.Of(s)
	cells.each(r, func(cell hexgrid.Cell, record []uint64) bool {
		a := Aggregate{&ix.layout, cell, record}
		if clusters {
			all[cell.String()] = []world.Box{{Min: a.Mean(), Max: a.Mean()}}
			return true
		}
		for _, ring := range newOutline(cell).rings {
			all[cell.String()] = append(all[cell.String()], ring.box)
		}
		return true
	})
	return rd, all
}

var windowRuns atomic.Uint64

// TestWindowsAreBruteForce compares what is found in boxes with a look at all cells, and looks at the blocks.
func TestWindowsAreBruteForce(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &windowRuns, 2) {
		rng := rand.New(rand.NewPCG(seed, 5))
		l, ix := scattered(t, rng, 1500, testSpec(0, 9))
		s := l.Snapshot()
		for r := range hexgrid.Resolution(10) {
			for _, clusters := range []bool{false, true} {
				rd, all := pick(ix, s, r, clusters)
				for range 40 {
					box := randomBox(rng)
					want := map[string]bool{}
					for id, boxes := range all {
						if slices.ContainsFunc(boxes, box.Intersects) {
							want[id] = true
						}
					}
					got := map[string]bool{}
					var blocks []*layers.Block
					rd.EachBlock(box, func(b *layers.Block) { blocks = append(blocks, b) })
					for _, b := range blocks {
						checkBlock(t, b, clusters, func(id string) {
							if got[id] {
								t.Errorf("%s stands twice", id)
							}
							got[id] = true
						})
					}
					if !slices.IsSortedFunc(blocks, layers.CompareBlocks) {
						t.Errorf("blocks are not in canonical order")
					}
					if !maps.Equal(got, want) {
						t.Fatalf("seed %d: level %d, clusters %t, %v: found %d, want %d", seed, r, clusters, box, len(got), len(want))
					}
					for most, more := range map[int]bool{len(want): false, len(want) - 1: true, len(want) + 7: false} {
						if got := rd.(*reader).MoreThan(box, most); got != more {
							t.Errorf("seed %d: level %d, clusters %t: got more than %d %t, of %d", seed, r, clusters, most, got, len(want))
						}
					}
					if clusters {
						continue
					}
					found := 0
					cellsOf(t, ix, s).Each(r, box, func(cell hexgrid.Cell, a *Aggregate) bool {
						if !want[cell.String()] || a.Cell() != cell || a.Count() < 1 {
							t.Errorf("%v is not in the box", cell)
						}
						found++
						return true
					})
					if found != len(want) {
						t.Fatalf("seed %d: Each found %d, want %d", seed, found, len(want))
					}
				}
			}
		}
	}
}

func checkBlock(t *testing.T, b *layers.Block, clusters bool, id func(string)) {
	t.Helper()
	if b.Len() < 1 || b.Len() > 512 || b.AllShown() || (b.Shapes() == nil) != clusters {
		t.Errorf("a block of %d rows, all shown %t, points %t", b.Len(), b.AllShown(), b.Shapes() == nil)
	}
	around := world.EmptyBox
	for i := range b.Len() {
		around = around.Union(b.RowBox(i))
		if b.Shown(i) {
			t.Errorf("row %d shows a number", i)
		}
		id(string(b.ID(i)))
	}
	if around != b.Box() {
		t.Errorf("a block around %v has the box %v", around, b.Box())
	}
}

// TestReader looks at all else that a reader tells, against a look at all rows.
func TestReader(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &windowRuns, 1) {
		rng := rand.New(rand.NewPCG(seed, 6))
		l, ix := scattered(t, rng, 400, testSpec(1, 8))
		s := l.Snapshot()
		for r := hexgrid.Resolution(1); r <= 8; r++ {
			for _, clusters := range []bool{false, true} {
				rd, ids := pick(ix, s, r, clusters)
				checkReader(t, rng, rd, len(ids), clusters)
				if rd.Seq() != s.Seq() || rd.Bytes() != cellsOf(t, ix, s).Bytes() {
					t.Errorf("state %d of %d bytes", rd.Seq(), rd.Bytes())
				}
			}
		}
		for name, rd := range map[string]layers.Reader{
			"level not kept":   ix.Hexes(ix.HexSchema("hexes"), s, 0),
			"level beyond":     ix.Hexes(ix.HexSchema("hexes"), s, 12),
			"no deriver":       otherIndex(t).Clusters(ix.ClusterSchema("clusters"), s, 4),
			"an empty layer's": ix.Hexes(ix.HexSchema("hexes"), emptyLike(t), 4),
		} {
			if _, ok := rd.Extent(); ok || rd.Count() != 0 {
				t.Errorf("%s: %d cells", name, rd.Count())
			}
			if near, _ := rd.Nearest(0, 0, 5); len(near) > 0 {
				t.Errorf("%s: neighbours %v", name, near)
			}
		}
	}
}

func otherIndex(t *testing.T) *Index {
	t.Helper()
	_, ix := newLayer(t, testSpec(1, 8), layers.Options{})
	return ix
}

func emptyLike(t *testing.T) *layers.Snapshot {
	t.Helper()
	l, _ := newLayer(t, testSpec(1, 8), layers.Options{})
	return l.Snapshot()
}

func checkReader(t *testing.T, rng *rand.Rand, rd layers.Reader, cells int, clusters bool) {
	t.Helper()
	var rows []layers.Row
	box := world.EmptyBox
	var kinds [shape.MultiPolygon + 1]int
	points := 0
	rd.Scan(nil, func(row layers.Row) bool {
		rows = append(rows, row)
		box = box.Union(row.Block.RowBox(row.Index))
		if sh := row.Block.Shapes(); sh != nil {
			kinds[sh.Kinds[row.Index]]++
		} else {
			points++
		}
		id := row.Block.ID(row.Index)
		found, ok := rd.Find(id)
		if diff := cmp.Diff(row.Feature(), found.Feature(), cmp.AllowUnexported(column.Value{})); !ok || diff != "" {
			t.Fatalf("%s is found as another (-scan +find):\n%s", id, diff)
		}
		return true
	})
	if len(rows) != cells || rd.Count() != cells || rd.Located() != cells || rd.Points() != points || rd.Kinds() != kinds {
		t.Errorf("%d rows of %d: count %d, located %d, points %d, want %d, kinds %v, want %v",
			len(rows), cells, rd.Count(), rd.Located(), rd.Points(), points, rd.Kinds(), kinds)
	}
	west, north := box.Min.LonLat()
	east, south := box.Max.LonLat()
	if got, _ := rd.Extent(); got != (orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{east, north}}) {
		t.Errorf("extent %v, want %v, %v to %v, %v", got, west, south, east, north)
	}
	for _, id := range []layers.FeatureID{"", "x", "8001fffffffffff", layers.FeatureID("0" + string(rows[0].Block.ID(0)))} {
		if _, ok := rd.Find(id); ok {
			t.Errorf("%q is found", id)
		}
	}
	if _, ok := rd.FindNumber(rows[0].Block.Numbers()[0]); ok {
		t.Error("a number is found that nothing shows")
	}
	for range 4 {
		at := anywhere(rng)
		got, _ := rd.Nearest(at[0], at[1], 7)
		var all []layers.Neighbour
		for _, row := range rows {
			all = append(all, layers.Neighbour{Row: row, Metres: row.DistanceMetres(at[0], at[1])})
		}
		slices.SortFunc(all, layers.CompareNeighbours)
		all = all[:min(7, len(all))]
		for i := range all {
			if i >= len(got) || got[i].Metres != all[i].Metres || got[i].Block.ID(got[i].Index) != all[i].Block.ID(all[i].Index) {
				t.Fatalf("clusters %t: neighbour %d of %v is not the nearest left: got %d of %d", clusters, i, at, len(got), len(all))
			}
		}
	}
	if near, _ := rd.Nearest(math.NaN(), 0, 3); near != nil {
		t.Errorf("neighbours of nowhere: %v", near)
	}
	field := 1 // count
	p := column.Where(field, column.Greater, column.IntOf(1))
	want, n := 0, 0
	for _, row := range rows {
		if row.Block.Column(field).Value(row.Index).Int() > 1 {
			want++
		}
	}
	stats := rd.Scan(p, func(layers.Row) bool { n++; return true })
	if n != want || stats.Selected != want {
		t.Errorf("a predicate selects %d (%+v), want %d", n, stats, want)
	}
	n = 0
	rd.Search(everywhere, func(layers.Row) bool { n++; return n < 3 })
	if n != min(3, cells) {
		t.Errorf("a search goes on for %d", n)
	}
}

// TestValues looks at all values of a hexagon and of a cluster.
func TestValues(t *testing.T) {
	t.Parallel()
	l, ix := newLayer(t, testSpec(4, 11), layers.Options{})
	b := layers.Batch{Layer: l.Name()}
	add := func(lon float64, values ...column.Value) {
		b.Changes = append(b.Changes, layers.Change{Feature: layers.Feature{
			ID: layers.FeatureID(strconv.Itoa(len(b.Changes))), Geometry: orb.Point{lon, 39.9}, Values: values,
		}})
	}
	add(116.4, column.StringOf("noise"), column.IntOf(5), column.FloatOf(0.5), column.BoolOf(true), column.MicrosOf(7))
	add(116.4, column.StringOf("dog"), column.IntOf(-1), column.FloatOf(1.25), column.BoolOf(false), column.MicrosOf(9))
	add(116.4, column.Value{}, column.IntOf(math.MaxInt64), column.FloatOf(1e300))
	add(116.4)
	if _, err := l.Apply(b); err != nil {
		t.Fatal(err)
	}
	text := func(rd layers.Reader, schema *layers.Schema) map[string]string {
		out := map[string]string{}
		rd.Scan(nil, func(row layers.Row) bool {
			for i, v := range row.Feature().Values {
				out[schema.Fields[i].Name] = v.String()
			}
			return true
		})
		return out
	}
	want := map[string]string{
		"resolution": "6", "newest": "1970-01-01T00:00:00.000009Z",
		"votes_sum": "null", "votes_min": "-1", "votes_max": "9223372036854775807", "votes_mean": "3.0744573456182584e+18",
		"score_sum": "null", "score_min": "0.5", "score_max": "1e+300", "score_mean": "null",
		"category_noise": "1", "category_lamp": "0", "category_waste": "0", "category_other": "1",
		"urgent_true": "1", "urgent_other": "1", "votes_0": "0", "votes_1": "1", "votes_other": "2",
	}
	hexes := maps.Clone(want)
	hexes["count"] = "4"
	schema := ix.HexSchema("hexes")
	if diff := cmp.Diff(hexes, text(ix.Hexes(schema, l.Snapshot(), 6), schema)); diff != "" {
		t.Errorf("hexes (-want +got):\n%s", diff)
	}
	clusters := maps.Clone(want)
	clusters["cluster"], clusters["point_count"], clusters["point_count_abbreviated"] = "true", "4", `"4"`
	schema = ix.ClusterSchema("clusters")
	if diff := cmp.Diff(clusters, text(ix.Clusters(schema, l.Snapshot(), 6), schema)); diff != "" {
		t.Errorf("clusters (-want +got):\n%s", diff)
	}
}

func TestAbbreviated(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{
		1: "1", 999: "999", 1000: "1k", 1049: "1k", 1050: "1.1k", 1234: "1.2k", 9949: "9.9k", 9999: "10k", 10_499: "10k", 10_500: "11k", 1_234_567: "1235k",
	} {
		if got := abbreviated(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}

// TestMeanAcrossTheAntimeridian puts features on both sides of it, and of the meridian of Greenwich.
func TestMeanAcrossTheAntimeridian(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		lons []float64
		want float64
	}{
		{"east", []float64{179.9, 179.9, -179.9}, 179.9 + 0.2/3},
		{"west", []float64{179.9, -179.9, -179.9}, -179.9 - 0.2/3},
		{"Greenwich", []float64{-0.1, 0.2}, 0.05},
	} {
		l, ix := newLayer(t, testSpec(1, 11), layers.Options{})
		b := layers.Batch{Layer: l.Name()}
		for i, lon := range tt.lons {
			b.Changes = append(b.Changes, layers.Change{Feature: layers.Feature{ID: layers.FeatureID(strconv.Itoa(i)), Geometry: orb.Point{lon, 10}}})
		}
		if _, err := l.Apply(b); err != nil {
			t.Fatal(err)
		}
		one := 0
		cellsOf(t, ix, l.Snapshot()).Each(1, everywhere, func(_ hexgrid.Cell, a *Aggregate) bool {
			if a.Count() == len(tt.lons) {
				one++
				if lon, lat := a.Mean().LonLat(); math.Abs(lon-tt.want) > 1e-6 || math.Abs(lat-10) > 1e-6 {
					t.Errorf("%s: mean at %v, %v, want %v, 10", tt.name, lon, lat, tt.want)
				}
			}
			return true
		})
		if one != 1 {
			t.Errorf("%s: the features are not in one cell", tt.name)
		}
	}
}
