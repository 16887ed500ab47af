package view

import (
	"iter"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/world"
)

// WithAges returns the layer with the field of ages behind the others. The error says that it shows no time, or has
// such a field.
func (l *Layer) WithAges(a *Ages) (*Layer, error) {
	schema, err := a.spec.In(l.schema)
	if err != nil {
		return nil, err
	}
	at := l.columns[l.schema.FieldIndex(l.schema.TimeField)]
	columns := append(append([]int(nil), l.columns...), l.width)
	out := newLayer(schema, columns, l.width, func() layers.Reader {
		m := a.now.Load() // before the state: it is told of a turn before any later one
		return &aged{Reader: l.now(), ages: a, moment: m, time: at}
	})
	out.ages, out.timeless = a, l
	return out, nil
}

// Ages returns the field that depends on the clock; nil when there is none.
func (l *Layer) Ages() *Ages { return l.ages }

// Timeless returns the layer without the field that depends on the clock, of which states that never change have
// none.
func (l *Layer) Timeless() *Layer {
	if l.timeless == nil {
		return l
	}
	return l.timeless
}

// Turns returns the number of the turn ([Ages.Turns]) that the view shows; 0 when it does not depend on the clock.
func (v *View) Turns() uint64 {
	if a, ok := v.snapshot.(*aged); ok {
		return a.moment.turn
	}
	return 0
}

// aged is a state with one more field. Its blocks are made when somebody looks, and all that is not the field is
// shared.
type aged struct {
	layers.Reader
	ages   *Ages
	moment *moment
	time   int // position of the time in blocks
}

var _ layers.Reader = (*aged)(nil)

// block returns b with the field.
func (a *aged) block(b *layers.Block) *layers.Block {
	times, ok := b.Column(a.time).(*column.Ints)
	if !ok {
		return b.With(a.ages.same(0, b.Len())) // not of a field of times
	}
	return b.With(a.ages.column(a.moment, times))
}

// Find returns the feature with an id.
func (a *aged) Find(id layers.FeatureID) (layers.Row, bool) {
	return a.row(a.Reader.Find(id))
}

// FindNumber returns the feature that shows an MVT id.
func (a *aged) FindNumber(number uint64) (layers.Row, bool) {
	return a.row(a.Reader.FindNumber(number))
}

func (a *aged) row(row layers.Row, ok bool) (layers.Row, bool) {
	if ok {
		row.Block = a.block(row.Block)
	}
	return row, ok
}

// Nearest returns the features nearest to a place.
func (a *aged) Nearest(lon, lat float64, k int) ([]layers.Neighbour, layers.NearestStats) {
	found, stats := a.Reader.Nearest(lon, lat, k)
	for i := range found {
		found[i].Row, _ = a.row(found[i].Row, true)
	}
	return found, stats
}

// EachBlock calls fn with the blocks that meet box.
func (a *aged) EachBlock(box world.Box, fn func(*layers.Block)) {
	a.Reader.EachBlock(box, func(b *layers.Block) { fn(a.block(b)) })
}

// All yields all blocks.
func (a *aged) All() iter.Seq[*layers.Block] {
	return func(yield func(*layers.Block) bool) {
		for b := range a.Reader.All() {
			if !yield(a.block(b)) {
				return
			}
		}
	}
}

// Search calls fn with the features that meet box. Rows come block by block.
func (a *aged) Search(box world.Box, fn func(layers.Row) bool) layers.ScanStats {
	var of, made *layers.Block
	return a.Reader.Search(box, func(row layers.Row) bool {
		if row.Block != of {
			of, made = row.Block, a.block(row.Block)
		}
		row.Block = made
		return fn(row)
	})
}

// Scan calls fn with the features that p selects, which may ask for the field.
func (a *aged) Scan(p column.Predicate, fn func(layers.Row) bool) layers.ScanStats {
	var stats layers.ScanStats
	for range a.Reader.All() {
		stats.Blocks++
	}
	for b := range a.All() {
		if p != nil && p.Skips(b.Columns()) {
			stats.Skipped++
			continue
		}
		rows := column.NewBits(b.Len())
		setAll(rows, b.Len())
		if p != nil {
			p.Filter(b.Columns(), rows)
		}
		for row := range b.Len() {
			if !rows.Has(row) {
				continue
			}
			stats.Selected++
			if !fn(layers.Row{Block: b, Index: row}) {
				return stats
			}
		}
	}
	return stats
}
