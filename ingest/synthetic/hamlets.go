package synthetic

// hamlet is a village.
type hamlet struct {
	place
	name stem
	hill bool // in a clearing of a forest
}

const (
	// villageCount is how many villages are tried; those in the hills or in the city are mostly left out.
	villageCount = 640
	// villageApart is how far two villages are apart at least.
	villageApart = 1_500 * metre
	// clearingRadius is that of the clearing around a village in the hills, half less or more.
	clearingRadius = 620 * metre
)

// settle chooses where villages are and makes clearings for those in the hills.
func (n *network) settle(r *random) {
	closed := wilderness()
	n.woods = append(n.woods, nature().forests...)
	for i := range n.woods {
		n.woods[i].holes = nil // another city's clearings are not ours
	}
	for range villageCount {
		p := place{r.between(extent.min.x, extent.max.x), r.between(extent.min.y, extent.max.y)}
		inHills := r.chance(22)
		if level(p) < 5 || n.crowded(p, villageApart) || !extent.contains(p.plus(900*metre, 900*metre)) || !extent.contains(p.plus(-900*metre, -900*metre)) {
			continue
		}
		where := closed.areaAt(p)
		switch {
		case where == nil && closed.open(p, 80):
			n.hamlets = append(n.hamlets, hamlet{place: p, name: drawStem(r)})
		case where != nil && where.class == "forest" && inHills && n.clear(closed, p):
			n.hamlets = append(n.hamlets, hamlet{p, drawStem(r), true})
		}
	}
}

// crowded reports whether there is a village nearer to p than apart, in units of latitude, or a town
// near it.
func (n *network) crowded(p place, apart int64) bool {
	for i := range n.hamlets {
		if n.hamlets[i].squared(p) < apart*apart {
			return true
		}
	}
	for i := range towns {
		reach := towns[i].blocks*townSpacing/2 + 700*metre
		if towns[i].squared(p) < reach*reach {
			return true
		}
	}
	return false
}

// clear makes a clearing around p in the forest that it lies in, unless that or water is near.
func (n *network) clear(closed *ground, p place) bool {
	var hole path
	for i, q := range octagon(p, clearingRadius) {
		part := int64(mix(n.seed^uint64(p.x)^uint64(p.y)<<8^uint64(i))%900) + 550
		hole = append(hole, p.towards(q, part, 1000))
	}
	hole = hole.rounded(3)
	for i := range n.woods {
		f := &n.woods[i]
		if !f.contains(p) {
			continue
		}
		for k, q := range f.border {
			if (edge{q, f.border[(k+1)%len(f.border)]}).near(hole, 200*metre) {
				return false
			}
		}
		for _, q := range hole {
			if a := closed.areaAt(q); a == nil || a.class != "forest" {
				return false
			}
		}
		f.holes = append(f.holes, hole.counterclockwise())
		return true
	}
	return false
}

// maxCountryRoad is how far two places that a country road joins are apart at most.
const maxCountryRoad = 8_000 * metre

// country joins villages and towns by roads: two places for which no third is nearer to both
// (Toussaint 1980).
func (n *network) country() {
	var r random
	r.begin(n.seed, streamStreets, 1)
	var ends []place
	for i := range n.hamlets {
		ends = append(ends, n.hamlets[i].place)
	}
	for i := range towns {
		ends = append(ends, towns[i].place)
	}
	for i, a := range ends {
		for _, b := range ends[i+1:] {
			apart := a.squared(b)
			if apart > maxCountryRoad*maxCountryRoad || between(ends, a, b, apart) {
				continue
			}
			n.countryRoad(drawStem(&r).with(wordRoad), path{a, b}.rough(700*metre, 260, n.seed).smooth(2))
		}
	}
}

// between reports whether one of places is nearer to both a and b than they are to each other.
func between(places []place, a, b place, apart int64) bool {
	for _, c := range places {
		if c != a && c != b && c.squared(a) < apart && c.squared(b) < apart {
			return true
		}
	}
	return false
}

// countryRoad lays a road outside of towns, as far as it meets no lake or park.
func (n *network) countryRoad(name word, line path) {
	inTown := func(p place) bool {
		if level(p) < 5 {
			return true
		}
		for i := range towns {
			reach := towns[i].blocks * townSpacing * 9 / 20
			if towns[i].squared(p) < reach*reach {
				return true
			}
		}
		return false
	}
	runs := line.runs(400*metre, func(p place) bool {
		a := n.ground.areaAt(p)
		return !inTown(p) && (a == nil || a.class == "river" || a.class == "canal" || a.class == wood || a.class == "forest")
	})
	for _, run := range runs {
		part := line.between(run[0], run[1])
		n.ground.road(part, 9)
		n.roads = append(n.roads, road{name, "street", part})
	}
}
