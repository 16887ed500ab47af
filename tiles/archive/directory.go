package archive

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/protomaps/go-pmtiles/pmtiles"

	"hutong/internal/compress"
)

// entry is one line of a directory: a run of tiles, or a leaf directory when RunLength is 0.
type entry = pmtiles.EntryV3

// entryBytes is what an entry takes in memory.
const entryBytes = 24

// parseDirectory decodes a directory as it is stored. What it returns is in order, and every entry
// points into its section.
func parseDirectory(stored []byte, h *pmtiles.HeaderV3) ([]entry, error) {
	plain, err := decompress(stored, Compression(h.InternalCompression), MaxPlainDirectoryBytes)
	if err != nil {
		return nil, fmt.Errorf("directory: %w", err)
	}
	return decodeDirectory(plain, h)
}

// decodeDirectory decodes a directory: a count, then all ids, run lengths, lengths and offsets, as
// varints (spec/v3, Directory Serialization). Memory is spent on entries that are there, not on
// those that the count promises.
func decodeDirectory(plain []byte, h *pmtiles.HeaderV3) ([]entry, error) {
	r := varints{rest: plain}
	count := r.next(math.MaxUint64)
	switch {
	case r.err != nil:
		return nil, r.err
	case count > uint64(len(r.rest)/4): // each entry takes four varints
		return nil, fmt.Errorf("%w: it promises %d entries in %d bytes", ErrDirectory, count, len(r.rest))
	case count > MaxEntries:
		return nil, fmt.Errorf("%w: a directory of %d entries; at most %d", ErrTooLarge, count, MaxEntries)
	}
	entries := make([]entry, count)
	id := uint64(0)
	for i := range entries {
		id += r.next(idLimit(MaxZoom)) // two of these do not wrap, and the check below stops the third
		if i > 0 && id <= entries[i-1].TileID && r.err == nil {
			return nil, fmt.Errorf("%w: id %d comes after %d", ErrOrder, id, entries[i-1].TileID)
		}
		if id >= idLimit(MaxZoom) && r.err == nil {
			return nil, fmt.Errorf("%w: id %d is above zoom %d", ErrBounds, id, MaxZoom)
		}
		entries[i].TileID = id
	}
	for i := range entries {
		entries[i].RunLength = uint32(r.next(math.MaxUint32))
	}
	for i := range entries {
		entries[i].Length = uint32(r.next(math.MaxUint32))
	}
	for i := range entries {
		switch at := r.next(math.MaxUint64); {
		case at > 0:
			entries[i].Offset = at - 1
		case i > 0:
			entries[i].Offset = entries[i-1].Offset + uint64(entries[i-1].Length)
		case r.err == nil:
			return nil, fmt.Errorf("%w: the first entry follows on nothing", ErrDirectory)
		}
	}
	switch {
	case r.err != nil:
		return nil, r.err
	case len(r.rest) > 0:
		return nil, fmt.Errorf("%w: %d bytes follow its entries", ErrDirectory, len(r.rest))
	}
	return entries, checkEntries(entries, h)
}

// checkEntries checks that runs do not overlap and that all entries point into their sections.
func checkEntries(entries []entry, h *pmtiles.HeaderV3) error {
	for i := range entries {
		e := &entries[i]
		section, name := h.TileDataLength, "tile"
		limit := idLimit(MaxZoom)
		if i+1 < len(entries) {
			limit = entries[i+1].TileID
		}
		if e.RunLength == 0 {
			section, name = h.LeafDirectoryLength, "leaf directory"
			if e.Length > MaxDirectoryBytes {
				return fmt.Errorf("%w: a leaf directory of %d bytes; at most %d", ErrTooLarge, e.Length, MaxDirectoryBytes)
			}
		}
		switch {
		case e.Length == 0:
			return fmt.Errorf("%w: the %s at id %d has no bytes", ErrDirectory, name, e.TileID)
		case end(e) > limit:
			return fmt.Errorf("%w: %d tiles from id %d reach beyond id %d", ErrOrder, e.RunLength, e.TileID, limit)
		}
		if err := within(e.Offset, uint64(e.Length), section); err != nil {
			return fmt.Errorf("%w: the %s at id %d: %d bytes at %d of a section of %d",
				ErrBounds, name, e.TileID, e.Length, e.Offset, section)
		}
	}
	return nil
}

// end returns the id after the last that e stands for by itself.
func end(e *entry) uint64 { return e.TileID + max(uint64(e.RunLength), 1) }

// find returns the index of the entry that stands for id or leads to it; -1 when there is none.
func find(entries []entry, id uint64) int {
	i, exact := slices.BinarySearchFunc(entries, id, func(e entry, id uint64) int {
		switch {
		case e.TileID < id:
			return -1
		case e.TileID > id:
			return 1
		}
		return 0
	})
	if exact {
		return i
	}
	if i--; i >= 0 && (entries[i].RunLength == 0 || id < end(&entries[i])) {
		return i
	}
	return -1
}

// varints reads varints one after another. After the first error it gives zeros.
type varints struct {
	rest []byte
	err  error
}

// next reads a varint that may be limit at most.
func (r *varints) next(limit uint64) uint64 {
	if r.err != nil {
		return 0
	}
	v, n := binary.Uvarint(r.rest)
	switch {
	case n == 0:
		r.err = fmt.Errorf("%w: it ends within its entries", ErrDirectory)
		return 0
	case n < 0 || v > limit:
		r.err = fmt.Errorf("%w: a number above %d", ErrDirectory, limit)
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// decompress returns the content of what is stored, at most limit bytes. It may share memory with
// stored.
func decompress(stored []byte, c Compression, limit int) ([]byte, error) {
	var plain []byte
	var err error
	switch c {
	case CompressionNone:
		if plain = stored; len(stored) > limit {
			err = compress.ErrBeyond
		}
	case CompressionGzip:
		plain, err = compress.GunzipWithin(nil, stored, limit)
	case CompressionZstd:
		plain, err = compress.UnzstdWithin(nil, stored, limit)
	default:
		return nil, fmt.Errorf("%w: %s cannot be read here", ErrCompression, c)
	}
	switch {
	case errors.Is(err, compress.ErrBeyond):
		return nil, fmt.Errorf("%w: more than %d bytes from %d", ErrBomb, limit, len(stored))
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return plain, nil
}
