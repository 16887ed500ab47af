package derive

import (
	"math/bits"
	"sync"

	"hutong/layers/hexgrid"
)

// base is a cell of resolution 0 that has features.
type base struct {
	cell   hexgrid.Cell
	record []uint64
	node   node
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
	// share is as many edits in one child as are worth a goroutine.
	share int
}

// run brings the tree up to date with edits, which are sorted.
func (e *editor) run(ops edits) {
	e.edits = ops
	from := 0
	var bases []base
	next := 0
	for from < len(ops.list) {
		cell := ops.list[from].cell.Parent(0)
		to := from
		for to < len(ops.list) && ops.list[to].cell.Parent(0) == cell {
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
		record := make([]uint64, e.layout.stride)
		copy(record, b.record)
		b.node = e.settle(b.node, 0, ops.list[from:to])
		e.sum(record, b.node)
		if b.record = record; count(record) > 0 {
			bases = append(bases, b)
		} else {
			e.counts[0]--
		}
		from = to
	}
	e.bases = append(bases, e.bases[next:]...)
}

func count(record []uint64) uint32 { return uint32(record[wordCount]) }

// settle brings the children of a cell at resolution r, which is not the finest, up to date with edits, all of
// which lie in it.
func (e *editor) settle(n node, r hexgrid.Resolution, list []edit) node {
	r++
	var digits uint8
	for i := range list {
		digits |= 1 << list[i].cell.Digit(r)
	}
	n = e.own(n, digits, r)
	if len(list) < e.share {
		e.settleChildren(n, r, list)
	} else {
		e.settleApart(n, r, list)
	}
	for i := range n.len() {
		if count(n.record(e.layout, i)) == 0 {
			return e.compact(n, r)
		}
	}
	return n
}

// settleChildren brings the children of a node, at resolution r, up to date.
func (e *editor) settleChildren(n node, r hexgrid.Resolution, list []edit) {
	for len(list) > 0 {
		i, group := n.first(r, list)
		e.settleChild(n, i, r, group)
		list = list[len(group):]
	}
}

// settleApart is settleChildren with a goroutine for each child that has edits enough.
func (e *editor) settleApart(n node, r hexgrid.Resolution, list []edit) {
	var forks []*editor
	var wait sync.WaitGroup
	for all := len(list); len(list) > 0; {
		i, group := n.first(r, list)
		list = list[len(group):]
		if len(group) < e.share || len(group) == all {
			e.settleChild(n, i, r, group)
			continue
		}
		f := e.fork()
		forks = append(forks, f)
		wait.Go(func() { f.settleChild(n, i, r, group) })
	}
	wait.Wait()
	for _, f := range forks {
		e.join(f)
	}
}

// first returns the edits at the front of a list that lie in one child of n, at resolution r, and which one.
func (n node) first(r hexgrid.Resolution, list []edit) (child int, group []edit) {
	digit := list[0].cell.Digit(r)
	to := 1
	for to < len(list) && list[to].cell.Digit(r) == digit {
		to++
	}
	return n.position(digit), list[:to]
}

// settleChild brings the i-th child of a node, at resolution r, up to date with edits in it.
func (e *editor) settleChild(n node, i int, r hexgrid.Resolution, list []edit) {
	record := n.record(e.layout, i)
	if r == e.finest {
		e.apply(record, &list[0]) // one for each cell
		return
	}
	kid := &n.nodes()[i]
	*kid = e.settle(*kid, r, list)
	// One change is added without a look at the other children, unless a maximum went.
	if len(list) > 1 || !e.layout.change(record, e.edits.change(&list[0])) {
		e.sum(record, *kid)
	}
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

// own returns n as a node of this generation that has records for digits, too.
func (e *editor) own(n node, digits uint8, r hexgrid.Resolution) node {
	old := n.digits()
	if n.header != nil && n.generation() == e.generation && old|digits == old {
		return n
	}
	return e.rebuild(n, old|digits, r)
}

// compact returns n without the children that have no features.
func (e *editor) compact(n node, r hexgrid.Resolution) node {
	var digits uint8
	for i, left := 0, n.digits(); left != 0; left &= left - 1 {
		if count(n.record(e.layout, i)) > 0 {
			digits |= left & -left
		}
		i++
	}
	return e.rebuild(n, digits, r)
}

// rebuild returns a copy of n, whose records are of resolution r, for other digits.
func (e *editor) rebuild(n node, digits uint8, r hexgrid.Resolution) node {
	l := e.layout
	e.bytes -= n.bytes(l)
	e.counts[r] += bits.OnesCount8(digits) - n.len()
	var out node
	switch digits {
	case 0:
		return node{}
	case n.digits():
		out = n.clone(l, e.generation)
	default:
		out = l.newNode(e.generation, digits, r == e.finest)
		n.copyTo(out, l)
	}
	e.bytes += out.bytes(l)
	return out
}

// sum makes record that of all children.
func (e *editor) sum(record []uint64, n node) {
	e.layout.clear(record)
	for i := range n.len() {
		e.layout.add(record, n.record(e.layout, i))
	}
}

// apply brings the record of a finest cell up to date.
func (e *editor) apply(record []uint64, op *edit) {
	whole := e.layout.change(record, e.edits.change(op))
	if !whole && count(record) > 0 {
		e.remaker.remake(op.cell, record[e.layout.wides:])
	}
}
