package derive

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/hexgrid"
)

// cubeSchema is that of the layers that cubes of tests count.
func cubeSchema() *layers.Schema {
	return &layers.Schema{Name: "reports", TimeField: "at", Fields: []layers.Field{
		{Name: "kind", Kind: column.String},
		{Name: "at", Kind: column.Time},
		{Name: "phone", Kind: column.Time, Private: true},
	}}
}

// kindIs selects features by the first field.
type kindIs string

func (k kindIs) Skips(*layers.Block) bool { return false }

func (k kindIs) Filter(b *layers.Block, rows column.Bits) {
	for row := range b.Len() {
		if rows.Has(row) && b.Column(0).Value(row) != column.StringOf(string(k)) {
			rows.Clear(row)
		}
	}
}

// report is an upsert.
func report(id string, lon, lat float64, kind string, at time.Time) layers.Change {
	values := []column.Value{column.StringOf(kind)}
	if !at.IsZero() {
		values = append(values, column.TimeOf(at))
	}
	var g orb.Geometry
	if lon != 0 {
		g = orb.Point{lon, lat}
	}
	return layers.Change{Feature: layers.Feature{ID: layers.FeatureID(id), Geometry: g, Values: values}}
}

// cubeKey is a cell in a step.
type cubeKey struct {
	cell hexgrid.Cell
	step Step
}

// table returns what counts say of some steps.
func (c *Counts) table(first, last Step) map[cubeKey]uint32 {
	out := map[cubeKey]uint32{}
	c.Each(first, last, func(cell hexgrid.Cell, steps []StepCount) {
		for _, s := range steps {
			out[cubeKey{cell, s.Step}] += s.Count
		}
	})
	return out
}

// counted counts features the simple way.
func counted(t *testing.T, c *Cube, s *layers.Snapshot, first, last Step) map[cubeKey]uint32 {
	t.Helper()
	out := map[cubeKey]uint32{}
	for b := range s.All() {
		for i := range b.Len() {
			f := (layers.Row{Block: b, Index: i}).Feature()
			at, ok := f.Geometry.(orb.Point)
			if !ok || c.spec.Filter != nil && f.Values[0] != column.StringOf("a") {
				continue
			}
			var step Step
			if c.spec.Time != "" {
				if f.Values[1].IsNull() {
					continue
				}
				monday := time.Date(1970, 1, 5, 0, 0, 0, 0, time.UTC)
				n := f.Values[1].Time().Sub(monday)
				step = Step(n / c.spec.Step)
				if n%c.spec.Step < 0 {
					step--
				}
			}
			if step < first || step > last {
				continue
			}
			fine, err := hexgrid.At(at[0], at[1], c.spec.Finest)
			if err != nil {
				t.Fatal(err)
			}
			out[cubeKey{fine.Parent(c.spec.Resolution), step}]++
		}
	}
	return out
}

var cubeRuns atomic.Uint64

// TestCube applies random batches while the clock goes on, and back at times: what is counted in the commit is what
// counting all features gives, by the simple way and by the one that loads take.
func TestCube(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &cubeRuns, 1) {
		for _, c := range []struct {
			name string
			spec CubeSpec
		}{
			{"no time", CubeSpec{Resolution: 7, Finest: 9}},
			{"steps", CubeSpec{Resolution: 8, Finest: 10, Time: "at", Step: 6 * time.Hour, Keep: 10}},
			{"steps of what is selected", CubeSpec{Resolution: 6, Finest: 8, Time: "at", Step: time.Hour, Keep: 20, Filter: kindIs("a")}},
			{"many cells", CubeSpec{Resolution: 11, Finest: 11, Filter: kindIs("a")}},
			{"steps of many cells", CubeSpec{Resolution: 11, Finest: 11, Time: "at", Step: time.Hour, Keep: 20}},
		} {
			t.Run(fmt.Sprintf("%s, seed %d", c.name, seed), func(t *testing.T) {
				t.Parallel()
				runCube(t, c.spec, rand.New(rand.NewPCG(seed, 5)))
			})
		}
	}
}

func runCube(t *testing.T, spec CubeSpec, rng *rand.Rand) {
	t.Helper()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	spec.Now = func() time.Time { return now }
	schema := cubeSchema()
	cube, err := NewCube(schema, spec)
	if err != nil {
		t.Fatal(err)
	}
	l, err := layers.New(schema, layers.Options{MinRows: 8, MaxRows: 32, Derivers: []layers.Deriver{cube}})
	if err != nil {
		t.Fatal(err)
	}
	ids, most := 300, 0 // and of the first batch
	if spec.Resolution > 10 {
		ids, most = 3000, 2500 // so that there are several chunks
	}
	random := func() layers.Change {
		id := strconv.Itoa(rng.IntN(ids))
		lon, lat := 116.3+rng.Float64()*0.2, 39.8+rng.Float64()*0.2
		if rng.IntN(3) == 0 { // places that many share
			lon, lat = 116.3+float64(rng.IntN(3))/100, 39.9
		}
		at := now.Add(time.Duration((rng.Float64()*1.5 - 1) * 40 * float64(time.Hour)))
		switch rng.IntN(12) {
		case 0:
			return layers.Change{Op: layers.Delete, Feature: layers.Feature{ID: layers.FeatureID(id)}}
		case 1:
			lon = 0 // nowhere
		case 2:
			at = time.Time{}
		}
		return report(id, lon, lat, string("ab"[rng.IntN(2)]), at)
	}
	for step := range 15 {
		b := layers.Batch{Layer: "reports"}
		if step > 0 {
			most = 1 + rng.IntN(1<<rng.IntN(9))
		}
		for range most {
			b.Changes = append(b.Changes, random())
		}
		if _, err := l.Apply(b); err != nil {
			t.Fatal(err)
		}
		s := l.Snapshot()
		counts, ok := cube.Of(s)
		if !ok {
			t.Fatal("the snapshot has no counts")
		}
		got := counts.table(minStep, maxStep)
		if diff := cmp.Diff(counted(t, cube, s, counts.Floor(), maxStep), got); diff != "" {
			t.Fatalf("state %d: -counted +derived\n%s", s.Seq(), diff)
		}
		again := cube.Count(s, counts.Floor())
		if diff := cmp.Diff(again.table(minStep, maxStep), got); diff != "" {
			t.Fatalf("state %d: -counted at once +derived\n%s", s.Seq(), diff)
		}
		if len(counts.chunks) == 1 && counts.steps != again.steps { // the one that was looked over
			t.Errorf("step %d: %d steps are kept, of which %d count", step, counts.steps, again.steps)
		}
		checkCounts(t, counts)
		now = now.Add(time.Duration((rng.Float64()*2.2 - 0.2) * float64(spec.Step)))
	}
}

// checkCounts says what is wrong with how counts are kept.
func checkCounts(t *testing.T, c *Counts) {
	t.Helper()
	cells, steps := 0, 0
	for i, chunk := range c.chunks {
		for j, bucket := range chunk.buckets {
			for k, e := range bucket {
				if a, b := c.place(e.cell); a != i || b != j || k > 0 && bucket[k-1].cell >= e.cell || len(e.steps) == 0 {
					t.Fatalf("cell %s is at %d, %d, %d with %d steps", e.cell, i, j, k, len(e.steps))
				}
				cells, steps = cells+1, steps+len(e.steps)
			}
		}
	}
	if cells != c.cells || steps != c.steps {
		t.Fatalf("there are %d cells with %d steps, and %d and %d are counted", cells, steps, c.cells, c.steps)
	}
	if n := len(c.chunks); n&(n-1) != 0 || cells > fullBucket*n*chunkBuckets || cells < sparseBucket*n*chunkBuckets/2 && n > 1 && c.edits > 1 {
		t.Fatalf("%d chunks for %d cells", n, cells)
	}
}

// TestCountsNeverChange keeps old states while new ones are made (S2).
func TestCountsNeverChange(t *testing.T) {
	t.Parallel()
	cube, err := NewCube(cubeSchema(), CubeSpec{Resolution: 9, Finest: 9})
	if err != nil {
		t.Fatal(err)
	}
	l, err := layers.New(cubeSchema(), layers.Options{Derivers: []layers.Deriver{cube}})
	if err != nil {
		t.Fatal(err)
	}
	type kept struct {
		counts *Counts
		table  map[cubeKey]uint32
	}
	var all []kept
	rng := rand.New(rand.NewPCG(1, 1))
	for range 50 {
		b := layers.Batch{Layer: "reports"}
		for range 30 {
			b.Changes = append(b.Changes, report(strconv.Itoa(rng.IntN(300)), 116+rng.Float64()/10, 39+rng.Float64()/10, "a", time.Time{}))
		}
		if _, err := l.Apply(b); err != nil {
			t.Fatal(err)
		}
		counts, _ := cube.Of(l.Snapshot())
		all = append(all, kept{counts, counts.table(0, 0)})
	}
	for i, k := range all {
		if !maps.Equal(k.table, k.counts.table(0, 0)) {
			t.Errorf("state %d has changed", i)
		}
	}
}

func TestNewCubeRefuses(t *testing.T) {
	t.Parallel()
	timed := CubeSpec{Resolution: 5, Finest: 9, Time: "at", Step: time.Hour, Keep: 5}
	for _, c := range []struct {
		name   string
		change func(*CubeSpec)
		want   string
	}{
		{"cells that are too fine", func(s *CubeSpec) { s.Resolution = 10 }, "cells of resolution 10 of places looked up at 9"},
		{"a field that there is not", func(s *CubeSpec) { s.Time = "when" }, `there is no field "when"`},
		{"a field that is no time", func(s *CubeSpec) { s.Time = "kind" }, `field "kind" is of type string: want time`},
		{"a private field", func(s *CubeSpec) { s.Time = "phone" }, `field "phone" is private`},
		{"short steps", func(s *CubeSpec) { s.Step = time.Second }, "steps of 1s"},
		{"steps of half seconds", func(s *CubeSpec) { s.Step += time.Second / 2 }, "steps of 1h0m0.5s"},
		{"too many steps", func(s *CubeSpec) { s.Keep = 129 }, "129 steps kept: want 1 to 128"},
	} {
		spec := timed
		c.change(&spec)
		if _, err := NewCube(cubeSchema(), spec); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
	if _, err := NewCube(cubeSchema(), timed); err != nil {
		t.Error(err)
	}
}

// TestSteps: weeks begin on Mondays, days at midnight in UTC, before 1970 too.
func TestSteps(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		step         time.Duration
		at, from, to string
	}{
		{7 * 24 * time.Hour, "2026-11-26T21:16:06Z", "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"},
		{24 * time.Hour, "2026-11-26T23:59:59.999999Z", "2026-11-26T00:00:00Z", "2026-11-27T00:00:00Z"},
		{time.Hour, "1969-12-31T23:30:00Z", "1969-12-31T23:00:00Z", "1970-01-01T00:00:00Z"},
		{7 * 24 * time.Hour, "1970-01-04T23:59:59Z", "1969-12-29T00:00:00Z", "1970-01-05T00:00:00Z"},
	} {
		cube, err := NewCube(cubeSchema(), CubeSpec{Resolution: 5, Finest: 5, Time: "at", Step: c.step, Keep: 1})
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339Nano, c.at)
		if err != nil {
			t.Fatal(err)
		}
		s := cube.StepOf(at)
		if from, to := cube.Begin(s).Format(time.RFC3339), cube.Begin(s+1).Format(time.RFC3339); from != c.from || to != c.to {
			t.Errorf("%s in steps of %v: got %s to %s, want %s to %s", c.at, c.step, from, to, c.from, c.to)
		}
	}
}
