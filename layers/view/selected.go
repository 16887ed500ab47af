package view

import (
	"math"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/world"
)

// everywhere is the box of the world.
var everywhere = world.Box{Max: world.Point{X: math.MaxUint32, Y: math.MaxUint32}}

// nearestSelected is [View.Nearest] of a view that selects. It measures every selected feature.
func (v *View) nearestSelected(lon, lat float64, k int) []Neighbour {
	if k = min(k, layers.MaxNearest); k <= 0 || math.IsNaN(lon-lon) || math.IsNaN(lat-lat) {
		return nil // nobody is near what is not finite
	}
	lon, lat = math.Remainder(lon, 360), min(max(lat, -90), 90) // as the store does
	near := nearest[struct{}]{limit: k}
	for _, b := range v.selectBlocks(everywhere, nil, nil) {
		for row := range b.Len() {
			if b.Rows().Has(row) {
				r := layers.Row{Block: b.block, Index: row}
				near.add(found[struct{}]{Row: r, far: r.DistanceMetres(lon, lat)})
			}
		}
	}
	out := make([]Neighbour, len(near.best))
	for i, f := range near.best {
		out[i] = Neighbour{Row{f.Row, v.layer}, f.far}
	}
	return out
}

// searchSelected is [View.Search] of a view that selects.
func (v *View) searchSelected(box world.Box, fn func(layers.Feature) bool) layers.ScanStats {
	blocks := v.selectBlocks(box, nil, nil)
	var stats layers.ScanStats
	for b := range v.snapshot.All() {
		if !b.Box().Empty() {
			stats.Blocks++
		}
	}
	stats.Skipped = stats.Blocks - len(blocks)
	for _, b := range blocks {
		for row := range b.Len() {
			if !b.Rows().Has(row) || !box.Intersects(b.block.RowBox(row)) {
				continue
			}
			stats.Selected++
			if !fn(v.feature(layers.Row{Block: b.block, Index: row})) {
				return stats
			}
		}
	}
	return stats
}

// scanSelected is [View.Scan] of a view that selects.
func (v *View) scanSelected(p column.Predicate, fn func(layers.Feature) bool) layers.ScanStats {
	if p != nil {
		v = v.Where(Matching(p))
	}
	var stats layers.ScanStats
	for range v.snapshot.All() {
		stats.Blocks++
	}
	stats.Skipped = stats.Blocks
	for b, rows := range v.blocks() {
		stats.Skipped--
		for row := range b.Len() {
			if !rows.Has(row) {
				continue
			}
			stats.Selected++
			if !fn(v.feature(layers.Row{Block: b, Index: row})) {
				return stats
			}
		}
	}
	return stats
}
