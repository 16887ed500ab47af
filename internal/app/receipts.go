package app

import (
	"context"
	"fmt"
	"sync"

	"hutong/ingest"
	"hutong/layers"
)

// recentEntries is of how many entries the outcomes are kept for who asks after they were applied. A
// caller hears that its entry is in the log and asks at once, so a few are enough.
const recentEntries = 1024

// receipts brings what became of the changes of an entry from whoever applies it to the callers that
// wait for it, in whichever order they come. It may be used from any goroutine.
type receipts struct {
	mu      sync.Mutex
	applied layers.Seq
	recent  [recentEntries]outcomesOf
	waiting map[layers.Seq][]waiter
	over    chan struct{} // closed when nothing more is applied
	why     error         // then
}

// outcomesOf are the outcomes of an entry by batch.
type outcomesOf struct {
	seq     layers.Seq
	batches [][]layers.Outcome
}

// waiter waits for those of one batch.
type waiter struct {
	batch int
	done  chan []layers.Outcome // holds one
}

func newReceipts() *receipts {
	return &receipts{waiting: map[layers.Seq][]waiter{}, over: make(chan struct{})}
}

// end tells that nothing more is applied, once, and why.
func (r *receipts) end(why error) {
	r.why = fmt.Errorf("app: %w: no change becomes visible any more: %w", ingest.ErrUnavailable, why)
	close(r.over)
}

// deliver tells that an entry was applied. Entries come in their order.
func (r *receipts) deliver(seq layers.Seq, batches [][]layers.Outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.applied = seq
	r.recent[seq%recentEntries] = outcomesOf{seq, batches}
	for _, w := range r.waiting[seq] {
		w.done <- batches[w.batch]
	}
	delete(r.waiting, seq)
}

// wait waits until an entry is applied and returns the outcomes of one of its batches; nil when that was long
// ago. The error is that of ctx, which ended first, or that of end.
func (r *receipts) wait(ctx context.Context, seq layers.Seq, batch int) ([]layers.Outcome, error) {
	r.mu.Lock()
	if r.applied >= seq {
		defer r.mu.Unlock()
		if kept := r.recent[seq%recentEntries]; kept.seq == seq {
			return kept.batches[batch], nil
		}
		return nil, nil
	}
	w := waiter{batch, make(chan []layers.Outcome, 1)}
	r.waiting[seq] = append(r.waiting[seq], w)
	r.mu.Unlock()
	select {
	case outcomes := <-w.done:
		return outcomes, nil
	case <-r.over:
		return nil, r.why
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
