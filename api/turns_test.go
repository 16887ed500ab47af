package api

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"hutong/internal/telemetry"
)

// TestTurns: costly requests have half of the turns, wait for both together, and leave none behind where they wait in vain.
func TestTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // by a clock that only waits move
		turns := NewTurns(4, time.Second, telemetry.NewMetrics().Counter("late", "Late.").With())
		enter := func(costly, want bool, wait time.Duration) {
			t.Helper()
			begun := time.Now()
			if got := turns.Enter(t.Context(), costly); got != want || time.Since(begun) != wait {
				t.Fatalf("costly %t: got %t after %v, want %t after %v", costly, got, time.Since(begun), want, wait)
			}
		}
		enter(true, true, 0)
		enter(true, true, 0)
		enter(true, false, time.Second)
		enter(false, true, 0)
		enter(false, true, 0)
		enter(false, false, time.Second)
		time.AfterFunc(time.Second/2, func() { turns.Leave(true) })
		enter(true, true, time.Second/2)
		turns.Leave(true)
		enter(false, true, 0)
		// A costly one gets through the first gate and not through the second: its place there is free again.
		enter(true, false, time.Second)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if turns.Enter(ctx, true) {
			t.Error("got a turn for who has gone")
		}
		turns.Leave(false)
		enter(true, true, 0)
	})
}

// TestOneTurn: where there is one, costly requests have it as others do.
func TestOneTurn(t *testing.T) {
	t.Parallel()
	turns := NewTurns(1, 0, telemetry.NewMetrics().Counter("late", "Late.").With())
	for _, costly := range []bool{true, false, true} {
		if !turns.Enter(t.Context(), costly) || turns.Enter(t.Context(), true) || turns.Enter(t.Context(), false) {
			t.Fatalf("costly %t: got no turn, or two", costly)
		}
		turns.Leave(costly)
	}
}
