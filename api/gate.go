package archive

import (
	"context"
	"time"

	"hutong/internal/telemetry"
)

// gate lets a bounded number of requests read one archive at once; others wait a bounded time. Each
// archive has its own, so that a server that stalls holds up nobody else's tiles.
type gate struct {
	slots chan struct{}
	wait  time.Duration
	late  telemetry.Count
}

func newGate(slots int, wait time.Duration, late telemetry.Count) gate {
	return gate{make(chan struct{}, slots), wait, late}
}

// enter waits for a turn. After true the caller must call leave; false means that it took too long or
// that ctx ended.
func (g gate) enter(ctx context.Context) bool {
	select {
	case g.slots <- struct{}{}:
		return true
	default:
	}
	timer := time.NewTimer(g.wait)
	defer timer.Stop()
	select {
	case g.slots <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	case <-timer.C:
		if ctx.Err() == nil {
			g.late.Add(1)
		}
		return false
	}
}

func (g gate) leave() { <-g.slots }
