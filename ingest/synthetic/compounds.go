package synthetic

import "slices"

// compounds returns the ground that is closed to streets though it is no park: the palace, the great
// square and the airport.
func compounds() []area {
	return []area{
		newArea(word{"Palace Museum", "故宫"}, "civic", square(palace)),
		newArea(word{"Tiananmen Square", "天安门广场"}, "civic", square(box{at(1163850, 398992), at(1163976, 399058)})),
		newArea(word{"Capital Airport", "首都机场"}, "civic", slices.Clone(airfield)),
		newArea(word{"Olympic Green", "奥林匹克公园"}, "civic", square(box{at(1163812, 399880), at(1163944, 399970)})),
	}
}

// court is a rectangle, in metres east and north of the middle of its compound.
type court struct{ west, south, east, north int64 }

// courts of the palace: those on the axis, and those of its eastern half, which the western repeats.
var (
	axisCourts = []court{
		{-62, -486, 62, -330},
		{-100, -318, 100, -160},
		{-100, -148, 100, -12},
		{-72, 0, 72, 288},
		{-72, 300, 72, 424},
		{-58, 436, 58, 486},
	}
	sideCourts = []court{
		{112, -486, 376, -352},
		{112, -340, 236, -168},
		{248, -340, 376, -168},
		{112, -156, 236, -12},
		{248, -156, 376, -12},
		{84, 0, 150, 88},
		{160, 0, 226, 88},
		{236, 0, 302, 88},
		{312, 0, 376, 188},
		{84, 98, 150, 188},
		{160, 98, 226, 188},
		{236, 98, 302, 188},
		{84, 198, 150, 288},
		{160, 198, 226, 288},
		{236, 198, 302, 424},
		{312, 198, 376, 424},
		{84, 300, 226, 424},
		{70, 436, 226, 486},
		{236, 436, 376, 486},
	}
	// squareCourts are the great square, the hall west and the museum east of it.
	squareCourts = []court{
		{-170, -230, 170, 285},
		{-60, -345, 60, -245},
		{-490, -200, -230, 240},
		{230, -200, 490, 240},
	}
	// olympicCourts lie around the stadium.
	olympicCourts = []court{{-520, -150, -330, 70}, {-520, 110, -330, 330}, {-520, -440, -330, -190}, {-290, -440, 30, -240}, {-290, 260, 30, 400}}
)

// at returns the court around a middle.
func (c court) at(middle place) path {
	return path{
		middle.plus(c.west*metre, c.south*metre),
		middle.plus(c.east*metre, c.south*metre),
		middle.plus(c.east*metre, c.north*metre),
		middle.plus(c.west*metre, c.north*metre),
	}
}

// compoundParcels returns what stands in the compounds and in the Temple of Heaven.
func compoundParcels() []path {
	var out []path
	middle := square(palace).middle()
	for _, c := range axisCourts {
		out = append(out, c.at(middle))
	}
	for _, c := range sideCourts {
		out = append(out, c.at(middle), court{-c.east, c.south, -c.west, c.north}.at(middle))
	}
	for _, c := range squareCourts {
		out = append(out, c.at(at(1163912, 399028)))
	}
	for _, c := range olympicCourts {
		out = append(out, c.at(at(1163905, 399922)))
	}
	out = append(out,
		disc(at(1163912, 399922), 165*metre), // the stadium
		disc(at(1164075, 398862), 75*metre),  // the Hall of Prayer
		disc(at(1164075, 398806), 40*metre),
		disc(at(1164075, 398762), 65*metre)) // the Circular Mound
	// Two runways and the terminals between them, along the airfield's sides.
	south, north := airfield[0].towards(airfield[1], 1, 2), airfield[3].towards(airfield[2], 1, 2)
	for _, strip := range [][3]int64{{-1_450, 60, 92}, {1_450, 60, 92}, {-420, 240, 22}, {420, 240, 30}} {
		dx, dy := south.offset(north)
		length := root(dx*dx + dy*dy)
		middle := south.towards(north, 1, 2).plus(dy*strip[0]*metre/length, -dx*strip[0]*metre/length)
		half := [2]int64{dx * strip[2] / 200, dy * strip[2] / 200}
		line := path{middle.plus(-half[0], -half[1]), middle.plus(half[0], half[1])}
		out = append(out, line.ribbon(func(int) int64 { return strip[1] * metre }).counterclockwise())
	}
	return out
}
