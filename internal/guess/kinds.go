package guess

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"hutong/ingest"
	"hutong/layers/column"
)

// layouts are the ways of writing a time that are tried, the more likely one of two that both fit first.
var layouts = []string{
	time.RFC3339,
	"2006-01-02T15:04:05",
	time.DateTime,
	"2006-01-02 15:04:05Z07:00",
	"2006-01-02 15:04",
	time.DateOnly,
	"2006/01/02 15:04:05Z07",
	"2006/01/02 15:04:05",
	"2006/01/02",
	"01/02/2006 03:04:05 PM",
	"01/02/2006 15:04:05",
	"01/02/2006 15:04",
	"01/02/2006",
	"02/01/2006 15:04:05",
	"02/01/2006 15:04",
	"02/01/2006",
	"02.01.2006 15:04",
	"02.01.2006",
}

// monthFirst and dayFirst are the layouts that say different things about the same text.
func monthFirst(layout string) bool { return strings.HasPrefix(layout, "01/") }
func dayFirst(layout string) bool   { return strings.HasPrefix(layout, "02/") }

// kinds is which types every value so far fits.
type kinds struct {
	int, float, bool, wkt, pair bool
	all                         uint32 // layouts that fit every value
	first                       uint32 // layouts that were the first to fit some value
	time                        bool   // some layout fits every value
	leadingZero                 bool   // such as 007, which is no number
	quoted                      bool   // some value is a JSON text
}

func newKinds() kinds {
	return kinds{int: true, float: true, bool: true, wkt: true, pair: true, time: true, all: 1<<len(layouts) - 1}
}

// add takes a value without the spaces around it.
func (k *kinds) add(text string, quoted bool) {
	k.quoted = k.quoted || quoted
	k.int = k.int && isInt(text)
	if k.float {
		_, k.float = number(text)
	}
	k.leadingZero = k.leadingZero || len(text) > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9'
	k.bool = k.bool && (strings.EqualFold(text, "true") || strings.EqualFold(text, "false"))
	k.wkt = k.wkt && isWKT(text)
	if k.pair {
		_, _, k.pair = pair(text)
	}
	if k.time {
		k.addTime(text)
	}
}

// addTime tries the layouts.
func (k *kinds) addTime(text string) {
	const shortest = len("2006/01/02")
	var fits uint32
	if len(text) >= shortest && text[0] >= '0' && text[0] <= '9' {
		for i, layout := range layouts {
			if _, err := time.Parse(layout, text); err == nil {
				fits |= 1 << i
			}
		}
	}
	if fits == 0 {
		k.time = false
		return
	}
	k.all &= fits
	k.first |= fits & -fits
}

// conclude returns the type of a field with these values, and the layouts of times.
func (k *kinds) conclude(name string, numbers *bounds) (column.Kind, []string) {
	switch {
	case k.bool:
		return column.Bool, nil
	case k.time:
		if list := k.layouts(); list != nil {
			return column.Time, withoutDefault(list)
		}
	case (k.int || k.float) && !k.quoted && !k.leadingZero:
		if layout := epoch(name, numbers); layout != "" && k.int {
			return column.Time, []string{layout}
		}
		if k.int {
			return column.Int, nil
		}
		return column.Float, nil
	}
	return column.String, nil
}

// layouts returns those that a source needs: one that fits all if there is one.
func (k *kinds) layouts() []string {
	for i, layout := range layouts {
		if k.all&(1<<i) != 0 {
			return []string{layout}
		}
	}
	var list []string
	for i, layout := range layouts {
		if k.first&(1<<i) != 0 {
			list = append(list, layout)
		}
	}
	// Where 03/04 is March in one value and 25/12 is in December in another, nobody knows.
	if slices.ContainsFunc(list, monthFirst) && slices.ContainsFunc(list, dayFirst) || len(list) > ingest.MaxLayouts {
		return nil
	}
	return list
}

// withoutDefault returns no layouts where they are what a config means without any.
func withoutDefault(list []string) []string {
	if len(list) == 1 && list[0] == time.RFC3339 {
		return nil
	}
	return list
}

// epoch returns the layout of numbers that count from 1970, by the field's name and the years 1980 to
// 2100, or "".
func epoch(name string, n *bounds) string {
	const from, to = 315_532_800, 4_102_444_800
	name = strings.ToLower(name)
	if !slices.ContainsFunc([]string{"time", "date", "epoch", "created", "updated", "_at"},
		func(part string) bool { return strings.Contains(name, part) }) || n.seen == 0 {
		return ""
	}
	switch {
	case n.min >= from && n.max <= to:
		return ingest.LayoutUnix
	case n.min >= from*1000 && n.max <= to*1000:
		return ingest.LayoutUnixMillis
	}
	return ""
}

// isInt reports whether a decimal integer fits 64 bits.
func isInt(text string) bool {
	_, err := strconv.ParseInt(strings.TrimPrefix(text, "+"), 10, 64)
	return err == nil
}

// number returns a finite decimal number.
func number(text string) (float64, bool) {
	for i := range len(text) {
		switch c := text[i]; {
		case c >= '0' && c <= '9', c == '.', c == '-', c == '+', c == 'e', c == 'E':
		default:
			return 0, false
		}
	}
	v, err := strconv.ParseFloat(text, 64)
	return v, err == nil && !math.IsInf(v, 0)
}
