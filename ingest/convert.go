package ingest

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/column"
)

var wantIDLength = fmt.Sprintf("an id of at most %d bytes", layers.MaxID)

// convert makes a value of the field's kind from a cell that is not null, or says why not.
func (f *field) convert(c *cell) (column.Value, Reason) {
	if c.kind == nested {
		return column.Value{}, ReasonType
	}
	s := c.text
	if f.values != nil {
		if to, ok := f.values[s]; ok {
			s = to
		}
	}
	switch f.kind {
	case column.String:
		if len(s) > f.maxLength {
			return column.Value{}, ReasonTooLong
		}
		if c.raw && !utf8.ValidString(s) {
			return column.Value{}, ReasonText
		}
		return column.StringOf(s), ""
	case column.Int:
		if v, ok := parseInt(strings.TrimSpace(s), 0); ok {
			return column.IntOf(v), ""
		}
	case column.Float:
		if v, ok := parseFloat(strings.TrimSpace(s)); ok {
			return column.FloatOf(v), ""
		}
	case column.Bool:
		if v, ok := parseBool(strings.TrimSpace(s)); ok {
			return column.BoolOf(v), ""
		}
	case column.Time:
		if c.kind == moment {
			if v, ok := parseMoment(s, f.zone); ok {
				return column.MicrosOf(v), ""
			}
			return column.Value{}, ReasonTime
		}
		if v, ok := parseTime(strings.TrimSpace(s), f.layouts, f.zone); ok {
			return column.MicrosOf(v), ""
		}
		return column.Value{}, ReasonTime
	default: // a schema has no other kinds
	}
	return column.Value{}, ReasonType
}

// parseBool takes true and false in any case, 1 and 0.
func parseBool(s string) (v, ok bool) {
	switch {
	case s == "1" || strings.EqualFold(s, "true"):
		return true, true
	case s == "0" || strings.EqualFold(s, "false"):
		return false, true
	}
	return false, false
}

// want says what the field would have accepted.
func (f *field) want(reason Reason) string {
	switch {
	case reason == ReasonTooLong:
		return "at most " + strconv.Itoa(f.maxLength) + " bytes of text"
	case reason == ReasonText:
		return "UTF-8"
	case f.kind == column.String:
		return "a text, a number, true or false"
	case f.kind == column.Int:
		return "a whole number within ±2⁶³"
	case f.kind == column.Float:
		return "a finite decimal number"
	case f.kind == column.Bool:
		return "true, false, 1 or 0"
	case len(f.layouts) == 0:
		return "a time as in RFC 3339, such as 2016-08-03T20:47:11Z, in the years 0 to 9999"
	}
	return "a time as " + strings.Join(f.layouts, " or ") + ", in the years 0 to 9999"
}

// shorten cuts a text for an example to a length that people read.
func shorten(s string) string {
	if len(s) <= maxExampleText {
		return strings.ToValidUTF8(s, "�")
	}
	return strings.ToValidUTF8(s[:maxExampleText], "�") + "…"
}

func formatPoint(p orb.Point) string {
	return strconv.FormatFloat(p[0], 'g', -1, 64) + ", " + strconv.FormatFloat(p[1], 'g', -1, 64)
}
