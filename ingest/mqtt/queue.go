package mqtt

import (
	"context"
	"sync"
)

// item is what a client's goroutines hand over: a message to publish, an answer to send once all before it
// are published, or both.
type item struct {
	publish
	isMessage bool // else there is only the answer
	answer    kind // 0 for none
	cost      int  // of the shared memory, in bytes
}

// queue holds what a client sent and nobody took yet, bounded in items and bytes. One goroutine puts, one
// takes; close may be called by any.
type queue struct {
	maxItems, maxBytes int

	mu     sync.Mutex
	items  []item
	bytes  int
	closed bool
	filled chan struct{} // holds a token when items were put or the queue was closed
	freed  chan struct{} // holds a token when items were taken
}

func newQueue(maxItems, maxBytes int) *queue {
	return &queue{
		maxItems: maxItems, maxBytes: maxBytes,
		filled: make(chan struct{}, 1), freed: make(chan struct{}, 1),
	}
}

// put appends it when there is room; an empty queue has room for any item. It reports whether it had to
// wait, and whether the queue has the item: not once ctx is done or the queue is closed.
func (q *queue) put(ctx context.Context, it *item) (waited, ok bool) {
	for {
		added, closed := q.try(it)
		if added || closed {
			return waited, added
		}
		waited = true
		select {
		case <-q.freed:
		case <-ctx.Done():
			return waited, false
		}
	}
}

func (q *queue) try(it *item) (added, closed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return false, true
	case len(q.items) > 0 && (len(q.items) >= q.maxItems || q.bytes+it.cost > q.maxBytes):
		return false, false
	}
	q.items = append(q.items, *it)
	q.bytes += it.cost
	signal(q.filled)
	return true, false
}

// take waits for items and takes all there are. scratch is memory to use, of an earlier call. It returns
// nothing once the queue is closed and empty.
func (q *queue) take(scratch []item) []item {
	for {
		q.mu.Lock()
		if len(q.items) > 0 || q.closed {
			out := q.items
			clear(scratch)
			q.items, q.bytes = scratch[:0], 0
			signal(q.freed)
			q.mu.Unlock()
			return out
		}
		q.mu.Unlock()
		<-q.filled
	}
}

// close ends put at once, and take when it has taken what is left.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	signal(q.filled)
	signal(q.freed)
}

// signal leaves a token in c unless there is one.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
