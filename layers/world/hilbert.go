package world

// The Hilbert curve of order 32 over the world, walked four bits of each axis at a time by a table.
// A state is one of the four orientations of a cell: bit 0 swaps the axes, bit 1 flips both. The
// construction is Hilbert's (1891) in the form of Warren, Hacker's Delight, §16–2.

type hilbertStep struct {
	digits uint8 // eight bits of the key, or four of x and four of y
	state  uint8
}

var hilbertIn, hilbertOut = hilbertTables()

// hilbertTables returns, by state and then by x<<4|y (in) or by eight key bits (out), the other side.
func hilbertTables() (in, out [4][256]hilbertStep) {
	for state := range uint8(4) {
		for xy := range 256 {
			s, key := state, uint8(0)
			for bit := 3; bit >= 0; bit-- {
				x, y := uint8(xy>>(4+bit))&1, uint8(xy>>bit)&1
				if s&1 != 0 {
					x, y = y, x
				}
				x, y = x^s>>1, y^s>>1
				key = key<<2 | (3*x ^ y)
				if y == 0 {
					s ^= 1 | x<<1
				}
			}
			in[state][xy] = hilbertStep{key, s}
			out[state][key] = hilbertStep{uint8(xy), s}
		}
	}
	return in, out
}

// Hilbert returns p's place on the Hilbert curve of order 32 over the world: a bijection of points
// and 64-bit keys under which near keys are near places.
func Hilbert(p Point) uint64 {
	var key uint64
	state := uint8(0)
	for shift := 28; shift >= 0; shift -= 4 {
		step := hilbertIn[state&3][uint8(p.X>>shift&15<<4|p.Y>>shift&15)]
		key = key<<8 | uint64(step.digits)
		state = step.state
	}
	return key
}

// FromHilbert returns the point at a place on the curve; it inverts [Hilbert].
func FromHilbert(key uint64) Point {
	var p Point
	state := uint8(0)
	for shift := 56; shift >= 0; shift -= 8 {
		step := hilbertOut[state&3][uint8(key>>shift)]
		p.X = p.X<<4 | uint32(step.digits>>4)
		p.Y = p.Y<<4 | uint32(step.digits&15)
		state = step.state
	}
	return p
}
