package glyph

import (
	"encoding/binary"
	"fmt"
)

// Keys of glyphs.proto: a field's number and whether it is a number or bytes.
//
//	glyphs
//	└─ 1 fontstack*   1 name · 2 range
//	   └─ 3 glyph*    1 id · 2 bitmap · 3 width · 4 height · 5 left · 6 top · 7 advance
//
// left and top are zigzag numbers.
const (
	asNumber = 0
	asBytes  = 2

	keyStack     = 1<<3 | asBytes
	keyName      = 1<<3 | asBytes
	keyRange     = 2<<3 | asBytes
	keyGlyph     = 3<<3 | asBytes
	keyID        = 1<<3 | asNumber
	keyBitmap    = 2<<3 | asBytes
	keyWidth     = 3<<3 | asNumber
	keyHeight    = 4<<3 | asNumber
	keyLeft      = 5<<3 | asNumber
	keyTop       = 6<<3 | asNumber
	keyAdvance   = 7<<3 | asNumber
	glyphAtMost  = 64 // bytes of a glyph without its bitmap
	stackAtLeast = 64
)

// encode returns the message of a range, which ends up with no glyph if there is none.
func encode(name string, first rune, glyphs *[RangeSize]*glyph) []byte {
	size := stackAtLeast
	for _, g := range glyphs {
		if g != nil {
			size += len(g.bitmap) + glyphAtMost
		}
	}
	stack := make([]byte, 0, size)
	stack = appendBytes(stack, keyName, []byte(name))
	stack = appendBytes(stack, keyRange, fmt.Appendf(nil, "%d-%d", first, first+RangeSize-1))
	var one []byte
	for i, g := range glyphs {
		if g != nil {
			one = g.append(one[:0], first+rune(i))
			stack = appendBytes(stack, keyGlyph, one)
		}
	}
	return appendBytes(make([]byte, 0, len(stack)+16), keyStack, stack)
}

func (g *glyph) append(dst []byte, id rune) []byte {
	dst = appendNumber(dst, keyID, uint64(id))
	dst = appendBytes(dst, keyBitmap, g.bitmap)
	dst = appendNumber(dst, keyWidth, uint64(g.width))
	dst = appendNumber(dst, keyHeight, uint64(g.height))
	dst = appendNumber(dst, keyLeft, zigzag(g.left))
	dst = appendNumber(dst, keyTop, zigzag(g.top))
	return appendNumber(dst, keyAdvance, uint64(g.advance))
}

func zigzag(v int) uint64 { return uint64(v)<<1 ^ uint64(v>>63) }

func appendNumber(dst []byte, key, v uint64) []byte {
	return binary.AppendUvarint(binary.AppendUvarint(dst, key), v)
}

func appendBytes(dst []byte, key uint64, b []byte) []byte {
	return append(appendNumber(dst, key, uint64(len(b))), b...)
}
