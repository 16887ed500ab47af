package derive

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"hutong/layers"
)

// hotBench is a layer with reports in a boundary of some 20,000 cells of resolution 9.
type hotBench struct {
	source, boundary *layers.Layer
	cube             *Cube
	now              time.Time
	rng              *rand.Rand
}

const benchReports = 200_000

func newHotBench(b *testing.B, timed bool) *hotBench {
	b.Helper()
	h := &hotBench{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), rng: rand.New(rand.NewPCG(1, 2))}
	spec := CubeSpec{Resolution: 9, Finest: 11, Now: func() time.Time { return h.now }}
	if timed {
		spec.Time, spec.Step, spec.Keep = "at", 24*time.Hour, 56
	}
	var err error
	if h.cube, err = NewCube(cubeSchema(), spec); err != nil {
		b.Fatal(err)
	}
	if h.source, err = layers.New(cubeSchema(), layers.Options{Derivers: []layers.Deriver{h.cube}}); err != nil {
		b.Fatal(err)
	}
	if h.boundary, err = layers.New(&layers.Schema{Name: "city"}, layers.Options{}); err != nil {
		b.Fatal(err)
	}
	square := orb.Polygon{{{116, 39.7}, {116.44, 39.7}, {116.44, 40.062}, {116, 40.062}, {116, 39.7}}}
	if _, err := h.boundary.Apply(layers.Batch{Layer: "city", Changes: []layers.Change{{Feature: layers.Feature{ID: "1", Geometry: square}}}}); err != nil {
		b.Fatal(err)
	}
	load, err := h.source.Load()
	if err != nil {
		b.Fatal(err)
	}
	list := make([]layers.Change, benchReports)
	for i := range list {
		list[i] = h.report(i)
	}
	if err := load.Add(list); err != nil {
		b.Fatal(err)
	}
	if _, err := load.Finish(); err != nil {
		b.Fatal(err)
	}
	return h
}

func (h *hotBench) report(id int) layers.Change {
	lon, lat := 116+0.44*h.rng.Float64(), 39.7+0.362*h.rng.Float64()
	if h.rng.IntN(3) == 0 {
		lon, lat = 116.3+0.05*h.rng.NormFloat64(), 39.9+0.04*h.rng.NormFloat64()
	}
	return report(strconv.Itoa(id), lon, lat, "a", h.now.Add(-time.Duration(h.rng.IntN(28*24))*time.Hour))
}

// change moves 1,000 reports.
func (h *hotBench) change(b *testing.B) {
	b.Helper()
	batch := layers.Batch{Layer: "reports"}
	for range 1000 {
		batch.Changes = append(batch.Changes, h.report(h.rng.IntN(benchReports)))
	}
	if _, err := h.source.Apply(batch); err != nil {
		b.Fatal(err)
	}
}

func (h *hotBench) input() HotInput {
	return HotInput{Source: h.source.Snapshot(), Boundary: h.boundary.Snapshot(), Now: h.now}
}

// BenchmarkHotSpots computes the hot spots of some 20,000 cells: from nothing, study area and neighbours
// included, and after 1,000 changes; with two rings in a window of 28 days, with everything that there is to compute,
// and with a hull.
func BenchmarkHotSpots(b *testing.B) {
	for _, c := range []struct {
		name  string
		timed bool
		hull  bool
		spec  HotSpec
	}{
		{"boundary", true, false, HotSpec{Rings: 2, Window: 28}},
		{"hull", true, true, HotSpec{Rings: 2, Window: 28}},
		{"all", true, false, HotSpec{Rings: 2, Window: 28, Moran: true, Emerging: true}},
	} {
		h := newHotBench(b, c.timed)
		input := func() HotInput {
			in := h.input()
			if c.hull {
				in.Boundary = nil
			}
			return in
		}
		b.Run(c.name+"/scratch", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				hot, err := NewHotSpots("hot", h.cube, c.spec)
				if err != nil {
					b.Fatal(err)
				}
				changes, a := hot.Compute(input())
				if len(changes) < 15_000 {
					b.Fatalf("%d changes: %s", len(changes), a.Reason)
				}
				b.ReportMetric(float64(a.Cells), "cells")
			}
		})
		b.Run(c.name+"/update", func(b *testing.B) {
			hot, err := NewHotSpots("hot", h.cube, c.spec)
			if err != nil {
				b.Fatal(err)
			}
			hot.Compute(input())
			b.ReportAllocs()
			changed := 0
			for b.Loop() {
				b.StopTimer()
				h.change(b)
				b.StartTimer()
				changes, _ := hot.Compute(input())
				changed += len(changes)
			}
			b.ReportMetric(float64(changed)/float64(b.N), "changes/op")
		})
	}
}

// BenchmarkHotLayer puts 20,000 cells into a layer, and those that change with 1,000 reports.
func BenchmarkHotLayer(b *testing.B) {
	h := newHotBench(b, true)
	spec := HotSpec{Rings: 2, Window: 28}
	b.Run("all", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			hot, l, changes := hotLayer(b, h, spec)
			b.StartTimer()
			if _, err := l.Apply(layers.Batch{Layer: "hot", Changes: changes}); err != nil {
				b.Fatal(err)
			}
			_ = hot
		}
	})
	b.Run("update", func(b *testing.B) {
		hot, l, changes := hotLayer(b, h, spec)
		if _, err := l.Apply(layers.Batch{Layer: "hot", Changes: changes}); err != nil {
			b.Fatal(err)
		}
		for b.Loop() {
			b.StopTimer()
			h.change(b)
			changes, _ := hot.Compute(h.input())
			b.StartTimer()
			if _, err := l.Apply(layers.Batch{Layer: "hot", Changes: changes}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func hotLayer(b *testing.B, h *hotBench, spec HotSpec) (*HotSpots, *layers.Layer, []layers.Change) {
	b.Helper()
	hot, err := NewHotSpots("hot", h.cube, spec)
	if err != nil {
		b.Fatal(err)
	}
	l, err := layers.New(hot.Schema(), layers.Options{})
	if err != nil {
		b.Fatal(err)
	}
	changes, _ := hot.Compute(h.input())
	return hot, l, changes
}

// BenchmarkCube moves reports one by one and in batches of 1,000, without and with the counts.
func BenchmarkCube(b *testing.B) {
	for _, c := range []struct {
		name  string
		batch int
	}{{"batches of 1", 1}, {"batches of 1000", 1000}} {
		for _, with := range []bool{false, true} {
			name := c.name + "/layer alone"
			if with {
				name = c.name + "/with cube"
			}
			b.Run(name, func(b *testing.B) {
				h := newHotBench(b, true)
				if !with {
					var err error
					s := h.source
					if h.source, err = layers.New(cubeSchema(), layers.Options{}); err != nil {
						b.Fatal(err)
					}
					load, err := h.source.Load()
					if err != nil {
						b.Fatal(err)
					}
					for block := range s.Snapshot().All() {
						for i := range block.Len() {
							if err := load.Add([]layers.Change{{Feature: (layers.Row{Block: block, Index: i}).Feature()}}); err != nil {
								b.Fatal(err)
							}
						}
					}
					if _, err := load.Finish(); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportAllocs()
				n := 0
				for b.Loop() {
					b.StopTimer()
					batch := layers.Batch{Layer: "reports"}
					for range c.batch {
						batch.Changes = append(batch.Changes, h.report(h.rng.IntN(benchReports)))
					}
					n += c.batch
					b.StartTimer()
					if _, err := h.source.Apply(batch); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/change")
			})
		}
	}
}
