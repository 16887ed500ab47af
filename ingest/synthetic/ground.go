package synthetic

import (
	"slices"
	"sync"
)

// natural is what the city was built around: the same in every city. It is shared and read only.
type natural struct {
	water, parks, forests, compounds []area
	courses                          []path // of rivers, in their order
}

// nature returns it.
var nature = sync.OnceValue(func() *natural {
	n := &natural{water: slices.Concat(lakes(), moats()), parks: gardens(), forests: forests(), compounds: compounds()}
	list := rivers()
	for i := range list {
		n.courses = append(n.courses, list[i].course())
		if list[i].width > 0 {
			n.water = append(n.water, list[i].bed())
		}
	}
	return n
})

// wilderness returns the ground of nature alone, to see what is where.
var wilderness = sync.OnceValue(func() *ground {
	n := nature()
	g := newGround()
	for _, list := range [][]area{n.water, n.parks, n.compounds, n.forests} {
		g.add(0, list)
	}
	return g
})

// obstacle is an edge that parcels and lanes end at.
type obstacle struct {
	edge
	aside int64 // how far away they end, in units of latitude
	shore bool  // nothing is on its left
}

// ground is where streets can be, and where not.
type ground struct {
	areas     []area
	obstacles []obstacle
	// Indexes of squares of half a hundredth of a degree: the areas whose border runs through it, the
	// number, from 1, of one that covers it, and the obstacles near it.
	borderIn    [][]int32
	coveredBy   []int32
	obstaclesIn [][]int32
}

const (
	squareSize  = degree / 200
	squaresEast = 280
	squares     = squaresEast * 200
	// near is how far beyond their boxes obstacles are listed, in units of latitude.
	near = 80 * metre
)

func newGround() *ground {
	return &ground{borderIn: make([][]int32, squares), coveredBy: make([]int32, squares), obstaclesIn: make([][]int32, squares)}
}

// add adds areas, from which streets and parcels keep away by a margin in metres.
func (g *ground) add(margin int64, list []area) {
	for i := range list {
		a := &list[i]
		g.areas = append(g.areas, *a)
		g.cover(int32(len(g.areas)))
		g.shore(a.border, margin)
		for _, hole := range a.holes {
			inner := slices.Clone(hole)
			inner.reverse()
			g.shore(inner, margin)
		}
	}
}

// cover lists the area of a number, from 1, in its squares.
func (g *ground) cover(number int32) {
	a := &g.areas[number-1]
	onBorder := map[int]bool{}
	for _, border := range append([]path{a.border}, a.holes...) {
		for i, p := range border {
			eachSquare(path{p, border[(i+1)%len(border)]}.box(), func(s int) {
				if !onBorder[s] {
					onBorder[s] = true
					g.borderIn[s] = append(g.borderIn[s], number)
				}
			})
		}
	}
	last, inside := -2, false
	eachSquare(a.bounds, func(s int) {
		if onBorder[s] {
			return
		}
		if s != last+1 { // else no border lies between them
			inside = a.contains(place{
				whole.min.x + int64(s%squaresEast)*squareSize + squareSize/2,
				whole.min.y + int64(s/squaresEast)*squareSize + squareSize/2,
			})
		}
		if last = s; inside {
			g.coveredBy[s] = number
		}
	})
}

func (g *ground) shore(border path, margin int64) {
	for i, a := range border {
		g.block(obstacle{edge: edge{a, border[(i+1)%len(border)]}, aside: margin * metre, shore: true})
	}
}

// road makes a road an obstacle, half of whose width in metres is given.
func (g *ground) road(line path, half int64) {
	for i := 1; i < len(line); i++ {
		g.block(obstacle{edge: edge{line[i-1], line[i]}, aside: half * metre})
	}
}

func (g *ground) block(o obstacle) {
	i := int32(len(g.obstacles))
	g.obstacles = append(g.obstacles, o)
	eachSquare(path{o.a, o.b}.box().grown(near), func(s int) { g.obstaclesIn[s] = append(g.obstaclesIn[s], i) })
}

// eachSquare calls do for the squares that b meets.
func eachSquare(b box, do func(square int)) {
	low, high := whole.nearest(b.min), whole.nearest(b.max)
	for y := (low.y - whole.min.y) / squareSize; y <= min((high.y-whole.min.y)/squareSize, squares/squaresEast-1); y++ {
		for x := (low.x - whole.min.x) / squareSize; x <= min((high.x-whole.min.x)/squareSize, squaresEast-1); x++ {
			do(int(y*squaresEast + x))
		}
	}
}

// squareOf returns the square that p is in.
func squareOf(p place) int {
	p = whole.nearest(p)
	return int(min((p.y-whole.min.y)/squareSize, squares/squaresEast-1)*squaresEast + min((p.x-whole.min.x)/squareSize, squaresEast-1))
}

// areaAt returns an area that p lies in, or nil.
func (g *ground) areaAt(p place) *area {
	s := squareOf(p)
	if number := g.coveredBy[s]; number > 0 {
		return &g.areas[number-1]
	}
	for _, number := range g.borderIn[s] {
		if a := &g.areas[number-1]; a.contains(p) {
			return a
		}
	}
	return nil
}

// open reports whether p is neither in an area nor closer than aside to the shore of one, in metres, at
// most 80.
func (g *ground) open(p place, aside int64) bool {
	for _, i := range g.obstaclesIn[squareOf(p)] {
		if o := &g.obstacles[i]; o.shore && o.squared(p) < aside*aside*metre*metre {
			return false
		}
	}
	return g.areaAt(p) == nil
}

// blocked reports whether p is too close to an obstacle or in an area.
func (g *ground) blocked(p place) bool {
	for _, i := range g.obstaclesIn[squareOf(p)] {
		if o := &g.obstacles[i]; o.squared(p) < o.aside*o.aside {
			return true
		}
	}
	return g.areaAt(p) != nil
}

// runs returns the parts of the line for which fits holds every few metres, none shorter than least, as
// distances along it, all in units of latitude.
func (p path) runs(least int64, fits func(place) bool) [][2]int64 {
	const step = 14 * metre
	var out [][2]int64
	length := p.length()
	start := int64(-1)
	for s := int64(0); ; s += step {
		here := min(s, length)
		ok := fits(p.at(here))
		if ok && start < 0 {
			start = here
		}
		if end := here - step; start >= 0 && !ok {
			if end-start >= least {
				out = append(out, [2]int64{start, end})
			}
			start = -1
		}
		if here == length {
			if start >= 0 && length-start >= least {
				out = append(out, [2]int64{start, length})
			}
			return out
		}
	}
}

// near appends the obstacles near b to dst, each once.
func (g *ground) near(b box, dst []int32) []int32 {
	eachSquare(b, func(s int) { dst = append(dst, g.obstaclesIn[s]...) })
	slices.Sort(dst)
	return slices.Compact(dst)
}

// fit appends to out what remains of a convex parcel once it ends at every obstacle and outside of all
// areas. Pieces of fewer than least square metres are left out.
func (g *ground) fit(out []path, parcel path, least int64) []path {
	b := parcel.box()
	near := g.near(b, nil)
	if len(near) == 0 {
		if g.areaAt(b.min) != nil {
			return out
		}
		return append(out, parcel)
	}
	return g.split(out, parcel, near, least, 0)
}

// maxCuts is how often a parcel is cut before it is given up.
const maxCuts = 7

func (g *ground) split(out []path, parcel path, near []int32, least int64, cuts int) []path {
	if parcel == nil || cuts > maxCuts || parcel.squareMetres() < least {
		return out
	}
	middle := parcel.middle()
	closest, away := -1, int64(1)<<62
	for _, i := range near {
		o := &g.obstacles[i]
		// A little less than the distance that cutting leaves, or rounding would cut for ever.
		if d := o.squared(middle); d < away && o.near(parcel, o.aside*9/10-metre) {
			closest, away = int(i), d
		}
	}
	if closest < 0 {
		if g.areaAt(middle) != nil {
			return out
		}
		return append(out, parcel)
	}
	o := &g.obstacles[closest]
	if !o.shore {
		out = g.split(out, parcel.cut(o.a, o.b, o.aside), near, least, cuts+1)
	}
	return g.split(out, parcel.cut(o.b, o.a, o.aside), near, least, cuts+1)
}

// clear reports whether nothing is near b.
func (g *ground) clear(b box) bool {
	free := true
	eachSquare(b, func(s int) {
		free = free && len(g.obstaclesIn[s]) == 0 && len(g.borderIn[s]) == 0 && g.coveredBy[s] == 0
	})
	return free
}

// passable reports whether an avenue can run through p: over rivers and through woods, but
// through no lake, park or forest.
func (g *ground) passable(p place) bool {
	a := g.areaAt(p)
	return a == nil || a.class == "river" || a.class == "canal" || a.class == wood
}

// onRoad reports whether the line runs along a large road.
func (g *ground) onRoad(line path) bool {
	const beside = 75 * metre
	for _, p := range line[1 : len(line)-1] {
		found := false
		for _, i := range g.obstaclesIn[squareOf(p)] {
			if o := &g.obstacles[i]; !o.shore && o.squared(p) < beside*beside {
				found = true
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}
