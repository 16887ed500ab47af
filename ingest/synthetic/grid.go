package synthetic

// gridLine is a line of a grid, along which streets run.
type gridLine struct {
	at    int64 // on the axis that it crosses
	major bool  // its streets are avenues
	far   bool  // its streets go on through fields
	name  word  // near the middle of the city; empty for an invented one
}

// grid is a plan of blocks on a frame.
type grid struct {
	frame  *frame
	xs, ys []gridLine
	kinds  []kind // of the blocks, row by row from the south
	// hundred returns what is reported from 100 metres of street at a place.
	hundred func(place) int64
	lanes   bool // its streets are lanes
}

// kind returns what is between lines i and i+1 of xs, and j and j+1 of ys.
func (g *grid) kind(i, j int) kind {
	if i < 0 || j < 0 || i >= len(g.xs)-1 || j >= len(g.ys)-1 {
		return unbuilt
	}
	return g.kinds[j*(len(g.xs)-1)+i]
}

// middle returns the place in the middle of a block.
func (g *grid) middle(i, j int) place {
	return g.frame.place((g.xs[i].at+g.xs[i+1].at)/2, (g.ys[j].at+g.ys[j+1].at)/2)
}

// fill sets what the blocks are.
func (g *grid) fill(of func(p place) kind) {
	g.kinds = make([]kind, (len(g.xs)-1)*(len(g.ys)-1))
	for j := range len(g.ys) - 1 {
		for i := range len(g.xs) - 1 {
			g.kinds[j*(len(g.xs)-1)+i] = of(g.middle(i, j))
		}
	}
}

// anchor is a line of the city's grid that is always there.
type anchor struct {
	at   int64 // lon or lat in ten-thousandths of a degree
	name word
}

// The lines on which the inner rings, the palace's sides and the great avenues lie.
var (
	anchorsEast = []anchor{
		{1161000, word{}},
		{1162700, word{}},
		{1163040, word{}},
		{1163425, word{}},
		{1163495, word{}},
		{1163690, word{"Xidan Avenue", "西单大街"}},
		{1163854, word{"Nanchang Street", "南长街"}},
		{1163912, word{"Central Axis Road", "中轴路"}},
		{1163970, word{"Beichizi Street", "北池子大街"}},
		{1164130, word{"Dongdan Avenue", "东单大街"}},
		{1164285, word{}},
		{1164400, word{}},
		{1164555, word{}},
		{1164830, word{}},
		{1167260, word{}},
	}
	anchorsNorth = []anchor{
		{396780, word{}},
		{398320, word{}},
		{398565, word{}},
		{398710, word{}},
		{398920, word{"Liangguang Road", "两广路"}},
		{398980, word{"Qianmen Avenue", "前门大街"}},
		{399066, word{"Chang'an Avenue", "长安街"}},
		{399225, word{"Jingshan Front Street", "景山前街"}},
		{399325, word{"Ping'an Avenue", "平安大街"}},
		{399405, word{"Gulou Avenue", "鼓楼大街"}},
		{399490, word{}},
		{399670, word{}},
		{399865, word{}},
		{401820, word{}},
	}
)

// The spacing of streets: within the 5th ring, and beyond it.
const (
	innerSpacing = 640 * metre
	outerSpacing = 880 * metre
	innerReach   = 15_000 * metre
)

// cityLines returns lines through the anchors, at zero on an axis, and others between them.
func cityLines(r *random, anchors []anchor, position func(int64) int64) []gridLine {
	var out []gridLine
	for i, a := range anchors {
		here := position(a.at)
		inner := i > 0 && i < len(anchors)-1
		out = append(out, gridLine{at: here, major: inner, far: inner && i%3 == 2, name: a.name})
		if i+1 == len(anchors) {
			return out
		}
		next := position(anchors[i+1].at)
		for from := here; ; {
			spacing := int64(innerSpacing)
			if from < -innerReach || from >= innerReach {
				spacing = outerSpacing
			}
			left := max(1, (next-from+spacing/2)/spacing)
			if left == 1 {
				break
			}
			from += (next-from)/left + r.bell(spacing/4)
			out = append(out, gridLine{at: from, major: len(out)%3 == 0, far: len(out)%3 == 0})
		}
	}
	return out
}

// cityGrid plans the city inside the 6th ring.
func (n *network) cityGrid(r *random) *grid {
	seed := n.seed

	g := &grid{frame: cityFrame, hundred: func(p place) int64 { return density[level(p)] }}
	g.xs = cityLines(r, anchorsEast, func(lon int64) int64 { return (at(lon, 0).x - heart.x) * cosine / 1000 })
	g.ys = cityLines(r, anchorsNorth, func(lat int64) int64 { return at(0, lat).y - heart.y })
	g.fill(func(p place) kind {
		switch level(p) {
		case 0, 1, 2:
			return urban
		case 3:
			if noise(seed+31, p, 2_100) < -640 {
				return n.countryside(p)
			}
			return urban
		case 4:
			if sprawls(seed, p) {
				return urban
			}
			return n.countryside(p)
		default:
			return unbuilt
		}
	})
	return g
}

// sprawls reports whether the city has grown over p, which lies between the 5th and 6th rings: near
// towns, and the likelier the nearer to the middle.
func sprawls(seed uint64, p place) bool {
	rough := noise(seed+32, p, 2_600)
	for i := range towns {
		half := towns[i].blocks * townSpacing / 2
		if p.squared(towns[i].place)*1000/(half*half) < 1_250+rough/2 {
			return true
		}
	}
	return rough < (fall(p)-215)*7
}

// countryside returns whether p is fields or woods, or nobody's.
func (n *network) countryside(p place) kind {
	switch v := noise(n.seed+43, p, 2_700); {
	case v > 430 && !n.crowded(p, 1_200*metre) && !inside(wilderness(), p, 600*metre):
		return woodland
	case v < -780:
		return unbuilt
	default:
		return fields
	}
}

// inside reports whether p or a corner of the square around it lies in an area.
func inside(g *ground, p place, aside int64) bool {
	for _, q := range around(p, aside) {
		if g.areaAt(q) != nil {
			return true
		}
	}
	return false
}

// townSpacing is that of a town's streets.
const townSpacing = 430 * metre

// townGrid plans a town outside of the 6th ring.
func (n *network) townGrid(r *random, t *town) *grid {
	half := t.blocks * townSpacing / 2
	away := func(p place) int64 { return 1000 * p.squared(t.place) / (half * half) }
	g := &grid{
		frame:   newFrame(r, t.place),
		hundred: func(p place) int64 { return max(3, t.density*(1000-min(away(p), 1000)*3/4)/1000) },
	}
	g.xs, g.ys = evenLines(r, -half*6/5, half*6/5, townSpacing), evenLines(r, -half*6/5, half*6/5, townSpacing)
	for _, lines := range [][]gridLine{g.xs, g.ys} {
		lines[len(lines)/2].major = true
	}
	g.fill(func(p place) kind {
		if insideRing(p, townSpacing) || !extent.contains(p) || away(p) > 950+noise(n.seed+33, p, 1_300)*2/5 {
			return unbuilt
		}
		return urban
	})
	return g
}

// villageGrid plans a village of one to six small blocks.
func villageGrid(r *random, middle place) *grid {
	g := &grid{frame: newFrame(r, middle), hundred: func(place) int64 { return density[5] + 2 }, lanes: true}
	wide, high := r.between(120, 330)*metre, r.between(110, 280)*metre
	g.xs, g.ys = evenLines(r, -wide, wide, 210*metre), evenLines(r, -high, high, 190*metre)
	g.fill(func(p place) kind {
		if !extent.contains(p) || r.chance(12) {
			return unbuilt
		}
		return village
	})
	return g
}

// evenLines returns lines from low to high, about spacing apart, two at least.
func evenLines(r *random, low, high, spacing int64) []gridLine {
	count := max(1, (high-low+spacing/2)/spacing)
	var out []gridLine
	for k := range count + 1 {
		v := low + (high-low)*k/count
		if k > 0 && k < count {
			v += r.bell(spacing / 4)
		}
		out = append(out, gridLine{at: v})
	}
	return out
}
