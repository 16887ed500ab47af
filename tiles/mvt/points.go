package mvt

import (
	"encoding/binary"
	"slices"
)

// Point is a point feature without its tags: an id, or [NoID], and its place in tile units.
type Point struct {
	ID   uint64
	X, Y int32
}

// Spare is the room beyond the features' bytes with which AppendPoints does not allocate for features
// of up to usualTags tags; those of more need [MaxPoint].
const Spare = 256 + 16

// usualTags is the most tags with which a feature is sure to be shorter than 128 bytes when its id is
// below 2⁵⁶ and its coordinates take two bytes at most.
const usualTags = (127 - (1 + 8) - 2 - 2 - (2 + 1 + 2*2)) / 6

// AppendPoints appends features as [AppendPoint] does, whose tags stand in columns of the same
// height: those of points[i] are tags[i], tags[i+height], and so on to the end of tags.
//
// Nearly all features of nearly all layers have one-byte lengths and short coordinates. They are
// written here, without a call and with few stores; AppendPoint's way takes the others.
func AppendPoints(dst []byte, points []Point, tags []Tag, height int) []byte {
	usual := len(tags) <= usualTags*height
	for i, pt := range points {
		x, y := zigzag(pt.X), zigzag(pt.Y)
		if !usual || pt.ID >= 1<<56 || x|y >= 1<<14 {
			dst = appendPoint(dst, pt, tags[min(i, len(tags)):], max(height, 1))
			continue
		}
		at := len(dst)
		if cap(dst)-at < Spare {
			dst = slices.Grow(dst, Spare)
		}
		// Positions in w are taken modulo 256, which changes none but tells the compiler that all
		// stores are in bounds.
		w := (*[Spare]byte)(dst[at : at+Spare])
		w[0], w[2] = layerFeature, featureID
		id, n := spread(pt.ID)
		binary.LittleEndian.PutUint64(w[3:], id)
		p := uint(3+n) & 0xff
		q := p + 2
		for k := uint(i); k < uint(len(tags)); k += uint(height) {
			t := tags[k]
			binary.LittleEndian.PutUint64(w[q&0xff:], uint64(t))
			q += uint(t >> 56)
		}
		w[p], w[p+1] = featureTags, byte(q-p-2)
		if q == p+2 {
			q = p // no tags
		}
		q &= 0xff
		binary.LittleEndian.PutUint32(w[q:], featureType|pointType<<8|featureGeometry<<16|5<<24)
		if x >= 0x80 && y >= 0x80 {
			binary.LittleEndian.PutUint64(w[q+4:], moveToOne|uint64(twoBytes(x))<<8|uint64(twoBytes(y))<<24)
			q += 9
		} else {
			from := q + 4
			w[from] = moveToOne
			q = uint(putCoordinate(w[:], putCoordinate(w[:], int(from+1), pt.X), pt.Y))
			w[from-1] = byte(q - from)
		}
		w[1] = byte(q - 2)
		dst = dst[:at+int(q)]
	}
	return dst
}
