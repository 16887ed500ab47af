package files

import (
	"encoding/json"
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
	c.Feature = layers.Feature{ID: layers.FeatureID(id), Geometry: g}
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

// oracleGeometry returns a point, or nil for a feature without a place.
func oracleGeometry(raw json.RawMessage) (orb.Geometry, bool) {
	if raw == nil || string(raw) == "null" {
		return nil, true
	}
	var g map[string]json.RawMessage
	var kind any
	var coordinates []json.RawMessage
	if json.Unmarshal(raw, &g) != nil || json.Unmarshal(g["type"], &kind) != nil || kind != "Point" ||
		json.Unmarshal(g["coordinates"], &coordinates) != nil || coordinates == nil {
		return nil, false
	}
	if len(coordinates) == 0 {
		return nil, true
	}
	if len(coordinates) < 2 {
		return nil, false
	}
	var p orb.Point
	for axis := range p {
		var f *float64
		if json.Unmarshal(coordinates[axis], &f) != nil || f == nil {
			return nil, false
		}
		p[axis] = *f
	}
	return p, oraclePlace(p)
}

func oraclePlace(p orb.Point) bool {
	_, err := world.Project(p[0], p[1])
	return err == nil && p != orb.Point{}
}
