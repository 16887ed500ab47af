package push

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unsafe"

	"hutong/ingest"
	"hutong/layers"
)

// ErrSnapshot says that a request cannot say all there is; the error's text says why. Nothing of it counts.
var ErrSnapshot = errors.New("push: no snapshot")

// snapshot takes all records or none, and deletes the features of the layer that are not among them. Between the two
// readers see the new features beside the old ones. When it fails in between, the counts say so, and the same request
// finishes it.
func (t *taking) snapshot(ctx context.Context) (*Result, error) {
	f := t.feed
	if f.opts.State == nil {
		return nil, fmt.Errorf("%w: the layer %s has features of other sources, too, which would be deleted; leave snapshot out, and delete by records or ids", ErrSnapshot, f.opts.Layer)
	}
	if !f.telling.TryLock() { // of two at once nobody could say which is the newer
		return nil, &RateError{time.Second, "one snapshot at once"}
	}
	defer f.telling.Unlock()
	before := f.opts.State()
	p, err := t.whole()
	if err != nil {
		return t.result, err
	}
	const each = 4 * int(unsafe.Sizeof(layers.FeatureID(""))) // of a map
	if !t.share.take(each * len(p.changes)) {
		return nil, ingest.ErrBusy
	}
	ids := make(map[layers.FeatureID]struct{}, len(p.changes))
	for i := range p.changes {
		if c := &p.changes[i]; c.Op == layers.Upsert {
			ids[c.Feature.ID] = struct{}{}
		}
	}
	if len(ids) == 0 && before.Count() > 0 {
		return nil, fmt.Errorf("%w: it has no feature, which would leave the layer %s empty; delete by records or ids", ErrSnapshot, f.opts.Layer)
	}
	t.everything = true
	if err := t.publish(ctx, 0, len(t.body.pieces), &p); err != nil {
		return t.result, err
	}
	has := func(id layers.FeatureID) bool { _, there := ids[id]; return there }
	t.result.Deleted, err = ingest.Absent(ctx, f.opts.To, f.opts.Name, f.mapper.Schema(), before, has)
	return t.result, err
}
