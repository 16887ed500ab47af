package column

import (
	"math"
	"sync/atomic"
)

// Match selects rows of a string field for whose texts test is true. Texts for which it is true start
// with prefix, which lets zone maps rule blocks out; "" if nothing is known. Of a dictionary each text
// is tested once, by whoever meets it first. test may be called from any goroutine.
func Match(field int, prefix string, test func(text string) bool) Predicate {
	return match{field, false, prefix, &verdicts{test: test}}
}

type match struct {
	field    int
	not      bool
	prefix   string
	verdicts *verdicts
}

func (p match) Not() Predicate { p.not = !p.not; return p }

func (p match) renumber(columns []int) Predicate { p.field = columns[p.field]; return p }

func (p match) Skips(columns []Column) bool {
	c := columns[p.field]
	z := c.Zone()
	if !z.HasValues() {
		return true
	}
	switch c := c.(type) {
	case *Codes:
		v := p.verdicts.of(c.Dict)
		set := v.passed
		if p.not {
			set = v.failed
		}
		for i, codes := range z.Set {
			if codes&set[i] != 0 {
				return false
			}
		}
		return true
	case *Texts:
		if p.not {
			return false
		}
		first := prefix(p.prefix)
		last := first
		switch n := len(p.prefix); {
		case n == 0:
			last = math.MaxInt64
		case n < 8:
			last = first | int64(uint64(math.MaxUint64)>>(8*n))
		}
		return z.Max < first || z.Min > last
	}
	return true
}

func (p match) Filter(columns []Column, rows Bits) {
	switch c := columns[p.field].(type) {
	case *Codes:
		v := p.verdicts.of(c.Dict)
		each(rows, func(i int) bool { return c.Codes[i] != 0 && v.yes.Has(int(c.Codes[i])) != p.not })
	case *Texts:
		each(rows, func(i int) bool { return !c.Nulls.Has(i) && p.verdicts.test(c.Text(i)) != p.not })
	default:
		clear(rows)
	}
}

// verdicts remember what a test said of the texts of the dictionary that it met last.
type verdicts struct {
	test func(string) bool
	last atomic.Pointer[verdict]
}

// verdict is what a test said of a dictionary as it was. It never changes.
type verdict struct {
	dict           *Dictionary
	texts          int       // how many texts it had, with position 0
	yes            Bits      // by code
	passed, failed [4]uint64 // codes as zone maps have them
}

// of returns the verdict on d with all that it has now: at least what any column that the caller has
// holds.
func (v *verdicts) of(d *Dictionary) *verdict {
	last, texts := v.last.Load(), d.Texts()
	if last != nil && last.dict == d && last.texts == len(texts) {
		return last
	}
	next := &verdict{dict: d, texts: len(texts), yes: NewBits(len(texts))}
	from := 1
	if last != nil && last.dict == d && last.texts < len(texts) {
		copy(next.yes, last.yes)
		next.passed, next.failed, from = last.passed, last.failed, last.texts
	}
	for code := from; code < len(texts); code++ {
		bit, set := uint64(1)<<(code&63), &next.failed
		if v.test(texts[code]) {
			next.yes.Set(code)
			set = &next.passed
		}
		set[code>>6&3] |= bit
	}
	v.last.Store(next)
	return next
}
