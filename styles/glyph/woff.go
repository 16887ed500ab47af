package glyph

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// ErrWOFF is what is wrong with a file that is no WOFF 1.0 font.
var ErrWOFF = errors.New("glyph: not a WOFF 1.0 font")

// Bounds of what [DecodeWOFF] reads.
const (
	MaxFontBytes = 32 << 20 // of a font without its compression
	maxTables    = 64
)

// Sizes of the parts of both formats, in bytes.
const (
	woffHeader, woffEntry = 44, 20
	sfntHeader, sfntEntry = 12, 16
)

// DecodeWOFF returns the TrueType font that a WOFF 1.0 file packs, table by table as it was
// (https://www.w3.org/TR/WOFF/). Every size is checked before anything of that size is made, and every
// table against its checksum. The error is ErrWOFF with the reason.
func DecodeWOFF(data []byte) ([]byte, error) {
	head, err := parseHeader(data)
	if err != nil {
		return nil, err
	}
	tables, err := parseDirectory(data, head.tables)
	if err != nil {
		return nil, err
	}
	size := sfntHeader + sfntEntry*len(tables)
	for _, t := range tables {
		size += padded(t.size)
	}
	if size != head.size {
		return nil, fmt.Errorf("%w: its tables make %d bytes, its header says %d", ErrWOFF, size, head.size)
	}
	out := make([]byte, sfntHeader+sfntEntry*len(tables), size)
	writeHeader(out, head)
	for i, t := range tables {
		entry := out[sfntHeader+sfntEntry*i:]
		copy(entry, t.tag)
		binary.BigEndian.PutUint32(entry[4:], t.sum)
		binary.BigEndian.PutUint32(entry[8:], uint32(len(out)))
		binary.BigEndian.PutUint32(entry[12:], uint32(t.size))
		if out, err = t.append(out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// header is what of a WOFF file's header matters.
type header struct {
	flavour uint32 // of the font
	tables  int
	size    int // of the font
}

func parseHeader(data []byte) (header, error) {
	if len(data) < woffHeader || string(data[:4]) != "wOFF" {
		return header{}, fmt.Errorf("%w: it does not begin with its header", ErrWOFF)
	}
	length := binary.BigEndian.Uint32(data[8:])
	size := binary.BigEndian.Uint32(data[16:])
	h := header{binary.BigEndian.Uint32(data[4:]), int(binary.BigEndian.Uint16(data[12:])), int(size)}
	switch {
	case int64(length) != int64(len(data)):
		return header{}, fmt.Errorf("%w: it has %d bytes and says %d", ErrWOFF, len(data), length)
	case size > MaxFontBytes:
		return header{}, fmt.Errorf("%w: %d bytes are more than %d", ErrWOFF, size, MaxFontBytes)
	case h.tables == 0 || h.tables > maxTables:
		return header{}, fmt.Errorf("%w: %d tables are not 1 to %d", ErrWOFF, h.tables, maxTables)
	case len(data) < woffHeader+woffEntry*h.tables:
		return header{}, fmt.Errorf("%w: its directory is cut off", ErrWOFF)
	}
	return h, nil
}

// table is one table of a font.
type table struct {
	tag    string // four bytes
	packed []byte // by zlib, unless it has size bytes
	size   int
	sum    uint32
}

// parseDirectory returns the tables of a file whose directory is whole.
func parseDirectory(data []byte, n int) ([]table, error) {
	tables := make([]table, n)
	total := 0
	for i := range tables {
		entry := data[woffHeader+woffEntry*i:]
		tag := string(entry[:4])
		offset, packed := int64(binary.BigEndian.Uint32(entry[4:])), int64(binary.BigEndian.Uint32(entry[8:]))
		size := int64(binary.BigEndian.Uint32(entry[12:]))
		switch {
		case offset+packed > int64(len(data)):
			return nil, fmt.Errorf("%w: table %q ends behind the file", ErrWOFF, tag)
		case packed > size:
			return nil, fmt.Errorf("%w: table %q is larger packed than plain", ErrWOFF, tag)
		case size > MaxFontBytes-int64(total):
			return nil, fmt.Errorf("%w: its tables have more than %d bytes", ErrWOFF, MaxFontBytes)
		case i > 0 && tag <= tables[i-1].tag:
			return nil, fmt.Errorf("%w: table %q comes after %q", ErrWOFF, tag, tables[i-1].tag)
		}
		total += int(size)
		tables[i] = table{tag, data[offset : offset+packed], int(size), binary.BigEndian.Uint32(entry[16:])}
	}
	return tables, nil
}

// append appends the table as it was, padded to four bytes.
func (t *table) append(dst []byte) ([]byte, error) {
	from := len(dst)
	if len(t.packed) == t.size {
		dst = append(dst, t.packed...)
	} else {
		r, err := zlib.NewReader(bytes.NewReader(t.packed))
		if err != nil {
			return nil, fmt.Errorf("%w: table %q: %w", ErrWOFF, t.tag, err)
		}
		dst = dst[:from+t.size] // there is room: see DecodeWOFF
		if _, err := io.ReadFull(r, dst[from:]); err != nil {
			return nil, fmt.Errorf("%w: table %q: %w", ErrWOFF, t.tag, err)
		}
		if n, err := r.Read(make([]byte, 1)); n != 0 || err != io.EOF { //nolint:errorlint // readers return it as it is
			return nil, fmt.Errorf("%w: table %q is longer than it says", ErrWOFF, t.tag)
		}
	}
	dst = append(dst, make([]byte, padded(t.size)-t.size)...)
	if sum := checksum(t.tag, dst[from:]); sum != t.sum {
		return nil, fmt.Errorf("%w: table %q has the checksum %08x, want %08x", ErrWOFF, t.tag, sum, t.sum)
	}
	return dst, nil
}

// checksum adds up the words of a padded table. That of "head" leaves out the word that makes the
// whole font's sum come out (OpenType, "Calculating checksums").
func checksum(tag string, data []byte) uint32 {
	sum := uint32(0)
	for i := 0; i+4 <= len(data); i += 4 {
		if tag != "head" || i != 8 {
			sum += binary.BigEndian.Uint32(data[i:])
		}
	}
	return sum
}

func padded(n int) int { return (n + 3) &^ 3 }

// writeHeader writes the header of a font (OpenType, "Table directory").
func writeHeader(dst []byte, h header) {
	power := 0 // the largest with 2^power ≤ h.tables
	for 2<<power <= h.tables {
		power++
	}
	span := 16 << power
	binary.BigEndian.PutUint32(dst, h.flavour)
	binary.BigEndian.PutUint16(dst[4:], uint16(h.tables))
	binary.BigEndian.PutUint16(dst[6:], uint16(span))
	binary.BigEndian.PutUint16(dst[8:], uint16(power))
	binary.BigEndian.PutUint16(dst[10:], uint16(16*h.tables-span))
}
