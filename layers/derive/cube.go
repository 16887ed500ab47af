package derive

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/hexgrid"
	"hutong/layers/world"
)

// MaxSteps is the most steps of time that a cube keeps.
const MaxSteps = 128

// Bounds of the length of a step.
const (
	MinStep = time.Minute
	MaxStep = 366 * 24 * time.Hour
)

// CubeSpec says what a [Cube] counts.
type CubeSpec struct {
	// Resolution is that of the cells, at most Finest.
	Resolution hexgrid.Resolution
	// Finest is the resolution at which places are looked up; the cells are the ancestors of those. Where the layer
	// has an [Index] it is its finest level, so that both count a feature in the same cell.
	Finest hexgrid.Resolution
	// Filter selects the features that count, by their positions in the layer's schema; nil selects all.
	Filter layers.Selector
	// Time is the field that says in which step a feature counts; "" counts without time. Features without a
	// value count in none.
	Time string
	// Step is how long a step is, MinStep to MaxStep in whole seconds. Steps begin at multiples of it since Monday,
	// 5 January 1970, 00:00 UTC, so weeks begin on Mondays.
	Step time.Duration
	// Keep is how many steps are kept: those up to the one that Now is in, and all later ones. At most
	// MaxSteps.
	Keep int
	// Now is the clock; nil is time.Now.
	Now func() time.Time
}

// Cube counts a layer's features by cell and step of time. It is a deriver of the layer: it looks each place that
// changes up once. What it makes is a [Counts].
//
// Counts of a step are exact from when the step is kept until it is let go, which the clock decides, never an edit; so
// what [Counts.Each] tells depends on the features and on the steps asked for, and on no history (S5, S8).
//
// All methods may be called from any goroutine.
type Cube struct {
	spec CubeSpec
	time int // field; -1 without time
}

var _ layers.Deriver = (*Cube)(nil)

// NewCube returns a cube for a layer with a schema. The error lists all that is wrong with spec.
func NewCube(schema *layers.Schema, spec CubeSpec) (*Cube, error) {
	c := &Cube{spec: spec, time: -1}
	if c.spec.Now == nil {
		c.spec.Now = time.Now
	}
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if spec.Finest > hexgrid.MaxResolution || spec.Resolution > spec.Finest {
		fail("cells of resolution %d of places looked up at %d: want at most that, and 0 to %d", spec.Resolution, spec.Finest, hexgrid.MaxResolution)
	}
	if spec.Time != "" {
		c.time = schema.FieldIndex(spec.Time)
		switch {
		case c.time < 0:
			fail("there is no field %q", spec.Time)
		case schema.Fields[c.time].Kind != column.Time:
			fail("field %q is of type %s: want time", spec.Time, schema.Fields[c.time].Kind)
		case schema.Fields[c.time].Private:
			fail("field %q is private: counts are public", spec.Time)
		}
		if spec.Step < MinStep || spec.Step > MaxStep || spec.Step%time.Second != 0 {
			fail("steps of %v: want whole seconds, %v to %v", spec.Step, MinStep, MaxStep)
		}
		if spec.Keep < 1 || spec.Keep > MaxSteps {
			fail("%d steps kept: want 1 to %d", spec.Keep, MaxSteps)
		}
	}
	if len(errs) > 0 {
		return nil, fmt.Errorf("derive: counts of %s: %w", schema.Name, errors.Join(errs...))
	}
	return c, nil
}

// Spec returns what the cube counts.
func (c *Cube) Spec() CubeSpec { return c.spec }

// Of returns what the cube made of s; ok is false when it is none of the derivers of the layer.
func (c *Cube) Of(s *layers.Snapshot) (counts *Counts, ok bool) {
	for d := range s.AllDerived() {
		if counts, ok = d.(*Counts); ok && counts.cube == c {
			return counts, true
		}
	}
	return nil, false
}

// Step is the number of a step of time.
type Step int32

// Steps before the first and after the last one that have a number.
const (
	minStep Step = math.MinInt32 / 2
	maxStep Step = math.MaxInt32 / 2
)

// origin is when step 0 begins, in seconds since 1970.
const origin = 4 * 24 * 60 * 60

// StepOf returns the step that a time is in; 0 without time.
func (c *Cube) StepOf(t time.Time) Step { return c.stepOf(t.UnixMicro()) }

func (c *Cube) stepOf(micros int64) Step {
	if c.time < 0 {
		return 0
	}
	seconds, length := floorDiv(micros, 1e6)-origin, int64(c.spec.Step/time.Second)
	return Step(min(max(floorDiv(seconds, length), int64(minStep)), int64(maxStep)))
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// Begin returns when a step begins, in UTC.
func (c *Cube) Begin(s Step) time.Time {
	return time.Unix(origin+int64(s)*int64(c.spec.Step/time.Second), 0).UTC()
}

// Current returns the step that it is now.
func (c *Cube) Current() Step { return c.StepOf(c.spec.Now()) }

// floor returns the first step that is kept now.
func (c *Cube) floor() Step {
	if c.time < 0 {
		return 0
	}
	return max(c.Current()-Step(c.spec.Keep)+1, minStep)
}

// cubeEdit is a number of features that come to a cell in a step, or go.
type cubeEdit struct {
	cell hexgrid.Cell
	step Step
	by   int32
}

// Derive returns the counts of s. See [layers.Deriver].
func (c *Cube) Derive(from layers.Derived, list []layers.Edit, s *layers.Snapshot) layers.Derived {
	before, ok := from.(*Counts)
	if !ok || before.cube != c {
		return c.Count(s, c.floor())
	}
	floor := max(before.floor, c.floor())
	b := cubeBatch{cube: c, floor: floor}
	for i := range list {
		b.take(&list[i], s)
	}
	return before.edited(settleCube(b.edits), floor)
}

// cubeBatch turns the edits of features into edits of cells.
type cubeBatch struct {
	cube  *Cube
	floor Step
	rows  column.Bits
	edits []cubeEdit
}

// take notes an edit, unless nothing that counts changed. Both places are looked up only if they differ.
func (b *cubeBatch) take(e *layers.Edit, s *layers.Snapshot) {
	c := b.cube
	var was, is bool
	var old world.Point
	var before, after Step
	if e.Old.Block != nil && e.Old.Located() {
		old = e.Old.Block.Point(e.Old.Index)
		before, was = c.step(func(field int) column.Value { return e.Old.Block.Column(field).Value(e.Old.Index) })
		was = was && before >= b.floor && b.selects(e.Old)
	}
	if !e.Gone && e.Located {
		after, is = c.step(e.Value)
		is = is && after >= b.floor && (c.spec.Filter == nil || b.selects(e.Now(s)))
	}
	same := was && is && old == e.Place
	if same && before == after {
		return
	}
	var cell hexgrid.Cell
	if was {
		cell = c.cell(old)
		b.edits = append(b.edits, cubeEdit{cell, before, -1})
	}
	if is {
		if !same {
			cell = c.cell(e.Place)
		}
		b.edits = append(b.edits, cubeEdit{cell, after, 1})
	}
}

// selects reports whether the filter selects a row.
func (b *cubeBatch) selects(r layers.Row) bool {
	if b.cube.spec.Filter == nil {
		return true
	}
	b.rows = noRows(b.rows, r.Block.Len())
	b.rows.Set(r.Index)
	b.cube.spec.Filter.Filter(r.Block, b.rows)
	return b.rows.Has(r.Index)
}

// noRows returns an empty set of rows, in the memory of an old one if that is large enough.
func noRows(rows column.Bits, n int) column.Bits {
	if words := (n + 63) / 64; words <= cap(rows) {
		rows = rows[:words]
		clear(rows)
		return rows
	}
	return column.NewBits(n)
}

// step returns the step of a feature with these values; ok is false when it has no time.
func (c *Cube) step(value func(field int) column.Value) (s Step, ok bool) {
	if c.time < 0 {
		return 0, true
	}
	v := value(c.time)
	if v.IsNull() {
		return 0, false
	}
	return c.stepOf(v.Micros()), true
}

// cell returns the cell that a place counts in.
func (c *Cube) cell(p world.Point) hexgrid.Cell {
	lon, lat := p.LonLat()
	cell, err := hexgrid.At(lon, lat, c.spec.Finest)
	if err != nil {
		panic(err) // a place in world units has degrees that are in range
	}
	return cell.Parent(c.spec.Resolution)
}

// settleCube sorts edits by cell and step and puts those of one cell and step together.
func settleCube(list []cubeEdit) []cubeEdit {
	slices.SortFunc(list, func(a, b cubeEdit) int {
		return cmp.Or(cmp.Compare(a.cell, b.cell), cmp.Compare(a.step, b.step))
	})
	kept := list[:0]
	for _, e := range list {
		if n := len(kept); n > 0 && kept[n-1].cell == e.cell && kept[n-1].step == e.step {
			kept[n-1].by += e.by
			continue
		}
		kept = append(kept, e)
	}
	return slices.DeleteFunc(kept, func(e cubeEdit) bool { return e.by == 0 })
}
