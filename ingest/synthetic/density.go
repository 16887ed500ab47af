package synthetic

// density is how much is reported from 100 metres of street at each level. Inside the 5th ring it
// also falls with the distance from the middle, see [fall].
var density = [...]int64{75, 100, 105, 90, 12, 4}

// heart is [Center]; the axis runs through it from south to north.
var heart = at(1163912, 399066)

const axis = 1163912 * degree / 10_000

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
