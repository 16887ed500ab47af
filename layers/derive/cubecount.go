package derive

import (
	"runtime"
	"sync"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/world"
)

// countBlocks are as many blocks as one goroutine takes at once: some 30,000 features.
const countBlocks = 64

// Count counts all features of s with the steps from floor on. It takes about half a microsecond of a processor a
// feature that counts, which goroutines share.
func (c *Cube) Count(s *layers.Snapshot, floor Step) *Counts {
	var blocks []*layers.Block
	for b := range s.All() {
		if (layers.Row{Block: b}).Located() && (c.spec.Filter == nil || !c.spec.Filter.Skips(b)) {
			blocks = append(blocks, b)
		}
	}
	chunks := (len(blocks) + countBlocks - 1) / countBlocks
	lists := make([][]cubeEdit, chunks)
	count := func(i int) {
		lists[i] = c.count(blocks[countBlocks*i:min(countBlocks*(i+1), len(blocks))], floor)
	}
	if workers := min(runtime.GOMAXPROCS(0), chunks); workers > 1 {
		todo := make(chan int)
		var wait sync.WaitGroup
		for range workers {
			wait.Go(func() {
				for i := range todo {
					count(i)
				}
			})
		}
		for i := range chunks {
			todo <- i
		}
		close(todo)
		wait.Wait()
	} else {
		for i := range chunks {
			count(i)
		}
	}
	var all []cubeEdit
	for _, list := range lists {
		all = append(all, list...)
	}
	return c.counts(settleCube(all), floor)
}

// count counts the features of blocks.
func (c *Cube) count(blocks []*layers.Block, floor Step) []cubeEdit {
	var out []cubeEdit
	var rows column.Bits
	var last world.Point
	var cell cubeEdit
	for _, b := range blocks {
		n := b.Len()
		if c.spec.Filter != nil {
			rows = noRows(rows, n)
			for row := range n {
				rows.Set(row)
			}
			c.spec.Filter.Filter(b, rows)
		}
		for row := range n {
			if c.spec.Filter != nil && !rows.Has(row) {
				continue
			}
			step, ok := c.step(func(field int) column.Value { return b.Column(field).Value(row) })
			if !ok || step < floor {
				continue
			}
			if p := b.Point(row); cell.cell == 0 || p != last { // neighbours in memory often share a place
				last, cell.cell = p, c.cell(p)
			}
			cell.step, cell.by = step, 1
			out = append(out, cell)
		}
	}
	return settleCube(out)
}

// counts returns the counts of sorted edits, each cell and step once.
func (c *Cube) counts(list []cubeEdit, floor Step) *Counts {
	out := &Counts{cube: c, floor: floor, edits: 1, steps: len(list)}
	for i := range list {
		if i == 0 || list[i].cell != list[i-1].cell {
			out.cells++
		}
	}
	chunks := 1
	for out.cells > fullBucket/2*chunks*chunkBuckets {
		chunks *= 2
	}
	out.chunks = newChunks(chunks, out.edits)
	for len(list) > 0 {
		n := 1
		for n < len(list) && list[n].cell == list[0].cell {
			n++
		}
		out.put(cubeCell{list[0].cell, merge(nil, list[:n], floor)})
		list = list[n:]
	}
	out.order()
	return out
}
