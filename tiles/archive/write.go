package archive

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"math"
	"slices"

	"github.com/protomaps/go-pmtiles/pmtiles"

	"hutong/tiles/grid"
)

// Content describes an archive to be written.
type Content struct {
	// Type is what the tiles are and Compression how they are compressed already.
	Type        TileType
	Compression Compression
	// Bounds are west, south, east, north in degrees.
	Bounds [4]float64
	// Center is lon, lat in degrees and a zoom.
	Center [3]float64
	// Metadata is written as JSON; nil as {}.
	Metadata map[string]any
	// Tiles are the tiles, none of them empty; equal ones are stored once.
	Tiles map[grid.Tile][]byte
}

// leafEntries is how many entries a leaf directory gets when the root cannot hold all.
const leafEntries = 4096

// Append appends a whole archive to dst, clustered and with gzip directories. The same content always
// makes the same bytes. The error is [ErrBounds] for a tile that is none, [ErrTooLarge] when its root
// directory would not fit, or JSON's.
func Append(dst []byte, c Content) ([]byte, error) {
	if c.Metadata == nil {
		c.Metadata = map[string]any{}
	}
	metadata, err := pmtiles.SerializeMetadata(c.Metadata, pmtiles.Gzip)
	if err != nil {
		return dst, fmt.Errorf("archive: metadata: %w", err)
	}
	entries, data, contents, err := layOut(c.Tiles)
	if err != nil {
		return dst, err
	}
	h := pmtiles.HeaderV3{
		SpecVersion: 3, Clustered: true, InternalCompression: pmtiles.Gzip,
		TileCompression: pmtiles.Compression(c.Compression), TileType: pmtiles.TileType(c.Type),
		AddressedTilesCount: uint64(len(c.Tiles)), TileEntriesCount: uint64(len(entries)), TileContentsCount: uint64(contents),
		MinLonE7: degreesE7(c.Bounds[0]), MinLatE7: degreesE7(c.Bounds[1]), MaxLonE7: degreesE7(c.Bounds[2]), MaxLatE7: degreesE7(c.Bounds[3]),
		CenterLonE7: degreesE7(c.Center[0]), CenterLatE7: degreesE7(c.Center[1]), CenterZoom: uint8(c.Center[2]),
	}
	if len(entries) > 0 {
		h.MinZoom, _, _ = pmtiles.IDToZxy(entries[0].TileID)
		h.MaxZoom, _, _ = pmtiles.IDToZxy(end(&entries[len(entries)-1]) - 1)
	}
	root, leaves := directories(entries)
	if HeaderBytes+len(root) > PrefixBytes {
		return dst, fmt.Errorf("%w: a root directory of %d bytes", ErrTooLarge, len(root))
	}
	h.RootOffset, h.RootLength = HeaderBytes, uint64(len(root))
	h.MetadataOffset, h.MetadataLength = h.RootOffset+h.RootLength, uint64(len(metadata))
	h.LeafDirectoryOffset, h.LeafDirectoryLength = h.MetadataOffset+h.MetadataLength, uint64(len(leaves))
	h.TileDataOffset, h.TileDataLength = h.LeafDirectoryOffset+h.LeafDirectoryLength, uint64(len(data))
	for _, part := range [][]byte{pmtiles.SerializeHeader(h), root, metadata, leaves, data} {
		dst = append(dst, part...)
	}
	return dst, nil
}

// layOut places the tiles one after another in the order of their ids and returns their entries, runs
// of equal neighbours as one.
func layOut(tiles map[grid.Tile][]byte) (entries []entry, data []byte, contents int, err error) {
	type numbered struct {
		id   uint64
		data []byte
	}
	list := make([]numbered, 0, len(tiles))
	for t, data := range tiles {
		if !t.Valid() || len(data) == 0 || len(data) > math.MaxUint32 {
			return nil, nil, 0, fmt.Errorf("%w: tile %s of %d bytes", ErrBounds, t, len(data))
		}
		list = append(list, numbered{pmtiles.ZxyToID(t.Z, t.X, t.Y), data})
	}
	slices.SortFunc(list, func(a, b numbered) int { return cmp.Compare(a.id, b.id) })
	places := map[[sha256.Size]byte]uint64{}
	for _, t := range list {
		sum := sha256.Sum256(t.data)
		at, known := places[sum]
		if !known {
			at = uint64(len(data))
			places[sum] = at
			data = append(data, t.data...)
		}
		if n := len(entries) - 1; n >= 0 && known && entries[n].Offset == at && end(&entries[n]) == t.id {
			entries[n].RunLength++
			continue
		}
		entries = append(entries, entry{TileID: t.id, Offset: at, Length: uint32(len(t.data)), RunLength: 1})
	}
	return entries, data, len(places), nil
}

// directories writes all entries into the root, or into leaves that the root leads to.
func directories(entries []entry) (root, leaves []byte) {
	root = pmtiles.SerializeEntries(entries, pmtiles.Gzip)
	if HeaderBytes+len(root) <= PrefixBytes {
		return root, nil
	}
	var above []entry
	for part := range slices.Chunk(entries, leafEntries) {
		leaf := pmtiles.SerializeEntries(part, pmtiles.Gzip)
		above = append(above, entry{TileID: part[0].TileID, Offset: uint64(len(leaves)), Length: uint32(len(leaf))})
		leaves = append(leaves, leaf...)
	}
	return pmtiles.SerializeEntries(above, pmtiles.Gzip), leaves
}

// degreesE7 is how the header writes degrees.
func degreesE7(degrees float64) int32 { return int32(math.Round(degrees * e7)) }
