package view

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"hutong/layers/column"
)

const (
	// MaxDistinct is how many distinct values a text field may have for its common values to be
	// told: with more of them they say little.
	MaxDistinct = 1000
	// MaxCommon is how many common values are told.
	MaxCommon = 20
)

// Summary is what a field holds in one state of a layer. It depends on the features and nothing
// else.
type Summary struct {
	// Values is the number of features that have a value, Nulls of those that have none.
	Values, Nulls int
	// Min and Max bound the values of ints, floats and times; null where there are none.
	Min, Max column.Value
	// Distinct is the number of distinct texts or bools; 0 for other kinds, and for more texts than
	// MaxDistinct.
	Distinct int
	// Common are the most common of these, at most MaxCommon, the most common first, of several
	// that are as common the smallest.
	Common []Common
}

// Common is a value and how many features have it.
type Common struct {
	Value column.Value
	Count int
}

// Summaries returns the summary of each field of the view's schema. It looks at every value once:
// about 4 ms for each field of a million features.
func (v *View) Summaries() []Summary {
	counters := make([]counter, len(v.layer.columns))
	for b, rows := range v.blocks() {
		for i, c := range v.layer.columns {
			if rows == nil {
				counters[i].add(b.Column(c))
			} else {
				counters[i].addRows(b.Column(c), rows)
			}
		}
	}
	out := make([]Summary, len(counters))
	for i := range counters {
		out[i] = counters[i].summary()
	}
	return out
}

// counter adds up one field, block after block. Which type of column a block has must not show in
// what comes out.
type counter struct {
	Summary
	codes map[*column.Dictionary][]int // counts by code
	texts map[string]int               // counts of raw texts, at most one more than MaxDistinct
	bools [2]int
}

func (c *counter) add(col column.Column) {
	zone := col.Zone()
	c.Values += zone.Rows - zone.Nulls
	c.Nulls += zone.Nulls
	switch col := col.(type) {
	case *column.Floats:
		c.addFloats(col)
	case *column.Codes:
		c.addCodes(col)
	case *column.Texts:
		c.addTexts(col)
	case *column.Bools:
		trues := col.Values.Count() // null rows are false
		c.bools[1] += trues
		c.bools[0] += zone.Rows - zone.Nulls - trues
	default: // ints and times: their zone maps are exact
		if !zone.HasValues() {
			return
		}
		if col.Kind() == column.Time {
			c.bound(column.MicrosOf(zone.Min), column.MicrosOf(zone.Max), zone.Min < c.Min.Micros(), zone.Max > c.Max.Micros())
		} else {
			c.bound(column.IntOf(zone.Min), column.IntOf(zone.Max), zone.Min < c.Min.Int(), zone.Max > c.Max.Int())
		}
	}
}

// addRows is add for some rows of a column.
func (c *counter) addRows(col column.Column, rows column.Bits) {
	for row := range col.Len() {
		if !rows.Has(row) {
			continue
		}
		v := col.Value(row)
		switch v.Kind() {
		case column.Null:
			c.Nulls++
			continue
		case column.String:
			if c.texts == nil {
				c.texts = map[string]int{}
			}
			if _, known := c.texts[v.Text()]; known || len(c.texts) <= MaxDistinct {
				c.texts[v.Text()]++
			}
		case column.Bool:
			c.bools[v.Int()]++
		case column.Float:
			v = column.FloatOf(v.Float() + 0) // makes a negative zero plain
			c.bound(v, v, v.Float() < c.Min.Float(), v.Float() > c.Max.Float())
		case column.Time:
			c.bound(v, v, v.Micros() < c.Min.Micros(), v.Micros() > c.Max.Micros())
		case column.Int:
			c.bound(v, v, v.Int() < c.Min.Int(), v.Int() > c.Max.Int())
		}
		c.Values++
	}
}

// bound widens the bounds to least or most where these are beyond them.
func (c *counter) bound(least, most column.Value, lower, higher bool) {
	if lower || c.Min.IsNull() {
		c.Min = least
	}
	if higher || c.Max.IsNull() {
		c.Max = most
	}
}

func (c *counter) addFloats(col *column.Floats) {
	least, most := math.Inf(1), math.Inf(-1)
	for i, v := range col.Values {
		if !col.Nulls.Has(i) {
			least, most = min(least, v), max(most, v)
		}
	}
	if least <= most { // + 0 makes a negative zero plain
		c.bound(column.FloatOf(least+0), column.FloatOf(most+0), least < c.Min.Float(), most > c.Max.Float())
	}
}

func (c *counter) addCodes(col *column.Codes) {
	if c.codes == nil {
		c.codes = map[*column.Dictionary][]int{}
	}
	counts := c.codes[col.Dict]
	for _, code := range col.Codes {
		if int(code) >= len(counts) {
			counts = append(counts, make([]int, max(col.Dict.Len()+1, int(code)+1)-len(counts))...)
		}
		counts[code]++
	}
	c.codes[col.Dict] = counts
}

func (c *counter) addTexts(col *column.Texts) {
	if c.texts == nil {
		c.texts = map[string]int{}
	}
	for row := range col.Len() {
		if len(c.texts) > MaxDistinct {
			return // too many already, whatever follows
		}
		if v := col.Value(row); !v.IsNull() {
			c.texts[v.Text()]++
		}
	}
}

func (c *counter) summary() Summary {
	s := c.Summary
	if c.codes != nil || c.texts != nil {
		s.Distinct, s.Common = c.commonTexts()
		return s
	}
	for i, n := range c.bools {
		if n > 0 {
			s.Distinct++
			s.Common = append(s.Common, Common{column.BoolOf(i == 1), n})
		}
	}
	slices.SortStableFunc(s.Common, func(a, b Common) int { return cmp.Compare(b.Count, a.Count) })
	return s
}

// commonTexts returns the number of distinct texts and the most common of them.
func (c *counter) commonTexts() (distinct int, common []Common) {
	if c.texts == nil {
		c.texts = map[string]int{}
	}
	for dict, counts := range c.codes {
		texts := dict.Texts()
		for code := 1; code < len(counts) && len(c.texts) <= MaxDistinct; code++ {
			if counts[code] > 0 {
				c.texts[texts[code]] += counts[code]
			}
		}
	}
	if len(c.texts) > MaxDistinct {
		return 0, nil
	}
	all := make([]Common, 0, len(c.texts))
	for text, n := range c.texts {
		// The text is in the store's memory; what is told may be kept for long.
		all = append(all, Common{column.StringOf(strings.Clone(text)), n})
	}
	slices.SortFunc(all, func(a, b Common) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value.Text(), b.Value.Text()))
	})
	return len(all), slices.Clip(all[:min(len(all), MaxCommon)])
}
