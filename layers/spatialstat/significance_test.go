package spatialstat_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"

	"hutong/internal/testkit"
	"hutong/layers/spatialstat"
)

var fdrRuns atomic.Uint64

// TestTwoSidedP compares with R's 2*pnorm(z, lower.tail = FALSE).
func TestTwoSidedP(t *testing.T) {
	t.Parallel()
	for z, want := range map[float64]float64{
		0: 1, 0.5: 0.61707507745197387, 1.644853626951473: 0.1, 5: 5.7330314375838782e-07,
		10: 1.5239706048321054e-23, 30: 9.8134278542963744e-198, 37: 1.1451142445049154e-299, math.Inf(1): 0,
	} {
		for _, got := range []float64{spatialstat.TwoSidedP(z), spatialstat.TwoSidedP(-z)} {
			if math.Abs(got-want) > 1e-12*want {
				t.Errorf("p of %v is %v, want %v", z, got, want)
			}
		}
	}
}

// TestBenjaminiHochberg compares with the definition: p is flagged if for some p' of at least p the
// share of tests with no more than p' is at least p'/level.
func TestBenjaminiHochberg(t *testing.T) {
	t.Parallel()
	some := 0
	for _, seed := range testkit.Seeds(t, &fdrRuns, 200) {
		r := rand.New(rand.NewPCG(seed, 6))
		p := make([]float64, r.IntN(40))
		for i := range p {
			p[i] = math.Pow(float64(r.IntN(30))/30, 3)
		}
		flags := make([]bool, len(p))
		level := 0.01 + 0.2*r.Float64()
		cut, err := spatialstat.BenjaminiHochberg(p, level, flags)
		if err != nil {
			t.Fatal(err)
		}
		wantCut := -1.0
		for i := range p {
			want := false
			for _, other := range p {
				rank := 0
				for _, v := range p {
					if v <= other {
						rank++
					}
				}
				if p[i] <= other && other <= level*float64(rank)/float64(len(p)) {
					want = true
				}
			}
			if want {
				wantCut = max(wantCut, p[i])
				some++
			}
			if flags[i] != want {
				t.Errorf("seed %d, level %v: p %v of %v flagged %v, want %v", seed, level, p[i], p, flags[i], want)
			}
		}
		if cut != wantCut {
			t.Errorf("seed %d: cut %v, want %v", seed, cut, wantCut)
		}
	}
	if some == 0 {
		t.Error("nothing was ever flagged")
	}
	// The example of the paper: 15 tests, of which 4 are found at 0.05.
	paper := []float64{.0001, .0004, .0019, .0095, .0201, .0278, .0298, .0344, .0459, .3240, .4262, .5719, .6528, .7590, 1}
	flags := make([]bool, len(paper))
	if cut, err := spatialstat.BenjaminiHochberg(paper, 0.05, flags); err != nil || cut != .0095 || !flags[3] || flags[4] {
		t.Errorf("the paper's example: cut %v, %v, %v", cut, flags, err)
	}
	for name, c := range map[string]struct {
		p     []float64
		level float64
		flags int
		want  error
	}{
		"NaN":      {[]float64{math.NaN()}, 0.1, 1, spatialstat.ErrValue},
		"above 1":  {[]float64{1.1}, 0.1, 1, spatialstat.ErrValue},
		"level 0":  {[]float64{1}, 0, 1, spatialstat.ErrValue},
		"level 1":  {[]float64{1}, 1, 1, spatialstat.ErrValue},
		"no flags": {[]float64{1}, 0.1, 0, spatialstat.ErrLength},
	} {
		if _, err := spatialstat.BenjaminiHochberg(c.p, c.level, make([]bool, c.flags)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestBins(t *testing.T) {
	t.Parallel()
	z := []float64{0, 1.644, 1.645, 1.959, 1.96, 2.575, 2.576, 50, -1.644, -1.645, -1.959, -1.96, -2.575, -2.576, math.Inf(-1)}
	want := []int8{0, 0, 1, 1, 2, 2, 3, 3, 0, -1, -1, -2, -2, -3, -3}
	got := make([]int8, len(z))
	if err := spatialstat.Bins(z, spatialstat.Uncorrected, got); err != nil || !slices.Equal(got, want) {
		t.Errorf("bins %v, want %v: %v", got, want, err)
	}
	if err := spatialstat.Bins(z, spatialstat.FDR, got[1:]); !errors.Is(err, spatialstat.ErrLength) {
		t.Errorf("too few bins: %v", err)
	}
	if err := spatialstat.Bins([]float64{math.NaN()}, spatialstat.FDR, got[:1]); !errors.Is(err, spatialstat.ErrValue) {
		t.Errorf("NaN: %v", err)
	}
}

// TestBinsWithFDR: a bin is how many of the three false discovery rates flag the cell.
func TestBinsWithFDR(t *testing.T) {
	t.Parallel()
	seen := map[int8]int{}
	for _, seed := range testkit.Seeds(t, &fdrRuns, 50) {
		r := rand.New(rand.NewPCG(seed, 7))
		z, p := make([]float64, 60), make([]float64, 60)
		for i := range z {
			z[i] = r.NormFloat64() * 2
			p[i] = spatialstat.TwoSidedP(z[i])
		}
		want := make([]int8, len(z))
		for _, level := range []float64{0.1, 0.05, 0.01} {
			flags := make([]bool, len(z))
			if _, err := spatialstat.BenjaminiHochberg(p, level, flags); err != nil {
				t.Fatal(err)
			}
			for i, f := range flags {
				if f {
					want[i] += int8(math.Copysign(1, z[i]))
				}
			}
		}
		got := make([]int8, len(z))
		if err := spatialstat.Bins(z, spatialstat.FDR, got); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("seed %d: %v, want %v", seed, got, want)
		}
		for _, b := range got {
			seen[b]++
		}
	}
	if len(seen) != 7 {
		t.Errorf("not every bin came up: %v", seen)
	}
}

func TestBacktest(t *testing.T) {
	t.Parallel()
	bins := []int8{3, 2, 1, 0, -3}
	next := []float64{6, 2, 2, 6, 4}
	for _, c := range []struct {
		name  string
		least int8
		next  []float64
		areas []float64
		want  spatialstat.Prediction
		rate  float64
	}{
		{"equal areas", 1, next, nil, spatialstat.Prediction{Hits: 10, Events: 20, Area: 3, StudyArea: 5, Index: 0.5 / 0.6, Defined: true}, 0.5},
		{"99 %", 3, next, nil, spatialstat.Prediction{Hits: 6, Events: 20, Area: 1, StudyArea: 5, Index: 1.5, Defined: true}, 0.3},
		{"areas", 3, next, []float64{1, 1, 2, 3, 3}, spatialstat.Prediction{Hits: 6, Events: 20, Area: 1, StudyArea: 10, Index: 3, Defined: true}, 0.3},
		{"all missed", 3, []float64{0, 1, 1, 1, 1}, nil, spatialstat.Prediction{Events: 4, Area: 1, StudyArea: 5, Defined: true}, 0},
		{"no events", 1, make([]float64, 5), nil, spatialstat.Prediction{Area: 3, StudyArea: 5}, 0},
	} {
		got, err := spatialstat.Backtest(bins, c.least, c.next, c.areas)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(got.Index-c.want.Index) < 1e-12 {
			got.Index = c.want.Index
		}
		if got != c.want || got.HitRate() != c.rate {
			t.Errorf("%s: %+v at %v, want %+v at %v", c.name, got, got.HitRate(), c.want, c.rate)
		}
	}
	if got, err := spatialstat.Backtest(make([]int8, 5), 1, next, nil); err != nil || got.Defined || got.Index != 0 {
		t.Errorf("nothing hot: %+v, %v", got, err)
	}
	for name, c := range map[string]struct {
		least       int8
		next, areas []float64
		want        error
	}{
		"events":          {1, next[:4], nil, spatialstat.ErrLength},
		"areas":           {1, next, next[:4], spatialstat.ErrLength},
		"negative events": {1, []float64{1, 1, 1, 1, -1}, nil, spatialstat.ErrValue},
		"no area":         {1, next, []float64{1, 1, 1, 1, 0}, spatialstat.ErrValue},
		"bin 0":           {0, next, nil, spatialstat.ErrValue},
		"bin 4":           {4, next, nil, spatialstat.ErrValue},
	} {
		if _, err := spatialstat.Backtest(bins, c.least, c.next, c.areas); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}
