package checkpoint

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"hutong/layers"
	"hutong/layers/column"
)

// Change is one thing that is not as it was when the checkpoint was written, and what became of it.
type Change struct {
	Layer layers.Name
	// Text is a line for people, without the layer's name.
	Text string
}

// String returns the line.
func (c Change) String() string { return fmt.Sprintf("layer %q: %s", string(c.Layer), c.Text) }

// SchemaError says that a field's values cannot become what the config now says they are. The layers are
// then as they were, and so is the checkpoint.
type SchemaError struct {
	Layer    layers.Name
	Field    string
	From, To column.Kind
	// Why is what stands in the way, never a value.
	Why string
}

// Error names the field, what is in the way and what to do.
func (e *SchemaError) Error() string {
	return fmt.Sprintf("checkpoint: layer %q: field %q was of type %s and is of type %s: %s. %s",
		string(e.Layer), e.Field, e.From, e.To, e.Why, e.advice())
}

func (e *SchemaError) advice() string {
	if e.From == e.To || e.To == column.String {
		return "Give the field a larger max_length, or another name: the old values are then dropped"
	}
	return fmt.Sprintf("Give the field the type %s again, or another name: the old values are then dropped", e.From)
}

// convert makes a value of a new type of one of the old type, or says why there is none.
type convert func(column.Value) (column.Value, error)

// widenings is the table of the types that a field's values can be taken over to: those that hold each
// value as it was. float and bool beside time and int would need a rule that nobody has stated.
var widenings = map[[2]column.Kind]convert{
	{column.Int, column.Float}:    floatOfInt,
	{column.Int, column.String}:   textOf(func(v column.Value) string { return strconv.FormatInt(v.Int(), 10) }),
	{column.Float, column.String}: textOf(func(v column.Value) string { return string(column.AppendFloat(nil, v.Float())) }),
	{column.Bool, column.String}:  textOf(func(v column.Value) string { return strconv.FormatBool(v.Bool()) }),
	{column.Time, column.String}:  textOf(func(v column.Value) string { return v.Time().Format(time.RFC3339Nano) }),
}

func floatOfInt(v column.Value) (column.Value, error) {
	f := float64(v.Int())
	// 2⁶³ is no int64, though the largest ones round to it.
	if f >= 1<<63 || int64(f) != v.Int() {
		return column.Value{}, errors.New("some of its numbers are no floats: they are beyond 2⁵³")
	}
	return column.FloatOf(f), nil
}

func textOf(text func(column.Value) string) convert {
	return func(v column.Value) (column.Value, error) { return column.StringOf(text(v)), nil }
}

// plan is how the values of a layer's file become those of the layer.
type plan struct {
	record *layerRecord
	schema *layers.Schema
	// source is by field of the schema: the field of the record whose values it gets, −1 for none.
	source []int
	// convert is by field of the schema; nil takes values as they are.
	convert []convert
	// tombstones are kept, and their versions converted; nil versions become null.
	tombstones bool
	versions   convert
	changes    []Change
}

// makePlan compares what was written with what is wanted. The error joins a [*SchemaError] for each
// field that cannot be.
func makePlan(record *layerRecord, schema *layers.Schema) (*plan, error) {
	p := &plan{
		record: record, schema: schema,
		source: make([]int, len(schema.Fields)), convert: make([]convert, len(schema.Fields)),
	}
	var errs []error
	wanted := map[string]bool{}
	for i := range schema.Fields {
		f := &schema.Fields[i]
		wanted[f.Name] = true
		p.source[i] = -1
		for k := range record.Schema.Fields {
			if record.Schema.Fields[k].Name == f.Name {
				p.source[i] = k
			}
		}
		if p.source[i] < 0 {
			p.report("field %q is new: null in %s", f.Name, count(record.Features.Rows, "feature"))
			continue
		}
		old := &record.Schema.Fields[p.source[i]]
		if from := old.kind(); from != f.Kind {
			p.convert[i] = widenings[[2]column.Kind{from, f.Kind}]
			if p.convert[i] == nil && record.Features.Rows > 0 {
				errs = append(errs, &SchemaError{record.Name, f.Name, from, f.Kind, fmt.Sprintf("a %s cannot become a %s", from, f.Kind)})
				continue
			}
			p.report("field %q was of type %s and is of type %s: its values were converted", f.Name, from, f.Kind)
		}
		if old.Private != f.Private {
			p.report("field %q is %s", f.Name, map[bool]string{true: "private now", false: "no longer private"}[f.Private])
		}
	}
	for k := range record.Schema.Fields {
		if name := record.Schema.Fields[k].Name; !wanted[name] {
			p.report("field %q is gone: its values in %s were dropped", name, count(record.Features.Rows, "feature"))
		}
	}
	p.planTombstones()
	return p, errors.Join(errs...)
}

// planTombstones decides what deletes still mean.
func (p *plan) planTombstones() {
	old, now := &p.record.Schema, p.schema
	n := 0
	if p.record.Tombstones != nil {
		n = p.record.Tombstones.Rows
	}
	p.tombstones = now.Observed != ""
	switch {
	case old.Observed == now.Observed:
	case now.Observed == "":
		p.report("changes have no event times now: %s dropped", count(n, "remembered delete"))
	case old.Observed == "":
		p.report("event times are now those of field %q", now.Observed)
	default:
		p.report("event times are now those of field %q, not %q: %s with the old ones kept", now.Observed, old.Observed, count(n, "remembered delete"))
	}
	from, to := old.kind(old.Version), column.Null
	if i := now.FieldIndex(now.Version); i >= 0 {
		to = now.Fields[i].Kind
	}
	switch {
	case !p.tombstones || old.Version == now.Version && from == to:
		p.versions = func(v column.Value) (column.Value, error) { return v, nil }
	case old.Version == now.Version && widenings[[2]column.Kind{from, to}] != nil:
		p.versions = widenings[[2]column.Kind{from, to}]
		p.report("versions are compared as %s now", to)
	default:
		p.report("versions are now those of %s: %s kept without one", orNone(now.Version), count(n, "remembered delete"))
	}
}

func orNone(field string) string {
	if field == "" {
		return "no field"
	}
	return fmt.Sprintf("field %q", field)
}

func (p *plan) report(format string, args ...any) {
	p.changes = append(p.changes, Change{p.record.Name, fmt.Sprintf(format, args...)})
}

// value makes the value of a field of the schema of what the file has for it.
func (p *plan) value(field int, v column.Value) (column.Value, error) {
	f := &p.schema.Fields[field]
	from := v.Kind()
	if c := p.convert[field]; c != nil && !v.IsNull() {
		var err error
		if v, err = c(v); err != nil {
			return v, &SchemaError{p.record.Name, f.Name, from, f.Kind, err.Error()}
		}
	}
	most := f.MaxLength
	if most == 0 {
		most = layers.DefaultMaxLength
	}
	if n := len(v.Text()); n > most {
		return v, &SchemaError{p.record.Name, f.Name, from, f.Kind, fmt.Sprintf("a value of it has %d bytes of text, more than its max_length of %d", n, most)}
	}
	return v, nil
}

// count says how many.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
