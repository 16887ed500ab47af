package filter

import (
	"cmp"
	"math"
	"regexp"
	"strings"
	"time"
	"unicode"

	"github.com/paulmach/orb"
	"github.com/peterstace/simplefeatures/geom"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/world"
)

// The oracle decides on one feature from a filter as it was written, in three-valued logic, without
// canonical forms, columns or zone maps.

// truth is true, false or unknown.
type truth int8

const (
	no    truth = -1
	maybe truth = 0
	yes   truth = 1
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

// oracle decides on features of a schema.
type oracle struct{ schema *layers.Schema }

// decide returns what the filter is for f.
func (o *oracle) decide(r *raw, f *layers.Feature) truth {
	switch r.kind {
	case kindBool:
		return truthOf(r.truth)
	case kindNot:
		return -o.decide(r.args[0], f)
	case kindAnd:
		all := yes
		for _, a := range r.args {
			all = min(all, o.decide(a, f))
		}
		return all
	case kindOr:
		most := no
		for _, a := range r.args {
			most = max(most, o.decide(a, f))
		}
		return most
	case kindProperty:
		if v, ok := o.value(r, f).(bool); ok {
			return truthOf(v)
		}
		return maybe
	case kindCompare:
		return o.compare(r.op, o.value(r.args[0], f), o.value(r.args[1], f))
	case kindBetween:
		v := o.value(r.args[0], f)
		return min(o.compare(">=", v, o.value(r.args[1], f)), o.compare("<=", v, o.value(r.args[2], f)))
	case kindIn:
		most := no
		for _, a := range r.args[1:] {
			most = max(most, o.compare("=", o.value(r.args[0], f), o.value(a, f)))
		}
		return most
	case kindLike:
		text, ok := o.value(r.args[0], f).(string)
		if !ok {
			return maybe
		}
		pattern, _ := o.value(r.args[1], f).(string)
		return truthOf(likeExpression(pattern).MatchString(text))
	case kindIsNull:
		if r.args[0].kind == kindProperty && r.args[0].text == geometryName {
			return truthOf(f.Geometry == nil)
		}
		return truthOf(o.value(r.args[0], f) == nil)
	case kindSpatial:
		return o.spatial(r, f)
	case kindTemporal:
		return o.temporal(r, f)
	default:
		panic("no condition")
	}
}

// likeExpression translates a pattern.
func likeExpression(pattern string) *regexp.Regexp {
	var b strings.Builder
	b.WriteString(`(?s)\A`)
	escaped := false
	for _, r := range pattern {
		switch {
		case escaped:
			b.WriteString(regexp.QuoteMeta(string(r)))
			escaped = false
		case r == '\\':
			escaped = true
		case r == '%':
			b.WriteString(".*")
		case r == '_':
			b.WriteString(".")
		default:
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	b.WriteString(`\z`)
	return regexp.MustCompile(b.String())
}

// period is a time, from its first to its last microsecond; of a day all of it.
type period struct{ first, last int64 }

// value returns a string, int64, float64, bool or period, or nil. Numbers that are written are floats,
// or int64 when they are whole and small.
func (o *oracle) value(r *raw, f *layers.Feature) any {
	switch r.kind {
	case kindProperty:
		i := o.schema.FieldIndex(r.text)
		if i < 0 {
			return string(f.ID)
		}
		var v column.Value
		if i < len(f.Values) {
			v = f.Values[i]
		}
		if v.Kind() == column.Time {
			return period{v.Micros(), v.Micros()}
		}
		return v.Any()
	case kindText:
		return r.text
	case kindBool:
		return r.truth
	case kindNumber:
		if r.number.whole {
			return r.number.floor
		}
		return r.number.float
	case kindDate:
		t, err := time.Parse("2006-01-02", r.text)
		if err != nil {
			panic(err)
		}
		return period{t.UnixMicro(), t.AddDate(0, 0, 1).UnixMicro() - 1}
	case kindTimestamp:
		t, err := time.Parse(time.RFC3339Nano, r.text)
		if err != nil {
			panic(err)
		}
		return period{t.UnixMicro(), t.UnixMicro()}
	case kindCaseI:
		text, ok := o.value(r.args[0], f).(string)
		if !ok {
			return nil
		}
		return strings.Map(foldOfOracle, text)
	case kindArith:
		a, aok := float(o.value(r.args[0], f))
		b, bok := float(o.value(r.args[1], f))
		if !aok || !bok {
			return nil
		}
		var v float64
		switch r.op {
		case "+":
			v = a + b
		case "-":
			v = a - b
		case "*":
			v = a * b
		case "/":
			v = a / b
		case "%":
			v = math.Mod(a, b)
		case "div":
			v = math.Trunc(a / b)
		case "^":
			v = math.Pow(a, b)
		}
		if math.IsInf(v, 0) || math.IsNaN(v) {
			return nil
		}
		return v
	default:
		panic("no value")
	}
}

// foldOfOracle folds the letters that the tests use.
func foldOfOracle(r rune) rune {
	if r == 'ẞ' {
		return 'ß'
	}
	return unicode.ToLower(r)
}

func float(v any) (float64, bool) {
	switch v := v.(type) {
	case int64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

func (o *oracle) compare(op string, a, b any) truth {
	if a == nil || b == nil {
		return maybe
	}
	order := 0
	switch x := a.(type) {
	case string:
		order = strings.Compare(x, b.(string))
	case bool:
		order = cmp.Compare(map[bool]int{true: 1}[x], map[bool]int{true: 1}[b.(bool)])
	case period:
		y := b.(period)
		if x.last < y.first {
			order = -1
		} else if x.first > y.last {
			order = 1
		}
	default:
		i, iok := a.(int64)
		j, jok := b.(int64)
		if iok && jok {
			order = cmp.Compare(i, j)
		} else {
			x, _ := float(a)
			y, _ := float(b)
			order = cmp.Compare(x, y)
		}
	}
	switch op {
	case "=":
		return truthOf(order == 0)
	case "<>":
		return truthOf(order != 0)
	case "<":
		return truthOf(order < 0)
	case "<=":
		return truthOf(order <= 0)
	case ">":
		return truthOf(order > 0)
	default:
		return truthOf(order >= 0)
	}
}

// times returns the ends of what a temporal test takes, as numbers; ok is false when one is null.
func (o *oracle) times(r *raw, f *layers.Feature) (start, end float64, ok bool) {
	if r.kind != kindInterval {
		p, ok := o.value(r, f).(period)
		return float64(p.first), float64(p.last), ok
	}
	of := func(r *raw, open float64, last bool) (float64, bool) {
		if r.kind == kindText {
			if r.text == ".." {
				return open, true
			}
			t, err := time.Parse(time.RFC3339Nano, r.text)
			if err != nil {
				t, err = time.Parse("2006-01-02", r.text)
				if err != nil {
					panic(err)
				}
				if last {
					t = t.AddDate(0, 0, 1).Add(-time.Microsecond)
				}
			}
			return float64(t.UnixMicro()), true
		}
		p, ok := o.value(r, f).(period)
		return float64(p.first), ok
	}
	start, sok := of(r.args[0], math.Inf(-1), false)
	end, eok := of(r.args[1], math.Inf(1), true)
	return start, end, sok && eok
}

func (o *oracle) temporal(r *raw, f *layers.Feature) truth {
	s1, e1, ok1 := o.times(r.args[0], f)
	s2, e2, ok2 := o.times(r.args[1], f)
	if !ok1 || !ok2 {
		return maybe
	}
	switch r.op {
	case "T_AFTER":
		return truthOf(s1 > e2)
	case "T_BEFORE":
		return truthOf(e1 < s2)
	case "T_DISJOINT":
		return truthOf(s1 > e2 || e1 < s2)
	case "T_INTERSECTS":
		return truthOf(s1 <= e2 && e1 >= s2)
	case "T_EQUALS":
		switch {
		case r.args[0].kind == kindProperty && r.args[1].kind == kindDate:
			return truthOf(s1 >= s2 && s1 <= e2)
		case r.args[1].kind == kindProperty && r.args[0].kind == kindDate:
			return truthOf(s2 >= s1 && s2 <= e1)
		}
		return truthOf(s1 == s2 && e1 == e2)
	case "T_CONTAINS":
		return truthOf(s1 < s2 && e1 > e2)
	case "T_DURING":
		return truthOf(s1 > s2 && e1 < e2)
	case "T_FINISHES":
		return truthOf(s1 > s2 && e1 == e2)
	case "T_FINISHEDBY":
		return truthOf(s1 < s2 && e1 == e2)
	case "T_MEETS":
		return truthOf(e1 == s2)
	case "T_METBY":
		return truthOf(s1 == e2)
	case "T_OVERLAPS":
		return truthOf(s1 < s2 && e1 > s2 && e1 < e2)
	case "T_OVERLAPPEDBY":
		return truthOf(s1 > s2 && s1 < e2 && e1 > e2)
	case "T_STARTS":
		return truthOf(s1 == s2 && e1 < e2)
	case "T_STARTEDBY":
		return truthOf(s1 == s2 && e1 > e2)
	}
	panic(r.op)
}

// shapeOf returns a literal of a test as a geometry whose positions are centres of cells, within ±180.
func shapeOf(r *raw) geom.Geometry {
	g := r.shape
	if r.kind == kindBox {
		w, s, e, n := r.box[0], r.box[1], r.box[2], r.box[3]
		ring := func(w, e float64) orb.Polygon {
			return orb.Polygon{{{w, s}, {e, s}, {e, n}, {w, n}, {w, s}}}
		}
		if g = ring(w, e); w > e {
			g = orb.MultiPolygon{ring(w, 180), ring(-180, e)}
		}
	}
	g = orb.Clone(g)
	var move func(g orb.Geometry) orb.Geometry
	centre := func(at orb.Point) orb.Point {
		p, err := world.Project(at[0], min(max(at[1], -world.MaxLatitude), world.MaxLatitude))
		if err != nil {
			panic(err)
		}
		lon, lat := p.LonLat()
		return orb.Point{lon, lat}
	}
	move = func(g orb.Geometry) orb.Geometry {
		switch g := g.(type) {
		case orb.Point:
			return centre(g)
		case orb.MultiPoint:
			for i := range g {
				g[i] = centre(g[i])
			}
		case orb.LineString:
			for i := range g {
				g[i] = centre(g[i])
			}
		case orb.MultiLineString:
			for i := range g {
				move(g[i])
			}
		case orb.Ring:
			move(orb.LineString(g))
		case orb.Polygon:
			for i := range g {
				move(g[i])
			}
		case orb.MultiPolygon:
			for i := range g {
				move(g[i])
			}
		}
		return g
	}
	return geometryOf(move(g))
}

func (o *oracle) spatial(r *raw, f *layers.Feature) truth {
	if f.Geometry == nil {
		return maybe
	}
	side := func(r *raw) geom.Geometry {
		if r.kind == kindProperty {
			return geometryOf(f.Geometry)
		}
		return shapeOf(r)
	}
	a, b := side(r.args[0]), side(r.args[1])
	test := map[string]func(a, b geom.Geometry) (bool, error){
		"S_INTERSECTS": func(a, b geom.Geometry) (bool, error) {
			apart, err := geom.Disjoint(a, b)
			return !apart, err
		},
		"S_DISJOINT": geom.Disjoint, "S_WITHIN": geom.Within, "S_CONTAINS": geom.Contains, "S_EQUALS": geom.Equals,
		"S_TOUCHES": geom.Touches, "S_CROSSES": geom.Crosses, "S_OVERLAPS": geom.Overlaps,
	}[r.op]
	holds, err := test(a, b)
	if err != nil {
		panic(err)
	}
	return truthOf(holds)
}
