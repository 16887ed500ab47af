package files

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/paulmach/orb"

	"hutong/internal/wkb"
)

// envelopes are the bytes of a blob's envelope by the code in its flags.
var envelopes = [...]int{0, 32, 48, 48, 64}

// decodeGeoPackage returns the geometry of a GeoPackage blob (OGC 12-128r18 §2.1.3), in the units of
// its reference system, which must be srs.
func decodeGeoPackage(b []byte, srs int32) (orb.Geometry, error) {
	const headerSize = 8
	if len(b) < headerSize || b[0] != 'G' || b[1] != 'P' {
		return nil, errors.New("the blob does not start with GP and a header")
	}
	if b[2] != 0 {
		return nil, fmt.Errorf("the blob has version %d, not 0", b[2])
	}
	flags := b[3]
	if flags&0x20 != 0 {
		return nil, errors.New("the blob is of an extended type, which its writer alone can read")
	}
	var order binary.ByteOrder = binary.BigEndian
	if flags&1 != 0 {
		order = binary.LittleEndian
	}
	code := int(flags >> 1 & 7)
	if code >= len(envelopes) {
		return nil, fmt.Errorf("the blob has an envelope of kind %d, not 0 to 4", code)
	}
	if own := int32(order.Uint32(b[4:])); own != srs {
		return nil, fmt.Errorf("the blob has reference system %d, its table has %d", own, srs)
	}
	start := headerSize + envelopes[code]
	if len(b) < start {
		return nil, errors.New("the blob ends inside its envelope")
	}
	return wkb.Decode(b[start:])
}
