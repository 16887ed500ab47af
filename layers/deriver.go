package layers

import (
	"iter"
	"slices"

	"hutong/layers/column"
	"hutong/layers/world"
)

// Deriver makes what a layer's snapshots hold beside features: what follows from them, as counts by cell.
// The layer's writer calls it within each commit, so that features and what follows from them are of one
// state and have one number (S1).
type Deriver interface {
	// Derive returns what follows from s, which is not published yet. from is what followed from the
	// snapshot before, and edits are all features in which s differs from it, each once, in no stated
	// order; from is nil for a layer's first snapshot and after a bulk load, and then there are no edits.
	// What it returns must depend on the features of s alone (S5, S8), must not change afterwards (S2), and
	// must keep nothing of edits. It must not write to what from reaches.
	Derive(from Derived, edits []Edit, s *Snapshot) Derived
}

// Derived is what a [Deriver] made. It never changes (S2).
type Derived interface {
	// Bytes returns the heap that it takes, parts that it shares with those of other snapshots included.
	Bytes() int
}

// Edit is a feature that a batch changed: how it was, and how it is.
type Edit struct {
	// Old is the feature as it was, in a block of the snapshot before; its Block is nil when there was none.
	Old Row
	// Gone says that there is none now; what follows is then empty.
	Gone bool
	// Located says that it has a place now; Place is its point, or the centre of its box ([Block.Point]).
	Located bool
	Place   world.Point
	// Values are its values now, in the order of the schema's fields; those that are lacking are null.
	Values []column.Value

	class class // where it is now, with key
	key   key
}

// Now returns the row of the feature as it is in s, the snapshot that [Deriver.Derive] is called with; it has
// no block when the feature is gone. Its cost is two binary searches.
func (e *Edit) Now(s *Snapshot) Row {
	if e.Gone {
		return Row{}
	}
	seq := s.sequences[e.class]
	b := s.table.block(seq[seq.find(e.key)].block)
	return Row{b, b.find(e.key)}
}

// Value returns the value of a field as it is now.
func (e *Edit) Value(field int) column.Value {
	if field < len(e.Values) {
		return e.Values[field]
	}
	return column.Value{}
}

// Located reports whether the row's feature has a place.
func (r Row) Located() bool { return r.Block.class != unlocated }

// Derived returns what the i-th of the layer's [Options.Derivers] made of s.
func (s *Snapshot) Derived(i int) Derived { return s.derived[i] }

// AllDerived yields what all of the layer's derivers made of s, in their order.
func (s *Snapshot) AllDerived() iter.Seq[Derived] { return slices.Values(s.derived) }

// derive lets the derivers make what follows from s. from is the snapshot before, nil when there is none
// that s differs from by the writer's edits.
func (w *writer) derive(from, s *Snapshot) {
	if len(w.opts.Derivers) == 0 {
		return
	}
	s.derived = make([]Derived, len(w.opts.Derivers))
	for i, d := range w.opts.Derivers {
		if from == nil {
			s.derived[i] = d.Derive(nil, nil, s)
		} else {
			s.derived[i] = d.Derive(from.derived[i], w.edits, s)
		}
	}
	clear(w.edits) // keep nothing of the batch
	w.edits = w.edits[:0]
}

// edit notes a feature that changed, for the derivers. old has no block for one that is new; p is nil for
// one that goes.
func (w *writer) edit(old Row, p *placed, values []column.Value) {
	if len(w.opts.Derivers) == 0 {
		return
	}
	e := Edit{Old: old, Gone: p == nil, Values: values}
	switch {
	case p == nil:
	case p.class == onePoint:
		e.Located, e.Place = true, p.point
	case p.class.isShape():
		e.Located, e.Place = true, centre(p.box)
	}
	if p != nil {
		e.class, e.key = p.class, p.key
	}
	w.edits = append(w.edits, e)
}
