package styles

import (
	"math"
	"slices"
)

// maxBreaks is the most breaks of a count: one less than the ramp has colours.
const maxBreaks = len(theme{}.ramp) - 1

// anyBreaks are those of counts of which nothing is known.
var anyBreaks = []float64{10, 100, 1000, 10_000, 100_000}

// counts are the classes of the counts of cells from a zoom on.
type counts struct {
	from    uint8
	classes []class
}

// countsOf returns the classes of the counts of a layer's cells by rising zoom, at least one: the larger
// cells are on the ground, the more is in them. Zooms of which nothing is known have those of the zoom
// before.
func (p *painter) countsOf(l *Layer) []counts {
	var all []counts
	var last []float64
	for zoom := l.MinZoom; l.Breaks != nil && zoom < l.Below && zoom <= l.MaxZoom; zoom++ {
		at := countBreaks(l.above(l.Breaks(zoom)))
		if at == nil || slices.Equal(at, last) {
			continue
		}
		from := zoom
		if all == nil {
			from = 0
		}
		all, last = append(all, counts{from, p.classesFrom(l.Least, at)}), at
	}
	if all == nil {
		all = []counts{{0, p.classesFrom(l.Least, l.above(anyBreaks))}}
	}
	return all
}

// above returns those of rising breaks that are above the smallest count that there is: below no other is anything.
func (l *Layer) above(given []float64) []float64 {
	if l.Least == 0 {
		return given
	}
	least := float64(l.Least)
	if at := slices.DeleteFunc(slices.Clone(given), func(v float64) bool { return v <= least }); len(at) > 0 || len(given) == 0 {
		return at
	}
	return []float64{2 * least}
}

// classesFrom returns the classes of counts, which begin at the smallest that there is; 0 is any.
func (p *painter) classesFrom(least int, at []float64) []class {
	list := p.classesAt(at)
	if from := float64(least); least > 0 {
		list[0].from, list[0].title = &from, decimal(from)+"–"+decimal(at[0])
	}
	return list
}

// countBreaks returns breaks that a map can be drawn by: rising numbers above zero, as many as there are
// colours for, spread over those that were given; nil where there are none.
func countBreaks(given []float64) []float64 {
	var at []float64
	for _, v := range given {
		if v > 0 && !math.IsInf(v, 1) && (len(at) == 0 || v > at[len(at)-1]) {
			at = append(at, v)
		}
	}
	if n := len(at); n > maxBreaks {
		few := make([]float64, maxBreaks)
		for i := range few {
			few[i] = at[(2*i+1)*n/(2*maxBreaks)]
		}
		return few
	}
	return at
}

// byCount is the expression of what of gives for the class of a count: its place among all, 0 to 1, and
// itself.
func byCount(field string, all []counts, of func(share float64, c class) any) any {
	var byZoom stops
	for i := range all {
		byZoom = append(byZoom, stop{all[i].from, all[i].steps(field, of)})
	}
	return byZoom.expr()
}

// steps is byCount at one zoom.
func (c *counts) steps(field string, of func(share float64, c class) any) []any {
	steps := []any{"step", []any{"to-number", get(field)}, of(0, c.classes[0])}
	for i, one := range c.classes[1:] {
		steps = append(steps, *one.from, of(float64(i+1)/float64(len(c.classes)-1), one))
	}
	return steps
}

// legends returns the legends of counts, entry by entry as of makes them of a place among all, 0 to 1,
// and a class.
func legends(all []counts, of func(share float64, c class) entry) []zoomLegend {
	list := make([]zoomLegend, len(all))
	for i, one := range all {
		list[i].From = one.from
		for j, c := range one.classes {
			list[i].Legend = append(list[i].Legend, of(float64(j)/float64(len(one.classes)-1), c))
		}
	}
	return list
}

// classEntry is the line of a legend for a class of numbers.
func classEntry(kind string, c class) entry {
	return entry{From: c.from, To: c.to, Title: c.title, Colour: c.colour, Kind: kind}
}
