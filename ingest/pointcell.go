package ingest

import (
	"strings"

	"github.com/paulmach/orb"
)

// PlaceColumns name the columns that say where a row is: Lon and Lat, or Point, or WKT. The zero
// PlaceColumns leave rows without a place.
type PlaceColumns struct {
	// Lon and Lat are two columns with degrees.
	Lon, Lat string
	// Point is one column with two numbers, such as "(40.7, -73.9)" or "40.7 -73.9", in Order; or with
	// a point as WKT, which is always longitude before latitude.
	Point string
	Order Order
	// WKT is a column with geometries of any type as WKT.
	WKT string
}

// Order says which of the two numbers of a point comes first.
type Order string

// The orders, as a config spells them.
const (
	LatLon Order = "latlon"
	LonLat Order = "lonlat"
)

// Problem says what is wrong with c, or "".
func (c *PlaceColumns) Problem() string {
	ways := 0
	for _, there := range []bool{c.Lon != "" || c.Lat != "", c.Point != "", c.WKT != ""} {
		if there {
			ways++
		}
	}
	switch {
	case ways > 1:
		return "the place of a row comes from lon and lat, or from point, or from wkt, not from several"
	case (c.Lon == "") != (c.Lat == ""):
		return "lon and lat are both needed: a column for longitude and one for latitude"
	case c.Point != "" && c.Order != LatLon && c.Order != LonLat:
		return "point needs to know which number comes first: order latlon or lonlat"
	}
	return ""
}

var wantPointCell = map[Order]string{
	LatLon: "latitude and longitude in degrees, such as (40.7, -73.9), or POINT (-73.9 40.7), or an empty cell",
	LonLat: "longitude and latitude in degrees, such as (-73.9, 40.7), or POINT (-73.9 40.7), or an empty cell",
}

// pointCell returns the place that a cell names, which is not empty. Words before a pair in
// parentheses, such as an address, are left out.
func (p *Parser) pointCell(s string, order Order) (place, *fault) {
	wrong := badGeometry(shorten(s), wantPointCell[order])
	words, pair := "", s
	if s[len(s)-1] == ')' {
		open := strings.LastIndexByte(s, '(')
		if open < 0 {
			return place{}, wrong
		}
		words, pair = s[:open], s[open+1:len(s)-1]
	}
	if saysPoint(words) || saysPoint(s) {
		at, f := p.wktCell(s)
		if f == nil && !at.located && at.shape != nil {
			f = wrong
		}
		return at, f
	}
	first, second, ok := twoNumbers(strings.TrimSpace(pair))
	if !ok {
		return place{}, wrong
	}
	if order == LatLon {
		first, second = second, first
	}
	return place{point: orb.Point{first, second}, located: true}, nil
}

// saysPoint reports whether s is what stands before the numbers of a point as WKT.
func saysPoint(s string) bool {
	if srid, rest, found := strings.Cut(s, ";"); found && len(srid) > 5 && strings.EqualFold(srid[:5], "SRID=") {
		s = rest
	}
	switch strings.ToUpper(strings.Join(strings.Fields(s), "")) {
	case "POINT", "POINTZ", "POINTM", "POINTZM", "POINTEMPTY", "POINTZEMPTY", "POINTMEMPTY", "POINTZMEMPTY":
		return true
	}
	return false
}

// twoNumbers reads two numbers with a comma, a semicolon or spaces between them.
func twoNumbers(s string) (first, second float64, ok bool) {
	end := 0
	for end < len(s) && isNumeric(s[end]) {
		end++
	}
	rest := strings.TrimSpace(s[end:])
	if rest == s[end:] && (rest == "" || rest[0] != ',' && rest[0] != ';') {
		return 0, 0, false // nothing between them
	}
	if rest != "" && (rest[0] == ',' || rest[0] == ';') {
		rest = strings.TrimSpace(rest[1:])
	}
	first, okFirst := parseFloat(s[:end])
	second, okSecond := parseFloat(rest)
	return first, second, okFirst && okSecond
}

// wktCell returns the place that a cell spells as WKT.
func (p *Parser) wktCell(s string) (place, *fault) {
	p.shape.reset()
	if f := p.shape.readWKT(s); f != nil {
		return place{}, f
	}
	return placeOf(p.shape.geometry()), nil
}
