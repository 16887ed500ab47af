package layers

import (
	"cmp"
	"container/heap"
	"strings"
	"time"

	"hutong/layers/column"
)

// The bounds of a layer's tombstones unless [Options] say otherwise.
const (
	DefaultTombstoneAge  = 30 * 24 * time.Hour
	DefaultMaxTombstones = 1_000_000
)

// tombstones are the deletes that a layer remembers: about 250 bytes each, with an id of 16. They belong
// to the writer.
type tombstones struct {
	byID   map[FeatureID]tombstone
	queue  tombQueue    // in the order in which they go, with some that are gone already
	pruned column.Value // the newest event time of those that were let go for their age or number
	clock  int64        // the newest time of receipt
}

// tombstone is a delete without its id.
type tombstone struct {
	observed, version column.Value
	received          int64
}

// queued is a tombstone in the queue. It counts as long as byID has the same.
type queued struct {
	id FeatureID
	tombstone
}

// compare orders tombstones as they go: the earliest received first, those without a time last.
func (q *queued) compare(o *queued) int {
	switch {
	case q.received != o.received && (q.received == 0 || o.received == 0):
		return cmp.Compare(o.received, q.received)
	case q.received != o.received:
		return cmp.Compare(q.received, o.received)
	}
	if c := column.Order(q.observed, o.observed); c != 0 {
		return c
	}
	return cmp.Compare(q.id, o.id)
}

// put remembers that id was deleted.
func (t *tombstones) put(id FeatureID, s standing, received int64) {
	t.add(Tombstone{ID: FeatureID(strings.Clone(string(id))), Observed: s.observed, Version: s.version.Clone(), Received: received})
}

// add takes a tombstone and all that it refers to.
func (t *tombstones) add(x Tombstone) {
	if t.byID == nil {
		t.byID = map[FeatureID]tombstone{}
	}
	q := queued{x.ID, tombstone{x.Observed, x.Version, x.Received}}
	t.byID[x.ID] = q.tombstone
	heap.Push(&t.queue, q)
	if len(t.queue) > 2*len(t.byID)+1024 { // most of them are gone
		t.queue = t.queue[:0]
		for id, stone := range t.byID {
			t.queue = append(t.queue, queued{id, stone})
		}
		heap.Init(&t.queue)
	}
}

// drop forgets that id was deleted, because it is back.
func (t *tombstones) drop(id FeatureID) { delete(t.byID, id) }

// tooLate reports whether a change of an id of which nothing is known may be older than a tombstone that
// is gone.
func (t *tombstones) tooLate(observed column.Value) bool {
	return !t.pruned.IsNull() && column.Order(observed, t.pruned) <= 0
}

// prune lets go of what is too old by the clock of a batch, and of what is too much.
func (t *tombstones) prune(received int64, o *Options) {
	t.clock = max(t.clock, received)
	oldest := t.clock - o.TombstoneAge.Microseconds()
	for len(t.queue) > 0 {
		first := t.queue[0]
		if stone, there := t.byID[first.id]; !there || stone != first.tombstone {
			heap.Pop(&t.queue)
			continue
		}
		if len(t.byID) <= o.MaxTombstones && (first.received == 0 || first.received >= oldest) {
			return
		}
		heap.Pop(&t.queue)
		delete(t.byID, first.id)
		if column.Order(first.observed, t.pruned) > 0 {
			t.pruned = first.observed
		}
	}
}

// list returns all tombstones.
func (t *tombstones) list() []Tombstone {
	if len(t.byID) == 0 {
		return nil
	}
	out := make([]Tombstone, 0, len(t.byID))
	for id, s := range t.byID {
		out = append(out, Tombstone{id, s.observed, s.version, s.received})
	}
	return out
}

// tombQueue is a heap by [queued.compare].
type tombQueue []queued

// Len, Less, Swap, Push and Pop are those of [heap.Interface].
func (q tombQueue) Len() int           { return len(q) }
func (q tombQueue) Less(i, j int) bool { return q[i].compare(&q[j]) < 0 }
func (q tombQueue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }

// Push appends x, a queued.
func (q *tombQueue) Push(x any) {
	if stone, ok := x.(queued); ok {
		*q = append(*q, stone)
	}
}

// Pop takes the last one away.
func (q *tombQueue) Pop() any {
	last := len(*q) - 1
	x := (*q)[last]
	(*q)[last] = queued{}
	*q = (*q)[:last]
	return x
}
