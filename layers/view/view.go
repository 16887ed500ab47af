// Package view decides what an audience sees of a layer. Every door (tiles, features, catalogue,
// exports) serves a [View], never a layers.Snapshot, so that what a view leaves out leaves by no
// door (S10).
//
// A view that only chooses fields reads the live layer's own store ([New]); [Public] is the one that every layer
// has unless its owner says otherwise. What hides features, moves places or replaces ids is made by a [Redactor]
// into a store of its own, over which [Of] is the view: what is not in that store no door can tell.
//
// [Layer.WithAges] adds the one field that no store has, since it depends on the clock.
//
// A [Layer] and a [View] may be used from any goroutine; a View never changes.
package view

import (
	"slices"
	"time"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/world"
)

// Layer is a live layer as one audience sees it.
type Layer struct {
	now     func() layers.Reader // the newest state
	schema  *layers.Schema
	columns []int // by field of schema: its position in the store's blocks
	width   int   // columns of these, but for that of ages, which is behind them
	recent  *recent
	all     part // of a block of a view that selects nothing
	packed  part // of a pack

	ages     *Ages  // the last field of schema; nil when that is stored like all others
	timeless *Layer // the layer without it
	memo     memo
}

// Public returns the layer as everybody may see it: without its private fields.
func Public(live *layers.Layer) *Layer {
	l, err := New(live, Spec{})
	if err != nil {
		panic(err) // no field is named, so none is missing
	}
	return l
}

// Of returns a layer that is derived from what everybody may see, with all fields of schema, none of which
// is private. now returns its newest state; numbers of states never fall. It keeps schema.
func Of(schema *layers.Schema, now func() layers.Reader) *Layer {
	columns := make([]int, len(schema.Fields))
	for i := range columns {
		columns[i] = i
	}
	return newLayer(schema, columns, len(columns), now)
}

func newLayer(schema *layers.Schema, columns []int, width int, now func() layers.Reader) *Layer {
	l := &Layer{now: now, schema: schema, columns: columns, width: width, recent: &recent{now: time.Now}}
	l.all.columns, l.packed.columns = columns, make([]int, len(columns))
	for i := range columns {
		l.packed.columns[i] = i
	}
	return l
}

// Name returns the layer's name.
func (l *Layer) Name() layers.Name { return l.schema.Name }

// Schema returns the fields of the view, in the order of the layer's schema. Read only.
func (l *Layer) Schema() *layers.Schema { return l.schema }

// Now returns what is visible at this moment.
func (l *Layer) Now() *View { return &View{layer: l, snapshot: l.now()} }

// View is what an audience sees of one snapshot, or of these features those that were asked for, see
// [View.Where].
type View struct {
	layer    *Layer
	snapshot layers.Reader
	where    []layers.Selector // all of them select a feature of the view
	over     <-chan struct{}   // closed when nobody waits for it any more, see [View.Until]; nil is never
}

// Name returns the layer's name.
func (v *View) Name() layers.Name { return v.layer.schema.Name }

// Schema returns the fields of the view. Read only.
func (v *View) Schema() *layers.Schema { return v.layer.schema }

// Seq returns the number of the snapshot.
func (v *View) Seq() layers.Seq { return v.snapshot.Seq() }

// Bytes returns the heap that the layer's store takes, private fields included, for the operator.
func (v *View) Bytes() int { return v.snapshot.Bytes() }

// feature returns a row with the view's fields only.
func (v *View) feature(r layers.Row) layers.Feature { return Row{r, v.layer}.Feature() }

// Feature returns the feature with an id, its values in the order of the view's fields.
func (v *View) Feature(id layers.FeatureID) (layers.Feature, bool) {
	row, ok := v.find(id)
	if !ok {
		return layers.Feature{}, false
	}
	return v.feature(row), true
}

// Numbered returns the feature that shows an MVT id in tiles.
func (v *View) Numbered(number uint64) (layers.Feature, bool) {
	row, ok := v.snapshot.FindNumber(number)
	if !ok || !v.shows(row) {
		return layers.Feature{}, false
	}
	return v.feature(row), true
}

// find returns the row with an id.
func (v *View) find(id layers.FeatureID) (layers.Row, bool) {
	row, ok := v.snapshot.Find(id)
	if !ok || !v.shows(row) {
		return layers.Row{}, false
	}
	return row, true
}

// Neighbour is a feature and its distance from where was asked.
type Neighbour struct {
	Row
	Metres float64 // great-circle
}

// Nearest returns the k features nearest to a place in degrees, nearest first, at most
// layers.MaxNearest.
func (v *View) Nearest(lon, lat float64, k int) []Neighbour {
	if len(v.where) > 0 {
		return v.nearestSelected(lon, lat, k)
	}
	found, _ := v.snapshot.Nearest(lon, lat, k)
	out := make([]Neighbour, len(found))
	for i, n := range found {
		out[i] = Neighbour{Row{n.Row, v.layer}, n.Metres}
	}
	return out
}

// Search calls fn with the features whose boxes meet a box in world units, edges included, in
// canonical order, until fn returns false.
func (v *View) Search(box world.Box, fn func(layers.Feature) bool) layers.ScanStats {
	if len(v.where) > 0 {
		return v.searchSelected(box, fn)
	}
	return v.snapshot.Search(box, func(r layers.Row) bool { return fn(v.feature(r)) })
}

// Scan calls fn with the features that p selects, until fn returns false. p names fields by their
// position in the view's schema, so it cannot ask about a private one; nil selects all.
func (v *View) Scan(p column.Predicate, fn func(layers.Feature) bool) layers.ScanStats {
	if len(v.where) > 0 {
		return v.scanSelected(p, fn)
	}
	if p != nil {
		p = column.Renumber(p, v.layer.columns)
	}
	return v.snapshot.Scan(p, func(r layers.Row) bool { return fn(v.feature(r)) })
}

// Blocks appends the blocks of located features whose boxes meet box to dst, in canonical order
// (S5). Of a view that selects it is those with a selected row, see [Block.Rows], or instead of many
// that have few such rows each a block of these, some of which may lie beyond the box.
func (v *View) Blocks(box world.Box, dst []Block) []Block {
	if len(v.where) > 0 {
		return v.selectBlocks(box, v.packer(), dst)
	}
	from := len(dst)
	v.snapshot.EachBlock(box, func(b *layers.Block) { dst = append(dst, Block{b, &v.layer.all}) })
	sortBlocks(dst[from:])
	return dst
}

func sortBlocks(list []Block) {
	slices.SortFunc(list, func(a, b Block) int { return layers.CompareBlocks(a.block, b.block) })
}
