package layers

import (
	"errors"
	"fmt"

	"hutong/layers/column"
)

// ErrOrder says that features are not in the order in which a snapshot has them.
var ErrOrder = errors.New("layers: the features are not in canonical order")

// ErrMixed says that a load got changes by [Loader.Add] and by [Loader.AddOrdered].
var ErrMixed = errors.New("layers: a load takes changes in one way only")

// Prepared is features that were checked and placed: see [Schema.Prepare].
type Prepared struct {
	schema  *Schema
	changes []Change
	places  []placed
}

// Len returns the number of features.
func (p Prepared) Len() int { return len(p.changes) }

// Prepare checks upserts for a layer with schema s and finds where they go, all or none: the error is a
// [*ChangeError]. That is most of the work of a load, above all of polygons, and may run in any
// goroutine. The result keeps changes, which must not change until it was added.
func (s *Schema) Prepare(changes []Change) (Prepared, error) {
	p := Prepared{s, changes, make([]placed, len(changes))}
	for i := range changes {
		if changes[i].Op != Upsert {
			return Prepared{}, &ChangeError{Layer: s.Name, Index: i, ID: changes[i].Feature.ID, Err: errors.New("want an upsert")}
		}
		var err error
		if p.places[i], err = s.place(i, &changes[i]); err != nil {
			return Prepared{}, err
		}
	}
	return p, nil
}

// ordered is a load of features that come in key order: they are cut into final blocks as they come.
type ordered struct {
	classes [classes]orderedClass
	size    int // rows of a block
	limited int // rows when the dictionaries were last limited
}

type orderedClass struct {
	builder *blockBuilder
	last    key
	blocks  []*Block
}

// AddOrdered takes features in the order in which the blocks of a [Snapshot] hold them, as a checkpoint
// keeps them: within each class of place and size by their keys, rising. It is several times faster
// than [Loader.Add], because nothing is sorted, looked up or merged. Each id must come once in the
// whole load: of that only what the order shows is checked. The error is [ErrOrder], of whose features none
// is kept, or [ErrMixed]. p must be of the layer's schema.
func (ld *Loader) AddOrdered(p Prepared) error {
	switch {
	case ld.done:
		return ErrFinished
	case p.schema != ld.w.schema:
		return fmt.Errorf("%w: features prepared for another schema than %q", ErrLayer, ld.w.schema.Name)
	case ld.ordered == nil && (len(ld.runs) > 0 || len(ld.seen) > 0):
		return ErrMixed
	case ld.ordered == nil:
		ld.ordered = &ordered{size: (ld.w.opts.MinRows + 3*ld.w.opts.MaxRows) / 4}
	}
	o := ld.ordered
	if err := o.check(p.places); err != nil {
		return err
	}
	for i := range p.places {
		place := &p.places[i]
		c := &o.classes[place.class]
		if c.builder == nil {
			c.builder = newBlockBuilder(ld.w.schema, ld.w.dicts)
		}
		c.last = place.key
		c.builder.appendNew(*place, p.changes[i].Feature.Values)
		ld.rows++
		if c.builder.len() == o.size {
			c.blocks = append(c.blocks, c.builder.finish())
		}
		if ld.rows-o.limited >= runRows {
			ld.limitOrdered()
		}
	}
	return nil
}

// check says what is out of order in places, which come behind what there is.
func (o *ordered) check(places []placed) error {
	var last [classes]*key
	for c := range o.classes {
		if o.classes[c].builder != nil {
			last[c] = &o.classes[c].last
		}
	}
	for i := range places {
		p := &places[i]
		if before := last[p.class]; before != nil && before.compare(p.key) >= 0 {
			return fmt.Errorf("%w: feature %d does not come behind the one before it", ErrOrder, i)
		}
		last[p.class] = &p.key
	}
	return nil
}

// limitOrdered is [Loader.limitDictionaries] for the builders of an ordered load: a builder that loses a
// dictionary goes on as another one with the rows it has.
func (ld *Loader) limitOrdered() {
	ld.ordered.limited = ld.rows
	before := append([]*column.Dictionary(nil), ld.w.dicts...)
	ld.limitDictionaries()
	for field, dict := range ld.w.dicts {
		if dict == before[field] {
			continue
		}
		for c := range ld.ordered.classes {
			class := &ld.ordered.classes[c]
			if class.builder == nil {
				continue
			}
			next := newBlockBuilder(ld.w.schema, ld.w.dicts)
			if class.builder.len() > 0 {
				rows := class.builder.finish()
				next.appendRows(rows, 0, rows.Len())
			}
			class.builder = next
		}
		return
	}
}

// emitOrdered gives emit the blocks of class c.
func (ld *Loader) emitOrdered(c class, builder *blockBuilder, emit func(*Block)) {
	class := &ld.ordered.classes[c]
	if class.builder == nil {
		return
	}
	blocks := class.blocks
	if class.builder.len() > 0 {
		blocks = append(blocks, class.builder.finish())
	}
	*class = orderedClass{}
	if n := len(blocks); n > 1 && blocks[n-1].Len() < ld.w.opts.MinRows { // shared out evenly with the one before
		cut := newCutter(builder, blocks[n-2].Len()+blocks[n-1].Len(), ld.w.opts)
		cut.appendRows(blocks[n-2], 0, blocks[n-2].Len())
		cut.appendRows(blocks[n-1], 0, blocks[n-1].Len())
		blocks = append(blocks[:n-2], cut.finish()...)
	}
	for i, b := range blocks {
		blocks[i] = nil
		for field, values := range b.columns {
			if codes, ok := values.(*column.Codes); ok && ld.w.dicts[field] == nil {
				b.columns[field] = column.Recode(codes, nil)
			}
			ld.w.noteOverflow(field, b.columns[field])
		}
		emit(b)
	}
}
