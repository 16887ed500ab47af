package nats

import (
	"sync"
	"sync/atomic"
)

// memory is what all accounts share, in bytes. It may be used from any goroutine.
type memory struct {
	limit int64
	used  atomic.Int64
}

// take takes n bytes; ok is false when there are not so many.
func (m *memory) take(n int) (ok bool) {
	if m.used.Add(int64(n)) <= m.limit {
		return true
	}
	m.used.Add(-int64(n))
	return false
}

func (m *memory) give(n int) { m.used.Add(-int64(n)) }

// queue holds what came for an account and nobody took yet. What the handler has counts until it is done. Any
// goroutine may put, one takes.
type queue struct {
	maxItems, maxBytes int
	shared             *memory

	mu     sync.Mutex
	items  []Message
	bytes  int // of items, and of those taken that are not done
	closed bool
	filled chan struct{} // holds a token when items were put or the queue was closed
}

func newQueue(maxItems, maxBytes int, shared *memory) *queue {
	return &queue{maxItems: maxItems, maxBytes: maxBytes, shared: shared, filled: make(chan struct{}, 1)}
}

// put appends m if there is room. It never waits.
func (q *queue) put(m Message) (ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || len(q.items) >= q.maxItems || q.bytes+m.cost > q.maxBytes || !q.shared.take(m.cost) {
		return false
	}
	q.items = append(q.items, m)
	q.bytes += m.cost
	q.signal()
	return true
}

// take waits for messages and takes all there are, at most [maxBatch]. It returns nothing once the queue is
// closed and empty.
func (q *queue) take() []Message {
	for {
		q.mu.Lock()
		if n := min(len(q.items), maxBatch); n > 0 || q.closed {
			batch := q.items[:n:n]
			if q.items = q.items[n:]; len(q.items) == 0 {
				q.items = nil // the array belongs to the batch
			} else {
				q.signal()
			}
			q.mu.Unlock()
			return batch
		}
		q.mu.Unlock()
		<-q.filled
	}
}

// done gives back what messages took that were taken.
func (q *queue) done(batch []Message) {
	n := 0
	for i := range batch {
		n += batch[i].cost
	}
	q.mu.Lock()
	q.bytes -= n
	q.mu.Unlock()
	q.shared.give(n)
}

// waiting is how many messages nobody took yet.
func (q *queue) waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items)
}

// close ends put at once, and take when it has taken what is left.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.signal()
}

// signal leaves a token unless there is one.
func (q *queue) signal() {
	select {
	case q.filled <- struct{}{}:
	default:
	}
}
