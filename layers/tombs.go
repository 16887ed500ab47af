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
	byID    map[tombKey]tombstone
	erased  int // of byID, those of erased ids
	salt    Salt
	queue   tombQueue    // in the order in which they go, with some that are gone already
	crowded uint64       // how many were let go for their number
	pruned  column.Value // the newest event time of those that were let go for their age or number
	clock   int64        // the newest time of receipt
}

// tombKey is an id, or what stands for one that was erased.
type tombKey struct {
	id     FeatureID
	erased bool
}

// tombstone is a delete without its id.
type tombstone struct {
	observed, version column.Value
	received          int64
}

// queued is a tombstone in the queue. It counts as long as byID has the same.
type queued struct {
	tombKey
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
	if c := cmp.Compare(q.id, o.id); c != 0 || q.erased == o.erased {
		return c
	}
	if q.erased {
		return 1
	}
	return -1
}

// find returns the tombstone of an id, erased or not.
func (t *tombstones) find(id FeatureID) (tombstone, bool) {
	if stone, ok := t.byID[tombKey{id, false}]; ok || t.erased == 0 {
		return stone, ok
	}
	stone, ok := t.byID[tombKey{t.salt.Hash(id), true}]
	return stone, ok
}

// isErased reports whether there is a tombstone of an id that was erased.
func (t *tombstones) isErased(id FeatureID) bool {
	if t.erased == 0 {
		return false
	}
	_, ok := t.byID[tombKey{t.salt.Hash(id), true}]
	return ok
}

// erase remembers that an id was removed, by its hash, and forgets the id.
func (t *tombstones) erase(id FeatureID, observed column.Value, received int64) {
	t.remove(tombKey{id, false})
	t.add(Tombstone{ID: t.salt.Hash(id), Erased: true, Observed: observed, Received: received})
	t.rebuild() // the queue may have the id
}

// remove takes a tombstone out of byID.
func (t *tombstones) remove(k tombKey) {
	if _, there := t.byID[k]; !there {
		return
	}
	delete(t.byID, k)
	if k.erased {
		t.erased--
	}
}

// rebuild makes the queue of what is in byID.
func (t *tombstones) rebuild() {
	clear(t.queue)
	t.queue = t.queue[:0]
	for key, stone := range t.byID {
		t.queue = append(t.queue, queued{key, stone})
	}
	heap.Init(&t.queue)
}

// put remembers that id was deleted.
func (t *tombstones) put(id FeatureID, s standing, received int64) {
	t.add(Tombstone{ID: FeatureID(strings.Clone(string(id))), Observed: s.observed, Version: s.version.Clone(), Received: received})
}

// add takes a tombstone and all that it refers to.
func (t *tombstones) add(x Tombstone) {
	if t.byID == nil {
		t.byID = map[tombKey]tombstone{}
	}
	q := queued{tombKey{x.ID, x.Erased}, tombstone{x.Observed, x.Version, x.Received}}
	if _, there := t.byID[q.tombKey]; !there && x.Erased {
		t.erased++
	}
	t.byID[q.tombKey] = q.tombstone
	heap.Push(&t.queue, q)
	if len(t.queue) > 2*len(t.byID)+1024 { // most of them are gone
		t.rebuild()
	}
}

// drop forgets that id was deleted or erased, because it is back.
func (t *tombstones) drop(id FeatureID) {
	t.remove(tombKey{id, false})
	if t.erased > 0 {
		t.remove(tombKey{t.salt.Hash(id), true})
	}
}

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
		if stone, there := t.byID[first.tombKey]; !there || stone != first.tombstone {
			heap.Pop(&t.queue)
			continue
		}
		if len(t.byID) <= o.MaxTombstones && (first.received == 0 || first.received >= oldest) {
			return
		}
		heap.Pop(&t.queue)
		t.remove(first.tombKey)
		if first.received == 0 || first.received >= oldest {
			t.crowded++
		}
		if column.Order(first.observed, t.pruned) > 0 {
			t.pruned = first.observed
		}
	}
}

// forgets reports whether prune would find something to let go of.
func (t *tombstones) forgets(received int64, o *Options) bool {
	if len(t.queue) == 0 {
		return false
	}
	first := t.queue[0]
	oldest := max(t.clock, received) - o.TombstoneAge.Microseconds()
	return len(t.byID) > o.MaxTombstones || first.received != 0 && first.received < oldest
}

// list returns all tombstones.
func (t *tombstones) list() []Tombstone {
	if len(t.byID) == 0 {
		return nil
	}
	out := make([]Tombstone, 0, len(t.byID))
	for k, s := range t.byID {
		out = append(out, Tombstone{k.id, k.erased, s.observed, s.version, s.received})
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
