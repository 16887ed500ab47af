package files

import (
	"bytes"
	"strings"

	"hutong/ingest"
)

const recordSeparator = 0x1e // starts a record of a text sequence (RFC 8142)

// lines reads GeoJSON with one feature a line, or, if it starts with a record separator, a text
// sequence, whose records may go over several lines.
type lines struct {
	in        *input
	started   bool
	separator byte // '\n' behind each record, or recordSeparator before it
	skipping  bool // inside a record beyond the limit
}

func newLines(in *input) *lines { return &lines{in: in, separator: '\n'} }

// next cuts behind the last line end, or before the last record separator, that is in the chunk.
func (l *lines) next(c *chunk) error {
	in := l.in
	b := append(c.data, in.carry...)
	for {
		b = in.fill(b)
		if !l.started {
			if start := bytes.TrimLeft(b, " \t\r\n"); len(start) > 0 {
				l.started = true
				if start[0] == recordSeparator {
					l.separator = recordSeparator
				}
			}
		}
		if l.skipping {
			b = l.skip(b)
			if len(b) == 0 && !in.ended {
				continue
			}
			b = in.fill(b)
		}
		cut := l.lastCut(b)
		switch {
		case in.ended:
			if in.err == nil {
				cut = len(b)
			}
			l.cut(c, b, max(cut, 0))
			return in.end()
		case cut > 0:
			l.cut(c, b, cut)
			return nil
		case len(b) >= in.limit:
			c.tooLong = append(c.tooLong, ingest.Place{File: in.path, Line: in.line + 1})
			l.skipping = true
			in.pass(b)
			b = b[:0]
		case len(b) == cap(b):
			b = grow(b)
		}
	}
}

// lastCut returns where b can be cut behind whole records, 0 or less if nowhere.
func (l *lines) lastCut(b []byte) int {
	cut := bytes.LastIndexByte(b, l.separator)
	if l.separator == '\n' {
		cut++
	}
	return cut
}

// skip leaves out the rest of a record beyond the limit.
func (l *lines) skip(b []byte) []byte {
	in := l.in
	end := bytes.IndexByte(b, l.separator)
	if end < 0 {
		in.pass(b)
		return b[:0]
	}
	if l.separator == '\n' {
		end++
	}
	l.skipping = false
	in.pass(b[:end])
	return b[:copy(b, b[end:])]
}

// cut gives b up to cut to the chunk and carries the rest over.
func (l *lines) cut(c *chunk, b []byte, cut int) {
	in := l.in
	in.carry = append(in.carry[:0], b[cut:]...)
	c.data, c.line, c.separator = b[:cut], in.line+1, l.separator
	c.lines = in.pass(c.data)
}

// parse reads the records of a chunk.
func (l *lines) parse(w *worker, c *chunk) {
	text := string(c.data)
	at := ingest.Place{File: l.in.path, Line: c.line}
	for len(text) > 0 {
		record, rest := text, ""
		if c.separator == '\n' {
			if end := strings.IndexByte(text, '\n'); end >= 0 {
				record, rest = text[:end], text[end+1:]
			}
		} else if end := strings.IndexByte(text[1:], recordSeparator); end >= 0 {
			record, rest = text[:end+1], text[end+1:]
		}
		record = strings.TrimPrefix(record, "\x1e")
		if trimmed := strings.Trim(record, " \t\r\n"); trimmed != "" {
			w.Feature(trimmed, at)
		}
		if c.separator == '\n' {
			at.Line++
		} else {
			at.Line += strings.Count(record, "\n")
		}
		text = rest
	}
}
