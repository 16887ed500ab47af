package layers

import (
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"hutong/layers/column"
)

// Options are a layer's measures.
type Options struct {
	// MinRows and MaxRows bound a block: it is split above MaxRows and merged with a neighbour
	// below MinRows. 0 means 128 and 512. MaxRows is at least twice MinRows, and as many of the
	// longest values of any one field are less than 4 GiB.
	MinRows, MaxRows int
	// TombstoneAge is how long a layer with event times remembers a delete, by the clock of
	// [Batch.Received]; 0 is [DefaultTombstoneAge]. MaxTombstones is how many it remembers at most, 0 is
	// [DefaultMaxTombstones]; when there are more those received first go.
	TombstoneAge  time.Duration
	MaxTombstones int
	// Derivers make what the layer's snapshots hold beside features, see [Snapshot.Derived].
	Derivers []Deriver
}

const (
	defaultMinRows = 128
	defaultMaxRows = 512
	maxRows        = 1 << 16
	maxBlockText   = math.MaxUint32 // bytes of a field's text in a block: columns count them in 32 bits
	maxScratch     = 1 << 16        // changes of a batch after which the writer keeps its scratch
)

// Validate returns what is wrong with o, or nil. [New] also looks at the schema.
func (o Options) Validate() error {
	o = o.withDefaults()
	if o.MinRows < 1 || o.MaxRows < 2*o.MinRows || o.MaxRows > maxRows {
		return fmt.Errorf("layers: blocks of %d to %d rows: want at least 1, at most %d, and a maximum of twice the minimum or more",
			o.MinRows, o.MaxRows, maxRows)
	}
	if o.TombstoneAge < 0 || o.MaxTombstones < 0 {
		return fmt.Errorf("layers: tombstones kept for %v, at most %d: want neither below 0", o.TombstoneAge, o.MaxTombstones)
	}
	return nil
}

func (o Options) withDefaults() Options {
	if o.TombstoneAge == 0 {
		o.TombstoneAge = DefaultTombstoneAge
	}
	if o.MaxTombstones == 0 {
		o.MaxTombstones = DefaultMaxTombstones
	}
	if o.MinRows == 0 {
		o.MinRows = defaultMinRows
	}
	if o.MaxRows == 0 {
		o.MaxRows = max(defaultMaxRows, 2*o.MinRows)
	}
	return o
}

// fits returns the fields of which a block with these measures could have too much text, or nil.
func (o Options) fits(s *Schema) error {
	o = o.withDefaults()
	var errs []error
	for i := range s.Fields {
		f := &s.Fields[i]
		if f.Kind == column.String && int64(o.MaxRows)*int64(f.maxLength()) > maxBlockText {
			errs = append(errs, fmt.Errorf("layers: %s: field %q: a block of %d rows of up to %d bytes could have 4 GiB of text or more",
				s.Name, f.Name, o.MaxRows, f.maxLength()))
		}
	}
	return errors.Join(errs...)
}

// ErrLayer says that a batch is for another layer.
var ErrLayer = errors.New("layers: the batch is for another layer")

// ErrSeq says that a batch makes a state that the layer has passed.
var ErrSeq = errors.New("layers: the batch is behind the layer")

// ErrNotEmpty says that a layer already holds features, so it cannot be bulk-loaded.
var ErrNotEmpty = errors.New("layers: the layer is not empty")

// ErrFinished says that a bulk load was already finished or given up.
var ErrFinished = errors.New("layers: the load is already finished")

// Layer is the live state of one layer. All methods may be called from any goroutine: writers wait
// for each other (S1), readers for nobody.
type Layer struct {
	schema  *Schema
	current atomic.Pointer[Snapshot]

	tombstones, crowded atomic.Int64 // of current

	mu     sync.Mutex // guards writer
	writer *writer
}

// New returns an empty layer at Seq 0. It keeps schema, which must not change afterwards.
func New(schema *Schema, opts Options) (*Layer, error) {
	if err := errors.Join(schema.Validate(), opts.Validate(), opts.fits(schema)); err != nil {
		return nil, err
	}
	l := &Layer{schema: schema, writer: newWriter(schema, opts.withDefaults())}
	l.publish(nil)
	return l, nil
}

// publish makes the writer's state the newest. from is the snapshot that it differs from by the writer's
// edits, nil when these do not tell.
func (l *Layer) publish(from *Snapshot) {
	s := l.writer.publish()
	l.writer.derive(from, s)
	l.current.Store(s)
	l.tombstones.Store(int64(len(l.writer.tombs.byID)))
	l.crowded.Store(int64(l.writer.tombs.crowded))
}

// Name returns the layer's name.
func (l *Layer) Name() Name { return l.schema.Name }

// Schema returns the layer's schema, which never changes.
func (l *Layer) Schema() *Schema { return l.schema }

// Snapshot returns the newest published state.
func (l *Layer) Snapshot() *Snapshot { return l.current.Load() }

// Forgets reports whether a batch received then would have the layer forget tombstones, for their age or number. Batches of
// upserts for which it is false can be applied as one, in their order, with the same result.
func (l *Layer) Forgets(received int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.writer.tombs.forgets(received, &l.writer.opts)
}

// Apply makes all changes of b visible together, or none: then the error is a [*ChangeError] that
// names the first one refused, [ErrLayer] or [ErrSeq]. It keeps nothing of b.
func (l *Layer) Apply(b Batch) (Delta, error) {
	if b.Layer != l.schema.Name {
		return Delta{}, fmt.Errorf("%w: %q, not %q", ErrLayer, b.Layer, l.schema.Name)
	}
	places := make([]placed, len(b.Changes))
	for i := range b.Changes {
		if b.Changes[i].Op == Erase && b.Salt == (Salt{}) {
			return Delta{}, &ChangeError{Layer: b.Layer, Index: i, ID: b.Changes[i].Feature.ID, Err: errors.New("an erasure without a salt")}
		}
		p, err := l.schema.place(i, &b.Changes[i])
		if err != nil {
			return Delta{}, err
		}
		places[i] = p
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if b.Seq != 0 && b.Seq <= l.writer.seq {
		return Delta{}, fmt.Errorf("%w: state %d behind state %d", ErrSeq, b.Seq, l.writer.seq)
	}
	delta := l.writer.apply(&b, places)
	l.publish(l.current.Load())
	if len(b.Changes) > maxScratch {
		l.writer.dropScratch()
	}
	return delta, nil
}
