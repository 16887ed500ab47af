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
		tags := s.tags[r.first*s.stride+s.used : (r.first+len(r.rows))*s.stride]
		if f.column == idColumn {
			s.resolveIDs(r, tags)
			continue
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
				s.resolveInts(s.widen(c), r.rows, tags)
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

// setCode gives a code of the field under way the tag of the next value.
func (s *scratch) setCode(code uint16) mvt.Tag {
	tag := mvt.MakeTag(s.key, s.next)
	s.byCode[code] = tag
	s.codes = append(s.codes, code)
	return tag
}

// resolveCodes takes the strings of one block as codes.
func (s *scratch) resolveCodes(c *column.Codes, rows []uint16, tags []mvt.Tag) {
	codes, byCode, stride, bytes, at := c.Codes, s.byCode, s.stride, 0, 0
	for _, row := range rows {
		code := codes[row]
		tag := byCode[code]
		if tag == 0 {
			tag = s.setCode(code)
			s.values = mvt.AppendString(s.values, c.Dict.Text(code))
			s.next++
		}
		tags[at] = tag
		at += stride
		bytes += tag.Len()
	}
	s.tagBytes += bytes
}

// resolveBools takes the bools of one block, as codes 1 and 2.
func (s *scratch) resolveBools(c *column.Bools, rows []uint16, tags []mvt.Tag) {
	at := 0
	for _, row := range rows {
		code, v := uint16(1), c.Values.Has(int(row))
		if v {
			code = 2
		}
		if c.Nulls.Has(int(row)) {
			code = 0
		}
		tag := s.byCode[code]
		if tag == 0 {
			tag = s.setCode(code)
			s.values = mvt.AppendBool(s.values, v)
			s.next++
		}
		tags[at] = tag
		at += s.stride
		s.tagBytes += tag.Len()
	}
}
