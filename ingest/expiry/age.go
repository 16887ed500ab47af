package expiry

import (
	"slices"

	"hutong/layers"
	"hutong/layers/column"
)

// Age returns the changes of a feed that tells its whole state each time as an [Ager] leaves their features: what has
// expired is left out, and what is stale says so. Of changes with the same event time such a feed's are right
// ([layers.Batch.Snapshot]), so without this every reading would bring back what has expired and make fresh what is
// stale, until the next look. kept are the places of what is returned among changes, which stay as they are; their
// schema and opts are those of [New].
func Age(schema *layers.Schema, opts Options, changes []layers.Change) (aged []layers.Change, kept []int) {
	now := opts.now()
	expired, stale := now.Add(-opts.Expired).UnixMicro(), now.Add(-opts.Stale).UnixMicro()
	observed, class := schema.FieldIndex(schema.Observed), schema.FieldIndex(opts.Class)
	aged, kept = make([]layers.Change, 0, len(changes)), make([]int, 0, len(changes))
	for i, c := range changes {
		if c.Op == layers.Upsert && len(c.Feature.Values) > max(observed, class) && !c.Feature.Values[observed].IsNull() {
			at := c.Feature.Values[observed].Micros()
			if opts.Expired > 0 && at <= expired {
				continue
			}
			if opts.Stale > 0 && at <= stale {
				c.Feature.Values = slices.Clone(c.Feature.Values)
				c.Feature.Values[class] = column.StringOf(Stale)
			}
		}
		aged, kept = append(aged, c), append(kept, i)
	}
	return aged, kept
}
