package synthetic

import (
	"math"
)

// class is the kind of a street.
type class uint8

const (
	lane class = iota
	avenue
	ringRoad
	expressway
	classes
)

// street is a straight piece of street with houses on both sides.
type street struct {
	name, zh string // in pinyin or English, and in Chinese
	from, to place
	length   int64 // in units of latitude
	doors    int64 // on each side
	weight   int64 // how much is reported from it
	pull     int64 // of the hubs, in percent
	class    class
	district uint8
}

// doorSpacing is how far the middles of two neighbouring houses are apart, in metres.
const doorSpacing = 14

// network is all streets of a city, and how to draw one.
type network struct {
	seed    uint64
	streets []street
	// complaints draws a street by what is reported from it, vendors the busier the likelier, roads
	// one of the larger roads by its length, and lengths any street by its length.
	complaints, vendors, roads, lengths sums
}

// newNetwork lays out the streets of a city.
func newNetwork(seed uint64) *network {
	n := &network{seed: seed}
	var r random
	r.begin(seed, streamStreets, 0)
	n.grid(&r, box{at(1161950, 397550), at(1165600, 400300)}, 620*metre, 4)
	n.grid(&r, box{at(1160900, 396750), at(1167350, 401800)}, 2_300*metre, 5)
	n.rings()
	n.highways()
	n.towns(&r)
	n.villages(&r)
	n.complaints = newSums(n.streets, func(s street) int64 { return s.weight })
	n.vendors = newSums(n.streets, func(s street) int64 {
		if s.class > avenue {
			return 0
		}
		return s.weight * s.pull / 100 * s.pull / 100
	})
	n.roads = newSums(n.streets, func(s street) int64 {
		if s.class == lane {
			return 0
		}
		return s.length
	})
	n.lengths = newSums(n.streets, func(s street) int64 { return s.length })
	return n
}

// add adds a street from one place to another. hundred is what is reported from 100 metres of it.
// A street that leaves the extent is left out.
func (n *network) add(r *random, name word, c class, from, to place, hundred int64) {
	if !extent.contains(from) || !extent.contains(to) {
		return
	}
	// A square root is rounded the same way on every machine.
	length := int64(math.Sqrt(float64(from.squared(to))))
	middle := from.towards(to, 1, 2)
	if length < 30*metre || inPark(middle) {
		return
	}
	s := street{
		name: name.en, zh: name.zh, from: from, to: to, length: length, class: c,
		doors: max(1, length/(doorSpacing*metre)), pull: pull(middle), district: districtOf(middle),
	}
	// A few streets have trouble that their neighbours have not.
	luck := int64(100)
	if r != nil {
		switch draw := r.below(1000); {
		case draw < 15:
			luck = 900
		case draw < 120:
			luck = 250
		case draw < 400:
			luck = 45
		}
	}
	share := [classes]int64{lane: 100, avenue: 130, ringRoad: 230, expressway: 110}[c]
	if level(middle) < 4 {
		hundred = hundred * fall(middle) / 1000
	}
	s.weight = max(1, length/metre*hundred*s.pull/1_000*mood(n.seed, middle)/100*luck/100*share/100)
	n.streets = append(n.streets, s)
}

// grid lays avenues over b, about spacing apart, and lanes into the blocks between them, wherever the
// level of a block is below outer and no finer grid has been.
func (n *network) grid(r *random, b box, spacing int64, outer int) {
	xs := lines(r, b.min.x, b.max.x, spacing*1000/cosine)
	ys := lines(r, b.min.y, b.max.y, spacing)
	nodes := make([][]place, len(xs)) // crossings, a little off their lines
	northSouth, eastWest := make([]word, len(xs)), make([]word, len(ys))
	for j := range ys {
		eastWest[j] = drawStem(r).with(wordRoad)
	}
	for i := range xs {
		northSouth[i] = drawStem(r).with(wordStreet)
		for j := range ys {
			nodes[i] = append(nodes[i], place{xs[i] + r.bell(spacing/8), ys[j] + r.bell(spacing/9)})
		}
	}
	for i := range len(xs) - 1 {
		for j := range len(ys) - 1 {
			c := block{nodes[i][j], nodes[i+1][j], nodes[i][j+1], nodes[i+1][j+1]}
			l := level(c.middle())
			if l >= outer || outer == 5 && l < 4 {
				continue
			}
			if r.chance(88) {
				n.add(r, eastWest[j], avenue, c.southWest, c.southEast, density[l])
			}
			if r.chance(88) {
				n.add(r, northSouth[i], avenue, c.southWest, c.northWest, density[l])
			}
			n.lanes(r, c, l)
		}
	}
}

// lines returns places from low to high along one axis, about spacing apart.
func lines(r *random, low, high, spacing int64) []int64 {
	var at []int64
	for v := low; v < high; v += r.between(spacing*7/10, spacing*13/10) {
		at = append(at, v)
	}
	return at
}

// block is the ground between four crossings.
type block struct{ southWest, southEast, northWest, northEast place }

func (b block) middle() place { return b.southWest.towards(b.northEast, 1, 2) }

// lanesOf says how many lanes a block has at each level: east to west, and north to south.
var lanesOf = [...]struct{ acrossMin, acrossMax, upMin, upMax int64 }{
	{4, 8, 0, 2}, // the hutong of the old city, mostly east to west
	{1, 4, 0, 3},
	{1, 3, 0, 3},
	{0, 3, 0, 2},
	{0, 3, 0, 2},
	{0, 2, 0, 2},
}

// lanes lays the lanes of a block; some end blindly.
func (n *network) lanes(r *random, b block, l int) {
	span := lanesOf[l]
	across, up := r.between(span.acrossMin, span.acrossMax), r.between(span.upMin, span.upMax)
	for k := range across {
		part := (k+1)*1000/(across+1) + r.bell(500/(across+1))
		west, east := b.southWest.towards(b.northWest, part, 1000), b.southEast.towards(b.northEast, part, 1000)
		n.lane(r, west, east, l, k+1)
	}
	for k := range up {
		part := (k+1)*1000/(up+1) + r.bell(500/(up+1))
		south, north := b.southWest.towards(b.southEast, part, 1000), b.northWest.towards(b.northEast, part, 1000)
		n.lane(r, south, north, l, k+1)
	}
}

// lane lays one lane from a to b, or a part of it.
func (n *network) lane(r *random, a, b place, l int, number int64) {
	start, end := int64(20), int64(980)
	switch r.below(6) {
	case 0:
		start = r.between(150, 500)
	case 1:
		end = r.between(500, 850)
	}
	last, counted := wordLane, wordLane
	if l == 0 {
		last, counted = wordHutong, wordTiao
	}
	full := drawStem(r).with(last)
	if r.chance(30) {
		full = drawStem(r).numbered(number, counted)
	}
	n.add(r, full, lane, a.towards(b, start, 1000), a.towards(b, end, 1000), density[l])
}

// pieces lays a road in pieces of about half a kilometre, so that each has what its own
// neighbourhood gives it.
func (n *network) pieces(name word, c class, path []place) {
	for i := range len(path) - 1 {
		from, to := path[i], path[i+1]
		count := 1 + int64(math.Sqrt(float64(from.squared(to))))/(500*metre)
		for k := range count {
			a, b := from.towards(to, k, count), from.towards(to, k+1, count)
			n.add(nil, name, c, a, b, density[level(a.towards(b, 1, 2))])
		}
	}
}

func (n *network) rings() {
	sides := [...]word{
		{"North ", "北"},
		{"Northeast ", "东北"},
		{"East ", "东"},
		{"Southeast ", "东南"},
		{"South ", "南"},
		{"Southwest ", "西南"},
		{"West ", "西"},
		{"Northwest ", "西北"},
	}
	for i := range rings {
		corners := rings[i].corners()
		for k := range corners {
			name := word{sides[k].en + rings[i].name.en, sides[k].zh + rings[i].name.zh}
			n.pieces(name, ringRoad, []place{corners[k], corners[(k+1)%len(corners)]})
		}
	}
}

func (n *network) highways() {
	for i := range highways {
		n.pieces(highways[i].name, expressway, highways[i].path)
	}
}

// towns lays a grid for each town, which thins out towards its edge.
func (n *network) towns(r *random) {
	const spacing = 430 * metre
	for i := range towns {
		t := &towns[i]
		half := t.blocks * spacing / 2
		corner := place{t.x - half*1000/cosine, t.y - half}
		xs := lines(r, corner.x, t.x+half*1000/cosine, spacing*1000/cosine)
		ys := lines(r, corner.y, t.y+half, spacing)
		for x := range len(xs) - 1 {
			for y := range len(ys) - 1 {
				b := block{
					place{xs[x], ys[y]},
					place{xs[x+1], ys[y]},
					place{xs[x], ys[y+1]},
					place{xs[x+1], ys[y+1]},
				}
				away := 1000 * b.middle().squared(t.place) / (half * half)
				if level(b.middle()) < 4 || away > 1000 || r.below(1000) < away*away/1400 {
					continue
				}
				hundred := max(3, t.density*(1000-away*3/4)/1000)
				n.add(r, drawStem(r).with(wordRoad), avenue, b.southWest, b.southEast, hundred)
				n.add(r, drawStem(r).with(wordStreet), avenue, b.southWest, b.northWest, hundred)
				for k := range r.between(0, 2) {
					part := 300 + 350*k + r.bell(100)
					n.add(r, drawStem(r).with(wordLane), lane,
						b.southWest.towards(b.northWest, part, 1000), b.southEast.towards(b.northEast, part, 1000), hundred)
				}
			}
		}
	}
}

// villageCount is how many villages are tried; those in the hills or in the city are mostly left out.
const villageCount = 700

// villages lays a few lanes here and there.
func (n *network) villages(r *random) {
	for range villageCount {
		p := place{r.between(extent.min.x, extent.max.x), r.between(extent.min.y, extent.max.y)}
		if level(p) < 4 || hills(p) && !r.chance(9) {
			continue
		}
		name := drawStem(r)
		for k := range r.between(2, 6) {
			from := place{p.x + r.bell(300*metre), p.y + r.bell(300*metre)}
			to := place{from.x + r.between(-40, 40)*metre, from.y + r.between(120, 380)*metre}
			if r.chance(55) {
				to = place{from.x + r.between(150, 500)*metre, from.y + r.between(-40, 40)*metre}
			}
			n.add(r, name.numbered(k+1, wordLane), lane, from, to, density[5]+2)
		}
	}
}

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
		trouble := func(house int64) uint64 { return mix(uint64(s.from.x ^ s.from.y ^ house)) }
		for range 7 {
			if other := r.below(2 * s.doors); trouble(other) > trouble(house) {
				house = other
			}
		}
	}
	k, side := house/2, house%2
	p := s.from.towards(s.to, 2*k+1, 2*s.doors)
	aside := [classes]int64{lane: 6, avenue: 16, ringRoad: 22, expressway: 20}[s.class] * metre
	if side == 0 {
		aside = -aside
	}
	dx, dy := (s.to.x-s.from.x)*cosine/1000, s.to.y-s.from.y
	p.x -= dy * aside / s.length * 1000 / cosine
	p.y += dx * aside / s.length
	return address{street: s, number: house + 1, place: p}
}
