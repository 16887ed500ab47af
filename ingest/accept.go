package ingest

import (
	"context"

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
