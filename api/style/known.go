package style

import (
	"slices"
	"sync"
	"time"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/view"
	"hutong/styles"
)

const (
	// share is the most of a core's time that reading what one layer holds may take.
	share = 1.0 / 1000
	// rest is the shortest time between two such reads; while nothing is known it is restUnknown.
	rest        = time.Minute
	restUnknown = time.Second
	// maxValues is the most values that are remembered of a field.
	maxValues = 64
)

// known remembers what the fields of one layer hold. Finding out reads every value of the layer
// (about 4 ms for each field of a million features), so it is done when a style is first asked for,
// and again only when the layer has changed since and rest has passed, or so much more that it takes
// no more than its share. Meanwhile everybody gets what was known.
//
// Values that are known stay known, whatever becomes of the features that had them: colours are
// handed out in the order of the alphabet, so that they change only when a new value appears.
type known struct {
	mu     sync.Mutex // guards what follows
	made   bool
	seq    layers.Seq
	next   time.Time // when it may be read again
	fields map[string]styles.Known
	now    func() time.Time
}

// of returns what is known of the fields that d shows. Read only.
func (k *known) of(v *view.View, d *styles.Drawing) map[string]styles.Known {
	k.mu.Lock()
	defer k.mu.Unlock()
	start := k.now()
	if k.made && (k.seq >= v.Seq() || start.Before(k.next)) {
		return k.fields
	}
	fields, some := learn(k.fields, v, d)
	k.made, k.seq, k.fields = true, v.Seq(), fields
	end := k.now()
	wait := max(time.Duration(float64(end.Sub(start))/share), restUnknown)
	if some {
		wait = max(wait, rest)
	}
	k.next = end.Add(wait)
	return k.fields
}

// learn returns before with what v holds besides, and whether that is anything.
func learn(before map[string]styles.Known, v *view.View, d *styles.Drawing) (fields map[string]styles.Known, some bool) {
	fields = map[string]styles.Known{}
	shown := []string{d.Category, d.Status, d.Number, d.Class}
	if !slices.ContainsFunc(v.Schema().Fields, func(f layers.Field) bool { return slices.Contains(shown, f.Name) }) {
		return fields, true // nothing will ever be
	}
	for i, sum := range v.Summaries() {
		f := &v.Schema().Fields[i]
		if !slices.Contains(shown, f.Name) {
			continue
		}
		was := before[f.Name]
		one := styles.Known{Values: was.Values, More: was.More, Nulls: was.Nulls || sum.Values < v.Count()}
		switch f.Kind {
		case column.String:
			limit := maxValues
			if f.Name == d.Category {
				limit = styles.MaxSwatches
			}
			one = add(one, &sum, limit)
			some = some || len(one.Values) > 0
		case column.Int, column.Float:
			if !sum.Min.IsNull() {
				one.Range = &[2]float64{number(sum.Min), number(sum.Max)}
				some = true
			}
		default:
		}
		fields[f.Name] = one
	}
	return fields, some
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
