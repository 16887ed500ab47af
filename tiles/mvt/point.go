package mvt

import (
	"encoding/binary"
	"math"
	"slices"
)

// Tag is one attribute of a feature, the index of its key and the index of its value, as the bytes
// that stand in the feature: they fill the Tag from the lowest byte and the highest byte has their
// number. So a feature's tags are appended by one store and one addition each. A Tag whose highest
// byte is 0, such as the zero Tag, appends nothing.
type Tag uint64

// Limits of the indexes in a Tag.
const (
	MaxKey   = 1<<14 - 1
	MaxValue = 1<<28 - 1
)

// MakeTag returns the tag for the key and value with these indexes, at most [MaxKey] and [MaxValue].
func MakeTag(key, value uint32) Tag {
	if key < 0x80 && value < 1<<14 {
		if value < 0x80 {
			return Tag(uint64(key|value<<8) | 2<<56)
		}
		return Tag(uint64(key|twoBytes(value)<<8) | 3<<56)
	}
	return makeTag(key, value)
}

func makeTag(key, value uint32) Tag {
	k, kn := spread(uint64(key))
	v, vn := spread(uint64(value))
	return Tag(k | v<<(8*kn&63) | uint64(kn+vn)<<56)
}

// Len returns the bytes that t takes in a feature, 0 to 6.
func (t Tag) Len() int { return int(t >> 56) }

// Value returns the index of t's value; t must not be empty.
func (t Tag) Value() uint32 {
	rest := uint64(t) & (1<<56 - 1)
	for rest&0x80 != 0 {
		rest >>= 8
	}
	rest >>= 8
	return uint32(rest&0x7f | rest>>1&(0x7f<<7) | rest>>2&(0x7f<<14) | rest>>3&(0x7f<<21))
}

// NoID stands for the id of a feature that shows none.
const NoID = math.MaxUint64

// Bytes of a point feature that do not depend on its tags.
const (
	pointFrame = 1 + 5 + // field and length of the feature
		1 + 10 + // id
		1 + 5 + // field and length of the tags
		2 + // type
		3 + 2*5 // geometry
	pointType = 1
	moveToOne = 1<<3 | 1
)

// MaxPoint returns the room that AppendPoint needs for a feature with this many tags. The feature
// itself is shorter.
func MaxPoint(tags int) int { return pointFrame + 8*tags + 8 }

// SizePoint returns the most bytes of a point feature whose id is below 2^idBits, whose tags take
// tagBytes in all (at most 16,000), and whose coordinates are within ±reach tile units.
func SizePoint(idBits, tagBytes int, reach int32) int {
	n := 1 + (idBits+6)/7 + 2 + 3 + 2*SizeVarint(Zigzag(int64(reach)))
	if tagBytes > 0 {
		n += 1 + SizeVarint(uint64(tagBytes)) + tagBytes
	}
	return 1 + SizeVarint(uint64(n)) + n
}

// AppendPoint appends a feature of the open layer: a point at x, y in tile units with an id, or
// [NoID], and tags, of which a key should stand once. It does not allocate while dst has room for
// [MaxPoint] bytes.
func AppendPoint(dst []byte, id uint64, tags []Tag, x, y int32) []byte {
	return appendPoint(dst, Point{id, x, y}, tags, 1)
}

// appendPoint appends a point with every step-th of the tags, the first included.
func appendPoint(dst []byte, pt Point, tags []Tag, step int) []byte {
	at := len(dst)
	room := MaxPoint((len(tags) + step - 1) / step)
	if cap(dst)-at < room {
		dst = slices.Grow(dst, room)
	}
	w := dst[at : at+room]
	// Both lengths of a feature are nearly always below 128. One byte is left for each and filled
	// in when the length is known; a longer length moves what it precedes.
	w[0] = layerFeature
	p := 2
	if pt.ID < 1<<56 {
		w[2] = featureID
		v, n := spread(pt.ID)
		binary.LittleEndian.PutUint64(w[3:11], v)
		p = 3 + n
	} else if pt.ID != NoID {
		w[2] = featureID
		p = len(AppendVarint(w[:3], pt.ID))
	}

	first := p + 2
	q := first
	for i := 0; i < len(tags); i += step {
		t := tags[i]
		binary.LittleEndian.PutUint64(w[q:q+8], uint64(t))
		q += int(t >> 56)
	}
	if q > first {
		w[p] = featureTags
		if w[p+1] = byte(q - first); q-first >= 0x80 {
			q = lengthen(w, first, q)
		}
		p = q
	}

	w[p], w[p+1], w[p+2], w[p+4] = featureType, pointType, featureGeometry, moveToOne
	q = putCoordinate(w, p+5, pt.X)
	q = putCoordinate(w, q, pt.Y)
	w[p+3] = byte(q - p - 4)
	if w[1] = byte(q - 2); q-2 >= 0x80 {
		q = lengthen(w, 2, q)
	}
	return dst[:at+q]
}

// lengthen makes room for the length of w[from:to] before from, where one byte is not enough, writes
// it, and returns the new end.
func lengthen(w []byte, from, to int) int {
	n := to - from
	more := SizeVarint(uint64(n)) - 1
	copy(w[from+more:], w[from:to])
	AppendVarint(w[:from-1], uint64(n))
	return to + more
}

// putCoordinate writes a zigzag varint at w[p:] and returns where it ends.
func putCoordinate(w []byte, p int, v int32) int {
	z := zigzag(v)
	if z < 0x80 {
		w[p] = byte(z)
		return p + 1
	}
	if z < 1<<14 {
		binary.LittleEndian.PutUint16(w[p:p+2], uint16(twoBytes(z)))
		return p + 2
	}
	return len(AppendVarint(w[:p], uint64(z)))
}

func zigzag(v int32) uint32 { return uint32(v<<1) ^ uint32(v>>31) }

// twoBytes returns v, 2⁷ to 2¹⁴−1, as the two bytes of its varint from the lower up.
func twoBytes(v uint32) uint32 { return v&0x7f | 0x80 | v<<1&0x7f00 }

// spread returns v, below 2⁵⁶, as the bytes of its varint from the lowest up, and their number: its
// groups of seven bits are moved apart by halves, then all but the last get their continuation bit.
func spread(v uint64) (bytes uint64, n int) {
	n = SizeVarint(v)
	v = v&(1<<28-1) | v&((1<<28-1)<<28)<<4
	v = v&0x00003fff_00003fff | v&0x0fffc000_0fffc000<<2
	v = v&0x007f007f_007f007f | v&0x3f803f80_3f803f80<<1
	return v | 0x80808080_80808080&(1<<(8*(n-1)&63)-1), n
}
