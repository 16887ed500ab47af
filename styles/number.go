package styles

import (
	"math"
	"strconv"
	"strings"

	"hutong/layers/column"
)

// class is a class of numbers: those from from on that are below to; nil is without bound.
type class struct {
	from, to      *float64
	title, colour string
}

// breaks are where the classes of a quantity meet that has its own.
type breaks struct {
	unit string
	// field is a part of the field's name without signs, in lower case; "" is any name.
	field string
	at    []float64
}

// quantities are those that have their own breaks; the first that fits counts. Particles by the
// daily means at which China's air quality index goes up a level (HJ 633-2012); sound by the limits
// for city zones by day (GB 3096-2008).
var quantities = []breaks{
	{"µg/m³", "pm10", []float64{50, 150, 250, 350, 420}},
	{"µg/m³", "pm", []float64{35, 75, 115, 150, 250}},
	{"µg/m³", "value", []float64{35, 75, 115, 150, 250}},
	{"dB", "", []float64{50, 55, 60, 65, 70}},
}

// byClass makes s go by a number field. It reports whether it could: the breaks must be the
// quantity's own, or follow from the range of its values.
func (p *painter) byClass(s *scheme, l *Layer, field string) bool {
	zoom, ok := l.has(field, column.Int, column.Float)
	if !ok {
		return false
	}
	unit := l.Drawing.Fields[field].Unit
	at := breaksOf(field, unit, l.Known[field].Range)
	if len(at) == 0 {
		return false
	}
	s.field, s.zoom, s.unit = field, zoom, unit
	s.classes = p.classesAt(at)
	s.rest.colour, s.more = p.theme.other, l.Known[field].Nulls
	return true
}

// breaksOf returns where the classes of a quantity meet, rising, at most five.
func breaksOf(field, unit string, bounds *[2]float64) []float64 {
	name := strings.ToLower(strings.NewReplacer("_", "", "-", "", ".", "", " ", "").Replace(field))
	unit = strings.ReplaceAll(unit, "μ", "µ") // two signs for micro
	for _, b := range quantities {
		if strings.HasPrefix(unit, b.unit) && strings.Contains(name, b.field) {
			return b.at
		}
	}
	if bounds == nil || !(bounds[1] > bounds[0]) {
		return nil
	}
	return roundBreaks(bounds[0], bounds[1])
}

// roundBreaks returns at most five round numbers between least and most: multiples of 1, 2, 2.5 or 5
// times a power of ten. There are none where the range is too narrow for its numbers, or beyond them.
func roundBreaks(least, most float64) []float64 {
	const wanted = 5
	power := math.Pow(10, math.Floor(math.Log10((most-least)/(wanted+1))))
	if !(power > 1e-300) || math.IsInf(power, 0) {
		return nil
	}
	for _, m := range []float64{1, 2, 2.5, 5, 10} {
		if at := multiples(m*power, least, most, wanted+1); len(at) <= wanted {
			return at
		}
	}
	return nil
}

// multiples returns the multiples of step strictly between least and most, rising, at most limit.
func multiples(step, least, most float64, limit int) []float64 {
	var at []float64
	first := math.Floor(least / step)
	for i := range limit + 2 { // the first may be least, and rounding may repeat one
		v := (first + float64(i)) * step
		if shown, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 10, 64), 64); err == nil {
			v = shown + 0 // 0.30000000000000004 is 0.3, and −0 is 0
		}
		if v > least && v < most && len(at) < limit && (len(at) == 0 || v > at[len(at)-1]) {
			at = append(at, v)
		}
	}
	return at
}

// classesAt returns the classes that meet at some numbers, with colours over all of the ramp.
func (p *painter) classesAt(at []float64) []class {
	list := make([]class, len(at)+1)
	for i := range list {
		c := &list[i]
		c.colour = p.theme.ramp[i*(len(p.theme.ramp)-1)/len(at)]
		switch {
		case i == 0:
			c.to, c.title = &at[0], "< "+decimal(at[0])
		case i == len(at):
			c.from, c.title = &at[i-1], "≥ "+decimal(at[i-1])
		default:
			c.from, c.to, c.title = &at[i-1], &at[i], decimal(at[i-1])+"–"+decimal(at[i])
		}
	}
	return list
}

// decimal is a break as people write it. Breaks are round already; with a power of ten are only those that
// would be rows of zeros.
func decimal(v float64) string {
	if size := math.Abs(v); size != 0 && (size >= 1e15 || size < 1e-6) {
		return strconv.FormatFloat(v, 'g', 10, 64)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}
