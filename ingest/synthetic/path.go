package synthetic

import "github.com/paulmach/orb"

// path is a line of straight edges, or the border of an area: then it is closed without repeating its
// first place. Lengths along it are in units of latitude.
type path []place

// points returns a path of places, given as lon, lat in ten-thousandths of a degree one after the other.
func points(coordinates ...int64) path {
	p := make(path, 0, len(coordinates)/2)
	for i := 0; i+1 < len(coordinates); i += 2 {
		p = append(p, at(coordinates[i], coordinates[i+1]))
	}
	return p
}

// length returns the length of p as a line.
func (p path) length() int64 {
	sum := int64(0)
	for i := 1; i < len(p); i++ {
		sum += p[i-1].distance(p[i])
	}
	return sum
}

// edgeAt returns the edge of p that is s along it, as the index of its first place, and how far along
// the edge that is of how much. What lies beyond the ends is on the last edge there.
func (p path) edgeAt(s int64) (first int, part, length int64) {
	for {
		length = p[first].distance(p[first+1])
		if s <= length || first+2 == len(p) {
			return first, min(max(s, 0), length), max(length, 1)
		}
		s -= length
		first++
	}
}

// at returns the place s along p.
func (p path) at(s int64) place {
	i, part, length := p.edgeAt(s)
	return p[i].towards(p[i+1], part, length)
}

// between returns the part of p from one place along it to another, from < to.
func (p path) between(from, to int64) path {
	i, part, length := p.edgeAt(from)
	j, end, last := p.edgeAt(to)
	out := path{p[i].towards(p[i+1], part, length)}
	for _, inner := range append(p[i+1:j+1:j+1], p[j].towards(p[j+1], end, last)) {
		if inner != out[len(out)-1] {
			out = append(out, inner)
		}
	}
	return out
}

// box returns the smallest box around p, which is not empty.
func (p path) box() box {
	b := box{p[0], p[0]}
	for _, q := range p[1:] {
		b.min = place{min(b.min.x, q.x), min(b.min.y, q.y)}
		b.max = place{max(b.max.x, q.x), max(b.max.y, q.y)}
	}
	return b
}

// area returns twice the area of p as a border in square units, positive when it runs
// counterclockwise.
func (p path) area() int64 {
	sum := int64(0)
	for i := 1; i+1 < len(p); i++ {
		sum += turn(p[0], p[i], p[i+1])
	}
	return sum
}

// contains reports whether q lies inside the border p.
func (p path) contains(q place) bool {
	inside := false
	a := p[len(p)-1]
	for _, b := range p {
		if (a.y > q.y) != (b.y > q.y) && (turn(a, b, q) > 0) == (b.y > a.y) {
			inside = !inside
		}
		a = b
	}
	return inside
}

// counterclockwise returns p in that direction; it may turn p itself.
func (p path) counterclockwise() path {
	if p.area() < 0 {
		p.reverse()
	}
	return p
}

func (p path) reverse() {
	for i, j := 0, len(p)-1; i < j; i, j = i+1, j-1 {
		p[i], p[j] = p[j], p[i]
	}
}

// smooth returns the line p with its corners cut a number of times, each time a quarter of the way
// along the edges (Chaikin 1974). Its ends stay.
func (p path) smooth(times int) path {
	for range times {
		next := make(path, 0, 2*len(p))
		next = append(next, p[0])
		for i := 1; i < len(p); i++ {
			if i > 1 {
				next = append(next, p[i-1].towards(p[i], 1, 4))
			}
			if i < len(p)-1 {
				next = append(next, p[i-1].towards(p[i], 3, 4))
			}
		}
		p = append(next, p[len(p)-1])
	}
	return p
}

// rounded is smooth for a border.
func (p path) rounded(times int) path {
	for range times {
		next := make(path, 0, 2*len(p))
		for i, a := range p {
			b := p[(i+1)%len(p)]
			next = append(next, a.towards(b, 1, 4), a.towards(b, 3, 4))
		}
		p = next
	}
	return p
}

// softened returns the border p with corners that are rounded from bend away at most, in units of
// latitude; between them its sides stay straight.
func (p path) softened(bend int64) path {
	var out path
	for i, a := range p {
		b := p[(i+1)%len(p)]
		out = append(out, a)
		if length := a.distance(b); length > 5*bend/2 {
			out = append(out, a.towards(b, bend, length), b.towards(a, bend, length))
		}
	}
	return out.rounded(3)
}

// dense returns the line p with places added on edges longer than most.
func (p path) dense(most int64) path {
	out := path{p[0]}
	for i := 1; i < len(p); i++ {
		pieces := 1 + p[i-1].distance(p[i])/most
		for k := range pieces {
			out = append(out, p[i-1].towards(p[i], k+1, pieces))
		}
	}
	return out
}

// rough returns the line p with edges that are longer than least bent at random, by up to share
// thousandths of their length, over and over until all are shorter. How an edge bends depends on its
// ends and the salt only and not on its direction, so borders that share an edge still do. Edges on
// the border of the extent stay straight.
func (p path) rough(least, share int64, salt uint64) path {
	out := path{p[0]}
	for i := 1; i < len(p); i++ {
		out = roughEdge(out, p[i-1], p[i], least, share, salt)
	}
	return out
}

// roughBorder is rough for a border.
func (p path) roughBorder(least, share int64, salt uint64) path {
	out := append(append(path{}, p...), p[0]).rough(least, share, salt)
	return out[:len(out)-1]
}

// roughEdge appends the bent edge from a to b without a.
func roughEdge(out path, a, b place, least, share int64, salt uint64) path {
	if a.squared(b) < least*least || onEdge(a, b) {
		return append(out, b)
	}
	low, high := a, b
	if low.x > high.x || low.x == high.x && low.y > high.y {
		low, high = high, low
	}
	bend := int64(mix(salt^mix(uint64(low.x)<<32^uint64(low.y))^mix(uint64(high.x)<<31^uint64(high.y)))%2001) - 1000
	dx, dy := low.offset(high)
	m := low.towards(high, 1, 2).plus(-dy*bend/1000*share/1000, dx*bend/1000*share/1000)
	m = whole.nearest(m)
	return roughEdge(roughEdge(out, a, m, least, share, salt), m, b, least, share, salt)
}

// onEdge reports whether a and b lie on one side of the extent.
func onEdge(a, b place) bool {
	return a.x == b.x && (a.x == whole.min.x || a.x == whole.max.x) || a.y == b.y && (a.y == whole.min.y || a.y == whole.max.y)
}

// ribbon returns the border of a strip along the line p, half of width(i) to each side of its place i,
// in units of latitude.
func (p path) ribbon(width func(i int) int64) path {
	left, right := make(path, 0, 2*len(p)), make(path, 0, len(p))
	for i, q := range p {
		dx, dy := p[max(i-1, 0)].offset(p[min(i+1, len(p)-1)])
		length := max(1, root(dx*dx+dy*dy))
		ax, ay := -dy*width(i)/2/length, dx*width(i)/2/length
		left, right = append(left, q.plus(ax, ay)), append(right, q.plus(-ax, -ay))
	}
	right.reverse()
	return append(left, right...)
}

// lineString returns p in degrees.
func (p path) lineString() orb.LineString {
	out := make(orb.LineString, len(p))
	for i, q := range p {
		out[i] = q.point()
	}
	return out
}

// ring returns the border p in degrees, closed.
func (p path) ring() orb.Ring {
	out := make(orb.Ring, len(p)+1)
	for i, q := range p {
		out[i] = q.point()
	}
	out[len(p)] = out[0]
	return out
}

// aside returns the counterclockwise border p moved outwards by a distance in units of latitude.
func (p path) aside(by int64) path {
	out := make(path, len(p))
	for i, q := range p {
		dx, dy := p[(i+len(p)-1)%len(p)].offset(p[(i+1)%len(p)])
		length := max(1, root(dx*dx+dy*dy))
		out[i] = q.plus(dy*by/length, -dx*by/length)
	}
	return out
}

// eased returns the border p with its corners cut once, but for those on the border of the extent.
func (p path) eased() path {
	var out path
	for i, q := range p {
		before, after := p[(i+len(p)-1)%len(p)], p[(i+1)%len(p)]
		if onEdge(before, q) || onEdge(q, after) {
			out = append(out, q)
			continue
		}
		out = append(out, q.towards(before, 1, 4), q.towards(after, 1, 4))
	}
	return out
}
