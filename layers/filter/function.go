package filter

import (
	"strings"

	"github.com/paulmach/orb"
)

// The tests of two places (DE-9IM, OGC 06-103r4 §6.1.15).
var spatialTests = map[string]bool{
	"S_INTERSECTS": true, "S_DISJOINT": true, "S_WITHIN": true, "S_CONTAINS": true,
	"S_EQUALS": true, "S_TOUCHES": true, "S_CROSSES": true, "S_OVERLAPS": true,
}

// The tests of two times (OWL-Time), and whether they take instants as well as intervals.
var temporalTests = map[string]bool{
	"T_AFTER": true, "T_BEFORE": true, "T_DISJOINT": true, "T_EQUALS": true, "T_INTERSECTS": true,
	"T_CONTAINS": false, "T_DURING": false, "T_FINISHEDBY": false, "T_FINISHES": false, "T_MEETS": false, "T_METBY": false,
	"T_OVERLAPPEDBY": false, "T_OVERLAPS": false, "T_STARTEDBY": false, "T_STARTS": false,
}

// testOf returns what kind of test a word in capitals is, if it is one. Each takes two operands.
func testOf(word string) (k kind, ok bool) {
	if _, temporal := temporalTests[word]; temporal {
		return kindTemporal, true
	}
	return kindSpatial, spatialTests[word]
}

// geometryWords start a geometry of well-known text.
var geometryWords = map[string]bool{
	"POINT": true, "LINESTRING": true, "POLYGON": true, "MULTIPOINT": true, "MULTILINESTRING": true, "MULTIPOLYGON": true,
	"GEOMETRYCOLLECTION": true,
}

// wktWords may stand behind them.
var wktWords = map[string]bool{"Z": true, "M": true, "ZM": true, "EMPTY": true}

const functionNames = "S_INTERSECTS and the other S_ and T_ tests, CASEI, DATE, TIMESTAMP, INTERVAL, BBOX, POINT, LINESTRING, POLYGON, MULTIPOINT, MULTILINESTRING and MULTIPOLYGON"

// function reads what follows the name of a function, a test or a geometry.
func (p *parser) function(name token) (*raw, error) {
	at, word := place{offset: name.from}, strings.ToUpper(name.text)
	up, err := p.deeper()
	if err != nil {
		return nil, err
	}
	defer up()
	test, isTest := testOf(word)
	switch {
	case geometryWords[word]:
		return p.geometry(at, word)
	case word == "BBOX":
		return p.bbox(at)
	case isTest:
		return p.call(raw{kind: test, op: word, at: at}, 2)
	case word == "CASEI":
		return p.call(raw{kind: kindCaseI, at: at}, 1)
	case word == "INTERVAL":
		return p.call(raw{kind: kindInterval, at: at}, 2)
	case word == "DATE" || word == "TIMESTAMP":
		return p.instant(at, word)
	case word == "ACCENTI":
		return nil, p.fail(at, "", "ACCENTI is not supported; CASEI is")
	case strings.HasPrefix(word, "A_"):
		return nil, p.fail(at, "", "found %s: no property is an array, so there are no tests of arrays", shown(name.text))
	}
	return nil, p.fail(at, "", "there is no function %s: there are %s", shown(name.text), functionNames)
}

// call reads n arguments in brackets.
func (p *parser) call(e raw, n int) (*raw, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	for i := range n {
		if i > 0 {
			if err := p.expect(",", ", and another argument"); err != nil {
				return nil, err
			}
		}
		a, err := p.sum()
		if err != nil {
			return nil, err
		}
		e.args = append(e.args, a)
	}
	if err := p.expect(")", ") behind the last argument"); err != nil {
		return nil, err
	}
	return p.node(e)
}

func (p *parser) instant(at place, word string) (*raw, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.token.kind != tokenText {
		return nil, p.unexpected("text in '…', as in " + word + "('" + instantExamples[word] + "')")
	}
	e := raw{kind: kindDate, text: p.token.text, at: at}
	if word == "TIMESTAMP" {
		e.kind = kindTimestamp
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if err := p.expect(")", ")"); err != nil {
		return nil, err
	}
	return p.node(e)
}

var instantExamples = map[string]string{"DATE": "2024-05-01", "TIMESTAMP": "2024-05-01T08:30:00Z"}

// signedNumber reads a coordinate.
func (p *parser) signedNumber(want string) (float64, error) {
	at, minus := p.here(), p.sign("-")
	if minus || p.sign("+") {
		if err := p.advance(); err != nil {
			return 0, err
		}
	}
	if p.token.kind != tokenNumber {
		return 0, p.unexpected(want)
	}
	n, err := p.digits(at, minus)
	return n.float, err
}

func (p *parser) bbox(at place) (*raw, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	var box []float64
	for {
		v, err := p.signedNumber("a number of west, south, east, north in degrees")
		if err != nil {
			return nil, err
		}
		if box = append(box, v); !p.sign(",") || len(box) == maxBox {
			break
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	if err := p.expect(")", "four numbers and ): west, south, east, north in degrees"); err != nil {
		return nil, err
	}
	return p.box(at, box)
}

// geometry reads well-known text behind its first word.
func (p *parser) geometry(at place, word string) (*raw, error) {
	switch {
	case p.is("EMPTY"):
		return nil, p.fail(at, "", "an empty geometry meets nothing: want positions")
	case p.token.kind == tokenWord:
		return nil, p.unexpected("( and two numbers a position, longitude and latitude: no feature has a height or a measure")
	case word == "GEOMETRYCOLLECTION":
		return nil, p.fail(at, "", noCollection)
	}
	var g orb.Geometry
	var err error
	switch word {
	case "POINT":
		var points []orb.Point
		if points, err = p.points(); err == nil && len(points) != 1 {
			err = p.fail(at, "", "the point has %d positions: want one", len(points))
		}
		if err == nil {
			g = points[0]
		}
	case "MULTIPOINT":
		var points []orb.Point
		points, err = p.positionsIn(true)
		g = orb.MultiPoint(points)
	default:
		g, err = readShape(word, p)
	}
	if err != nil {
		return nil, err
	}
	return p.node(raw{kind: kindGeometry, shape: g, at: at})
}

// each reads a list in brackets.
func (p *parser) each(item func() error) error {
	if err := p.expect("(", "("); err != nil {
		return err
	}
	for {
		if err := item(); err != nil {
			return err
		}
		if !p.sign(",") {
			return p.expect(")", ", or )")
		}
		if err := p.advance(); err != nil {
			return err
		}
	}
}

func (p *parser) points() ([]orb.Point, error) { return p.positionsIn(false) }

// positionsIn reads positions in brackets; each may have brackets of its own.
func (p *parser) positionsIn(brackets bool) (points []orb.Point, err error) {
	err = p.each(func() error {
		if err := p.positions(p.here(), 1); err != nil {
			return err
		}
		if !brackets || !p.sign("(") {
			at, err := p.position()
			points = append(points, at)
			return err
		}
		if err := p.advance(); err != nil {
			return err
		}
		at, err := p.position()
		if err != nil {
			return err
		}
		points = append(points, at)
		return p.expect(")", ")")
	})
	return points, err
}

func (p *parser) position() (orb.Point, error) {
	lon, err := p.signedNumber("a longitude in degrees")
	if err != nil {
		return orb.Point{}, err
	}
	lat, err := p.signedNumber("a latitude in degrees behind the longitude, with a space between them")
	return orb.Point{lon, lat}, err
}
