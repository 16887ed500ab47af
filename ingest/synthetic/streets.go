package synthetic

// street is a piece of street with houses on both sides.
type street struct {
	name, zh string // in pinyin or English, and in Chinese
	line     path   // its middle, in the order of its numbers
	length   int64  // in units of latitude
	doors    int64  // on each side
	first    int64  // house numbers of its name that stand before it, an even number
	weight   int64  // how much is reported from it
	pull     int64  // of the hubs, in percent
	class    class
}

// doorSpacings are how far the middles of two neighbouring houses are apart on each class of street, in
// metres. Beside large roads there are few.
var doorSpacings = [classes]int64{lane: 14, avenue: 14, ringRoad: 25, expressway: 60}

// address is a door of a street.
type address struct {
	street *street
	number int64 // odd on one side, even on the other
	place
}

// door draws one of a street's doors, some of them far more often than others. It stands beside the
// street's middle, further away the larger the street is; the same door always stands at the same
// place.
func (s *street) door(r *random) address {
	house := r.below(2 * s.doors)
	if r.chance(60) {
		// Of several houses take the one with most trouble, which is always the same.
		trouble := func(house int64) uint64 { return mix(uint64(s.line[0].x ^ s.line[0].y ^ house)) }
		for range 7 {
			if other := r.below(2 * s.doors); trouble(other) > trouble(house) {
				house = other
			}
		}
	}
	k, side := house/2, house%2
	i, part, length := s.line.edgeAt(s.length * (2*k + 1) / (2 * s.doors))
	a, b := s.line[i], s.line[i+1]
	aside := asides[s.class] * metre
	if side == 0 {
		aside = -aside
	}
	dx, dy := a.offset(b)
	return address{
		street: s, number: s.first + house + 1,
		place: a.towards(b, part, length).plus(-dy*aside/length, dx*aside/length),
	}
}

// edges are the streets on the sides of a grid's blocks: 0 for none, else half their width.
type edges struct {
	across, up [][]int64 // by line, then by piece along it
}

// lay lays the streets of a grid, then the lanes of its blocks. The name and the class are those of the
// land that they build over.
func (n *network) lay(r *random, g *grid, name word, class string) {
	n.land = append(n.land, g.outlines(name, class, func(k kind) bool { return k >= urban })...)
	var e edges
	for j := range g.ys {
		e.across = append(e.across, n.line(r, g, j, true))
	}
	for i := range g.xs {
		e.up = append(e.up, n.line(r, g, i, false))
	}
	for j := range len(g.ys) - 1 {
		for i := range len(g.xs) - 1 {
			if k := g.kind(i, j); k == fields || k >= urban {
				n.block(r, g, &e, i, j)
			}
		}
	}
}

// Half the widths of streets with what is beside them, in units of latitude.
const (
	avenueHalf = 22 * metre
	streetHalf = 15 * metre
	laneHalf   = 7 * metre
	hutongHalf = 5 * metre
)

// line lays the streets along a line of a grid and returns half the width of each.
func (n *network) line(r *random, g *grid, k int, across bool) []int64 {
	lines, others, last := g.ys, g.xs, wordRoad
	if !across {
		lines, others, last = g.xs, g.ys, wordStreet
	}
	line := &lines[k]
	t := thoroughfare{net: n, grid: g, line: line, last: last}
	halves := make([]int64, len(others)-1)
	for i := range halves {
		a, b := g.kind(i, k-1), g.kind(i, k)
		from, to := [2]int64{others[i].at, line.at}, [2]int64{others[i+1].at, line.at}
		if !across {
			a, b = g.kind(k-1, i), g.kind(k, i)
			from, to = [2]int64{line.at, others[i].at}, [2]int64{line.at, others[i+1].at}
		}
		built := a >= urban || b >= urban
		there := built && (line.major || r.chance(90)) || line.far && (a > unbuilt || b > unbuilt)
		piece := g.frame.path(from[0], from[1], to[0], to[1], 4)
		if !there || n.ground.onRoad(piece) {
			t.end()
			continue
		}
		halves[i] = t.piece(r, piece)
	}
	t.end()
	return halves
}

// thoroughfare is a road along a line of a grid while it is laid.
type thoroughfare struct {
	net  *network
	grid *grid
	line *gridLine
	last word // of its name
	name word
	left int64 // pieces until it changes its name, unless that is the line's
	path path
}

// piece adds the next piece to the road, and its houses. It returns half its width.
func (t *thoroughfare) piece(r *random, piece path) int64 {
	t.rename(r, piece[0])
	c := avenue
	if t.grid.lanes {
		c = lane
	}
	length := piece.length()
	for _, run := range t.net.free(piece, 60*metre, t.net.ground.passable) {
		part := piece
		if run[0] > 0 || run[1] < length {
			t.end()
			part = piece.between(run[0], run[1])
		}
		if len(t.path) == 0 {
			t.path = append(t.path, part[0])
		}
		t.path = append(t.path, part[1:]...)
		t.net.houses(r, t.name, c, part, t.grid.hundred)
		if run[1] < length {
			t.end()
		}
	}
	switch {
	case t.grid.lanes:
		return laneHalf
	case t.line.major:
		return avenueHalf
	default:
		return streetHalf
	}
}

// rename sets the road's name for the piece that begins at from.
func (t *thoroughfare) rename(r *random, from place) {
	if own := t.line.name; own.en != "" && from.squared(heart) < innerReach*innerReach {
		if t.name != own {
			t.end()
			t.name, t.left = own, 0
		}
		return
	}
	if t.left--; t.left > 0 {
		return
	}
	t.end()
	t.name, t.left = drawStem(r).with(t.last), r.between(5, 12)
	if t.grid.lanes {
		t.name = drawStem(r).with(wordLane)
	}
}

// end ends the road as far as it has come.
func (t *thoroughfare) end() {
	if len(t.path) > 1 {
		switch {
		case t.grid.lanes:
			t.net.lanes = append(t.net.lanes, road{t.name, "lane", t.path})
		case t.line.major:
			t.net.roads = append(t.net.roads, road{t.name, "avenue", t.path})
		default:
			t.net.roads = append(t.net.roads, road{t.name, "street", t.path})
		}
	}
	t.path = nil
}
