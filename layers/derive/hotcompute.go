package derive

import (
	"math"
	"slices"

	"hutong/layers/hexgrid"
	"hutong/layers/spatialstat"
)

// computation is one reckoning of hot spots.
type computation struct {
	spec        HotSpec
	cube        *Cube
	counts      *Counts
	area        *area
	base        []float64 // by cell; nil without a rate
	first, last Step      // of the window
}

// hotRow is what the layer says of a cell, rounded.
type hotRow struct {
	bin         int8
	z, p        float64
	count       int
	neighbours  int
	significant bool
	rate        float64
	moran       float64
	quadrant    spatialstat.Quadrant
	class       spatialstat.Pattern
}

// rows returns what the layer says, by cell of the area, and adds to the analysis.
func (c *computation) rows(e *emerging, a *Analysis) ([]hotRow, error) {
	n := len(c.area.cells)
	counts := c.sum(c.first, c.last)
	values := c.values(counts)
	z, p := make([]float64, n), make([]float64, n)
	bins, err := c.hot(values, z)
	if err != nil {
		return nil, err
	}
	for i, v := range z {
		p[i] = spatialstat.TwoSidedP(v)
	}
	flags := make([]bool, n)
	if _, err := spatialstat.BenjaminiHochberg(p, c.spec.Level, flags); err != nil {
		return nil, err
	}
	var moran []spatialstat.Moran
	if c.spec.Moran {
		moran = make([]spatialstat.Moran, n)
		if err := spatialstat.LocalMoran(c.area.neighbours, values, moran); err != nil {
			return nil, err
		}
	}
	classes, err := c.classes(e, a)
	if err != nil {
		return nil, err
	}
	rows := make([]hotRow, n)
	for i := range rows {
		r := hotRow{
			bin: bins[i], z: rounded(z[i], 2), p: rounded(p[i], 4), count: int(counts[i]),
			neighbours: c.area.neighbours.Count(i), significant: flags[i],
		}
		if c.base != nil {
			r.rate = figures(values[i])
		}
		if moran != nil {
			r.moran, r.quadrant = rounded(moran[i].I, 2), moran[i].Quadrant
		}
		if classes != nil {
			r.class = classes[i]
		}
		rows[i] = r
	}
	a.add(values, counts, rows)
	return rows, c.backtest(counts, a)
}

// sum returns the counts from first to last, by cell of the area.
func (c *computation) sum(first, last Step) []float64 {
	out := make([]float64, len(c.area.cells))
	c.counts.Each(first, last, func(cell hexgrid.Cell, steps []StepCount) {
		if i, ok := c.area.index[cell]; ok {
			for _, s := range steps {
				out[i] += float64(s.Count)
			}
		}
	})
	return out
}

// values returns what statistics are of: counts, or rates.
func (c *computation) values(counts []float64) []float64 {
	if c.base == nil {
		return counts
	}
	out := make([]float64, len(counts))
	for i, v := range counts {
		out[i] = v / c.base[i]
	}
	return out
}

// hot writes Gi* and returns its bins.
func (c *computation) hot(values, z []float64) ([]int8, error) {
	if err := spatialstat.LocalG(c.area.neighbours, spatialstat.GiStar, values, z); err != nil {
		return nil, err
	}
	bins := make([]int8, len(z))
	return bins, spatialstat.Bins(z, c.correction(), bins)
}

func (c *computation) correction() spatialstat.Correction {
	if c.spec.Uncorrected {
		return spatialstat.Uncorrected
	}
	return spatialstat.FDR
}

// backtest asks what the hot cells of the window before would have said of this one.
func (c *computation) backtest(counts []float64, a *Analysis) error {
	if c.cube.time < 0 {
		return nil
	}
	length := Step(c.spec.Window)
	before := c.values(c.sum(c.first-length, c.last-length))
	bins, err := c.hot(before, make([]float64, len(before)))
	if err != nil {
		return err
	}
	found, err := spatialstat.Backtest(bins, 1, counts, nil)
	if err != nil {
		return err
	}
	hot := 0
	for _, b := range bins {
		if b >= 1 {
			hot++
		}
	}
	a.Backtest = &BacktestResult{
		From: instant(c.cube.Begin(c.first - length)), To: instant(c.cube.Begin(c.first)),
		HotCells: hot, Events: int(found.Events), Hits: int(found.Hits), HitRate: rounded(found.HitRate(), 4),
	}
	if found.Defined {
		index := rounded(found.Index, 4)
		a.Backtest.Accuracy = &index
	}
	return nil
}

// emerging is what was classified last.
type emerging struct {
	area    *area
	values  [][]float64 // by step, then cell
	classes []spatialstat.Pattern
}

// classes returns the class of each cell over the steps before the one under way, which has not all of its events
// yet; nil without classes. While neither area nor values differ they are the last ones.
func (c *computation) classes(e *emerging, a *Analysis) ([]spatialstat.Pattern, error) {
	if !c.spec.Emerging {
		return nil, nil
	}
	n, steps := len(c.area.cells), c.spec.Window
	first, last := c.last-Step(steps), c.last-1
	if n*steps > maxEmerging {
		a.note("%d cells in %d steps are more than %d together, so none has a class", n, steps, maxEmerging)
		return nil, nil
	}
	a.Emerging = &Window{From: instant(c.cube.Begin(first)), To: instant(c.cube.Begin(last + 1)), Steps: steps}
	values := matrix(steps, n)
	c.counts.Each(first, last, func(cell hexgrid.Cell, list []StepCount) {
		i, ok := c.area.index[cell]
		if !ok {
			return
		}
		for _, s := range list {
			v := float64(s.Count)
			if c.base != nil {
				v /= c.base[i]
			}
			values[s.Step-first][i] = v
		}
	})
	if e.area == c.area && slices.EqualFunc(values, e.values, slices.Equal[[]float64]) {
		return e.classes, nil
	}
	z := matrix(steps, n)
	if err := spatialstat.SpaceTime(c.area.neighbours, values, z); err != nil {
		return nil, err
	}
	bins := make([][]int8, steps)
	for t := range bins {
		bins[t] = make([]int8, n)
		if err := spatialstat.Bins(z[t], c.correction(), bins[t]); err != nil {
			return nil, err
		}
	}
	classes := make([]spatialstat.Pattern, n)
	if err := spatialstat.EmergingHotSpots(z, bins, classes); err != nil {
		return nil, err
	}
	*e = emerging{c.area, values, classes}
	return classes, nil
}

func matrix(rows, columns int) [][]float64 {
	all := make([]float64, rows*columns)
	out := make([][]float64, rows)
	for i := range out {
		out[i] = all[i*columns : (i+1)*columns]
	}
	return out
}

// rounded returns v with so many decimals, 0 without a sign.
func rounded(v float64, decimals int) float64 {
	scale := math.Pow10(decimals)
	return math.Round(v*scale)/scale + 0
}

// figures returns v with four significant digits.
func figures(v float64) float64 {
	if v == 0 {
		return 0
	}
	return rounded(v, 3-int(math.Floor(math.Log10(math.Abs(v)))))
}
