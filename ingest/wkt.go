package ingest

import (
	"strconv"
	"strings"

	"github.com/paulmach/orb"
)

// wktReader reads one text with a geometry (OGC 06-103r4 §7, with PostGIS's SRID in front) into a
// shape: any type, words in any case. Ordinates behind the first two are left out, and so is a part
// that is EMPTY.
type wktReader struct {
	s  string
	i  int
	to *shape
}

const wantWKT = "WKT, such as POINT (13.4 52.5)"

// readWKT adds the geometry that s spells.
func (sh *shape) readWKT(s string) *fault {
	r := wktReader{s: s, to: sh}
	if r.space(); len(r.s) >= len("SRID=") && strings.EqualFold(r.s[:len("SRID=")], "SRID=") {
		srid, _, found := strings.Cut(r.s[len("SRID="):], ";")
		if !found || strings.TrimSpace(srid) != "4326" {
			return badGeometry("SRID="+strings.Clone(shorten(srid)), "longitude and latitude in degrees: SRID=4326, or none")
		}
		r.i = strings.IndexByte(r.s, ';') + 1
	}
	if f := r.geometry(0); f != nil {
		return f
	}
	if r.space(); r.i < len(r.s) {
		return r.fail("nothing behind the geometry")
	}
	return nil
}

// fail says what should stand at the place at hand.
func (r *wktReader) fail(want string) *fault {
	return badGeometry(strings.Clone(shorten(r.s)), wantWKT+": at byte "+strconv.Itoa(r.i+1)+", "+want)
}

func (r *wktReader) space() {
	for r.i < len(r.s) && isSpace(r.s[r.i]) {
		r.i++
	}
}

// word reads letters and digits, in upper case; "" when there are none.
func (r *wktReader) word() string {
	r.space()
	from := r.i
	for r.i < len(r.s) && r.i-from <= maxWord && (r.s[r.i]|0x20 >= 'a' && r.s[r.i]|0x20 <= 'z') {
		r.i++
	}
	return strings.ToUpper(r.s[from:r.i])
}

// maxWord is the length of the longest word and one more, for its Z.
const maxWord = len("GEOMETRYCOLLECTIONZM")

// next reads c if it stands there.
func (r *wktReader) next(c byte) bool {
	if r.space(); r.i < len(r.s) && r.s[r.i] == c {
		r.i++
		return true
	}
	return false
}

// empty reads EMPTY if it stands there.
func (r *wktReader) empty() bool {
	from := r.i
	if r.word() == "EMPTY" {
		return true
	}
	r.i = from
	return false
}

// list reads EMPTY, or one or more elements between parentheses.
func (r *wktReader) list(each func(r *wktReader) *fault) *fault {
	if r.empty() {
		return nil
	}
	if !r.next('(') {
		return r.fail("EMPTY or (")
	}
	for {
		if f := each(r); f != nil {
			return f
		}
		if r.next(')') {
			return nil
		}
		if !r.next(',') {
			return r.fail("a comma or )")
		}
	}
}

// geometry reads a geometry. depth counts the collections around it.
func (r *wktReader) geometry(depth int) *fault {
	r.space()
	from := r.i
	kind := r.word()
	if behind := r.i; kind != "" { // Z, M or ZM, in a word of its own or at the end of this one
		switch r.word() {
		case "Z", "M", "ZM":
		default:
			r.i = behind
		}
		kind = strings.TrimSuffix(strings.TrimSuffix(kind, "M"), "Z")
	}
	switch kind {
	case "POINT":
		return r.point()
	case "MULTIPOINT":
		r.to.multi = true
		return r.list((*wktReader).pointOfSeveral)
	case "LINESTRING":
		return r.line()
	case "MULTILINESTRING":
		r.to.multi = true
		return r.list((*wktReader).line)
	case "POLYGON":
		return r.polygon()
	case "MULTIPOLYGON":
		r.to.multi = true
		return r.list((*wktReader).polygon)
	case "GEOMETRYCOLLECTION":
		if depth == maxCollections {
			return tooDeep()
		}
		return r.list(func(r *wktReader) *fault { return r.geometry(depth + 1) })
	}
	r.i = from
	return r.fail("POINT, LINESTRING, POLYGON, one of their multis or GEOMETRYCOLLECTION")
}

func (r *wktReader) point() *fault {
	if r.empty() {
		return nil
	}
	if !r.next('(') {
		return r.fail("EMPTY or (")
	}
	v, f := r.position()
	switch {
	case f != nil:
		return f
	case !r.next(')'):
		return r.fail("a number or )")
	}
	return r.to.addPoint(v)
}

// pointOfSeveral reads a point of a MULTIPOINT, whose parentheses many writers leave out.
func (r *wktReader) pointOfSeveral() *fault {
	if r.space(); r.i < len(r.s) && (r.s[r.i] == '(' || r.s[r.i]|0x20 == 'e') {
		return r.point()
	}
	v, f := r.position()
	if f == nil {
		f = r.to.addPoint(v)
	}
	return f
}

func (r *wktReader) vertex() *fault {
	v, f := r.position()
	if f == nil {
		f = r.to.add(v)
	}
	return f
}

func (r *wktReader) line() *fault {
	if f := r.list((*wktReader).vertex); f != nil {
		return f
	}
	return r.to.endLine()
}

func (r *wktReader) polygon() *fault {
	ring := 0
	f := r.list(func(r *wktReader) *fault {
		f := r.list((*wktReader).vertex)
		if f == nil {
			f = r.to.endRing(ring)
		}
		ring++
		return f
	})
	if f == nil {
		r.to.endPolygon()
	}
	return f
}

// position reads two numbers and leaves out up to two behind them.
func (r *wktReader) position() (v orb.Point, f *fault) {
	for axis := range 4 {
		r.space()
		from := r.i
		for r.i < len(r.s) && isNumeric(r.s[r.i]) {
			r.i++
		}
		if from == r.i && axis >= 2 {
			break
		}
		n, ok := parseFloat(r.s[from:r.i])
		if !ok {
			r.i = from
			return v, r.fail("a decimal number")
		}
		switch axis {
		case 0:
			v[0] = n
		case 1:
			v[1] = n
		}
	}
	return v, nil
}

// isNumeric reports whether c may be part of a number.
func isNumeric(c byte) bool {
	return isDigit(c) || c == '.' || c == '-' || c == '+' || c|0x20 == 'e'
}
