package styles

import (
	"cmp"
	"slices"

	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/column"
)

// Layer is one layer to draw.
type Layer struct {
	// Name is the layer's name: the source, the style layer of its points and the layer inside the
	// tiles have it too. Its other style layers are NAME:line, NAME:outline, NAME:fill and so on, which
	// are nobody's name, for a name holds no ':'.
	Name layers.Name
	// Title is the layer's name for people; "" means Name.
	Title string
	// Points, Lines and Polygons say what is drawn, each with its multis. With none set all are: a
	// layer that is empty now may get any.
	Points, Lines, Polygons bool
	// Schema has the fields that its tiles may have; nil is none.
	Schema *layers.Schema
	// MinZoom and MaxZoom are the first and the deepest zoom of its tiles. Those of MaxZoom are what maps
	// show at the zooms beyond too: fields that start beyond are in none.
	MinZoom, MaxZoom uint8
	// Attribution is what a map that shows it must print, as plain text.
	Attribution string
	// Drawing says how it is shown; nothing in it is left open, see [Drawing.Chosen].
	Drawing Drawing
	// Count is about how many features it has, Extent where they are, lon/lat degrees; nil is unknown.
	// Of both only the order of magnitude counts: the denser points lie the smaller and fainter they are
	// drawn, and the more borders there are the later they come.
	Count  int
	Extent *orb.Bound
	// Known is what is known of its fields, by their names.
	Known map[string]Known
	// Cells is what tiles hold in place of features at the zooms below Below; "" is features at all zooms.
	// A layer that never holds features has a Below beyond MaxZoom, and in Schema the fields of its cells;
	// that of any other has those of its features.
	Cells CellKind
	Below uint8
	// Of is the layer whose features the cells count; "" is this one.
	Of layers.Name
	// Breaks gives where the classes of the count of cells meet at a zoom: round numbers, rising. It is nil, or
	// gives nil, while nothing is known of them. It may be called from any goroutine.
	Breaks func(zoom uint8) []float64
	// Least is the smallest count that a cell has, where smaller ones are withheld; 0 is any.
	Least int
	// Private says that it is not public: its tiles do not come together with those of public layers, which caches
	// may keep.
	Private bool
	// Query stands behind ? in the addresses of its tiles, for who needs a token there; "" is nothing.
	Query string
}

// Known is what is known of what a field holds.
type Known struct {
	// Values are values of a text field. Their order counts only where there are more than [MaxSwatches]:
	// then the first of them have looks of their own.
	Values []string
	// More says that it has others too, Nulls that features have none.
	More, Nulls bool
	// Range is the smallest and largest value of a number field; nil if it has none.
	Range *[2]float64
}

// heading is the layer's name for people.
func (l *Layer) heading(lang Lang) string {
	w := Words{EN: l.Title, ZH: l.Drawing.TitleZH}
	if title := w.In(lang); title != "" {
		return title
	}
	return string(l.Name)
}

// has reports whether tiles have a field of one of some kinds, and from which zoom on.
func (l *Layer) has(name string, kinds ...column.Kind) (from uint8, ok bool) {
	if name == "" || l.Schema == nil {
		return 0, false
	}
	i := l.Schema.FieldIndex(name)
	if i < 0 {
		return 0, false
	}
	f := &l.Schema.Fields[i]
	return f.FromZoom, slices.Contains(kinds, f.Kind) && f.FromZoom <= l.MaxZoom
}

// values returns the values that a text field is known to have: first those that its owner names, in
// their order if they have one, then
// the others, both in the order of the alphabet, so that what stands at a place does not change with
// how often each comes.
func (l *Layer) values(field string) []string {
	var named, other []string
	looks := l.Drawing.Fields[field].Values
	for v := range looks {
		named = append(named, v)
	}
	for _, v := range l.Known[field].Values {
		if _, ok := looks[v]; !ok {
			other = append(other, v)
		}
	}
	slices.Sort(named)
	if order := l.Drawing.Fields[field].Order; order != nil {
		named = slices.Clone(order)
	}
	slices.Sort(other)
	return append(named, slices.Compact(other)...)
}

// swatched returns the values that have looks of their own, in the order of values, and whether these are
// all: where they are too many, first those stay whose look the owner chose, then those that the owner
// names, then the first that are known.
func (l *Layer) swatched(field string) (list []string, all bool) {
	list = l.values(field)
	if len(list) <= MaxSwatches {
		return list, true
	}
	looks, known := l.Drawing.Fields[field].Values, l.Known[field].Values
	place := func(value string) int {
		look, named := looks[value]
		switch {
		case look.chosen():
			return 0
		case named:
			return 1
		}
		return 2 + slices.Index(known, value)
	}
	last := slices.Clone(list)
	slices.SortStableFunc(last, func(a, b string) int { return cmp.Compare(place(a), place(b)) })
	last = last[MaxSwatches:]
	return slices.DeleteFunc(list, func(value string) bool { return slices.Contains(last, value) }), false
}

// named is what a value of a field is called: in English itself where it has a Chinese title alone.
func (l *Layer) named(field, value string, lang Lang) string {
	title := l.Drawing.Fields[field].Values[value].Title
	if lang == ZH && title.ZH != "" {
		return title.ZH
	}
	return cmp.Or(title.EN, value)
}

// names returns the layer's name texts in a language, as tiles have them; nil where it has none.
func (l *Layer) names(lang Lang) stops {
	return namesOf(lang, func(name string) (uint8, bool) { return l.has(name, column.String) },
		[]string{l.Drawing.Label}, []string{l.Drawing.LabelZH})
}

// label returns the expression of the layer's name texts in a language, and the zoom from which
// tiles have it; ok is false where it has none.
func (l *Layer) label(lang Lang) (expr any, from uint8, ok bool) {
	names := l.names(lang)
	if names == nil {
		return nil, 0, false
	}
	return names.expr(), names.from(), true
}

// namesOf returns the first name of those that there are: of en first for English, of zh first for
// Chinese. has says from which zoom a field is there; until then those that are there already count.
func namesOf(lang Lang, has func(string) (uint8, bool), en, zh []string) stops {
	order := append(slices.Clone(en), zh...)
	if lang == ZH {
		order = append(slices.Clone(zh), en...)
	}
	var zooms []uint8
	for _, name := range order {
		if from, ok := has(name); ok {
			zooms = append(zooms, from)
		}
	}
	slices.Sort(zooms)
	var all stops
	for _, zoom := range slices.Compact(zooms) {
		first := []any{"coalesce"}
		var seen []string
		for _, name := range order {
			if from, ok := has(name); ok && from <= zoom && !slices.Contains(seen, name) {
				seen = append(seen, name)
				first = append(first, get(name))
			}
		}
		if len(first) == 2 {
			all = append(all, stop{zoom, first[1]})
		} else {
			all = append(all, stop{zoom, first})
		}
	}
	return all
}
