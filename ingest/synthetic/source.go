package synthetic

import (
	"context"

	"hutong/ingest"
	"hutong/layers"
	"hutong/layers/column"
)

// maker fills feature i of a layer. The values slice has one null for each field of the schema.
type maker func(r *random, i int, f *layers.Feature)

// source publishes the features of one layer of a city.
type source struct {
	schema   *layers.Schema
	features int
	make     maker
}

var _ ingest.Source = (*source)(nil)

// Name returns "synthetic-" and the layer's name.
func (s *source) Name() string { return "synthetic-" + string(s.schema.Name) }

// Layer returns the layer's name.
func (s *source) Layer() layers.Name { return s.schema.Name }

// Run publishes all features in batches of [ingest.MaxBatch]. It returns the publisher's error as it
// is, and ctx's once ctx is done.
func (s *source) Run(ctx context.Context, to ingest.Publisher, report *ingest.Report) error {
	changes := make([]layers.Change, min(s.features, ingest.MaxBatch))
	values := make([]column.Value, len(changes)*len(s.schema.Fields))
	var r random
	for start := 0; start < s.features; start += len(changes) {
		if err := ctx.Err(); err != nil {
			return err
		}
		batch := changes[:min(len(changes), s.features-start)]
		for i := range batch {
			fields := len(s.schema.Fields)
			f := layers.Feature{Values: values[i*fields : (i+1)*fields : (i+1)*fields]}
			clear(f.Values)
			s.make(&r, start+i, &f)
			batch[i] = layers.Change{Op: layers.Upsert, Feature: f}
		}
		if err := to.Publish(ctx, layers.Batch{Layer: s.schema.Name, Changes: batch}); err != nil {
			return err
		}
		report.Accept(len(batch))
	}
	return nil
}
