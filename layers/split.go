package layers

import (
	"strings"

	"hutong/layers/column"
)

// cutter appends rows to a builder and cuts the stream into blocks of even size.
type cutter struct {
	builder *blockBuilder
	sizes   []int // of the blocks still to come
	blocks  []*Block
}

// newCutter returns a cutter for exactly rows rows: one block when they fit, else as many as are
// filled to about three quarters, so that neither side of a split is soon split or merged again.
func newCutter(b *blockBuilder, rows int, o Options) *cutter {
	return &cutter{builder: b, sizes: blockSizes(rows, o)}
}

func blockSizes(rows int, o Options) []int {
	if rows == 0 {
		return nil
	}
	n := 1
	if rows > o.MaxRows {
		target := (o.MinRows + 3*o.MaxRows) / 4
		n = max(2, (rows+target-1)/target)
	}
	sizes := make([]int, n)
	for i := range sizes {
		sizes[i] = rows*(i+1)/n - rows*i/n
	}
	return sizes
}

func (c *cutter) appendNew(p placed, values []column.Value, hidden bool) {
	if hidden {
		c.builder.hidden = append(c.builder.hidden, c.builder.len())
	}
	c.builder.appendNew(p, values)
	c.cut()
}

// appendUpdated adds a row of a block with other values.
func (c *cutter) appendUpdated(from *Block, row int, values []column.Value) {
	c.builder.appendUpdated(from, row, values)
	c.cut()
}

func (c *cutter) appendRows(from *Block, lo, hi int) {
	for lo < hi {
		n := min(hi-lo, c.sizes[0]-c.builder.len())
		c.builder.appendRows(from, lo, lo+n)
		lo += n
		c.cut()
	}
}

// cut finishes the block under way when it has its size.
func (c *cutter) cut() {
	if c.builder.len() == c.sizes[0] {
		c.blocks = append(c.blocks, c.builder.finish())
		c.sizes = c.sizes[1:]
	}
}

func (c *cutter) finish() []*Block { return c.blocks }

// leafEdit replaces one leaf of a class's sequence.
type leafEdit struct {
	class  class
	leaf   int
	leaves []leaf // in its place; empty when it is gone
}

// replaceLeaf puts parts in the place of the block at a leaf; old is nil when the class was empty.
// structural says that the sequence must take up the edit.
func (w *writer) replaceLeaf(c class, at int, old *Block, parts []*Block) (edit leafEdit, structural bool) {
	for _, p := range parts {
		w.small[c] = w.small[c] || p.Len() < w.opts.MinRows
	}
	if old != nil && len(parts) == 1 {
		w.setBlock(w.sequences[c][at].block, parts[0])
		return leafEdit{}, false
	}
	edit = leafEdit{class: c, leaf: at}
	for i, p := range parts {
		l := leaf{lower: ownKey(p.key(0))}
		if i == 0 && old != nil {
			l = w.sequences[c][at]
			w.setBlock(l.block, p)
		} else {
			l.block = w.addBlock(p)
		}
		edit.leaves = append(edit.leaves, l)
	}
	if len(parts) == 0 && old != nil {
		w.dropBlock(w.sequences[c][at].block)
	}
	return edit, true
}

// editSequences makes new sequences with the edits, which come in order, and merges blocks that
// have become too small.
func (w *writer) editSequences(edits []leafEdit) {
	for c := range classes {
		n := 0
		for n < len(edits) && edits[n].class == c {
			n++
		}
		if n > 0 {
			w.sequences[c] = w.sequences[c].edited(edits[:n])
		}
		edits = edits[n:]
		if w.small[c] {
			w.small[c] = false
			w.sequences[c] = w.merged(w.sequences[c])
		}
	}
}

func (s sequence) edited(edits []leafEdit) sequence {
	size := len(s)
	for _, e := range edits {
		size += len(e.leaves)
	}
	out := make(sequence, 0, size)
	from := 0
	for _, e := range edits {
		out = append(append(out, s[from:e.leaf]...), e.leaves...)
		from = min(e.leaf+1, len(s))
	}
	return append(out, s[from:]...)
}

// merged returns s with each block below MinRows merged with the one after it, or the last with the
// one before; a pair that is too large for one block is shared out evenly.
func (w *writer) merged(s sequence) sequence {
	rows := func(l leaf) int { return w.table.table.block(l.block).Len() }
	out := make(sequence, 0, len(s))
	for _, next := range s {
		last := len(out) - 1
		if last < 0 || rows(out[last]) >= w.opts.MinRows {
			out = append(out, next)
			continue
		}
		out = append(out[:last], w.mergeLeaves(out[last], next)...)
	}
	if last := len(out) - 1; last > 0 && rows(out[last]) < w.opts.MinRows {
		out = append(out[:last-1], w.mergeLeaves(out[last-1], out[last])...)
	}
	return out
}

func (w *writer) mergeLeaves(a, b leaf) []leaf {
	first, second := w.table.table.block(a.block), w.table.table.block(b.block)
	cut := newCutter(w.builder, first.Len()+second.Len(), w.opts)
	cut.appendRows(first, 0, first.Len())
	cut.appendRows(second, 0, second.Len())
	parts := cut.finish()
	w.setBlock(a.block, parts[0])
	if len(parts) == 1 {
		w.dropBlock(b.block)
		return []leaf{a}
	}
	w.setBlock(b.block, parts[1])
	b.lower = ownKey(parts[1].key(0))
	return []leaf{a, b}
}

// ownKey returns k with a text of its own, so that it does not keep a block's memory.
func ownKey(k key) key {
	k.text = strings.Clone(k.text)
	return k
}
