package layers

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/paulmach/orb"

	"hutong/layers/column"
)

const benchRows = 1_000_000

// benchFeature is the feature of an id in the benchmarks: six fields, one of them a unique text. It
// is made when it is needed, so that the benchmarks hold nothing that the collector must look at.
func benchFeature(i int) Feature {
	r := rand.New(rand.NewPCG(7, uint64(i)))
	return Feature{
		ID:       FeatureID(fmt.Sprintf("BJ-2016-%07d", i)),
		Geometry: orb.Point{116.4 + r.NormFloat64()/10, 39.9 + r.NormFloat64()/10},
		Values: []column.Value{
			column.StringOf(fmt.Sprintf("category %d", r.IntN(48))),
			column.StringOf(fmt.Sprintf("report %d about a broken lamp at some corner", r.Uint64())),
			column.IntOf(r.Int64N(40)),
			column.FloatOf(r.Float64()),
			column.BoolOf(r.IntN(2) == 0),
			column.MicrosOf(1_480_000_000_000_000 + r.Int64N(1e13)),
		},
	}
}

func benchLayer(b *testing.B, schema *Schema) *Layer {
	b.Helper()
	l, err := New(schema, Options{})
	if err != nil {
		b.Fatal(err)
	}
	load, err := l.Load()
	if err != nil {
		b.Fatal(err)
	}
	for i := range benchRows {
		if err := load.Add([]Change{{Feature: benchFeature(i)}}); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := load.Finish(); err != nil {
		b.Fatal(err)
	}
	return l
}

// BenchmarkApply measures changes a second in batches of 1,000 on a million features.
func BenchmarkApply(b *testing.B) {
	l := benchLayer(b, testSchema())
	r := rand.New(rand.NewPCG(1, 2))
	for _, kind := range []string{"int", "status", "title", "move"} {
		b.Run(kind, func(b *testing.B) {
			b.ReportAllocs()
			changes := make([]Change, 1000)
			n := 0
			for b.Loop() {
				b.StopTimer()
				for i := range changes {
					f := benchFeature(r.IntN(benchRows))
					switch kind {
					case "int":
						f.Values[2] = column.IntOf(r.Int64N(40))
					case "status":
						f.Values[0] = column.StringOf(fmt.Sprintf("category %d", r.IntN(48)))
					case "title":
						f.Values[1] = column.StringOf(fmt.Sprintf("report %d about a broken lamp at some corner", r.Uint64()))
					case "move":
						f.Geometry = orb.Point{116.4 + r.NormFloat64()/10, 39.9 + r.NormFloat64()/10}
					}
					changes[i] = Change{Feature: f}
				}
				b.StartTimer()
				if _, err := l.Apply(Batch{Layer: l.Name(), Changes: changes}); err != nil {
					b.Fatal(err)
				}
				n += len(changes)
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "changes/s")
		})
	}
}

// BenchmarkLoad measures a bulk load of a million features, and what a feature then takes.
// BenchmarkApplyByTime is BenchmarkApply of an int and the time, with event times and without.
func BenchmarkApplyByTime(b *testing.B) {
	for _, observed := range []string{"", "reported"} {
		b.Run("observed="+observed, func(b *testing.B) {
			schema := testSchema()
			schema.Observed = observed
			l := benchLayer(b, schema)
			r := rand.New(rand.NewPCG(1, 2))
			b.ReportAllocs()
			changes := make([]Change, 1000)
			n := 0
			for b.Loop() {
				b.StopTimer()
				for i := range changes {
					f := benchFeature(r.IntN(benchRows))
					f.Values[2] = column.IntOf(r.Int64N(40))
					f.Values[5] = column.MicrosOf(1_700_000_000_000_000 + int64(n+i))
					changes[i] = Change{Feature: f}
				}
				b.StartTimer()
				if _, err := l.Apply(Batch{Layer: l.Name(), Changes: changes}); err != nil {
					b.Fatal(err)
				}
				n += len(changes)
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "changes/s")
		})
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		l := newLayer(b, Options{})
		load, err := l.Load()
		if err != nil {
			b.Fatal(err)
		}
		changes := make([]Change, 1000)
		for i := 0; i < benchRows; i += len(changes) {
			b.StopTimer()
			for j := range changes {
				changes[j].Feature = benchFeature(i + j)
			}
			b.StartTimer()
			if err := load.Add(changes); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := load.Finish(); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(l.Snapshot().Memory().Total())/benchRows, "bytes/feature")
	}
	b.ReportMetric(benchRows*float64(b.N)/b.Elapsed().Seconds(), "features/s")
}
