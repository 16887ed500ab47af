package ingest

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/paulmach/orb"
)

// Cell is a value of a typed column. The zero Cell is null.
type Cell struct{ c cell }

// TextCell is a text, which may turn out to be no UTF-8.
func TextCell(s string) Cell { return Cell{cell{kind: text, raw: true, text: s}} }

// NumberCell is a number as decimals.
func NumberCell(s string) Cell { return Cell{cell{kind: number, text: s}} }

// BoolCell is true or false.
func BoolCell(v bool) Cell {
	if v {
		return Cell{cell{kind: boolean, text: "true"}}
	}
	return Cell{cell{kind: boolean, text: "false"}}
}

// MomentCell is a time that its column's type declares: as in RFC 3339, or without an offset, or a
// date alone, which are in the field's zone. The layouts of a field are for texts and not used.
func MomentCell(s string) Cell { return Cell{cell{kind: moment, text: s}} }

// NestedCell is a list or structure, which no field takes.
func NestedCell() Cell { return Cell{cell{kind: nested}} }

// AppendJSON appends the cell as a JSON value: a moment as text, a list or structure as an empty list. A
// text that is not UTF-8 keeps its bytes, so that whoever reads it can tell.
func (c Cell) AppendJSON(dst []byte) []byte {
	switch c.c.kind {
	case text, moment:
		return appendQuoted(dst, c.c.text)
	case number:
		if json.Valid([]byte(c.c.text)) {
			return append(dst, c.c.text...)
		}
		return strconv.AppendQuote(dst, c.c.text)
	case boolean:
		return append(dst, c.c.text...)
	case nested:
		return append(dst, "[]"...)
	default:
		return append(dst, "null"...)
	}
}

// appendQuoted appends s as a JSON string (RFC 8259 §7).
func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < ' ':
			dst = fmt.Appendf(dst, `\u%04x`, c)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

// AllColumns reads the columns of a table for which reads is set, for nobody's fields: to look at them.
func AllColumns(reads []bool) *Columns {
	c := &Columns{sources: make([]int, len(reads)), lon: -1, lat: -1, cell: -1}
	for i, read := range reads {
		if !read {
			c.sources[i] = -1
		}
	}
	return c
}

// NewColumns binds the columns of a table with geometry of its own. The error is that of
// [Mapper.Columns].
func (m *Mapper) NewColumns(names []string) (*Columns, error) {
	return m.Columns(names, PlaceColumns{})
}

// Reads reports whether the mapping reads column i.
func (c *Columns) Reads(i int) bool { return c.sources[i] >= 0 }

// Record reads one record of a table into the slab. cells has a value for each of c's columns; those
// that the mapping does not read are not looked at. The values share the cells' memory. g is lon/lat
// in degrees; nil, or a geometry without positions, when the record has no place. The change keeps nothing of g but a point.
func (p *Parser) Record(c *Columns, cells []Cell, g orb.Geometry, at Place) {
	p.at = at
	for i, source := range c.sources {
		if source < 0 {
			continue
		}
		if p.cells[source] = cells[i].c; p.cells[source].kind == absent { //nolint:gosec // one cell for each column
			p.cells[source].kind = null
		}
	}
	where, f := p.placeIn(g)
	if f != nil {
		p.refuse(f.reason, "geometry", f.value, f.want)
		return
	}
	p.emit(&where)
}

// placeIn returns the place that a geometry of any type is, as if it had been read from GeoJSON.
func (p *Parser) placeIn(g orb.Geometry) (place, *fault) {
	switch g := g.(type) {
	case nil:
		return place{}, nil
	case orb.Point:
		return place{point: g, located: true}, nil
	}
	p.shape.reset()
	if f := p.shape.addGeometry(g, 0); f != nil {
		return place{}, f
	}
	return placeOf(p.shape.geometry()), nil
}

// parseMoment returns a time in microseconds since 1970 in UTC.
func parseMoment(s string, zone *time.Location) (micros int64, ok bool) {
	if micros, ok = parseRFC3339(s); ok {
		return micros, true
	}
	for _, layout := range [...]string{time.RFC3339, "2006-01-02T15:04:05", time.DateTime, time.DateOnly} {
		if micros, ok = parseLayout(s, layout, zone); ok {
			return micros, true
		}
	}
	return 0, false
}
