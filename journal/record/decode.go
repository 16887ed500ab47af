package record

import (
	"math"
	"strings"

	"hutong/internal/wkb"
	"hutong/layers"
	"hutong/layers/column"
)

// maxPlans bounds the schema tables whose plans are kept: a log has as many as its config had versions
// and sources mixed layers.
const maxPlans = 1024

// The fewest bytes of what a section counts.
const (
	minLayer  = 3 // a name of one byte, no fields
	minField  = 3 // a name of one byte, a type
	minBatch  = 5 // index, no source, time, flags, no changes
	minChange = 3 // flags, an id, no values
)

// Decoder reads bodies into the schemas of today. It belongs to one goroutine.
type Decoder struct {
	schemas map[layers.Name]*layers.Schema
	report  func(Difference)
	told    map[Difference]bool
	plans   map[string][]*plan
	last    string // the key of the plans used last
	passed  int
}

// NewDecoder returns a decoder into schemas. report, which may be nil, is told each difference between
// a schema and what was written by an older one, once.
func NewDecoder(schemas map[layers.Name]*layers.Schema, report func(Difference)) *Decoder {
	return &Decoder{schemas: schemas, report: report, told: map[Difference]bool{}, plans: map[string][]*plan{}}
}

// Passed returns how many changes were passed over because their layers are gone.
func (d *Decoder) Passed() int { return d.passed }

func (d *Decoder) tell(x Difference) {
	if d.told[x] || len(d.told) >= maxPlans {
		return
	}
	d.told[x] = true
	if d.report != nil {
		d.report(x)
	}
}

// Body returns the batches of a body, in their order, sharing no memory with it. Batches of layers that
// are no longer there are passed over. The error is [ErrCorrupt] or a [*SchemaError]; then there are no
// batches. No count in body makes it take more memory than a multiple of its length.
func (d *Decoder) Body(body []byte) ([]Batch, error) {
	r := &reader{b: body, s: string(body)}
	var out []Batch
	for r.i < len(body) && r.err == nil {
		r.end = len(body)
		n := r.fixed32()
		if r.err == nil && uint64(n) > uint64(len(body)-r.i) {
			r.fail("a section of %d bytes, of which %d are there", n, len(body)-r.i)
		}
		if r.err != nil {
			break
		}
		r.end = r.i + int(n)
		if out = d.section(r, out); r.err == nil && r.i != r.end {
			r.fail("%d bytes behind the batches of a section", r.end-r.i)
		}
	}
	if r.err != nil {
		return nil, r.err
	}
	return out, nil
}

func (d *Decoder) section(r *reader, out []Batch) []Batch {
	plans := d.table(r)
	for range r.count(minBatch, "batches") {
		index := r.uvarint()
		if r.err == nil && index >= uint64(len(plans)) {
			r.fail("a batch of layer %d of %d", index, len(plans))
		}
		if r.err != nil {
			return nil
		}
		p := plans[index]
		b := Batch{Source: r.text()}
		b.Layer, b.Received = p.name, r.varint()
		flags := r.byte()
		if flags&^(batchSnapshot|batchSalt) != 0 {
			r.fail("no batch has the flags %#x", flags)
		}
		b.Snapshot = flags&batchSnapshot != 0
		if flags&batchSalt != 0 {
			b.Salt = r.salt()
		}
		n := r.count(minChange, "changes")
		b.Changes = make([]layers.Change, 0, min(n, 1024))
		for range n {
			c := r.change(p)
			if r.err != nil {
				return nil
			}
			if p.schema != nil {
				b.Changes = append(b.Changes, c)
			}
		}
		if p.schema == nil {
			d.passed += n
			continue
		}
		out = append(out, b)
	}
	return out
}

// table reads a section's schemas, or finds the plans of one with the same bytes.
func (d *Decoder) table(r *reader) []*plan {
	// A table says itself where it ends, so one that starts with another is that one.
	if d.last != "" && r.err == nil && strings.HasPrefix(r.s[r.i:r.end], d.last) {
		r.i += len(d.last)
		return d.plans[d.last]
	}
	start := r.i
	type known struct {
		name  layers.Name
		names []string
		kinds []column.Kind
	}
	var all []known
	for range r.count(minLayer, "layers") {
		k := known{name: layers.Name(r.text())}
		n := r.count(minField, "fields")
		if n > layers.MaxFields {
			r.fail("%d fields, more than %d", n, layers.MaxFields)
			return nil
		}
		for range n {
			k.names = append(k.names, r.text())
			kind := column.Kind(r.byte())
			if r.err == nil && (kind < column.String || kind > column.Time) {
				r.fail("no type %d of a field", kind)
			}
			k.kinds = append(k.kinds, kind)
		}
		if r.err != nil {
			return nil
		}
		all = append(all, k)
	}
	if r.err != nil {
		return nil
	}
	key := r.s[start:r.i]
	if plans, ok := d.plans[key]; ok {
		d.last = strings.Clone(key) // its own memory: the body's goes
		return plans
	}
	plans := make([]*plan, len(all))
	for i, k := range all {
		var err error
		if plans[i], err = d.plan(k.name, k.names, k.kinds); err != nil {
			r.err = err
			return nil
		}
	}
	if len(d.plans) >= maxPlans {
		clear(d.plans)
	}
	d.last = strings.Clone(key)
	d.plans[d.last] = plans
	return plans
}

func (r *reader) change(p *plan) layers.Change {
	var c layers.Change
	flags := r.byte()
	if flags&^(changeDelete|changeGeometry|changeErase) != 0 || flags&changeDelete != 0 && flags&changeErase != 0 {
		r.fail("no change has the flags %#x", flags)
	}
	switch {
	case flags&changeDelete != 0:
		c.Op = layers.Delete
	case flags&changeErase != 0:
		c.Op = layers.Erase
	}
	c.Feature.ID = layers.FeatureID(r.text())
	if flags&changeGeometry != 0 {
		n := r.fixed32()
		if at, ok := r.take(int(n)); ok {
			g, err := wkb.Decode(r.b[at:r.i])
			if err != nil {
				r.fail("%w", err)
			}
			c.Feature.Geometry = g
		}
	}
	c.Feature.Values = r.values(p)
	return c
}

// values reads a change's values into the places that they have today.
func (r *reader) values(p *plan) []column.Value {
	n := r.uvarint()
	if r.err == nil && n > uint64(len(p.was)) {
		r.fail("%d values for %d fields", n, len(p.was))
	}
	nulls, ok := r.take(int(n+7) / 8)
	if !ok || n == 0 {
		return nil
	}
	var values []column.Value
	switch {
	case p.schema == nil:
	case p.same:
		values = make([]column.Value, n)
	default:
		values = make([]column.Value, len(p.schema.Fields))
	}
	for i := range int(n) {
		if r.b[nulls+i/8]>>(i%8)&1 != 0 {
			continue
		}
		v := r.value(p.was[i])
		if r.err != nil {
			return nil
		}
		if p.schema == nil {
			continue
		}
		if err := p.put(values, i, v); err != nil {
			r.err = err
			return nil
		}
	}
	return values
}

func (r *reader) value(k column.Kind) column.Value {
	switch k {
	case column.String:
		return column.StringOf(r.text())
	case column.Int:
		return column.IntOf(r.varint())
	case column.Time:
		return column.MicrosOf(r.varint())
	case column.Float:
		return column.FloatOf(math.Float64frombits(r.fixed64()))
	case column.Bool:
		b := r.byte()
		if b > 1 {
			r.fail("a bool of %d", b)
		}
		return column.BoolOf(b == 1)
	case column.Null:
	}
	return column.Value{}
}
