package app

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestEvery: a loop begins at once, does not make up for what it missed, and ends with its context or by itself.
func TestEvery(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 1750*time.Millisecond)
		defer cancel()
		start := time.Now()
		var at []time.Duration
		for range every(ctx, 200*time.Millisecond) {
			if at = append(at, time.Since(start)); len(at) == 3 {
				time.Sleep(950 * time.Millisecond)
			}
		}
		var want []time.Duration
		for _, ms := range []int{0, 200, 400, 1350, 1400, 1600} {
			want = append(want, time.Duration(ms)*time.Millisecond)
		}
		if diff := cmp.Diff(want, at); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if end := time.Since(start); end != 1750*time.Millisecond {
			t.Errorf("ended after %v, want the end of the context", end)
		}
		for range every(ctx, time.Second) {
			t.Error("a loop whose context is done begins")
		}
		for range every(t.Context(), time.Second) {
			break
		}
		if end := time.Since(start); end != 1750*time.Millisecond {
			t.Errorf("a loop that ends by itself waits until %v", end)
		}
	})
}
