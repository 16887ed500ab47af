package load

import (
	"math/bits"
	"time"
)

// Buckets of a histogram: each power of two of microseconds in 1<<subBits parts, so that a value is
// known to 1/(1<<subBits) of itself.
const (
	subBits = 6
	buckets = 40 << subBits // up to 2^39 µs, six days
)

// histogram counts durations in a fixed number of buckets. Its zero value is empty.
type histogram struct {
	counts [buckets]int64
	total  int64
	max    time.Duration
}

// bucketOf returns the bucket of a number of microseconds.
func bucketOf(micros uint64) int {
	if micros < 1<<subBits {
		return int(micros)
	}
	shift := bits.Len64(micros) - subBits - 1
	return min((shift+1)<<subBits+int(micros>>shift)&(1<<subBits-1), buckets-1)
}

// upper returns the largest number of microseconds in a bucket.
func upper(bucket int) uint64 {
	if bucket < 1<<subBits {
		return uint64(bucket)
	}
	shift := bucket>>subBits - 1
	low := uint64(1<<subBits|bucket&(1<<subBits-1)) << shift
	return low + 1<<shift - 1
}

// add counts a duration.
func (h *histogram) add(d time.Duration) {
	d = max(d, 0)
	h.counts[bucketOf(uint64(d.Microseconds()))]++
	h.total++
	h.max = max(h.max, d)
}

// merge adds what o counted.
func (h *histogram) merge(o *histogram) {
	for i, n := range o.counts {
		h.counts[i] += n
	}
	h.total += o.total
	h.max = max(h.max, o.max)
}

// quantile returns the duration that a share q, 0 to 1, of the durations do not exceed; 0 when there
// are none.
func (h *histogram) quantile(q float64) time.Duration {
	rank, seen := int64(q*float64(h.total)+0.5), int64(0)
	rank = min(max(rank, 1), h.total)
	for i, n := range h.counts {
		if seen += n; n > 0 && seen >= rank {
			return min(time.Duration(upper(i))*time.Microsecond, h.max)
		}
	}
	return 0
}
