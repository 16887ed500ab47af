package synthetic

// warpSalt makes the warp the same in every city: rings follow it, and rings are those of the real city.
const warpSalt = 0x68757473

// warp moves places so that a grid of straight lines looks as if people had made it: neighbours move
// alike, by up to some ten metres in the old city, which was laid out by rule, and by up to two
// hundred in the suburbs.
func warp(p place) place {
	const quiet, wild = 4_000 * metre, 22_000 * metre
	away := min(max(p.distance(heart)-quiet, 0), wild)
	long := 14*metre + 170*metre*(away/metre)/(wild/metre)
	short := 7*metre + 26*metre*(away/metre)/(wild/metre)
	return p.plus(
		noise(warpSalt, p, 4_300)*long/1000+noise(warpSalt+1, p, 1_150)*short/1000,
		noise(warpSalt+2, p, 4_300)*long/1000+noise(warpSalt+3, p, 1_150)*short/1000,
	)
}

// noise returns −1,000 to 1,000, varying smoothly between random numbers at the corners of a lattice of
// squares with sides of size metres.
func noise(salt uint64, p place, size int64) int64 {
	width, height := size*metre*1000/cosine, size*metre
	x, y := p.x/width, p.y/height
	corner := func(x, y int64) int64 { return int64(mix(salt^mix(uint64(x)<<32|uint64(y)))%2001) - 1000 }
	right, up := ease(p.x%width*1024/width), ease(p.y%height*1024/height)
	south := corner(x, y)*(1024-right) + corner(x+1, y)*right
	north := corner(x, y+1)*(1024-right) + corner(x+1, y+1)*right
	return (south*(1024-up) + north*up) / (1024 * 1024)
}

// ease returns t, 0 to 1,024, with a slope of 0 at both ends.
func ease(t int64) int64 { return t * t * (3*1024 - 2*t) / (1024 * 1024) }
