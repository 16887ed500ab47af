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
		p.refuse(ReasonRow, "", strconv.Itoa(len(row))+" cells", strconv.Itoa(len(c.sources))+", as in the header")
		return
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
	if c.cell >= 0 {
		p.placeCell(c, strings.TrimSpace(row[c.cell]))
		return
	}
	if c.lon < 0 || c.lat < 0 {
		p.emit(&place{})
		return
	}
	lon, lat := strings.TrimSpace(row[c.lon]), strings.TrimSpace(row[c.lat])
	noLon, noLat := lon == "" || p.m.isNull(lon), lat == "" || p.m.isNull(lat)
	if noLon && noLat {
		p.emit(&place{})
		return
	}
	x, okX := parseFloat(lon)
	y, okY := parseFloat(lat)
	switch {
	case noLon || !okX:
		p.refusePlace(ReasonGeometry, c.where.Lon, shorten(lon), wantDegrees)
	case noLat || !okY:
		p.refusePlace(ReasonGeometry, c.where.Lat, shorten(lat), wantDegrees)
	default:
		p.emit(&place{point: orb.Point{x, y}, located: true})
	}
}

// placeCell emits the row at hand, whose place is in one cell.
func (p *Parser) placeCell(c *Columns, s string) {
	var at place
	var f *fault
	switch {
	case s == "" || p.m.isNull(s): // no place
	case c.where.WKT != "":
		at, f = p.wktCell(s)
	default:
		at, f = p.pointCell(s, c.where.Order)
	}
	if f != nil {
		p.refusePlace(f.reason, c.where.Point+c.where.WKT, f.value, f.want)
		return
	}
	p.emit(&at)
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
