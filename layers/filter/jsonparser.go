package filter

import (
	"strings"

	"github.com/paulmach/orb"
)

// jsonParser makes a filter of CQL2 JSON (OGC 21-065r2, annex C).
type jsonParser struct {
	reporter
	budget
}

// parseJSON reads a filter in CQL2 JSON.
func parseJSON(text string) (*raw, error) {
	v, err := readJSON(text)
	if err != nil {
		return nil, err
	}
	p := &jsonParser{reporter: reporter{json: true}}
	p.over = p.fail
	return p.expression(v)
}

func (p *jsonParser) refuse(v *value, format string, args ...any) error {
	return p.fail(place{path: v.path}, "", format, args...)
}

// only refuses members of v that are not among names.
func (p *jsonParser) only(v *value, names ...string) error {
	for _, n := range v.names {
		found := false
		for _, want := range names {
			found = found || n == want
		}
		if !found {
			return p.refuse(v, "found the member %s: want %s", shown(n), strings.Join(names, " and "))
		}
	}
	return nil
}

const wantExpression = `want {"op": …, "args": […]}, {"property": …}, {"date": …}, {"timestamp": …}, {"interval": […]}, {"bbox": […]}, a GeoJSON geometry, text, a number, true or false`

func (p *jsonParser) expression(v *value) (*raw, error) {
	at := place{path: v.path}
	switch v.is {
	case "string":
		return p.node(raw{kind: kindText, text: v.text, at: at})
	case "number":
		n, err := p.numberIn(at, v.text)
		if err != nil {
			return nil, err
		}
		return p.node(raw{kind: kindNumber, number: n, at: at})
	case "boolean":
		return p.node(raw{kind: kindBool, truth: v.truth, at: at})
	case "null":
		return nil, p.refuse(v, `found null: a comparison with it is never true; write {"op": "isNull", "args": […]}`)
	case "array":
		return nil, p.refuse(v, "found an array: "+wantExpression)
	}
	for _, name := range v.names {
		inner := v.member(name)
		switch name {
		case "op":
			return p.operation(v)
		case "property":
			return p.named(v, inner, raw{kind: kindProperty, text: inner.text, at: at})
		case "date":
			return p.named(v, inner, raw{kind: kindDate, text: inner.text, at: at})
		case "timestamp":
			return p.named(v, inner, raw{kind: kindTimestamp, text: inner.text, at: at})
		case "interval":
			return p.interval(v, inner)
		case "bbox":
			if v.member("type") == nil {
				return p.bbox(v, inner)
			}
		case "type":
			return p.geometry(v)
		case "casei": // as a draft of the standard had it
			e, err := p.expression(inner)
			if err != nil {
				return nil, err
			}
			if err := p.only(v, "casei"); err != nil {
				return nil, err
			}
			return p.node(raw{kind: kindCaseI, args: []*raw{e}, at: at})
		case "accenti":
			return nil, p.refuse(v, "accenti is not supported; casei is")
		case "function":
			return nil, p.refuse(v, "there are no functions but the standard's")
		}
	}
	return nil, p.refuse(v, "found an object with none of the members that say what it is: "+wantExpression)
}

// named takes an object whose only member is a string.
func (p *jsonParser) named(v, inner *value, e raw) (*raw, error) {
	if inner.is != "string" {
		return nil, p.refuse(inner, "found %s: want a string", inner.is)
	}
	if err := p.only(v, v.names[0]); err != nil {
		return nil, err
	}
	return p.node(e)
}

// jsonOps are the operators with what they are and how many arguments they have, 0 for two and more.
var jsonOps = map[string]struct {
	kind kind
	args int
}{
	"and": {kindAnd, 0}, "or": {kindOr, 0}, "not": {kindNot, 1},
	"=": {kindCompare, 2}, "<>": {kindCompare, 2}, "<": {kindCompare, 2}, "<=": {kindCompare, 2}, ">": {kindCompare, 2}, ">=": {kindCompare, 2},
	"between": {kindBetween, 3}, "in": {kindIn, 2}, "like": {kindLike, 2}, "isNull": {kindIsNull, 1},
	"+": {kindArith, 2}, "-": {kindArith, 2}, "*": {kindArith, 2}, "/": {kindArith, 2}, "%": {kindArith, 2}, "div": {kindArith, 2}, "^": {kindArith, 2},
	"casei": {kindCaseI, 1},
}

const jsonOpNames = "and, or, not, =, <>, <, <=, >, >=, between, in, like, isNull, +, -, *, /, %, div, ^, casei, s_intersects and the other s_ and t_ tests"

func (p *jsonParser) operation(v *value) (*raw, error) {
	op, args := v.member("op"), v.member("args")
	if op.is != "string" {
		return nil, p.refuse(op, "found %s: want an operator's name", op.is)
	}
	if err := p.only(v, "op", "args"); err != nil {
		return nil, err
	}
	if args == nil || args.is != "array" {
		return nil, p.refuse(v, `found no array "args" beside the operator %s`, shown(op.text))
	}
	upper := strings.ToUpper(op.text)
	o, ok := jsonOps[op.text]
	test, isTest := testOf(upper)
	e := raw{kind: o.kind, at: place{path: v.path}}
	switch {
	case isTest:
		e.kind, e.op, o.args = test, upper, 2
	case op.text == "accenti":
		return nil, p.refuse(op, "accenti is not supported; casei is")
	case !ok:
		return nil, p.refuse(op, "there is no operator %s: there are %s", shown(op.text), jsonOpNames)
	case o.kind == kindCompare || o.kind == kindArith:
		e.op = op.text
	}
	if n := len(args.members); o.args == 0 && n < 2 || o.args != 0 && n != o.args {
		want := "two or more"
		if o.args != 0 {
			want = [...]string{"one", "two", "three"}[o.args-1]
		}
		return nil, p.refuse(args, "found %d arguments of %s: want %s", n, shown(op.text), want)
	}
	if e.kind == kindIn {
		return p.in(args, e)
	}
	for _, a := range args.members {
		arg, err := p.expression(a)
		if err != nil {
			return nil, err
		}
		e.args = append(e.args, arg)
	}
	return p.node(e)
}

func (p *jsonParser) in(args *value, e raw) (*raw, error) {
	of, err := p.expression(args.members[0])
	if err != nil {
		return nil, err
	}
	list := args.members[1]
	if list.is != "array" || len(list.members) == 0 {
		return nil, p.refuse(list, "found %s: want an array of one value or more", list.is)
	}
	e.args = []*raw{of}
	for i, m := range list.members {
		v, err := p.expression(m)
		if err != nil {
			return nil, err
		}
		e.args = append(e.args, v)
		if err := p.values(v.at, i+1); err != nil {
			return nil, err
		}
	}
	return p.node(e)
}

func (p *jsonParser) interval(v, ends *value) (*raw, error) {
	if err := p.only(v, "interval"); err != nil {
		return nil, err
	}
	if ends.is != "array" || len(ends.members) != 2 {
		return nil, p.refuse(ends, `want an array of two: its start and end, each a date, a timestamp, ".." or a property`)
	}
	e := raw{kind: kindInterval, at: place{path: v.path}}
	for _, m := range ends.members {
		end, err := p.expression(m)
		if err != nil {
			return nil, err
		}
		e.args = append(e.args, end)
	}
	return p.node(e)
}

func (p *jsonParser) bbox(v, box *value) (*raw, error) {
	if err := p.only(v, "bbox"); err != nil {
		return nil, err
	}
	if box.is != "array" {
		return nil, p.refuse(box, "found %s: want an array of four numbers, west, south, east, north in degrees", box.is)
	}
	numbers := make([]float64, 0, maxBox+1)
	for _, m := range box.members[:min(len(box.members), maxBox+1)] {
		f, err := p.float(m)
		if err != nil {
			return nil, err
		}
		numbers = append(numbers, f)
	}
	return p.box(place{path: v.path}, numbers)
}

func (p *jsonParser) float(v *value) (float64, error) {
	if v.is != "number" {
		return 0, p.refuse(v, "found %s: want a number", v.is)
	}
	n, err := p.numberIn(place{path: v.path}, v.text)
	return n.float, err
}

// geometry reads a GeoJSON geometry (RFC 7946 §3.1).
func (p *jsonParser) geometry(v *value) (*raw, error) {
	kind, list := v.member("type"), v.member("coordinates")
	word := strings.ToUpper(kind.text)
	switch {
	case kind.text == "GeometryCollection":
		return nil, p.refuse(v, noCollection)
	case kind.is != "string" || !geometryWords[word]:
		return nil, p.refuse(kind, "found %s: want Point, LineString, Polygon, MultiPoint, MultiLineString or MultiPolygon", shown(kind.text))
	case list == nil:
		return nil, p.refuse(v, `the geometry has no "coordinates"`)
	}
	if err := p.only(v, "type", "coordinates", "bbox"); err != nil {
		return nil, err
	}
	in := &coordinates{p, list}
	var g orb.Geometry
	var err error
	switch word {
	case "POINT":
		g, err = p.position(list)
	case "MULTIPOINT":
		var points []orb.Point
		points, err = in.points()
		g = orb.MultiPoint(points)
	default:
		g, err = readShape(word, in)
	}
	if err != nil {
		return nil, err
	}
	return p.node(raw{kind: kindGeometry, shape: g, at: place{path: v.path}})
}

// coordinates are those of a geometry, at the list in which they are read.
type coordinates struct {
	*jsonParser
	list *value
}

var _ positions = (*coordinates)(nil)

func (c *coordinates) each(item func() error) error {
	list := c.list
	if list.is != "array" || len(list.members) == 0 {
		return c.refuse(list, "found %s: want an array of one or more", list.is)
	}
	for _, c.list = range list.members {
		if err := item(); err != nil {
			return err
		}
	}
	return nil
}

func (c *coordinates) points() (points []orb.Point, err error) {
	err = c.each(func() error {
		at, err := c.position(c.list)
		points = append(points, at)
		return err
	})
	return points, err
}

func (p *jsonParser) position(v *value) (orb.Point, error) {
	if v.is != "array" || len(v.members) != 2 {
		return orb.Point{}, p.refuse(v, "want an array of two numbers, longitude and latitude in degrees: no feature has a height")
	}
	lon, err := p.float(v.members[0])
	if err != nil {
		return orb.Point{}, err
	}
	lat, err := p.float(v.members[1])
	if err != nil {
		return orb.Point{}, err
	}
	return orb.Point{lon, lat}, p.positions(place{path: v.path}, 1)
}
