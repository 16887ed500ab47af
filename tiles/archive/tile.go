package archive

import (
	"bytes"
	"context"
	"fmt"

	"github.com/protomaps/go-pmtiles/pmtiles"

	"hutong/tiles/grid"
)

// Tile is one tile as it is stored.
type Tile struct {
	// Data is the caller's own.
	Data        []byte
	Type        TileType
	Compression Compression
}

// Tile reads one tile; ok is false when the archive has none at this address, zooms outside its own
// included. An error is one of this package's, or ctx's.
func (a *Archive) Tile(ctx context.Context, address grid.Tile) (tile Tile, ok bool, err error) {
	err = a.do(ctx, func(v *version) error {
		tile, ok, err = v.tile(ctx, a.cache, address)
		return err
	})
	return tile, ok, err
}

func (v *version) tile(ctx context.Context, c *cache, address grid.Tile) (Tile, bool, error) {
	if !address.Valid() || address.Z < v.header.MinZoom || address.Z > v.header.MaxZoom {
		return Tile{}, false, nil
	}
	e, ok, err := v.lookup(ctx, c, pmtiles.ZxyToID(address.Z, address.X, address.Y))
	if err != nil || !ok {
		return Tile{}, false, err
	}
	if e.Length > MaxTileBytes {
		return Tile{}, false, fmt.Errorf("%w: tile %s of %d bytes; at most %d", ErrTooLarge, address, e.Length, MaxTileBytes)
	}
	data, err := readPart(ctx, v.source, v.header.TileDataOffset+e.Offset, uint64(e.Length))
	if err != nil {
		return Tile{}, false, fmt.Errorf("tile %s: %w", address, err)
	}
	t := Tile{data, v.info.Type, v.info.Compression}
	if err := t.check(); err != nil {
		return Tile{}, false, fmt.Errorf("tile %s: %w", address, err)
	}
	return t, true, nil
}

// check refuses a tile that is obviously not compressed as the header says. Browsers show nothing of
// such a tile and do not say why.
func (t Tile) check() error {
	var begins []byte
	switch t.Compression {
	case CompressionGzip:
		begins = []byte{0x1f, 0x8b}
	case CompressionZstd:
		begins = []byte{0x28, 0xb5, 0x2f, 0xfd}
	default:
		return nil
	}
	if !bytes.HasPrefix(t.Data, begins) {
		return fmt.Errorf("%w: it is not %s", ErrCorrupt, t.Compression)
	}
	return nil
}

// Plain returns the tile decompressed. It shares memory with Data when the tile is not compressed.
// The error is [ErrBomb], [ErrCorrupt] or, for brotli, [ErrCompression].
func (t Tile) Plain() ([]byte, error) { return decompress(t.Data, t.Compression, MaxPlainTileBytes) }
