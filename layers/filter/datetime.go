package filter

import (
	"fmt"
	"strings"

	"hutong/layers"
	"hutong/layers/column"
)

// Datetime is what the parameter datetime of OGC API asks for: an instant, or a span of time that may
// be open at its ends, which are included (OGC 17-069r4 §7.15.4). It is comparable; the zero Datetime
// is the instant 1970-01-01T00:00:00Z.
type Datetime struct {
	// Start and End are the first and last microsecond since 1970 in UTC, the same of an instant. They
	// are 0 when the span has no start or no end.
	Start, End int64
	// NoStart and NoEnd say that the span is open there.
	NoStart, NoEnd bool
}

const wantDatetime = "want a time such as 2024-05-01T08:30:00Z, a day such as 2024-05-01, or two with / between them, of which one or both may be .. or left out"

// ParseDatetime reads an instant, a/b, a/.., ../b, a/ or /b, where a and b are times with an offset
// (RFC 3339) or days, which are those of UTC: a day alone, and as an end, is all of it. The error is an
// [*Error].
func ParseDatetime(s string) (Datetime, error) {
	if len(s) > maxDatetime {
		return Datetime{}, &Error{Reason: fmt.Sprintf("the datetime has %d bytes, more than %d: %s", len(s), maxDatetime, wantDatetime), Limit: "text"}
	}
	first, last, span := strings.Cut(s, "/")
	if !span {
		i, err := parseInstant(s)
		if err != nil {
			return Datetime{}, refuseDatetime(s)
		}
		return Datetime{Start: i.Micros(), End: i.last}, nil
	}
	var d Datetime
	if d.NoStart = first == "" || first == ".."; !d.NoStart {
		i, err := parseInstant(first)
		if err != nil {
			return Datetime{}, refuseDatetime(first)
		}
		d.Start = i.Micros()
	}
	if d.NoEnd = last == "" || last == ".."; !d.NoEnd {
		i, err := parseInstant(last)
		if err != nil {
			return Datetime{}, refuseDatetime(last)
		}
		d.End = i.last
	}
	if !d.NoStart && !d.NoEnd && d.Start > d.End {
		return Datetime{}, &Error{Reason: fmt.Sprintf("the datetime %s ends before it starts", shown(s))}
	}
	return d, nil
}

// maxDatetime is more than two times with all their digits have.
const maxDatetime = 128

func refuseDatetime(found string) error {
	return &Error{Reason: fmt.Sprintf("found the datetime %s: %s", shown(found), wantDatetime)}
}

// String returns the canonical form: times in UTC, and .. for an end that is open.
func (d Datetime) String() string {
	start, end := "..", ".."
	if !d.NoStart {
		start = formatMicros(d.Start)
	}
	if !d.NoEnd {
		end = formatMicros(d.End)
	}
	if start == end && !d.NoStart && !d.NoEnd {
		return start
	}
	return start + "/" + end
}

// Expr returns the filter for features whose time, in the schema's time field, lies in d, both ends
// included; an instant selects those of exactly that time, to the microsecond. Features without a time
// are in no span, not even one without ends. The error is an [*Error]: the schema has no time field.
func (d Datetime) Expr(schema *layers.Schema) (*Expr, error) {
	i := schema.FieldIndex(schema.TimeField)
	if schema.TimeField == "" || i < 0 {
		return nil, &Error{Reason: fmt.Sprintf("the layer %s has no time field, so its features have no datetime", schema.Name)}
	}
	f := field{index: i, name: schema.TimeField, of: column.Time}
	kids := []node{nullnessOf(f, true)}
	at := func(op column.Compare, us int64) {
		kids = append(kids, &comparison{op, f, literal{column.MicrosOf(us)}})
	}
	switch {
	case !d.NoStart && !d.NoEnd && d.Start == d.End:
		at(column.Equal, d.Start)
	default:
		if !d.NoStart {
			at(column.GreaterOrEqual, d.Start)
		}
		if !d.NoEnd {
			at(column.LessOrEqual, d.End)
		}
	}
	return newExpr(schema, newJunction(false, kids))
}
