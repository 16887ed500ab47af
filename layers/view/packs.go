package view

import (
	"math/bits"
	"slices"

	"hutong/layers"
	"hutong/layers/column"
)

// A view that selects a hundredth of a layer has a few rows of each of its blocks, and what reads them goes from
// block to block for every few. So where many blocks are asked for at once, what is selected of some dozens that
// follow each other is copied into one block, a pack, and kept beside the answers. Which blocks are packed together
// depends on nothing but them, so that tiles which overlap, other zooms and later snapshots find the same packs, but
// for those of blocks that changed. A pack has the fields of the view and no more (S10).
const (
	// packFrom is how many blocks are asked for at once so that packs pay.
	packFrom = 64
	// packMost is the most blocks of a pack; they are half as many on average.
	packMost = 64
	// packRows is up to how many rows are selected of a block, on average of a pack.
	packRows = 16
	// packAfter is how often the rows are read where they lie before a pack is made of them. That takes about as long as
	// this, so that packs which are soon of no use, since a block changed, at most double what tiles take.
	packAfter = 2
)

// pack is what filters select of blocks. It never changes.
type pack struct {
	filters []uint32
	serials []uint64      // of the blocks
	block   *layers.Block // of the rows; nil when there are none, or none was made
	asked   int           // how often it was asked for, when none was made yet
	loose   bool          // none is made: the rows are too many
}

// made reports whether the block of p is what is selected.
func (p *pack) made() bool { return p.asked == 0 && !p.loose }

// packKey is what a pack is found under: a hash of its filters and serials.
type packKey uint64

// Bytes returns the heap that p takes.
func (p *pack) Bytes() int {
	const header = 80
	n := header + 8*len(p.serials) + 4*len(p.filters)
	if p.block != nil {
		n += p.block.Bytes()
	}
	return n
}

// of reports whether p is what filters select of blocks.
func (p *pack) of(filters []uint32, blocks []Block) bool {
	if len(p.serials) != len(blocks) || !slices.Equal(p.filters, filters) {
		return false
	}
	for i, b := range blocks {
		if p.serials[i] != b.block.Serial() {
			return false
		}
	}
	return true
}

// scatter is an odd number whose products have well mixed top bits: 2⁶⁴ by the golden ratio.
const scatter = 0x9e3779b97f4a7c15

func keyOf(filters []uint32, blocks []Block) packKey {
	h := uint64(0)
	add := func(n uint64) { h = bits.RotateLeft64((h^n)*scatter, 29) }
	for _, f := range filters {
		add(uint64(f))
	}
	for _, b := range blocks {
		add(b.block.Serial())
	}
	return packKey(h)
}

// together returns how many of blocks belong into one pack, from the first on: those up to one whose serial says that
// it starts the next. It is 0 when the first cannot be packed.
func together(blocks []Block) int {
	const starts = 5 // one block in 2⁵ starts a pack
	n := 0
	for n < min(len(blocks), packMost) && blocks[n].X() != nil && blocks[n].block.Serial() != 0 {
		if n > 0 && blocks[n].block.Serial()*scatter>>(64-starts) == 0 {
			break
		}
		n++
	}
	return n
}

// packer finds and makes packs for a look at a view.
type packer struct {
	layer   *Layer
	filters []uint32
	picker  *layers.Picker // made when first needed
	// Of the pack under way: the blocks with selected rows, and these.
	blocks []*layers.Block
	rows   []column.Bits
	room   column.Bits
}

// packer returns what packs blocks of v; nil when a selector of v keeps no answers.
func (v *View) packer() *packer {
	p := &packer{layer: v.layer}
	for _, w := range v.where {
		r, ok := w.(*remembered)
		if !ok {
			return nil
		}
		p.filters = append(p.filters, r.filter)
	}
	return p
}

// find returns the pack of blocks. If there is none, ok is false, and p.blocks and p.rows are the blocks with selected
// rows and these, valid until the next call.
func (p *packer) find(s *selecting, blocks []Block) (found *pack, ok bool) {
	memo := &p.layer.memo
	key, room := keyOf(p.filters, blocks), memo.room(packRoom, maxPackRoom)
	found, ok = memo.packs.find(key, room)
	if ok = ok && found.of(p.filters, blocks); ok && found.made() {
		return found, true
	}
	n := p.look(s, blocks)
	if ok && found.loose || s.view.ended() { // not all of the blocks were looked at
		return nil, false
	}
	next := &pack{filters: p.filters, asked: 1}
	if ok {
		next.serials, next.asked = found.serials, found.asked+1
	} else {
		for _, b := range blocks {
			next.serials = append(next.serials, b.block.Serial())
		}
	}
	switch {
	case n == 0:
		next.asked = 0
	case n > packRows*len(blocks):
		next.loose = true
	case next.asked > packAfter:
		if p.picker == nil {
			p.picker = layers.NewPicker(p.layer.columns)
		}
		next.block, ok = p.picker.Pick(p.blocks, p.rows)
		next.asked, next.loose = 0, !ok
	}
	memo.packs.keep(key, next, room)
	return next, next.made()
}

// look finds the n selected rows of blocks.
func (p *packer) look(s *selecting, blocks []Block) (n int) {
	p.blocks, p.rows, p.room = p.blocks[:0], p.rows[:0], p.room[:0]
	for _, b := range blocks {
		rows, some := s.rows(b.block)
		if !some {
			continue
		}
		from := len(p.room)
		p.room = append(p.room, rows...)
		p.blocks, p.rows = append(p.blocks, b.block), append(p.rows, p.room[from:len(p.room):len(p.room)])
		n += rows.Count()
	}
	return n
}
