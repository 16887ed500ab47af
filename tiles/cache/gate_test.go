package cache

import (
	"context"
	"errors"
	"testing"
	"time"

	"hutong/internal/telemetry"
)

func TestGate(t *testing.T) {
	t.Parallel()
	g := newGate(Options{Concurrent: 1, Queue: 1, Wait: time.Hour}, telemetry.NewMetrics())
	if err := g.enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	waits := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { waits <- g.enter(ctx) }()
	for g.waiting.Load() == 0 {
		// The other goroutine is on its way.
		select {
		case err := <-waits:
			t.Fatalf("got %v, want it to wait", err)
		default:
		}
	}
	if err := g.enter(t.Context()); !errors.Is(err, ErrBusy) {
		t.Errorf("a full queue: got %v, want ErrBusy", err)
	}
	cancel()
	if err := <-waits; !errors.Is(err, context.Canceled) {
		t.Errorf("a client that went away: got %v, want context.Canceled", err)
	}
	go func() { waits <- g.enter(t.Context()) }()
	g.leave()
	if err := <-waits; err != nil {
		t.Errorf("after a turn was over: got %v", err)
	}
	g.leave()
}

func TestGateGivesUp(t *testing.T) {
	t.Parallel()
	g := newGate(Options{Concurrent: 1, Wait: time.Nanosecond}, telemetry.NewMetrics())
	if err := g.enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := g.enter(t.Context()); !errors.Is(err, ErrBusy) {
		t.Errorf("got %v, want ErrBusy", err)
	}
}
