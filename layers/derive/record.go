package derive

import (
	"math"
	"math/bits"
	"reflect"

	"hutong/layers/column"
	"hutong/layers/world"
)

// layout says how the record of a cell, and of a single feature, lies in words. All of it is made so that the
// record of some features is the same whatever the order in which they were put together:
//
//	words 0 … added−1     sums modulo 2⁶⁴; those of 32 bits in pairs
//	  0                   features, and above them those in the western half of the world
//	  1, 2                sums of x and of y in world units
//	  one a number        features with a value, and above them those whose value is too large to be summed
//	  then                features by category, two a word
//	… wides−1             a sum of 128 bits a number, in units of 2⁻³²
//	… stride−1            maxima of int64: newest time; for each number the most, and the complement of the least
type layout struct {
	time    int // field, −1 if there is none
	numbers []numberField
	counts  []countField

	categories           int // of all counts, others included
	category             int // the first word of categories
	added, wides, stride int

	branches [8]reflect.Type // of nodes, see [branches]
}

type numberField struct {
	field int
	float bool
}

type countField struct {
	field  int
	values int // without other
	codes  map[column.Value]int
	first  int // position among all categories
}

// Where words stand that every record has, and the first of those that it may have.
const (
	wordCount = iota
	wordX
	wordY
	wordNumbers
)

// none is a maximum of nothing.
const none = uint64(1) << 63

// place finds where everything stands.
func (l *layout) place() {
	l.category = wordNumbers + len(l.numbers)
	l.categories = 0
	for i := range l.counts {
		l.counts[i].first = l.categories
		l.categories += l.counts[i].values + 1
	}
	l.added = l.category + (l.categories+1)/2
	l.wides = l.added + 2*len(l.numbers)
	l.stride = l.wides + 2*len(l.numbers)
	if l.time >= 0 {
		l.stride++
	}
	l.branches = branches(l.stride)
}

// maxima returns how many maxima a record has.
func (l *layout) maxima() int { return l.stride - l.wides }

// firstNumber returns the word of the first number's most.
func (l *layout) firstNumber() int { return l.stride - 2*len(l.numbers) }

// clear makes rec that of no feature.
func (l *layout) clear(rec []uint64) {
	clear(rec[:l.wides])
	for i := l.wides; i < l.stride; i++ {
		rec[i] = none
	}
}

// fill makes records those of features with places, one behind the other, by their values. It goes field by field: that of
// one feature does not wait for that of another, so neither do the reads of what is in no cache.
func (l *layout) fill(records []uint64, places []world.Point, value func(i, field int) column.Value) {
	at := func(i int) []uint64 { return records[i*l.stride : (i+1)*l.stride] }
	for i, p := range places {
		rec := at(i)
		l.clear(rec)
		rec[wordCount] = 1
		if p.X < 1<<31 {
			rec[wordCount] |= 1 << 32
		}
		rec[wordX], rec[wordY] = uint64(p.X), uint64(p.Y)
	}
	for k := range l.counts {
		f := &l.counts[k]
		for i := range places {
			v := value(i, f.field)
			if v.IsNull() {
				continue
			}
			category := f.values
			if code, ok := f.codes[v]; ok {
				category = code
			}
			category += f.first
			at(i)[l.category+category/2] |= 1 << (32 * (category & 1))
		}
	}
	for k := range l.numbers {
		for i := range places {
			if v := value(i, l.numbers[k].field); !v.IsNull() {
				l.number(at(i), k, v)
			}
		}
	}
	if l.time >= 0 {
		for i := range places {
			if v := value(i, l.time); !v.IsNull() {
				at(i)[l.wides] = uint64(v.Micros())
			}
		}
	}
}

// number writes the k-th number of one feature.
func (l *layout) number(rec []uint64, k int, v column.Value) {
	hi, lo, ok := fixed(v)
	rec[wordNumbers+k] = 1
	if !ok {
		rec[wordNumbers+k] |= 1 << 32
	}
	rec[l.added+2*k], rec[l.added+2*k+1] = hi, lo
	most, o := l.firstNumber()+2*k, uint64(ordered(v))
	rec[most], rec[most+1] = o, ^o
}

// maximaOf writes those maxima of one feature that have a bit in which, and may write others.
func (l *layout) maximaOf(maxima []uint64, which uint64, value func(field int) column.Value) {
	for i := range maxima {
		maxima[i] = none
	}
	if l.time >= 0 {
		if which&1 != 0 {
			if v := value(l.time); !v.IsNull() {
				maxima[0] = uint64(v.Micros())
			}
		}
		maxima, which = maxima[1:], which>>1
	}
	for i := range l.numbers {
		if which>>(2*i)&3 == 0 {
			continue
		}
		if v := value(l.numbers[i].field); !v.IsNull() {
			o := ordered(v)
			maxima[2*i], maxima[2*i+1] = uint64(o), ^uint64(o)
		}
	}
}

// join adds a change of a cell (see [edits]) to another one.
func (l *layout) join(change, o []uint64) {
	l.addSums(change, o)
	for i := l.wides; i < len(change); i++ {
		change[i] = uint64(max(int64(change[i]), int64(o[i])))
	}
}

// add adds the features of o to rec.
func (l *layout) add(rec, o []uint64) {
	l.addSums(rec, o)
	for i := l.wides; i < l.stride; i++ {
		rec[i] = uint64(max(int64(rec[i]), int64(o[i])))
	}
}

// change makes the change of a cell (see [edits]) in its record. A maximum is stale, which a bit of it says, when the most
// went and what came is less: another feature may be the most now, so the maximum is too great.
func (l *layout) change(rec, change []uint64) (stale uint64) {
	l.addSums(rec, change)
	added, gone := change[l.wides:l.stride], change[l.stride:]
	maxima := rec[l.wides:l.stride]
	for i := range maxima {
		if gone[i] == maxima[i] && gone[i] != none && int64(added[i]) < int64(gone[i]) {
			stale |= 1 << i
		}
		maxima[i] = uint64(max(int64(maxima[i]), int64(added[i])))
	}
	return stale
}

// addSums is add for all but the maxima.
func (l *layout) addSums(rec, o []uint64) {
	for i := range l.added {
		rec[i] += o[i]
	}
	for i := l.added; i < l.wides; i += 2 {
		var carry uint64
		rec[i+1], carry = bits.Add64(rec[i+1], o[i+1], 0)
		rec[i], _ = bits.Add64(rec[i], o[i], carry)
	}
}

// subtractSums takes the features of o out of rec, but for the maxima.
func (l *layout) subtractSums(rec, o []uint64) {
	for i := range l.added {
		rec[i] -= o[i]
	}
	for i := l.added; i < l.wides; i += 2 {
		var borrow uint64
		rec[i+1], borrow = bits.Sub64(rec[i+1], o[i+1], 0)
		rec[i], _ = bits.Sub64(rec[i], o[i], borrow)
	}
}

// fixed returns a number in units of 2⁻³², rounded to the nearest, as 128 bits; ok is false when it is ±2⁶³ or
// beyond. So 2³² of them are summed without an overflow.
func fixed(v column.Value) (hi, lo uint64, ok bool) {
	if v.Kind() == column.Int {
		return uint64(v.Int() >> 32), uint64(v.Int()) << 32, true
	}
	f := v.Float()
	if math.IsNaN(f) || math.Abs(f) >= 1<<63 {
		return 0, 0, false
	}
	whole := math.Trunc(f)
	// What is behind the point has 53 bits at most, and less than 2³² units: both products are exact before
	// they are rounded.
	part := int64(math.RoundToEven((f - whole) * (1 << 32)))
	n := int64(whole)
	hi, lo = uint64(n>>32), uint64(n)<<32
	var carry uint64
	lo, carry = bits.Add64(lo, uint64(part), 0)
	hi, _ = bits.Add64(hi, uint64(part>>63), carry)
	return hi, lo, true
}

// unfixed returns the number nearest to one in units of 2⁻³² (of two the even one).
func unfixed(hi, lo uint64) float64 {
	negative := hi>>63 != 0
	if negative {
		var borrow uint64
		lo, borrow = bits.Sub64(0, lo, 0)
		hi, _ = bits.Sub64(0, hi, borrow)
	}
	exponent := -32
	if hi != 0 {
		// The highest 64 bits, of which the last says whether anything was left out: so it is rounded once.
		shift := bits.Len64(hi)
		rest := lo << (64 - shift)
		lo = hi<<(64-shift) | lo>>shift
		if rest != 0 {
			lo |= 1
		}
		exponent += shift
	}
	f := math.Ldexp(float64(lo), exponent)
	if negative {
		return -f
	}
	return f
}

// ordered returns an integer that is ordered as the numbers of one kind are.
func ordered(v column.Value) int64 {
	n := v.Int()
	if v.Kind() == column.Float && n < 0 {
		n ^= math.MaxInt64
	}
	return n
}

// unordered returns the number of [ordered].
func unordered(o int64, float bool) column.Value {
	if !float {
		return column.IntOf(o)
	}
	if o < 0 {
		o ^= math.MaxInt64
	}
	return column.FloatOf(math.Float64frombits(uint64(o)) + 0) // a zero is plain
}
