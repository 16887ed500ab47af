package api

import (
	"context"
	"time"

	"hutong/internal/telemetry"
)

// Turns is a [Gate] of whose turns costly requests have half at most, those that may take all the time that one has:
// however many of them come, the others get theirs. It may be used from any goroutine.
type Turns struct{ all, costly Gate }

// NewTurns returns the turns of a gate of a number of slots, of which one is for costly requests, too, where there is
// only one. For wait and late see [NewGate].
func NewTurns(slots int, wait time.Duration, late telemetry.Count) Turns {
	return Turns{NewGate(slots, wait, late), NewGate(max(1, slots/2), wait, late)}
}

// Enter waits for a turn as [Gate.Enter] does. After true the caller must call Leave with the same costly.
func (t Turns) Enter(ctx context.Context, costly bool) bool {
	if !costly {
		return t.all.Enter(ctx)
	}
	timer := time.NewTimer(t.all.wait) // for both together
	defer timer.Stop()
	if !t.costly.enter(ctx, timer.C) {
		return false
	}
	if !t.all.enter(ctx, timer.C) {
		t.costly.Leave()
		return false
	}
	return true
}

// Leave ends a turn.
func (t Turns) Leave(costly bool) {
	t.all.Leave()
	if costly {
		t.costly.Leave()
	}
}
