package column

import "unsafe"

// Slab is one allocation for the arrays of several columns. Arrays of a few kilobytes would share
// the heap's spans with others of their size, and under random updates each span soon holds
// something that lives: after ten million moves a layer took 1.45 times its memory. A slab is a
// whole number of pages where that costs little, so it has a span to itself and its memory goes
// back as a whole.
//
// A Slab belongs to whoever fills it; what was carved from it is like any other slice.
type Slab struct {
	words []uint64
	used  int // words
}

const (
	wordBytes = 8
	pageBytes = 8 << 10 // of the Go heap
)

// NewSlab returns a slab for arrays that take size bytes by [SlabBytes].
func NewSlab(size int) *Slab { return &Slab{words: make([]uint64, RoundSlab(size)/wordBytes)} }

// RoundSlab returns the bytes that a slab for size bytes takes: whole pages, unless that would add
// more than half.
func RoundSlab(size int) int {
	if pages := (size + pageBytes - 1) / pageBytes * pageBytes; pages-size <= size/2 {
		return pages
	}
	return (size + wordBytes - 1) / wordBytes * wordBytes
}

// SlabBytes returns the bytes that s takes in a slab: whole words.
func SlabBytes[E number](s []E) int { return wordBytes * wordsFor[E](len(s)) }

type number interface {
	~uint8 | ~uint16 | ~uint32 | ~uint64 | ~int64 | ~float64
}

func wordsFor[E number](n int) int {
	var e E
	return (n*int(unsafe.Sizeof(e)) + wordBytes - 1) / wordBytes
}

// Carve returns a copy of s in the slab.
func Carve[S ~[]E, E number](slab *Slab, s S) S {
	out := carve[E](slab, len(s))
	copy(out, s)
	return S(out)
}

// carve returns n zero elements of the slab, which has room for them.
func carve[E number](slab *Slab, n int) []E {
	if n == 0 {
		return []E{}
	}
	words := slab.words[slab.used : slab.used+wordsFor[E](n)]
	slab.used += len(words)
	return unsafe.Slice((*E)(unsafe.Pointer(unsafe.SliceData(words))), n) //nolint:gosec // any number may stand in aligned words
}

// PackedBytes returns the bytes that the arrays of c take in a slab.
func PackedBytes(c Column) int {
	switch c := c.(type) {
	case *Ints:
		return SlabBytes(c.Values) + SlabBytes(c.Nulls)
	case *Shorts:
		return SlabBytes(c.Offsets) + SlabBytes(c.Nulls)
	case *Floats:
		return SlabBytes(c.Values) + SlabBytes(c.Nulls)
	case *Bools:
		return SlabBytes(c.Values) + SlabBytes(c.Nulls)
	case *Codes:
		return SlabBytes(c.Codes)
	case *Texts:
		return SlabBytes(c.Offsets) + SlabBytes(c.Data) + SlabBytes(c.Nulls)
	default:
		return 0
	}
}

// Pack moves the arrays of a column that [Builder.Borrow] returned, and that nobody has seen yet,
// into a slab with room for its [PackedBytes].
func Pack(c Column, slab *Slab) {
	switch c := c.(type) {
	case *Ints:
		c.Values, c.Nulls = Carve(slab, c.Values), carveNulls(slab, c.Nulls)
	case *Shorts:
		c.Offsets, c.Nulls = Carve(slab, c.Offsets), carveNulls(slab, c.Nulls)
	case *Floats:
		c.Values, c.Nulls = Carve(slab, c.Values), carveNulls(slab, c.Nulls)
	case *Bools:
		c.Values, c.Nulls = Carve(slab, c.Values), carveNulls(slab, c.Nulls)
	case *Codes:
		c.Codes = Carve(slab, c.Codes)
	case *Texts:
		c.Offsets, c.Data, c.Nulls = Carve(slab, c.Offsets), Carve(slab, c.Data), carveNulls(slab, c.Nulls)
	}
}

// carveNulls keeps a nil set nil.
func carveNulls(slab *Slab, nulls Bits) Bits {
	if nulls == nil {
		return nil
	}
	return Carve(slab, nulls)
}
