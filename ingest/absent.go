package ingest

import (
	"context"

	"hutong/layers"
)

// Absent deletes the features of a state that a feed which tells its whole state did not have: those of which has is
// false. state is the layer as it was before the feed's records were accepted, if others change it, so that nothing
// goes that came meanwhile, and each delete is of the feature's own time, so that it does not win over a report that came meanwhile
// either. They go in batches of [MaxBatch]; deleted counts those of the batches that were accepted, with an error, too.
func Absent(ctx context.Context, to Acceptor, source string, schema *layers.Schema, state *layers.Snapshot, has func(layers.FeatureID) bool) (deleted int, err error) {
	batch := layers.Batch{Layer: schema.Name, Snapshot: true}
	flush := func() error {
		if len(batch.Changes) == 0 {
			return nil
		}
		_, err := to.Accept(ctx, source, batch)
		if err == nil {
			deleted += len(batch.Changes)
			batch.Changes = batch.Changes[:0]
		}
		return err
	}
	for block := range state.All() {
		for row := range block.Len() {
			if has(block.ID(row)) {
				continue
			}
			gone := layers.Row{Block: block, Index: row}.Feature()
			batch.Changes = append(batch.Changes, schema.DeleteOf(gone))
			if len(batch.Changes) == MaxBatch {
				if err := flush(); err != nil {
					return deleted, err
				}
			}
		}
	}
	return deleted, flush()
}
