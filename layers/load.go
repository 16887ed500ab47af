package layers

import (
	"errors"
	"slices"
	"strings"

	"github.com/paulmach/orb"
)

// A run ends with the change that brings it to one of these.
const (
	runRows  = 1 << 15  // rows, replaced ones included, or ids, deleted ones included
	runBytes = 32 << 20 // bytes of ids, of strings and of vertices: far below the 4 GiB that a column can hold
)

// Loader fills an empty layer faster than batches would: it sorts changes into runs of blocks as
// they come and merges the runs into final blocks when they end, giving each run's memory back as
// it goes. What it holds beyond the rows that become the store:
//
//   - the run under way: at most 32,768 rows, and 32 MiB of text and vertices and one change;
//   - rows that a later run replaced: as many as half of all, at least 32,768, and one run's more;
//   - of these rows the ids, unless their features stayed where they were.
//
// Its own id index of all rows is let go before the layer's is made.
//
// Changes mean what they mean in batches of a feed that tells the whole state ([Batch.Snapshot]): of
// several to one id the last counts, or the newest in a layer with event times. In such a layer the first
// change of an id is loaded, and the others are applied behind the load in their order; once there are
// 32,768 of them, or 32 MiB of text and vertices, what was loaded so far is put together, and all that
// comes after is applied as batches are. Nothing is visible before Finish. A Loader belongs to one
// goroutine; until Finish or Abort the layer's other writers wait.
type Loader struct {
	layer *Layer
	w     *writer
	done  bool

	// The run under way: a block of rows in order of arrival, and what Finish needs of each.
	places   []placed
	dead     []bool                 // replaced or deleted later in the run
	seen     map[FeatureID]int32    // row of each id in the run, −1 when it was deleted
	bytes    int                    // of the ids, strings and vertices of the run's changes
	arriving [classes]*blockBuilder // rows in order of arrival

	runs       []run
	rows       int                  // in runs, replaced ones included
	superseded int                  // changes of ids that had come in an earlier run: as many rows at most are replaced
	numbers    indexWriter          // of every row in runs: which ids may have come before
	latest     map[FeatureID]latest // ids that came in more than one run at different places, or were deleted in a later one

	ordered *ordered // of a load by [Loader.AddOrdered], else nil

	// In a layer with event times: changes of ids that came before, and deletes.
	again      []Change
	deleted    map[FeatureID]struct{} // of those the ones deleted
	againBytes int
	assembled  bool // the runs are in the writer, and changes are applied to it
}

// latest is where the newest change of an id put it.
type latest struct {
	entry   entry
	deleted bool
}

// Load begins a bulk load of a layer at Seq 0, which no batch, not even an empty one, and no load has
// changed; otherwise the error is [ErrNotEmpty].
func (l *Layer) Load() (*Loader, error) {
	l.mu.Lock()
	if l.writer.seq != 0 {
		l.mu.Unlock()
		return nil, ErrNotEmpty
	}
	ld := &Loader{layer: l, w: l.writer}
	ld.newBuilders()
	ld.seen = make(map[FeatureID]int32, runRows)
	ld.latest = map[FeatureID]latest{}
	ld.numbers = newIndexWriter(0)
	return ld, nil
}

// Add takes changes, all or none: the error is a [*ChangeError]. It keeps nothing of the slice, and of
// its strings the ids until their run is sorted; it copies what it keeps for longer.
func (ld *Loader) Add(changes []Change) error {
	switch {
	case ld.done:
		return ErrFinished
	case ld.ordered != nil:
		return ErrMixed
	}
	places := make([]placed, len(changes))
	for i := range changes {
		if changes[i].Op == Erase {
			return &ChangeError{Layer: ld.w.schema.Name, Index: i, ID: changes[i].Feature.ID, Err: errors.New("an erasure in a bulk load")}
		}
		p, err := ld.w.schema.place(i, &changes[i])
		if err != nil {
			return err
		}
		places[i] = p
	}
	if ld.assembled {
		ld.applyMore(changes, places)
		return nil
	}
	for i := range changes {
		if ld.w.observed >= 0 && ld.cameBefore(&changes[i], &places[i]) {
			ld.putAside(&changes[i], &places[i])
			if len(ld.again) >= runRows || ld.againBytes >= runBytes {
				ld.assemble()
				ld.applyMore(changes[i+1:], places[i+1:])
				return nil
			}
			continue
		}
		ld.add(&changes[i], places[i])
		if len(ld.places) >= runRows || len(ld.seen) >= runRows || ld.bytes >= runBytes {
			ld.endRun()
		}
	}
	return nil
}

func (ld *Loader) add(c *Change, p placed) {
	ld.bytes += len(c.Feature.ID)
	if before, ok := ld.seen[c.Feature.ID]; ok && before >= 0 {
		ld.dead[before] = true
	}
	if c.Op == Delete {
		ld.seen[c.Feature.ID] = -1
		return
	}
	for i := range c.Feature.Values {
		ld.bytes += len(c.Feature.Values[i].Text())
	}
	ld.seen[c.Feature.ID] = int32(len(ld.places))
	ld.places = append(ld.places, p)
	ld.dead = append(ld.dead, false)
	if p.shape != nil {
		ld.bytes += bytesOfVertex * len(p.shape.X)
		ld.places[len(ld.places)-1].shape = nil // the builder has it
	}
	ld.arriving[p.class].appendNew(p, c.Feature.Values)
}

func (ld *Loader) newBuilders() {
	for c := range ld.arriving {
		ld.arriving[c] = newBlockBuilder(ld.w.schema, ld.w.dicts)
	}
}

// endRun sorts the rows that came into blocks and starts the next run.
func (ld *Loader) endRun() {
	ld.noteLatest()
	var r run
	var rows [classes]uint32 // rows of each class so far
	var order [classes][]sortedRow
	for i := range ld.places {
		p := &ld.places[i]
		if !ld.dead[i] {
			order[p.class] = append(order[p.class], sortedRow{p.key, rows[p.class]})
		}
		rows[p.class]++
	}
	empty := true
	for c, builder := range ld.arriving {
		if builder.len() == 0 {
			continue
		}
		arrived := builder.finish()
		slices.SortFunc(order[c], func(a, b sortedRow) int { return a.key.compare(b.key) })
		r[c] = cutPicked(builder, arrived, order[c], ld.w.opts)
		ld.rows += len(order[c])
		empty = empty && len(r[c]) == 0
	}
	if !empty {
		ld.runs = append(ld.runs, r)
	}
	clear(ld.places) // they have the ids
	clear(ld.seen)
	ld.places, ld.dead, ld.bytes = ld.places[:0], ld.dead[:0], 0
	ld.limitDictionaries()
	if ld.superseded > max(runRows, ld.rows/2) {
		ld.compact()
	}
}

// sortedRow is a row of a run on its way into key order.
type sortedRow struct {
	key key
	row uint32
}

// cutPicked makes blocks of rows of one arrived block, in the order given.
func cutPicked(builder *blockBuilder, arrived *Block, order []sortedRow, o Options) []*Block {
	var blocks []*Block
	picked := make([]uint32, 0, o.MaxRows)
	for _, size := range blockSizes(len(order), o) {
		picked = picked[:0]
		for _, r := range order[:size] {
			picked = append(picked, r.row)
		}
		order = order[size:]
		builder.appendPicked(arrived, picked)
		blocks = append(blocks, builder.finish())
	}
	return blocks
}

// noteLatest finds which ids of the run under way came before, at another place or to be deleted.
func (ld *Loader) noteLatest() {
	for id, row := range ld.seen {
		number, _ := idKey(id)
		var e entry
		if row >= 0 {
			p := &ld.places[row]
			e = newEntry(number, p.class, p.key.hilbert)
		}
		before, same := 0, false
		ld.numbers.each(number, func(old entry) bool {
			before++
			same = same || row >= 0 && old == e
			return true
		})
		_, noted := ld.latest[id]
		if before > 0 {
			ld.superseded++
			if noted || !same || before > 1 {
				// The id is the caller's, and may be a piece of something large.
				ld.latest[FeatureID(strings.Clone(string(id)))] = latest{e, row < 0}
			}
		}
		if row >= 0 && !same {
			ld.numbers.add(e)
		}
	}
}

// limitDictionaries gives up the dictionaries that have more strings than the rows so far warrant;
// the runs that have them are recoded when they are merged. None of the others can fill up in the
// next run: they have at most [largeDictionary] strings, and a run has at most [runRows] more.
func (ld *Loader) limitDictionaries() {
	changed := false
	for field, dict := range ld.w.dicts {
		if dict != nil && dict.Len() > dictionaryLimit(ld.rows) {
			ld.w.dicts[field] = nil
			changed = true
		}
	}
	if changed {
		ld.newBuilders()
	}
}

// compact merges the runs into one without the rows that were replaced.
func (ld *Loader) compact() {
	var merged run
	ld.rows = 0
	ld.numbers = newIndexWriter(0)
	for c := range classes {
		ld.merge(c, newBlockBuilder(ld.w.schema, ld.w.dicts), func(b *Block) {
			merged[c] = append(merged[c], b)
			ld.rows += b.Len()
			for row := range b.Len() {
				ld.numbers.add(newEntry(b.numbers[row], c, b.hilbert(row)))
			}
		})
	}
	ld.runs = append(ld.runs[:0], merged)
	ld.superseded = 0
	clear(ld.latest)
}

// Finish makes all that was added visible as one state and ends the load.
func (ld *Loader) Finish() (Delta, error) { return ld.FinishAt(1) }

// FinishAt is Finish with the number of the state that it makes, at least 1.
func (ld *Loader) FinishAt(seq Seq) (Delta, error) {
	if ld.done {
		return Delta{}, ErrFinished
	}
	ld.assemble()
	ld.done = true
	w := ld.w
	w.seq = max(seq, 1)
	delta := Delta{Layer: w.schema.Name, Seq: w.seq, Inserted: w.located() + w.counts[unlocated], Everywhere: true}
	w.delta = Delta{}
	w.dropScratch()
	ld.layer.publish(nil)
	ld.release()
	return delta, nil
}

// assemble puts the runs together in the writer, and applies what was put aside.
func (ld *Loader) assemble() {
	if ld.assembled {
		return
	}
	ld.endRun()
	ld.assembled = true
	w := ld.w
	ld.numbers = indexWriter{} // the store's own index is made below, of exactly its size
	w.builder = newBlockBuilder(w.schema, w.dicts)
	for c := range classes {
		ld.merge(c, w.builder, func(b *Block) {
			w.sequences[c] = append(w.sequences[c], leaf{lower: ownKey(b.key(0)), block: w.addBlock(b)})
			w.counts[c] += b.Len()
		})
		w.sequences[c] = slices.Clip(w.sequences[c])
	}
	w.buildIndex()
	w.settleWholeCoverage()
	w.settleClashes()
	w.settleDictionaries()
	again := ld.again
	ld.again, ld.againBytes, ld.deleted = nil, 0, nil
	places := make([]placed, len(again))
	for i := range again {
		p, err := w.schema.place(i, &again[i])
		if err != nil {
			panic("layers: " + err.Error()) // Add has placed it before
		}
		places[i] = p
	}
	ld.applyMore(again, places)
}

// applyMore applies changes to what is put together.
func (ld *Loader) applyMore(changes []Change, places []placed) {
	for len(changes) > 0 {
		n := min(len(changes), runRows)
		ld.w.apply(&Batch{Layer: ld.w.schema.Name, Changes: changes[:n], Snapshot: true}, places[:n])
		changes, places = changes[n:], places[n:]
	}
}

// cameBefore reports whether a change is one that a load cannot take at once: of an id that came before,
// or of one that shares its number, or a delete.
func (ld *Loader) cameBefore(c *Change, p *placed) bool {
	if c.Op == Delete {
		return true
	}
	if _, ok := ld.deleted[c.Feature.ID]; ok {
		return true
	}
	if _, ok := ld.seen[c.Feature.ID]; ok {
		return true
	}
	before := false
	ld.numbers.each(p.key.number, func(entry) bool {
		before = true
		return false
	})
	return before
}

// putAside keeps a copy of a change for later.
func (ld *Loader) putAside(c *Change, p *placed) {
	own := Change{Op: c.Op, Feature: Feature{ID: FeatureID(strings.Clone(string(c.Feature.ID))), Geometry: orb.Clone(c.Feature.Geometry)}}
	own.Feature.Values = slices.Clone(c.Feature.Values)
	ld.againBytes += len(own.Feature.ID)
	for i, v := range own.Feature.Values {
		own.Feature.Values[i] = v.Clone()
		ld.againBytes += len(v.Text())
	}
	if p.shape != nil {
		ld.againBytes += 16 * len(p.shape.X) // of an orb.Point
	}
	if c.Op == Delete {
		if ld.deleted == nil {
			ld.deleted = map[FeatureID]struct{}{}
		}
		ld.deleted[own.Feature.ID] = struct{}{}
	}
	ld.again = append(ld.again, own)
}

// Abort gives the load up; the layer stays empty. After Finish it does nothing.
func (ld *Loader) Abort() {
	if !ld.done {
		ld.done = true
		ld.layer.writer = newWriter(ld.w.schema, ld.w.opts)
		ld.release()
	}
}

func (ld *Loader) release() {
	layer := ld.layer
	*ld = Loader{done: true}
	layer.mu.Unlock()
}

// buildIndex makes the id index of all blocks and notes the numbers that more than one feature has.
func (w *writer) buildIndex() {
	w.index = newFilledIndex(w.located()+w.counts[unlocated], func(yield func(entry)) {
		for c, seq := range w.sequences {
			for _, l := range seq {
				b := w.table.table.block(l.block)
				for row, n := range b.numbers {
					yield(newEntry(n, class(c), b.hilbert(row)))
				}
			}
		}
	})
	w.index.repeated(func(number uint64) { w.clashes[number] = struct{}{} })
}
