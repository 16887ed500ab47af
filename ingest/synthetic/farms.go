package synthetic

// The size of a block of fields outside of the 6th ring.
const (
	farmWidth  = 1_700 * metre
	farmHeight = 1_250 * metre
)

// farmFrame is the frame of the plain's fields: it is turned a little, and warped like the city's.
var farmFrame = &frame{origin: heart, cos: 988, sin: 156, warped: true}

// farmGrid plans the fields and woods of the plain outside of the 6th ring.
func (n *network) farmGrid(r *random) *grid {
	west, south := heart.offset(whole.min)
	east, north := heart.offset(whole.max)
	const margin = 10_000 * metre // the frame is turned
	g := &grid{frame: farmFrame}
	g.xs = evenLines(r, west-margin, east+margin, farmWidth)
	g.ys = evenLines(r, south-margin, north+margin, farmHeight)
	g.fill(func(p place) kind {
		if !extent.grown(-1_300*metre).contains(p) || insideRing(p, farmWidth) {
			return unbuilt
		}
		for _, q := range around(p, farmWidth/2) {
			if a := wilderness().areaAt(q); a != nil && a.class == "forest" {
				return unbuilt
			}
		}
		return n.countryside(p)
	})
	return g
}

// around returns p and the corners of a square around it, aside from it in units of latitude.
func around(p place, aside int64) [5]place {
	return [...]place{p, p.plus(-aside, -aside), p.plus(aside, -aside), p.plus(aside, aside), p.plus(-aside, aside)}
}

// insideRing reports whether a block around p, so wide in units of latitude, reaches into the 6th ring.
func insideRing(p place, width int64) bool {
	for _, q := range around(p, width/2+outerRingHalf*metre) {
		if level(q) < 5 {
			return true
		}
	}
	return false
}

// farm adds the fields of a grid to the blocks.
func (n *network) farm(r *random, g *grid) {
	// Paths part them.
	e := edges{across: make([][]int64, len(g.ys)), up: make([][]int64, len(g.xs))}
	path := func(count int) []int64 {
		out := make([]int64, count)
		for i := range out {
			out[i] = 5 * metre
		}
		return out
	}
	for j := range e.across {
		e.across[j] = path(len(g.xs) - 1)
	}
	for i := range e.up {
		e.up[i] = path(len(g.ys) - 1)
	}
	for j := range len(g.ys) - 1 {
		for i := range len(g.xs) - 1 {
			if g.kind(i, j) == fields {
				n.block(r, g, &e, i, j)
			}
		}
	}
}
