// Package csvrow finds the rows of CSV text (RFC 4180) and splits them into cells. It takes what
// encoding/csv takes: a quote may only stand around a whole cell, a quote inside is doubled, a quoted cell
// may go over several lines, and a line may end in CR LF. It works on text that others cut into pieces, and
// shares memory with it.
package csvrow

import (
	"bytes"
	"strings"
)

// End returns the length of the row that b starts with, its line end included; 0 when b does not
// hold all of it. final says that nothing follows b, so the last row needs no line end. ok is false
// when a quote stands where none may: then the row ends with the line in which that quote is.
func End(b []byte, delimiter byte, final bool) (end int, ok bool) {
	line := bytes.IndexByte(b, '\n') + 1
	if line == 0 {
		if !final && bytes.IndexByte(b, '"') < 0 {
			return 0, true
		}
		line = len(b)
	}
	if bytes.IndexByte(b[:line], '"') < 0 {
		return line, true
	}
	for i := 0; ; {
		if i == len(b) {
			return last(i, final), true
		}
		if b[i] != '"' {
			n := bytes.IndexByte(b[i:], '\n')
			cells := b[i:]
			if n >= 0 {
				cells = b[i : i+n+1]
			}
			d := bytes.IndexByte(cells, delimiter)
			if d >= 0 {
				cells = cells[:d+1]
			}
			if q := bytes.IndexByte(cells, '"'); q >= 0 {
				return lineEnd(b, i+q, final), false
			}
			switch {
			case d >= 0:
				i += d + 1
			case n >= 0:
				return i + n + 1, true
			default:
				return last(len(b), final), true
			}
			if i == len(b) { // an empty cell, if nothing follows
				return last(i, final), true
			}
			continue
		}
		i++
		for {
			n := bytes.IndexByte(b[i:], '"')
			if n < 0 {
				return 0, true // the cell is not closed
			}
			i += n + 1
			if i < len(b) && b[i] == '"' {
				i++
				continue
			}
			break
		}
		switch rest := b[i:]; {
		case len(rest) == 0 || len(rest) == 1 && rest[0] == '\r':
			return last(len(b), final), true
		case rest[0] == '\n':
			return i + 1, true
		case rest[0] == '\r' && rest[1] == '\n':
			return i + 2, true
		case rest[0] == delimiter:
			i++
		default:
			return lineEnd(b, i, final), false
		}
	}
}

// last returns n if the text ends there, else 0 for a row that goes on.
func last(n int, final bool) int {
	if final {
		return n
	}
	return 0
}

// lineEnd returns the place behind the line that holds b[i].
func lineEnd(b []byte, i int, final bool) int {
	if n := bytes.IndexByte(b[i:], '\n'); n >= 0 {
		return i + n + 1
	}
	return last(len(b), final)
}

// LastEnd returns the place behind the last whole row of b.
func LastEnd(b []byte, delimiter byte, final bool) int {
	if bytes.IndexByte(b, '"') < 0 {
		if final {
			return len(b)
		}
		return bytes.LastIndexByte(b, '\n') + 1
	}
	i := 0
	for i < len(b) {
		end, _ := End(b[i:], delimiter, final)
		if end == 0 {
			break
		}
		i += end
	}
	return i
}

// Trim leaves out the line end.
func Trim(row string) string {
	return strings.TrimSuffix(strings.TrimSuffix(row, "\n"), "\r")
}

// Split appends the cells of a row, whose quotes are in order and whose line end is left out. Cells
// share the row's memory, but for those with a doubled quote or a line end inside: as in
// encoding/csv, CR LF becomes LF. Those are put behind texts.
func Split(cells []string, row string, delimiter byte, texts *strings.Builder) []string {
	quoted := strings.IndexByte(row, '"') >= 0
	for {
		if quoted && row != "" && row[0] == '"' {
			end := 1
			for {
				end += strings.IndexByte(row[end:], '"')
				if end+1 < len(row) && row[end+1] == '"' {
					end += 2
					continue
				}
				break
			}
			cells = append(cells, unquote(row[1:end], texts))
			if end+1 == len(row) {
				return cells
			}
			row = row[end+2:]
			continue
		}
		end := strings.IndexByte(row, delimiter)
		if end < 0 {
			return append(cells, row)
		}
		cells = append(cells, row[:end])
		row = row[end+1:]
	}
}

// unquote returns the text of a quoted cell.
func unquote(s string, texts *strings.Builder) string {
	if strings.IndexByte(s, '"') < 0 && !strings.Contains(s, "\r\n") {
		return s
	}
	mark := texts.Len()
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '\r' && i+1 < len(s) && s[i+1] == '\n' {
			continue
		}
		texts.WriteByte(c)
		if c == '"' {
			i++ // its double
		}
	}
	return texts.String()[mark:]
}
