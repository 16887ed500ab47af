package record

import (
	"fmt"

	"hutong/layers"
	"hutong/layers/column"
)

// Difference is one way in which a schema differs from what it was when a batch was written.
type Difference struct {
	Layer layers.Name
	// Field is the field; "" when the whole layer is gone.
	Field string
	// Was and Is are its types then and now; Null where there is no such field.
	Was, Is column.Kind
}

// String says what happens to the batches.
func (d Difference) String() string {
	switch {
	case d.Field == "":
		return fmt.Sprintf("layer %q is no longer there: its changes are passed over", d.Layer)
	case d.Is == column.Null:
		return fmt.Sprintf("layer %q: field %q is no longer there: its values are dropped", d.Layer, d.Field)
	case d.Was == column.Null:
		return fmt.Sprintf("layer %q: field %q is new: it is null in older changes", d.Layer, d.Field)
	default:
		return fmt.Sprintf("layer %q: field %q was %s and is %s: its values are converted", d.Layer, d.Field, d.Was, d.Is)
	}
}

// SchemaError says that what the log holds cannot be brought into the schema of today.
type SchemaError struct {
	Layer   layers.Name
	Field   string
	Was, Is column.Kind
	Reason  string
}

// Error names the layer, the field, both types, the reason and what to do, never a value (S10).
func (e *SchemaError) Error() string {
	s := fmt.Sprintf("record: layer %q: field %q: the log has it as %s and the config says %s: %s", e.Layer, e.Field, e.Was, e.Is, e.Reason)
	if e.Was == e.Is {
		return s
	}
	return s + fmt.Sprintf("; make it %s again, or give the new field another name", e.Was)
}

// plan is how the changes of one layer in one section become those of its schema today.
type plan struct {
	name   layers.Name
	was    []column.Kind
	schema *layers.Schema // nil when the layer is gone
	to     []int          // field then → field now, −1 when it is gone
	as     []conversion
	same   bool // fields are those of then, in the same order
}

// plan compares a layer of a table with its schema.
func (d *Decoder) plan(name layers.Name, names []string, kinds []column.Kind) (*plan, error) {
	p := &plan{name: name, was: kinds, schema: d.schemas[name]}
	if p.schema == nil {
		d.tell(Difference{Layer: name})
		return p, nil
	}
	p.to, p.as = make([]int, len(names)), make([]conversion, len(names))
	p.same = len(names) == len(p.schema.Fields)
	found := make([]bool, len(p.schema.Fields))
	for i, field := range names {
		j := p.schema.FieldIndex(field)
		if p.to[i] = j; j < 0 {
			p.same = false
			d.tell(Difference{Layer: name, Field: field, Was: kinds[i]})
			continue
		}
		found[j] = true
		is := p.schema.Fields[j].Kind
		if p.as[i] = conversionOf(kinds[i], is); p.as[i] == nil {
			return nil, &SchemaError{Layer: name, Field: field, Was: kinds[i], Is: is, Reason: "one cannot be converted into the other"}
		}
		if is != kinds[i] {
			d.tell(Difference{Layer: name, Field: field, Was: kinds[i], Is: is})
		}
		p.same = p.same && i == j && is == kinds[i]
	}
	for j, ok := range found {
		if !ok {
			d.tell(Difference{Layer: name, Field: p.schema.Fields[j].Name, Is: p.schema.Fields[j].Kind})
		}
	}
	return p, nil
}

// put puts the value of a field of then where it belongs today.
func (p *plan) put(values []column.Value, i int, v column.Value) error {
	j := p.to[i]
	if j < 0 || v.IsNull() {
		return nil
	}
	f := &p.schema.Fields[j]
	refuse := func(reason string) error {
		return &SchemaError{Layer: p.name, Field: f.Name, Was: p.was[i], Is: f.Kind, Reason: reason}
	}
	v, err := p.as[i](v)
	if err != nil {
		return refuse(err.Error())
	}
	longest := f.MaxLength
	if longest == 0 {
		longest = layers.DefaultMaxLength
	}
	if n := len(v.Text()); n > longest {
		return refuse(fmt.Sprintf("the log has a text of %d bytes, more than %d; raise the field's max_length", n, longest))
	}
	values[j] = v
	return nil
}
