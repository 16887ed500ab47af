package clip

import "math/bits"

// turn tells where c lies from the line a→b: positive where a ring that is positive has its inside,
// negative on the other side, 0 on the line. Differences of coordinates must be below 2³¹.
func turn(a, b, c Point) int64 {
	return (b.X-a.X)*(c.Y-a.Y) - (b.Y-a.Y)*(c.X-a.X)
}

// wideTurn is the sign of turn for all coordinates within [MaxInput].
func wideTurn(a, b, c Point) int64 {
	return wideCross(b.X-a.X, b.Y-a.Y, c.X-a.X, c.Y-a.Y)
}

// wideCross is the sign of dx·ey − dy·ex.
func wideCross(dx, dy, ex, ey int64) int64 {
	h1, l1 := product(dx, ey)
	h2, l2 := product(dy, ex)
	switch {
	case h1 != h2:
		if h1 > h2 {
			return 1
		}
		return -1
	case l1 > l2:
		return 1
	case l1 < l2:
		return -1
	}
	return 0
}

// product returns a·b in 128 bits, two's complement.
func product(a, b int64) (hi int64, lo uint64) {
	h, lo := bits.Mul64(uint64(a), uint64(b))
	return int64(h) - a>>63&b - b>>63&a, lo
}

// share returns d·num/den rounded to the nearest integer, halves up; 0 ≤ num ≤ den < 2⁶³, den > 0.
// A place p + share(d, …) is therefore the same when it is computed from the other end.
func share(d, num, den int64) int64 {
	size := uint64(d)
	if d < 0 {
		size = -size
	}
	hi, lo := bits.Mul64(size, uint64(num))
	q, rest := uint64(0), uint64(0)
	if hi >= uint64(den) { // only if num = den
		return d
	}
	q, rest = bits.Div64(hi, lo, uint64(den))
	left := uint64(den) - rest
	if d < 0 {
		if rest > left {
			q++
		}
		return -int64(q)
	}
	if rest >= left {
		q++
	}
	return int64(q)
}

// crossing returns where the edges a→b and c→d, which cross, do so, rounded. Differences of
// coordinates must be at most 2³⁰.
func crossing(a, b, c, d Point) Point {
	num := turn(c, d, a)
	den := num - turn(c, d, b)
	if den < 0 {
		num, den = -num, -den
	}
	return Point{a.X + share(b.X-a.X, num, den), a.Y + share(b.Y-a.Y, num, den)}
}

// passes reports whether the edge a→b, whose box contains v, meets the square of one unit around v,
// with its western and northern sides but not the others: that is where all places lie that round
// to v. Differences of coordinates must be at most 2³⁰.
func passes(a, b, v Point) bool {
	dx, dy := b.X-a.X, b.Y-a.Y
	// Twice the turn of the corners (±½, ±½) seen from v is dx·±1 − dy·±1 − k.
	k := 2 * (dx*(a.Y-v.Y) - dy*(a.X-v.X))
	reach := max(dx, -dx) + max(dy, -dy)
	return -reach < k && k < reach || k == dy-dx
}
