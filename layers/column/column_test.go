package column

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

var kinds = []Kind{String, Int, Float, Bool, Time}

func randomValue(r *rand.Rand, k Kind) Value {
	if r.IntN(5) == 0 {
		return Value{}
	}
	switch k {
	case String:
		return StringOf([]string{"", "a", "ab", "tab\t", "胡同", fmt.Sprint("text ", r.IntN(20)), "long enough for a prefix"}[r.IntN(7)])
	case Int:
		return IntOf([]int64{0, -1, 1, math.MaxInt64, math.MinInt64, r.Int64N(9)}[r.IntN(6)])
	case Float:
		return FloatOf([]float64{0, math.Copysign(0, -1), 1.5, -1.5, math.MaxFloat64, -math.SmallestNonzeroFloat64, r.NormFloat64()}[r.IntN(7)])
	case Bool:
		return BoolOf(r.IntN(2) == 0)
	default:
		return MicrosOf(r.Int64N(4) - 2)
	}
}

func randomValues(r *rand.Rand, k Kind, n int) []Value {
	out := make([]Value, n)
	for i := range out {
		out[i] = randomValue(r, k)
	}
	if k == Int && r.IntN(3) > 0 { // within 16 bits of each other, at either end of the integers too
		base := []int64{math.MinInt64, -40_000, 0, 1 << 40, math.MaxInt64 - math.MaxUint16}[r.IntN(5)]
		for i := range out {
			if !out[i].IsNull() {
				out[i] = IntOf(base + r.Int64N(math.MaxUint16+1)>>r.IntN(17))
			}
		}
	}
	return out
}

// dictsFor returns the ways to keep a kind: raw, and for strings in a dictionary too.
func dictsFor(k Kind) []*Dictionary {
	if k == String {
		return []*Dictionary{nil, NewDictionary()}
	}
	return []*Dictionary{nil}
}

func build(k Kind, d *Dictionary, values []Value) Column {
	b := NewBuilder(k, d)
	for _, v := range values {
		b.Append(v)
	}
	return b.Finish()
}

func valuesOf(c Column) []Value {
	out := make([]Value, c.Len())
	for i := range out {
		out[i] = c.Value(i)
	}
	return out
}

// TestBuilderAgainstSlice builds columns in every way there is and compares them with plain slices.
func TestBuilderAgainstSlice(t *testing.T) {
	t.Parallel()
	for _, k := range kinds {
		for i, d := range dictsFor(k) {
			t.Run(fmt.Sprint(k, i), func(t *testing.T) {
				t.Parallel()
				r := rand.New(rand.NewPCG(1, uint64(k)))
				b := NewBuilder(k, d)
				for range 300 {
					var want []Value
					for range r.IntN(6) {
						src := randomValues(r, k, r.IntN(150))
						from := build(k, dictsFor(k)[r.IntN(len(dictsFor(k)))], src)
						if k == String && r.IntN(2) == 0 {
							from = build(k, d, src)
						}
						switch r.IntN(3) {
						case 0:
							lo := r.IntN(len(src) + 1)
							hi := lo + r.IntN(len(src)-lo+1)
							b.AppendRows(from, lo, hi)
							want = append(want, src[lo:hi]...)
						case 1:
							var rows []uint32
							for range len(src) {
								rows = append(rows, uint32(r.IntN(len(src))))
								want = append(want, src[rows[len(rows)-1]])
							}
							b.AppendPicked(from, rows)
						default:
							for _, v := range src {
								b.Append(v)
							}
							want = append(want, src...)
						}
					}
					if b.Len() != len(want) {
						t.Fatalf("%d rows, want %d", b.Len(), len(want))
					}
					c := b.Finish()
					if got := valuesOf(c); !slices.Equal(got, want) {
						t.Fatalf("got %v, want %v", got, want)
					}
					if got, want := *c.Zone(), *build(k, d, want).Zone(); got != want {
						t.Fatalf("zone map %+v, want %+v", got, want)
					}
					if c.Kind() != k || c.Bytes() <= 0 {
						t.Fatalf("kind %v, %d bytes", c.Kind(), c.Bytes())
					}
				}
			})
		}
	}
}

// TestUpdateAgainstSlice patches columns; the patched column must be as one built from the patched
// slice, zone map included, and the old one as it was.
func TestUpdateAgainstSlice(t *testing.T) {
	t.Parallel()
	for _, k := range kinds {
		for _, d := range dictsFor(k) {
			r := rand.New(rand.NewPCG(2, uint64(k)))
			for range 500 {
				values := randomValues(r, k, 1+r.IntN(100))
				c := build(k, d, values)
				want := slices.Clone(values)
				var patches []Patch
				for row := range values {
					if r.IntN(10) == 0 {
						patches = append(patches, Patch{row, randomValue(r, k)})
						want[row] = patches[len(patches)-1].Value
					}
				}
				next := Update(c, patches)
				if got := valuesOf(next); !slices.Equal(got, want) {
					t.Fatalf("%v: got %v, want %v", k, got, want)
				}
				if got := valuesOf(c); !slices.Equal(got, values) {
					t.Fatalf("%v: the old column changed to %v from %v", k, got, values)
				}
				built := build(k, d, want)
				if got, want := *next.Zone(), *built.Zone(); got != want {
					t.Fatalf("%v: zone map %+v, want %+v", k, got, want)
				}
				if got, want := fmt.Sprintf("%T", next), fmt.Sprintf("%T", built); got != want {
					t.Fatalf("%v: patched to %s, built as %s", k, got, want)
				}
			}
		}
	}
}

func TestAppendOfAnotherKindIsNull(t *testing.T) {
	t.Parallel()
	for _, k := range kinds {
		other := IntOf(1)
		if k == Int {
			other = StringOf("1")
		}
		if got := build(k, nil, []Value{other}).Value(0); !got.IsNull() {
			t.Errorf("%v: %v of another kind became %v", k, other, got)
		}
		if got := Update(build(k, nil, []Value{{}}), []Patch{{0, other}}).Value(0); !got.IsNull() {
			t.Errorf("%v: a patch of another kind became %v", k, got)
		}
	}
}

func TestRecode(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 3))
	want := randomValues(r, String, 500)
	a, b := NewDictionary(), NewDictionary()
	c := build(String, a, want)
	for range 8 {
		for _, d := range []*Dictionary{b, nil, a} {
			c = Recode(c, d)
			if got := valuesOf(c); !slices.Equal(got, want) {
				t.Fatalf("recoded: %v, want %v", got, want)
			}
		}
	}
}

// TestPredicatesAgainstThreeValuedLogic compares random predicates with an evaluation row by row in
// Kleene's logic; a block that is skipped must have no row selected.
func TestPredicatesAgainstThreeValuedLogic(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 4))
	for range 4000 {
		n := 1 + r.IntN(70)
		var columns []Column
		rows := make([][]Value, n)
		for _, k := range kinds {
			ds := dictsFor(k)
			values := randomValues(r, k, n)
			for i := range rows {
				rows[i] = append(rows[i], values[i])
			}
			columns = append(columns, build(k, ds[r.IntN(len(ds))], values))
		}
		p, truth := randomPredicate(r, 3)
		selected := NewBits(n)
		for i := range n {
			selected.Set(i)
		}
		p.Filter(columns, selected)
		for i := range rows {
			want := truth(rows[i]) == 1
			if got := selected.Has(i); got != want {
				t.Fatalf("%+v on %v: selected %v, want %v", p, rows[i], got, want)
			}
			if want && p.Skips(columns) {
				t.Fatalf("%+v skips a block with %v", p, rows[i])
			}
		}
	}
}

// randomPredicate returns a predicate and its truth: 1 true, 0 unknown, −1 false.
func randomPredicate(r *rand.Rand, depth int) (Predicate, func([]Value) int) {
	if depth > 0 {
		switch r.IntN(5) {
		case 0:
			a, ta := randomPredicate(r, depth-1)
			b, tb := randomPredicate(r, depth-1)
			return And(a, b), func(v []Value) int { return min(ta(v), tb(v)) }
		case 1:
			a, ta := randomPredicate(r, depth-1)
			b, tb := randomPredicate(r, depth-1)
			return Or(a, b), func(v []Value) int { return max(ta(v), tb(v)) }
		case 2:
			a, ta := randomPredicate(r, depth-1)
			return a.Not(), func(v []Value) int { return -ta(v) }
		}
	}
	field := r.IntN(len(kinds))
	if r.IntN(6) == 0 {
		return IsNull(field), func(v []Value) int {
			if v[field].IsNull() {
				return 1
			}
			return -1
		}
	}
	switch r.IntN(5) {
	case 0:
		return randomMembership(r, field)
	case 1:
		return randomMatch(r)
	}
	compare, value := Compare(r.IntN(6)), randomValue(r, kinds[field])
	return Where(field, compare, value), func(v []Value) int {
		if v[field].IsNull() || value.IsNull() {
			return 0
		}
		if compare.holds(order(v[field], value)) {
			return 1
		}
		return -1
	}
}

func randomMembership(r *rand.Rand, field int) (Predicate, func([]Value) int) {
	values := make([]Value, r.IntN(5))
	for i := range values {
		values[i] = randomValue(r, kinds[field])
	}
	truth := func(v []Value) int {
		if v[field].IsNull() {
			return 0
		}
		found := -1
		for _, one := range values {
			switch {
			case one.IsNull():
				found = max(found, 0)
			case order(v[field], one) == 0:
				found = 1
			}
		}
		return found
	}
	if r.IntN(2) == 0 {
		return NotIn(field, values...), func(v []Value) int { return -truth(v) }
	}
	return In(field, values...), truth
}

// randomMatch matches texts by their start, which it tells or not.
func randomMatch(r *rand.Rand) (Predicate, func([]Value) int) {
	start := []string{"", "a", "ab", "text 1", "long en", "long eno", "long enough", "胡"}[r.IntN(8)]
	told := start[:[]int{0, len(start)}[r.IntN(2)]]
	p := Match(0, told, func(text string) bool { return strings.HasPrefix(text, start) })
	return p, func(v []Value) int {
		switch {
		case v[0].IsNull():
			return 0
		case strings.HasPrefix(v[0].Text(), start):
			return 1
		default:
			return -1
		}
	}
}

// TestMatchTestsEachTextOnce counts how often the texts of a dictionary are tested, as it grows.
func TestMatchTestsEachTextOnce(t *testing.T) {
	t.Parallel()
	d := NewDictionary()
	tested := map[string]int{}
	p := Match(0, "", func(text string) bool {
		tested[text]++
		return text == "a"
	})
	for _, texts := range [][]string{{"a", "b", "a"}, {"b", "b"}, {"c", "a"}} {
		values := make([]Value, len(texts))
		want := 0
		for i, text := range texts {
			values[i] = StringOf(text)
			if text == "a" {
				want++
			}
		}
		columns := []Column{build(String, d, values)}
		rows := Bits{1<<len(texts) - 1}
		if got := p.Skips(columns); got != (want == 0) {
			t.Errorf("%v: skips %v", texts, got)
		}
		if got := p.Not().Skips(columns); got != (want == len(texts)) {
			t.Errorf("%v: the opposite skips %v", texts, got)
		}
		if p.Filter(columns, rows); rows.Count() != want {
			t.Errorf("%v: got %d rows, want %d", texts, rows.Count(), want)
		}
	}
	for text, n := range tested {
		if n != 1 {
			t.Errorf("%q was tested %d times", text, n)
		}
	}
}

// TestMatchSkipsByPrefix checks that zone maps of raw texts rule out what cannot start so, and no more.
func TestMatchSkipsByPrefix(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, prefix string
		skips        bool
	}{
		{"胡同", "胡", false},
		{"胡同", "胢", true},
		{"胡同", "", false},
		{"\xff", "", false},
		{"a\xff", "a", false},
		{"b", "a", true},
		{"1234567\xff", "1234567", false},
		{"12345678", "1234567", false},
		{"123456789", "12345678", false},
		{"1234568", "1234567", true},
		{"12345678x", "12345678y", false},
		{"1234567", "12345678", true},
	} {
		p := Match(0, c.prefix, func(text string) bool { return strings.HasPrefix(text, c.prefix) })
		if got := p.Skips([]Column{build(String, nil, []Value{StringOf(c.text)})}); got != c.skips {
			t.Errorf("%q in a block of %q: skips %v, want %v", c.prefix, c.text, got, c.skips)
		}
	}
}

func order(a, b Value) int {
	less := a.Int() < b.Int()
	equal := a.Int() == b.Int()
	if a.Kind() == String {
		less, equal = a.Text() < b.Text(), a.Text() == b.Text()
	}
	if a.Kind() == Float {
		less, equal = a.Float() < b.Float(), a.Float() == b.Float()
	}
	switch {
	case equal:
		return 0
	case less:
		return -1
	default:
		return 1
	}
}

// TestDictionaryReadersAndWriter looks strings up while they are added: what a column could hold a
// reader always finds (run it under -race).
func TestDictionaryReadersAndWriter(t *testing.T) {
	t.Parallel()
	d := NewDictionary()
	codes := make(chan uint16, 64)
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for code := range codes {
				s := d.Text(code)
				if got := d.Lookup(s); got != code {
					t.Errorf("%q has code %d, want %d", s, got, code)
				}
				d.Lookup("never added")
			}
		})
	}
	for i := range 5000 {
		code, ok := d.Intern(fmt.Sprint("string ", i))
		if !ok || int(code) != i+1 {
			t.Fatalf("string %d got code %d", i, code)
		}
		codes <- code
	}
	close(codes)
	readers.Wait()
	if code, _ := d.Intern("string 77"); code != 78 || d.Len() != 5000 {
		t.Errorf("interned again: code %d, %d strings", code, d.Len())
	}
}

func TestDictionaryIsBounded(t *testing.T) {
	t.Parallel()
	d := NewDictionary()
	for i := range MaxCodes {
		if _, ok := d.Intern(strconv.Itoa(i)); !ok {
			t.Fatalf("full at %d strings, want %d", i, MaxCodes)
		}
	}
	if code, ok := d.Intern("one more"); ok {
		t.Errorf("one more than %d got code %d", MaxCodes, code)
	}
	b := NewBuilder(String, d)
	want := []Value{StringOf("5"), {}, StringOf("one more"), StringOf(""), {}}
	for _, v := range want {
		b.Append(v)
	}
	c := b.Finish()
	if _, raw := c.(*Texts); !raw || !b.Overflowed() || !slices.Equal(valuesOf(c), want) {
		t.Errorf("with a full dictionary the column is %T of %v", c, valuesOf(c))
	}
}

func TestValueForms(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		v    Value
		text string
	}{
		{Value{}, "null"},
		{StringOf("a\"b"), `"a\"b"`},
		{IntOf(-7), "-7"},
		{FloatOf(1.5), "1.5"},
		{BoolOf(true), "true"},
		{MicrosOf(1_500_000), "1970-01-01T00:00:01.5Z"},
	} {
		if got := c.v.String(); got != c.text {
			t.Errorf("%v: %s, want %s", c.v.Kind(), got, c.text)
		}
	}
	for _, k := range kinds {
		if got, err := ParseKind(k.String()); err != nil || got != k {
			t.Errorf("%s reads as %v, %v", k, got, err)
		}
	}
	if _, err := ParseKind("null"); err == nil {
		t.Error("null was taken for a type")
	}
}
