package bars

import (
	"fmt"
	"math/rand/v2"

	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/column"
)

// batch is a list of upserts that owns the values of its features, so that it can be filled anew
// without allocating more than the texts.
type batch struct {
	changes []layers.Change
	values  []column.Value
}

func newBatch(capacity int) *batch {
	return &batch{make([]layers.Change, 0, capacity), make([]column.Value, 0, capacity*fields)}
}

func (b *batch) reset() { b.changes, b.values = b.changes[:0], b.values[:0] }

// add appends an upsert of feature i and returns its values, to be changed at will.
func (b *batch) add(city *City, i int) (*layers.Feature, []column.Value) {
	from := len(b.values)
	f := city.Feature(i, b.values[from:from:from+fields])
	b.values = b.values[:from+fields]
	b.changes = append(b.changes, layers.Change{Op: layers.Upsert, Feature: f})
	last := &b.changes[len(b.changes)-1].Feature
	return last, last.Values
}

// loadCity returns a layer bulk-loaded with the first n features of a city; place says where
// feature i is, where it was first when place is nil.
func loadCity(city *City, n int, place func(i int) orb.Point) (*layers.Layer, error) {
	return loadCityInto(layers.Options{}, city, n, place)
}

// loadCityInto is loadCity into a layer with options.
func loadCityInto(o layers.Options, city *City, n int, place func(i int) orb.Point) (*layers.Layer, error) {
	layer, err := layers.New(Schema(), o)
	if err != nil {
		return nil, err
	}
	loader, err := layer.Load()
	if err != nil {
		return nil, err
	}
	b := newBatch(batchSize)
	for i := range n {
		f, _ := b.add(city, i)
		if place != nil {
			f.Geometry = place(i)
		}
		if len(b.changes) == batchSize || i == n-1 {
			if err := loader.Add(b.changes); err != nil {
				return nil, err
			}
			b.reset()
		}
	}
	if _, err := loader.Finish(); err != nil {
		return nil, err
	}
	if got := layer.Snapshot().Count(); got != n {
		return nil, fmt.Errorf("loaded %d features, want %d", got, n)
	}
	return layer, nil
}

// applyRandom applies count changes to random ones of the first n features in batches, each made
// by change from the feature as it was first reported. The features drawn depend on seed only; k
// counts the changes.
func applyRandom(layer *layers.Layer, city *City, n, count int, seed uint64, change func(k, i int, f *layers.Feature)) error {
	r := rand.New(rand.NewPCG(citySeed, seed))
	b := newBatch(batchSize)
	for k := range count {
		i := r.IntN(n)
		f, _ := b.add(city, i)
		change(k, i, f)
		if len(b.changes) == batchSize || k == count-1 {
			if _, err := layer.Apply(layers.Batch{Layer: layer.Name(), Changes: b.changes}); err != nil {
				return err
			}
			b.reset()
		}
	}
	if got := layer.Snapshot().Count(); got != n {
		return fmt.Errorf("%d features after %d changes, want %d", got, count, n)
	}
	return nil
}

// drawn returns how often each of the first n features is drawn by [applyRandom].
func drawn(n, count int, seed uint64) []uint32 {
	r := rand.New(rand.NewPCG(citySeed, seed))
	times := make([]uint32, n)
	for range count {
		times[r.IntN(n)]++
	}
	return times
}
