package layers

import (
	"slices"

	"hutong/layers/column"
)

// When strings are kept in a dictionary. A field starts with one and keeps it while its live strings,
// those that some row has, are at most one in [dictionaryShare] rows (but always while they are at
// most [smallDictionary], and never beyond [largeDictionary]). Beyond that its text stands raw in the
// blocks, and stays raw for as long as the layer runs. Tiles do not show which of the two a field is
// (S5).
//
// Live strings are counted after a batch that leaves a dictionary with as many strings as settleAt
// says: twice those that lived when they were last counted, a sixteenth of the rows, or
// [smallDictionary], whichever is most, but no more than fit. If more than a quarter of the
// dictionary is dead then, it is made anew. A full one always is, because a field may have no more
// than half as many live strings as fit. So the next count is at least half as many new strings away
// as the dictionary then has, and no traffic brings one with every batch.
const (
	smallDictionary = 1024
	largeDictionary = column.MaxCodes / 2
	dictionaryShare = 8
)

func dictionaryLimit(rows int) int {
	return min(largeDictionary, max(smallDictionary, rows/dictionaryShare))
}

// settleDictionaries looks at the fields whose dictionaries have grown to settleAt, or were full.
func (w *writer) settleDictionaries() {
	rebuilt := false
	for field, dict := range w.dicts {
		if dict == nil {
			continue
		}
		full := w.overflow[field] || w.builder.fields[field].Overflowed()
		w.overflow[field] = false
		if full || dict.Len() >= w.settleAt[field] {
			rebuilt = w.settle(field) || rebuilt
		}
	}
	if rebuilt {
		w.builder = newBlockBuilder(w.schema, w.dicts)
	}
}

// settle decides anew how a field's strings are kept, recoding its columns in all blocks if that
// changed. Its cost is a pass over the column, two with a recoding.
func (w *writer) settle(field int) (changed bool) {
	rows := w.located() + w.counts[unlocated]
	live, over := w.distinct(field, dictionaryLimit(rows))
	all := w.dicts[field].Len()
	w.settleAt[field] = min(column.MaxCodes, max(smallDictionary, 2*live, rows/16))
	switch {
	case over:
		w.dicts[field] = nil
	case 4*(all-live) > all:
		w.dicts[field] = column.NewDictionary()
	default:
		return false
	}
	w.recode(field)
	return true
}

// distinct counts the strings that some row has, stopping beyond limit.
func (w *writer) distinct(field, limit int) (n int, over bool) {
	used := make([]bool, column.MaxCodes+1)
	raw := map[string]struct{}{}
	for _, seq := range w.sequences {
		for _, l := range seq {
			switch c := w.table.table.block(l.block).columns[field].(type) {
			case *column.Codes:
				for _, code := range c.Codes {
					if code != 0 && !used[code] {
						used[code] = true
						n++
					}
				}
			case *column.Texts:
				for row := range c.Len() {
					if c.Nulls.Has(row) {
						continue
					}
					if code := w.dicts[field].Lookup(c.Text(row)); code != 0 {
						if !used[code] {
							used[code] = true
							n++
						}
						continue
					}
					raw[c.Text(row)] = struct{}{}
				}
			}
			if n+len(raw) > limit {
				return n + len(raw), true
			}
		}
	}
	return n + len(raw), false
}

// recode makes the field's column of every block anew under its present dictionary, or raw.
func (w *writer) recode(field int) {
	for _, seq := range w.sequences {
		for _, l := range seq {
			old := w.table.table.block(l.block)
			next := *old
			next.columns = slices.Clone(old.columns)
			next.columns[field] = column.Recode(old.columns[field], w.dicts[field])
			w.table.set(l.block, &next)
		}
	}
}
