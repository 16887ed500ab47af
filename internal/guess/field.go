package guess

import (
	"slices"
	"strings"
	"unicode/utf8"

	"hutong/layers/column"
)

// Bounds of what is kept of a field.
const (
	maxExamples = 3
	maxExample  = 60 // bytes
)

// Field is what a look found of one column or property.
type Field struct {
	// Name is its name in the file.
	Name string `json:"name"`
	// Type is the narrowest type that takes every value; "" when there is no value, or objects or
	// arrays, which Nested counts.
	Type string `json:"type,omitempty"`
	// Layouts are how times are written, as a config spells them; none means RFC 3339.
	Layouts []string `json:"layouts,omitempty"`
	// Nulls counts records without a value: absent, null, empty, or a marker such as NA. Markers are
	// those that were seen.
	Nulls   int      `json:"nulls"`
	Markers []string `json:"markers,omitempty"`
	Nested  int      `json:"nested,omitempty"`
	// NotUTF8 counts texts in another encoding. Nothing else is known of them: a source that reads the
	// field refuses their records.
	NotUTF8 int `json:"not_utf8,omitempty"`
	// Distinct estimates the number of different values, to about 2 %. Unique is exact: every record has
	// a value, one in another encoding included, and no two have the same.
	Distinct int  `json:"distinct"`
	Unique   bool `json:"unique,omitempty"`
	// Min and Max are the bounds of numbers, of texts in the order of their bytes, and of times that are
	// written with the year first.
	Min string `json:"min,omitempty"`
	Max string `json:"max,omitempty"`
	// MaxBytes is the length of the longest value.
	MaxBytes int `json:"max_bytes"`
	// Examples are the first different values, shortened.
	Examples []string `json:"examples,omitempty"`
	// Repeated is set when several columns have the name; only the first is looked at.
	Repeated bool `json:"repeated,omitempty"`
	// WKT and Pair are set when every value is well-known text, or a pair "(latitude, longitude)".
	WKT  bool `json:"wkt,omitempty"`
	Pair bool `json:"lat_lon_pair,omitempty"`

	values  int // neither null nor nested, and UTF-8
	records int
	unique  map[uint64]struct{} // the hashes so far; nil once one came again
	sketch  sketch
	kinds   kinds
	numbers bounds
}

// bounds are the extremes of a field's numbers.
type bounds struct {
	seen     int
	min, max float64
	texts    [2]string // as they are written
}

func newField(name string) *Field {
	return &Field{Name: name, unique: map[uint64]struct{}{}, kinds: newKinds()}
}

// cell is one value as it stands in a record.
type cell struct {
	text   string
	quoted bool // a JSON text, which stays one even when it looks like a number
	nested bool
}

// add takes a value that is not null in its format.
func (f *Field) add(c cell) {
	if c.nested {
		f.Nested++
		f.unique = nil
		return
	}
	if !utf8.ValidString(c.text) {
		f.NotUTF8++
		return
	}
	text := strings.TrimSpace(c.text)
	if text == "" {
		return
	}
	if isMarker(text) {
		f.marker(text)
		return
	}
	f.values++
	hash := hashOf(c.text)
	f.sketch.add(hash)
	if f.unique != nil {
		if _, again := f.unique[hash]; again {
			f.unique = nil
		} else {
			f.unique[hash] = struct{}{}
		}
	}
	f.MaxBytes = max(f.MaxBytes, len(c.text))
	if len(f.Examples) < maxExamples {
		f.example(text)
	}
	f.extremes(text)
	f.kinds.add(text, c.quoted)
}

// marker counts a text that stands for null.
func (f *Field) marker(text string) {
	if !slices.Contains(f.Markers, text) {
		f.Markers = append(f.Markers, text)
	}
}

// example keeps a value unless it was kept.
func (f *Field) example(text string) {
	if text = shorten(text); !slices.Contains(f.Examples, text) {
		f.Examples = append(f.Examples, text)
	}
}

// extremes widens the bounds by a value.
func (f *Field) extremes(text string) {
	if v, ok := number(text); ok {
		n := &f.numbers
		if n.seen == 0 || v < n.min {
			n.min, n.texts[0] = v, text
		}
		if n.seen == 0 || v > n.max {
			n.max, n.texts[1] = v, text
		}
		n.seen++
	}
	if short := shorten(text); f.values == 1 || short < f.Min {
		f.Min = short
	}
	if short := shorten(text); f.values == 1 || short > f.Max {
		f.Max = short
	}
}

// finish draws the conclusions from all values of a number of records.
func (f *Field) finish(records int) {
	f.records = records
	f.Nulls = max(records-f.values-f.Nested-f.NotUTF8, 0) // a member that stands twice in a feature counts twice
	f.Distinct = min(f.sketch.estimate(), f.values, records)
	if f.unique != nil {
		f.Distinct = min(f.values, records)
	}
	f.Unique = f.unique != nil && f.values+f.NotUTF8 == records && f.values > 0
	f.unique = nil
	if f.values > 0 && f.Nested == 0 {
		var kind column.Kind
		kind, f.Layouts = f.kinds.conclude(f.Name, &f.numbers)
		f.Type = kind.String()
		f.WKT, f.Pair = f.kinds.wkt, f.kinds.pair
	}
	switch {
	case f.isNumber() && f.numbers.seen == f.values:
		f.Min, f.Max = f.numbers.texts[0], f.numbers.texts[1]
	case f.Type == column.Time.String() && !f.sortable():
		f.Min, f.Max = "", ""
	}
}

// sortable reports whether times in the order of their bytes are in order.
func (f *Field) sortable() bool {
	return len(f.Layouts) == 0 || len(f.Layouts) == 1 && strings.HasPrefix(f.Layouts[0], "2006")
}

func (f *Field) isNumber() bool {
	return f.Type == column.Int.String() || f.Type == column.Float.String()
}

// MostlyUnique reports whether most values are different: such a field fills tiles and is worth
// little at low zooms (design §3).
func (f *Field) MostlyUnique() bool {
	const few = 20 // values from which that says anything
	return f.values >= few && f.Distinct*2 > f.values
}

// markers are texts that stand for no value in files of cities.
var markers = []string{"<null>", "null", "na", "n/a", "nan", "none", `\n`, "#n/a"}

func isMarker(text string) bool {
	const longest = 6
	if len(text) > longest {
		return false
	}
	for _, m := range markers {
		if strings.EqualFold(text, m) {
			return true
		}
	}
	return false
}

// shorten cuts a text to a length that people read, into valid UTF-8.
func shorten(s string) string {
	if len(s) <= maxExample {
		return strings.ToValidUTF8(s, "�")
	}
	cut := maxExample
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return strings.ToValidUTF8(s[:cut], "�") + "…"
}
