package app

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hutong/ingest"
	"hutong/internal/telemetry"
	"hutong/journal/record"
	"hutong/layers"
	"hutong/layers/column"
)

var (
	applied = []layers.Outcome{layers.Applied}
	late    = []layers.Outcome{layers.Late}
)

var errDeaf = errors.New("deaf")

func TestReceipts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		do   func(r *receipts) ([]layers.Outcome, error)
		want []layers.Outcome
		err  error
	}{
		{"applied before anybody asks", func(r *receipts) ([]layers.Outcome, error) {
			r.deliver(7, [][]layers.Outcome{applied, late})
			return r.wait(t.Context(), 7, 1)
		}, late, nil},
		{"applied with others behind it", func(r *receipts) ([]layers.Outcome, error) {
			for seq := range layers.Seq(recentEntries) {
				r.deliver(7+seq, [][]layers.Outcome{late})
			}
			return r.wait(t.Context(), 7, 0)
		}, late, nil},
		{"applied long ago", func(r *receipts) ([]layers.Outcome, error) {
			for seq := range layers.Seq(recentEntries + 1) {
				r.deliver(7+seq, [][]layers.Outcome{late})
			}
			return r.wait(t.Context(), 7, 0)
		}, nil, nil},
		{"never", func(r *receipts) ([]layers.Outcome, error) {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			return r.wait(ctx, 7, 0)
		}, nil, context.Canceled},
		{"never, since nothing is applied any more", func(r *receipts) ([]layers.Outcome, error) {
			r.end(errDeaf)
			return r.wait(t.Context(), 7, 0)
		}, nil, errDeaf},
	} {
		if got, err := c.do(newReceipts()); !slices.Equal(got, c.want) || !errors.Is(err, c.err) {
			t.Errorf("%s: got %v, %v; want %v, %v", c.name, got, err, c.want, c.err)
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
				outcomes, err := r.wait(t.Context(), 8, batch)
				if err != nil || len(outcomes) != batch+1 {
					t.Errorf("batch %d got %v, %v", batch, outcomes, err)
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

// deafLog is a log whose entries are never applied.
type deafLog struct{}

func (deafLog) Append(context.Context, ...record.Batch) (seq layers.Seq, first int, err error) {
	return 7, 0, nil
}

// TestAcceptSaysNothingThatItDoesNotKnow: a batch that is not visible when the caller's time is over is no batch
// that was applied.
func TestAcceptSaysNothingThatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	s, err := NewStore(newCity(), telemetry.NewMetrics())
	if err != nil {
		t.Fatal(err)
	}
	s.log = deafLog{}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	receipt, err := s.Accept(ctx, "test", layers.Batch{Layer: "complaints", Changes: []layers.Change{point("x", 116, 40)}})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %+v, %v; want that the time is over", receipt, err)
	}
}

// TestNobodyWaitsForWhatIsNeverApplied puts a message into the log that does not fit, behind everybody's back: who
// waits for one after it hears so, and the server ends.
func TestNobodyWaitsForWhatIsNeverApplied(t *testing.T) {
	t.Parallel()
	load, _, _ := eraseCity(t)
	a, _ := newTestApp(t, load(), nil)
	ready, done := make(chan struct{}), make(chan error, 1)
	go func() { done <- a.Run(t.Context(), func(string) { close(ready) }) }()
	<-ready
	bad := point("a", 400, 39.9)
	bad.Feature.Values = make([]column.Value, 3)
	seq, _, err := a.durable.journal.Append(t.Context(), record.Batch{Source: "hotline", Batch: layers.Batch{Layer: "reports", Changes: []layers.Change{bad}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.store.receipts.wait(t.Context(), seq+1, 0); !errors.Is(err, ingest.ErrUnavailable) || !strings.Contains(err.Error(), "does not fit") {
		t.Errorf("got %v, want that the log cannot be followed", err)
	}
	if err := <-done; err == nil {
		t.Error("the server ended without an error")
	}
}
