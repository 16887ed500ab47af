package ingest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"hutong/layers"
	"hutong/layers/column"
)

// The fields that a layer has for the order of changes when none of its own says it. They are private, and
// no field of a config can be called so.
const (
	HiddenPrefix  = "$"
	ObservedField = "$observed" // of kind time: when a change happened
	VersionField  = "$version"  // decides between changes of the same time
)

// MaxDeleteValues is the most values of a [DeleteRule].
const MaxDeleteValues = 64

// DeleteRule says which records delete. Such a record needs an id; of the rest only what says when it
// happened is read. It is not refused for a place or a value that another record could not have.
type DeleteRule struct {
	// From is the property, as in [FieldMapping.From], and Values are those of its values, as they stand
	// in the record, that delete. A record without the property does not. A table may lack the column.
	From   string
	Values []string
	// Expression says it instead: a record for which it is true deletes. See [CheckExpression].
	Expression string
}

// check says what is wrong with r, or nil.
func (r *DeleteRule) check() error {
	switch {
	case r.Expression != "" && r.From != "":
		return errors.New("it has both a property and an expression")
	case r.Expression != "":
		return CheckExpression(r.Expression, column.Bool)
	case r.From == "" && len(r.Values) > 0:
		return errors.New("it has values and no property")
	case r.From != "" && len(r.Values) == 0:
		return errors.New("it has a property and none of its values")
	case len(r.From) > MaxPath:
		return fmt.Errorf("a property name of %d bytes, more than %d", len(r.From), MaxPath)
	case len(r.Values) > MaxDeleteValues:
		return fmt.Errorf("%d values are more than %d", len(r.Values), MaxDeleteValues)
	}
	return nil
}

// deletion is a [DeleteRule] made ready.
type deletion struct {
	source int // −1 when there is none
	values []string
	field  *field // with the expression; nil when there is none
}

func (m *Mapper) newDeletion(r *DeleteRule, e *expression) deletion {
	d := deletion{source: -1, values: r.Values}
	if r.From != "" {
		d.source = m.index[r.From]
	}
	if e != nil {
		for _, name := range e.properties {
			e.sources = append(e.sources, m.index[name])
		}
		d.field = &field{name: "delete", kind: column.Bool, source: -1, expression: e}
	}
	return d
}

// delete reports whether it is done with the record at hand: it deletes, and became a change or was refused,
// or nobody can tell whether it deletes, and it was refused.
func (p *Parser) delete() (done bool) {
	d := &p.m.deletes
	switch {
	case d.source >= 0:
		if c := &p.cells[d.source]; c.kind <= null || c.kind == nested || !slices.Contains(d.values, c.text) {
			return false
		}
	case d.field != nil:
		if v, ok := p.value(d.field); !ok || !v.Bool() {
			return !ok
		}
	default:
		return false
	}
	p.findNulls()
	id, ok := p.id()
	if !ok {
		return true
	}
	values, ok := p.when()
	if !ok {
		return true
	}
	p.slab.Changes = append(p.slab.Changes, layers.Change{
		Op: layers.Delete, Feature: layers.Feature{ID: layers.FeatureID(id), Values: values},
	})
	return true
}

// when makes the values of the record at hand that say when it happened, the others null. Without an event
// time it is the time of receipt: a delete that is older than everything would do nothing. ok is false once
// it refused the record.
func (p *Parser) when() (values []column.Value, ok bool) {
	if p.m.observed < 0 {
		return nil, true
	}
	n, values := p.room()
	clear(values)
	for _, i := range []int{p.m.observed, p.m.version} {
		if i < 0 {
			continue
		}
		if values[i], ok = p.value(&p.m.fields[i]); !ok {
			p.values = p.values[:n]
			return nil, false
		}
	}
	if values[p.m.observed].IsNull() {
		values[p.m.observed] = column.MicrosOf(p.received)
	}
	if p.m.maxFuture > 0 && p.ahead(values) {
		p.values = p.values[:n]
		return nil, false
	}
	return values, true
}

// ahead reports whether the event time among values is too far ahead, and refuses the record at hand then.
func (p *Parser) ahead(values []column.Value) bool {
	if p.m.observed < 0 {
		return false
	}
	v := values[p.m.observed]
	if v.IsNull() || v.Micros() <= p.now+p.m.maxFuture.Microseconds() {
		return false
	}
	f := &p.m.fields[p.m.observed]
	value := masked
	if !f.private {
		value = v.Time().Format(time.RFC3339Nano)
	}
	p.refuse(ReasonFuture, f.name, value, fmt.Sprintf("a time at most %s ahead of now, which is %s",
		p.m.maxFuture, time.UnixMicro(p.now).UTC().Format(time.RFC3339)))
	return true
}
