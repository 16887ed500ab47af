package push

import (
	"fmt"
	"strings"
	"unsafe"

	"hutong/ingest"
	"hutong/ingest/csvrow"
)

// piece is where a record stands in a body.
type piece struct {
	start, end int
	line       int // from 1
	broken     bool
}

// body is a body that was cut into records.
type body struct {
	format  Format
	text    string
	pieces  []piece
	header  string          // of CSV, without its line end
	columns *ingest.Columns // of CSV
}

// raw returns a record as it came.
func (b *body) raw(i int) string { return b.text[b.pieces[i].start:b.pieces[i].end] }

const (
	byteOrderMark   = "\ufeff"
	recordSeparator = 0x1e     // starts a record of a text sequence (RFC 8142)
	maxHeader       = 16 << 10 // bytes of the header of CSV, which is kept with each row that is refused
	wantQuotes      = "quotes only around a whole cell, and doubled inside it"
)

// cut finds the records of a text. The error is a [*ingest.SyntaxError] or a [*TooLargeError].
func (f *Feed) cut(format Format, text string) (*body, error) {
	text = strings.TrimPrefix(text, byteOrderMark)
	b := &body{format: format, text: text}
	var err error
	switch format {
	case CSV:
		err = f.cutRows(b)
	case NDJSON:
		err = f.cutLines(b)
	case JSON:
		err = f.cutJSON(b, f.opts.Records)
	case GeoJSON:
		err = f.cutJSON(b, "")
	}
	if err != nil {
		return nil, err
	}
	return b, nil
}

// add adds a record.
func (f *Feed) add(b *body, p piece) error {
	if len(b.pieces) == f.opts.Limits.Records {
		return &TooLargeError{f.opts.Limits.Records, "A request to this source may have %d records."}
	}
	b.pieces = append(b.pieces, p)
	return nil
}

func (f *Feed) cutJSON(b *body, path string) error {
	return ingest.CutJSON(b.text, path, func(start, end, line int) error {
		return f.add(b, piece{start: start, end: end, line: line})
	})
}

// cutLines finds one record a line, or between record separators if the text starts with one.
func (f *Feed) cutLines(b *body) error {
	separator := byte('\n')
	if start := strings.TrimLeft(b.text, " \t\r\n"); start != "" && start[0] == recordSeparator {
		separator = recordSeparator
	}
	line := 1
	for at := 0; at < len(b.text); {
		end := len(b.text)
		if n := strings.IndexByte(b.text[at:], separator); n >= 0 {
			end = at + n
		}
		record := b.text[at:end]
		front := len(record) - len(strings.TrimLeft(record, " \t\r\n"))
		p := piece{start: at + front, line: line + strings.Count(record[:front], "\n")}
		if p.end = at + len(strings.TrimRight(record, " \t\r\n")); p.end > p.start {
			if err := f.add(b, p); err != nil {
				return err
			}
		}
		line += strings.Count(b.text[at:min(end+1, len(b.text))], "\n")
		at = end + 1
	}
	return nil
}

// cutRows finds the header and the rows behind it.
func (f *Feed) cutRows(b *body) error {
	line := 1
	rest := unsafe.Slice(unsafe.StringData(b.text), len(b.text)) // only read
	for at := 0; at < len(rest); {
		end, ok := csvrow.End(rest[at:], f.opts.Delimiter, true)
		p := piece{start: at, line: line, broken: !ok || end == 0}
		if end == 0 { // a quoted cell that is never closed
			end = len(rest) - at
		}
		p.end = at + len(csvrow.Trim(b.text[at:at+end]))
		line += strings.Count(b.text[at:at+end], "\n")
		at += end
		switch {
		case p.start == p.end: // an empty line
		case b.columns != nil:
			if err := f.add(b, p); err != nil {
				return err
			}
		case p.broken:
			return &ingest.SyntaxError{Line: p.line, Byte: p.start + 1, Want: "a header with " + wantQuotes}
		default:
			b.header = b.text[p.start:p.end]
			if len(b.header) > maxHeader {
				return &ingest.SyntaxError{Line: p.line, Byte: p.start + 1, Want: fmt.Sprintf("a header of at most %d bytes", maxHeader)}
			}
			columns, err := f.columns(b.header)
			if err != nil {
				return &ingest.SyntaxError{Line: p.line, Byte: p.start + 1, Want: "a header with the columns of this source: " + err.Error()}
			}
			b.columns = columns
		}
	}
	if b.columns == nil {
		return &ingest.SyntaxError{Line: line, Byte: len(b.text) + 1, Want: "a header, the first line of CSV"}
	}
	return nil
}

// columns binds a header.
func (f *Feed) columns(header string) (*ingest.Columns, error) {
	var texts strings.Builder
	return f.mapper.Columns(csvrow.Split(nil, header, f.opts.Delimiter, &texts), f.opts.Mapping.Place.PlaceColumns)
}
