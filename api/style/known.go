package style

import (
	"slices"
	"sync"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/view"
	"hutong/styles"
)

// maxValues is the most values that are remembered of a field.
const maxValues = 64

// known remembers what the fields of one layer hold, as [view.Layer.Summaries] tells.
//
// Values that are known stay known, whatever becomes of the features that had them, unless one was erased: colours are
// handed out in the order of the alphabet, so that they change only when a new value appears, or then.
type known struct {
	mu     sync.Mutex // guards what follows
	fields map[string]styles.Known
	seq    layers.Seq // the state that they tell of
}

// of returns what is known of the fields that d shows. Read only.
func (k *known) of(l *view.Layer, d *styles.Drawing) map[string]styles.Known {
	if !slices.ContainsFunc(l.Schema().Fields, func(f layers.Field) bool { return shows(d, f.Name) }) {
		return nil // nothing will ever be
	}
	sums, seq := l.Summaries()
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.seq < l.LastErasure() {
		k.fields = nil // only one who was erased may have had a value (S10)
	}
	if k.fields == nil || seq > k.seq {
		k.fields, k.seq = learn(k.fields, l.Schema(), sums, d), seq
	}
	return k.fields
}

// learn returns before with what a layer's summaries tell besides.
func learn(before map[string]styles.Known, schema *layers.Schema, sums []view.Summary, d *styles.Drawing) map[string]styles.Known {
	fields := map[string]styles.Known{}
	for i, sum := range sums {
		f := &schema.Fields[i]
		if !shows(d, f.Name) {
			continue
		}
		was := before[f.Name]
		one := styles.Known{Values: was.Values, More: was.More, Nulls: was.Nulls || sum.Nulls > 0}
		switch f.Kind {
		case column.String:
			limit := maxValues
			if f.Name == d.Category {
				limit = styles.MaxSwatches
			}
			one = add(one, &sum, limit)
		case column.Int, column.Float:
			if !sum.Min.IsNull() {
				one.Range = &[2]float64{number(sum.Min), number(sum.Max)}
			}
		default:
		}
		fields[f.Name] = one
	}
	return fields
}

// shows reports whether what a field holds says how d looks.
func shows(d *styles.Drawing, name string) bool {
	return slices.Contains([]string{d.Category, d.Status, d.Number, d.Class}, name)
}

// add adds the common values of a text field to what is known of it, the most common first, up to a
// limit.
func add(one styles.Known, sum *view.Summary, limit int) styles.Known {
	one.Values = slices.Clone(one.Values)
	one.More = one.More || sum.Values > 0 && (sum.Distinct == 0 || sum.Distinct > len(sum.Common))
	for _, c := range sum.Common {
		switch value := c.Value.Text(); {
		case slices.Contains(one.Values, value):
		case len(one.Values) < limit:
			one.Values = append(one.Values, value)
		default:
			one.More = true
		}
	}
	return one
}

// number is the value of an int or a float.
func number(v column.Value) float64 {
	if v.Kind() == column.Int {
		return float64(v.Int())
	}
	return v.Float()
}
