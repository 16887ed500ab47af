package archive

import (
	"bytes"
	"fmt"

	"github.com/protomaps/go-pmtiles/pmtiles"
)

// TileType is what the tiles of an archive are.
type TileType uint8

// The types (spec/v3, Header Design; MLT as the MapLibre readers know it). Tiles of another type can
// only be read raw.
const (
	TypeUnknown TileType = iota
	TypeMVT
	TypePNG
	TypeJPEG
	TypeWebP
	TypeAVIF
	TypeMLT
)

var typeNames = [...]string{"unknown", "mvt", "png", "jpeg", "webp", "avif", "mlt"}

// String returns the type's name in lower case.
func (t TileType) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return typeNames[TypeUnknown]
}

// Compression is how tiles or directories are compressed.
type Compression uint8

// The compressions (spec/v3, Header Design).
const (
	CompressionUnknown Compression = iota
	CompressionNone
	CompressionGzip
	CompressionBrotli
	CompressionZstd
)

var compressionNames = [...]string{"unknown", "none", "gzip", "brotli", "zstd"}

// String returns the compression's name in lower case.
func (c Compression) String() string {
	if int(c) < len(compressionNames) {
		return compressionNames[c]
	}
	return compressionNames[CompressionUnknown]
}

// magic begins every archive since version 3; two bytes of it those before.
const magic = "PMTiles"

// parseHeader reads and checks the header in the first bytes of an archive of size bytes. It
// believes no number in it that does not fit the archive.
func parseHeader(prefix []byte, size int64) (*pmtiles.HeaderV3, error) {
	switch {
	case len(prefix) >= len(magic) && !bytes.HasPrefix(prefix, []byte(magic)):
		if bytes.HasPrefix(prefix, []byte("PM")) && prefix[2] < 3 && prefix[3] == 0 {
			return nil, fmt.Errorf("%w: %d; convert it to version 3", ErrVersion, prefix[2])
		}
		return nil, fmt.Errorf("%w: it begins with %q", ErrMagic, prefix[:len(magic)])
	case len(prefix) > len(magic) && prefix[len(magic)] != 3:
		return nil, fmt.Errorf("%w: %d; 3 is read", ErrVersion, prefix[len(magic)])
	case len(prefix) < HeaderBytes:
		return nil, fmt.Errorf("%w: %d bytes are less than the header's %d", ErrTruncated, len(prefix), HeaderBytes)
	}
	h, err := pmtiles.DeserializeHeader(prefix[:HeaderBytes]) // sound on exactly this
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMagic, err)
	}
	for _, section := range sections(&h) {
		if section.length == 0 && section.mayBeEmpty {
			continue
		}
		if section.length == 0 || section.offset < HeaderBytes {
			return nil, fmt.Errorf("%w: the %s: %d bytes at %d", ErrBounds, section.name, section.length, section.offset)
		}
		if err := within(section.offset, section.length, uint64(size)); err != nil {
			return nil, fmt.Errorf("the %s: %w", section.name, err)
		}
	}
	if h.RootOffset+h.RootLength > PrefixBytes {
		return nil, fmt.Errorf("%w: the root directory ends at %d; it must lie in the first %d bytes", ErrBounds, h.RootOffset+h.RootLength, PrefixBytes)
	}
	if h.MetadataLength > MaxMetadataBytes {
		return nil, fmt.Errorf("%w: metadata of %d bytes; at most %d", ErrTooLarge, h.MetadataLength, MaxMetadataBytes)
	}
	switch Compression(h.InternalCompression) {
	case CompressionNone, CompressionGzip, CompressionZstd:
	default:
		return nil, fmt.Errorf("%w of directories: %d; 1 (none), 2 (gzip) and 4 (zstd) are read", ErrCompression, h.InternalCompression)
	}
	if c := Compression(h.TileCompression); c == CompressionUnknown || c > CompressionZstd {
		return nil, fmt.Errorf("%w of tiles: %d; 1 (none), 2 (gzip), 3 (brotli) and 4 (zstd) are known", ErrCompression, c)
	}
	if h.MinZoom > h.MaxZoom || h.MaxZoom > MaxZoom {
		return nil, fmt.Errorf("%w: zooms %d to %d; they ascend and are at most %d", ErrHeader, h.MinZoom, h.MaxZoom, MaxZoom)
	}
	return &h, nil
}

// section is one of the four parts of an archive that its header places.
type section struct {
	name           string
	offset, length uint64
	mayBeEmpty     bool
}

func sections(h *pmtiles.HeaderV3) []section {
	return []section{
		{"root directory", h.RootOffset, h.RootLength, false},
		{"metadata", h.MetadataOffset, h.MetadataLength, false},
		{"leaf directories", h.LeafDirectoryOffset, h.LeafDirectoryLength, true},
		{"tile data", h.TileDataOffset, h.TileDataLength, true},
	}
}

// within returns nil when length bytes at offset lie in size bytes; else [ErrTruncated] when they
// begin there and ErrBounds when they do not, or wrap.
func within(offset, length, size uint64) error {
	switch end := offset + length; {
	case end < offset || offset > size:
		return fmt.Errorf("%w: %d bytes at %d of %d", ErrBounds, length, offset, size)
	case end > size:
		return fmt.Errorf("%w: %d bytes at %d, of which %d are there", ErrTruncated, length, offset, size-offset)
	default:
		return nil
	}
}

// idLimit is the first tile id above zoom z, at most [MaxZoom].
func idLimit(z uint8) uint64 { return (uint64(1)<<(2*(z+1)) - 1) / 3 }
