package view

import (
	"slices"

	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/world"
)

// Delta returns what a change of the live layer is to those who see l, a view made by [New]: features count, and
// places are told, only if a field that l shows changed, or the place or the MVT id did (S10). d is of the live
// layer, which was before and is after; ids are those that the batch was about, each once. Its Outcomes are not
// those of the view and are left out. Unless l shows exactly the fields that are not private, or all fields, it
// looks up every id twice.
func (l *Layer) Delta(d *layers.Delta, ids []layers.FeatureID, before, after *layers.Snapshot) layers.Delta {
	out := *d
	out.Layer, out.Outcomes = l.schema.Name, nil
	out.PrivatePlaces, out.PrivateBoxes, out.Private = nil, nil, 0
	if d.Everywhere {
		return out
	}
	full := before.Schema()
	someHidden, somePrivate, all := false, false, true
	for i := range full.Fields {
		shown := slices.Contains(l.columns, i)
		all = all && shown
		someHidden = someHidden || !shown && !full.Fields[i].Private
		somePrivate = somePrivate || shown && full.Fields[i].Private
	}
	switch {
	case !somePrivate && !someHidden:
		out.Updated -= d.Private
		return out
	case somePrivate && all:
		out.Places = slices.Concat(d.Places, d.PrivatePlaces)
		out.Boxes = slices.Concat(d.Boxes, d.PrivateBoxes)
		return out
	}
	return l.exact(out, ids, before, after)
}

// exact is Delta for a view that hides fields that are not private, or shows some of those that are. A feature
// that stays where it was is told once by out or its private part, in Places or PrivatePlaces or the boxes, whatever changed in it; of
// those in which nothing that l shows changed that one is taken away. What is told beside, of MVT ids that moved
// and of neighbours in a coverage, stays.
func (l *Layer) exact(out layers.Delta, ids []layers.FeatureID, before, after *layers.Snapshot) layers.Delta {
	hidden, hiddenBoxes := map[world.Point]int{}, map[world.Box]int{}
	var seen layers.Delta // what is told among the private
	for _, id := range ids {
		old, was := before.Find(id)
		now, is := after.Find(id)
		if !was || !is || !samePlace(old, now) {
			continue
		}
		shown, private, public := l.differences(before.Schema(), old, now)
		switch {
		case !private && !public:
			continue // nothing was counted or told
		case !shown:
			out.Updated--
			if public {
				take(hidden, hiddenBoxes, old)
			}
		case !public:
			note(&seen, old)
		}
	}
	out.Places = slices.Concat(without(out.Places, hidden), seen.Places)
	out.Boxes = slices.Concat(without(out.Boxes, hiddenBoxes), seen.Boxes)
	return out
}

// note adds where a row is to a Delta.
func note(d *layers.Delta, row layers.Row) {
	switch {
	case !row.Located():
	case row.Block.Shapes() != nil:
		d.Boxes = append(d.Boxes, row.Block.RowBox(row.Index))
	default:
		d.Places = append(d.Places, row.Block.Point(row.Index))
	}
}

// take notes that one place or box of a row is not to be told.
func take(places map[world.Point]int, boxes map[world.Box]int, row layers.Row) {
	switch {
	case !row.Located():
	case row.Block.Shapes() != nil:
		boxes[row.Block.RowBox(row.Index)]++
	default:
		places[row.Block.Point(row.Index)]++
	}
}

// without returns list less as many of each as counts say. It keeps list as it is.
func without[T comparable](list []T, counts map[T]int) []T {
	if len(counts) == 0 {
		return list
	}
	kept := make([]T, 0, len(list))
	for _, v := range list {
		if counts[v] > 0 {
			counts[v]--
			continue
		}
		kept = append(kept, v)
	}
	return kept
}

// differences reports whether two rows differ in a field that l shows, in one that is private, and in one that is
// not.
func (l *Layer) differences(full *layers.Schema, old, now layers.Row) (shown, private, public bool) {
	for i := range full.Fields {
		if old.Block.Column(i).Value(old.Index) == now.Block.Column(i).Value(now.Index) {
			continue
		}
		shown = shown || slices.Contains(l.columns, i)
		private = private || full.Fields[i].Private
		public = public || !full.Fields[i].Private
	}
	return shown, private, public
}

// samePlace reports whether two rows have the same geometry, or both none.
func samePlace(a, b layers.Row) bool {
	switch as, bs := a.Block.Shapes(), b.Block.Shapes(); {
	case a.Located() != b.Located() || (as == nil) != (bs == nil):
		return false
	case !a.Located():
		return true
	case as == nil:
		return a.Block.Point(a.Index) == b.Block.Point(b.Index)
	default:
		return a.Block.RowBox(a.Index) == b.Block.RowBox(b.Index) && orb.Equal(a.Geometry(), b.Geometry())
	}
}
