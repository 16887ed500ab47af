package synthetic

import "github.com/paulmach/orb"

// place is a position in units of 1e-7 degrees, x east and y north.
type place struct{ x, y int64 }

const (
	degree = 10_000_000
	// A unit of latitude is 0.0111 m. A unit of longitude is shorter by the cosine of 39.9°.
	cosine = 767 // thousandths
	// metre is one metre of latitude.
	metre = 90
)

// at returns the place at lon, lat in ten-thousandths of a degree.
func at(lon, lat int64) place { return place{lon * degree / 10_000, lat * degree / 10_000} }

// squared returns the square of the distance between p and q, in units of latitude.
func (p place) squared(q place) int64 {
	dx, dy := (p.x-q.x)*cosine/1000, p.y-q.y
	return dx*dx + dy*dy
}

// point returns p in degrees. The quotient of two whole numbers is rounded the same way everywhere,
// and no sum follows that a machine could fuse.
func (p place) point() orb.Point { return orb.Point{float64(p.x) / degree, float64(p.y) / degree} }

// towards returns the place that is part/whole of the way from p to q.
func (p place) towards(q place, part, whole int64) place {
	return place{p.x + (q.x-p.x)*part/whole, p.y + (q.y-p.y)*part/whole}
}

// box is a rectangle of places.
type box struct{ min, max place }

func (b box) contains(p place) bool {
	return p.x >= b.min.x && p.x <= b.max.x && p.y >= b.min.y && p.y <= b.max.y
}

// extent is [Extent] a little smaller, so that what stands beside a street is inside, too.
var extent = box{at(1158050, 395050), at(1171950, 404950)}

// ring is a ring road: a rectangle whose corners are cut.
type ring struct {
	name word
	box
	cut int64 // of each corner, along both sides
}

// rings from the 2nd to the 6th, each inside the next.
var rings = []ring{
	{word{"2nd Ring Road", "二环路"}, box{at(1163500, 398680), at(1164340, 399500)}, 400 * metre},
	{word{"3rd Ring Road", "三环路"}, box{at(1163050, 398500), at(1164620, 399680)}, 1_300 * metre},
	{word{"4th Ring Road", "四环路"}, box{at(1162700, 398310), at(1164860, 399890)}, 2_200 * metre},
	{word{"5th Ring Road", "五环路"}, box{at(1162090, 397640), at(1165460, 400220)}, 5_200 * metre},
	{word{"6th Ring Road", "六环路"}, box{at(1161040, 396830), at(1167210, 401720)}, 12_000 * metre},
}

// contains reports whether p lies inside the ring.
func (g *ring) contains(p place) bool {
	if !g.box.contains(p) {
		return false
	}
	dx := min(p.x-g.min.x, g.max.x-p.x) * cosine / 1000
	dy := min(p.y-g.min.y, g.max.y-p.y)
	return dx+dy >= g.cut
}

// corners returns the ring's corners, clockwise from the western end of the north side.
func (g *ring) corners() []place {
	cx, cy := g.cut*1000/cosine, g.cut
	return []place{
		{g.min.x + cx, g.max.y},
		{g.max.x - cx, g.max.y},
		{g.max.x, g.max.y - cy},
		{g.max.x, g.min.y + cy},
		{g.max.x - cx, g.min.y},
		{g.min.x + cx, g.min.y},
		{g.min.x, g.min.y + cy},
		{g.min.x, g.max.y - cy},
	}
}

// level returns how many rings away from the old city p is: 0 inside the 2nd ring, 5 outside the 6th.
func level(p place) int {
	for i := range rings {
		if rings[i].contains(p) {
			return i
		}
	}
	return len(rings)
}

// density is how much is reported from 100 metres of street at each level. Inside the 5th ring it
// also falls with the distance from the middle, see [fall].
var density = [...]int64{75, 100, 105, 90, 12, 4}

// heart is [Center].
var heart = at(1163970, 399070)

// fall returns how much less is reported at p than in the middle, in thousandths: half at nine
// kilometres.
func fall(p place) int64 {
	const half = 9_000 * metre
	return 1000 * half * half / (half*half + p.squared(heart))
}

// mood returns how much people of the neighbourhood of p report, in percent of the usual: it varies
// smoothly between points about two kilometres apart, differently in each city.
func mood(seed uint64, p place) int64 {
	const width, height = 2_200 * metre * 1000 / cosine, 2_200 * metre
	x, y := p.x/width, p.y/height
	corner := func(x, y int64) int64 { return 40 + int64(mix(seed^mix(uint64(x)<<32|uint64(y)))%130) }
	right, up := p.x%width*1000/width, p.y%height*1000/height
	south := corner(x, y)*(1000-right) + corner(x+1, y)*right
	north := corner(x, y+1)*(1000-right) + corner(x+1, y+1)*right
	return (south*(1000-up) + north*up) / 1_000_000
}

// hub is a place that draws people: a station, a market, a bar street.
type hub struct {
	place
	reach    int64 // distance at which it has a quarter of its force, in metres
	strength int64 // how much more is reported at its middle, in percent
}

var hubs = []hub{
	{at(1163740, 399090), 700, 500},   // Xidan
	{at(1164105, 399130), 600, 450},   // Wangfujing
	{at(1164610, 399090), 900, 550},   // Guomao
	{at(1164545, 399340), 700, 600},   // Sanlitun
	{at(1163150, 399830), 900, 500},   // Zhongguancun
	{at(1163380, 399930), 700, 450},   // Wudaokou
	{at(1163215, 398950), 800, 550},   // West railway station
	{at(1163790, 398650), 700, 400},   // South railway station
	{at(1164270, 399040), 500, 450},   // railway station
	{at(1163850, 399400), 600, 450},   // Houhai
	{at(1164030, 399370), 400, 500},   // Nanluoguxiang
	{at(1163980, 398970), 500, 400},   // Qianmen
	{at(1164750, 399970), 1_000, 400}, // Wangjing
	{at(1164600, 398750), 600, 400},   // Panjiayuan
	{at(1164620, 398930), 500, 350},   // Shuangjing
	{at(1163100, 398790), 600, 350},   // Liuliqiao
	{at(1164350, 399410), 500, 450},   // Dongzhimen
	{at(1163550, 399400), 500, 400},   // Xizhimen
	{at(1163930, 399480), 400, 350},   // Gulou
	{at(1164170, 399490), 400, 350},   // Yonghegong
	{at(1163990, 399920), 800, 300},   // the Olympic park's edge
	{at(1163420, 398580), 600, 350},   // Caoqiao
	{at(1164030, 398450), 700, 400},   // Dahongmen
	{at(1164170, 400540), 1_000, 450}, // Tiantongyuan
	{at(1163220, 400740), 1_000, 450}, // Huilongguan
	{at(1162000, 399060), 800, 300},   // Gucheng
	{at(1166570, 399060), 900, 400},   // Tongzhou
	{at(1165060, 397950), 900, 350},   // Yizhuang
	{at(1163400, 397290), 800, 350},   // Huangcun
	{at(1161410, 397340), 800, 300},   // Liangxiang
	{at(1165980, 400520), 700, 350},   // the airport town
	{at(1165170, 399230), 700, 350},   // Qingnian Road
}

// pull returns how much is reported at p because of the hubs, in percent of what it would be without.
func pull(p place) int64 {
	sum := int64(100)
	for i := range hubs {
		reach := hubs[i].reach * metre
		near := 1000 * reach * reach / (reach*reach + p.squared(hubs[i].place))
		sum += hubs[i].strength * near * near / 1_000_000
	}
	return sum
}

// town is a place with streets of its own outside the 5th ring.
type town struct {
	place
	blocks  int64 // along each side
	density int64 // as in density, at its middle
}

var towns = []town{
	{at(1166560, 399080), 16, 70}, // Tongzhou
	{at(1163250, 400720), 12, 85}, // Huilongguan
	{at(1164180, 400560), 10, 90}, // Tiantongyuan
	{at(1162330, 402200), 12, 55}, // Changping
	{at(1166540, 401290), 13, 55}, // Shunyi
	{at(1163400, 397280), 13, 65}, // Daxing
	{at(1161420, 397340), 11, 50}, // Fangshan
	{at(1161020, 399400), 8, 45},  // Mentougou
	{at(1165080, 397900), 11, 55}, // Yizhuang
	{at(1166310, 403180), 9, 40},  // Huairou
	{at(1168430, 403760), 9, 40},  // Miyun
	{at(1171180, 401420), 9, 40},  // Pinggu
	{at(1159740, 404560), 8, 35},  // Yanqing
	{at(1159690, 396080), 6, 30},  // Zhoukoudian
	{at(1165980, 400600), 6, 50},  // the airport town
	{at(1168000, 396200), 5, 30},  // the south-east
	{at(1162350, 396300), 5, 30},  // the south
}

// parks have no streets: palaces, lakes, gardens and an airfield.
var parks = []box{
	{at(1163880, 399130), at(1164010, 399240)}, // the palace
	{at(1163800, 399160), at(1163880, 399320)}, // Beihai
	{at(1164030, 398740), at(1164160, 398870)}, // Tiantan
	{at(1163830, 400000), at(1163990, 400220)}, // the Olympic forest
	{at(1162600, 399820), at(1162820, 400020)}, // Kunming lake
	{at(1162880, 400030), at(1163130, 400140)}, // Yuanmingyuan
	{at(1164660, 399320), at(1164840, 399480)}, // Chaoyang park
	{at(1163000, 399130), at(1163170, 399200)}, // Yuyuantan
	{at(1161750, 399850), at(1162080, 400080)}, // the Fragrant Hills
	{at(1165700, 400600), at(1166230, 401000)}, // the airfield
}

func inPark(p place) bool {
	for i := range parks {
		if parks[i].contains(p) {
			return true
		}
	}
	return false
}

// hills reports whether p lies in the mountains of the west and north, where nobody lives but in
// the valleys.
func hills(p place) bool {
	west := p.x < at(1160500, 0).x && p.y > at(0, 397500).y
	north := p.y > at(0, 402600).y && p.x < at(1165500, 0).x && p.x > at(1160500, 0).x
	east := p.y > at(0, 404100).y && p.x > at(1165500, 0).x
	return west || north || east
}

// highway is a road out of the city.
type highway struct {
	name word
	path []place
}

var highways = []highway{
	{word{"Chang'an Avenue", "长安街"}, []place{at(1161950, 399060), at(1163560, 399070), at(1164360, 399075), at(1165100, 399085), at(1166560, 399080)}},
	{word{"Airport Expressway", "机场高速公路"}, []place{at(1164480, 399560), at(1164900, 399990), at(1165900, 400580)}},
	{word{"Badaling Expressway", "八达岭高速公路"}, []place{at(1163740, 399680), at(1163450, 400450), at(1162400, 402150), at(1161700, 402650), at(1159900, 404500)}},
	{word{"Jingcheng Expressway", "京承高速公路"}, []place{at(1164330, 399700), at(1165000, 400500), at(1166300, 403150), at(1168350, 403700)}},
	{word{"Jingping Expressway", "京平高速公路"}, []place{at(1164860, 399890), at(1166700, 400600), at(1170950, 401400)}},
	{word{"Jingha Expressway", "京哈高速公路"}, []place{at(1164860, 398900), at(1167000, 398600), at(1170500, 398900)}},
	{word{"Jinghu Expressway", "京沪高速公路"}, []place{at(1164620, 398500), at(1165300, 397700), at(1167600, 396100)}},
	{word{"Jingkai Expressway", "京开高速公路"}, []place{at(1163500, 398500), at(1163400, 397300), at(1163300, 395150)}},
	{word{"Jinggang'ao Expressway", "京港澳高速公路"}, []place{at(1163050, 398800), at(1161500, 397500), at(1159800, 396100)}},
	{word{"Fushi Expressway", "阜石快速路"}, []place{at(1162700, 399230), at(1161900, 399300), at(1161050, 399430)}},
	{word{"Jingzang Road", "京藏路"}, []place{at(1163990, 400220), at(1164100, 401600), at(1165600, 403000)}},
}

// districts are the names of the districts, districtsZH the same in Chinese; seats are where each is at home. A place belongs to the
// district of the nearest seat, but for the old city, which two districts share.
var (
	districts = [...]string{
		"Dongcheng", "Xicheng", "Chaoyang", "Haidian", "Fengtai", "Shijingshan", "Mentougou", "Fangshan",
		"Tongzhou", "Shunyi", "Changping", "Daxing", "Huairou", "Pinggu", "Miyun", "Yanqing",
	}
	districtsZH = [len(districts)]string{
		"东城", "西城", "朝阳", "海淀", "丰台", "石景山", "门头沟", "房山", "通州", "顺义", "昌平", "大兴", "怀柔", "平谷", "密云", "延庆",
	}
	seats = []struct {
		place
		district int
	}{
		{at(1164700, 399300), 2},
		{at(1165300, 399900), 2},
		{at(1164800, 398700), 2},
		{at(1165700, 399400), 2},
		{at(1164300, 400000), 2},
		{at(1163000, 399700), 3},
		{at(1162800, 400400), 3},
		{at(1162000, 400500), 3},
		{at(1162800, 399250), 3},
		{at(1162900, 398500), 4},
		{at(1164000, 398300), 4},
		{at(1162000, 398300), 4},
		{at(1162000, 399100), 5},
		{at(1160900, 399500), 6},
		{at(1159000, 400000), 6},
		{at(1160000, 397200), 7},
		{at(1159000, 396500), 7},
		{at(1161500, 397300), 7},
		{at(1166600, 399000), 8},
		{at(1167500, 397500), 8},
		{at(1166600, 401300), 9},
		{at(1167800, 401500), 9},
		{at(1162300, 402200), 10},
		{at(1164000, 401000), 10},
		{at(1163000, 401000), 10},
		{at(1163400, 397200), 11},
		{at(1164200, 396000), 11},
		{at(1165000, 397800), 11},
		{at(1166300, 403300), 12},
		{at(1166000, 404500), 12},
		{at(1171000, 401500), 13},
		{at(1168500, 403800), 14},
		{at(1159800, 404500), 15},
		{at(1161500, 404700), 15},
	}
)

// districtOf returns the index of the district that p lies in.
func districtOf(p place) uint8 {
	if level(p) == 0 {
		if p.x < at(1163915, 0).x {
			return 1
		}
		return 0
	}
	best := 0
	for i := range seats {
		if p.squared(seats[i].place) < p.squared(seats[best].place) {
			best = i
		}
	}
	return uint8(seats[best].district)
}
