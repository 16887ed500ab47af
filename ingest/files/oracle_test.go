package files

import (
	"encoding/json"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/world"
)

// The slow and plain way to map a record as [reports] says, by encoding/json, which the parser must
// agree with on every input.

// oracleFeature returns the change that a feature stands for, or false if it is to be refused. sure
// is false where the two may differ: encoding/json replaces what is not UTF-8 and has no limit of
// nesting.
func oracleFeature(raw string) (c layers.Change, ok, sure bool) {
	if !utf8.ValidString(raw) || strings.Count(raw, "{")+strings.Count(raw, "[") > 100 {
		return c, false, false
	}
	var members, properties map[string]json.RawMessage
	if json.Unmarshal([]byte(raw), &members) != nil {
		return c, false, true
	}
	var kind any
	if json.Unmarshal(members["type"], &kind) != nil || kind != "Feature" {
		return c, false, true
	}
	if json.Unmarshal(members["properties"], &properties) != nil {
		properties = nil
	}
	text := func(name string) (s string, null, ok bool) { return oracleText(properties[name]) }
	id, null, ok := text("id")
	if null || !ok || strings.TrimSpace(id) == "" || len(id) > layers.MaxID {
		return c, false, true
	}
	g, ok := oracleGeometry(members["geometry"])
	if !ok {
		return c, false, true
	}
	if strings.Count(raw, "geometries") > 16 {
		return c, false, false // they may nest too deeply
	}
	if g != nil && g.Dimensions() > 0 && math.Max(g.Bound().Max[1], -g.Bound().Min[1]) > world.MaxLatitude {
		return c, false, false // it is to be cut
	}
	c.Feature = layers.Feature{ID: layers.FeatureID(id), Geometry: g}
	if (&layers.Schema{Name: "any"}).Check(0, &c) != nil {
		return c, false, true // flat
	}
	for _, f := range []struct {
		name string
		kind column.Kind
		max  int
	}{
		{"category", column.String, layers.DefaultMaxLength},
		{"title", column.String, 60},
		{"votes", column.Int, 0},
		{"score", column.Float, 0},
		{"open", column.Bool, 0},
		{"reported", column.Time, 0},
	} {
		s, null, ok := text(f.name)
		var v column.Value
		if ok && !null {
			v, ok = oracleValue(s, f.kind, f.max)
		}
		if !ok {
			return c, false, true
		}
		c.Feature.Values = append(c.Feature.Values, v)
	}
	return c, true, true
}

// oracleText returns the text, number or word of a property; ok is false for objects and arrays.
func oracleText(raw json.RawMessage) (s string, null, ok bool) {
	if raw == nil {
		return "", true, true
	}
	raw = []byte(strings.TrimSpace(string(raw)))
	switch raw[0] {
	case '"':
		err := json.Unmarshal(raw, &s)
		return s, false, err == nil
	case 'n':
		return "", true, true
	case '{', '[':
		return "", false, false
	}
	return string(raw), false, true
}

var decimal = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$`)

func oracleValue(s string, kind column.Kind, most int) (column.Value, bool) {
	trimmed := strings.TrimSpace(s)
	switch kind {
	case column.String:
		return column.StringOf(s), len(s) <= most && utf8.ValidString(s)
	case column.Int:
		if f, err := strconv.ParseFloat(trimmed, 64); !decimal.MatchString(trimmed) || err != nil || f > 1e19 || f < -1e19 {
			return column.Value{}, false
		}
		r, ok := new(big.Rat).SetString(trimmed)
		if !ok || !r.IsInt() || !r.Num().IsInt64() {
			return column.Value{}, false
		}
		return column.IntOf(r.Num().Int64()), true
	case column.Float:
		f, err := strconv.ParseFloat(trimmed, 64)
		return column.FloatOf(f), err == nil && decimal.MatchString(trimmed)
	case column.Bool:
		lower := strings.ToLower(trimmed)
		return column.BoolOf(lower == "true" || lower == "1"), lower == "true" || lower == "false" || lower == "1" || lower == "0"
	default:
		t, err := time.Parse(time.RFC3339, trimmed)
		year := t.UTC().Year()
		return column.TimeOf(t), err == nil && year >= 0 && year <= 9999
	}
}

// oracleGeometry returns a geometry, or nil for a feature without a place.
func oracleGeometry(raw json.RawMessage) (orb.Geometry, bool) {
	if raw == nil || string(raw) == "null" {
		return nil, true
	}
	var all orb.Collection
	multi := false
	if !oracleParts(raw, &all, &multi) {
		return nil, false
	}
	if len(all) == 0 {
		return nil, true
	}
	var points orb.MultiPoint
	var lines orb.MultiLineString
	var polygons orb.MultiPolygon
	for _, g := range all {
		switch g := g.(type) {
		case orb.Point:
			points = append(points, g)
		case orb.LineString:
			lines = append(lines, g)
		case orb.Polygon:
			polygons = append(polygons, g)
		}
	}
	one := len(all) == 1 && !multi
	switch len(all) {
	case len(points):
		for _, p := range points {
			if !oraclePlace(p) {
				return nil, false
			}
		}
		if one {
			return points[0], true
		}
		return points, true
	case len(lines):
		if one {
			return lines[0], oracleDegrees(lines)
		}
		return lines, oracleDegrees(lines)
	case len(polygons):
		if one {
			return polygons[0], oracleDegrees(polygons)
		}
		return polygons, oracleDegrees(polygons)
	}
	return nil, false
}

func oracleDegrees(g orb.Geometry) bool {
	b := g.Bound()
	return b.Min[0] >= -180 && b.Max[0] <= 180 && b.Min[1] >= -90 && b.Max[1] <= 90
}

// oracleParts appends the single geometries of a GeoJSON geometry, the empty ones left out.
func oracleParts(raw json.RawMessage, all *orb.Collection, multi *bool) bool {
	var g map[string]json.RawMessage
	var kind any
	if json.Unmarshal(raw, &g) != nil || json.Unmarshal(g["type"], &kind) != nil {
		return false
	}
	coordinates, ok := oracleList(g["coordinates"])
	switch kind {
	case "GeometryCollection":
		members, ok := oracleList(g["geometries"])
		for _, m := range members {
			ok = ok && (string(m) == "null" || oracleParts(m, all, multi))
		}
		return ok
	case "MultiPoint", "MultiLineString", "MultiPolygon":
		*multi = true
		for _, c := range coordinates {
			ok = ok && oraclePart(strings.TrimPrefix(kind.(string), "Multi"), c, all)
		}
		return ok
	case "Point", "LineString", "Polygon":
		return oraclePart(kind.(string), g["coordinates"], all)
	}
	return false
}

func oracleList(raw json.RawMessage) (list []json.RawMessage, ok bool) {
	err := json.Unmarshal(raw, &list)
	return list, err == nil && list != nil
}

func oraclePart(kind string, raw json.RawMessage, all *orb.Collection) bool {
	coordinates, ok := oracleList(raw)
	if !ok || len(coordinates) == 0 {
		return ok
	}
	switch kind {
	case "Point":
		p, ok := oraclePosition(raw)
		*all = append(*all, p)
		return ok
	case "LineString":
		line, ok := oracleLine(raw)
		*all = append(*all, line)
		return ok && oracleDistinct(line) >= 2
	}
	var polygon orb.Polygon
	for i, c := range coordinates {
		ring, ok := oracleLine(c)
		if !ok || len(ring) > 0 && (oracleDistinct(ring) < 3 || i > 0 && len(polygon) == 0) {
			return false
		}
		if len(ring) == 0 {
			continue
		}
		if ring[0] != ring[len(ring)-1] {
			ring = append(ring, ring[0])
		}
		polygon = append(polygon, orb.Ring(ring))
	}
	if polygon != nil {
		*all = append(*all, polygon)
	}
	return true
}

func oracleDistinct(line orb.LineString) int {
	seen := map[orb.Point]bool{}
	for _, p := range line {
		seen[p] = true
	}
	return len(seen)
}

func oracleLine(raw json.RawMessage) (line orb.LineString, ok bool) {
	positions, ok := oracleList(raw)
	for _, position := range positions {
		p, good := oraclePosition(position)
		line, ok = append(line, p), ok && good
	}
	return line, ok
}

func oraclePosition(raw json.RawMessage) (p orb.Point, ok bool) {
	coordinates, _ := oracleList(raw)
	if len(coordinates) < 2 {
		return p, false
	}
	for axis := range p {
		var f *float64
		if json.Unmarshal(coordinates[axis], &f) != nil || f == nil {
			return p, false
		}
		p[axis] = *f
	}
	return p, true
}

func oraclePlace(p orb.Point) bool {
	_, err := world.Project(p[0], p[1])
	return err == nil && p != orb.Point{}
}
