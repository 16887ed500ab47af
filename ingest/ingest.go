// Package ingest is where data enters Hutong: a [Source] reads a feed into records, a [Mapping]
// turns each record into a change of one layer, the [Gate] refuses what must not get in and says
// why, and a [Publisher] takes the accepted batches. Sources of one protocol live in a package
// below this one.
//
// A Source runs in one goroutine of its own; a Report may be read while its source runs.
package ingest

import (
	"context"

	"hutong/layers"
)

// MaxBatch is the most changes that a source publishes at once.
const MaxBatch = 1000

// Publisher takes batches in order. When Publish returns nil the batch is accepted as a whole; an
// error means that none of it was. It keeps nothing of the batch after it returned.
type Publisher interface {
	Publish(ctx context.Context, batch layers.Batch) error
}

// Source is one feed of one layer.
type Source interface {
	// Name names the source in logs, metrics and reports.
	Name() string
	// Layer names the layer that it feeds.
	Layer() layers.Name
	// Run reads the feed to its end, or until ctx is done, and publishes what the gate accepts in
	// the feed's order. Refused records are counted in report, never returned as an error; an
	// error means that the feed itself could not be read further. Run may be called once.
	Run(ctx context.Context, to Publisher, report *Report) error
}
