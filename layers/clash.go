package layers

import (
	"cmp"
	"slices"

	"hutong/layers/column"
)

// Two ids may share a number: a decimal and a hash, or two hashes. Then the decimal shows it as MVT
// id, else the smallest string, and the others go without (design §4.3). It is rare enough to be
// settled one number at a time, after the batch.

// touchNumber notes a number for [writer.settleClashes] when at least n features have it.
func (w *writer) touchNumber(number uint64, n int) {
	w.index.each(number, func(entry) bool {
		n--
		return n > 0
	})
	if n <= 0 {
		w.clashes[number] = struct{}{}
	}
}

func (w *writer) settleClashes() {
	for number := range w.clashes {
		w.settleNumber(number)
	}
	clear(w.clashes)
}

// settleNumber decides which of the features with a number shows it.
func (w *writer) settleNumber(number uint64) {
	var entries []entry
	w.index.each(number, func(e entry) bool {
		entries = append(entries, e)
		return true
	})
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.tagged, b.tagged), cmp.Compare(a.hilbert, b.hilbert))
	})
	entries = slices.Compact(entries) // features on one place share theirs
	type ref struct {
		block uint32
		row   int
	}
	var refs []ref
	holder, holderText := -1, ""
	for _, e := range entries {
		from := key{e.hilbert, number, ""}
		seq := w.sequences[e.class()]
		for leaf := seq.find(from); leaf < len(seq); leaf++ {
			b := w.table.table.block(seq[leaf].block)
			row := b.search(from)
			for ; row < b.Len() && b.numbers[row] == number && b.hilbert(row) == e.hilbert; row++ {
				if text := b.text(row); holder < 0 || text < holderText {
					holder, holderText = len(refs), text
				}
				refs = append(refs, ref{seq[leaf].block, row})
			}
			if row < b.Len() {
				break
			}
		}
	}
	for i, r := range refs {
		w.hide(r.block, r.row, i != holder)
	}
}

// hide sets whether a row goes without its number, and puts its place in the Delta if that is new.
func (w *writer) hide(block uint32, row int, hidden bool) {
	old := w.table.table.block(block)
	if old.hidden.Has(row) == hidden {
		return
	}
	next := *old
	next.hidden = column.NewBits(old.Len())
	copy(next.hidden, old.hidden)
	if hidden {
		next.hidden.Set(row)
	} else {
		next.hidden.Clear(row)
	}
	if next.hidden.Count() == 0 {
		next.hidden = nil
	}
	w.table.set(block, &next)
	w.note(&next, row)
}
