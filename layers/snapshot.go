package layers

import (
	"unsafe"

	"github.com/paulmach/orb"

	"hutong/layers/column"
	"hutong/layers/rindex"
	"hutong/layers/shape"
	"hutong/layers/world"
)

// Snapshot is a layer as it was after one batch. It never changes (S2); all methods may be called
// from any goroutine.
type Snapshot struct {
	schema    *Schema
	seq       Seq
	table     table
	sequences [classes]sequence
	counts    [classes]int
	tree      *rindex.Frozen
	index     idIndex
	dicts     []*column.Dictionary
	derived   []Derived // by deriver
}

// Schema returns the layer's schema.
func (s *Snapshot) Schema() *Schema { return s.schema }

// Seq returns the number of this state.
func (s *Snapshot) Seq() Seq { return s.seq }

// Count returns the number of features.
func (s *Snapshot) Count() int { return s.Located() + s.counts[unlocated] }

// Located returns the number of features that have a place.
func (s *Snapshot) Located() int {
	n := 0
	for c := onePoint; c < classes; c++ {
		n += s.counts[c]
	}
	return n
}

// Points returns the number of features that are one point.
func (s *Snapshot) Points() int { return s.counts[onePoint] }

// Kinds returns how many features there are of each kind of geometry but single points, by
// [shape.Kind]. Its cost is a look at each block.
func (s *Snapshot) Kinds() (counts [shape.MultiPolygon + 1]int) {
	for c := smallShape; c < classes; c++ {
		for _, l := range s.sequences[c] {
			for _, k := range s.table.block(l.block).shapes.Kinds {
				counts[k]++
			}
		}
	}
	return counts
}

// Box returns the exact box of all places, empty when there are none. Its cost is a look at each
// block.
func (s *Snapshot) Box() world.Box {
	box := world.EmptyBox
	for c := onePoint; c < classes; c++ {
		for _, l := range s.sequences[c] {
			box = box.Union(s.table.block(l.block).box)
		}
	}
	return box
}

// Extent returns the bound of all places in degrees; ok is false when there are none.
func (s *Snapshot) Extent() (bound orb.Bound, ok bool) {
	box := s.Box()
	if box.Empty() {
		return orb.Bound{}, false
	}
	west, north := box.Min.LonLat()
	east, south := box.Max.LonLat()
	return orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{east, north}}, true
}

// EachBlock calls fn with the blocks of located features whose boxes meet box, in no stated order;
// [CompareBlocks] gives the canonical one.
func (s *Snapshot) EachBlock(box world.Box, fn func(*Block)) {
	s.tree.Search(treeBox(box), func(n uint32) bool {
		fn(s.table.block(n))
		return true
	})
}

// Row is one feature of a snapshot.
type Row struct {
	Block *Block
	Index int
}

// Feature returns the feature, its values in the order of the schema's fields. Places are the centres
// of their world cells.
func (r Row) Feature() Feature {
	f := Feature{ID: r.Block.ID(r.Index), Geometry: r.Geometry(), Values: make([]column.Value, len(r.Block.columns))}
	for i, c := range r.Block.columns {
		f.Values[i] = c.Value(r.Index)
	}
	return f
}

// Find returns the feature with an id.
func (s *Snapshot) Find(id FeatureID) (Row, bool) {
	number, text := idKey(id)
	var found Row
	s.index.each(number, func(e entry) bool {
		k := key{e.hilbert, number, text}
		seq := s.sequences[e.class()]
		b := s.table.block(seq[seq.find(k)].block)
		if row := b.find(k); row >= 0 {
			found = Row{b, row}
		}
		return found.Block == nil
	})
	return found, found.Block != nil
}

// FindNumber returns the feature that shows an MVT id.
func (s *Snapshot) FindNumber(number uint64) (Row, bool) {
	var found Row
	s.index.each(number, func(e entry) bool {
		from := key{e.hilbert, number, ""}
		seq := s.sequences[e.class()]
		for leaf := seq.find(from); leaf < len(seq); leaf++ {
			b := s.table.block(seq[leaf].block)
			for row := b.search(from); row < b.Len(); row++ {
				if b.numbers[row] != number || b.hilbert(row) != e.hilbert {
					return found.Block == nil
				}
				if b.Shown(row) {
					found = Row{b, row}
					return false
				}
			}
		}
		return true
	})
	return found, found.Block != nil
}

// Memory is what a snapshot takes on the heap, in bytes, by part. Parts shared with other snapshots
// count in each.
type Memory struct {
	Places       int   // world coordinates, with all that belongs to shapes
	IDs          int   // numbers and texts of ids
	Fields       []int // columns, by field of the schema, with dictionaries
	Headers      int   // blocks with what their slabs are larger than their contents, table, sequences
	Index        int   // id index
	Dictionaries int   // the part of Fields that is dictionaries
}

// Total returns the sum.
func (m Memory) Total() int {
	n := m.Places + m.IDs + m.Headers + m.Index
	for _, f := range m.Fields {
		n += f
	}
	return n
}

// Bytes returns the heap that s takes, what was derived from it included. Its cost is that of [Snapshot.Memory].
func (s *Snapshot) Bytes() int {
	n := s.Memory().Total()
	for _, d := range s.derived {
		n += d.Bytes()
	}
	return n
}

// Memory measures s, without what was derived from it. Its cost is a look at each block and bucket. Dictionaries are measured as they
// are now: an old snapshot's grow with the strings of later batches.
func (s *Snapshot) Memory() Memory {
	m := Memory{Fields: make([]int, len(s.schema.Fields)), Index: s.index.bytes()}
	m.Headers = len(s.table) * int(unsafe.Sizeof(chunk{}))
	for _, seq := range s.sequences {
		m.Headers += len(seq) * int(unsafe.Sizeof(leaf{}))
		for _, l := range seq {
			b := s.table.block(l.block)
			m.Places += 4*(len(b.x)+len(b.y)) + b.shapes.bytes()
			m.IDs += 8*len(b.numbers) + b.hidden.Bytes()
			if b.texts != nil {
				m.IDs += column.PackedBytes(b.texts)
			}
			m.Headers += headerBytes + b.rounding + 16*len(b.columns)
			for i, c := range b.columns {
				m.Fields[i] += c.Bytes()
			}
		}
	}
	for i, d := range s.dicts {
		if d != nil {
			m.Fields[i] += d.Bytes()
			m.Dictionaries += d.Bytes()
		}
	}
	return m
}
