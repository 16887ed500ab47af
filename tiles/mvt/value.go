package mvt

import (
	"encoding/binary"
	"math"
	"slices"
)

// MaxNumber is the most bytes that AppendUint, AppendSint, AppendDouble and AppendBool append.
const MaxNumber = 13

// AppendString appends a string value of the open layer. The first value of a layer has index 0. The
// text should be UTF-8; it is not checked.
func AppendString[T string | []byte](dst []byte, s T) []byte {
	dst = AppendVarint(append(dst, layerValue), uint64(sizeText(len(s))))
	dst = AppendVarint(append(dst, valueString), uint64(len(s)))
	return append(dst, s...)
}

// SizeString returns the bytes that AppendString appends for a text of n bytes.
func SizeString(n int) int { return sizeText(sizeText(n)) }

// AppendUint appends an unsigned integer value.
func AppendUint(dst []byte, v uint64) []byte { return appendNumber(dst, valueUint, v) }

// AppendUints appends the values one after the other. It makes room once and writes each with two stores.
func AppendUints(dst []byte, values []uint64) []byte {
	at := len(dst)
	dst = slices.Grow(dst, MaxNumber*len(values))
	dst = dst[:at+MaxNumber*len(values)]
	for _, v := range values {
		if v >= 1<<56 {
			at = len(AppendUint(dst[:at], v))
			continue
		}
		w := dst[at : at+3+8]
		bytes, n := spread(v)
		binary.LittleEndian.PutUint32(w, layerValue|uint32(1+n)<<8|valueUint<<16)
		binary.LittleEndian.PutUint64(w[3:], bytes)
		at += 3 + n
	}
	return dst[:at]
}

// AppendSint appends a signed integer value.
func AppendSint(dst []byte, v int64) []byte { return appendNumber(dst, valueSint, Zigzag(v)) }

func appendNumber(dst []byte, tag byte, v uint64) []byte {
	if v >= 1<<56 {
		dst = append(dst, layerValue, byte(1+SizeVarint(v)), tag)
		return AppendVarint(dst, v)
	}
	at := len(dst)
	dst = slices.Grow(dst, 11)
	w := dst[at : at+11]
	bytes, n := spread(v)
	w[0], w[1], w[2] = layerValue, byte(1+n), tag
	binary.LittleEndian.PutUint64(w[3:], bytes)
	return dst[:at+3+n]
}

// SizeDouble is the bytes that AppendDouble appends.
const SizeDouble = 11

// AppendDouble appends a floating-point value.
func AppendDouble(dst []byte, v float64) []byte {
	dst = append(dst, layerValue, 9, valueDouble)
	return binary.LittleEndian.AppendUint64(dst, math.Float64bits(v))
}

// SizeBool is the bytes that AppendBool appends.
const SizeBool = 4

// AppendBool appends a boolean value.
func AppendBool(dst []byte, v bool) []byte {
	b := byte(0)
	if v {
		b = 1
	}
	return append(dst, layerValue, 2, valueBool, b)
}
