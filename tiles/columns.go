package tiles

import (
	"hutong/layers/column"
	"hutong/tiles/mvt"
)

// absent is the tag of a null: not zero, which means not seen yet, and without bytes.
const absent mvt.Tag = 1

// resolve finds the tags of one field for all rows of the tile, in the next column of tags, and
// appends its values to the value table in order of first use. It returns false when the value table
// grew beyond most bytes; then it may have stopped early. A field without a value in the tile takes
// neither key nor column.
func (s *scratch) resolve(f *field, most int) bool {
	s.key, s.first = uint32(len(s.keys)), s.next
	s.textsReady = false
	if s.byCode == nil {
		s.byCode = new([column.MaxCodes + 1]mvt.Tag)
		s.byCode[0] = absent
	}
	least, narrow := int64(0), false
	if f.Kind == column.Int {
		least, narrow = s.narrow(f)
	}
	if f.Kind == column.Int && !narrow || f.Kind == column.Float || f.Kind == column.Time {
		s.byNumber.reset(s.rows.n)
	}
	for i := range s.rows.runs {
		if len(s.values) > most {
			break
		}
		r := &s.rows.runs[i]
		tags := s.tags[s.used*s.rows.n+r.first:][:len(r.rows)]
		if f.column == idColumn {
			s.resolveIDs(r, tags)
			continue
		}
		if ahead := s.rows.touched(i); ahead != nil {
			s.sum += touchColumn(ahead, f.column)
		}
		switch c := r.block.Column(f.column).(type) {
		case *column.Codes:
			s.resolveCodes(c, r.rows, tags)
		case *column.Texts:
			s.resolveTexts(c, r.rows, tags)
		case *column.Floats:
			s.resolveFloats(c, r.rows, tags)
		case *column.Bools:
			s.resolveBools(c, r.rows, tags)
		case *column.Shorts:
			if narrow {
				s.resolveShorts(c, least, r.rows, tags)
			} else {
				s.resolveWideShorts(c, r.rows, tags)
			}
		case *column.Ints:
			if f.Kind == column.Time {
				s.resolveTimes(c, r.rows, tags)
			} else {
				s.resolveInts(c, r.rows, tags)
			}
		}
	}
	for _, code := range s.codes {
		s.byCode[code] = 0
	}
	s.codes = s.codes[:0]
	if s.next > s.first {
		s.keys = append(s.keys, f.Name)
		s.keyBytes += mvt.SizeKey(len(f.Name))
		s.rowTags += mvt.MakeTag(s.key, s.next-1).Len()
		s.used++
	}
	return len(s.values) <= most
}

// nextTag returns the tag of the value that is about to be appended to the value table.
func (s *scratch) nextTag() mvt.Tag {
	tag := mvt.MakeTag(s.key, s.next)
	s.next++
	return tag
}

// resolveCodes takes the strings of one block as codes.
func (s *scratch) resolveCodes(c *column.Codes, rows []uint16, tags []mvt.Tag) {
	s.tagCodes(picked(&s.short, c.Codes, rows), 0, tags, func(code uint16) {
		s.values = mvt.AppendString(s.values, c.Dict.Text(code))
	})
}

// resolveBools takes the bools of one block, as codes 1 and 2.
func (s *scratch) resolveBools(c *column.Bools, rows []uint16, tags []mvt.Tag) {
	codes := grown(s.short[:0], len(rows))[:len(rows)]
	for i, row := range rows {
		switch {
		case c.Nulls.Has(int(row)):
			codes[i] = 0
		case c.Values.Has(int(row)):
			codes[i] = 2
		default:
			codes[i] = 1
		}
	}
	s.short = codes
	s.tagCodes(codes, 0, tags, func(code uint16) { s.values = mvt.AppendBool(s.values, code == 2) })
}

// tagCodes finds the tags of codes, to each of which shift is added modulo 2¹⁶; the sum 0 is a null.
// add appends the value of a code that is new in the tile.
func (s *scratch) tagCodes(codes []uint16, shift uint16, tags []mvt.Tag, add func(code uint16)) {
	byCode, bytes := s.byCode, 0
	tags = tags[:len(codes)]
	for i, code := range codes {
		code += shift
		tag := byCode[code]
		if tag == 0 {
			tag = s.nextTag()
			byCode[code] = tag
			s.codes = append(s.codes, code)
			add(code)
		}
		tags[i] = tag
		bytes += tag.Len()
	}
	s.tagBytes += bytes
}

// picked returns the values of rows: values itself when that is all of them, else a copy in room.
func picked[T any](room *[]T, values []T, rows []uint16) []T {
	if len(rows) == len(values) {
		return values
	}
	out := grown((*room)[:0], len(rows))[:len(rows)]
	for i, row := range rows {
		out[i] = values[row]
	}
	*room = out
	return out
}
