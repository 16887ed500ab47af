package filter

import (
	"errors"
	"time"

	"hutong/layers/column"
)

// The times that a filter may name, in microseconds since 1970: the years of RFC 3339.
var (
	minMicros = time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()
	maxMicros = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro() - 1
)

const dayMicros = int64(24 * time.Hour / time.Microsecond)

// parseDate reads a day (RFC 3339, full-date), which is that of UTC.
func parseDate(s string) (instant, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return instant{}, errors.New("want a day such as '2024-05-01'")
	}
	us := t.UnixMicro()
	return instant{literal{column.MicrosOf(us)}, us + dayMicros - 1, true}, nil
}

// parseTimestamp reads a time (RFC 3339, date-time) with any offset.
func parseTimestamp(s string) (instant, error) {
	var t time.Time
	if err := t.UnmarshalText([]byte(s)); err != nil {
		return instant{}, errors.New("want a time such as '2024-05-01T08:30:00Z' or '2024-05-01T16:30:00+08:00'")
	}
	us := t.UnixMicro()
	switch {
	case t.Nanosecond()%1000 != 0:
		return instant{}, errors.New("want no more than microseconds: times here are no finer")
	case us < minMicros || us > maxMicros:
		return instant{}, errors.New("want a year from 0000 to 9999 in UTC")
	}
	return instant{literal{column.MicrosOf(us)}, us, false}, nil
}

// parseInstant reads a day or a time.
func parseInstant(s string) (instant, error) {
	if len(s) == len(time.DateOnly) {
		return parseDate(s)
	}
	return parseTimestamp(s)
}

func (b *binder) instant(r *raw) (instant, error) {
	parse := parseTimestamp
	if r.kind == kindDate {
		parse = parseDate
	}
	i, err := parse(r.text)
	if err != nil {
		return instant{}, b.refuse(r, "found %s: %v", shown(r.text), err)
	}
	return i, nil
}

// end is one end of a span of time: a field, or a time, or without end.
type end struct {
	of      *field
	us      int64
	endless int // −1 before all times, 1 after all, else 0
}

// span is what a temporal test takes: from start to end, both included. An instant is a span of
// itself, and a date the span of its day in UTC.
type span struct {
	start, end     end
	instant, field bool // it is an instant; and one that a field has
	day            bool // it is a date
}

func (b *binder) span(r *raw) (span, error) {
	switch r.kind {
	case kindDate, kindTimestamp:
		i, err := b.instant(r)
		return span{start: end{us: i.Micros()}, end: end{us: i.last}, instant: true, day: i.day}, err
	case kindProperty:
		f, err := b.timeField(r)
		return span{start: end{of: &f}, end: end{of: &f}, instant: true, field: true}, err
	case kindInterval:
		start, err := b.end(r.args[0], -1)
		if err != nil {
			return span{}, err
		}
		last, err := b.end(r.args[1], 1)
		if err != nil {
			return span{}, err
		}
		if start.of == nil && last.of == nil && start.order(last) > 0 {
			return span{}, b.refuse(r, "the interval ends before it starts")
		}
		return span{start: start, end: last}, nil
	default:
		return span{}, b.refuse(r, "found %s: want DATE('…'), TIMESTAMP('…'), INTERVAL('…', '…') or a property of type time", kindNames[r.kind])
	}
}

func (b *binder) timeField(r *raw) (field, error) {
	f, err := b.field(r)
	if err == nil && f.of != column.Time {
		err = b.refuse(r, "%s is of type %s: want a property of type time", shown(f.name), f.of)
	}
	return f, err
}

// end reads one end of an interval: which is −1 for the start.
func (b *binder) end(r *raw, which int) (end, error) {
	switch r.kind {
	case kindProperty:
		f, err := b.timeField(r)
		return end{of: &f}, err
	case kindText:
		if r.text == ".." {
			return end{endless: which}, nil
		}
		i, err := parseInstant(r.text)
		if err != nil {
			return end{}, b.refuse(r, "found %s: %v, a day, or '..' for no end", shown(r.text), err)
		}
		return endOf(i, which), nil
	case kindDate, kindTimestamp:
		i, err := b.instant(r)
		return endOf(i, which), err
	default:
		return end{}, b.refuse(r, "found %s: want a day or a time as text, '..' for no end, or a property of type time", kindNames[r.kind])
	}
}

func endOf(i instant, which int) end {
	if which < 0 {
		return end{us: i.Micros()}
	}
	return end{us: i.last}
}

// order compares two ends that are no fields.
func (e end) order(o end) int {
	if e.endless != o.endless {
		return column.Order(column.IntOf(int64(e.endless)), column.IntOf(int64(o.endless)))
	}
	return column.Order(column.MicrosOf(e.us), column.MicrosOf(o.us))
}

// compareEnds returns a op z as a condition, true for a field that is null when z has no end.
func compareEnds(op column.Compare, a, z end) node {
	switch {
	case a.of == nil && z.of == nil:
		return constant(holds(op, a.order(z)))
	case a.of == nil:
		return compareEnds(swapped[op], z, a)
	case z.of == nil && z.endless != 0:
		return constant(holds(op, -z.endless))
	case z.of == nil:
		return newComparison(op, *a.of, instant{literal{column.MicrosOf(z.us)}, z.us, false})
	default:
		return newComparison(op, *a.of, *z.of)
	}
}

// relation is one comparison of an end of the first span with one of the second.
type relation struct {
	op          column.Compare
	first, last bool // compare the first span's end, the second's end; else their starts
}

const (
	lt = column.Less
	eq = column.Equal
	gt = column.Greater
)

// relations are the temporal tests as comparisons, all of which hold (OWL-Time, "Relations between
// intervals"). T_DISJOINT is T_BEFORE or T_AFTER, and T_INTERSECTS its opposite.
var relations = map[string][]relation{
	"T_AFTER":        {{gt, false, true}},
	"T_BEFORE":       {{lt, true, false}},
	"T_DISJOINT":     {{gt, false, true}, {lt, true, false}},
	"T_INTERSECTS":   {{gt, false, true}, {lt, true, false}},
	"T_EQUALS":       {{eq, false, false}, {eq, true, true}},
	"T_CONTAINS":     {{lt, false, false}, {gt, true, true}},
	"T_DURING":       {{gt, false, false}, {lt, true, true}},
	"T_FINISHES":     {{gt, false, false}, {eq, true, true}},
	"T_FINISHEDBY":   {{lt, false, false}, {eq, true, true}},
	"T_MEETS":        {{eq, true, false}},
	"T_METBY":        {{eq, false, true}},
	"T_OVERLAPS":     {{lt, false, false}, {gt, true, false}, {lt, true, true}},
	"T_OVERLAPPEDBY": {{gt, false, false}, {lt, false, true}, {gt, true, true}},
	"T_STARTS":       {{eq, false, false}, {lt, true, true}},
	"T_STARTEDBY":    {{eq, false, false}, {gt, true, true}},
}

func (b *binder) temporal(r *raw, not bool) (node, error) {
	first, err := b.span(r.args[0])
	if err != nil {
		return nil, err
	}
	second, err := b.span(r.args[1])
	if err != nil {
		return nil, err
	}
	if err := b.takes(r, first, second); err != nil {
		return nil, err
	}
	wanted := relations[r.op]
	if r.op == "T_EQUALS" && (first.day && second.field || second.day && first.field) {
		// A time is equal to a date when it lies in the day.
		wanted = []relation{{column.GreaterOrEqual, false, false}, {column.LessOrEqual, true, true}}
		if first.day {
			first, second = second, first
		}
	}
	either := r.op == "T_DISJOINT" || r.op == "T_INTERSECTS"
	if r.op == "T_INTERSECTS" {
		not = !not
	}
	kids := make([]node, len(wanted))
	for i, w := range wanted {
		op, a, z := w.op, first.start, second.start
		if w.first {
			a = first.end
		}
		if w.last {
			z = second.end
		}
		if not {
			op = opposite[op]
		}
		kids[i] = compareEnds(op, a, z)
	}
	all := []node{newJunction(either != not, kids)}
	for _, e := range [...]end{first.start, first.end, second.start, second.end} {
		if e.of != nil { // an interval without one of its ends is unknown
			all = append(all, nullnessOf(*e.of, true))
		}
	}
	return newJunction(false, all), nil
}

// takes refuses instants where a test wants intervals. T_DURING of an instant is OWL-Time's inside, and
// T_CONTAINS of one its opposite.
func (b *binder) takes(r *raw, first, second span) error {
	refused := -1
	switch {
	case temporalTests[r.op]:
	case first.instant && r.op != "T_DURING":
		refused = 0
	case second.instant && r.op != "T_CONTAINS":
		refused = 1
	}
	if refused < 0 {
		return nil
	}
	return b.refuse(r.args[refused], "%s wants an interval here, INTERVAL('…', '…'): only T_AFTER, T_BEFORE, T_DISJOINT, T_EQUALS and T_INTERSECTS take two instants", r.op)
}
