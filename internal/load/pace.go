package load

import (
	"context"
	"sync/atomic"
	"time"
)

// pacer hands out the turns of a run: as fast as they are taken, or at times that were fixed beforehand. With a
// rate the run is an open loop: a turn is due at its time even if nobody is free to take it, and what is
// measured from then on has the wait in it. Any goroutine may take turns.
type pacer struct {
	start time.Time
	rate  float64   // turns a second; 0 hands them out as they are asked for
	count int64     // the number of turns; 0 for no limit
	end   time.Time // no turn is taken from here on; zero for no end
	next  atomic.Int64
	taken atomic.Int64
}

// newPacer returns a pacer that starts now.
func newPacer(rate float64, count int64, length time.Duration) *pacer {
	p := &pacer{start: time.Now(), rate: rate, count: count}
	if length > 0 {
		p.end = p.start.Add(length)
	}
	return p
}

// turn waits until the next turn is due and returns its number, from 0, and when it was due. It is false when
// there are no more, or ctx is done.
func (p *pacer) turn(ctx context.Context) (i int64, due time.Time, ok bool) {
	i = p.next.Add(1) - 1
	if ctx.Err() != nil || p.count > 0 && i >= p.count {
		return i, due, false
	}
	now := time.Now()
	due = now
	if p.rate > 0 {
		due = p.due(i)
	}
	if !p.end.IsZero() && (!due.Before(p.end) || !now.Before(p.end)) || !pause(ctx, due.Sub(now)) {
		return i, due, false
	}
	p.taken.Add(1)
	return i, due, true
}

// due returns when turn i of a pacer with a rate is due.
func (p *pacer) due(i int64) time.Time {
	return p.start.Add(time.Duration(float64(i) / p.rate * float64(time.Second)))
}

// missed returns how many turns were due by a time, and before the end, and nobody was free to take.
func (p *pacer) missed(by time.Time) int64 {
	if p.rate == 0 {
		return 0
	}
	if !p.end.IsZero() && by.After(p.end) {
		by = p.end
	}
	n := int64(by.Sub(p.start).Seconds() * p.rate)
	if p.count > 0 {
		n = min(n, p.count)
	}
	return max(n-p.taken.Load(), 0)
}

// pause waits for d, and returns false when ctx is done before that.
func pause(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
