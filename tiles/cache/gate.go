package cache

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"time"

	"hutong/internal/telemetry"
)

// ErrBusy means that a bound of the gate was hit: try again soon.
var ErrBusy = errors.New("cache: too many tiles are being built")

// gate lets a bounded number of builds happen at once and a bounded number wait. First come, first
// served, as far as a channel is fair.
type gate struct {
	slots   chan struct{}
	waiting atomic.Int64
	queue   int64
	wait    time.Duration
	full    telemetry.Count
	late    telemetry.Count
}

func newGate(o Options, m *telemetry.Metrics) *gate {
	if o.Concurrent <= 0 {
		o.Concurrent = 2 * runtime.GOMAXPROCS(0)
	}
	if o.Queue <= 0 {
		o.Queue = 256
	}
	if o.Wait <= 0 {
		o.Wait = 5 * time.Second
	}
	refused := m.Counter("hutong_tile_refused_total", "Builds of tiles refused because too many others wait.", "reason")
	g := &gate{
		slots: make(chan struct{}, o.Concurrent), queue: int64(o.Queue), wait: o.Wait,
		full: refused.With("queue"), late: refused.With("wait"),
	}
	m.Sample("hutong_tile_builds_in_flight", "Tiles being built or encoded.", nil,
		func(emit func(float64, ...string)) { emit(float64(len(g.slots))) })
	m.Sample("hutong_tile_builds_waiting", "Builds of tiles that wait for their turn.", nil,
		func(emit func(float64, ...string)) { emit(float64(g.waiting.Load())) })
	return g
}

// half returns a gate for half as many, with the other bounds and the counters of g.
func (g *gate) half() *gate {
	return &gate{slots: make(chan struct{}, max(1, cap(g.slots)/2)), queue: g.queue, wait: g.wait, full: g.full, late: g.late}
}

// enter waits for a turn. After nil the caller must call leave. The error is ErrBusy, or ctx's when
// the client went away.
func (g *gate) enter(ctx context.Context) error {
	select {
	case g.slots <- struct{}{}:
		return nil
	default:
	}
	if g.waiting.Add(1) > g.queue {
		g.waiting.Add(-1)
		g.full.Add(1)
		return ErrBusy
	}
	defer g.waiting.Add(-1)
	timer := time.NewTimer(g.wait)
	defer timer.Stop()
	select {
	case g.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		g.late.Add(1)
		return ErrBusy
	}
}

func (g *gate) leave() { <-g.slots }
