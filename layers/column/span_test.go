package column

import (
	"math/rand/v2"
	"testing"
)

// TestComparisonsOfManyRows compares comparisons, and two of them at once, of columns of several words with a
// look at each row: of rows that nearly all or hardly any are selected, of which many or few were left.
func TestComparisonsOfManyRows(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 9))
	for range 3000 {
		kind := kinds[r.IntN(len(kinds))]
		ds := dictsFor(kind)
		values := manyValues(r, kind, 1+r.IntN(300))
		columns := []Column{build(kind, ds[r.IntN(len(ds))], values)}
		v, w := values[r.IntN(len(values))], values[r.IntN(len(values))]
		a, b := Compare(r.IntN(6)), Compare(r.IntN(6))
		left := NewBits(len(values))
		for i := range values {
			if r.IntN(1<<r.IntN(7)) == 0 {
				left.Set(i)
			}
		}
		for name, c := range map[string]struct {
			p     Predicate
			holds func(Value) bool
		}{
			"one":  {Where(0, a, v), func(x Value) bool { return a.holds(order(x, v)) }},
			"both": {And(Where(0, a, v), Where(0, b, w)), func(x Value) bool { return !w.IsNull() && a.holds(order(x, v)) && b.holds(order(x, w)) }},
			"not both": {
				And(Where(0, a, v), Where(0, b, w)).Not(),
				func(x Value) bool { return !w.IsNull() && (!a.holds(order(x, v)) || !b.holds(order(x, w))) },
			},
		} {
			if v.IsNull() || w.IsNull() {
				continue
			}
			got := append(Bits(nil), left...)
			c.p.Filter(columns, got)
			some := false
			for i, x := range values {
				want := left.Has(i) && !x.IsNull() && c.holds(x)
				some = some || want
				if got.Has(i) != want {
					t.Fatalf("%s: %v %v and %v %v of %T: row %d, %v: got %t, want %t", name, a, v, b, w, columns[0], i, x, !want, want)
				}
			}
			if some && c.p.Skips(columns) {
				t.Fatalf("%s: %v %v and %v %v of %T: skipped", name, a, v, b, w, columns[0])
			}
		}
	}
}

// manyValues returns n values, of which one is as often there as all others, or hardly ever.
func manyValues(r *rand.Rand, k Kind, n int) []Value {
	values := randomValues(r, k, n)
	common, share := values[0], 1+r.IntN(20)
	for i := range values {
		if r.IntN(share) > 0 {
			values[i] = common
		}
	}
	if r.IntN(2) == 0 {
		for i, v := range values {
			if v.IsNull() {
				values[i] = values[0]
			}
		}
	}
	return values
}

// TestLookupsAreNotKeptTooLong checks that a string that comes into a dictionary later is found, and that
// another dictionary is asked anew.
func TestLookupsAreNotKeptTooLong(t *testing.T) {
	t.Parallel()
	first, second := NewDictionary(), NewDictionary()
	p := Where(0, Equal, StringOf("late"))
	count := func(d *Dictionary, texts ...string) int {
		var values []Value
		for _, text := range texts {
			values = append(values, StringOf(text))
		}
		rows := NewBits(len(values))
		for i := range values {
			rows.Set(i)
		}
		p.Filter([]Column{build(String, d, values)}, rows)
		return rows.Count()
	}
	if got := count(first, "early", "early"); got != 0 {
		t.Errorf("got %d rows, want none", got)
	}
	if got := count(first, "late", "early"); got != 1 {
		t.Errorf("got %d rows once it is there, want 1", got)
	}
	if got := count(second, "a", "late", "late"); got != 2 {
		t.Errorf("got %d rows of another dictionary, want 2", got)
	}
	if got := count(first, "early", "late"); got != 1 {
		t.Errorf("got %d rows of the first, want 1", got)
	}
}
