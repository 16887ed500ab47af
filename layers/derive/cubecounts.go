package derive

import (
	"cmp"
	"math/bits"
	"slices"

	"hutong/layers"
	"hutong/layers/hexgrid"
)

// How counts are kept: cells lie in buckets by a hash, buckets in chunks, and a batch copies the bucket and the chunk
// of each cell that it changes, and the list of chunks. So a change costs a few hundred bytes, however many cells there are.
const (
	chunkBuckets = 32 // buckets of a chunk
	fullBucket   = 16 // cells of a bucket, on average, at which there are twice as many buckets
	sparseBucket = 4  // … half as many
)

// Counts are how many features count in each cell and step of one snapshot. They never change (S2); all methods
// may be called from any goroutine.
type Counts struct {
	cube   *Cube
	floor  Step // steps before it are not known
	chunks []*cubeChunk
	cells  int // with a step of any age
	steps  int // of all cells
	edits  uint64
	sweep  int // the chunk that is looked over next for steps that are too old
	left   int // chunks that were not since floor moved
}

var _ layers.Derived = (*Counts)(nil)

type cubeChunk struct {
	edit    uint64 // in which it was made
	buckets [chunkBuckets][]cubeCell
}

// cubeCell is what a cell has. The slice is never written to.
type cubeCell struct {
	cell  hexgrid.Cell
	steps []StepCount // ascending
}

// StepCount is how many features of a cell count in a step.
type StepCount struct {
	Step  Step
	Count uint32
}

// Bytes returns the heap that c takes, parts shared with other states included.
func (c *Counts) Bytes() int { return 48*c.cells + 8*c.steps + (24*chunkBuckets+16)*len(c.chunks) }

// Floor returns the first step whose counts are known.
func (c *Counts) Floor() Step { return c.floor }

// Each calls fn with every cell that counts features in the steps from first to last, in no stated order, and with
// these steps, ascending, which it must not write to. Steps before [Counts.Floor] are not known, and absent.
func (c *Counts) Each(first, last Step, fn func(cell hexgrid.Cell, steps []StepCount)) {
	first = max(first, c.floor)
	for _, chunk := range c.chunks {
		for _, bucket := range chunk.buckets {
			for i := range bucket {
				if steps := between(bucket[i].steps, first, last); len(steps) > 0 {
					fn(bucket[i].cell, steps)
				}
			}
		}
	}
}

// between returns the steps from first to last.
func between(steps []StepCount, first, last Step) []StepCount {
	from := 0
	for from < len(steps) && steps[from].Step < first {
		from++
	}
	to := len(steps)
	for to > from && steps[to-1].Step > last {
		to--
	}
	return steps[from:to]
}

// place returns the bucket of a cell.
func (c *Counts) place(cell hexgrid.Cell) (chunk, bucket int) {
	h := uint64(cell) * 0x9E3779B97F4A7C15 // Fibonacci hashing
	h ^= h >> 32
	h *= 0xBF58476D1CE4E5B9
	at := int(h >> (64 - bits.Len(uint(len(c.chunks)*chunkBuckets-1)))) //nolint:gosec // fewer than 2³² buckets
	return at / chunkBuckets, at % chunkBuckets
}

// edited returns c after edits, which are sorted, each cell and step once, with the steps from floor on.
func (c *Counts) edited(list []cubeEdit, floor Step) *Counts {
	if len(list) == 0 && floor == c.floor {
		return c
	}
	next := *c
	if next.edits++; floor != c.floor {
		next.floor, next.left = floor, len(c.chunks)
	}
	next.chunks = slices.Clone(c.chunks)
	for len(list) > 0 {
		n := 1
		for n < len(list) && list[n].cell == list[0].cell {
			n++
		}
		next.change(list[:n])
		list = list[n:]
	}
	if next.left > 0 {
		next.left--
		next.sweepOne()
	}
	switch buckets := len(next.chunks) * chunkBuckets; {
	case next.cells > fullBucket*buckets:
		next.rehash(2 * len(next.chunks))
	case next.cells < sparseBucket*buckets && len(next.chunks) > 1:
		next.rehash(len(next.chunks) / 2)
	}
	return &next
}

// own returns a chunk that may be written to.
func (c *Counts) own(at int) *cubeChunk {
	if chunk := c.chunks[at]; chunk.edit == c.edits {
		return chunk
	}
	chunk := *c.chunks[at]
	chunk.edit = c.edits
	c.chunks[at] = &chunk
	return &chunk
}

// change applies the edits of one cell.
func (c *Counts) change(list []cubeEdit) {
	cell := list[0].cell
	at, b := c.place(cell)
	chunk := c.own(at)
	old := chunk.buckets[b]
	i, found := slices.BinarySearchFunc(old, cell, func(e cubeCell, cell hexgrid.Cell) int { return cmp.Compare(e.cell, cell) })
	var was []StepCount
	after := i
	if found {
		was, after = old[i].steps, i+1
	}
	now := merge(was, list, c.floor)
	c.steps += len(now) - len(was)
	bucket := make([]cubeCell, 0, len(old)+1)
	bucket = append(bucket, old[:i]...)
	if len(now) > 0 {
		bucket = append(bucket, cubeCell{cell, now})
	}
	bucket = append(bucket, old[after:]...)
	c.cells += len(bucket) - len(old)
	chunk.buckets[b] = bucket
}

// merge returns steps after edits, without those before floor and those that count nothing.
func merge(steps []StepCount, list []cubeEdit, floor Step) []StepCount {
	out := make([]StepCount, 0, len(steps)+len(list))
	for len(steps) > 0 || len(list) > 0 {
		var now StepCount
		switch {
		case len(list) == 0 || len(steps) > 0 && steps[0].Step < list[0].step:
			now, steps = steps[0], steps[1:]
		case len(steps) == 0 || list[0].step < steps[0].Step:
			now, list = StepCount{list[0].step, uint32(list[0].by)}, list[1:] //nolint:gosec // what goes was there
		default:
			now = StepCount{steps[0].Step, steps[0].Count + uint32(list[0].by)} //nolint:gosec // likewise, modulo 2³²
			steps, list = steps[1:], list[1:]
		}
		if now.Count != 0 && now.Step >= floor {
			out = append(out, now)
		}
	}
	return out
}

// sweepOne lets go of steps that are too old in one chunk. So cells in which nothing changes any more do not stay
// for ever.
func (c *Counts) sweepOne() {
	at := c.sweep % len(c.chunks)
	c.sweep = at + 1
	for b := range c.chunks[at].buckets {
		old := c.chunks[at].buckets[b]
		if !slices.ContainsFunc(old, func(e cubeCell) bool { return e.steps[0].Step < c.floor }) {
			continue
		}
		bucket := make([]cubeCell, 0, len(old))
		for _, e := range old {
			kept := between(e.steps, c.floor, maxStep)
			c.steps -= len(e.steps) - len(kept)
			if len(kept) > 0 {
				bucket = append(bucket, cubeCell{e.cell, slices.Clone(kept)})
			}
		}
		c.cells -= len(old) - len(bucket)
		c.own(at).buckets[b] = bucket
	}
}

// rehash puts all cells into so many chunks, a power of two.
func (c *Counts) rehash(chunks int) {
	old := c.chunks
	c.chunks, c.left = newChunks(chunks, c.edits), chunks
	for _, chunk := range old {
		for _, bucket := range chunk.buckets {
			for _, e := range bucket {
				c.put(e)
			}
		}
	}
	c.order()
}

// put appends a cell to its bucket, which [Counts.order] sorts.
func (c *Counts) put(e cubeCell) {
	at, b := c.place(e.cell)
	c.chunks[at].buckets[b] = append(c.chunks[at].buckets[b], e)
}

func (c *Counts) order() {
	for _, chunk := range c.chunks {
		for _, bucket := range chunk.buckets {
			slices.SortFunc(bucket, func(a, b cubeCell) int { return cmp.Compare(a.cell, b.cell) })
		}
	}
}

func newChunks(n int, edit uint64) []*cubeChunk {
	chunks := make([]*cubeChunk, n)
	for i := range chunks {
		chunks[i] = &cubeChunk{edit: edit}
	}
	return chunks
}
