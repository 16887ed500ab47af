package clip

// run is the number of edges of a leaf of [chains].
const run = 8

// Bounds for a pass over n edges: pairs + pairsEach·n pairs of edges are looked at, and
// meets + meetsEach·n points found that an edge has to go through.
const (
	pairs     = 1 << 20
	pairsEach = 64
	meets     = 1 << 16
	meetsEach = 16
)

// chains is a tree of boxes over runs of the edges of some rings. Edges that follow each other lie
// near each other, so the tree needs no sorting: two neighbouring nodes always make one.
type chains struct {
	rings  *rings
	leaves []leaf
	boxes  []Rect // of the leaves, then of each level above, the root last
	levels []int  // where each level starts in boxes; the last entry ends the root
	wide   bool   // turn is not exact
	budget int    // pairs of edges left
	room   int    // points left that an edge has to go through
}

// leaf is a run of edges of one ring.
type leaf struct {
	from, to int32 // edges
	ring     int32
	straight bool // they all go north, or east, or south, or west: no two meet but at a common end
}

// build makes the tree over r, which has at least one ring.
func (c *chains) build(r *rings) {
	c.rings = r
	c.leaves, c.boxes = c.leaves[:0], c.boxes[:0]
	from := 0
	for i, end := range r.ends {
		for at := from; at < end-1; at += run {
			c.leaf(int32(i), at, min(at+run, end-1))
		}
		from = end
	}
	c.levels = append(c.levels[:0], 0, len(c.boxes))
	for {
		n := len(c.levels)
		below := c.boxes[c.levels[n-2]:c.levels[n-1]]
		if len(below) == 1 {
			break
		}
		for i := 0; i < len(below); i += 2 {
			b := below[i]
			if i+1 < len(below) {
				b.add(&below[i+1])
			}
			c.boxes = append(c.boxes, b)
		}
		c.levels = append(c.levels, len(c.boxes))
	}
	all := &c.boxes[len(c.boxes)-1]
	const most = 1<<31 - 1
	// The differences are below 2⁶³ and may need all 64 bits.
	c.wide = uint64(all.MaxX-all.MinX) > most || uint64(all.MaxY-all.MinY) > most
	c.budget = pairs + pairsEach*len(r.points)
	c.room = meets + meetsEach*len(r.points)
}

// leaf appends the leaf of edges from…to−1.
func (c *chains) leaf(ring int32, from, to int) {
	points := c.rings.points[from : to+1]
	a := points[0]
	b := Rect{a.X, a.Y, a.X, a.Y}
	east, west, south, north := true, true, true, true
	for _, p := range points[1:] {
		east, west = east && p.X > a.X, west && p.X < a.X
		south, north = south && p.Y > a.Y, north && p.Y < a.Y
		b.MinX, b.MaxX = min(b.MinX, p.X), max(b.MaxX, p.X)
		b.MinY, b.MaxY = min(b.MinY, p.Y), max(b.MaxY, p.Y)
		a = p
	}
	c.leaves = append(c.leaves, leaf{int32(from), int32(to), ring, east || west || south || north})
	c.boxes = append(c.boxes, b)
}

// top returns the level of the root.
func (c *chains) top() int { return len(c.levels) - 2 }

// has reports whether there is a node i in a level.
func (c *chains) has(level, i int) bool { return c.levels[level]+i < c.levels[level+1] }

// turn is turn, exact for these rings.
func (c *chains) turn(p, q, v Point) int64 {
	if c.wide {
		return wideTurn(p, q, v)
	}
	return turn(p, q, v)
}
