package column

import (
	"math"
	"strconv"
)

// AppendFloat appends v, which is finite, as JSON has it (ECMA-262, Number::toString): in the fewest
// digits that give it again, with an exponent only below 10⁻⁶ and from 10²¹ on. So a number has one text
// whatever file it came from, and 1e300 is not 301 digits.
func AppendFloat(dst []byte, v float64) []byte {
	if abs := math.Abs(v); abs < 1e21 && (abs >= 1e-6 || abs == 0) {
		return strconv.AppendFloat(dst, v, 'f', -1, 64)
	}
	dst = strconv.AppendFloat(dst, v, 'e', -1, 64)
	if n := len(dst); n >= 4 && dst[n-4] == 'e' && dst[n-2] == '0' { // e-07
		dst[n-2] = dst[n-1]
		dst = dst[:n-1]
	}
	return dst
}
