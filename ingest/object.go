package ingest

import (
	"strconv"
	"strings"
)

// PlaceProperties say where the place of a JSON object is, as [PlaceColumns] do for a row: the names are
// those of properties, or paths. A Point may also be a list of two numbers. The zero PlaceProperties leave
// objects without a place.
type PlaceProperties struct {
	PlaceColumns
	// Geometry is a property with a GeoJSON geometry (RFC 7946 §3.1).
	Geometry string
}

// Problem says what is wrong with w, or "".
func (w *PlaceProperties) Problem() string {
	if problem := w.PlaceColumns.Problem(); problem != "" {
		return problem
	}
	if w.Geometry != "" && w.PlaceColumns != (PlaceColumns{}) {
		return "the place of a record comes from lon and lat, or from point, wkt or geometry, not from several"
	}
	return ""
}

// Object reads one JSON object into the slab: its members are the properties. [IDMember] is its member "id".
// The values share the memory of s, so nobody may change it. Of members of the same name the last counts.
func (p *Parser) Object(s string, at Place) {
	p.at, p.s = at, s
	p.properties, p.geometry = "", geometry{isNull: true}
	clear(p.cells)
	start := p.space(0)
	i := start
	if i == len(s) || s[i] != '{' {
		if i = p.skip(i, 0); i >= 0 && p.space(i) == len(s) {
			p.refuse(ReasonFeature, "", "", "a JSON object")
			return
		}
	} else if i = p.readProperties(i); i >= 0 {
		p.properties = s[start:i]
	}
	if i >= 0 {
		if i = p.space(i); i < len(s) {
			i = p.fail(i, "nothing behind the object")
		}
	}
	if i < 0 {
		p.refuse(ReasonJSON, "", "", "JSON: at byte "+strconv.Itoa(p.scanner.at+1)+", "+p.want)
		return
	}
	p.findPaths()
	if source, ok := p.m.index[IDMember]; ok {
		p.findPath(source, "id")
	}
	if p.delete() {
		return
	}
	if at, ok := p.objectPlace(); ok {
		p.emit(&at)
	}
}

// objectPlace says where the object at hand is; ok is false once it refused it.
func (p *Parser) objectPlace() (at place, ok bool) {
	w := &p.m.place
	switch {
	case w.Geometry != "":
		return p.geometryProperty(w.Geometry)
	case w.Point+w.WKT != "":
		return p.placeProperty(w.Point + w.WKT)
	case w.Lon == "":
		return place{}, true
	}
	lon, ok := p.degree(w.Lon)
	if !ok {
		return place{}, false
	}
	lat, ok := p.degree(w.Lat)
	if !ok {
		return place{}, false
	}
	return p.degrees(&w.PlaceColumns, lon, lat)
}

// degree returns the text of a property that is a longitude or latitude; ok is false once it refused the
// record.
func (p *Parser) degree(name string) (s string, ok bool) {
	switch c := &p.cells[p.m.index[name]]; c.kind {
	case absent, null:
		return "", true
	case text, number:
		return strings.TrimSpace(c.text), true
	default:
		p.refuse(ReasonGeometry, name, cellNames[c.kind], wantDegrees)
		return "", false
	}
}

// placeProperty reads the place from one property: a text, or a list of two numbers.
func (p *Parser) placeProperty(name string) (at place, ok bool) {
	w := &p.m.place
	switch c := &p.cells[p.m.index[name]]; {
	case c.kind <= null:
		return place{}, true
	case c.kind == text:
		return p.placeText(&w.PlaceColumns, strings.TrimSpace(c.text))
	case c.kind == nested && c.text[0] == '[' && w.WKT == "":
		pair := strings.TrimSpace(c.text[1 : len(c.text)-1])
		if pair == "" {
			return place{}, true
		}
		if _, _, two := twoNumbers(pair); two {
			return p.placeText(&w.PlaceColumns, pair)
		}
		p.refusePlace(ReasonGeometry, name, shorten(c.text), "a list of two numbers, "+wantPointCell[w.Order])
		return place{}, false
	default:
		want := "a geometry as WKT, in a text"
		if w.WKT == "" {
			want = wantPointCell[w.Order]
		}
		p.refuse(ReasonGeometry, name, cellNames[c.kind], want)
		return place{}, false
	}
}

// geometryProperty reads the place from a property with a GeoJSON geometry.
func (p *Parser) geometryProperty(name string) (at place, ok bool) {
	switch c := &p.cells[p.m.index[name]]; {
	case c.kind <= null:
		return place{}, true
	case c.kind == nested && c.text[0] == '{':
		p.s = c.text // where the coordinates stand is counted from here
		p.geometry = geometry{}
		if p.members(0, p.geometryMember) < 0 { // it was read before, so only a nesting beyond the limit is new
			p.refuse(ReasonJSON, name, "", p.want)
			return place{}, false
		}
		return p.place()
	default:
		p.refuse(ReasonGeometry, name, cellNames[c.kind], "a GeoJSON geometry: "+wantGeometry)
		return place{}, false
	}
}
