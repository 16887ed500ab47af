package telemetry

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestQuiet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var q Quiet
		for i, want := range []struct {
			skipped int
			ok      bool
		}{{0, true}, {0, false}, {0, false}, {2, true}, {0, true}} {
			if i >= 3 {
				time.Sleep(time.Second)
			}
			if skipped, ok := q.Allow(); skipped != want.skipped || ok != want.ok {
				t.Errorf("line %d: got %d, %v, want %d, %v", i, skipped, ok, want.skipped, want.ok)
			}
		}
	})
}
