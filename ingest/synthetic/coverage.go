package synthetic

import "slices"

// A coverage parts the extent into members without gaps and overlaps. It begins as a lattice of cells,
// each of which belongs to one member. The border between two members is the line between their
// cells, from one corner of three members to the next, made simpler and then rough. What becomes of
// it depends on it alone, so both members have it in common, place by place.
type coverage struct {
	plan    coveragePlan
	members []path // counterclockwise
	bounds  []box
	cells   []uint8 // the member that a cell lies in as a whole, or crossed
}

const (
	cellSize = 40_000 // of a cell's sides, in units
	columns  = 350    // cells from west to east
	rows     = 250    // from south to north
	crossed  = 254    // marks cells through which a border runs
	outside  = 255    // marks what lies beyond the extent
)

// coveragePlan says how a coverage is laid out.
type coveragePlan struct {
	members int
	// of returns the member that a place would belong to if borders were exact.
	of func(p place) uint8
	// node returns where the members around a corner of the lattice meet that meet at p there.
	node func(around [4]uint8, p place) place
	// line returns the line that parts two members instead of a rough one along a chain, or nil.
	line func(a, b uint8, chain path) path
}

// newCoverage parts the extent into members by the middles of the lattice's cells. Each member is in
// one piece without holes.
func newCoverage(plan coveragePlan) *coverage {
	c := &coverage{plan: plan, cells: make([]uint8, columns*rows)}
	for i := range c.cells {
		c.cells[i] = plan.of(corner(i%columns, i/columns).towards(corner(i%columns+1, i/columns+1), 1, 2))
	}
	for m := range plan.members {
		ring := c.trace(uint8(m))
		c.members = append(c.members, ring)
		c.bounds = append(c.bounds, ring.box())
	}
	c.locate()
	return c
}

// corner returns the south-western corner of a cell.
func corner(column, row int) place {
	return place{whole.min.x + int64(column)*cellSize, whole.min.y + int64(row)*cellSize}
}

// cell returns the member of a cell of the lattice.
func (c *coverage) cell(column, row int) uint8 {
	if column < 0 || row < 0 || column >= columns || row >= rows {
		return outside
	}
	return c.cells[row*columns+column]
}

// spot is a corner of the lattice.
type spot struct{ column, row int }

// steps are the ways from a spot to the next: east, north, west, south.
var steps = [4]spot{{1, 0}, {0, 1}, {-1, 0}, {0, -1}}

// sides returns the members left and right of the way from s.
func (c *coverage) sides(s spot, way int) (left, right uint8) {
	switch way {
	case 0:
		return c.cell(s.column, s.row), c.cell(s.column, s.row-1)
	case 1:
		return c.cell(s.column-1, s.row), c.cell(s.column, s.row)
	case 2:
		return c.cell(s.column-1, s.row-1), c.cell(s.column-1, s.row)
	default:
		return c.cell(s.column, s.row-1), c.cell(s.column-1, s.row-1)
	}
}

// around returns the members of the cells at s.
func (c *coverage) around(s spot) [4]uint8 {
	return [4]uint8{
		c.cell(s.column, s.row), c.cell(s.column-1, s.row), c.cell(s.column-1, s.row-1), c.cell(s.column, s.row-1),
	}
}

// isNode reports whether more than two members meet at s.
func (c *coverage) isNode(s spot) bool {
	around := c.around(s)
	changes := 0
	for i := range around {
		if around[i] != around[(i+1)%4] {
			changes++
		}
	}
	return changes > 2
}

// trace returns the border of a member, which lies left of it.
func (c *coverage) trace(member uint8) path {
	start := c.start(member)
	var ring path
	chain := path{c.node(start)}
	for s, way := start, 1; ; {
		// Turn left most first: cells that touch at a corner only stay apart.
		other := member
		for turn := 1; ; turn += 3 {
			next := (way + turn) % 4
			if l, r := c.sides(s, next); l == member && r != member {
				way, other = next, r
				break
			}
		}
		s = spot{s.column + steps[way].column, s.row + steps[way].row}
		if !c.isNode(s) {
			chain = append(chain, corner(s.column, s.row))
			continue
		}
		chain = append(chain, c.node(s))
		ring = append(ring, c.border(member, other, chain)[1:]...)
		if s == start {
			return ring
		}
		chain = path{c.node(s)}
	}
}

// node returns where the members around a node meet.
func (c *coverage) node(s spot) place { return c.plan.node(c.around(s), corner(s.column, s.row)) }

// start returns a node on the border of a member.
func (c *coverage) start(member uint8) spot {
	for row := range rows + 1 {
		for column := range columns + 1 {
			s := spot{column, row}
			if around := c.around(s); slices.Contains(around[:], member) && c.isNode(s) {
				return s
			}
		}
	}
	panic("synthetic: a member of a coverage has no node")
}

// border returns the line between two members that takes the place of a chain of cells' sides. It is
// the same, turned round, for the same chain turned round.
func (c *coverage) border(a, b uint8, chain path) path {
	first, last := chain[0], chain[len(chain)-1]
	turned := first.x > last.x || first.x == last.x && first.y > last.y
	if turned {
		chain.reverse()
	}
	var line path
	if b == outside || a == outside {
		line = chain.simplified(metre) // straight as it is
	} else if line = c.plan.line(min(a, b), max(a, b), chain); line == nil {
		line = chain.simplified(400*metre).smooth(1).rough(420*metre, 150, 7).smooth(1)
	}
	if turned {
		line.reverse()
	}
	return line
}

// simplified returns the line p without places that are no further than most from the lines between
// those that stay, in units of latitude (Ramer 1972, Douglas and Peucker 1973).
func (p path) simplified(most int64) path {
	if len(p) < 3 {
		return p
	}
	line := edge{p[0], p[len(p)-1]}
	far, furthest := 0, most*most
	for i := 1; i < len(p)-1; i++ {
		if d := line.squared(p[i]); d > furthest {
			far, furthest = i, d
		}
	}
	if far == 0 {
		return path{line.a, line.b}
	}
	return append(p[:far+1:far+1].simplified(most), p[far:].simplified(most)[1:]...)
}

// locate sets the cells to what lies in them once borders have moved.
func (c *coverage) locate() {
	for _, ring := range c.members {
		for i, a := range ring {
			edge := path{a, ring[(i+1)%len(ring)]}.box()
			from, to := cellOf(edge.min), cellOf(edge.max)
			for row := from.row; row <= to.row; row++ {
				for column := from.column; column <= to.column; column++ {
					c.cells[row*columns+column] = crossed
				}
			}
		}
	}
	for i, member := range c.cells {
		switch {
		case member == crossed:
		case i%columns > 0 && c.cells[i-1] != crossed:
			c.cells[i] = c.cells[i-1] // no border lies between them
		default:
			c.cells[i] = c.find(corner(i%columns, i/columns).plus(cellSize/4, cellSize/4))
		}
	}
}

// cellOf returns the cell that holds p, or the nearest.
func cellOf(p place) spot {
	p = whole.nearest(p)
	return spot{int(min((p.x-whole.min.x)/cellSize, columns-1)), int(min((p.y-whole.min.y)/cellSize, rows-1))}
}

// at returns the member that p lies in.
func (c *coverage) at(p place) uint8 {
	cell := cellOf(p)
	if m := c.cells[cell.row*columns+cell.column]; m != crossed {
		return m
	}
	return c.find(p)
}

// find is at by looking at the borders. What lies on the border of the extent belongs to the nearest
// member.
func (c *coverage) find(p place) uint8 {
	for m, ring := range c.members {
		if c.bounds[m].contains(p) && ring.contains(p) {
			return uint8(m)
		}
	}
	best, least := 0, int64(1)<<62
	for m, ring := range c.members {
		for i, a := range ring {
			if d := (edge{a, ring[(i+1)%len(ring)]}).squared(p); d < least {
				best, least = m, d
			}
		}
	}
	return uint8(best)
}
