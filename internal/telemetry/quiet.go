package telemetry

import (
	"sync"
	"time"
)

// Quiet lets one log line a second through and counts the others, since ten thousand clients may all have the same to
// complain of. Its zero value is ready, and any goroutine may use it.
type Quiet struct {
	mu      sync.Mutex
	next    time.Time
	skipped int
}

// Allow reports whether to log now, and how many lines were left out since the last.
func (q *Quiet) Allow() (skipped int, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	if now.Before(q.next) {
		q.skipped++
		return 0, false
	}
	skipped, q.skipped, q.next = q.skipped, 0, now.Add(time.Second)
	return skipped, true
}
