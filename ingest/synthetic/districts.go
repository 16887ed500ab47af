package synthetic

import (
	"slices"
	"sync"
)

// districts are the names of the districts, districtsZH the same in Chinese; seats are where each has
// its government.
var (
	districts = [...]string{
		"Dongcheng", "Xicheng", "Chaoyang", "Haidian", "Fengtai", "Shijingshan", "Mentougou", "Fangshan",
		"Tongzhou", "Shunyi", "Changping", "Daxing", "Huairou", "Pinggu", "Miyun", "Yanqing",
	}
	districtsZH = [len(districts)]string{
		"东城", "西城", "朝阳", "海淀", "丰台", "石景山", "门头沟", "房山", "通州", "顺义", "昌平", "大兴", "怀柔", "平谷", "密云", "延庆",
	}
	seats = [len(districts)]place{
		at(1164160, 399310), at(1163610, 399150), at(1164430, 399216), at(1162980, 399590), at(1162860, 398620), at(1162220, 399060),
		at(1161010, 399400), at(1161360, 397330), at(1166500, 399050), at(1166480, 401280), at(1162280, 402180), at(1163350, 397270),
		at(1166260, 403180), at(1171150, 401420), at(1168380, 403760), at(1159700, 404570),
	}
)

// homes are places that belong to a district; others belong to that of the nearest home, but for the
// old city, which the first two districts share.
var homes = [len(districts)]path{
	{},
	{},
	points(1164700, 399300, 1165300, 399900, 1164800, 398700, 1165700, 399400, 1164300, 400000, 1164100, 399700, 1164600, 400300,
		1165200, 400400, 1165200, 398800, 1165800, 398900, 1166000, 400000, 1164700, 398300),
	points(1163000, 399700, 1162800, 400400, 1162000, 400500, 1162800, 399250, 1163300, 400000, 1163450, 399700, 1162200, 399800,
		1161600, 400900, 1162400, 400900, 1161000, 400500),
	points(1162900, 398500, 1164000, 398300, 1162000, 398300, 1162000, 398700, 1163400, 398300, 1161400, 398600, 1164350, 398200, 1162600, 398800),
	points(1162000, 399100, 1161700, 399300, 1162300, 399250, 1162100, 398900, 1161850, 399550),
	points(1160900, 399500, 1159000, 400000, 1160000, 399400, 1160300, 400300, 1158500, 399000, 1159500, 398700, 1158400, 400800, 1160600, 398800),
	points(1160000, 397200, 1159000, 396500, 1161500, 397300, 1158500, 397500, 1160300, 396200, 1159000, 395500, 1161200, 397900, 1158300, 398200, 1161300, 396600),
	points(1166600, 399000, 1167500, 397500, 1166800, 399800, 1166900, 398300, 1168000, 396500, 1167000, 396900, 1168600, 397300, 1166300, 398300, 1168500, 395900, 1167900, 398600),
	points(1166600, 401300, 1167800, 401500, 1165500, 401600, 1166900, 400600, 1165900, 400800, 1168500, 401300, 1168500, 400600, 1166600, 402200, 1165000, 401700, 1168100, 402200),
	points(1162300, 402200, 1164000, 401000, 1163000, 401000, 1163000, 402500, 1161200, 402100, 1164000, 402000, 1162000, 401200, 1161000, 401400, 1162400, 403200, 1159400, 401700),
	points(1163400, 397200, 1164200, 396000, 1165000, 397800, 1162700, 397300, 1163000, 396200, 1165300, 396700, 1166200, 396500, 1164300, 397300, 1165600, 395800, 1163300, 395300, 1165800, 397400),
	points(1166300, 403300, 1166000, 404500, 1164500, 404000, 1165200, 402900, 1164700, 403200, 1165800, 402600, 1163800, 403600, 1167000, 403000),
	points(1171000, 401500, 1171500, 402500, 1170000, 401000, 1170000, 402000, 1171500, 400500, 1170200, 400000, 1169700, 400800),
	points(1168500, 403800, 1168200, 403000, 1170000, 403500, 1171000, 404300, 1168700, 402800, 1167800, 404500, 1169300, 404700, 1171500, 403800),
	points(1159800, 404500, 1161500, 404700, 1158700, 404000, 1159500, 403600, 1160300, 403700, 1162800, 404700, 1161700, 403900),
}

// districtAt returns the index of the district that p would belong to if borders were exact: they are
// drawn along the cells of a lattice.
func districtAt(p place) uint8 {
	if level(p) == 0 {
		if p.x < axis {
			return 1
		}
		return 0
	}
	// People do not part the land by rulers.
	p = p.plus(
		noise(21, p, 6_500)*900*metre/1000+noise(22, p, 2_100)*170*metre/1000,
		noise(23, p, 6_500)*900*metre/1000+noise(24, p, 2_100)*170*metre/1000,
	)
	best, least := 0, int64(1)<<62
	for d, list := range homes {
		for _, home := range list {
			if away := p.squared(home); away < least {
				best, least = d, away
			}
		}
	}
	return uint8(best)
}

// borders are the districts' borders. They share theirs place by place. The old city's is the 2nd ring
// road, and the axis parts it.
var borders = sync.OnceValue(func() *coverage {
	return newCoverage(coveragePlan{members: len(districts), of: districtAt, node: districtCorner, line: districtLine})
})

// isOld reports whether a district is one of the old city.
func isOld(district uint8) bool { return district < 2 }

// districtCorner returns where districts meet near p: those of the old city on the ring road.
func districtCorner(around [4]uint8, p place) place {
	if slices.ContainsFunc(around[:], isOld) {
		if slices.Contains(around[:], 0) && slices.Contains(around[:], 1) {
			p.x = axis
		}
		line := rings()[0].line
		return line[nearest(line, p)]
	}
	return p
}

// nearest returns the index of the place that is nearest to p.
func nearest(places path, p place) int {
	best := 0
	for i, q := range places {
		if q.squared(p) < places[best].squared(p) {
			best = i
		}
	}
	return best
}

// districtLine returns the border between two districts of which one is of the old city.
func districtLine(a, b uint8, chain path) path {
	from, to := chain[0], chain[len(chain)-1]
	switch {
	case !isOld(a):
		return nil
	case isOld(b):
		return path{from, to}
	}
	line := rings()[0].line
	i, j, middle := nearest(line, from), nearest(line, to), nearest(line, chain[len(chain)/2])
	n := len(line)
	out := path{from}
	step := 1
	if (middle-i+n)%n > (j-i+n)%n { // the middle is on the other way round
		step = n - 1
	}
	for i != j {
		i = (i + step) % n
		out = append(out, line[i])
	}
	return out
}

// districtOf returns the index of the district that p lies in.
func districtOf(p place) uint8 { return borders().at(p) }
