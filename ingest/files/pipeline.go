package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"

	"github.com/paulmach/orb"

	"hutong/ingest"
	"hutong/layers"
)

const (
	chunkSize  = 256 << 10
	maxWorkers = 4
	// keepSize is the most memory that a chunk keeps for the next records: a chunk that had to grow
	// for a long one gives its memory back.
	keepSize = 2 * chunkSize
)

// chunk is a piece of a file that holds whole records. It is handed from the reader to a worker to
// the publisher and back; whoever holds it owns it.
type chunk struct {
	data []byte
	// line is the line of data's first byte, from 1; feature is the number of its first feature.
	line, feature int
	lines         int // line ends in data, or records of a table
	// separator stands between the features of lines; spans is where those of a collection are.
	separator byte
	spans     []span
	// records and cells are those of a table; see [tableFramer]. rows are those of a Shapefile.
	records []record
	cells   []tableCell
	rows    []byte
	// tooLong are records that were skipped.
	tooLong []ingest.Place

	slab  *ingest.Slab
	ready chan struct{} // has one element once slab is set
}

// span is a part of a chunk's data.
type span struct{ start, end int }

// framer cuts a file into chunks.
type framer interface {
	// next fills c with the next records. Its error is io.EOF at the end of the file, else it names
	// the file and the place; c then still holds records before that place, or none.
	next(c *chunk) error
	// parse reads the records of c. It is called from several goroutines at once.
	parse(w *worker, c *chunk)
}

// worker is what one goroutine needs to parse chunks.
type worker struct {
	*ingest.Parser
	cells []string      // of a CSV row
	typed []ingest.Cell // of a table's record
	// look takes the records of a table instead of the Parser, cells nil for one that cannot be read; it
	// is nil but in [Look].
	look func(cells []ingest.Cell, g orb.Geometry)
}

// Record gives a record to whom it is for.
func (w *worker) Record(c *ingest.Columns, cells []ingest.Cell, g orb.Geometry, at ingest.Place) {
	if w.look != nil {
		w.look(cells, g)
		return
	}
	w.Parser.Record(c, cells, g, at)
}

// Refuse refuses a record.
func (w *worker) Refuse(at ingest.Place, reason ingest.Reason, want string) {
	if w.look != nil {
		w.look(nil, nil)
		return
	}
	w.Parser.Refuse(at, reason, want)
}

// pipeline runs one file through a reader, a few workers and a publisher.
type pipeline struct {
	mapper *ingest.Mapper
	layer  layers.Name
	path   string
	chunk  int // bytes
	to     ingest.Publisher
	report *ingest.Report
}

// run reads until fr ends, the publisher refuses a batch, or ctx is done, and returns once all its
// goroutines have ended.
//
// There are as many chunks as can be in work: one each for reader, publisher and every worker. They
// go round from free through the reader into both work and ordered, whose capacity is that number,
// so that only taking a free chunk ever waits.
func (p *pipeline) run(ctx context.Context, fr framer) error {
	workers := min(runtime.GOMAXPROCS(0), maxWorkers)
	n := workers + 2
	free, work, ordered := make(chan *chunk, n), make(chan *chunk, n), make(chan *chunk, n)
	for range n {
		free <- &chunk{ready: make(chan struct{}, 1)}
	}
	inner, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			w := &worker{Parser: p.mapper.NewParser()}
			for c := range work {
				if inner.Err() == nil {
					p.parse(w, fr, c)
				}
				c.ready <- struct{}{}
			}
		})
	}
	var readErr error // set before ordered is closed
	wg.Go(func() {
		defer close(ordered)
		defer close(work)
		readErr = p.read(inner, fr, free, work, ordered)
	})
	err := p.publish(inner, free, ordered)
	cancel()
	wg.Wait()
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", p.path, ctx.Err())
	case err != nil:
		return err
	}
	return readErr
}

// read fills chunks until the file ends.
func (p *pipeline) read(ctx context.Context, fr framer, free <-chan *chunk, work, ordered chan<- *chunk) error {
	for {
		var c *chunk
		select {
		case c = <-free:
		case <-ctx.Done():
			return ctx.Err()
		}
		if cap(c.data) < p.chunk || cap(c.data) > max(keepSize, p.chunk) {
			c.data = make([]byte, 0, p.chunk)
		}
		c.data, c.spans, c.tooLong, c.lines = c.data[:0], c.spans[:0], c.tooLong[:0], 0
		c.records, c.cells = c.records[:0], c.cells[:0]
		err := fr.next(c)
		if err == nil || len(c.data) > 0 || len(c.records) > 0 || len(c.tooLong) > 0 {
			work <- c
			ordered <- c
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// parse makes the slab of a chunk.
func (p *pipeline) parse(w *worker, fr framer, c *chunk) {
	const shortest = 32 // bytes of a record that is worth memory in advance
	w.Begin(min(max(c.lines, len(c.spans))+1, len(c.data)/shortest+1))
	for _, at := range c.tooLong {
		w.Refuse(at, ingest.ReasonTooLong, "a record of at most 16 MiB")
	}
	fr.parse(w, c)
	c.slab = w.Finish()
}

// publish publishes chunks in order until there are no more. Cancelled ctx ends it between batches.
func (p *pipeline) publish(ctx context.Context, free chan<- *chunk, ordered <-chan *chunk) error {
	for c := range ordered {
		<-c.ready
		if c.slab == nil {
			return ctx.Err() // the worker saw it first
		}
		p.report.RefuseAll(&c.slab.Refused)
		changes := c.slab.Changes
		for len(changes) > 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			batch := changes[:min(len(changes), ingest.MaxBatch)]
			changes = changes[len(batch):]
			if err := p.to.Publish(ctx, layers.Batch{Layer: p.layer, Changes: batch}); err != nil {
				return fmt.Errorf("%s: publish: %w", p.path, err)
			}
			p.report.Accept(len(batch))
		}
		c.slab = nil
		free <- c
	}
	return nil
}
