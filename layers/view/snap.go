package view

import (
	"encoding/binary"

	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/hexgrid"
	"hutong/layers/world"
)

// How a place is snapped.
//
// A feature is shown at the centre of a cell of H3: of the one that it is in, or of one of its neighbours. Which
// of them it is says a keyed hash of the layer, the feature's id and the cell. So
//
//   - who sees the feature knows of seven cells, none of them likelier than another, that it is in one of them. With
//     the centre of its own cell alone one who knows where buildings are would often need no more, and a feature that
//     moves across a border would tell where it is to the metre;
//   - as long as the feature stays in its cell it is shown in one place, so that watching it for a year tells no more
//     than one look: noise that is drawn anew each time averages out;
//   - in another cell it is drawn anew, so that one who learns once where it truly is learns nothing of elsewhere;
//   - views of one layer with cells of one size show it in one place, so that who sees two knows no more than of one.
//
// What this does not protect from is in docs/formats/views.md: what else is known of a feature, and one that moves while
// somebody watches.

// snapped returns where a feature at a place in degrees is shown; ok is false when the grid does not have the
// place: then it is shown nowhere. It takes some four microseconds.
func (r *Redactor) snapped(id layers.FeatureID, lon, lat float64) (at orb.Point, ok bool) {
	own, err := hexgrid.At(lon, lat, *r.policy.Snap)
	if err != nil {
		return orb.Point{}, false
	}
	cells, err := own.Disk(1) // in ascending order: six of a pentagon, else seven
	if err != nil || len(cells) == 0 {
		return orb.Point{}, false
	}
	draw := binary.BigEndian.Uint64(r.mac("place", r.layer, id, own))
	lon, lat = cells[draw%uint64(len(cells))].Centre() // of 2⁶⁴ draws no cell has so many more that it matters
	return orb.Point{lon, min(max(lat, -world.MaxLatitude), world.MaxLatitude)}, true
}
