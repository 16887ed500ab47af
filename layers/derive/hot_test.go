package derive

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/paulmach/orb"

	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/hexgrid"
)

// hotCase is a layer of reports and the hot spots of it.
type hotCase struct {
	t      *testing.T
	now    time.Time
	source *layers.Layer
	cube   *Cube
	hot    *HotSpots
	layer  *layers.Layer
	input  HotInput // without Source and Now
	nextID int
}

// middle is where the cities of these tests are.
var middle = orb.Point{116.4, 39.9}

func newHotCase(t *testing.T, cube CubeSpec, spec HotSpec) *hotCase {
	t.Helper()
	c := &hotCase{t: t, now: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)}
	cube.Now = func() time.Time { return c.now }
	var err error
	if c.cube, err = NewCube(cubeSchema(), cube); err != nil {
		t.Fatal(err)
	}
	if c.source, err = layers.New(cubeSchema(), layers.Options{Derivers: []layers.Deriver{c.cube}}); err != nil {
		t.Fatal(err)
	}
	c.restart(spec)
	return c
}

// restart begins with an empty layer of hot spots.
func (c *hotCase) restart(spec HotSpec) {
	c.t.Helper()
	var err error
	if c.hot, err = NewHotSpots("hot", c.cube, spec); err != nil {
		c.t.Fatal(err)
	}
	if c.layer, err = layers.New(c.hot.Schema(), layers.Options{}); err != nil {
		c.t.Fatal(err)
	}
}

// at adds reports in a cell.
func (c *hotCase) at(cell hexgrid.Cell, n int, when time.Time) {
	c.t.Helper()
	c.in(slices.Repeat([]hexgrid.Cell{cell}, n), when)
}

// in adds a report in each of cells.
func (c *hotCase) in(cells []hexgrid.Cell, when time.Time) {
	c.t.Helper()
	b := layers.Batch{Layer: "reports"}
	for _, cell := range cells {
		c.nextID++
		lon, lat := cell.Centre()
		b.Changes = append(b.Changes, report(strconv.Itoa(c.nextID), lon, lat, "a", when))
	}
	if _, err := c.source.Apply(b); err != nil {
		c.t.Fatal(err)
	}
}

// compute brings the layer up to date.
func (c *hotCase) compute() (layers.Delta, *Analysis) {
	c.t.Helper()
	in := c.input
	in.Source, in.Now = c.source.Snapshot(), c.now
	changes, a := c.hot.Compute(in)
	delta, err := c.layer.Apply(layers.Batch{Layer: "hot", Changes: changes})
	if err != nil {
		c.t.Fatal(err)
	}
	if n := delta.Inserted + delta.Updated + delta.Deleted; n != len(changes) {
		c.t.Errorf("%d changes, of which %d change something", len(changes), n)
	}
	return delta, a
}

// value returns a field of a cell.
func (c *hotCase) value(cell hexgrid.Cell, field string) column.Value {
	c.t.Helper()
	row, ok := c.layer.Snapshot().Find(layers.FeatureID(cell.String()))
	if !ok {
		return column.Value{}
	}
	return row.Feature().Values[c.layer.Schema().FieldIndex(field)]
}

// features returns all of a layer, by id.
func features(l *layers.Layer) map[layers.FeatureID]layers.Feature {
	out := map[layers.FeatureID]layers.Feature{}
	for b := range l.Snapshot().All() {
		for i := range b.Len() {
			f := (layers.Row{Block: b, Index: i}).Feature()
			out[f.ID] = f
		}
	}
	return out
}

// disk returns the cells around the middle.
func disk(t *testing.T, r hexgrid.Resolution, k int) []hexgrid.Cell {
	t.Helper()
	at, err := hexgrid.At(middle[0], middle[1], r)
	if err != nil {
		t.Fatal(err)
	}
	return diskOf(t, at, k)
}

func diskOf(t *testing.T, c hexgrid.Cell, k int) []hexgrid.Cell {
	t.Helper()
	cells, err := c.Disk(k)
	if err != nil {
		t.Fatal(err)
	}
	return cells
}

var hotRuns atomic.Uint64

// TestPlantedCluster finds a cluster that was put there, and little else, and in noise nothing beyond the false
// discovery rate.
func TestPlantedCluster(t *testing.T) {
	t.Parallel()
	for _, planted := range []bool{false, true} {
		flagged := 0
		const runs = 5
		for run := range runs {
			rng := rand.New(rand.NewPCG(uint64(run), 9))
			c := newHotCase(t, CubeSpec{Resolution: 8, Finest: 9}, HotSpec{Rings: 2})
			cells := disk(t, 8, 12)
			noise := make([]hexgrid.Cell, 4*len(cells))
			for i := range noise {
				noise[i] = cells[rng.IntN(len(cells))]
			}
			c.in(noise, time.Time{})
			cluster := disk(t, 8, 1)
			if planted {
				for _, cell := range cluster {
					c.at(cell, 12, time.Time{})
				}
			}
			_, a := c.compute()
			flagged += a.Significant
			for _, cell := range cluster {
				if bin := c.value(cell, "bin").Int(); planted && bin != 3 {
					t.Errorf("run %d: the cluster's cell %s has bin %d", run, cell, bin)
				}
			}
			if planted && a.Significant > len(disk(t, 8, 3))+20 {
				t.Errorf("run %d: %d cells are significant", run, a.Significant)
			}
		}
		if !planted && flagged > runs*3 {
			t.Errorf("%d cells of %d runs of noise are significant", flagged, runs)
		}
	}
}

// TestOnlyVisibleChanges: a computation changes what it has to, and the layer is then what one that begins anew makes.
func TestOnlyVisibleChanges(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &hotRuns, 1) {
		rng := rand.New(rand.NewPCG(seed, 10))
		spec := HotSpec{Rings: 1, Grow: 1, Window: 12, Moran: true, Emerging: true}
		c := newHotCase(t, CubeSpec{Resolution: 8, Finest: 8, Time: "at", Step: time.Hour, Keep: 24}, spec)
		cells := disk(t, 8, 6)
		for range 8 {
			for range 1 + rng.IntN(60) {
				c.at(cells[min(int(rng.ExpFloat64()*20), len(cells)-1)], 1, c.now.Add(-time.Duration(rng.IntN(20*60))*time.Minute))
			}
			before := features(c.layer)
			delta, _ := c.compute()
			after := features(c.layer)
			differ := 0
			for id, f := range after {
				if old, there := before[id]; !there || !slices.Equal(old.Values, f.Values) {
					differ++
				}
				delete(before, id)
			}
			if n := delta.Inserted + delta.Updated; n != differ || delta.Deleted != len(before) {
				t.Errorf("seed %d: %d changes and %d deletes, want %d and %d", seed, n, delta.Deleted, differ, len(before))
			}
			if delta, _ := c.compute(); len(delta.Boxes) > 0 {
				t.Errorf("seed %d: %d boxes changed with nothing", seed, len(delta.Boxes))
			}
			hot, l := c.hot, c.layer
			c.restart(spec)
			c.compute()
			if diff := cmp.Diff(features(c.layer), after, cmpopts.EquateComparable(column.Value{})); diff != "" {
				t.Fatalf("seed %d: -anew +kept\n%s", seed, diff)
			}
			c.hot, c.layer = hot, l
			c.now = c.now.Add(time.Duration(rng.IntN(100)) * time.Minute)
		}
	}
}

// TestTimeMovesOn: without an edit steps leave the window, and when the clock goes back they are in it again.
func TestTimeMovesOn(t *testing.T) {
	t.Parallel()
	c := newHotCase(t, CubeSpec{Resolution: 8, Finest: 8, Time: "at", Step: time.Hour, Keep: 6}, HotSpec{Window: 3})
	cells := disk(t, 8, 4)
	for i, cell := range cells {
		c.at(cell, 1+i%2, c.now.Add(-time.Duration(i%3)*time.Hour))
	}
	counted := func() int {
		_, a := c.compute()
		return a.Counted
	}
	start := c.now
	var got []int
	for hour := range 4 {
		c.now = start.Add(time.Duration(hour) * time.Hour)
		got = append(got, counted())
	}
	c.now = start.Add(10 * time.Hour)
	c.at(cells[0], 1, c.now) // an edit, with which the old steps are let go
	c.now = start
	got = append(got, counted())
	n := len(cells) + len(cells)/2
	want := []int{n, 0, 0, 0, n}
	for i := range cells {
		for hour := range 3 {
			if i%3+hour < 3 && hour > 0 {
				want[hour] += 1 + i%2
			}
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v counted, want %v", got, want)
	}
}

// TestFewCells: a layer of fewer than 30 cells is empty and says why, and is there again when there are more.
func TestFewCells(t *testing.T) {
	t.Parallel()
	c := newHotCase(t, CubeSpec{Resolution: 8, Finest: 8}, HotSpec{})
	refused := func(want string) {
		t.Helper()
		if _, a := c.compute(); !strings.Contains(a.Reason, want) || c.layer.Snapshot().Count() > 0 {
			t.Errorf("got %q and %d features, want %q", a.Reason, c.layer.Snapshot().Count(), want)
		}
	}
	refused("nothing is counted")
	for _, cell := range disk(t, 8, 2) {
		c.at(cell, 1, time.Time{})
	}
	refused("fewer than 30 cells: the study area has 19")
	for i, cell := range disk(t, 8, 3) {
		c.at(cell, 1+i%3, time.Time{})
	}
	if _, a := c.compute(); a.Reason != "" || c.layer.Snapshot().Count() != 37 {
		t.Errorf("got %q and %d features, want 37", a.Reason, c.layer.Snapshot().Count())
	}
	far, err := hexgrid.At(-80, -30, 8)
	if err != nil {
		t.Fatal(err)
	}
	c.at(far, 1, time.Time{})
	refused("the hull of what is counted: hexgrid: too many cells")
}

// TestBoundary takes the study area from polygons, one of them with a hole; what lies outside is told.
func TestBoundary(t *testing.T) {
	t.Parallel()
	c := newHotCase(t, CubeSpec{Resolution: 8, Finest: 8}, HotSpec{Grow: 1})
	city, err := layers.New(&layers.Schema{Name: "city"}, layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c.input.Boundary = city.Snapshot()
	c.at(disk(t, 8, 0)[0], 3, time.Time{})
	if _, a := c.compute(); !strings.Contains(a.Reason, "no polygon of the boundary") {
		t.Errorf("without a polygon: got %q", a.Reason)
	}
	square := func(size float64) orb.Ring {
		return orb.Ring{{middle[0] - size, middle[1] - size}, {middle[0] + size, middle[1] - size}, {middle[0] + size, middle[1] + size}, {middle[0] - size, middle[1] + size}, {middle[0] - size, middle[1] - size}}
	}
	if _, err := city.Apply(layers.Batch{Layer: "city", Changes: []layers.Change{
		{Feature: layers.Feature{ID: "1", Geometry: orb.Polygon{square(0.1), square(0.05)}}},
		{Feature: layers.Feature{ID: "2", Geometry: orb.Point(middle)}},
	}}); err != nil {
		t.Fatal(err)
	}
	c.input.Boundary = city.Snapshot()
	want := map[hexgrid.Cell]bool{}
	for _, cell := range disk(t, 8, 30) {
		lon, lat := cell.Centre()
		if x, y := math.Abs(lon-middle[0]), math.Abs(lat-middle[1]); max(x, y) < 0.1 && max(x, y) > 0.05 {
			for _, near := range diskOf(t, cell, 1) {
				want[near] = true
			}
		}
	}
	var first hexgrid.Cell
	for cell := range want {
		first = max(first, cell)
	}
	c.at(first, 2, time.Time{})
	_, a := c.compute()
	if a.Cells != len(want) || a.Outside != 3 || a.Counted != 5 || a.Reason != "" {
		t.Errorf("got n %d, outside %d of %d, %q; want %d, 3 of 5", a.Cells, a.Outside, a.Counted, a.Reason, len(want))
	}
}

// TestRate divides counts, and leaves cells without a base out.
func TestRate(t *testing.T) {
	t.Parallel()
	c := newHotCase(t, CubeSpec{Resolution: 8, Finest: 8}, HotSpec{Rate: true})
	cells := disk(t, 8, 5)
	base := map[hexgrid.Cell]float64{}
	for i, cell := range cells {
		c.at(cell, 1+i%4, time.Time{})
		base[cell] = float64(i % 5)
	}
	c.input.Base = func(cell hexgrid.Cell) float64 { return base[cell] }
	_, a := c.compute()
	with := 0
	for i, cell := range cells {
		rate := c.value(cell, "rate")
		if i%5 == 0 {
			if !rate.IsNull() {
				t.Errorf("a cell without a base has rate %v", rate)
			}
			continue
		}
		with++
		if want := figures(float64(1+i%4) / float64(i%5)); rate.Float() != want {
			t.Errorf("cell %d: got rate %v, want %v", i, rate, want)
		}
	}
	if a.Cells != with || a.Outside == 0 {
		t.Errorf("got n %d and %d outside, want %d and some", a.Cells, a.Outside, with)
	}
	base[cells[0]] = 2 // it comes in
	if delta, _ := c.compute(); delta.Inserted != 1 || c.value(cells[0], "rate").IsNull() {
		t.Errorf("got %d more cells", delta.Inserted)
	}
}

// TestEmerging: a cell that is hot in the last whole step only is new; the step under way does not count.
func TestEmerging(t *testing.T) {
	t.Parallel()
	c := newHotCase(t, CubeSpec{Resolution: 8, Finest: 8, Time: "at", Step: time.Hour, Keep: 24}, HotSpec{Window: 12, Emerging: true})
	cells := disk(t, 8, 6)
	for hour := range 14 {
		all := slices.Clone(cells)
		for i := 0; i < len(cells); i += 2 {
			all = append(all, cells[i])
		}
		c.in(all, c.now.Add(-time.Duration(hour)*time.Hour))
	}
	persistent, fresh := diskOf(t, cells[0], 0)[0], disk(t, 8, 0)[0]
	for hour := range 14 {
		c.at(persistent, 40, c.now.Add(-time.Duration(hour)*time.Hour))
	}
	c.at(fresh, 90, c.now)
	c.compute()
	if got := c.value(fresh, "class"); got != column.StringOf("none") {
		t.Errorf("hot in the step under way: got %v, want none", got)
	}
	c.now = c.now.Add(time.Hour)
	c.compute()
	if got := c.value(fresh, "class"); got != column.StringOf("new hot") {
		t.Errorf("hot in the last step: got %v, want new hot", got)
	}
	if got := c.value(persistent, "class"); got != column.StringOf("persistent hot") {
		t.Errorf("always hot: got %v, want persistent hot", got)
	}
}

func TestNewHotSpotsRefuses(t *testing.T) {
	t.Parallel()
	plain := CubeSpec{Resolution: 8, Finest: 8}
	timed := CubeSpec{Resolution: 8, Finest: 8, Time: "at", Step: time.Hour, Keep: 20}
	for _, c := range []struct {
		name string
		cube CubeSpec
		spec HotSpec
		want string
	}{
		{"too many rings", plain, HotSpec{Rings: 4}, "neighbours within 4 rings: want 1 to 3"},
		{"a large area", plain, HotSpec{Grow: 21}, "grown by 21 rings: want 0 to 20"},
		{"no rate", plain, HotSpec{Level: 1}, "a false discovery rate of 1"},
		{"classes without time", plain, HotSpec{Emerging: true}, "emerging hot spots of counts without time"},
		{"a window of nothing", timed, HotSpec{}, "a window of 0 steps: want 1 to 64"},
		{"a long window", timed, HotSpec{Window: 11}, "a window of 11 steps of 20 that are kept"},
		{"few steps", timed, HotSpec{Window: 9, Emerging: true}, "emerging hot spots of 9 steps: want 10 at least"},
	} {
		cube, err := NewCube(cubeSchema(), c.cube)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := NewHotSpots("hot", cube, c.spec); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
}

// TestUndo: changes that the layer did not take come again.
func TestUndo(t *testing.T) {
	t.Parallel()
	c := newHotCase(t, CubeSpec{Resolution: 8, Finest: 8}, HotSpec{})
	for i, cell := range disk(t, 8, 4) {
		c.at(cell, 1+i%3, time.Time{})
	}
	in := HotInput{Source: c.source.Snapshot(), Now: c.now}
	first, _ := c.hot.Compute(in)
	c.hot.Undo()
	again, _ := c.hot.Compute(in)
	if none, _ := c.hot.Compute(in); len(first) == 0 || len(again) != len(first) || len(none) > 0 {
		t.Errorf("got %d changes, %d after they were not taken and %d then", len(first), len(again), len(none))
	}
}

// TestHotPolygons draws cells beside the antimeridian and near the end of the map.
func TestHotPolygons(t *testing.T) {
	t.Parallel()
	for _, place := range []orb.Point{{179.99, 10}, {-179.999, -17}, {20, 84.9}, {180, 85.05}} {
		for r := range hexgrid.Resolution(11) {
			cell, err := hexgrid.At(place[0], place[1], r)
			if err != nil {
				t.Fatal(err)
			}
			for _, near := range diskOf(t, cell, 1) {
				change := layers.Change{Feature: layers.Feature{ID: "x", Geometry: Polygon(near)}}
				if err := (&layers.Schema{Name: "hot", Coverage: true}).Check(0, &change); err != nil {
					t.Errorf("%s at %v: %v", near, place, err)
				}
			}
		}
	}
}
