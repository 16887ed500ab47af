package synthetic

import "sync"

// ring is a ring road.
type ring struct {
	name   word
	bend   int64 // how far from a corner its curve begins, in metres
	line   path  // closed; counterclockwise
	bounds box
}

// rings returns the ring roads from the 2nd to the 6th, each inside the next. The sides of the inner
// three lie on lines of the grid, see [anchors]. The 2nd follows the walls of two cities, of which
// the southern one was wider.
var rings = sync.OnceValue(func() []ring {
	return newRings([]ring{
		{name: word{"2nd Ring Road", "二环路"}, bend: 350, line: points(
			1163545, 398710, 1164350, 398710, 1164400, 398775, 1164400, 398960, 1164345, 399035, 1164285, 399060,
			1164285, 399440, 1164225, 399490, 1163590, 399490, 1163495, 399400, 1163495, 399030, 1163425, 398970,
			1163425, 398780)},
		{name: word{"3rd Ring Road", "三环路"}, bend: 500, line: points(
			1163250, 398565, 1164440, 398565, 1164555, 398680, 1164555, 399560, 1164470, 399670, 1163150, 399670,
			1163040, 399590, 1163040, 398830, 1163100, 398680)},
		{name: word{"4th Ring Road", "四环路"}, bend: 700, line: points(
			1162880, 398320, 1164640, 398320, 1164830, 398480, 1164830, 399760, 1164720, 399865, 1162870, 399865,
			1162700, 399740, 1162700, 398520)},
		{name: word{"5th Ring Road", "五环路"}, bend: 1_200, line: points(
			1162320, 398180, 1162780, 397720, 1163700, 397680, 1164530, 397830, 1165050, 398120, 1165450, 398560,
			1165400, 399350, 1165200, 400010, 1164700, 400210, 1163500, 400225, 1162680, 400190, 1162170, 399890,
			1162060, 399260, 1162110, 398560)},
		{name: word{"6th Ring Road", "六环路"}, bend: 2_500, line: points(
			1161250, 398090, 1161750, 397330, 1162480, 396900, 1163900, 396790, 1165360, 396960, 1166680, 397560,
			1167160, 398640, 1167240, 399820, 1166850, 400650, 1166000, 401350, 1165200, 401720, 1164480, 401800,
			1162860, 401790, 1161980, 401290, 1161560, 400480, 1161290, 399560, 1161210, 398900)},
	})
})

// newRings lays rings of which the corners are given.
func newRings(list []ring) []ring {
	for i := range list {
		g := &list[i]
		line := g.line.softened(g.bend * metre)
		g.line = append(line, line[0]).dense(250 * metre)[1:]
		for k := range g.line {
			g.line[k] = warp(g.line[k])
		}
		g.bounds = g.line.box()
	}
	return list
}

// contains reports whether p lies inside the ring.
func (g *ring) contains(p place) bool { return g.bounds.contains(p) && g.line.contains(p) }

// sides returns the ring in four, with their names: each turns to one side of the city.
func (g *ring) sides() (names [4]word, sides [4]path) {
	words := [...]word{{"East ", "东"}, {"North ", "北"}, {"West ", "西"}, {"South ", "南"}}
	middle := g.line.middle()
	side := func(p place) int {
		dx, dy := middle.offset(p)
		switch {
		case dx >= max(dy, -dy):
			return 0
		case dy >= max(dx, -dx):
			return 1
		case -dx >= max(dy, -dy):
			return 2
		default:
			return 3
		}
	}
	n := len(g.line)
	start := 0
	for side(g.line[start]) != 0 || side(g.line[(start+n-1)%n]) != 3 {
		start++
	}
	last := g.line[start]
	for k := range n {
		p := g.line[(start+k)%n]
		s := side(p)
		if len(sides[s]) == 0 {
			sides[s] = append(sides[s], last) // sides share their ends
		}
		sides[s], last = append(sides[s], p), p
	}
	sides[3] = append(sides[3], g.line[start])
	sides[0] = sides[0][1:]
	for s := range names {
		names[s] = word{words[s].en + g.name.en, words[s].zh + g.name.zh}
	}
	return names, sides
}

// level returns how many rings away from the old city p is: 0 inside the 2nd ring, 5 outside the 6th.
func level(p place) int {
	list := rings()
	for i := range list {
		if list[i].contains(p) {
			return i
		}
	}
	return len(list)
}
