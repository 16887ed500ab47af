package shape

import (
	"math"
	"math/bits"
)

// SignedArea returns the area of an open ring by the surveyor's formula, in square world units:
// positive when it runs clockwise with y south. Its sign is exact, 0 for a flat ring; its size is
// rounded.
func SignedArea(x, y []uint32) float64 {
	var hi, lo uint64 // of twice the area, as a two's complement number of 128 bits
	if len(x) < 3 {
		return 0
	}
	x0, y0 := int64(x[0]), int64(y[0])
	ax, ay := int64(x[1])-x0, int64(y[1])-y0
	for i := 2; i < len(x); i++ {
		bx, by := int64(x[i])-x0, int64(y[i])-y0
		hi, lo = addProduct(hi, lo, ax, by)
		hi, lo = addProduct(hi, lo, -ay, bx)
		ax, ay = bx, by
	}
	negative := hi>>63 != 0
	if negative {
		var carry uint64
		lo, carry = bits.Add64(^lo, 1, 0)
		hi, _ = bits.Add64(^hi, 0, carry)
	}
	twice := float64(math.Ldexp(float64(hi), 64)) + float64(lo)
	if negative {
		twice = -twice
	}
	return twice / 2
}

// addProduct adds a·b, whose magnitudes are below 2³³, to a number of 128 bits.
func addProduct(hi, lo uint64, a, b int64) (uint64, uint64) {
	negative := (a < 0) != (b < 0)
	ph, pl := bits.Mul64(magnitude(a), magnitude(b))
	var c uint64
	if negative {
		lo, c = bits.Sub64(lo, pl, 0)
		hi, _ = bits.Sub64(hi, ph, c)
		return hi, lo
	}
	lo, c = bits.Add64(lo, pl, 0)
	hi, _ = bits.Add64(hi, ph, c)
	return hi, lo
}

func magnitude(v int64) uint64 {
	if v < 0 {
		return uint64(-v)
	}
	return uint64(v)
}
