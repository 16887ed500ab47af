package spatialstat_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"hutong/internal/testkit"
	"hutong/layers/spatialstat"
)

var kendallRuns atomic.Uint64

// TestMannKendall compares with the definition, pair by pair.
func TestMannKendall(t *testing.T) {
	t.Parallel()
	scratch := make([]float64, 100)
	for _, seed := range testkit.Seeds(t, &kendallRuns, 300) {
		r := rand.New(rand.NewPCG(seed, 5))
		series := make([]float64, r.IntN(50))
		for i := range series {
			series[i] = float64(r.IntN(1+r.IntN(30))) + 0.2*float64(i*r.IntN(2))
		}
		before := slices.Clone(series)
		got, err := spatialstat.MannKendall(series, scratch)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(series, before) {
			t.Fatalf("seed %d: the series was changed", seed)
		}
		var s, ties int64
		n := int64(len(series))
		variance := float64(n * (n - 1) * (2*n + 5))
		groups := map[float64]int64{}
		for i, a := range series {
			groups[a]++
			for _, b := range series[i+1:] {
				switch {
				case b > a:
					s++
				case b < a:
					s--
				default:
					ties++
				}
			}
		}
		for _, g := range groups {
			variance -= float64(g * (g - 1) * (2*g + 5))
		}
		variance /= 18
		want := spatialstat.Trend{S: s, Variance: variance, P: 1}
		if variance > 0 {
			pairs := float64(n*(n-1)) / 2
			want.Tau = float64(s) / math.Sqrt((pairs-float64(ties))*pairs)
			want.Z = math.Copysign(math.Max(math.Abs(float64(s))-1, 0), float64(s)) / math.Sqrt(variance)
			want.P = 2 * (1 - 0.5*math.Erfc(-math.Abs(want.Z)/math.Sqrt2))
		}
		if got.S != want.S || !(math.Abs(got.Variance-want.Variance) <= 1e-9 && math.Abs(got.Tau-want.Tau) <= 1e-12 &&
			math.Abs(got.Z-want.Z) <= 1e-12 && math.Abs(got.P-want.P) <= 1e-12) {
			t.Errorf("seed %d, %v: %+v, want %+v", seed, series, got, want)
		}
	}
	for name, c := range map[string]struct {
		series []float64
		want   error
	}{
		"NaN":            {[]float64{1, math.NaN()}, spatialstat.ErrValue},
		"too many steps": {make([]float64, spatialstat.MaxSteps+1), spatialstat.ErrLength},
		"infinite":       {[]float64{math.Inf(-1), 0, math.Inf(1)}, nil},
	} {
		if _, err := spatialstat.MannKendall(c.series, nil); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	longest := make([]float64, spatialstat.MaxSteps)
	for i := range longest {
		longest[i] = float64(i)
	}
	if got, err := spatialstat.MannKendall(longest, nil); err != nil || got.Tau != 1 || got.P != 0 {
		t.Errorf("the longest series, which rises: %+v, %v", got, err)
	}
}

// TestPatterns has the classes one by one, and what is between them. A step is a letter: H hot, C cold,
// . neither; the trend of z is none, up or down. Each is tried with all signs turned, too.
func TestPatterns(t *testing.T) {
	t.Parallel()
	const none, up, down = 0, 1, -1
	for _, c := range []struct {
		name  string
		steps string
		trend int
		want  spatialstat.Pattern
	}{
		{"nothing", "..........", none, spatialstat.NoPattern},
		{"nothing with a trend", "..........", up, spatialstat.NoPattern},
		{"hot once, not now", ".....H....", none, spatialstat.NoPattern},
		{"8 of 10, not now", "HHHHHHHH..", none, spatialstat.NoPattern},
		{"hot and cold, neither now", "HHHCCCHHH.", none, spatialstat.NoPattern},
		{"new", ".........H", none, spatialstat.NewHot},
		{"new whatever the trend", ".........H", up, spatialstat.NewHot},
		{"new after cold ones comes before oscillating", "..CC..C..H", none, spatialstat.NewHot},
		{"new after being mostly cold comes before historical cold", "CCCCCCCCCH", none, spatialstat.NewHot},
		{"one step", "H", none, spatialstat.NewHot},
		{"consecutive, two", "........HH", none, spatialstat.ConsecutiveHot},
		{"consecutive, eight of ten", "..HHHHHHHH", up, spatialstat.ConsecutiveHot},
		{"consecutive after cold ones comes before oscillating", "CCC....HHH", none, spatialstat.ConsecutiveHot},
		{"a run of nine of ten is no longer consecutive", ".HHHHHHHHH", none, spatialstat.PersistentHot},
		{"two of two are all", "HH", none, spatialstat.PersistentHot},
		{"intensifying", "HHHHHHHHHH", up, spatialstat.IntensifyingHot},
		{"intensifying, nine of ten", "HHHH.HHHHH", up, spatialstat.IntensifyingHot},
		{"intensifying, once cold", "HHHHCHHHHH", up, spatialstat.IntensifyingHot},
		{"persistent", "HHHHHHHHHH", none, spatialstat.PersistentHot},
		{"persistent, nine of ten", "HHHH.HHHHH", none, spatialstat.PersistentHot},
		{"persistent, 18 of 20", "HHHH.HHHHHHHHH.HHHHH", none, spatialstat.PersistentHot},
		{"17 of 19 is less than 90 %", "HHHH.HHHHHHHHH.HHHH", none, spatialstat.SporadicHot},
		{"diminishing", "HHHHHHHHHH", down, spatialstat.DiminishingHot},
		{"diminishing, nine of ten", "HHHH.HHHHH", down, spatialstat.DiminishingHot},
		{"sporadic", "..H..H...H", none, spatialstat.SporadicHot},
		{"sporadic, the last ones in a run", "..H....HHH", none, spatialstat.SporadicHot},
		{"sporadic, eight of ten", "HHH.HHHH.H", up, spatialstat.SporadicHot},
		{"sporadic, hot all along but for two", "HHHHHHHH..H", down, spatialstat.SporadicHot},
		{"oscillating", "..H..C...H", none, spatialstat.OscillatingHot},
		{"oscillating, eight of ten", "HHHCHHHH.H", up, spatialstat.OscillatingHot},
		{"oscillating, mostly cold", "HCCCCCCCCH", none, spatialstat.OscillatingHot},
		{"historical", "HHHHHHHHH.", none, spatialstat.HistoricalHot},
		{"historical whatever the trend", "HHHHHHHHH.", down, spatialstat.HistoricalHot},
		{"historical, 18 of 20", "HHHHHHHHHHHHHHHHHH..", none, spatialstat.HistoricalHot},
		{"mostly hot, then cold, is new cold", "HHHHHHHHHC", none, spatialstat.NewCold},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, sign := range []int{1, -1} {
				steps := len(c.steps)
				z, bins := make([][]float64, steps), make([][]int8, steps)
				for k, letter := range c.steps {
					bin := map[rune]int8{'H': 1, 'C': -1}[letter] * int8(sign)
					trend := float64((k * 7) % 3) // goes round
					if c.trend != none {
						trend = float64(c.trend * k)
					}
					z[k], bins[k] = []float64{0, float64(sign) * trend}, []int8{0, bin}
				}
				out := make([]spatialstat.Pattern, 2)
				if err := spatialstat.EmergingHotSpots(z, bins, out); err != nil {
					t.Fatal(err)
				}
				if want := c.want * spatialstat.Pattern(sign); out[1] != want || out[0] != spatialstat.NoPattern {
					t.Errorf("sign %d: %v and %v, want %v and none", sign, out[1], out[0], want)
				}
			}
		})
	}
}

// TestTrendThreshold: a trend is one from p = 0.05 down.
func TestTrendThreshold(t *testing.T) {
	t.Parallel()
	hot := slices.Repeat([]int8{2}, 10)
	for _, c := range []struct {
		s    int64
		p    float64
		want spatialstat.Pattern
	}{
		{20, 0.05, spatialstat.IntensifyingHot},
		{20, 0.0501, spatialstat.PersistentHot},
		{-20, 0.05, spatialstat.DiminishingHot},
		{-20, 0.0501, spatialstat.PersistentHot},
	} {
		if got := spatialstat.Classify(hot, spatialstat.Trend{S: c.s, P: c.p}); got != c.want {
			t.Errorf("S %d, p %v: %v, want %v", c.s, c.p, got, c.want)
		}
	}
	if got := spatialstat.Classify(nil, spatialstat.Trend{}); got != spatialstat.NoPattern {
		t.Errorf("no steps: %v", got)
	}
}

func TestPatternNames(t *testing.T) {
	t.Parallel()
	var got []string
	for p := spatialstat.HistoricalCold - 1; p <= spatialstat.HistoricalHot+1; p++ {
		got = append(got, p.String())
	}
	want := "pattern -9, historical cold, oscillating cold, sporadic cold, diminishing cold, persistent cold, " +
		"intensifying cold, consecutive cold, new cold, none, new hot, consecutive hot, intensifying hot, " +
		"persistent hot, diminishing hot, sporadic hot, oscillating hot, historical hot, pattern 9"
	if s := strings.Join(got, ", "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
}

func TestEmergingRefused(t *testing.T) {
	t.Parallel()
	z, bins, out := [][]float64{{1, 2}}, [][]int8{{1, 2}}, make([]spatialstat.Pattern, 2)
	for name, c := range map[string]struct{ err, want error }{
		"steps": {spatialstat.EmergingHotSpots(z, nil, out), spatialstat.ErrLength},
		"z":     {spatialstat.EmergingHotSpots([][]float64{{1}}, bins, out), spatialstat.ErrLength},
		"bins":  {spatialstat.EmergingHotSpots(z, [][]int8{{1}}, out), spatialstat.ErrLength},
		"out":   {spatialstat.EmergingHotSpots(z, bins, out[:1]), spatialstat.ErrLength},
		"NaN":   {spatialstat.EmergingHotSpots([][]float64{{1, math.NaN()}}, bins, out), spatialstat.ErrValue},
	} {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v, want %v", name, c.err, c.want)
		}
	}
}
