package bars

import (
	"math/rand/v2"
	"testing"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/view"
)

// Benchmarks of the hot paths on the whole city; `make bench` runs them.

func benchLayer(b *testing.B) (*City, *layers.Layer) {
	b.Helper()
	city := NewCity(citySeed)
	layer, err := loadCity(city, Features, nil)
	if err != nil {
		b.Fatal(err)
	}
	return city, layer
}

// perChange reports what one of n changes took.
func perChange(b *testing.B, n int) {
	b.Helper()
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/change")
}

// BenchmarkTileZ12 builds the tiles of the first bar one after the other.
func BenchmarkTileZ12(b *testing.B) {
	city, layer := benchLayer(b)
	chosen, _ := barTiles(city, Features, barTileCount)
	v := view.Public(layer).Now()
	build := newBuilder(b)
	b.ReportAllocs()
	n, points := 0, 0
	for b.Loop() {
		build.build(v, chosen[n%len(chosen)].Tile)
		points += build.features
		n++
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(points), "ns/point")
}

// benchApply applies batches that refill makes ready, 100 at a time, while the clock stands still.
func benchApply(b *testing.B, layer *layers.Layer, refill func() []*batch) {
	b.Helper()
	b.ReportAllocs()
	var ready []*batch
	n := 0
	for b.Loop() {
		if len(ready) == 0 {
			b.StopTimer()
			ready = refill()
			b.StartTimer()
		}
		if _, err := layer.Apply(layers.Batch{Layer: layer.Name(), Changes: ready[0].changes}); err != nil {
			b.Fatal(err)
		}
		ready = ready[1:]
		n++
	}
	perChange(b, n*batchSize)
}

// benchBatches is the number of batches that are made ready at a time.
const benchBatches = 100

// changed returns batches of random features, each with what change makes of it; k counts upwards.
func changed(city *City, r *rand.Rand, change func(k, i int, f *layers.Feature)) func() []*batch {
	k := 0
	return func() []*batch {
		out := make([]*batch, benchBatches)
		for n := range out {
			out[n] = newBatch(batchSize)
			for range batchSize {
				k++
				i := r.IntN(Features)
				f, _ := out[n].add(city, i)
				change(k, i, f)
			}
		}
		return out
	}
}

// BenchmarkApplyUpdates applies batches of single-field updates of random features.
func BenchmarkApplyUpdates(b *testing.B) {
	city, layer := benchLayer(b)
	source := newUpdates(city, Features)
	benchApply(b, layer, func() []*batch { return source.batches(benchBatches * batchSize) })
}

// BenchmarkApplyMoves applies batches of moves of random features.
func BenchmarkApplyMoves(b *testing.B) {
	city, layer := benchLayer(b)
	benchApply(b, layer, changed(city, rand.New(rand.NewPCG(citySeed, 5)), func(k, i int, f *layers.Feature) {
		f.Geometry = city.Place(i, k)
	}))
}

// BenchmarkApplyTitles applies batches that give random features new titles.
func BenchmarkApplyTitles(b *testing.B) {
	city, layer := benchLayer(b)
	benchApply(b, layer, changed(city, rand.New(rand.NewPCG(citySeed, 4)), func(k, i int, f *layers.Feature) {
		f.Values[FieldTitle] = column.StringOf(city.Title(i, k))
	}))
}

// BenchmarkBulkLoad loads features made ready beforehand into an empty layer.
func BenchmarkBulkLoad(b *testing.B) {
	const n = 200_000
	city := NewCity(citySeed)
	var batches []*batch
	for i := 0; i < n; i += batchSize {
		part := newBatch(batchSize)
		for j := range batchSize {
			part.add(city, i+j)
		}
		batches = append(batches, part)
	}
	b.ReportAllocs()
	loads := 0
	for b.Loop() {
		layer, err := layers.New(Schema(), layers.Options{})
		if err != nil {
			b.Fatal(err)
		}
		loader, err := layer.Load()
		if err != nil {
			b.Fatal(err)
		}
		for _, part := range batches {
			if err := loader.Add(part.changes); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := loader.Finish(); err != nil {
			b.Fatal(err)
		}
		loads++
	}
	perChange(b, loads*n)
}

// BenchmarkNearest asks for the ten features nearest to random places.
func BenchmarkNearest(b *testing.B) {
	_, layer := benchLayer(b)
	v := view.Public(layer).Now()
	r := rand.New(rand.NewPCG(citySeed, 6))
	b.ReportAllocs()
	for b.Loop() {
		at := between(Extent, r.Float64(), r.Float64())
		if got := v.Nearest(at[0], at[1], 10); len(got) != 10 {
			b.Fatalf("got %d neighbours, want 10", len(got))
		}
	}
}

// BenchmarkScanPredicate counts the features of a rare category in one district, whose blocks zone
// maps can tell.
func BenchmarkScanPredicate(b *testing.B) {
	_, layer := benchLayer(b)
	v := view.Public(layer).Now()
	p := scanPredicate()
	var stats layers.ScanStats
	b.ReportAllocs()
	for b.Loop() {
		stats = v.Scan(p, func(layers.Feature) bool { return true })
	}
	if stats.Selected == 0 || stats.Skipped == 0 {
		b.Fatalf("got %+v, want some rows selected and some blocks skipped", stats)
	}
	b.ReportMetric(float64(stats.Skipped)/float64(stats.Blocks), "skipped/block")
}

// scanPredicate selects a rare category in one district.
func scanPredicate() column.Predicate {
	return column.And(
		column.Where(FieldDistrict, column.Equal, column.StringOf(districts[3])),
		column.Where(FieldCategory, column.Equal, column.StringOf(categories[40])),
	)
}
