package tiles

import (
	"hutong/layers/column"
)

// A tile of a view that selects has a few rows each of many blocks. A block, its column, and the value of
// a row are then one miss of the caches after the other, and a loop that does something with each row has
// room for few of them at once. So these are read ahead for a group of runs at a time by loops that do
// nothing else, in which a processor has a dozen misses under way. That nearly halves what such a tile takes.
const (
	// touchRuns is how many runs are read ahead: their rows stay in the first cache.
	touchRuns = 64
	// touchRows is up to how many rows a run has on average for that to pay.
	touchRows = 16
)

// sparse reports whether the rows of the tile are few of many blocks.
func (s *selection) sparse() bool { return s.n <= touchRows*len(s.runs) }

// touched returns the runs from position i on that are to be read ahead before run i is: none but at the
// start of a group of a sparse selection.
func (s *selection) touched(i int) []run {
	if i%touchRuns != 0 || !s.sparse() {
		return nil
	}
	return s.runs[i:min(i+touchRuns, len(s.runs))]
}

// touchColumn reads what rows of runs have in one column. It returns a sum, so that it is not optimised away.
func touchColumn(runs []run, field int) (sum int) {
	var room [touchRuns]column.Column
	columns := room[:len(runs)]
	for i := range runs {
		columns[i] = runs[i].block.Column(field)
	}
	for _, c := range columns {
		switch c := c.(type) {
		case *column.Codes:
			sum += len(c.Codes)
		case *column.Shorts:
			sum += len(c.Offsets)
		case *column.Ints:
			sum += len(c.Values)
		case *column.Floats:
			sum += len(c.Values)
		case *column.Texts:
			sum += len(c.Offsets)
		}
	}
	for i, c := range columns {
		rows := runs[i].rows
		switch c := c.(type) {
		case *column.Codes:
			for _, row := range rows {
				sum += int(c.Codes[row])
			}
		case *column.Shorts:
			for _, row := range rows {
				sum += int(c.Offsets[row])
			}
		case *column.Ints:
			for _, row := range rows {
				sum += int(c.Values[row])
			}
		case *column.Floats:
			for _, row := range rows {
				sum += int(c.Values[row])
			}
		case *column.Texts:
			for _, row := range rows {
				sum += int(c.Offsets[row])
			}
		}
	}
	return sum
}

// touchPlaces reads the numbers and places of rows of runs.
func touchPlaces(runs []run) (sum int) {
	type place struct {
		numbers []uint64
		xs, ys  []uint32
	}
	var places [touchRuns]place
	for i := range runs {
		b := runs[i].block
		places[i] = place{b.Numbers(), b.X(), b.Y()}
	}
	for i := range runs {
		p := &places[i]
		for _, row := range runs[i].rows {
			sum += int(p.numbers[row])
			if int(row) < len(p.xs) {
				sum += int(p.xs[row]) + int(p.ys[row])
			}
		}
	}
	return sum
}
