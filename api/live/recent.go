package live

import (
	"cmp"
	"slices"

	"hutong/layers"
)

// How a client goes on where it was.
//
// The number of a set of layers is the newest of theirs that was told, so nobody hears of changes elsewhere (S10). The
// hub tells in ticks. A client that has a number heard all that was told up to the tick at which its set came to it, and
// perhaps more: several changes may have one number, and those of layers that are in no log have that of the newest other
// which their audience sees. So it gets what was told of its layers behind that tick. An id also names the set that it counts for. One of another set is as
// old as the first tick at which any layer that its client may see had the number.
//
// Layers of different audiences are remembered apart: how long something is remembered tells how much was told meanwhile.

// move is how the number of a layer moved with a window.
type move struct{ prev, last layers.Seq }

// window is what changed of the layers of one audience while changes were collected.
type window struct {
	tick  uint64 // when it was told
	moved map[*layer]move
	dirty map[*layer]*dirty // nil when there was nothing to tell
}

// note adds a change of l. One that moved nothing, as of a file that says the same again, only counts on.
func (w *window) note(l *layer, d *layers.Delta) {
	if w.moved == nil {
		w.moved = map[*layer]move{}
	}
	w.moved[l] = move{last: max(w.moved[l].last, d.Seq)}
	counts := d.Inserted + d.Updated + d.Deleted
	if !d.Everywhere && counts == 0 && len(d.Places) == 0 && len(d.Boxes) == 0 {
		return
	}
	w.of(l).note(l.zoom, d)
}

// of returns what is dirty of l, to be added to.
func (w *window) of(l *layer) *dirty {
	if w.dirty == nil {
		w.dirty = map[*layer]*dirty{}
	}
	if w.dirty[l] == nil {
		w.dirty[l] = &dirty{}
	}
	return w.dirty[l]
}

func (w *window) cells() (n int) {
	for _, d := range w.dirty {
		n += len(d.order)
	}
	return n
}

// recent are the last windows of an audience, for clients that come back.
type recent struct {
	most, mostCells int
	windows         []window // a ring once it is full; oldest at first
	first           int
	cells           int
}

// add adds a window and drops the oldest ones beyond the bounds. Windows with nothing to tell become one.
func (r *recent) add(w window) {
	for _, d := range w.dirty {
		d.seal()
	}
	if n := len(r.windows); n > r.first && w.dirty == nil && r.windows[n-1].dirty == nil {
		all := r.windows[n-1].moved
		for l, m := range w.moved {
			if before, there := all[l]; there {
				m.prev = before.prev
			}
			all[l] = m
		}
		return
	}
	r.windows = append(r.windows, w)
	r.cells += w.cells()
	for len(r.windows)-r.first > r.most || r.cells > r.mostCells && len(r.windows)-r.first > 1 {
		old := &r.windows[r.first]
		r.cells -= old.cells()
		old.drop()
		*old = window{}
		r.first++
	}
	if r.first > r.most { // half of the slice is empty
		r.windows = slices.Delete(r.windows, 0, r.first) // which forgets what they hold
		r.first = 0
	}
}

// drop has the layers of a window know that it is remembered no more.
func (w *window) drop() {
	for l, m := range w.moved {
		if m.last > m.prev {
			l.base, l.reached = m.last, w.tick
		}
	}
	for l := range w.dirty {
		l.dropped = w.tick
	}
}

// reached returns the tick at which the first of list came to the number seq or beyond it, as far as it is remembered,
// 0 for longer ago or before the start; passed says that it went beyond. list is of r's audience.
func (r *recent) reached(seq layers.Seq, list []*layer) (tick uint64, passed bool) {
	told := make(map[*layer]layers.Seq, len(list))
	for _, l := range list {
		told[l] = l.told
	}
	newest := func() (n layers.Seq) {
		for _, s := range told {
			n = max(n, s)
		}
		return n
	}
	now := newest()
	for i := len(r.windows) - 1; i >= r.first; i-- {
		w := &r.windows[i]
		for l, m := range w.moved {
			if _, ours := told[l]; ours {
				told[l] = m.prev
			}
		}
		before := newest()
		if before < seq {
			return w.tick, now > seq
		}
		now = before
	}
	if now > seq {
		return 0, true
	}
	for _, l := range list {
		if l.base == seq && (tick == 0 || l.reached < tick) {
			if tick = l.reached; tick == 0 {
				break
			}
		}
	}
	return tick, false
}

// since returns the windows with something of list that a client may not know which has the number seq of the layers
// known; ok is false when that is not remembered any more. Windows never change once they have something to tell, so
// what they hold is read without the hub's mutex, which is held here.
func (h *Hub) since(seq layers.Seq, known, list []*layer) (missed []window, ok bool) {
	if seq < startOf(list) {
		return nil, false
	}
	tick, passed, some := uint64(0), false, false
	for audience, r := range h.recent {
		ours := slices.DeleteFunc(slices.Clone(known), func(l *layer) bool { return l.Audience != audience })
		if newestOf(ours) < seq {
			continue // it is another's
		}
		at, beyond := r.reached(seq, ours)
		switch {
		case !some || at < tick:
			tick, passed, some = at, beyond, true
		case at == tick:
			passed = passed || beyond
		}
	}
	unknown := func(at uint64) bool { return at > tick || passed && at == tick }
	for _, l := range list {
		if l.dropped > 0 && unknown(l.dropped) {
			return nil, false
		}
	}
	for _, r := range h.recent {
		for _, w := range r.windows[r.first:] {
			if unknown(w.tick) && slices.ContainsFunc(list, func(l *layer) bool { return w.dirty[l] != nil }) {
				missed = append(missed, w)
			}
		}
	}
	slices.SortStableFunc(missed, func(a, b window) int { return cmp.Compare(a.tick, b.tick) })
	return missed, true
}

// newestOf returns the newest number of list that was told: that of a set.
func newestOf(list []*layer) (seq layers.Seq) {
	for _, l := range list {
		seq = max(seq, l.told)
	}
	return seq
}

// startOf returns the number of a set from which its clients can follow.
func startOf(list []*layer) (seq layers.Seq) {
	for _, l := range list {
		seq = max(seq, l.start)
	}
	return seq
}

// merged returns what of list changed in windows.
func merged(windows []window, list []*layer) (all window) {
	for i := range windows {
		for _, l := range list {
			if d := windows[i].dirty[l]; d != nil {
				all.of(l).merge(d)
			}
		}
	}
	return all
}
