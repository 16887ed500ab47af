// Package mvt appends vector tiles in the format MVT 2.1 (https://github.com/mapbox/vector-tile-spec/tree/master/2.1)
// to byte slices. It knows the format and nothing of layers, fields or HTTP, holds no state and
// allocates nothing but the growth of the slice it appends to.
//
// A tile is a run of layers. One layer is appended in this order:
//
//	dst, layer := mvt.BeginLayer(dst, "complaints", sizeHint)
//	dst = mvt.AppendPoint(dst, id, tags, x, y)  // features, or AppendPoints for many
//	dst = mvt.AppendKey(dst, "status")          // keys, whose order gives their index
//	dst = mvt.AppendString(dst, "open")         // values, whose order gives theirs
//	dst = layer.End(dst, 4096)
//
// A feature's attributes are [Tag] values, made once per distinct value and then copied. Everything
// here may be called from any goroutine.
package mvt

import "math/bits"

// Version is the version of the format that each layer states.
const Version = 2

// Wire types of protobuf.
const (
	varint = iota
	fixed64
	delimited
)

// Tags of the protobuf messages: field number << 3, plus the wire type.
const (
	tileLayer = 3<<3 + delimited

	layerName    = 1<<3 + delimited
	layerFeature = 2<<3 + delimited
	layerKey     = 3<<3 + delimited
	layerValue   = 4<<3 + delimited
	layerExtent  = 5<<3 + varint
	layerVersion = 15<<3 + varint

	featureID       = 1<<3 + varint
	featureTags     = 2<<3 + delimited
	featureType     = 3<<3 + varint
	featureGeometry = 4<<3 + delimited

	valueString = 1<<3 + delimited
	valueDouble = 3<<3 + fixed64
	valueUint   = 5<<3 + varint
	valueSint   = 6<<3 + varint
	valueBool   = 7<<3 + varint
)

// AppendVarint appends v as a protobuf varint, 1 to 10 bytes.
func AppendVarint(dst []byte, v uint64) []byte {
	for v >= 0x80 {
		dst = append(dst, byte(v)|0x80)
		v >>= 7
	}
	return append(dst, byte(v))
}

// SizeVarint returns the bytes of v as a varint, 1 to 10. For up to 64 bits (9n+64)/64 is (n+6)/7, by
// a shift.
func SizeVarint(v uint64) int { return (9*bits.Len64(v|1) + 64) >> 6 }

// Zigzag maps an integer to an unsigned one so that small magnitudes have short varints.
func Zigzag(v int64) uint64 { return uint64(v<<1) ^ uint64(v>>63) }
