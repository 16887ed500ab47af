package view

import (
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/world"
)

// How a place is snapped.
//
// A feature is shown at the centre of a cell of a grid: of the one that it is in, or of one of its neighbours. Which
// of them it is says a keyed hash of the view, the feature's id and the cell. So
//
//   - who sees the feature knows of seven cells, none of them likelier than another, that it is in one of them. With
//     the centre of its own cell alone one who knows where buildings are would often need no more, and a feature that
//     moves across a border would tell where it is to the metre;
//   - as long as the feature stays in its cell it is shown in one place, so that watching it for a year tells no more
//     than one look: noise that is drawn anew each time averages out;
//   - in another cell it is drawn anew, so that one who learns once where it truly is learns nothing of elsewhere.
//
// What this does not protect from is in docs/formats/views.md: what else is known of a feature, other views of it, and
// a feature that goes to and fro.

// Grid is a division of the world into cells.
type Grid interface {
	// Around returns the cell at a resolution that has a place in degrees, and its neighbours, in any order. The error
	// says that the place or the resolution is none.
	Around(lon, lat float64, resolution uint8) (of uint64, cells []Cell, err error)
}

// Cell is a cell of a [Grid].
type Cell struct {
	ID       uint64
	Lon, Lat float64 // of its centre, in degrees
}

// Snap says where features are shown that are not to be shown where they are.
type Snap struct {
	Grid       Grid
	Resolution uint8
}

// snapped returns where a feature at a place in degrees is shown; ok is false when the grid does not have the
// place: then it is shown nowhere.
func (r *Redactor) snapped(id layers.FeatureID, lon, lat float64) (at orb.Point, ok bool) {
	snap := r.policy.Snap
	own, cells, err := snap.Grid.Around(lon, lat, snap.Resolution)
	if err != nil || len(cells) == 0 {
		return orb.Point{}, false
	}
	slices.SortFunc(cells, func(a, b Cell) int { return cmp.Compare(a.ID, b.ID) })
	draw := binary.BigEndian.Uint64(r.mac("place", id, own))
	c := cells[draw%uint64(len(cells))] // of 2⁶⁴ draws no cell has one more than another that matters
	return orb.Point{c.Lon, min(max(c.Lat, -world.MaxLatitude), world.MaxLatitude)}, true
}
