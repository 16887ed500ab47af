package view

import (
	"context"
	"iter"
	"slices"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/world"
)

// Matching selects the features that p selects.
func Matching(p column.Predicate) layers.Selector { return matching{p} }

type matching struct{ column.Predicate }

func (m matching) Skips(b *layers.Block) bool { return m.Predicate.Skips(b.Columns()) }

func (m matching) Filter(b *layers.Block, rows column.Bits) { m.Predicate.Filter(b.Columns(), rows) }

// Where returns the view of those features that all of selectors select; with none it is v. They name
// fields by their positions in the view's schema, and are shown no other, so that none can ask about a
// private field (S10). Every method of a view keeps to what it selects; those that only look something
// up otherwise then look at each row.
func (v *View) Where(selectors ...layers.Selector) *View {
	if len(selectors) == 0 {
		return v
	}
	out := *v
	out.where = slices.Clip(v.where)
	for _, s := range selectors {
		out.where = append(out.where, v.layer.memo.remember(s, v.snapshot.Count()))
	}
	return &out
}

// Until returns v for those who look at it until ctx is done. A view that selects may be looked at for seconds, since its
// selectors are asked about block after block; from then on it asks them no more and shows nothing, so that whoever looked
// ends soon and throws away what it saw.
func (v *View) Until(ctx context.Context) *View {
	out := *v
	out.over = ctx.Done()
	return &out
}

// ended reports whether nobody waits for v any more.
func (v *View) ended() bool {
	select {
	case <-v.over:
		return true
	default:
		return false
	}
}

// selecting is a look at the blocks of a view for the rows that it shows.
type selecting struct {
	view     *View
	narrow   bool         // the view has other fields than the layer, or in another order
	narrowed layers.Block // the block at hand as selectors see it
	room     column.Bits
	known    []answer // by selector: what is remembered of the block that skips was asked about last
}

func (v *View) selecting() selecting {
	s := selecting{view: v, known: make([]answer, len(v.where))}
	for i, c := range v.layer.columns {
		s.narrow = s.narrow || i != c
	}
	return s
}

// seen returns b with the fields of the view. It is valid until the next call.
func (s *selecting) seen(b *layers.Block) *layers.Block {
	if !s.narrow && len(b.Columns()) == len(s.view.layer.columns) {
		return b
	}
	b.Narrow(&s.narrowed, s.view.layer.columns)
	return &s.narrowed
}

// skips reports whether none of b's rows is selected, as far as that can be told without looking at them.
func (s *selecting) skips(b *layers.Block) bool {
	if s.view.ended() {
		return true // which is not noted: it says nothing of b
	}
	for i, w := range s.view.where {
		m, _ := w.(*remembered)
		if s.known[i] = m.recall(b); s.known[i].known {
			if s.known[i].rows == nil {
				return true
			}
			continue
		}
		if w.Skips(s.seen(b)) {
			m.note(b, nil)
			return true
		}
	}
	return false
}

// filter clears the rows of b that are not selected. It comes after skips of the same block.
func (s *selecting) filter(b *layers.Block, rows column.Bits) {
	for i, w := range s.view.where {
		if s.known[i].known {
			for k, word := range s.known[i].rows {
				rows[k] &= word
			}
			continue
		}
		m, _ := w.(*remembered)
		whole := m != nil && rows.Count() == b.Len() // else rows do not tell what w alone selects
		w.Filter(s.seen(b), rows)
		if whole {
			m.note(b, rows)
		}
	}
}

// rows returns the rows of b that the view shows: nil is all of them, else they are valid until the next
// call. some is false when there are none.
func (s *selecting) rows(b *layers.Block) (rows column.Bits, some bool) {
	if len(s.view.where) == 0 {
		return nil, true
	}
	if s.skips(b) {
		return nil, false
	}
	words := wordsOf(b)
	s.room = slices.Grow(s.room[:0], words)[:words]
	setAll(s.room, b.Len())
	s.filter(b, s.room)
	return s.room, s.room.Count() > 0
}

// shows reports whether v shows a row of its snapshot.
func (v *View) shows(r layers.Row) bool {
	if len(v.where) == 0 {
		return true
	}
	s := v.selecting()
	if s.skips(r.Block) {
		return false
	}
	rows := column.NewBits(r.Block.Len())
	rows.Set(r.Index)
	s.filter(r.Block, rows)
	return rows.Has(r.Index)
}

// wordsOf returns how long a set of b's rows is.
func wordsOf(b *layers.Block) int { return (b.Len() + 63) / 64 }

// setAll makes rows the set of the first n.
func setAll(rows column.Bits, n int) {
	for i := range rows {
		rows[i] = ^uint64(0)
	}
	if left := n & 63; left != 0 {
		rows[len(rows)-1] = 1<<left - 1
	}
}

// blocks yields the blocks that have rows that v shows, with and without a place, and these rows: nil is all
// of them, else they are valid until the next block. The order is that of [layers.Snapshot.All].
func (v *View) blocks() iter.Seq2[*layers.Block, column.Bits] {
	return func(yield func(*layers.Block, column.Bits) bool) {
		s := v.selecting()
		for b := range v.snapshot.All() {
			if rows, some := s.rows(b); some && !yield(b, rows) {
				return
			}
		}
	}
}

// Selected yields the blocks that have features that v shows, with the fields of the view and no other (S10), and their rows:
// nil is all of them. Both are valid until the next. The order is that of [layers.Snapshot.All]. It looks at ctx before each
// block, those without such features too, and ends when that is done.
func (v *View) Selected(ctx context.Context) iter.Seq2[*layers.Block, column.Bits] {
	return func(yield func(*layers.Block, column.Bits) bool) {
		s := v.selecting()
		for b := range v.snapshot.All() {
			if ctx.Err() != nil {
				return
			}
			if rows, some := s.rows(b); some && !yield(s.seen(b), rows) {
				return
			}
		}
	}
}

// part is what a view shows of a block.
type part struct {
	columns []int       // by field of the view
	rows    column.Bits // nil is all
}

// slabBlocks is for how many blocks memory is taken at once.
const slabBlocks = 64

// parts makes the parts of a look at a view.
type parts struct {
	columns []int
	free    []part
	slab    column.Bits
}

// of returns the part of these rows, of which it keeps a copy.
func (p *parts) of(rows column.Bits) *part {
	if len(p.free) == 0 {
		p.free = make([]part, slabBlocks)
	}
	if len(p.slab) < len(rows) {
		p.slab = make(column.Bits, max(len(rows), slabBlocks*8))
	}
	out, kept := &p.free[0], p.slab[:len(rows):len(rows)]
	copy(kept, rows)
	p.free, p.slab = p.free[1:], p.slab[len(rows):]
	*out = part{p.columns, kept}
	return out
}

// selectBlocks is [View.Blocks] of a view that selects. With no packs each block is one of the snapshot's.
func (v *View) selectBlocks(box world.Box, packs *packer, dst []Block) []Block {
	from := len(dst)
	v.snapshot.EachBlock(box, func(b *layers.Block) { dst = append(dst, Block{block: b}) })
	found := dst[from:]
	sortBlocks(found)
	if len(found) < packFrom {
		packs = nil
	}
	s, parts := v.selecting(), parts{columns: v.layer.columns}
	out := dst[:from] // never beyond what of found was read
	for len(found) > 0 && !v.ended() {
		n := 0
		if packs != nil {
			n = together(found)
		}
		if n == 0 {
			if rows, some := s.rows(found[0].block); some {
				out = append(out, Block{found[0].block, parts.of(rows)})
			}
			found = found[1:]
			continue
		}
		if p, ok := packs.find(&s, found[:n]); !ok {
			for i, b := range packs.blocks {
				out = append(out, Block{b, parts.of(packs.rows[i])})
			}
		} else if p.block != nil {
			out = append(out, Block{p.block, &v.layer.packed})
		}
		found = found[n:]
	}
	clear(dst[len(out):]) // old snapshots must not stay alive there
	return out
}
