package layers

import "hutong/layers/column"

// Tombstone remembers that a feature was deleted, so that an older report of it that comes later does
// not bring it back.
type Tombstone struct {
	ID FeatureID
	// Erased says that the feature was erased: ID is then the layer's [Salt.Hash] of its id.
	Erased bool
	// Observed and Version are those of the delete.
	Observed, Version column.Value
	// Received is the batch's that deleted it, in microseconds since 1970 in UTC; 0 when it had none.
	Received int64
}

// State is all that a layer is made of at one moment: what a checkpoint keeps.
type State struct {
	Snapshot *Snapshot
	// Tombstones are in no stated order. Those of layers without event times are none.
	Tombstones []Tombstone
	// Pruned is the newest event time of the tombstones that were let go, null when none was.
	Pruned column.Value
	// Salt is that of the hashes of erased ids, zero when none was ever erased.
	Salt Salt
}

// State returns the newest state. Its cost is a copy of the tombstones, for which writers wait.
func (l *Layer) State() State {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := &l.writer.tombs
	return State{Snapshot: l.current.Load(), Tombstones: t.list(), Pruned: t.pruned, Salt: t.salt}
}

// Tombstones returns how many deletes the layer remembers. It waits for nobody.
func (l *Layer) Tombstones() int { return int(l.tombstones.Load()) }

// CrowdedTombstones returns how many deletes the layer has let go because there were too many, since the
// process started. It waits for nobody.
func (l *Layer) CrowdedTombstones() int { return int(l.crowded.Load()) }

// Restore adds the tombstones of a checkpoint to the load, the newest time of those let go, and the salt of
// erased ids. It keeps what they refer to.
func (ld *Loader) Restore(tombstones []Tombstone, pruned column.Value, salt Salt) error {
	if ld.done {
		return ErrFinished
	}
	t := &ld.w.tombs
	if t.salt == (Salt{}) {
		t.salt = salt
	}
	for _, x := range tombstones {
		t.add(x)
		t.clock = max(t.clock, x.Received)
	}
	if column.Order(pruned, t.pruned) > 0 {
		t.pruned = pruned
	}
	return nil
}
