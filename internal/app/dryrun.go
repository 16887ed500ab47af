package app

import (
	"context"
	"hash/maphash"
	"time"

	"hutong/ingest"
	"hutong/layers"
)

// maxCounted is the most ids that a dry run tells apart, about 500 MB.
const maxCounted = 16 << 20

// SourceReport is what became of the records of one source in a dry run.
type SourceReport struct {
	// Source and Layer are names.
	Source string      `json:"source"`
	Layer  layers.Name `json:"layer"`
	// Features counts the accepted records that are left when a later one of an id has replaced an
	// earlier one; nil when there were more ids than a dry run tells apart.
	Features *int `json:"features"`
	// Unlocated counts accepted records without a place.
	Unlocated int64   `json:"unlocated"`
	Seconds   float64 `json:"seconds"`
	ingest.Summary
}

// DryRun runs the sources of city through mapping and gate, one after the other, and keeps nothing.
// A source that cannot be read to its end, or whose changes its layer would refuse, has the error in
// its report; the next one runs all the same. The error is ctx's.
func DryRun(ctx context.Context, city *City) ([]SourceReport, error) {
	reports := make([]SourceReport, 0, len(city.Sources))
	for _, source := range city.Sources {
		start := time.Now()
		to := &counter{schema: city.schema(source.Layer()), seed: maphash.MakeSeed(), ids: map[uint64]struct{}{}}
		var report ingest.Report
		if err := source.Run(ctx, to, &report); err != nil {
			report.Stop(err)
		}
		if ctx.Err() != nil {
			return reports, context.Cause(ctx)
		}
		r := SourceReport{
			Source: source.Name(), Layer: source.Layer(), Unlocated: to.unlocated,
			Seconds: time.Since(start).Seconds(), Summary: report.Summary(),
		}
		if n := len(to.ids); n < maxCounted {
			r.Features = &n
		}
		reports = append(reports, r)
	}
	return reports, nil
}

// schema returns the schema of a layer, or nil.
func (c *City) schema(name layers.Name) *layers.Schema {
	for i := range c.Layers {
		if c.Layers[i].Schema.Name == name {
			return c.Layers[i].Schema
		}
	}
	return nil
}

// counter is a publisher that checks changes as a layer does and counts them.
type counter struct {
	schema    *layers.Schema
	seed      maphash.Seed
	ids       map[uint64]struct{} // hashes; two ids that share one count once
	unlocated int64
}

var _ ingest.Publisher = (*counter)(nil)

// Publish checks a batch. The error is a *layers.ChangeError.
func (c *counter) Publish(ctx context.Context, batch layers.Batch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for i := range batch.Changes {
		if err := c.schema.Check(i, &batch.Changes[i]); err != nil {
			return err
		}
	}
	for i := range batch.Changes {
		f := &batch.Changes[i].Feature
		if f.Geometry == nil {
			c.unlocated++
		}
		if len(c.ids) < maxCounted {
			c.ids[maphash.String(c.seed, string(f.ID))] = struct{}{}
		}
	}
	return nil
}
