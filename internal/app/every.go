package app

import (
	"context"
	"time"
)

// every yields at once and then after each interval until ctx is done. When what the loop does takes longer than that, it goes
// on at once, and what was missed is not made up for.
func every(ctx context.Context, interval time.Duration) func(yield func() bool) {
	return func(yield func() bool) {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for ctx.Err() == nil && yield() {
			select {
			case <-ticker.C:
			case <-ctx.Done():
			}
		}
	}
}
