package app

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"hutong/internal/telemetry"
	"hutong/journal"
	"hutong/layers"
)

// Bounds of what is read from the log ahead of the layers.
const (
	// maxTogether is how many changes are made visible at once. Moving 1,000 random features of a million makes 1,500 of
	// 3,500 blocks anew; 16,000 make all of them, once.
	maxTogether = 1 << 14
	// maxEntries is how many entries that may be: receipts keep the outcomes of some more for who asks late.
	maxEntries = recentEntries / 4
	// maxAhead is how many changes wait, if it is not one entry that has more.
	maxAhead = 2 * maxTogether
	// maxAheadBytes is how much of the log that may be, likewise: changes with long lines and polygons are few and large.
	maxAheadBytes = 16 << 20
)

// applier makes entries of the log visible while the next ones are read. Those that wait for it go together, as far as
// that comes to the same: a server that is behind, after kill -9 above all, catches up several times as fast.
type applier struct {
	store *Store
	full  telemetry.Count

	mu      sync.Mutex
	moved   *sync.Cond
	waiting []reading
	changes int   // of waiting
	bytes   int   // of waiting
	busy    bool  // some that do not wait any more are being applied
	err     error // of those; nothing is applied behind it
	ended   bool
}

// reading is an entry of the log, or with done something to be called once those before it are visible.
type reading struct {
	journal.Entry
	changes int
	plain   bool // all its batches are
	done    func()
}

func newApplier(store *Store, m *telemetry.Metrics) *applier {
	a := &applier{store: store}
	a.moved = sync.NewCond(&a.mu)
	a.full = m.Counter("hutong_apply_waits_total", "Times the log was not read further because too many changes were not visible yet.").With()
	m.Sample("hutong_apply_waiting_changes", "Changes that were read from the log and are not visible yet.", nil,
		func(emit func(float64, ...string)) {
			a.mu.Lock()
			defer a.mu.Unlock()
			emit(float64(a.changes))
		})
	return a
}

// put has an entry applied behind those before it. It waits for room. The error is that of an entry before, or ctx's.
func (a *applier) put(ctx context.Context, e journal.Entry) error {
	r := reading{Entry: e, plain: true}
	for i := range e.Batches {
		r.changes += len(e.Batches[i].Changes)
		r.plain = r.plain && isPlain(&e.Batches[i].Batch)
	}
	return a.add(ctx, r)
}

// mark calls done, from run, once all that was put before is visible. What is put from then on came while the server runs.
func (a *applier) mark(ctx context.Context, done func()) { _ = a.add(ctx, reading{done: done}) }

func (a *applier) add(ctx context.Context, r reading) error {
	defer context.AfterFunc(ctx, a.wake)()
	a.mu.Lock()
	defer a.mu.Unlock()
	isFull := func() bool {
		return len(a.waiting) >= 2*maxEntries || a.changes > 0 && a.changes+r.changes > maxAhead ||
			a.bytes > 0 && a.bytes+r.Bytes > maxAheadBytes
	}
	if isFull() {
		a.full.Add(1)
	}
	for isFull() && a.err == nil && ctx.Err() == nil {
		a.moved.Wait()
	}
	if err := cmp.Or(a.err, ctx.Err()); err != nil {
		return err
	}
	a.waiting = append(a.waiting, r)
	a.changes += r.changes
	a.bytes += r.Bytes
	a.moved.Broadcast()
	return nil
}

// wake has whoever waits look again.
func (a *applier) wake() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.moved.Broadcast()
}

// rest waits until all that was put is visible, and returns the error of what could not be.
func (a *applier) rest(ctx context.Context) error {
	defer context.AfterFunc(ctx, a.wake)()
	a.mu.Lock()
	defer a.mu.Unlock()
	for (len(a.waiting) > 0 || a.busy) && a.err == nil && ctx.Err() == nil {
		a.moved.Wait()
	}
	return a.err
}

// end has run return once it is done with what it applies now.
func (a *applier) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended = true
	a.moved.Broadcast()
}

// run applies what is put until end is called, or an entry cannot be applied, which calls failed.
func (a *applier) run(failed func()) {
	live := false
	for {
		taken := a.take()
		if len(taken) == 0 {
			return
		}
		if taken[0].done != nil {
			live = true
			taken[0].done()
		} else if err := a.store.applyAll(taken, live); err != nil {
			a.mu.Lock()
			a.err = err
			a.moved.Broadcast()
			a.mu.Unlock()
			failed()
			return
		}
	}
}

// take waits for entries and returns the first of them that may be applied together, or one with done, or none at
// the end.
func (a *applier) take() []reading {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.busy = false
	a.moved.Broadcast()
	for len(a.waiting) == 0 && !a.ended {
		a.moved.Wait()
	}
	if a.ended {
		return nil
	}
	n, changes := 1, a.waiting[0].changes
	if a.joins(&a.waiting[0]) {
		for n < min(len(a.waiting), maxEntries) && changes+a.waiting[n].changes <= maxTogether && a.joins(&a.waiting[n]) {
			changes += a.waiting[n].changes
			n++
		}
	}
	taken := a.waiting[:n:n]
	a.waiting = a.waiting[n:]
	if len(a.waiting) == 0 {
		a.waiting = nil // its array has been taken
	}
	a.changes -= changes
	for i := range taken {
		a.bytes -= taken[i].Bytes
	}
	a.busy = true
	a.moved.Broadcast()
	return taken
}

// joins reports whether an entry can be applied with others that can, with the same result as one after the other: it
// only inserts and updates, and no layer forgets a tombstone at its time.
func (a *applier) joins(r *reading) bool {
	if !r.plain {
		return false
	}
	for i := range r.Batches {
		if l := a.store.layers[r.Batches[i].Layer]; l != nil && l.Forgets(r.Batches[i].Received) {
			return false
		}
	}
	return true
}

// isPlain reports whether a batch only inserts and updates, in the order of event times.
func isPlain(b *layers.Batch) bool {
	return !b.Snapshot && b.Salt == layers.Salt{} &&
		!slices.ContainsFunc(b.Changes, func(c layers.Change) bool { return c.Op != layers.Upsert })
}
