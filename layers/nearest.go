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
// metres (see [world.DistanceMetres]) to the nearest point of a feature, 0 inside a polygon, and go
// across the antimeridian. Longitudes beyond ±180 are
// wrapped, latitudes beyond a pole are that pole; what is not finite has no neighbours.
func (s *Snapshot) Nearest(lon, lat float64, k int) ([]Neighbour, NearestStats) {
	var stats NearestStats
	k = min(k, MaxNearest)
	if k <= 0 || !finite(lon) || !finite(lat) {
		return nil, stats
	}
	near := nearest{lon: math.Remainder(lon, 360), lat: min(max(lat, -90), 90), k: k}
	// Blocks as far away as each other are looked at in canonical order: of thousands on one place
	// the first few have the answer, and the others are skipped.
	var group []*Block
	groupAt := 0.0
	look := func() {
		slices.SortFunc(group, CompareBlocks)
		for _, b := range group {
			if !near.skips(b) {
				stats.Blocks++
				near.add(b)
			}
		}
		group = group[:0]
	}
	s.tree.Nearby(
		func(b rindex.Box) float64 {
			stats.Nodes++
			return boxDistanceMetres(near.lon, near.lat, b)
		},
		func(n uint32, d float64) bool {
			if d != groupAt {
				look()
				groupAt = d
			}
			if near.full() && d > near.worst().Metres {
				return false
			}
			group = append(group, s.table.block(n))
			return true
		},
	)
	look()
	return near.best, stats
}

func finite(v float64) bool { return math.Abs(v) <= math.MaxFloat64 }

// nearest is a query under way.
type nearest struct {
	lon, lat float64
	k        int
	best     []Neighbour // ascending, at most k
}

func (n *nearest) full() bool { return len(n.best) == n.k }

func (n *nearest) worst() Neighbour { return n.best[len(n.best)-1] }

func (n *nearest) neighbour(b *Block, row int) Neighbour {
	return Neighbour{Row{b, row}, b.distanceMetres(n.lon, n.lat, row)}
}

// loses reports whether there are k neighbours, all of which come before next.
func (n *nearest) loses(next Neighbour) bool {
	return n.full() && CompareNeighbours(next, n.worst()) > 0
}

// skips reports whether b need not be looked at: its rows are in one cell, and the first of them loses.
func (n *nearest) skips(b *Block) bool {
	return b.box.Min == b.box.Max && n.loses(n.neighbour(b, 0))
}

// add merges the block's rows into the best.
func (n *nearest) add(b *Block) {
	for row := range b.Len() {
		next := n.neighbour(b, row)
		if n.loses(next) {
			continue
		}
		at, _ := slices.BinarySearchFunc(n.best, next, CompareNeighbours)
		n.best = slices.Insert(n.best, at, next)
		n.best = n.best[:min(n.k, len(n.best))]
	}
}

// CompareNeighbours orders neighbours of one state: the nearest first, of several as far away as each other the first
// in canonical order. It computes keys of those only.
func CompareNeighbours(a, b Neighbour) int {
	if c := cmp.Compare(a.Metres, b.Metres); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(a.Block.class, b.Block.class), a.Block.key(a.Index).compare(b.Block.key(b.Index)))
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
