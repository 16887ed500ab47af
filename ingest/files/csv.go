package files

import (
	"fmt"
	"strings"

	"hutong/ingest"
	"hutong/ingest/csvrow"
)

// rows reads CSV (RFC 4180) with a header. It takes what encoding/csv takes: a quote may only stand
// around a whole cell, a quote inside is doubled, a quoted cell may go over several lines, empty
// lines are left out, and a line may end in CR LF.
type rows struct {
	in        *input
	delimiter byte
	columns   *ingest.Columns
	joined    joined // without a table when nothing is looked up
}

const headerSize = 4 << 10 // most headers fit

const wantQuotes = "quotes only around a whole cell, and doubled inside it"

// newRows reads the header. The error lists the columns there are if one is missing. t is the table to
// look rows up in, or nil.
func newRows(in *input, mapper *ingest.Mapper, opts CSV, delimiter byte, t *lookupTable) (*rows, error) {
	r := &rows{in: in, delimiter: delimiter}
	b := make([]byte, 0, min(headerSize, in.limit))
	var header []string
	for header == nil {
		b = in.fill(b)
		end, ok := csvrow.End(b, delimiter, in.ended)
		switch {
		case end > 0:
			line := csvrow.Trim(string(b[:end]))
			if line == "" {
				in.pass(b[:end])
				b = b[:copy(b, b[end:])]
				continue
			}
			if !ok {
				return nil, in.problem(in.line+1, in.bytes, "the header: want %s", wantQuotes)
			}
			var texts strings.Builder
			header = csvrow.Split(nil, line, delimiter, &texts)
			in.pass(b[:end])
			in.carry = append(in.carry, b[end:]...)
		case in.err != nil:
			return nil, in.end()
		case in.ended && len(b) > 0:
			return nil, in.problem(in.line+1, in.bytes, "the header: a quoted cell is never closed")
		case in.ended:
			return nil, in.problem(in.line+1, in.bytes, "there is no header")
		case len(b) >= in.limit:
			return nil, in.problem(in.line+1, in.bytes, "the header is longer than %d bytes", in.limit)
		default:
			b = grow(b)
		}
	}
	var err error
	if t != nil {
		if header, r.joined, err = t.join(header, opts.Lookup.On); err != nil {
			return nil, fmt.Errorf("%s: %w", in.path, err)
		}
	}
	columns, err := mapper.Columns(header, opts.PlaceColumns)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", in.path, err)
	}
	r.columns = columns
	return r, nil
}

// next cuts behind the last row that is whole.
func (r *rows) next(c *chunk) error {
	in := r.in
	b := append(c.data, in.carry...)
	for {
		b = in.fill(b)
		cut := csvrow.LastEnd(b, r.delimiter, in.ended && in.err == nil)
		switch {
		case in.ended:
			r.cut(c, b, cut)
			if in.err == nil && len(in.carry) > 0 {
				return in.problem(in.line+1, in.bytes, "a quoted cell in the row that starts here is never closed")
			}
			return in.end()
		case cut > 0:
			r.cut(c, b, cut)
			return nil
		case len(b) >= in.limit:
			return in.problem(in.line+1, in.bytes, "the row that starts here is longer than %d bytes: is a closing quote missing?", in.limit)
		case len(b) == cap(b):
			b = grow(b)
		}
	}
}

// cut gives b up to cut to the chunk and carries the rest over.
func (r *rows) cut(c *chunk, b []byte, cut int) {
	in := r.in
	in.carry = append(in.carry[:0], b[cut:]...)
	c.data, c.line = b[:cut], in.line+1
	c.lines = in.pass(c.data)
}

// parse reads the rows of a chunk.
func (r *rows) parse(w *worker, c *chunk) {
	text := string(c.data)
	at := ingest.Place{File: r.in.path, Line: c.line}
	var texts strings.Builder
	for i := 0; i < len(text); {
		end, ok := csvrow.End(c.data[i:], r.delimiter, true)
		raw := text[i : i+end]
		i += end
		if line := csvrow.Trim(raw); line != "" {
			if ok {
				w.cells = csvrow.Split(w.cells[:0], line, r.delimiter, &texts)
				if r.joined.table != nil {
					w.cells = r.joined.add(w.cells)
				}
				w.Row(r.columns, w.cells, at)
			} else {
				w.Refuse(at, ingest.ReasonRow, wantQuotes)
			}
		}
		at.Line += strings.Count(raw, "\n")
	}
	clear(w.cells)
}
