// Package derive computes layers from layers: how many features there are in each cell of H3, and what they sum
// up to (docs/formats/hexgrid.md says what a cell holds).
//
// An [Index] is a [layers.Deriver]: it runs inside the layer's commits, and what it makes, a [Cells], hangs on
// each snapshot and never changes (S2). Cells form a tree as H3 has it: a feature is looked up once, at the
// finest level, and counts in the ancestors of that cell. A batch copies the nodes on the way to the cells that
// it changes, each once, and brings every cell on the way up to date: sums are exact, and a maximum that went is
// looked for among the children, so a cell depends on the features that are there and on no history (S5, S8).
//
// [Index.Hexes] and [Index.Clusters] are the cells of one level as a [layers.Reader]: polygons, or a point each,
// made when somebody looks.
package derive

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/hexgrid"
)

// Limits of a [Spec].
const (
	// MaxCategories is the most values of all [Spec.Counts] together.
	MaxCategories = 64
	// MaxNumbers is the most fields of [Spec.Numbers].
	MaxNumbers = 16
)

// Spec says what an index keeps of each cell, beside the number of its features and their mean place. None of
// the fields may be private.
type Spec struct {
	// Min and Max are the coarsest and the finest level, 4 and 11 by default; Max is 1 at least.
	Min, Max hexgrid.Resolution
	// Counts are fields whose values are counted.
	Counts []CountField
	// Numbers are fields of kind int or float that are summed up.
	Numbers []string
	// Time is a field of kind time of which the newest is kept; "" keeps none.
	Time string
}

// The levels of a Spec that says neither.
const (
	DefaultMin hexgrid.Resolution = 4
	DefaultMax hexgrid.Resolution = 11
)

// CountField is a field whose values are counted.
type CountField struct {
	// Field is of kind string, int or bool.
	Field string
	// Values are the values counted each by itself, as text: an int in decimal digits, a bool as true or
	// false. Any other value counts as other, null as none.
	Values []string
}

func (s Spec) withDefaults() Spec {
	if s.Min == 0 && s.Max == 0 {
		s.Min, s.Max = DefaultMin, DefaultMax
	}
	return s
}

// Index keeps the aggregates of a layer's cells. All methods may be called from any goroutine.
type Index struct {
	source   *layers.Schema
	spec     Spec
	layout   layout
	outlines *outlines
	share    int       // edits of a batch that are worth a goroutine
	batches  sync.Pool // of *batch
}

// defaultShare takes about a tenth of a millisecond.
const defaultShare = 128

var _ layers.Deriver = (*Index)(nil)

// NewIndex returns an index for a layer with a schema, which it keeps. The error lists all that is wrong with
// spec.
func NewIndex(schema *layers.Schema, spec Spec) (*Index, error) {
	ix := &Index{source: schema, spec: spec.withDefaults(), outlines: newOutlines(), share: defaultShare}
	c := checker{schema: schema}
	ix.layout = c.layout(ix.spec)
	if len(c.errs) == 0 {
		c.names(ix.HexSchema(schema.Name))
		c.names(ix.ClusterSchema(schema.Name))
	}
	if len(c.errs) > 0 {
		return nil, fmt.Errorf("derive: cells of %s: %w", schema.Name, errors.Join(c.errs...))
	}
	return ix, nil
}

// Spec returns what the index keeps, defaults filled in. Its slices are shared: read only.
func (ix *Index) Spec() Spec { return ix.spec }

// Of returns what the index made of s; ok is false when it is none of the derivers of the layer.
func (ix *Index) Of(s *layers.Snapshot) (cells *Cells, ok bool) {
	for d := range s.AllDerived() {
		if cells, ok = d.(*Cells); ok && cells.index == ix {
			return cells, true
		}
	}
	return nil, false
}

// checker collects what is wrong with a spec.
type checker struct {
	schema *layers.Schema
	errs   []error
}

func (c *checker) fail(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

// field returns the position of a public field of one of kinds.
func (c *checker) field(name string, kinds ...column.Kind) int {
	i := c.schema.FieldIndex(name)
	if i < 0 {
		c.fail("there is no field %q", name)
		return 0
	}
	f := &c.schema.Fields[i]
	if f.Private {
		c.fail("field %q is private: cells are public", name)
	}
	if slices.Contains(kinds, f.Kind) {
		return i
	}
	names := make([]string, len(kinds))
	for k := range kinds {
		names[k] = kinds[k].String()
	}
	c.fail("field %q is of type %s: want %s", name, f.Kind, strings.Join(names, " or "))
	return i
}

func (c *checker) layout(s Spec) layout {
	if s.Max > hexgrid.MaxResolution || s.Max < 1 || s.Min > s.Max {
		c.fail("levels %d to %d: want the coarsest first, and the finest 1 to %d", s.Min, s.Max, hexgrid.MaxResolution)
	}
	if len(s.Numbers) > MaxNumbers {
		c.fail("%d fields of numbers are more than %d", len(s.Numbers), MaxNumbers)
	}
	l := layout{time: -1}
	if s.Time != "" {
		l.time = c.field(s.Time, column.Time)
	}
	for _, name := range s.Numbers {
		i := c.field(name, column.Int, column.Float)
		l.numbers = append(l.numbers, numberField{field: i, float: i < len(c.schema.Fields) && c.schema.Fields[i].Kind == column.Float})
	}
	for _, f := range s.Counts {
		l.counts = append(l.counts, c.countField(f))
	}
	l.place()
	if n := l.categories - len(l.counts); n > MaxCategories {
		c.fail("%d values are counted, more than %d", n, MaxCategories)
	}
	return l
}

func (c *checker) countField(f CountField) countField {
	out := countField{field: c.field(f.Field, column.String, column.Int, column.Bool), codes: map[column.Value]int{}}
	if out.field >= len(c.schema.Fields) {
		return out
	}
	if len(f.Values) == 0 {
		c.fail("field %q is counted without a value: say which ones", f.Field)
	}
	for i, text := range f.Values {
		v, ok := parseValue(c.schema.Fields[out.field].Kind, text)
		if !ok {
			c.fail("field %q: %q is no value of type %s", f.Field, text, c.schema.Fields[out.field].Kind)
			continue
		}
		if _, twice := out.codes[v]; twice {
			c.fail("field %q: %q stands twice", f.Field, text)
		}
		out.codes[v] = i
	}
	out.values = len(f.Values)
	return out
}

// parseValue returns a value that is counted.
func parseValue(kind column.Kind, text string) (column.Value, bool) {
	switch kind {
	case column.Int:
		n, err := strconv.ParseInt(text, 10, 64)
		return column.IntOf(n), err == nil && strconv.FormatInt(n, 10) == text
	case column.Bool:
		return column.BoolOf(text == "true"), text == "true" || text == "false"
	default:
		return column.StringOf(text), true
	}
}

// names looks for names that a schema of cells has twice.
func (c *checker) names(s *layers.Schema) {
	if err := s.Validate(); err != nil {
		c.fail("the names of fields and values make names of cells: %w", err)
	}
}
