package ingest

import (
	"strconv"
	"strings"

	"github.com/paulmach/orb"
)

// Row reads one row of a table into the slab. The values share the cells' memory. A row of another
// length than the header's is refused.
func (p *Parser) Row(c *Columns, row []string, at Place) {
	p.at = at
	if len(row) != len(c.sources) {
		clear(p.cells)
		p.refuse(ReasonRow, "", strconv.Itoa(len(row))+" cells", strconv.Itoa(len(c.sources))+", as in the header")
		return
	}
	if c.partial {
		clear(p.cells)
	}
	for i, source := range c.sources {
		if source < 0 {
			continue
		}
		if row[i] == "" {
			p.cells[source] = cell{kind: null}
		} else {
			p.cells[source] = cell{kind: text, raw: true, text: row[i]}
		}
	}
	if p.delete() {
		return
	}
	if c.cell >= 0 {
		p.placeCell(c, strings.TrimSpace(row[c.cell]))
		return
	}
	if c.lon < 0 || c.lat < 0 {
		p.emit(&place{})
		return
	}
	if at, ok := p.degrees(&c.where, strings.TrimSpace(row[c.lon]), strings.TrimSpace(row[c.lat])); ok {
		p.emit(&at)
	}
}

// degrees returns the place that two texts without spaces around them name; ok is false once it refused the
// record.
func (p *Parser) degrees(where *PlaceColumns, lon, lat string) (at place, ok bool) {
	noLon, noLat := lon == "" || p.m.isNull(lon), lat == "" || p.m.isNull(lat)
	if noLon && noLat {
		return place{}, true
	}
	x, okX := parseFloat(lon)
	y, okY := parseFloat(lat)
	switch {
	case noLon || !okX:
		p.refusePlace(ReasonGeometry, where.Lon, shorten(lon), wantDegrees)
	case noLat || !okY:
		p.refusePlace(ReasonGeometry, where.Lat, shorten(lat), wantDegrees)
	default:
		return place{point: orb.Point{x, y}, located: true}, true
	}
	return place{}, false
}

// placeCell emits the row at hand, whose place is in one cell.
func (p *Parser) placeCell(c *Columns, s string) {
	if at, ok := p.placeText(&c.where, s); ok {
		p.emit(&at)
	}
}

// placeText returns the place that one text without spaces around it names; ok is false once it refused the
// record.
func (p *Parser) placeText(where *PlaceColumns, s string) (at place, ok bool) {
	var f *fault
	switch {
	case s == "" || p.m.isNull(s): // no place
	case where.WKT != "":
		at, f = p.wktCell(s)
	default:
		at, f = p.pointCell(s, where.Order)
	}
	if f != nil {
		p.refusePlace(f.reason, where.Point+where.WKT, f.value, f.want)
		return place{}, false
	}
	return at, true
}

// refusePlace refuses the row at hand for a cell of its place, whose value stays hidden when the column is
// one that only private fields show.
func (p *Parser) refusePlace(reason Reason, column, value, want string) {
	if p.m.secret[column] {
		value = masked
	}
	p.refuse(reason, column, value, want)
}

const wantDegrees = "degrees as a decimal number, or both cells empty"
