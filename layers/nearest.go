package layers

import (
	"cmp"
	"math"
	"slices"

	"hutong/layers/rindex"
	"hutong/layers/world"
)

// MaxNearest is the most neighbours that one query returns.
const MaxNearest = 1000

// Neighbour is a feature and its great-circle distance from where was asked.
type Neighbour struct {
	Row
	Metres float64
}

// NearestStats says how much of the tree a query looked at.
type NearestStats struct {
	Nodes  int // nodes and blocks whose box was measured
	Blocks int // blocks whose rows were measured
}

// Nearest returns the k features nearest to lon/lat in degrees, at most [MaxNearest], nearest first;
// of features as far away as each other the first in canonical order. Distances are great-circle
// metres (see [world.DistanceMetres]) and go across the antimeridian.
func (s *Snapshot) Nearest(lon, lat float64, k int) ([]Neighbour, NearestStats) {
	var stats NearestStats
	k = min(k, MaxNearest)
	if k <= 0 {
		return nil, stats
	}
	var best []Neighbour // ascending, at most k
	s.tree.Nearby(
		func(b rindex.Box) float64 {
			stats.Nodes++
			return boxDistanceMetres(lon, lat, b)
		},
		func(n uint32, d float64) bool {
			if len(best) == k && d > best[k-1].Metres {
				return false
			}
			stats.Blocks++
			best = nearestRows(best, s.table.block(n), lon, lat, k)
			return true
		},
	)
	return best, stats
}

// nearestRows merges the block's rows into best, which stays ascending and at most k long.
func nearestRows(best []Neighbour, b *Block, lon, lat float64, k int) []Neighbour {
	for row := range b.Len() {
		rowLon, rowLat := b.Point(row).LonLat()
		n := Neighbour{Row{b, row}, world.DistanceMetres(lon, lat, rowLon, rowLat)}
		if len(best) == k && n.Metres > best[k-1].Metres {
			continue
		}
		at, _ := slices.BinarySearchFunc(best, n, compareNeighbours)
		best = slices.Insert(best, at, n)
		best = best[:min(k, len(best))]
	}
	return best
}

func compareNeighbours(a, b Neighbour) int {
	if c := cmp.Compare(a.Metres, b.Metres); c != 0 {
		return c
	}
	return a.Block.key(a.Index).compare(b.Block.key(b.Index))
}

// boxDistanceMetres returns the great-circle distance from a place to the nearest point of a box of
// world cells, less a millionth so that rounding never makes it more than that of a row inside.
// With the place's meridian inside the box it is along that meridian; else the nearest point lies on
// one of the two edge meridians.
func boxDistanceMetres(lon, lat float64, b rindex.Box) float64 {
	west, east := world.Lon(float64(b.Min[0])), world.Lon(float64(b.Max[0])+1)
	north, south := world.Lat(float64(b.Min[1])), world.Lat(float64(b.Max[1])+1)
	const slack = 1 - 1e-6
	if lon >= west && lon <= east {
		return slack * world.DistanceMetres(lon, lat, lon, min(max(lat, south), north))
	}
	d := math.Inf(1)
	for _, edge := range [2]float64{west, east} {
		d = min(d, meridianDistanceMetres(lon, lat, edge, south, north))
	}
	return slack * d
}

// meridianDistanceMetres returns the distance to the part of the meridian edge from south to north.
// Along a meridian the distance has one minimum, at the foot of the great circle that meets it at a
// right angle; outside the part, the nearest point is one of its ends.
func meridianDistanceMetres(lon, lat, edge, south, north float64) float64 {
	const rad = math.Pi / 180
	d := min(world.DistanceMetres(lon, lat, edge, south), world.DistanceMetres(lon, lat, edge, north))
	foot := math.Atan2(math.Sin(lat*rad), math.Cos(lat*rad)*math.Cos((lon-edge)*rad)) / rad
	if foot > south && foot < north {
		d = min(d, world.DistanceMetres(lon, lat, edge, foot))
	}
	return d
}
