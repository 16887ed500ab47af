package synthetic

// area is a piece of ground with a name: a park, a lake, a river with its width.
type area struct {
	name   word // may be empty
	class  string
	border path // counterclockwise, as holes are
	holes  []path
	bounds box
}

func newArea(name word, class string, border path, holes ...path) area {
	for i := range holes {
		holes[i] = holes[i].counterclockwise()
	}
	return area{name, class, border.counterclockwise(), holes, border.box()}
}

// contains reports whether p lies in the area and in none of its holes.
func (a *area) contains(p place) bool {
	if !a.bounds.contains(p) || !a.border.contains(p) {
		return false
	}
	for _, hole := range a.holes {
		if hole.contains(p) {
			return false
		}
	}
	return true
}

// disc returns a round border.
func disc(middle place, radius int64) path { return octagon(middle, radius*1_030/1_000).rounded(2) }

// octagon returns the border of a regular octagon, whose sides are a radius away from its middle, in
// units of latitude.
func octagon(middle place, radius int64) path {
	part := radius * 414 / 1000
	return path{
		middle.plus(radius, -part),
		middle.plus(radius, part),
		middle.plus(part, radius),
		middle.plus(-part, radius),
		middle.plus(-radius, part),
		middle.plus(-radius, -part),
		middle.plus(-part, -radius),
		middle.plus(part, -radius),
	}
}

// square returns the border of a rectangle.
func square(b box) path {
	return path{b.min, {b.max.x, b.min.y}, b.max, {b.min.x, b.max.y}}
}
