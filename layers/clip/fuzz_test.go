package clip

import (
	"encoding/binary"
	"testing"
)

// decode makes paths and a window of bytes: two for each coordinate, a path ends where the first of
// a point is 0x80.
func decode(data []byte, scale uint8) (p Paths, w Rect) {
	number := func() (n int64) {
		if len(data) >= 2 {
			n = int64(int16(binary.LittleEndian.Uint16(data)))
			data = data[2:]
		} else {
			data = nil
		}
		return n
	}
	w.MinX, w.MinY = number()>>(scale%16), number()>>(scale%16)
	w.MaxX, w.MaxY = w.MinX+number()&0x1fff>>(scale%16), w.MinY+number()&0x1fff>>(scale%16)
	for len(data) >= 4 && len(p.Points) < 48 {
		if data[0] == 0x80 {
			data = data[1:]
			p.End()
			continue
		}
		p.Add(number()>>(scale%16), number()>>(scale%16))
	}
	p.End()
	return p, w
}

func seeds(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x00\x64\x00\x64\x00\x0a\x00\x0a\x00\x0a\x00\x1e\x00\x1e\x00\x0a\x00\x1e\x00\x1e\x00"), uint8(0))
	f.Add([]byte("\x00\x00\x00\x00\x64\x00\x64\x00\x0a\x00\x0a\x00\x32\x00\x0a\x00\x32\x00\x32\x00\x0a\x00\x32\x00\x80\x14\x00\x14\x00\x14\x00\x28\x00\x28\x00\x28\x00"), uint8(2))
	f.Add([]byte("gfedcbahjkl;asdfghjkl;qwertyuiopzxcvbnm,1234567890-=[]asdlkjqweoiuzxcmnb"), uint8(11))
}

func FuzzPolygon(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte, scale uint8) {
		in, w := decode(data, scale)
		var c Clipper
		checkPolygon(t, &c, in, w)
	})
}

func FuzzLines(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte, scale uint8) {
		in, w := decode(data, scale)
		var c Clipper
		checkLines(t, &c, in, w)
	})
}
