package layers

import (
	"hutong/layers/column"
	"hutong/layers/rindex"
	"hutong/layers/world"
)

// writer is the mutable side of a layer: what the next snapshot will be made of. It is guarded by
// Layer.mu. Whatever a published snapshot reaches it copies before it writes (S2).
type writer struct {
	schema *Schema
	opts   Options

	seq       Seq
	table     tableWriter
	sequences [classes]sequence
	counts    [classes]int
	tree      rindex.Tree
	frozen    *rindex.Frozen // the tree as published; nil when it changed since
	index     indexWriter

	dicts    []*column.Dictionary // by field; nil for fields that are not strings or are kept raw
	settleAt []int                // dictionary lengths at which [writer.settle] looks again
	overflow []bool               // fields whose dictionary was full in this batch

	builder           *blockBuilder
	last              map[FeatureID]int32 // scratch of apply: the last change of each id
	steps             []step              // scratch of apply
	patches           []column.Patch      // scratch of patch
	small             [classes]bool       // some block of the class is below MinRows
	delta             Delta
	clashes           map[uint64]struct{} // numbers whose holder must be decided anew
	observed, version int                 // fields that order changes of an id, −1 if there is none
	tombs             tombstones          // none without event times
	found             []located           // scratch of settleOrder
	canonical         [2][]byte           // scratch of compareState

	erasures map[int32]column.Value // of a batch: the time of each erasure in it
	erasing  map[FeatureID]struct{} // of a batch: ids erased in it and not back since

	moved []world.Box // boxes of a coverage's old and new geometries in this batch
	edits []Edit      // of this batch, when there are derivers
}

func newWriter(schema *Schema, opts Options) *writer {
	w := &writer{
		schema:   schema,
		opts:     opts,
		index:    newIndexWriter(0),
		dicts:    make([]*column.Dictionary, len(schema.Fields)),
		settleAt: make([]int, len(schema.Fields)),
		overflow: make([]bool, len(schema.Fields)),
		last:     map[FeatureID]int32{},
		clashes:  map[uint64]struct{}{},
		observed: schema.FieldIndex(schema.Observed),
		version:  schema.FieldIndex(schema.Version),
	}
	for i := range schema.Fields {
		if schema.Fields[i].Kind == column.String {
			w.dicts[i] = column.NewDictionary()
			w.settleAt[i] = smallDictionary
		}
	}
	w.builder = newBlockBuilder(schema, w.dicts)
	return w
}

// publish returns the state as it is as a snapshot.
func (w *writer) publish() *Snapshot {
	return &Snapshot{
		schema:    w.schema,
		seq:       w.seq,
		table:     w.table.publish(),
		sequences: w.sequences,
		counts:    w.counts,
		tree:      w.freeze(),
		index:     w.index.publish(),
		dicts:     append([]*column.Dictionary(nil), w.dicts...),
	}
}

// freeze returns the tree as it is.
func (w *writer) freeze() *rindex.Frozen {
	if w.frozen == nil {
		w.frozen = w.tree.Freeze()
	}
	return w.frozen
}

// located returns the number of features that have a place.
func (w *writer) located() int {
	n := 0
	for c := onePoint; c < classes; c++ {
		n += w.counts[c]
	}
	return n
}

// dropScratch lets go of what a batch has left that is as large as the batch was. Clearing a map takes
// as long as the largest batch it ever held, and that with every batch to come.
func (w *writer) dropScratch() {
	w.last = map[FeatureID]int32{}
	w.steps, w.patches, w.found, w.delta = nil, nil, nil, Delta{}
	w.erasures, w.erasing = nil, nil
	w.edits = nil
}

// addBlock gives a new block a number and, when it is located, a place in the tree.
func (w *writer) addBlock(b *Block) uint32 {
	n := w.table.add(b)
	if b.class != unlocated {
		w.tree.Insert(treeBox(b.box), n)
		w.frozen = nil
	}
	return n
}

// setBlock puts next in the place of the block numbered n; the tree is touched only when the box
// changed.
func (w *writer) setBlock(n uint32, next *Block) {
	old := w.table.table.block(n)
	w.table.set(n, next)
	if next.class != unlocated && next.box != old.box {
		w.treeDelete(old, n)
		w.tree.Insert(treeBox(next.box), n)
		w.frozen = nil
	}
}

// dropBlock takes the block numbered n out of the table and the tree.
func (w *writer) dropBlock(n uint32) {
	if old := w.table.table.block(n); old.class != unlocated {
		w.treeDelete(old, n)
	}
	w.table.remove(n)
}

func (w *writer) treeDelete(b *Block, n uint32) {
	w.frozen = nil
	if err := w.tree.Delete(treeBox(b.box), n); err != nil {
		panic("layers: " + string(w.schema.Name) + ": " + err.Error()) // the writer lost track of a box: a defect
	}
}

func treeBox(b world.Box) rindex.Box {
	return rindex.Box{Min: [2]uint32{b.Min.X, b.Min.Y}, Max: [2]uint32{b.Max.X, b.Max.Y}}
}
