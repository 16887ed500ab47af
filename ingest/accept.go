package ingest

import (
	"context"
	"errors"

	"hutong/layers"
)

// Receipt says what became of a batch that was accepted.
type Receipt struct {
	// Seq is the state of the layer that has it.
	Seq layers.Seq
	// Outcomes are those of its changes, in their order.
	Outcomes []layers.Outcome
}

// Acceptor takes batches of named sources. When Accept returns nil the batch is durable as a whole (S7)
// and visible; an error means that it is not acknowledged, and that the sender should send it again. It
// keeps nothing of the batch after it returned. It may be called from any goroutine: batches of callers
// that wait at the same time are made durable together.
type Acceptor interface {
	Accept(ctx context.Context, source string, batch layers.Batch) (Receipt, error)
}

// ErrTooLarge says that a batch is larger than one that can be durable as a whole: it can only be sent in parts.
var ErrTooLarge = errors.New("ingest: a batch is too large")

// Why an [Acceptor] takes nothing at the moment. Its errors wrap one of these when sending the same batch
// again later may succeed; any other error is a fault of the batch or of the program.
var (
	// ErrBusy says that as many batches wait as are held.
	ErrBusy = errors.New("ingest: too busy to take more")
	// ErrReadOnly says that nothing can be made durable, because there is hardly any room left.
	ErrReadOnly = errors.New("ingest: read-only")
	// ErrUnavailable says that what makes batches durable cannot be reached, or the server stops.
	ErrUnavailable = errors.New("ingest: not available")
)
