package api

import (
	"context"
	"time"

	"hutong/internal/telemetry"
)

// Gate lets a bounded number of requests do something costly at once; others wait a bounded time. It may
// be used from any goroutine.
type Gate struct {
	slots chan struct{}
	wait  time.Duration
	late  telemetry.Count
}

// NewGate returns a gate with a number of slots, at least 1. late counts the requests that waited for
// wait in vain.
func NewGate(slots int, wait time.Duration, late telemetry.Count) Gate {
	return Gate{make(chan struct{}, slots), wait, late}
}

// Enter waits for a turn. After true the caller must call Leave; false means that it took too long or
// that ctx ended.
func (g Gate) Enter(ctx context.Context) bool {
	select {
	case g.slots <- struct{}{}:
		return true
	default:
	}
	timer := time.NewTimer(g.wait)
	defer timer.Stop()
	return g.enter(ctx, timer.C)
}

// enter waits for a turn until end says something.
func (g Gate) enter(ctx context.Context, end <-chan time.Time) bool {
	select {
	case g.slots <- struct{}{}:
		return true
	default:
	}
	select {
	case g.slots <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	case <-end:
		if ctx.Err() == nil {
			g.late.Add(1)
		}
		return false
	}
}

// Leave ends a turn.
func (g Gate) Leave() { <-g.slots }
