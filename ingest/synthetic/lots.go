package synthetic

// lot is a piece of ground that belongs to somebody: a parcel, or a small park.
type lot struct {
	class  string
	name   word // of a park
	border path // counterclockwise
}

// The classes of lots.
const (
	residential = "residential"
	commercial  = "commercial"
	industrial  = "industrial"
	civic       = "civic"
	farm        = "farm"
	park        = "park"
	wood        = "wood"
)

// isGreen reports whether lots of a class are parks, not parcels.
func isGreen(class string) bool { return class == park || class == wood }

// eachLot calls yield for all lots of the city that are green, or for all others, until it returns
// false. They are made as they come, always the same.
func (n *network) eachLot(green bool, yield func(*lot) bool) {
	var r random
	s := subdivision{green: green, yield: yield}
	for i := range n.blocks {
		b := &n.blocks[i]
		s.ground = n.ground
		if b.kind == fields && b.level > 4 {
			s.ground = n.farmland
		}
		r.begin(n.seed, streamLots, i)
		if !s.block(&r, b) {
			return
		}
	}
}

// subdivision makes lots of blocks.
type subdivision struct {
	ground *ground
	green  bool
	yield  func(*lot) bool
	pieces []path
}

// The zones in which what is built is of one class mostly.
var zones = []struct {
	box
	class string
}{
	{box{at(1163200, 399960), at(1163330, 400080)}, civic},      // universities
	{box{at(1163020, 399880), at(1163130, 399990)}, civic},      // and one more
	{box{at(1163480, 399580), at(1163660, 399660)}, civic},      // and others
	{box{at(1164400, 399180), at(1164540, 399240)}, civic},      // embassies
	{box{at(1164540, 399400), at(1164640, 399500)}, civic},      // and more of them
	{box{at(1166780, 399050), at(1166980, 399150)}, civic},      // the city's government
	{box{at(1164900, 397400), at(1165500, 398050)}, industrial}, // Yizhuang
	{box{at(1165100, 398250), at(1165450, 398700)}, industrial},
	{box{at(1161380, 398950), at(1161680, 399320)}, industrial}, // the steelworks
	{box{at(1162500, 400250), at(1163050, 400600)}, commercial}, // software parks
	{box{at(1164530, 399030), at(1164680, 399180)}, commercial}, // the business district
	{box{at(1163540, 399090), at(1163610, 399200)}, commercial}, // the banks' street
	{box{at(1165500, 399900), at(1165700, 400200)}, industrial},
	{box{at(1166000, 401450), at(1166400, 401750)}, industrial},
	{box{at(1163000, 396900), at(1163300, 397200)}, industrial},
	{box{at(1167000, 397900), at(1167300, 398200)}, industrial},
}

// zoneOf draws the class of the ground around p.
func zoneOf(r *random, p place, level int) string {
	draw := r.below(1000)
	for i := range zones {
		if zones[i].contains(p) && draw < 820 {
			return zones[i].class
		}
	}
	crowd := pull(p)
	switch {
	case draw < (crowd-160)*2:
		return commercial
	case draw > 962:
		return civic
	case draw > 925 && level > 0, draw > 948:
		return park
	case level > 2 && noise(41, p, 3_300) > 560:
		return industrial
	default:
		return residential
	}
}

// block makes the lots of a block. Each piece between its lanes is of one class.
func (s *subdivision) block(r *random, b *block) bool {
	if b.kind == fields {
		return s.whole(r, b)
	}
	for k := range len(b.rows) - 1 {
		for j := range len(b.cols) - 1 {
			left, right, bottom, top := &b.cols[j], &b.cols[j+1], &b.rows[k], &b.rows[k+1]
			class := zoneOf(r, b.spot(left, right, bottom, top, 500, 500), b.level)
			if b.kind == village && class != residential && class != civic {
				class = residential
			}
			if class == civic || class == park {
				// A school has its ground to itself, and so has a park.
				if !s.put(b.quad(left, right, bottom, top, 0, 0, 1000, 1000), class) {
					return false
				}
				continue
			}
			if !s.split(r, b, left, right, bottom, top, class) {
				return false
			}
		}
	}
	return true
}

// quad returns the border of a part of the ground between four walls, in thousandths of it.
func (b *block) quad(left, right, bottom, top *wall, u0, v0, u1, v1 int64) path {
	return path{
		b.spot(left, right, bottom, top, u0, v0),
		b.spot(left, right, bottom, top, u1, v0),
		b.spot(left, right, bottom, top, u1, v1),
		b.spot(left, right, bottom, top, u0, v1),
	}
}

// lotSizes are how wide and deep lots are at each level, in metres.
var lotSizes = [...][2]int64{{64, 46}, {128, 100}, {150, 115}, {185, 150}, {220, 170}, {110, 95}}

// split makes the lots between four walls: rows of them, each parted by itself.
func (s *subdivision) split(r *random, b *block, left, right, bottom, top *wall, class string) bool {
	size := lotSizes[b.level]
	if b.kind == village {
		size = [2]int64{64, 56}
	}
	if class == industrial || class == commercial && b.level > 0 {
		size[0], size[1] = size[0]*3/2, size[1]*3/2
	}
	width, height := (right.at-left.at)/metre, (top.at-bottom.at)/metre
	deep := max(1, (height+size[1]/2)/size[1])
	for v := range deep {
		wide := max(1, (width*10+size[0]*5)/(size[0]*r.between(8, 13)))
		v0, v1 := v*1000/deep, (v+1)*1000/deep
		from := int64(0)
		for u := range wide {
			to := int64(1000)
			if u+1 < wide {
				to = (u+1)*1000/wide + r.bell(420/wide)
			}
			// A fence's width between neighbours.
			fence := 1000 * 3 / max(width, 3) / 2
			rise := 1000 * 3 / max(height, 3) / 2
			quad := b.quad(left, right, bottom, top, from+fence, v0+rise, to-fence, v1-rise)
			if !s.put(quad, classOfLot(r, class, b.level)) {
				return false
			}
			from = to
		}
	}
	return true
}

// classOfLot draws the class of one of the lots on ground of a class.
func classOfLot(r *random, class string, level int) string {
	draw := r.below(1000)
	switch {
	case class == residential && draw < 25:
		return commercial
	case class == residential && draw < 32 && level == 0:
		return civic
	case class == commercial && draw < 180:
		return residential
	default:
		return class
	}
}

// whole makes fields of a block.
func (s *subdivision) whole(r *random, b *block) bool {
	left, right, bottom, top := &b.cols[0], &b.cols[1], &b.rows[0], &b.rows[1]
	across := r.chance(50)
	count := r.between(2, 4)
	from := int64(0)
	for k := range count {
		to := int64(1000)
		if k+1 < count {
			to = (k+1)*1000/count + r.bell(300/count)
		}
		cut := int64(0)
		if r.chance(45) {
			cut = r.between(300, 700)
		}
		for _, part := range [][2]int64{{0, cut}, {cut, 1000}} {
			if part[0] == part[1] || r.chance(9) {
				continue
			}
			quad := b.quad(left, right, bottom, top, from+5, part[0]+5, to-5, part[1]-5)
			if !across {
				quad = b.quad(left, right, bottom, top, part[0]+5, from+5, part[1]-5, to-5)
			}
			if !s.put(quad, farm) {
				return false
			}
		}
		from = to
	}
	return true
}

// The smallest lots, in square metres.
const (
	leastLot  = 260
	leastPark = 2_500
	leastFarm = 9_000
)

// put publishes what obstacles leave of a lot.
func (s *subdivision) put(border path, class string) bool {
	if isGreen(class) != s.green || border.area() <= 0 || !border.convex() {
		return true
	}
	least := int64(leastLot)
	switch class {
	case park:
		least = leastPark
	case farm:
		least = leastFarm
	}
	s.pieces = s.ground.fit(s.pieces[:0], border, least)
	for _, piece := range s.pieces {
		l := lot{class: class, border: piece}
		switch class {
		case park:
			if piece = piece.inset(14 * metre); piece != nil {
				piece = piece.tidy(4 * metre)
			}
			if len(piece) < 3 || piece.squareMetres() < leastPark {
				continue
			}
			// The name is drawn apart, or it would decide what the next lots are.
			var r random
			r.begin(uint64(border[0].x), streamParks, int(border[0].y))
			l.name = drawStem(&r).with(wordPark)
			l.border = piece.softened(24 * metre)
		}
		if !s.yield(&l) {
			return false
		}
	}
	return true
}

// inset returns the convex border p moved inwards by a distance in units of latitude, or nothing.
func (p path) inset(by int64) path {
	out := p
	for i, a := range p {
		if out = out.cut(a, p[(i+1)%len(p)], by); out == nil {
			return nil
		}
	}
	return out
}
