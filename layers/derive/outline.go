package derive

import (
	"math"
	"slices"
	"sync/atomic"

	"hutong/layers"
	"hutong/layers/hexgrid"
	"hutong/layers/world"
)

const worldSide = 1 << world.Bits

// reachFactor is how far the descendants of a cell, and so the features that count in it, may lie from its middle:
// as a multiple of the distance of its farthest vertex. Children stick out of their parent, and theirs out of
// them: 1.053 on a plane, 1.062 measured on the icosahedron.
const reachFactor = 1.1

// outline is what a cell looks like on the map. It never changes.
type outline struct {
	cell hexgrid.Cell
	// rings are what is drawn, open and clockwise with y south: one, or two where the antimeridian cuts
	// the cell. They end where Mercator does. Edges are straight lines of the map.
	rings []ring
	// reach holds all features that count in the cell, and the outlines of its descendants.
	reach reach
	shape *layers.MadeShape // of rings; nil until the outline is kept
	// lon, lat are the middle in degrees, radius the distance in radians from it to what is in reach.
	lon, lat, radius float64
}

// ring is one part of an outline, in world units.
type ring struct {
	x, y []uint32
	box  world.Box
}

// depth returns how far a place is inside a convex ring, in world units: the distance to the line of the nearest
// edge; outside it is negative, and no more than the distance to the ring.
func (r *ring) depth(p world.Point) float64 {
	least := math.Inf(1)
	n := len(r.x)
	for i := range n {
		k := i + 1
		if k == n {
			k = 0
		}
		dx, dy := float64(r.x[k])-float64(r.x[i]), float64(r.y[k])-float64(r.y[i])
		px, py := float64(p.X)-float64(r.x[i]), float64(p.Y)-float64(r.y[i])
		least = min(least, (dx*py-dy*px)/math.Hypot(dx, dy))
	}
	return least
}

// reach is a rectangle that may go across the antimeridian.
type reach struct {
	west       uint32
	width      uint64 // 0…2³²: it ends at west + width
	minY, maxY uint32
}

// boxes returns r as boxes.
func (r *reach) boxes() (boxes [2]world.Box, n int) {
	east := uint64(r.west) + r.width
	if east <= math.MaxUint32 {
		boxes[0] = world.Box{Min: world.Point{X: r.west, Y: r.minY}, Max: world.Point{X: uint32(east), Y: r.maxY}}
		return boxes, 1
	}
	boxes[0] = world.Box{Min: world.Point{X: r.west, Y: r.minY}, Max: world.Point{X: math.MaxUint32, Y: r.maxY}}
	boxes[1] = world.Box{Min: world.Point{Y: r.minY}, Max: world.Point{X: uint32(min(east-worldSide, math.MaxUint32)), Y: r.maxY}}
	return boxes, 2
}

// meets reports whether r and box share a place.
func (r *reach) meets(box world.Box) bool {
	boxes, n := r.boxes()
	return box.Intersects(boxes[0]) || n > 1 && box.Intersects(boxes[1])
}

// in reports whether all of r lies in box.
func (r *reach) in(box world.Box) bool {
	boxes, n := r.boxes()
	return box.ContainsBox(boxes[0]) && (n == 1 || box.ContainsBox(boxes[1]))
}

// meets reports whether the box of one of the rings meets box.
func (o *outline) meets(box world.Box) bool {
	return slices.ContainsFunc(o.rings, func(r ring) bool { return box.Intersects(r.box) })
}

// newOutline makes the outline of a cell, but for its shape. It takes a few microseconds.
func newOutline(cell hexgrid.Cell) *outline {
	o := &outline{cell: cell}
	vertices := cell.Boundary()
	o.lon, o.lat = cell.Centre()
	for _, v := range vertices {
		o.radius = max(o.radius, angle(o.lon, o.lat, v.Lon, v.Lat))
	}
	o.radius *= reachFactor
	o.reach = reachOf(o.lon, o.lat, o.radius)
	for _, path := range cut(unroll(vertices)) {
		if r := newRing(path); len(r.x) >= 3 {
			o.rings = append(o.rings, r)
		}
	}
	if len(o.rings) == 0 { // all of it is thinner than a world unit, at the very end of Mercator
		o.rings = []ring{o.speck()}
	}
	return o
}

// angle returns the distance of two places in degrees, in radians.
func angle(lon1, lat1, lon2, lat2 float64) float64 {
	return world.DistanceMetres(lon1, lat1, lon2, lat2) / world.EarthRadiusMetres
}

// reachOf returns the smallest rectangle around a cap of the sphere, its middle in degrees and its radius in
// radians, and a unit more.
func reachOf(lon, lat, radius float64) reach {
	const degrees = 180 / math.Pi
	north, south := lat+radius*degrees, lat-radius*degrees
	r := reach{width: worldSide - 1}
	r.minY = clampUnit(world.Y(north) - 1)
	r.maxY = clampUnit(world.Y(south) + 1)
	if north >= 90 || south <= -90 {
		return r
	}
	half := math.Asin(math.Sin(radius)/math.Cos(lat/degrees)) / (2 * math.Pi) * worldSide
	if half += 2; half >= worldSide/2 {
		return r
	}
	r.west = uint32(int64(math.Floor(world.X(lon) - half))) // modulo 2³²
	r.width = uint64(2*half) + 1
	return r
}

// clampUnit rounds v down into the world.
func clampUnit(v float64) uint32 {
	return uint32(min(max(v, 0), math.MaxUint32))
}

// speck is a triangle of two units at the middle of the cell.
func (o *outline) speck() ring {
	x, y := clampUnit(world.X(o.lon)), clampUnit(world.Y(o.lat))
	x, y = min(x, math.MaxUint32-1), min(y, math.MaxUint32-1)
	return ring{
		x: []uint32{x, x + 1, x + 1}, y: []uint32{y, y, y + 1},
		box: world.Box{Min: world.Point{X: x, Y: y}, Max: world.Point{X: x + 1, Y: y + 1}},
	}
}

// outlines keeps the outlines of the cells asked for last, at most [maxOutlines], in small sets that a cell's hash
// chooses: an outline is soon made again.
type outlines struct {
	shards [outlineShards]atomic.Pointer[outlineShard]
}

const (
	// maxOutlines are the outlines kept: those of a dozen tiles, 33 MB at most.
	maxOutlines   = 1 << 16
	outlineShards = 1 << 6
	outlineWays   = 4
	outlineSets   = maxOutlines / outlineShards / outlineWays
)

// outlineShard is a part of the table, which is there once it is used.
type outlineShard [outlineSets][outlineWays]atomic.Pointer[outline]

func newOutlines() *outlines { return &outlines{} }

// of returns the outline of a cell.
func (t *outlines) of(cell hexgrid.Cell) *outline {
	h := layers.Rank(uint64(cell)) // mixes all bits
	set := &t.shard(int(h % outlineShards))[h/outlineShards%outlineSets]
	place := &set[h>>60%outlineWays]
	for i := range set {
		switch o := set[i].Load(); {
		case o == nil:
			place = &set[i]
		case o.cell == cell:
			return o
		}
	}
	o := newOutline(cell)
	o.shape = o.made()
	place.Store(o)
	return o
}

func (t *outlines) shard(i int) *outlineShard {
	s := t.shards[i].Load()
	if s == nil {
		s = new(outlineShard)
		if !t.shards[i].CompareAndSwap(nil, s) {
			s = t.shards[i].Load()
		}
	}
	return s
}

// made returns the rings ready to be drawn.
func (o *outline) made() *layers.MadeShape {
	rings := make([]layers.MadeRing, len(o.rings))
	for i := range o.rings {
		rings[i] = layers.MadeRing{X: o.rings[i].x, Y: o.rings[i].y}
	}
	return layers.NewMadeShape(rings)
}
