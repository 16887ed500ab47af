package app

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"

	"hutong/layers"
)

var (
	applied = []layers.Outcome{layers.Applied}
	late    = []layers.Outcome{layers.Late}
)

func TestReceipts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		do   func(r *receipts) []layers.Outcome
		want []layers.Outcome
	}{
		{"applied before anybody asks", func(r *receipts) []layers.Outcome {
			r.deliver(7, [][]layers.Outcome{applied, late})
			return r.wait(t.Context(), 7, 1)
		}, late},
		{"applied with others behind it", func(r *receipts) []layers.Outcome {
			for seq := range layers.Seq(recentEntries) {
				r.deliver(7+seq, [][]layers.Outcome{late})
			}
			return r.wait(t.Context(), 7, 0)
		}, late},
		{"applied long ago", func(r *receipts) []layers.Outcome {
			for seq := range layers.Seq(recentEntries + 1) {
				r.deliver(7+seq, [][]layers.Outcome{late})
			}
			return r.wait(t.Context(), 7, 0)
		}, nil},
		{"never", func(r *receipts) []layers.Outcome {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			return r.wait(ctx, 7, 0)
		}, nil},
	} {
		if got := c.do(newReceipts()); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

// TestReceiptsOfWaiting: two callers that share an entry get each its own, and none before it is applied.
func TestReceiptsOfWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newReceipts()
		got := make(chan []layers.Outcome, 2)
		for batch := range 2 {
			go func() {
				outcomes := r.wait(t.Context(), 8, batch)
				if len(outcomes) != batch+1 {
					t.Errorf("batch %d got %v", batch, outcomes)
				}
				got <- outcomes
			}()
		}
		synctest.Wait()
		r.deliver(7, [][]layers.Outcome{late})
		synctest.Wait()
		if len(got) != 0 {
			t.Error("somebody got the outcomes of another entry")
		}
		r.deliver(8, [][]layers.Outcome{applied, {layers.Applied, layers.Late}})
		<-got
		<-got
		if len(r.waiting) != 0 {
			t.Errorf("still waiting: %v", r.waiting)
		}
	})
}
