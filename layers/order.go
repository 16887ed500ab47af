package layers

import (
	"bytes"
	"encoding/binary"
	"slices"

	"hutong/layers/column"
)

// How event time decides (design §4.4).
//
// Of two changes to one id the newer counts, whichever comes first: by the value of the field
// [Schema.Observed], then by that of [Schema.Version]; null is older than any. Of equal ones a delete
// counts before an upsert, and of two upserts the one whose canonical encoding is larger. So the same
// changes give the same layer in any order, however often each comes and however they are cut into
// batches, as far back as tombstones reach. In a batch of a feed that tells the whole state
// ([Batch.Snapshot]) the later of equal ones counts instead: what is written in the file now is right.
//
// A change meets what the layer holds of its id: the change before it in the batch that counted, else
// the feature, else the tombstone. docs/formats/event-time.md draws the canonical encoding.

// standing is what a layer holds of an id, or a change that may take its place.
type standing struct {
	observed, version column.Value
	deleted           bool

	// Where the state is unless it is deleted: in a change, or in a row.
	change *Change
	place  *placed
	block  *Block
	row    int
}

// incoming returns what a change wants to be.
func (w *writer) incoming(c *Change, p *placed) standing {
	return standing{
		observed: valueAt(c.Feature.Values, w.observed), version: valueAt(c.Feature.Values, w.version),
		deleted: c.Op != Upsert, change: c, place: p,
	}
}

// located is where a feature is, if it is there.
type located struct {
	at
	exists bool
}

// stored returns what the layer holds of an id, and where when it is a feature.
func (w *writer) stored(id FeatureID, p *placed) (s standing, where located, found bool) {
	if at, ok := w.locate(p.key.number, p.key.text); ok {
		b := w.table.table.block(w.sequences[at.class][at.leaf].block)
		s = standing{observed: b.columns[w.observed].Value(at.row), block: b, row: at.row}
		if w.version >= 0 {
			s.version = b.columns[w.version].Value(at.row)
		}
		return s, located{at, true}, true
	}
	t, ok := w.tombs.find(id)
	return standing{observed: t.observed, version: t.version, deleted: true}, located{}, ok
}

// valueAt returns the value of a field, null when there are fewer or i is −1.
func valueAt(values []column.Value, i int) column.Value {
	if i < 0 || i >= len(values) {
		return column.Value{}
	}
	return values[i]
}

// settleOrder finds the changes that count: w.last has the index of that of each id, if one does, and
// w.found where its feature is. It fills outcomes.
func (w *writer) settleOrder(b *Batch, places []placed, outcomes []Outcome) {
	w.found = slices.Grow(w.found[:0], len(b.Changes))[:len(b.Changes)]
	for i := range b.Changes {
		c := &b.Changes[i]
		id, next := c.Feature.ID, w.incoming(c, &places[i])
		var now standing
		found := true
		if at, ok := w.last[id]; ok {
			now, w.found[i] = w.incoming(&b.Changes[at], &places[at]), w.found[at]
			if b.Changes[at].Op == Erase {
				now.observed, now.version = w.erasures[at], column.Value{}
			}
		} else {
			now, w.found[i], found = w.stored(id, &places[i])
		}
		switch {
		case c.Op == Erase:
			w.settleErasure(int32(i), c, &now, found) //nolint:gosec // a batch is far below 2³¹ changes
		case found:
			outcomes[i] = w.decide(&now, &next, b.Snapshot)
		case !b.Snapshot && w.tombs.tooLate(next.observed): // a file has no times of receipt, and says what is
			outcomes[i] = TooLate
		}
		if outcomes[i] == Applied {
			w.last[id] = int32(i) //nolint:gosec // a batch is far below 2³¹ changes
			if c.Op == Upsert {
				delete(w.erasing, id)
			}
		}
	}
}

// decide says what becomes of next, whose id stands as now.
func (w *writer) decide(now, next *standing, snapshot bool) Outcome {
	order := column.Order(next.observed, now.observed)
	if order == 0 {
		order = column.Order(next.version, now.version)
	}
	same := false
	if order == 0 {
		order, same = w.compareState(now, next)
	}
	switch {
	case same:
		return Duplicate
	case order > 0 || snapshot && w.equalMoment(now, next):
		return Applied
	default:
		return Late
	}
}

// equalMoment reports whether two have the same time and version.
func (w *writer) equalMoment(a, b *standing) bool {
	return column.Order(a.observed, b.observed) == 0 && column.Order(a.version, b.version) == 0
}

// compareState orders two by what they are.
func (w *writer) compareState(now, next *standing) (order int, same bool) {
	switch {
	case now.deleted && next.deleted:
		return 0, true
	case next.deleted:
		return 1, false
	case now.deleted:
		return -1, false
	}
	w.canonical[0] = w.appendCanonical(w.canonical[0][:0], now)
	w.canonical[1] = w.appendCanonical(w.canonical[1][:0], next)
	order = bytes.Compare(w.canonical[1], w.canonical[0])
	return order, order == 0
}

// appendCanonical appends the canonical encoding of an upsert: what the store keeps of it, and nothing of
// how it came.
func (w *writer) appendCanonical(dst []byte, s *standing) []byte {
	if s.block != nil {
		dst = s.block.appendGeometry(dst, s.row)
		for _, c := range s.block.columns {
			dst = appendValue(dst, c.Value(s.row))
		}
		return dst
	}
	dst = s.place.appendGeometry(dst)
	for i := range w.schema.Fields {
		dst = appendValue(dst, valueAt(s.change.Feature.Values, i))
	}
	return dst
}

// The first byte of a geometry in the canonical encoding; those of shapes are their kinds above it.
const (
	canonicalNone = iota
	canonicalPoint
	canonicalShape
)

func (b *Block) appendGeometry(dst []byte, row int) []byte {
	switch b.class {
	case unlocated:
		return append(dst, canonicalNone)
	case onePoint:
		return appendXY(append(dst, canonicalPoint), b.x[row], b.y[row])
	default:
	}
	s := b.shapes
	dst = append(dst, canonicalShape+byte(s.Kinds[row]))
	first, last := int(s.Parts[row]), int(s.Parts[row+1])
	dst = binary.BigEndian.AppendUint32(dst, uint32(last-first)) //nolint:gosec // at most layers.MaxVertices
	for part := first; part < last; part++ {
		from, to := s.Part(part)
		dst = appendVertices(dst, s.X[from:to], s.Y[from:to])
	}
	return dst
}

func (p *placed) appendGeometry(dst []byte) []byte {
	switch p.class {
	case unlocated:
		return append(dst, canonicalNone)
	case onePoint:
		return appendXY(append(dst, canonicalPoint), p.point.X, p.point.Y)
	default:
	}
	s := p.shape
	dst = append(dst, canonicalShape+byte(s.Kind))
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(s.Ends))) //nolint:gosec // at most layers.MaxVertices
	from := uint32(0)
	for _, to := range s.Ends {
		dst = appendVertices(dst, s.X[from:to], s.Y[from:to])
		from = to
	}
	return dst
}

func appendVertices(dst []byte, xs, ys []uint32) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(xs))) //nolint:gosec // at most layers.MaxVertices
	for i, x := range xs {
		dst = appendXY(dst, x, ys[i])
	}
	return dst
}

func appendXY(dst []byte, x, y uint32) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(dst, x), y)
}

// appendValue appends the kind of a value and its bits: of a string its length and bytes.
func appendValue(dst []byte, v column.Value) []byte {
	dst = append(dst, byte(v.Kind()))
	switch v.Kind() {
	case column.Null:
		return dst
	case column.String:
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(v.Text()))) //nolint:gosec // at most column.MaxText
		return append(dst, v.Text()...)
	default:
		return binary.BigEndian.AppendUint64(dst, v.Bits())
	}
}
