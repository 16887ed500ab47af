package view

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/world"
)

var histogramRuns atomic.Uint64

// timedLayer is a layer of n features of which times gives each its time, with a private field before it.
func timedLayer(tb testing.TB, n int, o layers.Options, feature func(i int) (orb.Geometry, column.Value)) *Layer {
	tb.Helper()
	live, err := layers.New(&layers.Schema{Name: "timed", TimeField: "at", Fields: []layers.Field{
		{Name: "secret", Kind: column.Time, Private: true}, {Name: "at", Kind: column.Time},
	}}, o)
	if err != nil {
		tb.Fatal(err)
	}
	b := layers.Batch{Layer: "timed"}
	for i := range n {
		place, at := feature(i)
		b.Changes = append(b.Changes, layers.Change{Feature: layers.Feature{
			ID: layers.FeatureID(fmt.Sprintf("f-%d", i)), Geometry: place, Values: []column.Value{column.MicrosOf(7), at},
		}})
	}
	if _, err := live.Apply(b); err != nil {
		tb.Fatal(err)
	}
	return Public(live)
}

// TestHistogramIsAScan compares histograms with a look at every feature: with and without places and times, of
// windows and all, of given ends and those of the layer, over spans from nothing to centuries.
func TestHistogramIsAScan(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &histogramRuns, 30) {
		r := rand.New(rand.NewPCG(seed, 3))
		span := []int64{1, 5, 1e6, 86_400e6, 400 * 365 * 86_400e6}[r.IntN(5)]
		base := r.Int64N(2e15) - 1e15
		time := func() column.Value {
			if r.IntN(9) == 0 {
				return column.Value{}
			}
			return column.MicrosOf(base + r.Int64N(span))
		}
		l := timedLayer(t, 300, layers.Options{MinRows: 4, MaxRows: 16}, func(int) (orb.Geometry, column.Value) {
			return shapeAt(r, orb.Point{116 + r.Float64(), 39 + r.Float64()}), time()
		})
		v := l.Now()
		for range 12 {
			q := HistogramQuery{Bins: 1 + r.IntN(MaxBins)}
			if r.IntN(2) == 0 {
				q.Boxes = randomBoxes(t, r)
			}
			if r.IntN(3) == 0 {
				q.From = column.MicrosOf(base + r.Int64N(2*span) - span/2)
			}
			if r.IntN(3) == 0 {
				q.To = column.MicrosOf(max(base+r.Int64N(2*span)-span/2, q.From.Micros()))
			}
			v := v
			if r.IntN(3) == 0 { // those that have a time from one on
				v = v.Where(Matching(column.Where(0, column.GreaterOrEqual, column.MicrosOf(base+r.Int64N(span)))))
			}
			got := v.Histogram(t.Context(), q)
			if diff := gocmp.Diff(scannedHistogram(v, q), got, gocmp.Comparer(func(a, b column.Value) bool { return a == b })); diff != "" {
				t.Fatalf("seed %d: %+v (-want +got):\n%s", seed, q, diff)
			}
		}
	}
}

// scannedHistogram is the histogram by its definition.
func scannedHistogram(v *View, q HistogramQuery) Histogram {
	h := Histogram{From: q.From, To: q.To, Counts: make([]int, q.Bins), Whole: true}
	var all, in []column.Value
	for b := range v.snapshot.All() {
		for row := range b.Len() {
			all = append(all, v.feature(layers.Row{Block: b, Index: row}).Values[0])
			if !v.shows(layers.Row{Block: b, Index: row}) {
				continue
			}
			meets := func(box world.Box) bool { return !b.Box().Empty() && box.Intersects(b.RowBox(row)) }
			if q.Boxes == nil || slices.ContainsFunc(q.Boxes, meets) {
				in = append(in, v.feature(layers.Row{Block: b, Index: row}).Values[0])
			}
		}
	}
	for _, at := range all {
		if at.IsNull() {
			continue
		}
		if q.From.IsNull() && (h.From.IsNull() || at.Micros() < h.From.Micros()) {
			h.From = at
		}
		if q.To.IsNull() && (h.To.IsNull() || at.Micros() > h.To.Micros()) {
			h.To = at
		}
	}
	if h.From.IsNull() || h.To.IsNull() { // of nothing
		h.Nulls = len(in)
		return h
	}
	if h.From.Micros() > h.To.Micros() {
		if q.From.IsNull() {
			h.From = q.To
		} else {
			h.To = q.From
		}
	}
	from, to := h.From.Micros(), h.To.Micros()
	h.Width = uint64(to-from)/uint64(q.Bins) + 1
	for _, at := range in {
		switch t := at.Micros(); {
		case at.IsNull():
			h.Nulls++
		case t < from:
			h.Before++
		case t > to:
			h.After++
		default:
			h.Counts[uint64(t-from)/h.Width]++
		}
	}
	return h
}

// TestHistogramWithoutTimes: where no feature has a time there are no ends, unless both are given.
func TestHistogramWithoutTimes(t *testing.T) {
	t.Parallel()
	v := timedLayer(t, 3, layers.Options{}, func(int) (orb.Geometry, column.Value) { return orb.Point{1, 2}, column.Value{} }).Now()
	got := v.Histogram(t.Context(), HistogramQuery{Bins: 4})
	if !got.From.IsNull() || !got.To.IsNull() || got.Width != 0 || len(got.Counts) != 4 || got.Nulls != 3 || !got.Whole {
		t.Errorf("got %+v, want four empty bins of nothing", got)
	}
	got = v.Histogram(t.Context(), HistogramQuery{Bins: 4, From: column.MicrosOf(0), To: column.MicrosOf(7)})
	if got.Nulls != 3 || got.Width != 2 {
		t.Errorf("got %+v, want three without a time, and bins of 2 µs", got)
	}
}

// TestHistogramOfAllTime: times as far apart as can be are counted too.
func TestHistogramOfAllTime(t *testing.T) {
	t.Parallel()
	times := []int64{math.MinInt64, math.MinInt64 + 5, -1, 0, math.MaxInt64}
	v := timedLayer(t, len(times), layers.Options{}, func(i int) (orb.Geometry, column.Value) {
		return orb.Point{1, 2}, column.MicrosOf(times[i])
	}).Now()
	got := v.Histogram(t.Context(), HistogramQuery{Bins: 2})
	if diff := gocmp.Diff([]int{3, 2}, got.Counts); diff != "" || got.Before+got.After != 0 {
		t.Errorf("got %+v, want three and two (-want +got):\n%s", got, diff)
	}
}

// TestHistogramEnds: one that ran out of time says so.
func TestHistogramEnds(t *testing.T) {
	t.Parallel()
	v := timedLayer(t, 3, layers.Options{}, func(i int) (orb.Geometry, column.Value) { return orb.Point{1, 2}, column.MicrosOf(int64(i)) }).Now()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, boxes := range [][]world.Box{nil, {everywhereBox}} {
		if got := v.Histogram(ctx, HistogramQuery{Bins: 3, Boxes: boxes}); got.Whole {
			t.Errorf("got a whole histogram after its time")
		}
		if got := v.Histogram(t.Context(), HistogramQuery{Bins: 3, Boxes: boxes}); !got.Whole || got.Counts[2] != 1 {
			t.Errorf("got %+v, want one in each bin", got)
		}
	}
}

// costly selects nothing and counts of how many blocks it is asked that.
type costly struct{ asked *int }

func (costly) Skips(*layers.Block) bool { return false }

func (c costly) Filter(_ *layers.Block, rows column.Bits) {
	*c.asked++
	clear(rows)
}

// TestHistogramOfFewAsksOnce: a selector is asked about each block of the window once, never for where the bins begin and
// end, and not at all after ctx is done. The bins are those of the whole layer, whatever is selected.
func TestHistogramOfFewAsksOnce(t *testing.T) {
	t.Parallel()
	const n = 200
	v := timedLayer(t, n, layers.Options{MinRows: 4, MaxRows: 16}, func(i int) (orb.Geometry, column.Value) {
		return orb.Point{float64(i) / 10, 1}, column.MicrosOf(int64(i))
	}).Now()
	blocks, from, to := 0, column.MicrosOf(5), column.MicrosOf(n+5)
	for range v.snapshot.All() {
		blocks++
	}
	for _, c := range []struct {
		name          string
		query         HistogramQuery
		blocks, ended int // ended is how many looks at ctx find where bins begin and end
		from, to      int64
	}{
		{"all", HistogramQuery{Bins: 3}, blocks, blocks, 0, n - 1},
		{"from", HistogramQuery{Bins: 3, From: from}, blocks, blocks, 5, n - 1},
		{"from and to", HistogramQuery{Bins: 3, From: from, To: to}, blocks, 0, 5, n + 5},
		{"a window of nothing", HistogramQuery{Bins: 3, Boxes: []world.Box{{}}}, 0, blocks, 0, n - 1},
	} {
		asked := 0
		v := v.Where(costly{&asked})
		got := v.Histogram(t.Context(), c.query)
		if !got.Whole || got.From.Micros() != c.from || got.To.Micros() != c.to || asked != c.blocks {
			t.Errorf("%s: asked about %d blocks, got %+v; want %d, %d to %d", c.name, asked, got, c.blocks, c.from, c.to)
		}
		for left := range c.ended + c.blocks {
			asked = 0
			ctx := &countdown{t.Context(), left, 0}
			if got := v.Histogram(ctx, c.query); got.Whole || ctx.looks != left+1 || asked != max(0, left-c.ended) {
				t.Errorf("%s, ended after %d looks: got whole %t after %d, asked about %d blocks", c.name, left, got.Whole, ctx.looks, asked)
			}
		}
	}
}

var everywhereBox = world.Box{Max: world.Point{X: 1<<32 - 1, Y: 1<<32 - 1}}

// BenchmarkHistogram counts a million features, of which no block has all times in one bin.
func BenchmarkHistogram(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	v := timedLayer(b, 1_000_000, layers.Options{}, func(int) (orb.Geometry, column.Value) {
		return orb.Point{116 + r.Float64(), 39 + r.Float64()}, column.MicrosOf(r.Int64N(365 * 86_400e6))
	}).Now()
	half := world.Box{Max: world.Point{X: 3543348019, Y: 1<<32 - 1}} // to 117 degrees
	for name, q := range map[string]HistogramQuery{
		"all": {Bins: 60}, "window": {Bins: 60, Boxes: []world.Box{half}},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				v.Histogram(b.Context(), q)
			}
		})
	}
}
