package synthetic

// class is the kind of a street.
type class uint8

const (
	lane class = iota
	avenue
	ringRoad
	expressway
	classes
)

// road is a whole road as it is drawn.
type road struct {
	name  word
	class string
	line  path
}

// network is all streets of a city, and how to draw one.
type network struct {
	seed     uint64
	ground   *ground // where streets and parcels of towns can be
	farmland *ground // where fields can be
	streets  []street
	roads    []road // but lanes
	lanes    []road
	blocks   []block
	land     []area // that is built over
	hamlets  []hamlet
	woods    []area // the forests, with clearings
	// numbers are how many house numbers each name has so far, while streets are laid.
	numbers map[string]int64
	// complaints draws a street by what is reported from it, vendors the busier the likelier, larger
	// one of the larger roads by its length, and lengths any street by its length.
	complaints, vendors, larger, lengths sums
}

// The margins that parcels and lanes keep from water and parks, and half the widths of large roads
// with what is beside them, in metres.
const (
	shoreMargin    = 16
	innerRingHalf  = 36
	outerRingHalf  = 44
	expresswayHalf = 32
)

// newNetwork lays out the streets of a city.
func newNetwork(seed uint64) *network {
	n := &network{seed: seed, numbers: map[string]int64{}}
	var r random
	r.begin(seed, streamStreets, 0)
	n.settle(&r)
	city, farms := n.cityGrid(&r), n.farmGrid(&r)
	n.plant(city)
	n.plant(farms)
	n.ground = n.newGround()
	n.rings()
	n.highways()
	n.lay(&r, city, word{"Beijing", "北京"}, "city")
	for i := range towns {
		if level(towns[i].place) > 4 {
			n.lay(&r, n.townGrid(&r, &towns[i]), towns[i].name, "town")
		}
	}
	for i := range n.hamlets {
		h := &n.hamlets[i]
		n.lay(&r, villageGrid(&r, h.place), h.name.with(wordCun), "village")
	}
	n.country()
	n.farmland = n.newGround()
	n.farmland.add(12, n.land)
	for _, o := range n.ground.obstacles {
		if !o.shore {
			n.farmland.block(o)
		}
	}
	n.farm(&r, farms)
	n.numbers = nil
	n.complaints = newSums(n.streets, func(s street) int64 { return s.weight })
	n.vendors = newSums(n.streets, func(s street) int64 {
		if s.class > avenue {
			return 0
		}
		return s.weight * s.pull / 100 * s.pull / 100
	})
	n.larger = newSums(n.streets, func(s street) int64 {
		if s.class == lane {
			return 0
		}
		return s.length
	})
	n.lengths = newSums(n.streets, func(s street) int64 { return s.length })
	return n
}

// newGround returns the ground with all that was there before streets.
func (n *network) newGround() *ground {
	g := newGround()
	land := nature()
	for _, list := range [][]area{land.water, land.parks, land.compounds, n.woods} {
		g.add(shoreMargin, list)
	}
	return g
}

// plant adds the woods of a grid. Large ones have a name.
func (n *network) plant(g *grid) {
	var r random
	for _, a := range g.outlines(word{}, wood, func(k kind) bool { return k == woodland }) {
		if a.border.squareMetres() > 2_000_000 {
			r.begin(uint64(a.border[0].x), streamParks, int(a.border[0].y))
			a.name = drawStem(&r).with(wordForest)
		}
		n.woods = append(n.woods, a)
	}
}

// asides are how far the houses of each class of street stand from its middle, in metres.
var asides = [classes]int64{lane: 6, avenue: 16, ringRoad: 22, expressway: 20}

// houses adds streets along a line, in pieces of half a kilometre so that each has what its own
// neighbourhood gives it, wherever there is no water and no park. hundred returns what is reported
// from 100 metres of it.
func (n *network) houses(r *random, name word, c class, line path, hundred func(place) int64) {
	margin := asides[c] + 18
	least := int64(30 * metre)
	for _, run := range n.free(line, least, func(p place) bool { return extent.contains(p) && n.ground.open(p, margin) }) {
		count := 1 + (run[1]-run[0])/(700*metre)
		for k := range count {
			from, to := run[0]+(run[1]-run[0])*k/count, run[0]+(run[1]-run[0])*(k+1)/count
			part := line
			if from > 0 || to < line.length() {
				part = line.between(from, to)
			}
			n.add(r, name, c, part, hundred(part.at(part.length()/2)))
		}
	}
}

// free returns the parts of a line for which fits holds, see [path.runs]. It looks only if there is an
// obstacle near.
func (n *network) free(line path, least int64, fits func(place) bool) [][2]int64 {
	b := line.box()
	if extent.contains(b.min) && extent.contains(b.max) && n.ground.clear(b) {
		return [][2]int64{{0, line.length()}}
	}
	return line.runs(least, fits)
}

// add adds a street. hundred is what is reported from 100 metres of it. Its house numbers go on where
// those of the last street of its name end, also when that is another street elsewhere: an address is
// in one place.
func (n *network) add(r *random, name word, c class, line path, hundred int64) {
	length := line.length()
	if length < 30*metre {
		return
	}
	middle := line.at(length / 2)
	s := street{
		name: name.en, zh: name.zh, line: line, length: length, class: c,
		doors: max(1, length/(doorSpacings[c]*metre)), pull: pull(middle),
		first: n.numbers[name.en],
	}
	n.numbers[name.en] += 2 * s.doors
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

func (n *network) rings() {
	for i, g := range rings() {
		half := int64(outerRingHalf)
		if i < 3 {
			half = innerRingHalf
		}
		names, sides := g.sides()
		for k, side := range sides {
			n.ground.road(side, half)
			n.roads = append(n.roads, road{names[k], "ring", side})
			n.houses(nil, names[k], ringRoad, side, func(p place) int64 { return density[level(p)] })
		}
	}
}

func (n *network) highways() {
	for i := range highways {
		h := &highways[i]
		line := h.path.smooth(3)
		n.ground.road(line, expresswayHalf)
		n.roads = append(n.roads, road{h.name, "motorway", line})
		n.houses(nil, h.name, expressway, line, func(p place) int64 { return density[level(p)] })
	}
}
