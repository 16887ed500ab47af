package spatialstat_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"

	"hutong/internal/testkit"
	"hutong/layers/spatialstat"
)

var (
	historyRuns, orderRuns, scaleRuns, spaceTimeRuns atomic.Uint64

	locals = map[string]spatialstat.Local{"Gi*": spatialstat.GiStar, "Gi": spatialstat.Gi}
)

// randomNeighbours are not mutual.
func randomNeighbours(t testing.TB, r *rand.Rand, cells int) *spatialstat.Neighbours {
	t.Helper()
	lists := make([][]int32, cells)
	for i := range lists {
		for j := range cells {
			if j != i && r.IntN(6) == 0 {
				lists[i] = append(lists[i], int32(j))
			}
		}
	}
	return neighboursOf(t, lists)
}

func randomCounts(r *rand.Rand, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = float64(r.IntN(20) * r.IntN(20) * r.IntN(1000))
	}
	return out
}

func randomRates(r *rand.Rand, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = r.ExpFloat64() * math.Pow(10, float64(r.IntN(6)))
	}
	return out
}

func localG(t testing.TB, n *spatialstat.Neighbours, local spatialstat.Local, values []float64) []float64 {
	t.Helper()
	z := make([]float64, len(values))
	if err := spatialstat.LocalG(n, local, values, z); err != nil {
		t.Fatal(err)
	}
	return z
}

// sameBits reports whether two slices are equal bit for bit.
func sameBits(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) })
}

// TestHistory: after any updates z is bit for bit that of the values from scratch.
func TestHistory(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &historyRuns, 20) {
		r := rand.New(rand.NewPCG(seed, 1))
		n := randomNeighbours(t, r, 30+r.IntN(30))
		for name, local := range locals {
			for kind, draw := range map[string]func(*rand.Rand, int) []float64{"counts": randomCounts, "rates": randomRates} {
				g := spatialstat.NewGetis(n, local)
				values := make([]float64, n.Cells())
				z := make([]float64, n.Cells())
				for step := range 12 {
					if step == 5 {
						values = draw(r, n.Cells())
						if err := g.Reset(values); err != nil {
							t.Fatal(err)
						}
						values = slices.Clone(values)
					}
					changed := draw(r, r.IntN(8))
					cells := make([]int32, len(changed))
					for k := range cells {
						cells[k] = int32(r.IntN(n.Cells()))
						values[cells[k]] = changed[k]
					}
					if err := g.Update(cells, changed); err != nil {
						t.Fatal(err)
					}
					if step%3 == 0 {
						continue // several updates before one pass
					}
					if err := g.Scores(z); err != nil {
						t.Fatal(err)
					}
					if want := localG(t, n, local, values); !sameBits(z, want) {
						t.Fatalf("seed %d, %s of %s, step %d: %v, from scratch %v", seed, name, kind, step, z, want)
					}
				}
			}
		}
	}
}

// TestOrder: cells in another order have the same z; of counts bit for bit.
func TestOrder(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &orderRuns, 20) {
		r := rand.New(rand.NewPCG(seed, 2))
		n := randomNeighbours(t, r, 20+r.IntN(30))
		to := r.Perm(n.Cells())
		var pairs [][2]int32
		for i := range n.Cells() {
			for _, j := range n.Of(i) {
				pairs = append(pairs, [2]int32{int32(to[i]), int32(to[j])})
			}
		}
		r.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
		moved, err := spatialstat.FromPairs(n.Cells(), pairs)
		if err != nil {
			t.Fatal(err)
		}
		for name, local := range locals {
			for _, exact := range []bool{true, false} {
				values, there := randomCounts(r, n.Cells()), make([]float64, n.Cells())
				if !exact {
					values = randomRates(r, n.Cells())
				}
				for i, v := range values {
					there[to[i]] = v
				}
				a, b := localG(t, n, local, values), localG(t, moved, local, there)
				for i := range a {
					if got, want := b[to[i]], a[i]; got != want && (exact || !(math.Abs(got-want) <= 1e-10)) {
						t.Errorf("seed %d, %s, counts %v: cell %d has %v, moved %v", seed, name, exact, i, want, got)
					}
				}
			}
		}
	}
}

// TestScaleAndMirror: another unit and another zero leave z as it is; the other sign turns it.
func TestScaleAndMirror(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &scaleRuns, 20) {
		r := rand.New(rand.NewPCG(seed, 3))
		n := randomNeighbours(t, r, 20+r.IntN(30))
		for name, local := range locals {
			values := randomCounts(r, n.Cells())
			want := localG(t, n, local, values)
			for _, c := range []struct {
				name                   string
				factor, plus, sign, ok float64
			}{
				{"mirrored", -1, 0, -1, 0},
				{"mirrored about another point", -1, 1 << 20, -1, 0},
				{"doubled", 2, 0, 1, 1e-13},
				{"scaled up", 3.7e30, 0, 1, 1e-10},
				{"scaled down", 3.7e-30, 0, 1, 1e-10},
				{"shifted far away", 1, 1 << 40, 1, 0},
				{"scaled and shifted", 0.1, 1234.5, 1, 1e-10},
				{"rates far from 0", 0.1, 1 << 30, 1, 1e-8},
			} {
				other := make([]float64, len(values))
				for i, v := range values {
					other[i] = c.factor*v + c.plus
				}
				for i, got := range localG(t, n, local, other) {
					if !(math.Abs(got-c.sign*want[i]) <= c.ok) { // NaN is not
						t.Errorf("seed %d, %s %s: cell %d has %v, want %v", seed, name, c.name, i, got, c.sign*want[i])
					}
				}
			}
		}
	}
}

// TestUndefined: where a statistic is undefined nothing stands out, and nothing is NaN.
func TestUndefined(t *testing.T) {
	t.Parallel()
	star := [][]int32{{1, 2, 3}, {0}, {0}, {}} // cell 0 is near everything, cell 3 near nothing
	for _, c := range []struct {
		name     string
		lists    [][]int32
		values   []float64
		zeroStar []int
		zeroGi   []int
	}{
		{"all equal", star, []float64{0.1, 0.1, 0.1, 0.1}, []int{0, 1, 2, 3}, []int{0, 1, 2, 3}},
		{"everything near, or nothing", star, []float64{1, 2, 3, 5}, []int{0}, []int{0, 3}},
		{"all others equal", star, []float64{0.1, 0.7, 0.1, 0.1}, []int{0}, []int{0, 1, 3}},
		{"all others equal and higher", star, []float64{0.7, 0.1, 0.7, 0.7}, []int{0}, []int{0, 1, 3}},
		{"two cells", [][]int32{{1}, {0}}, []float64{1, 2}, []int{0, 1}, []int{0, 1}},
		{"one cell", [][]int32{{}}, []float64{1}, []int{0}, []int{0}},
		{"no cells", nil, nil, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := neighboursOf(t, c.lists)
			for local, zero := range map[spatialstat.Local][]int{spatialstat.GiStar: c.zeroStar, spatialstat.Gi: c.zeroGi} {
				for i, z := range localG(t, n, local, c.values) {
					if (z == 0) != slices.Contains(zero, i) || math.IsNaN(z) {
						t.Errorf("statistic %d: z of cell %d is %v, want 0: %v", local, i, z, zero)
					}
				}
			}
			moran := make([]spatialstat.Moran, len(c.values))
			if err := spatialstat.LocalMoran(n, c.values, moran); err != nil {
				t.Fatal(err)
			}
			for i, m := range moran {
				if m.Z != 0 && slices.Contains(c.zeroGi, i) || math.IsNaN(m.I+m.Z+m.P+m.Variance+m.Expected) || m.Z == 0 && m.P != 1 {
					t.Errorf("local I of cell %d is %+v", i, m)
				}
			}
			g, err := spatialstat.GlobalG(n, c.values)
			if err != nil {
				t.Fatal(err)
			}
			m, err := spatialstat.GlobalMoran(n, c.values)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range []spatialstat.Global{g, m} {
				if math.IsNaN(s.Value+s.Expected+s.Variance+s.Z+s.P) || s.Z == 0 && s.P != 1 {
					t.Errorf("%+v", s)
				}
			}
		})
	}
}

// TestRounding: values that are equal, but no binary fractions, have no spread, and neither have sums
// over everything, though rounding says otherwise.
func TestRounding(t *testing.T) {
	t.Parallel()
	for n := 3; n < 40; n++ {
		for _, v := range []float64{0.1, 1.0 / 3, 1e17 / 7} {
			some, all := make([][]int32, n), make([][]int32, n)
			for i := range n {
				for j := range n {
					if i != j {
						all[i] = append(all[i], int32(j))
						if (i+j)%3 != 0 {
							some[i] = append(some[i], int32(j))
						}
					}
				}
			}
			values := slices.Repeat([]float64{v}, n)
			near, complete := neighboursOf(t, some), neighboursOf(t, all)
			for name, local := range locals {
				if z := localG(t, near, local, values); slices.ContainsFunc(z, func(z float64) bool { return z != 0 }) {
					t.Errorf("%s of %d times %v is %v", name, n, v, z)
				}
			}
			z := [][]float64{make([]float64, n), make([]float64, n)}
			if err := spatialstat.SpaceTime(near, [][]float64{values, values}, z); err != nil || !sameBits(slices.Concat(z...), make([]float64, 2*n)) {
				t.Errorf("space-time Gi* of %d times %v is %v, %v", n, v, z, err)
			}
			for _, other := range []float64{v / 3, v * 3} {
				values[0] = other
				if z := localG(t, near, spatialstat.Gi, values); z[0] != 0 {
					t.Errorf("Gi of a cell that has %v among %v is %v", other, v, z[0])
				}
			}
			for i := range values {
				values[i] = v * float64(i%4+1)
			}
			g, err := spatialstat.GlobalG(complete, values)
			if err != nil || g.Z != 0 || !near1(g.Value) {
				t.Errorf("G, everything being a neighbour, is %+v, %v", g, err)
			}
			m, err := spatialstat.GlobalMoran(complete, values)
			if err != nil || m.Z != 0 {
				t.Errorf("I, everything being a neighbour, is %+v, %v", m, err)
			}
		}
	}
}

func near1(v float64) bool { return math.Abs(v-1) < 1e-12 }

// TestRefused: an error names its kind, and leaves everything as it was.
func TestRefused(t *testing.T) {
	t.Parallel()
	n := neighboursOf(t, gridLists(3, 3))
	g := spatialstat.NewGetis(n, spatialstat.GiStar)
	if err := g.Reset([]float64{1, 2, 3, 4, 5, 6, 7, 8, 10}); err != nil {
		t.Fatal(err)
	}
	before := make([]float64, 9)
	if err := g.Scores(before); err != nil {
		t.Fatal(err)
	}
	bad := []float64{1, 1, 1, 1, 1, 1, 1, 1, math.NaN()}
	for _, c := range []struct {
		name string
		err  error
		want error
	}{
		{"too few values", g.Reset(make([]float64, 8)), spatialstat.ErrLength},
		{"NaN", g.Reset(bad), spatialstat.ErrValue},
		{"too many cells", g.Update([]int32{1, 2}, []float64{1}), spatialstat.ErrLength},
		{"the second is infinite", g.Update([]int32{1, 2}, []float64{9, math.Inf(1)}), spatialstat.ErrValue},
		{"too large", g.Update([]int32{1}, []float64{1e101}), spatialstat.ErrValue},
		{"no such cell", g.Update([]int32{1, 9}, []float64{9, 9}), spatialstat.ErrValue},
		{"a cell below 0", g.Update([]int32{-1}, []float64{9}), spatialstat.ErrValue},
		{"too few scores", g.Scores(make([]float64, 8)), spatialstat.ErrLength},
		{"space-time: no scores", spatialstat.SpaceTime(n, [][]float64{bad}, nil), spatialstat.ErrLength},
		{"space-time: NaN", spatialstat.SpaceTime(n, [][]float64{bad}, [][]float64{before}), spatialstat.ErrValue},
		{"space-time: few scores", spatialstat.SpaceTime(n, [][]float64{before}, [][]float64{{1}}), spatialstat.ErrLength},
		{"local I: few results", spatialstat.LocalMoran(n, before, make([]spatialstat.Moran, 8)), spatialstat.ErrLength},
		{"local I: NaN", spatialstat.LocalMoran(n, bad, make([]spatialstat.Moran, 9)), spatialstat.ErrValue},
		{"G: NaN", second(spatialstat.GlobalG(n, bad)), spatialstat.ErrValue},
		{"G: negative", second(spatialstat.GlobalG(n, []float64{1, 1, 1, 1, 1, 1, 1, 1, -1})), spatialstat.ErrValue},
		{"I: few values", second(spatialstat.GlobalMoran(n, bad[:8])), spatialstat.ErrLength},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, c.err, c.want)
		}
	}
	after := make([]float64, 9)
	if err := g.Scores(after); err != nil {
		t.Fatal(err)
	}
	if !sameBits(before, after) {
		t.Errorf("z was %v, and is %v after refusals", before, after)
	}
	if g.Value(8) != 10 || g.Count(0) != 4 || g.Count(4) != 9 {
		t.Errorf("value %v, counts %d and %d, want 10, 4 and 9", g.Value(8), g.Count(0), g.Count(4))
	}
}

func second[T any](_ T, err error) error { return err }

// TestSpaceTime: it is Gi* of all cells of all steps at once, with lists that reach one step back.
func TestSpaceTime(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &spaceTimeRuns, 10) {
		r := rand.New(rand.NewPCG(seed, 4))
		n := randomNeighbours(t, r, 12)
		steps := 1 + r.IntN(6)
		var flat []float64
		var lists [][]int32
		values, z := make([][]float64, steps), make([][]float64, steps)
		for s := range steps {
			values[s], z[s] = randomCounts(r, 12), make([]float64, 12)
			flat = append(flat, values[s]...)
			for i := range 12 {
				var list []int32
				for back := range min(s+1, 2) {
					for _, j := range append(slices.Clone(n.Of(i)), int32(i)) {
						if k := int32((s-back)*12) + j; k != int32(s*12+i) {
							list = append(list, k)
						}
					}
				}
				lists = append(lists, list)
			}
		}
		if err := spatialstat.SpaceTime(n, values, z); err != nil {
			t.Fatal(err)
		}
		want := localG(t, neighboursOf(t, lists), spatialstat.GiStar, flat)
		if got := slices.Concat(z...); !sameBits(got, want) {
			t.Errorf("seed %d: %v, want %v", seed, got, want)
		}
	}
	flat, z := [][]float64{{0.1, 0.1}, {0.1, 0.1}}, [][]float64{{1, 1}, {1, 1}}
	n := neighboursOf(t, [][]int32{{1}, {0}})
	if err := spatialstat.SpaceTime(n, flat, z); err != nil || z[0][0] != 0 || z[1][1] != 0 {
		t.Errorf("equal values: %v, %v", z, err)
	}
}

// permutations calls fn with each order of list; list is as before afterwards.
func permutations(list []float64, fn func()) {
	if len(list) < 2 {
		fn()
		return
	}
	last := len(list) - 1
	for i := range list {
		list[i], list[last] = list[last], list[i]
		permutations(list[:last], fn)
		list[i], list[last] = list[last], list[i]
	}
}

// spreadOf gathers a mean and a variance.
type spreadOf struct{ n, sum, squares float64 }

func (s *spreadOf) add(v float64) { s.n, s.sum, s.squares = s.n+1, s.sum+v, s.squares+v*v }

func (s *spreadOf) check(t *testing.T, what string, mean, variance float64) {
	t.Helper()
	m := s.sum / s.n
	if v := s.squares/s.n - m*m; !(math.Abs(m-mean) <= 1e-10 && math.Abs(v-variance) <= 1e-10) {
		t.Errorf("%s: mean %v and variance %v over all permutations, said to be %v and %v", what, m, v, mean, variance)
	}
}

// TestMoments: the moments are those over all ways to deal the values out, counted here one by one.
func TestMoments(t *testing.T) {
	t.Parallel()
	n := neighboursOf(t, [][]int32{{1, 2}, {0, 3, 4}, {5}, {}, {0, 1, 2, 3}, {0}, {1, 5}})
	for name, values := range map[string][]float64{
		"skewed":       {0, 0, 1, 2, 7, 1.5, 11},
		"far from 0":   {100, 101, 102, 100.5, 103, 100, 101},
		"one is not 0": {0, 0, 0, 3, 0, 0, 0},
	} {
		dealt := slices.Clone(values)
		g, err := spatialstat.GlobalG(n, values)
		if err != nil {
			t.Fatal(err)
		}
		m, err := spatialstat.GlobalMoran(n, values)
		if err != nil {
			t.Fatal(err)
		}
		var gs, ms spreadOf
		permutations(dealt, func() {
			a, _ := spatialstat.GlobalG(n, dealt)
			b, _ := spatialstat.GlobalMoran(n, dealt)
			gs.add(a.Value)
			ms.add(b.Value)
		})
		if name == "one is not 0" {
			gs.check(t, name+": G, which is 0/0", 0, 0)
		} else {
			gs.check(t, name+": G", g.Expected, g.Variance)
		}
		ms.check(t, name+": I", m.Expected, m.Variance)

		// The local ones, with a value that stays where it is.
		own := 4
		dealt = slices.Clone(values)
		dealt[own], dealt[6] = dealt[6], dealt[own]
		swapped := slices.Clone(dealt)
		rest := append(slices.Clone(dealt[:own]), dealt[own+1:]...)
		moran, z := make([]spatialstat.Moran, 7), make([]float64, 7)
		if err := spatialstat.LocalMoran(n, swapped, moran); err != nil {
			t.Fatal(err)
		}
		said := moran[own]
		var is, zs spreadOf
		permutations(rest, func() {
			copy(dealt[:own], rest[:own])
			copy(dealt[own+1:], rest[own:])
			if err := spatialstat.LocalMoran(n, dealt, moran); err != nil {
				t.Fatal(err)
			}
			is.add(moran[own].I)
			if err := spatialstat.LocalG(n, spatialstat.Gi, dealt, z); err != nil {
				t.Fatal(err)
			}
			zs.add(z[own])
		})
		is.check(t, name+": local I", said.Expected, said.Variance)
		zs.check(t, name+": Gi", 0, 1)
	}
}

// TestMoranIsGi: the z of a local I is that of Gi, with the sign of the cell's own deviation.
func TestMoranIsGi(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 9))
	n := neighboursOf(t, gridLists(8, 8))
	values := randomRates(r, 64)
	gi, moran := localG(t, n, spatialstat.Gi, values), make([]spatialstat.Moran, 64)
	if err := spatialstat.LocalMoran(n, values, moran); err != nil {
		t.Fatal(err)
	}
	mean := 0.0
	for _, v := range values {
		mean += v / 64
	}
	seen := map[string]int{}
	for i, m := range moran {
		if want := math.Copysign(1, values[i]-mean) * gi[i]; !(math.Abs(m.Z-want) <= 1e-9) {
			t.Errorf("z of cell %d is %v, want %v", i, m.Z, want)
		}
		seen[m.Quadrant.String()]++
	}
	if len(seen) < 4 || seen[""] != 0 {
		t.Errorf("quadrants %v", seen)
	}
	// A cell that is the mean, and a sum of neighbours that is, have no quadrant.
	edge := make([]spatialstat.Moran, 4)
	line := neighboursOf(t, [][]int32{{1}, {0, 2}, {1, 3}, {2}})
	if err := spatialstat.LocalMoran(line, []float64{2, 1, 2, 3}, edge); err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(edge[0].Quadrant, edge[1].Quadrant, edge[2].Quadrant, edge[3].Quadrant)
	if want := fmt.Sprint(spatialstat.NoQuadrant, spatialstat.NoQuadrant, spatialstat.NoQuadrant, spatialstat.NoQuadrant); got != want {
		t.Errorf("quadrants %q, want %q", got, want)
	}
}

func TestScoresDoNotAllocate(t *testing.T) { //nolint:paralleltest // it counts allocations
	n := neighboursOf(t, gridLists(20, 20))
	for name, local := range locals {
		g := spatialstat.NewGetis(n, local)
		z := make([]float64, 400)
		cells, values := []int32{7, 8, 399}, []float64{0, 0, 0}
		if got := testing.AllocsPerRun(20, func() {
			values[1]++
			if g.Update(cells, values) != nil || g.Scores(z) != nil {
				t.Fail()
			}
		}); got > 0 {
			t.Errorf("%s: %v allocations an update", name, got)
		}
	}
}
