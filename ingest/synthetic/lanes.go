package synthetic

// lanesOf says how many lanes a block has at each level: east to west, and north to south. The old
// city has them by the height of the block instead.
var lanesOf = [...]struct{ acrossMin, acrossMax, upMin, upMax int64 }{
	{0, 0, 0, 2}, // the hutong of the old city, mostly east to west
	{2, 5, 1, 3},
	{2, 4, 1, 3},
	{1, 3, 1, 3},
	{1, 4, 1, 3},
	{0, 2, 0, 1},
}

// hutongSpacing is how far the hutong of the old city are apart: two courtyards.
const hutongSpacing = 88 * metre

// block lays the lanes of a block and adds it to those that become parcels.
func (n *network) block(r *random, g *grid, e *edges, i, j int) {
	b := block{
		frame: g.frame,
		low:   [2]int64{g.xs[i].at, g.ys[j].at},
		high:  [2]int64{g.xs[i+1].at, g.ys[j+1].at},
		kind:  g.kind(i, j),
	}
	b.level = level(b.middle())
	side := func(at, half, from, to int64) wall {
		if half == 0 {
			return wall{at: at, from: 1}
		}
		return wall{at: at, from: from, to: to, half: half}
	}
	south := side(b.low[1], e.across[j][i], b.low[0], b.high[0])
	north := side(b.high[1], e.across[j+1][i], b.low[0], b.high[0])
	west := side(b.low[0], e.up[i][j], b.low[1], b.high[1])
	east := side(b.high[0], e.up[i+1][j], b.low[1], b.high[1])
	b.rows, b.cols = append(b.rows, south), append(b.cols, west)
	if b.kind >= urban {
		across, up := b.laneCounts(r)
		b.rows = append(b.rows, n.walls(r, g, &b, across, true)...)
		b.cols = append(b.cols, n.walls(r, g, &b, up, false)...)
	}
	b.rows, b.cols = append(b.rows, north), append(b.cols, east)
	n.blocks = append(n.blocks, b)
}

// laneCounts draws how many lanes a block has.
func (b *block) laneCounts(r *random) (across, up int64) {
	span := lanesOf[b.level]
	across, up = r.between(span.acrossMin, span.acrossMax), r.between(span.upMin, span.upMax)
	if b.level == 0 {
		across = max(1, (b.high[1]-b.low[1]+hutongSpacing/2)/hutongSpacing-1)
	}
	// Small blocks have no room for many.
	const least = 70 * metre
	return min(across, (b.high[1]-b.low[1])/least-1), min(up, (b.high[0]-b.low[0])/least-1)
}

// walls lays the lanes of a block in one direction, some of which end blindly.
func (n *network) walls(r *random, g *grid, b *block, count int64, across bool) []wall {
	axis := 1 // that the lanes cross
	if !across {
		axis = 0
	}
	low, high := b.low[1-axis], b.high[1-axis]
	size := b.high[axis] - b.low[axis]
	half, crooked := int64(laneHalf), int64(5*metre)
	if b.level == 0 {
		half, crooked = hutongHalf, 8*metre
	}
	var out []wall
	for k := range count {
		w := wall{at: b.low[axis] + size*(k+1)/(count+1) + r.bell(size/(count+1)/4), from: low, to: high, half: half}
		for range 4 + r.below(3) {
			w.bends = append(w.bends, r.bell(crooked*2))
		}
		switch r.below(7) {
		case 0:
			w.from += (high - low) * r.between(150, 500) / 1000
		case 1:
			w.to -= (high - low) * r.between(150, 500) / 1000
		}
		n.lane(r, g, b, &w, across, k+1)
		out = append(out, w)
	}
	return out
}

// lane lays the lane on a wall as far as nothing is in its way.
func (n *network) lane(r *random, g *grid, b *block, w *wall, across bool, number int64) {
	last, counted := wordLane, wordLane
	if b.level == 0 {
		last, counted = wordHutong, wordTiao
	}
	name := drawStem(r).with(last)
	if r.chance(30) {
		name = drawStem(r).numbered(number, counted)
	}
	line := b.lane(w, across)
	length := line.length()
	for _, run := range n.free(line, 60*metre, func(p place) bool { return !n.ground.blocked(p) }) {
		part := line
		if run[0] > 0 || run[1] < length {
			part = line.between(run[0], run[1])
		}
		n.lanes = append(n.lanes, road{name, "lane", part})
		n.houses(r, name, lane, part, g.hundred)
	}
}
