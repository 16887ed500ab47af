package guess

import (
	"hash/fnv"
	"math"
	"math/bits"
)

// sketchBits is how many bits of a hash choose a register: 4,096 registers, a standard error of 1.6 %.
const sketchBits = 12

// sketch estimates how many different hashes it was given, in 4 kB (HyperLogLog, Flajolet et al.
// 2007, with linear counting where it has seen little). Its zero value is empty.
type sketch struct {
	registers [1 << sketchBits]uint8
}

// add takes a hash whose bits are even.
func (s *sketch) add(hash uint64) {
	i := hash >> (64 - sketchBits)
	rank := uint8(bits.LeadingZeros64(hash<<sketchBits|1<<(sketchBits-1)) + 1)
	s.registers[i] = max(s.registers[i], rank)
}

// estimate returns about how many there were.
func (s *sketch) estimate() int {
	const m = 1 << sketchBits
	sum, zeros := 0.0, 0
	for _, r := range s.registers {
		sum += math.Ldexp(1, -int(r))
		if r == 0 {
			zeros++
		}
	}
	const alpha = 0.7213 / (1 + 1.079/m)
	e := alpha * m * m / sum
	if e <= 2.5*m && zeros > 0 {
		e = m * math.Log(m/float64(zeros))
	}
	return int(math.Round(e))
}

// hashOf returns a hash of a text, the same in every process so that a guess is too.
func hashOf(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text)) // never fails
	// FNV's high bits hardly differ for short texts: mix them (splitmix64's finaliser).
	x := h.Sum64()
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
