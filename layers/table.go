package layers

import "sync/atomic"

// chunkBlocks is the number of blocks of a chunk of the table: a batch copies each chunk in which a
// block changed.
const chunkBlocks = 64

type chunk [chunkBlocks]*Block

// table maps block numbers to blocks. A table is immutable once its snapshot is published; the
// writer works on a tableWriter.
type table []*chunk

func (t table) block(n uint32) *Block { return t[n/chunkBlocks][n%chunkBlocks] }

// tableWriter is the writer's table: free numbers, and which chunks the batch under way has copied.
type tableWriter struct {
	table table
	owned []bool // by chunk: copied since the last publish
	fresh bool   // the slice of chunks itself was copied since the last publish
	free  []uint32
	size  uint32 // numbers given out so far
}

// serials counts the blocks that were stored in any table.
var serials atomic.Uint64

// add stores a block under a new number.
func (w *tableWriter) add(b *Block) uint32 {
	var n uint32
	if last := len(w.free) - 1; last >= 0 {
		n, w.free = w.free[last], w.free[:last]
	} else {
		n = w.size
		w.size++
	}
	w.set(n, b)
	return n
}

// set stores a block that was in no table yet, or nil, under a number given out before.
func (w *tableWriter) set(n uint32, b *Block) {
	if b != nil {
		b.serial = serials.Add(1) // a copy of another block came with that of the other
	}
	i := int(n / chunkBlocks)
	if !w.fresh {
		w.table = append(make(table, 0, len(w.table)+1), w.table...)
		w.owned = append(w.owned[:0], make([]bool, len(w.table))...)
		w.fresh = true
	}
	for i >= len(w.table) {
		w.table = append(w.table, new(chunk))
		w.owned = append(w.owned, true)
	}
	if !w.owned[i] {
		c := *w.table[i]
		w.table[i] = &c
		w.owned[i] = true
	}
	w.table[i][n%chunkBlocks] = b
}

// remove takes a number back. Snapshots that hold it have their own chunks.
func (w *tableWriter) remove(n uint32) {
	w.set(n, nil)
	w.free = append(w.free, n)
}

// publish returns the table for a snapshot; what is written after it is copied first.
func (w *tableWriter) publish() table {
	w.fresh = false
	return w.table
}
