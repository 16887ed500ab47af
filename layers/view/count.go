package view

import (
	"github.com/paulmach/orb"

	"hutong/layers/shape"
	"hutong/layers/world"
)

// Count returns the number of features, with and without a place.
func (v *View) Count() int {
	if len(v.where) > 0 {
		return v.tally().count
	}
	return v.snapshot.Count()
}

// Located returns the number of features that have a place.
func (v *View) Located() int {
	if len(v.where) > 0 {
		return v.tally().located
	}
	return v.snapshot.Located()
}

// Points returns the number of features that are one point.
func (v *View) Points() int {
	if len(v.where) > 0 {
		return v.tally().points
	}
	return v.snapshot.Points()
}

// Kinds returns how many features there are of each other kind of geometry.
func (v *View) Kinds() [shape.MultiPolygon + 1]int {
	if len(v.where) > 0 {
		return v.tally().kinds
	}
	return v.snapshot.Kinds()
}

// Extent returns the bound of all places in degrees; ok is false when there are none.
func (v *View) Extent() (bound orb.Bound, ok bool) {
	if len(v.where) == 0 {
		return v.snapshot.Extent()
	}
	box := v.tally().box
	if box.Empty() {
		return orb.Bound{}, false
	}
	west, north := box.Min.LonLat()
	east, south := box.Max.LonLat()
	return orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{east, north}}, true
}

// tally is what there is to count of the features that a view selects.
type tally struct {
	count, located, points int
	kinds                  [shape.MultiPolygon + 1]int
	box                    world.Box
}

// tally looks at every feature.
func (v *View) tally() tally {
	t := tally{box: world.EmptyBox}
	for b, rows := range v.blocks() {
		n := rows.Count()
		t.count += n
		if b.Box().Empty() {
			continue
		}
		t.located += n
		shapes := b.Shapes()
		if shapes == nil {
			t.points += n
		}
		for row := range b.Len() {
			if !rows.Has(row) {
				continue
			}
			t.box = t.box.Union(b.RowBox(row))
			if shapes != nil {
				t.kinds[shapes.Kinds[row]]++
			}
		}
	}
	return t
}
