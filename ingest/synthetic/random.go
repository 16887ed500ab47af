package synthetic

import (
	"math/bits"
	"math/rand/v2"
	"sort"
)

// stream separates what is drawn for one purpose from what is drawn for others.
type stream uint64

const (
	streamStreets stream = iota + 1
	streamComplaint
	streamVendor
	streamSensor
	streamLots
	streamParks
	streamMarket
	streamWeather
	streamAir
	streamWarmth
	streamShift
)

// random draws whole numbers. Drawing is written out here instead of taken from rand.Rand, so that
// it is part of what never changes.
type random struct {
	source rand.PCG
	text   []byte // for whoever puts a text together; nothing of it lasts
}

// begin starts the random stream of one thing, so that what it draws depends on no other.
func (r *random) begin(seed uint64, s stream, index int) {
	r.source.Seed(mix(seed+uint64(s)*0x9e3779b97f4a7c15), mix(uint64(index)))
}

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood 2014).
func mix(h uint64) uint64 {
	h += 0x9e3779b97f4a7c15
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// below returns a number from 0 to n−1; n must be positive.
func (r *random) below(n int64) int64 {
	high, _ := bits.Mul64(r.source.Uint64(), uint64(n))
	return int64(high)
}

// between returns a number from low to high, both included.
func (r *random) between(low, high int64) int64 { return low + r.below(high-low+1) }

// chance is true in percent of a hundred cases.
func (r *random) chance(percent int64) bool { return r.below(100) < percent }

// bell returns a number from −reach to reach, mostly near 0: the mean of four even ones.
func (r *random) bell(reach int64) int64 {
	sum := int64(0)
	for range 4 {
		sum += r.between(-reach, reach)
	}
	return sum / 4
}

// sums are running sums of weights, to draw by them.
type sums []int64

func newSums[T any](things []T, weight func(T) int64) sums {
	s := make(sums, len(things))
	total := int64(0)
	for i, t := range things {
		total += weight(t)
		s[i] = total
	}
	return s
}

// total returns the sum of all weights.
func (s sums) total() int64 { return s[len(s)-1] }

// at returns the index whose share of the weights holds w, 0 ≤ w < total.
func (s sums) at(w int64) int {
	return sort.Search(len(s)-1, func(i int) bool { return s[i] > w })
}

// draw returns an index with the probability of its weight.
func (s sums) draw(r *random) int { return s.at(r.below(s.total())) }

// shares are weights as they are.
func shares(s ...int64) sums { return newSums(s, func(v int64) int64 { return v }) }
