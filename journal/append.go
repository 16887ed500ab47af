package journal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"hutong/journal/record"
	"hutong/layers"
)

// The sizes of messages, in bytes. JetStream's limit of a payload is 1 MiB, headers included.
const (
	maxMessage = 900 << 10
	maxHeaders = 4 << 10
	minMessage = 16 << 10
)

// What may wait for the log at once.
const (
	maxWaiting      = 4096
	maxWaitingBytes = 2 * record.MaxBody
)

// call is one call to Append that waits.
type call struct {
	section  []byte
	batches  int
	snapshot bool // of feeds that tell the whole state
	state    atomic.Int32
	done     chan answer // holds one
}

// The states of a call. The committer takes it or its caller withdraws it, whoever is first.
const (
	callWaits = iota
	callTaken
	callWithdrawn
)

type answer struct {
	seq   layers.Seq
	first int // place of the call's first batch in the entry
	err   error
}

func (c *call) take() bool     { return c.state.CompareAndSwap(callWaits, callTaken) }
func (c *call) withdraw() bool { return c.state.CompareAndSwap(callWaits, callWithdrawn) }

// queue holds the calls that the committer has not come to.
type queue struct {
	mu     sync.Mutex
	calls  chan *call
	bytes  int
	closed bool
}

// put adds a call, or says why not.
func (q *queue) put(c *call) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return ErrClosed
	case q.bytes > 0 && q.bytes+len(c.section) > maxWaitingBytes:
		return ErrFull
	}
	select {
	case q.calls <- c:
		q.bytes += len(c.section)
		return nil
	default:
		return ErrFull
	}
}

// gone notes that a call was taken out of the channel.
func (q *queue) gone(c *call) {
	q.mu.Lock()
	q.bytes -= len(c.section)
	q.mu.Unlock()
}

// shut refuses all further calls.
func (q *queue) shut() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
}

// Append puts batches into the log, all of them or none, and returns the sequence of their message when
// they are durable (S7), and the place of the first of them in [Entry.Batches], where others may stand that
// share the message. All of them are of snapshot feeds or none is, and so are all that share a message.
// Batches must have passed [layers.Schema.Check]; nothing of them is kept.
//
// The error is [ErrReadOnly], [ErrFailing], [ErrFull] or [ErrClosed], all of which say that nothing is
// in the log, [record.ErrTooLarge], what [record.AppendSection] refuses, or ctx's. When ctx ends or the
// connection breaks while the batches are on their way the error is [ErrUnknown] as well.
func (j *Journal) Append(ctx context.Context, batches ...record.Batch) (seq layers.Seq, first int, err error) {
	if len(batches) == 0 {
		return 0, 0, errors.New("journal: no batches to append")
	}
	for i := range batches {
		if batches[i].Snapshot != batches[0].Snapshot {
			return 0, 0, errors.New("journal: batches of a snapshot feed and others in one call")
		}
	}
	if err := ctx.Err(); err != nil {
		return 0, 0, fmt.Errorf("journal: not committed: %w", err)
	}
	if err := j.writable(); err != nil {
		return 0, 0, err
	}
	section, err := record.AppendSection(nil, j.o.Schemas, batches)
	if err != nil {
		if errors.Is(err, record.ErrTooLarge) {
			j.metrics.refused("too_large")
		}
		return 0, 0, err
	}
	if len(section) >= largeAppend {
		j.checkDisk()
		if err := j.writable(); err != nil {
			return 0, 0, err
		}
	}
	c := &call{section: section, batches: len(batches), snapshot: batches[0].Snapshot, done: make(chan answer, 1)}
	if err := j.queue.put(c); err != nil {
		if errors.Is(err, ErrFull) {
			j.metrics.refused("full")
		}
		return 0, 0, err
	}
	j.metrics.waiting.Add(1)
	defer j.metrics.waiting.Add(-1)
	select {
	case a := <-c.done:
		return a.seq, a.first, a.err
	case <-ctx.Done():
	}
	if c.withdraw() {
		return 0, 0, fmt.Errorf("journal: not committed: %w", ctx.Err())
	}
	select {
	case a := <-c.done: // in the same moment
		return a.seq, a.first, a.err
	default:
		j.metrics.refused("unknown")
		return 0, 0, fmt.Errorf("%w: %w", ErrUnknown, ctx.Err())
	}
}
