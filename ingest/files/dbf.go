package files

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// dbf is what the header of a dBASE III table says.
type dbf struct {
	records      int64
	headerLength int64
	recordLength int // bytes, the deletion flag included
	fields       []dbfField
	driver       byte // language driver: which code page the texts have
}

// dbfField is one column.
type dbfField struct {
	raw  [32]byte // its descriptor
	name []byte   // in the table's code page
	kind byte     // C, N, F, L, D or another letter
	size int      // bytes
}

// readable reports whether the values are of a type that is read.
func (f *dbfField) readable() bool { return strings.IndexByte("CNFLD", f.kind) >= 0 }

const (
	dbfPrefix     = 32 // bytes before the field descriptors
	dbfDescriptor = 32 // bytes of one
	// go-shp keeps the lengths of a record and of the header in 16 bits with a sign.
	maxDBFRecord = 32767
	maxDBFFields = (32767 - dbfPrefix - 1) / dbfDescriptor
)

// parseDBF reads the header of a table of size bytes, or less than 0 when that is not known, and
// leaves r behind it.
func parseDBF(r io.Reader, size int64) (*dbf, error) {
	head := make([]byte, dbfPrefix)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, errors.New("the table ends inside its header")
	}
	d := &dbf{
		records:      int64(binary.LittleEndian.Uint32(head[4:])),
		headerLength: int64(binary.LittleEndian.Uint16(head[8:])),
		recordLength: int(binary.LittleEndian.Uint16(head[10:])),
		driver:       head[29],
	}
	if version := head[0] & 7; version != 3 {
		return nil, fmt.Errorf("the table is of dBASE version %d: want 3", version)
	}
	switch {
	case d.headerLength < dbfPrefix+1:
		return nil, fmt.Errorf("the table's header has %d bytes, too few", d.headerLength)
	case d.recordLength < 1 || d.recordLength > maxDBFRecord:
		return nil, fmt.Errorf("the table's records have %d bytes, not 1 to %d", d.recordLength, maxDBFRecord)
	case size >= 0 && d.headerLength+d.records*int64(d.recordLength) > size:
		return nil, fmt.Errorf("the table is cut off: %d records of %d bytes do not fit into its %d bytes", d.records, d.recordLength, size)
	}
	rest := make([]byte, d.headerLength-dbfPrefix)
	if _, err := io.ReadFull(r, rest); err != nil {
		return nil, errors.New("the table ends inside its header")
	}
	sum := 1 // the deletion flag
	for i := 0; ; i += dbfDescriptor {
		if i >= len(rest) {
			return nil, errors.New("the list of the table's columns has no end")
		}
		if rest[i] == '\r' {
			break
		}
		if i+dbfDescriptor > len(rest) {
			return nil, errors.New("the list of the table's columns is cut off")
		}
		f := dbfField{raw: [dbfDescriptor]byte(rest[i:]), kind: rest[i+11], size: int(rest[i+16])}
		f.name = bytes.TrimRight(f.raw[:11], " ")
		if end := bytes.IndexByte(f.raw[:11], 0); end >= 0 {
			f.name = bytes.TrimRight(f.raw[:end], " ")
		}
		sum += f.size
		d.fields = append(d.fields, f)
	}
	if len(d.fields) > maxDBFFields {
		return nil, fmt.Errorf("the table has %d columns, more than %d", len(d.fields), maxDBFFields)
	}
	if sum != d.recordLength {
		return nil, fmt.Errorf("the table's columns have %d bytes together, its records %d", sum, d.recordLength)
	}
	return d, nil
}

// header returns a header for go-shp, which takes every byte before the last for a descriptor.
func (d *dbf) header() []byte {
	b := make([]byte, dbfPrefix, dbfPrefix+dbfDescriptor*len(d.fields)+1)
	b[0] = 3
	binary.LittleEndian.PutUint16(b[8:], uint16(cap(b)))
	binary.LittleEndian.PutUint16(b[10:], uint16(d.recordLength))
	for i := range d.fields {
		b = append(b, d.fields[i].raw[:]...)
	}
	return append(b, '\r')
}

// codePage is how the bytes of a table's texts are read.
type codePage uint8

const (
	utf8Page codePage = iota
	latin1Page
	windows1252Page
)

// codePages are the names that .cpg files give them, in upper case without blanks, dashes and
// underscores.
var codePages = map[string]codePage{
	"": utf8Page, "UTF8": utf8Page, "65001": utf8Page, "ASCII": utf8Page, "USASCII": utf8Page,
	"ISO88591": latin1Page, "88591": latin1Page, "LATIN1": latin1Page, "28591": latin1Page,
	"1252": windows1252Page, "ANSI1252": windows1252Page, "WINDOWS1252": windows1252Page, "CP1252": windows1252Page,
}

// codePageOf returns the code page that a .cpg file names; when there is none, nil, the one of the
// table's language driver, and UTF-8 if that says nothing.
func codePageOf(cpg []byte, driver byte) (codePage, error) {
	const want = "UTF-8, ISO-8859-1 or Windows-1252; ogr2ogr -lco ENCODING=UTF-8 makes a copy in UTF-8"
	if cpg == nil {
		switch driver {
		case 0:
			return utf8Page, nil
		case 0x03, 0x57, 0x58, 0x59:
			return windows1252Page, nil
		}
		return utf8Page, fmt.Errorf("the table has language driver 0x%02x and there is no .cpg file: want one that says %s", driver, want)
	}
	name := strings.TrimSpace(strings.TrimPrefix(string(cpg), "\ufeff"))
	page, ok := codePages[strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToUpper(name))]
	if !ok {
		return utf8Page, fmt.Errorf("the code page in the .cpg file is %.40q: want %s", name, want)
	}
	return page, nil
}

// windows1252 are the characters of 0x80 to 0x9f; five have none and stay as they are.
var windows1252 = [32]rune{
	'€', 0x81, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0x8d, 'Ž', 0x8f,
	0x90, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0x9d, 'ž', 'Ÿ',
}

// text returns s as UTF-8. Bytes that are none in a table that says UTF-8 stay, and are refused later.
func (p codePage) text(s string) string {
	if p == utf8Page || !slices.ContainsFunc([]byte(s), func(c byte) bool { return c >= utf8.RuneSelf }) {
		return s
	}
	b := make([]byte, 0, 2*len(s))
	for _, c := range []byte(s) {
		r := rune(c)
		if p == windows1252Page && c >= 0x80 && c < 0xa0 {
			r = windows1252[c-0x80]
		}
		b = utf8.AppendRune(b, r)
	}
	return string(b)
}
