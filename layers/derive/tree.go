package derive

import (
	"math/bits"
	"sync"

	"hutong/layers/hexgrid"
)

// base is a cell of resolution 0 that has features.
type base struct {
	cell hexgrid.Cell
	node node
}

// editor makes the tree of one state out of that before. What has its generation was made by it, and nobody
// else has seen it: only that is written to (S2).
type editor struct {
	layout     *layout
	finest     hexgrid.Resolution
	generation uint64
	bases      []base
	counts     [hexgrid.MaxResolution + 1]int // cells by level
	bytes      int
	remaker    remaker
	edits      edits
	// share is as many edits in one cell as are worth a goroutine.
	share int
	// totals are what several edits change together, by level.
	totals [hexgrid.MaxResolution + 1][]uint64
	warmth uint64 // see warm
}

// run brings the tree up to date with edits, which are sorted.
func (e *editor) run(ops edits) {
	e.edits = ops
	var bases []base
	next := 0
	for list := ops.list; len(list) > 0; {
		cell := list[0].cell.Parent(0)
		to := 1
		for to < len(list) && list[to].cell.Parent(0) == cell {
			to++
		}
		for next < len(e.bases) && e.bases[next].cell < cell {
			bases = append(bases, e.bases[next])
			next++
		}
		b := base{cell: cell}
		if next < len(e.bases) && e.bases[next].cell == cell {
			b = e.bases[next]
			next++
		} else {
			e.counts[0]++
		}
		if b.node, _ = e.settleWarm(b.node, 0, list[:to]); b.node.header != nil {
			bases = append(bases, b)
		} else {
			e.counts[0]--
		}
		list = list[to:]
	}
	e.bases = append(bases, e.bases[next:]...)
}

func count(record []uint64) uint32 { return uint32(record[wordCount]) }

// settle brings a cell at resolution r, which is not the finest, and all that is below it up to date with edits,
// all of which lie in it. It returns the cell, the zero node if no feature is left in it, and what changed in it, which
// is valid until the next call for a cell of that resolution or a finer one. Children come first: so a node is made
// once, with those that are left.
func (e *editor) settle(n node, r hexgrid.Resolution, list []edit) (node, []uint64) {
	if r+1 == e.finest {
		return e.settleLeaf(n, r, list)
	}
	var kids [hexgrid.MaxChildren]node // by digit
	var touched uint8
	var change []uint64
	if len(list) < e.share {
		touched, change = e.settleKids(n, r, list, &kids)
	} else {
		touched, change = e.settleApart(n, r, list, &kids)
	}
	digits := n.digits()
	for left := touched; left != 0; left &= left - 1 {
		if kids[bits.TrailingZeros8(left)].header != nil {
			digits |= left & -left
		} else {
			digits &^= left & -left
		}
	}
	out := e.own(n, digits, r)
	if out.header == nil {
		return out, change
	}
	into := out.kids(e.layout)
	for left := touched & digits; left != 0; left &= left - 1 {
		digit := bits.TrailingZeros8(left)
		into[out.position(digit)] = kids[digit]
	}
	e.layout.changeOf(out, change)
	return out, change
}

// settleKids brings children of a branch up to date. It returns a bit for the digit of each that it writes to kids.
func (e *editor) settleKids(n node, r hexgrid.Resolution, list []edit, kids *[hexgrid.MaxChildren]node) (touched uint8, change []uint64) {
	for all := len(list); len(list) > 0; {
		digit, group := first(r+1, list)
		list = list[len(group):]
		touched |= 1 << digit
		kid, part := e.settle(n.kid(e.layout, digit), r+1, group)
		kids[digit] = kid
		if len(group) == all {
			return touched, part
		}
		change = e.total(change, part, r)
	}
	return touched, change
}

// settleApart is settleKids with a goroutine for each child that has edits enough.
func (e *editor) settleApart(n node, r hexgrid.Resolution, list []edit, kids *[hexgrid.MaxChildren]node) (touched uint8, change []uint64) {
	var forks []*fork
	var wait sync.WaitGroup
	for all := len(list); len(list) > 0; {
		digit, group := first(r+1, list)
		list = list[len(group):]
		touched |= 1 << digit
		kid := n.kid(e.layout, digit)
		if len(group) < e.share || len(group) == all {
			var part []uint64
			kids[digit], part = e.settleWarm(kid, r+1, group)
			if len(group) == all {
				return touched, part
			}
			change = e.total(change, part, r)
			continue
		}
		f := &fork{editor: e.fork(), digit: digit}
		forks = append(forks, f)
		wait.Go(func() { f.kid, f.change = f.editor.settle(kid, r+1, group) })
	}
	wait.Wait()
	for _, f := range forks {
		e.join(f.editor)
		kids[f.digit] = f.kid
		change = e.total(change, f.change, r)
	}
	return touched, change
}

// fork is the work of a goroutine on a child.
type fork struct {
	editor *editor
	digit  int
	kid    node
	change []uint64
}

// first returns the edits at the front of a list that lie in one cell of resolution r, and its digit.
func first(r hexgrid.Resolution, list []edit) (digit int, group []edit) {
	digit = list[0].cell.Digit(r)
	to := 1
	for to < len(list) && list[to].cell.Digit(r) == digit {
		to++
	}
	return digit, list[:to]
}

// fork returns an editor for a child, which nobody else writes to; join takes up what it counted.
func (e *editor) fork() *editor {
	return &editor{layout: e.layout, finest: e.finest, generation: e.generation, edits: e.edits, remaker: e.remaker.fork(), share: e.share}
}

func (e *editor) join(f *editor) {
	for r, n := range f.counts {
		e.counts[r] += n
	}
	e.bytes += f.bytes
}

// settleLeaf is settle at the finest level but one.
func (e *editor) settleLeaf(n node, r hexgrid.Resolution, list []edit) (node, []uint64) {
	digits := n.digits()
	for i := range list {
		digit := list[i].cell.Digit(e.finest)
		left := count(e.edits.change(&list[i]))
		if n.has(digit) {
			left += count(n.finest(e.layout, n.position(digit)))
		}
		if digits |= 1 << digit; left == 0 {
			digits &^= 1 << digit
		}
	}
	out := e.own(n, digits, r)
	var change []uint64
	for i := range list {
		part := e.edits.change(&list[i])
		if digit := list[i].cell.Digit(e.finest); out.has(digit) {
			record := out.finest(e.layout, out.position(digit))
			if stale := e.layout.change(record, part); stale != 0 {
				e.remaker.remake(list[i].cell, record, stale)
			}
		}
		if len(list) == 1 {
			change = part
		} else {
			change = e.total(change, part, r)
		}
	}
	if out.header != nil {
		e.layout.changeOf(out, change)
	}
	return out, change
}

// total adds a part of what changes in a cell of resolution r to what is known of it, nil for nothing.
func (e *editor) total(change, part []uint64, r hexgrid.Resolution) []uint64 {
	if change == nil {
		e.totals[r] = append(e.totals[r][:0], part...)
		return e.totals[r]
	}
	e.layout.join(change, part)
	return change
}

// own returns n, a cell of resolution r, as a node of this generation that has children for digits and no others.
func (e *editor) own(n node, digits uint8, r hexgrid.Resolution) node {
	if n.header != nil && n.generation() == e.generation && n.digits() == digits {
		return n
	}
	e.bytes -= n.bytes(e.layout)
	e.counts[r+1] += bits.OnesCount8(digits) - n.len()
	if digits == 0 {
		return node{}
	}
	out := n.derived(e.layout, e.generation, digits, r+1 == e.finest)
	e.bytes += out.bytes(e.layout)
	return out
}

// changeOf makes the change of a cell whose children are right. Stale maxima are those of its children.
func (l *layout) changeOf(n node, change []uint64) {
	stale := l.change(n.record(l), change)
	if stale == 0 {
		return
	}
	maxima := n.record(l)[l.wides:]
	for left := stale; left != 0; left &= left - 1 {
		maxima[bits.TrailingZeros64(left)] = none
	}
	for child := range n.len() {
		record, _ := n.child(l, child)
		for left := stale; left != 0; left &= left - 1 {
			i := bits.TrailingZeros64(left)
			maxima[i] = uint64(max(int64(maxima[i]), int64(record[l.wides+i])))
		}
	}
}
