package derive

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"hutong/internal/testkit"
	"hutong/layers/hexgrid"
	"hutong/layers/spatialstat"
)

// What a layer of hot spots says, by the definitions and without the code that computes it.

// cellSet are cells.
type cellSet map[hexgrid.Cell]bool

// grown returns cells with those up to k rings away.
func (s cellSet) grown(t *testing.T, k int) cellSet {
	t.Helper()
	out := cellSet{}
	for c := range s {
		for _, near := range diskOf(t, c, k) {
			out[near] = true
		}
	}
	return out
}

// inHull reports whether a place is in the convex hull of others: whether no half of the plane around it is without any.
func inHull(at orb.Point, places []orb.Point) bool {
	angles := make([]float64, 0, len(places)+1)
	for _, p := range places {
		if p == at {
			return true
		}
		angles = append(angles, math.Atan2(p[1]-at[1], p[0]-at[0]))
	}
	slices.Sort(angles)
	angles = append(angles, angles[0]+2*math.Pi)
	gap := 0.0
	for i, a := range angles[1:] {
		gap = max(gap, a-angles[i])
	}
	return gap <= math.Pi
}

// hullOf returns those of some cells whose middles are in the hull of the middles of the occupied ones.
func hullOf(occupied map[hexgrid.Cell]float64, among []hexgrid.Cell) cellSet {
	middleOf := func(c hexgrid.Cell) orb.Point {
		lon, lat := c.Centre()
		return orb.Point{lon, lat}
	}
	var places []orb.Point
	for c := range occupied {
		places = append(places, middleOf(c))
	}
	out := cellSet{}
	for _, c := range among {
		if inHull(middleOf(c), places) {
			out[c] = true
		}
	}
	return out
}

// definition is what is known of the values of a study area: zero is one.
type definition struct {
	t      *testing.T
	values map[hexgrid.Cell]float64
	rings  int
}

// moments returns n, the mean and the standard deviation.
func (d *definition) moments() (n, mean, sd float64) {
	var sum, squares float64
	for _, v := range d.values {
		sum += v
	}
	n = float64(len(d.values))
	mean = sum / n
	for _, v := range d.values {
		squares += (v - mean) * (v - mean)
	}
	return n, mean, math.Sqrt(squares / n)
}

// around returns how many values there are within the rings of a cell, with its own, and their sum.
func (d *definition) around(c hexgrid.Cell) (count, sum float64) {
	d.t.Helper()
	for _, near := range diskOf(d.t, c, d.rings) {
		if v, in := d.values[near]; in {
			count, sum = count+1, sum+v
		}
	}
	return count, sum
}

// giStar returns z of each cell.
func (d *definition) giStar() map[hexgrid.Cell]float64 {
	d.t.Helper()
	n, mean, sd := d.moments()
	out := map[hexgrid.Cell]float64{}
	for c := range d.values {
		w, sum := d.around(c)
		out[c] = (sum - w*mean) / (sd * math.Sqrt(w*(n-w)/(n-1)))
	}
	return out
}

// flagged returns the cells that Benjamini and Hochberg flag: all up to the last whose p is at most its share of the rate.
func flagged(z map[hexgrid.Cell]float64, rate float64) cellSet {
	var ps []float64
	for _, v := range z {
		ps = append(ps, spatialstat.TwoSidedP(v))
	}
	slices.Sort(ps)
	last := -1.0
	for k, p := range ps {
		if p <= rate*float64(k+1)/float64(len(ps)) {
			last = p
		}
	}
	out := cellSet{}
	for c, v := range z {
		if spatialstat.TwoSidedP(v) <= last {
			out[c] = true
		}
	}
	return out
}

// bins returns the bin of each cell: how many of three rates flag it, with the sign of z.
func bins(z map[hexgrid.Cell]float64) map[hexgrid.Cell]int64 {
	out := map[hexgrid.Cell]int64{}
	for _, rate := range []float64{0.1, 0.05, 0.01} {
		for c := range flagged(z, rate) {
			out[c] += int64(math.Copysign(1, z[c]))
		}
	}
	return out
}

// moran returns the local I of a cell and its quadrant.
func (d *definition) moran(c hexgrid.Cell) (i float64, quadrant string) {
	d.t.Helper()
	_, mean, sd := d.moments()
	count, sum := d.around(c)
	own, others := d.values[c]-mean, sum-d.values[c]-(count-1)*mean
	quadrant = map[bool]string{true: "H", false: "L"}[own > 0] + map[bool]string{true: "H", false: "L"}[others > 0]
	if math.Abs(own) < 1e-9 || math.Abs(others) < 1e-9 {
		quadrant = ""
	}
	return own * others / (sd * sd), quadrant
}

// wantRounded checks a number that is published with so many decimals.
func wantRounded(t *testing.T, what string, got, want float64, decimals int) {
	t.Helper()
	scale := math.Pow10(decimals)
	if math.Abs(got-want) > 0.5/scale+1e-9 || math.Round(got*scale)/scale != got {
		t.Errorf("%s is %v, want %v with %d decimals", what, got, want, decimals)
	}
}

// TestHotSpotsByDefinition compares the layer with the definitions: the study area with its zeros, z, p, bins, flags, and
// the local I.
func TestHotSpotsByDefinition(t *testing.T) {
	t.Parallel()
	hot := 0
	for _, seed := range testkit.Seeds(t, &hotRuns, 3) {
		rng := rand.New(rand.NewPCG(seed, 8))
		rings, grow := 1+rng.IntN(3), rng.IntN(3)
		c := newHotCase(t, CubeSpec{Resolution: 9, Finest: 9}, HotSpec{Rings: rings, Grow: grow, Moran: true})
		occupied := map[hexgrid.Cell]float64{}
		cluster := disk(t, 9, 2)
		sum := 0
		for _, cell := range disk(t, 9, 7) {
			n := max(rng.IntN(6)-2, 0)
			if slices.Contains(cluster, cell) {
				n += 5
			}
			if sum += n; n > 0 {
				occupied[cell] = float64(n)
				c.at(cell, n, time.Time{})
			}
		}
		core := hullOf(occupied, disk(t, 9, 9))
		d := definition{t, map[hexgrid.Cell]float64{}, rings}
		for cell := range core.grown(t, grow) {
			d.values[cell] = occupied[cell]
		}
		if len(core) <= len(occupied) {
			t.Fatalf("seed %d: no cell of the hull is empty: the test shows too little", seed)
		}
		_, a := c.compute()
		all := features(c.layer)
		if len(all) != len(d.values) || a.Cells != len(d.values) || a.Reason != "" {
			t.Fatalf("seed %d: %d features, n is %d, want %d: %s", seed, len(all), a.Cells, len(d.values), a.Reason)
		}
		z := d.giStar()
		bin, flag := bins(z), flagged(z, DefaultLevel)
		found := map[int64]int{}
		for id, f := range all {
			cell, err := hexgrid.Parse(string(id))
			if err != nil {
				t.Fatal(err)
			}
			value, in := d.values[cell]
			w, _ := d.around(cell)
			i, quadrant := d.moran(cell)
			wantRounded(t, "z", f.Values[1].Float(), z[cell], 2)
			wantRounded(t, "p", f.Values[2].Float(), spatialstat.TwoSidedP(z[cell]), 4)
			wantRounded(t, "the local I", f.Values[6].Float(), i, 2)
			gotQuadrant := ""
			if !f.Values[7].IsNull() {
				gotQuadrant = f.Values[7].Text()
			}
			if !in || f.Values[0].Int() != bin[cell] || float64(f.Values[3].Int()) != value || float64(f.Values[4].Int()) != w-1 ||
				f.Values[5].Bool() != flag[cell] || gotQuadrant != quadrant {
				t.Errorf("seed %d: %s: got %v, want bin %d, count %v, %v neighbours, flagged %v, %s", seed, id, f.Values, bin[cell], value, w-1, flag[cell], quadrant)
			}
			found[bin[cell]]++
			if polygon, ok := f.Geometry.(orb.Polygon); !ok || len(polygon[0]) != 7 {
				t.Errorf("seed %d: %s is %v", seed, id, f.Geometry)
			}
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		}
		_, mean, sd := d.moments()
		if a.Mean != figures(mean) || a.SD != figures(sd) || a.Occupied != len(occupied) || a.Counted != sum || a.Outside != 0 ||
			a.Significant != len(flag) || a.Bins[6] != found[3] || a.Bins[3] != found[0] {
			t.Fatalf("seed %d: got %+v, want mean %v, sd %v, %d occupied, %d counted, %d flagged, bins %v", seed, a, mean, sd, len(occupied), sum, len(flag), found)
		}
		hot += found[3]
	}
	if hot == 0 {
		t.Error("no cell is hot: the test shows too little")
	}
}

// TestRateByDefinition: z is that of the rates, and n has only cells with a base.
func TestRateByDefinition(t *testing.T) {
	t.Parallel()
	c := newHotCase(t, CubeSpec{Resolution: 8, Finest: 8}, HotSpec{Rate: true, Rings: 2})
	d := definition{t, map[hexgrid.Cell]float64{}, 2}
	base := map[hexgrid.Cell]float64{}
	for i, cell := range disk(t, 8, 5) {
		c.at(cell, 1+i%4, time.Time{})
		if base[cell] = float64((7 * i) % 5); base[cell] > 0 {
			d.values[cell] = float64(1+i%4) / base[cell]
		}
	}
	c.input.Base = func(cell hexgrid.Cell) float64 { return base[cell] }
	if _, a := c.compute(); a.Cells != len(d.values) {
		t.Fatalf("got n %d, want %d", a.Cells, len(d.values))
	}
	for cell, z := range d.giStar() {
		wantRounded(t, "z of "+cell.String(), c.value(cell, "z").Float(), z, 2)
	}
}

// TestCommitsDoNotWait: reports are committed in the middle of a computing, which is of the state before them.
func TestCommitsDoNotWait(t *testing.T) {
	t.Parallel()
	c := newHotCase(t, CubeSpec{Resolution: 8, Finest: 8}, HotSpec{Rate: true})
	cells := disk(t, 8, 4)
	for i, cell := range cells {
		c.at(cell, 1+i%3, time.Time{})
	}
	commits := 0
	c.input.Base = func(hexgrid.Cell) float64 {
		if commits < len(cells) {
			c.at(cells[commits], 5, time.Time{}) // would never end if the computing kept writers out
			commits++
		}
		return 1
	}
	before := c.source.Snapshot().Count()
	if _, a := c.compute(); a.Counted != before {
		t.Errorf("got hot spots of %d reports, want the %d of before", a.Counted, before)
	}
	if after := c.source.Snapshot().Count(); commits == 0 || after != before+5*commits {
		t.Errorf("%d commits in the middle, from %d to %d reports", commits, before, after)
	}
	if _, a := c.compute(); a.Counted != before+5*commits {
		t.Errorf("got hot spots of %d reports the next time", a.Counted)
	}
}

// TestThirtyCells: the layer refuses 29 cells and takes 30.
func TestThirtyCells(t *testing.T) {
	t.Parallel()
	c := newHotCase(t, CubeSpec{Resolution: 8, Finest: 8}, HotSpec{Rate: true})
	cells := disk(t, 8, 3)
	for i, cell := range cells {
		c.at(cell, 1+i%3, time.Time{})
	}
	for n, want := range map[int]string{29: "derive: fewer than 30 cells: the study area has 29", 30: ""} {
		c.input.Base = func(cell hexgrid.Cell) float64 {
			if slices.Index(cells, cell) < n {
				return 1
			}
			return 0
		}
		shown := n
		if want != "" {
			shown = 0
		}
		if _, a := c.compute(); a.Reason != want || c.layer.Snapshot().Count() != shown {
			t.Errorf("%d cells: got %q and %d features, want %q and %d", n, a.Reason, c.layer.Snapshot().Count(), want, shown)
		}
	}
}

// TestBacktestByDefinition: cells that were hot in the window before are held against the events of this one, and not the
// other way round.
func TestBacktestByDefinition(t *testing.T) {
	t.Parallel()
	c := newHotCase(t, CubeSpec{Resolution: 8, Finest: 8, Time: "at", Step: time.Hour, Keep: 8}, HotSpec{Window: 3})
	cells := disk(t, 8, 6)
	then, now := disk(t, 8, 0)[0], cells[0] // and the second far from the first
	for slices.Contains(disk(t, 8, 3), now) || !slices.Contains(disk(t, 8, 5), now) {
		now = cells[slices.Index(cells, now)+1]
	}
	before := definition{t, map[hexgrid.Cell]float64{}, 1}
	events := map[hexgrid.Cell]float64{}
	add := func(cell hexgrid.Cell, was, is int) {
		before.values[cell] += float64(was)
		events[cell] += float64(is)
		c.at(cell, was, c.now.Add(-4*time.Hour))
		c.at(cell, is, c.now.Add(-time.Hour))
	}
	for i, cell := range cells {
		add(cell, 1+i%2, 1)
	}
	add(then, 30, 9)
	add(now, 0, 40)
	c.at(now, 50, c.now.Add(-7*time.Hour)) // before both windows
	_, a := c.compute()
	if a.Cells != len(cells) {
		t.Fatalf("got n %d, want %d", a.Cells, len(cells))
	}
	hot, hits, all := 0, 0.0, 0.0
	bin := bins(before.giStar())
	for cell, n := range events {
		if all += n; bin[cell] >= 1 {
			hot, hits = hot+1, hits+n
		}
	}
	if hot < 5 || c.value(now, "bin").Int() < 1 || bin[now] > 0 {
		t.Fatalf("%d cells were hot, the other place has bin %v and had %d: the test shows too little", hot, c.value(now, "bin"), bin[now])
	}
	accuracy := rounded((hits/all)/(float64(hot)/float64(len(cells))), 4)
	want := &BacktestResult{
		From: "2026-03-02T07:00:00Z", To: "2026-03-02T10:00:00Z",
		HotCells: hot, Events: int(all), Hits: int(hits), HitRate: rounded(hits/all, 4), Accuracy: &accuracy,
	}
	if diff := cmp.Diff(want, a.Backtest); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
