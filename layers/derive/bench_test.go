package derive

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/column"
)

const benchRows = 500_000

var benchCategories = []string{"noise", "lamp", "waste", "dog", "tree", "road", "water", "air"}

func benchSpecs() map[string]Spec {
	return map[string]Spec{
		"plain": {Time: "reported"},
		"full":  {Time: "reported", Numbers: []string{"votes"}, Counts: []CountField{{Field: "category", Values: benchCategories}}},
	}
}

// timed is a deriver that notes how long it takes for each batch.
type timed struct {
	layers.Deriver
	taken []time.Duration
}

// least returns the duration that a tenth of the batches stays below: other work on the machine is in most others.
func (d *timed) least() time.Duration {
	if len(d.taken) == 0 {
		return 0
	}
	slices.Sort(d.taken)
	return d.taken[len(d.taken)/10]
}

func (d *timed) Derive(from layers.Derived, edits []layers.Edit, s *layers.Snapshot) layers.Derived {
	start := time.Now()
	out := d.Deriver.Derive(from, edits, s)
	d.taken = append(d.taken, time.Since(start))
	return out
}

// inCity returns a place in a city of 60 km with a dense middle.
func inCity(r *rand.Rand) orb.Point {
	spread := 0.05
	if r.IntN(3) == 0 {
		spread = 0.25
	}
	return orb.Point{116.4 + r.NormFloat64()*spread, 39.9 + r.NormFloat64()*spread}
}

func benchFeature(r *rand.Rand, id int) layers.Feature {
	return layers.Feature{ID: layers.FeatureID(strconv.Itoa(id)), Geometry: inCity(r), Values: []column.Value{
		column.StringOf(benchCategories[r.IntN(len(benchCategories))]), column.IntOf(r.Int64N(40)), column.FloatOf(r.Float64()),
		column.BoolOf(r.IntN(2) == 0), column.MicrosOf(1_480_000_000_000_000 + r.Int64N(1e13)),
	}}
}

// loaded returns a layer with n features of a city, and all of them.
func loaded(b *testing.B, n int, derivers ...layers.Deriver) (*layers.Layer, []layers.Feature) {
	b.Helper()
	l, err := layers.New(testSchema(), layers.Options{Derivers: derivers})
	if err != nil {
		b.Fatal(err)
	}
	load, err := l.Load()
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	all := make([]layers.Feature, n)
	for i := range all {
		all[i] = benchFeature(r, i)
		if err := load.Add([]layers.Change{{Feature: all[i]}}); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := load.Finish(); err != nil {
		b.Fatal(err)
	}
	return l, all
}

// BenchmarkApply measures a change in batches of 1,000, with the index and without, and what of it the index takes
// in the fastest tenth of the batches.
func BenchmarkApply(b *testing.B) {
	specs := benchSpecs()
	for _, spec := range []string{"none", "plain", "full"} {
		var derivers []layers.Deriver
		d := &timed{}
		if spec != "none" {
			ix, err := NewIndex(testSchema(), specs[spec])
			if err != nil {
				b.Fatal(err)
			}
			d.Deriver = ix
			derivers = append(derivers, d)
		}
		l, all := loaded(b, benchRows, derivers...)
		r := rand.New(rand.NewPCG(2, 2))
		for _, kind := range []string{"insert", "move", "drive", "status", "title", "delete"} {
			b.Run(kind+"/"+spec, func(b *testing.B) {
				b.ReportAllocs()
				d.taken = d.taken[:0]
				changes := make([]layers.Change, 1000)
				n := 0
				for b.Loop() {
					b.StopTimer()
					for i := range changes {
						at := r.IntN(len(all))
						f := &all[at]
						switch kind {
						case "insert":
							all = append(all, benchFeature(r, len(all)))
							f = &all[len(all)-1]
						case "move":
							f.Geometry = inCity(r)
						case "drive":
							p := f.Geometry.(orb.Point)
							f.Geometry = orb.Point{p[0] + r.NormFloat64()*1e-4, p[1] + r.NormFloat64()*1e-4}
							f.Values = append([]column.Value(nil), f.Values...)
							f.Values[4] = column.MicrosOf(1_500_000_000_000_000 + int64(n+i))
						case "status":
							f.Values = append([]column.Value(nil), f.Values...)
							f.Values[0] = column.StringOf(benchCategories[r.IntN(8)])
							f.Values[4] = column.MicrosOf(1_490_000_000_000_000 + r.Int64N(1e6))
						case "title":
							f.Values = append([]column.Value(nil), f.Values[:5]...)
							f.Values = append(f.Values, column.StringOf(fmt.Sprint("title ", n+i)))
						}
						changes[i] = layers.Change{Feature: *f}
						if kind == "delete" {
							changes[i] = layers.Change{Op: layers.Delete, Feature: layers.Feature{ID: f.ID}}
							all[at] = all[len(all)-1] // so that none goes twice
							all = all[:len(all)-1]
						}
					}
					b.StartTimer()
					if _, err := l.Apply(layers.Batch{Layer: l.Name(), Changes: changes}); err != nil {
						b.Fatal(err)
					}
					n += len(changes)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/change")
				b.ReportMetric(float64(d.least().Nanoseconds())/float64(len(changes)), "ns/derived")
			})
		}
	}
}

// BenchmarkRebuild measures cells made of all features, and what they take.
func BenchmarkRebuild(b *testing.B) {
	for name, spec := range benchSpecs() {
		b.Run(name, func(b *testing.B) {
			ix, err := NewIndex(testSchema(), spec)
			if err != nil {
				b.Fatal(err)
			}
			l, _ := loaded(b, benchRows)
			var c *Cells
			for b.Loop() {
				c = ix.rebuilt(l.Snapshot())
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/feature")
			b.ReportMetric(float64(c.Bytes())/float64(c.Len(11)), "B/cell")
			b.ReportMetric(float64(c.Len(11)), "cells")
		})
	}
}

// BenchmarkHexesOf counts every tenth feature of the layer for one answer.
func BenchmarkHexesOf(b *testing.B) {
	for name, spec := range benchSpecs() {
		b.Run(name, func(b *testing.B) {
			ix, err := NewIndex(testSchema(), spec)
			if err != nil {
				b.Fatal(err)
			}
			l, _ := loaded(b, benchRows)
			n := 0
			blocks := func(yield func(*layers.Block, column.Bits) bool) {
				for block := range l.Snapshot().All() {
					rows := column.NewBits(block.Len())
					for row := n % 10; row < block.Len(); row += 10 {
						rows.Set(row)
						n++
					}
					if !yield(block, rows) {
						return
					}
				}
			}
			for b.Loop() {
				ix.HexesOf(ix.HexSchema("hexes"), 1, blocks, 8)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/feature")
		})
	}
}
