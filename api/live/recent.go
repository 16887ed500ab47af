package live

import (
	"slices"

	"hutong/layers"
)

// window is what changed while changes were collected.
type window struct {
	// prev is the sequence that clients knew before the window was told, last the one after it. They are
	// the same when both windows hold a part of one state.
	prev, last layers.Seq
	dirty      map[*layer]*dirty // nil when there was nothing to tell
}

// note adds a change of l. One that moved nothing, as of a file that says the same again, only counts on.
func (w *window) note(l *layer, d *layers.Delta) {
	w.last = max(w.last, d.Seq)
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

// missed reports whether a client that knows everything up to seq may not know all of w. A client is at
// seq because the hub was: it knows what was told before that.
func (w *window) missed(seq layers.Seq) bool { return w.prev >= seq || w.last > seq }

// recent are the last windows, for clients that come back.
type recent struct {
	most, mostCells int
	windows         []window // a ring once it is full; oldest at first
	first           int
	cells           int
	// floor is the lowest sequence from which clients can follow.
	floor layers.Seq
}

// add adds a window and drops the oldest ones beyond the bounds.
func (r *recent) add(w window) {
	for _, d := range w.dirty {
		d.seal()
	}
	r.windows = append(r.windows, w)
	r.cells += w.cells()
	for len(r.windows)-r.first > r.most || r.cells > r.mostCells && len(r.windows)-r.first > 1 {
		old := &r.windows[r.first]
		r.cells -= old.cells()
		r.floor = max(r.floor, old.last, old.prev+1)
		*old = window{}
		r.first++
	}
	if r.first > r.most { // half of the slice is empty
		r.windows = slices.Delete(r.windows, 0, r.first) // which forgets what they hold
		r.first = 0
	}
}

// since returns the windows that a client at seq may not know all of; ok is false when that is not known any
// more. Windows never change once they are here, so what they hold is read without the hub's mutex.
func (r *recent) since(seq layers.Seq) (missed []window, ok bool) {
	if seq < r.floor {
		return nil, false
	}
	all := r.windows[r.first:]
	from := 0
	for from < len(all) && !all[from].missed(seq) {
		from++
	}
	return slices.Clone(all[from:]), true
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
