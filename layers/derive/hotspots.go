package derive

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/hexgrid"
	"hutong/layers/spatialstat"
)

// Bounds of a [HotSpec].
const (
	// MinHotCells is how few cells have no hot spots: the normal distribution fits no fewer.
	MinHotCells = 30
	// MaxRings is the largest k of the neighbours, MaxGrow by how many rings a study area grows at most.
	MaxRings = 3
	MaxGrow  = 20
	// MaxWindow is the most steps of a window: those of the window before it are kept, too, for the backtest.
	MaxWindow = MaxSteps / 2
	// maxEmerging is the most cells times steps that are classified: 16 bytes each while that goes on.
	maxEmerging = 4 << 20
)

// DefaultLevel is the false discovery rate of [HotSpec.Level] unless it says.
const DefaultLevel = 0.05

// HotSpec says how hot spots are computed; docs/formats/hotspots.md has what it means.
type HotSpec struct {
	// Rings is k: cells up to so many steps away are neighbours, 1 to MaxRings; 0 means 1.
	Rings int
	// Grow is by how many rings the study area grows, at most MaxGrow.
	Grow int
	// Window is of how many steps counts are added up, of a cube with time at most MaxWindow and half of what the cube
	// keeps; without time it has no meaning.
	Window int
	// Until, unless it is zero, is when the clock stops: the window ends with the step that it is in.
	Until time.Time
	// Level is the false discovery rate of the field significant, above 0 and below 1; 0 means DefaultLevel.
	Level float64
	// Uncorrected takes the bins' levels for each cell by itself, and not as false discovery rates.
	Uncorrected bool
	// Rate says that the values are rates: counts over what [HotInput.Base] says.
	Rate bool
	// Moran adds the local I and its quadrant, Emerging the class of emerging hot spots.
	Moran, Emerging bool
}

func (s HotSpec) withDefaults() HotSpec {
	s.Rings, s.Level = cmp.Or(s.Rings, 1), cmp.Or(s.Level, DefaultLevel)
	return s
}

// validate says what is wrong with s for a cube, or nil.
func (s HotSpec) validate(c *Cube) error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if s.Rings < 1 || s.Rings > MaxRings {
		fail("neighbours within %d rings: want 1 to %d", s.Rings, MaxRings)
	}
	if s.Grow < 0 || s.Grow > MaxGrow {
		fail("a study area grown by %d rings: want 0 to %d", s.Grow, MaxGrow)
	}
	if !(s.Level > 0 && s.Level < 1) {
		fail("a false discovery rate of %v: want more than 0 and less than 1", s.Level)
	}
	timed := c.spec.Time != ""
	switch {
	case timed && (s.Window < 1 || s.Window > MaxWindow):
		fail("a window of %d steps: want 1 to %d", s.Window, MaxWindow)
	case timed && 2*s.Window > c.spec.Keep:
		fail("a window of %d steps of %d that are kept: want twice as many", s.Window, c.spec.Keep)
	case timed && s.Emerging && s.Window < spatialstat.EmergingSteps:
		fail("emerging hot spots of %d steps: want %d at least", s.Window, spatialstat.EmergingSteps)
	case !timed && s.Emerging:
		fail("emerging hot spots of counts without time")
	}
	return errors.Join(errs...)
}

// HotSpots computes a layer of hot spots from the counts of another, anew each time. It remembers the study area and
// what it said last. It belongs to one goroutine.
type HotSpots struct {
	cube   *Cube
	spec   HotSpec
	schema *layers.Schema
	fields hotFields

	hull     hull
	boundary struct { // of which the cells are known
		seq   layers.Seq
		known bool
		cells []hexgrid.Cell
		err   error
	}
	core     []hexgrid.Cell // of which area is made
	area     *area
	based    []bool // which cells of area have a base
	rated    *area  // those
	emerging emerging

	said, before hotState // what the layer says, and what it said
}

// hotState is what a layer says.
type hotState struct {
	cells  []hexgrid.Cell // ascending
	rows   []hotRow
	shapes []orb.Geometry
}

// NewHotSpots returns the hot spots of what cube counts, as a layer called name. The error lists all that is wrong
// with spec.
func NewHotSpots(name layers.Name, cube *Cube, spec HotSpec) (*HotSpots, error) {
	spec = spec.withDefaults()
	if err := spec.validate(cube); err != nil {
		return nil, fmt.Errorf("derive: hot spots %s: %w", name, err)
	}
	h := &HotSpots{cube: cube, spec: spec}
	h.schema, h.fields = hotSchema(name, spec)
	return h, nil
}

// Schema returns the schema of the layer. Read only.
func (h *HotSpots) Schema() *layers.Schema { return h.schema }

// HotInput is what hot spots are computed from.
type HotInput struct {
	// Source is a state of the layer that the cube counts.
	Source *layers.Snapshot
	// Boundary is a state of a layer whose polygons are the study area; nil takes the hull of the cells that count
	// something in the window.
	Boundary layers.Reader
	// Base returns what the count of a cell is divided by, for [HotSpec.Rate]; cells where that is not above 0 have no
	// rate and are in no n.
	Base func(cell hexgrid.Cell) float64
	// Now is the time, by the cube's clock.
	Now time.Time
}

// Step returns the step that is under way at a time, the last one of the window. Hot spots of one state change when
// it does.
func (h *HotSpots) Step(now time.Time) Step {
	if !h.spec.Until.IsZero() && h.spec.Until.Before(now) {
		now = h.spec.Until
	}
	return h.cube.StepOf(now)
}

// Compute returns the changes that make the layer what it is to be now, only those of cells that change visibly, and
// how it was computed. The next call goes on from there, unless [HotSpots.Undo] says that the layer did not take them. Where there can be no hot spots the
// layer becomes empty, and the analysis says why. Its cost is O(cells + links); a study area that differs from the
// last one takes some 3 µs a cell more, and each cell that is new another one.
func (h *HotSpots) Compute(in HotInput) ([]layers.Change, *Analysis) {
	a := h.analysis(&in)
	last := h.Step(in.Now)
	cells, rows, err := h.compute(&in, last, a)
	if err != nil {
		a.Reason, cells, rows = reasonOf(err), nil, nil
	}
	return h.become(cells, rows), a
}

// Undo says that the layer did not take the last changes.
func (h *HotSpots) Undo() { h.said = h.before }

// reasonOf returns an error for the readers of the catalogue.
func reasonOf(err error) string {
	if errors.Is(err, ErrArea) || errors.Is(err, errFew) {
		return err.Error()
	}
	return "the statistics could not be computed: " + err.Error()
}

// errFew says that there are too few cells.
var errFew = fmt.Errorf("derive: fewer than %d cells", MinHotCells)

// compute returns the rows of the layer by cell.
func (h *HotSpots) compute(in *HotInput, last Step, a *Analysis) ([]hexgrid.Cell, []hotRow, error) {
	first := last
	if h.cube.time >= 0 {
		first = last - Step(h.spec.Window) + 1
	}
	counts := h.counts(in.Source, last)
	occupied, total := window(counts, first, last)
	area, err := h.areaOf(in, occupied)
	if err != nil {
		return nil, nil, err
	}
	base, area, err := h.rate(in, area)
	if err != nil {
		return nil, nil, err
	}
	if n := len(area.cells); n < MinHotCells {
		return nil, nil, fmt.Errorf("%w: the study area has %d", errFew, n)
	}
	c := computation{spec: h.spec, cube: h.cube, counts: counts, area: area, base: base, first: first, last: last}
	a.Cells, a.Counted = len(area.cells), total
	rows, err := c.rows(&h.emerging, a)
	return area.cells, rows, err
}

// counts returns the counts of a snapshot that know two windows up to the step last.
func (h *HotSpots) counts(s *layers.Snapshot, last Step) *Counts {
	from := Step(0)
	if h.cube.time >= 0 {
		from = last - Step(2*h.spec.Window) + 1
	}
	counts, ok := h.cube.Of(s)
	if !ok || counts.Floor() > from { // as when the clock went back, or stands
		return h.cube.Count(s, from)
	}
	return counts
}

// window returns the cells that count something from first to last, ascending, and how much all together.
func window(c *Counts, first, last Step) (cells []hexgrid.Cell, total int) {
	c.Each(first, last, func(cell hexgrid.Cell, steps []StepCount) {
		cells = append(cells, cell)
		for _, s := range steps {
			total += int(s.Count)
		}
	})
	slices.Sort(cells)
	return cells, total
}

// areaOf returns the study area, the last one if it is the same.
func (h *HotSpots) areaOf(in *HotInput, occupied []hexgrid.Cell) (*area, error) {
	core, err := h.coreOf(in, occupied)
	if err != nil {
		return nil, err
	}
	if h.area != nil && slices.Equal(core, h.core) {
		return h.area, nil
	}
	h.core, h.area, h.rated = core, nil, nil
	h.area, err = newArea(core, h.spec.Grow, h.spec.Rings)
	return h.area, err
}

// coreOf returns the study area before it grows.
func (h *HotSpots) coreOf(in *HotInput, occupied []hexgrid.Cell) ([]hexgrid.Cell, error) {
	if in.Boundary == nil {
		if len(occupied) == 0 {
			return nil, fmt.Errorf("%w: nothing is counted in the window", ErrArea)
		}
		return h.hull.fill(occupied)
	}
	b := &h.boundary
	if seq := in.Boundary.Seq(); !b.known || b.seq != seq {
		b.seq, b.known = seq, true
		b.cells, b.err = polygonCells(in.Boundary, h.cube.spec.Resolution)
		if b.err == nil && len(b.cells) == 0 {
			b.err = fmt.Errorf("%w: no polygon of the boundary has the middle of a cell of resolution %d", ErrArea, h.cube.spec.Resolution)
		}
	}
	return b.cells, b.err
}

// rate returns what counts are divided by, and the area of the cells that have it; nil and the whole area without a
// rate.
func (h *HotSpots) rate(in *HotInput, whole *area) ([]float64, *area, error) {
	if !h.spec.Rate {
		return nil, whole, nil
	}
	keep, all := make([]bool, len(whole.cells)), make([]float64, len(whole.cells))
	for i, c := range whole.cells {
		v := in.Base(c)
		if keep[i] = v > 0 && !math.IsInf(v, 0); keep[i] {
			all[i] = v
		}
	}
	if h.rated == nil || !slices.Equal(keep, h.based) {
		rated, err := whole.kept(keep)
		if err != nil {
			return nil, nil, err
		}
		h.based, h.rated = keep, rated
	}
	return slices.DeleteFunc(all, func(v float64) bool { return v == 0 }), h.rated, nil
}
