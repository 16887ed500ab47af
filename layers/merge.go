package layers

// run is the sorted blocks of one stretch of a load, by class.
type run [classes][]*Block

// merge gives emit the rows of class c of all runs as blocks of even size in key order, without the
// rows that a later run replaced. Each run's blocks are let go as they are used up.
func (ld *Loader) merge(c class, builder *blockBuilder, emit func(*Block)) {
	if ld.ordered != nil {
		ld.emitOrdered(c, builder, emit)
		return
	}
	var cursors cursorHeap
	for i := range ld.runs {
		if blocks := ld.runs[i][c]; len(blocks) > 0 {
			cur := &cursor{run: i, blocks: blocks}
			cur.load()
			cursors = append(cursors, cur)
		}
		ld.runs[i][c] = nil
	}
	cursors.init()
	size := (ld.w.opts.MinRows + 3*ld.w.opts.MaxRows) / 4
	var held *Block // the block before the last, so that the last can share with it when it is small
	flush := func(next *Block) {
		if held != nil {
			emit(held)
		}
		held = next
	}
	for len(cursors) > 0 {
		cur := cursors[0]
		k := cur.key()
		block, row := cur.blocks[0], cur.row
		if ld.current(c, block, row, k) && !replaced(cursors, k) {
			builder.appendRows(block, row, row+1)
			if builder.len() == size {
				flush(builder.finish())
			}
		}
		cursors.advance()
	}
	if builder.len() > 0 {
		ld.mergeLast(builder, held, emit)
	} else {
		flush(nil)
	}
}

// mergeLast emits the last two blocks of a class: as they are, or as one, or shared out evenly when
// the last would be below MinRows.
func (ld *Loader) mergeLast(builder *blockBuilder, held *Block, emit func(*Block)) {
	last := builder.finish()
	if held == nil || last.Len() >= ld.w.opts.MinRows {
		if held != nil {
			emit(held)
		}
		emit(last)
		return
	}
	cut := newCutter(builder, held.Len()+last.Len(), ld.w.opts)
	cut.appendRows(held, 0, held.Len())
	cut.appendRows(last, 0, last.Len())
	for _, b := range cut.finish() {
		emit(b)
	}
}

// current reports whether a row is where the newest change of its id put it.
func (ld *Loader) current(c class, b *Block, row int, k key) bool {
	if len(ld.latest) == 0 {
		return true
	}
	newest, noted := ld.latest[b.ID(row)]
	return !noted || !newest.deleted && newest.entry == newEntry(k.number, c, k.hilbert)
}

// replaced reports whether a later run has the same key as the cursor on top. Equal keys come out
// of the heap with the earlier run first.
func replaced(cursors cursorHeap, k key) bool {
	for i := 1; i <= 2 && i < len(cursors); i++ {
		if cursors[i].hilbert[cursors[i].row] == k.hilbert && cursors[i].key() == k {
			return true
		}
	}
	return false
}

// cursor walks one run.
type cursor struct {
	run     int
	blocks  []*Block // from the one under the cursor
	row     int
	hilbert []uint64 // of the block under the cursor
}

// load computes the Hilbert keys of the block under the cursor.
func (c *cursor) load() {
	c.row = 0
	c.hilbert = c.hilbert[:0]
	for row := range c.blocks[0].Len() {
		c.hilbert = append(c.hilbert, c.blocks[0].hilbert(row))
	}
}

func (c *cursor) key() key {
	b := c.blocks[0]
	return key{c.hilbert[c.row], b.numbers[c.row], b.text(c.row)}
}

// next moves on; it returns false at the end of the run.
func (c *cursor) next() bool {
	c.row++
	if c.row < len(c.hilbert) {
		return true
	}
	c.blocks[0] = nil
	c.blocks = c.blocks[1:]
	if len(c.blocks) == 0 {
		return false
	}
	c.load()
	return true
}

// cursorHeap is a binary heap of cursors by key, equal keys by run: the first is the next row.
type cursorHeap []*cursor

func (h cursorHeap) less(i, j int) bool {
	a, b := h[i], h[j]
	if x, y := a.hilbert[a.row], b.hilbert[b.row]; x != y {
		return x < y
	}
	if c := a.key().compare(b.key()); c != 0 {
		return c < 0
	}
	return a.run < b.run
}

// sink moves the cursor at i down to where it belongs.
func (h cursorHeap) sink(i int) {
	for {
		least := i
		for _, child := range [2]int{2*i + 1, 2*i + 2} {
			if child < len(h) && h.less(child, least) {
				least = child
			}
		}
		if least == i {
			return
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}

func (h cursorHeap) init() {
	for i := len(h)/2 - 1; i >= 0; i-- {
		h.sink(i)
	}
}

// advance moves the first cursor on, out of the heap when its run is at its end.
func (h *cursorHeap) advance() {
	if c := *h; !c[0].next() {
		last := len(c) - 1
		c[0], c[last] = c[last], nil
		*h = c[:last]
	}
	h.sink(0)
}
