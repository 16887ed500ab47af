package mqtt

import (
	"context"
	"sync"
)

// budget is memory that clients share, in bytes, handed out first come, first served. It may be used from
// any goroutine.
type budget struct {
	mu      sync.Mutex
	free    int
	waiting []*claim // nobody waits who would fit, unless somebody before does not
}

type claim struct {
	n     int
	ready chan struct{} // closed when it is granted
}

func newBudget(total int) *budget { return &budget{free: total} }

// take takes n bytes, of which there are so many. It reports whether it had to wait, and whether it got them: it does
// not once ctx is done.
func (b *budget) take(ctx context.Context, n int) (waited, ok bool) {
	b.mu.Lock()
	if len(b.waiting) == 0 && b.free >= n {
		b.free -= n
		b.mu.Unlock()
		return false, true
	}
	c := &claim{n, make(chan struct{})}
	b.waiting = append(b.waiting, c)
	b.mu.Unlock()

	select {
	case <-c.ready:
		return true, true
	case <-ctx.Done():
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, w := range b.waiting {
		if w == c {
			b.waiting = append(b.waiting[:i], b.waiting[i+1:]...)
			b.grant() // those behind may fit
			return true, false
		}
	}
	b.free += n // granted meanwhile
	b.grant()
	return true, false
}

// give gives n bytes back.
func (b *budget) give(n int) {
	if n == 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.free += n
	b.grant()
}

// grant serves those that wait, in their order, as far as there is memory. b.mu is held.
func (b *budget) grant() {
	for len(b.waiting) > 0 && b.waiting[0].n <= b.free {
		b.free -= b.waiting[0].n
		close(b.waiting[0].ready)
		b.waiting = b.waiting[1:]
	}
}
