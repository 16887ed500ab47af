package geoparquet

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go/format"

	"hutong/internal/compress"
)

// checkBlock refuses the page behind header when what is compressed in it is larger than the header says,
// or broken: parquet-go's codecs take what a block gives, and for LZ4 ever more until it fits.
func (h *headers) checkBlock(header *format.PageHeader, codec format.CompressionCodec) error {
	levels := 0 // of a page of version 2, which come first and uncompressed
	// Any page may have a header of version 2: what counts is its type.
	if v2 := &header.DataPageHeaderV2; header.Type == format.DataPageV2 {
		if v2.V.IsCompressed.Valid && !v2.V.IsCompressed.V {
			return nil
		}
		levels = int(v2.V.RepetitionLevelsByteLength) + int(v2.V.DefinitionLevelsByteLength)
		if size := min(header.CompressedPageSize, header.UncompressedPageSize); levels < 0 || levels > int(size) {
			return fmt.Errorf("levels of %d bytes in a page of %d", levels, size)
		}
	}
	if codec == format.Uncompressed {
		return nil
	}
	page, err := h.peek(int(header.CompressedPageSize))
	if err != nil {
		return err
	}
	block, limit := page[levels:], int(header.UncompressedPageSize)-levels
	if len(block) == 0 {
		return nil
	}
	switch codec {
	case format.Snappy:
		if size, n := binary.Uvarint(block); n <= 0 || size > uint64(limit) {
			err = fmt.Errorf("it holds a block of %d bytes", size)
		}
	case format.Gzip:
		err = compress.CheckGzip(block, limit)
	case format.Zstd:
		err = compress.CheckZstd(block, limit)
	case format.Lz4Raw:
		err = checkLZ4(block, limit)
	default:
		return fmt.Errorf("the compression %s is not read: want snappy, gzip, zstd, LZ4_RAW or none", codec)
	}
	if err != nil {
		return fmt.Errorf("a page of %d bytes: %w", header.UncompressedPageSize, err)
	}
	return nil
}

var errLZ4 = errors.New("LZ4: the block is cut off")

// checkLZ4 adds up the lengths of a block's sequences (LZ4 Block Format Description).
func checkLZ4(block []byte, limit int) error {
	size := 0
	// length reads the rest of one that its four bits do not hold.
	length := func(bits int) (int, bool) {
		for n := bits; ; {
			if bits < 15 {
				return n, true
			}
			if len(block) == 0 {
				return 0, false
			}
			more := block[0]
			block = block[1:]
			if n += int(more); more < 255 {
				return n, true
			}
		}
	}
	for {
		token := int(block[0])
		block = block[1:]
		literals, ok := length(token >> 4)
		if !ok || literals > len(block) {
			return errLZ4
		}
		block = block[literals:]
		if size += literals; size > limit {
			return fmt.Errorf("LZ4: %w of %d bytes", compress.ErrBeyond, limit)
		}
		if len(block) == 0 {
			if token&15 != 0 {
				return errLZ4
			}
			return nil // the last sequence is literals only
		}
		if len(block) < 2 {
			return errLZ4
		}
		offset := int(binary.LittleEndian.Uint16(block))
		if offset == 0 || offset > size {
			return fmt.Errorf("LZ4: a match %d bytes back from byte %d", offset, size)
		}
		block = block[2:]
		match, ok := length(token & 15)
		if !ok || len(block) == 0 {
			return errLZ4
		}
		if size += match + 4; size > limit {
			return fmt.Errorf("LZ4: %w of %d bytes", compress.ErrBeyond, limit)
		}
	}
}
