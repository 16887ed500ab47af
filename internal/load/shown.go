package load

import (
	"encoding/binary"
	"errors"
	"fmt"

	"hutong/tiles/grid"
)

// errTile is the error of bytes that are no vector tile.
var errTile = errors.New("load: no vector tile")

// shows reports whether a vector tile (MVT 2.1 §4) has, in a layer, a point with an id where r is; a unit more or less
// counts, because rounding is the server's.
func shows(tile []byte, at grid.Tile, layer string, id uint64, r *record) (bool, error) {
	found := false
	err := fields(tile, func(number int, _ uint64, message []byte) error {
		if number != 3 || found {
			return nil
		}
		name, extent := "", uint64(4096)
		err := fields(message, func(number int, value uint64, b []byte) error {
			switch number {
			case 1:
				name = string(b)
			case 5:
				extent = value
			}
			return nil
		})
		if err != nil || name != layer {
			return err
		}
		if extent > 1<<16 || !grid.ValidExtent(uint32(extent)) {
			return fmt.Errorf("%w: an extent of %d", errTile, extent)
		}
		w := at.Window(uint32(extent), grid.MaxBuffer(uint32(extent)))
		if p := r.point(); w.Contains(p) {
			x, y := w.Units(p)
			found, err = hasPoint(message, id, int64(x), int64(y))
		}
		return err
	})
	return found && err == nil, err
}

// hasPoint reports whether a layer has a feature with an id whose geometry begins at x, y.
func hasPoint(layer []byte, id uint64, x, y int64) (bool, error) {
	found := false
	err := fields(layer, func(number int, _ uint64, feature []byte) error {
		if number != 2 || found {
			return nil
		}
		same := false
		var geometry []byte
		err := fields(feature, func(number int, value uint64, b []byte) error {
			switch number {
			case 1:
				same = value == id
			case 4:
				geometry = b
			}
			return nil
		})
		if err != nil || !same {
			return err
		}
		gx, gy, ok := firstPoint(geometry)
		found = ok && max(gx-x, x-gx) <= 1 && max(gy-y, y-gy) <= 1
		return nil
	})
	return found, err
}

// firstPoint returns where a geometry moves to first.
func firstPoint(b []byte) (x, y int64, ok bool) {
	var values [3]uint64
	for i := range values {
		v, n := binary.Uvarint(b)
		if n <= 0 {
			return 0, 0, false
		}
		values[i], b = v, b[n:]
	}
	zigzag := func(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }
	return zigzag(values[1]), zigzag(values[2]), values[0]&7 == 1
}

// fields calls on with each field of a protobuf message: its number, its value if it is a number, else its bytes.
func fields(b []byte, on func(number int, value uint64, b []byte) error) error {
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		if n <= 0 {
			return fmt.Errorf("%w: a tag is cut off", errTile)
		}
		b = b[n:]
		var value uint64
		var part []byte
		size := 0
		switch tag & 7 {
		case 0:
			if value, size = binary.Uvarint(b); size <= 0 {
				return fmt.Errorf("%w: a number is cut off", errTile)
			}
		case 1:
			size = 8
		case 2:
			length, n := binary.Uvarint(b)
			if n <= 0 || length > uint64(len(b)-n) {
				return fmt.Errorf("%w: a part is cut off", errTile)
			}
			size = n + int(length)
			part = b[n:size]
		case 5:
			size = 4
		default:
			return fmt.Errorf("%w: a field of wire type %d", errTile, tag&7)
		}
		if size > len(b) {
			return fmt.Errorf("%w: a value is cut off", errTile)
		}
		b = b[size:]
		if err := on(int(min(tag>>3, 1<<30)), value, part); err != nil {
			return err
		}
	}
	return nil
}
