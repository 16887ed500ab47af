package column

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Kind is the type of a field's values.
type Kind uint8

// The kinds of a field. Null is the kind of an absent value, never of a field.
const (
	Null Kind = iota
	String
	Int
	Float
	Bool
	Time
)

var kindNames = [...]string{"null", "string", "int", "float", "bool", "time"}

// String returns the kind's name as a config spells it.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "kind " + strconv.Itoa(int(k))
}

// ParseKind returns the kind that a config calls name; the error lists the names there are.
func ParseKind(name string) (Kind, error) {
	for k := String; k <= Time; k++ {
		if kindNames[k] == name {
			return k, nil
		}
	}
	return Null, fmt.Errorf("no type %q: the types are string, int, float, bool and time", name)
}

// Value is one value of a field, or null. The zero Value is null. It is comparable, but two floats
// that are equal may differ in bits (0 and −0); the store compares bits.
type Value struct {
	kind Kind
	bits uint64 // int, float bits, 0 or 1, microseconds since 1970 in UTC
	text string
}

// StringOf returns a string value. It keeps s; the store copies it.
func StringOf(s string) Value { return Value{kind: String, text: s} }

// IntOf returns an int value.
func IntOf(i int64) Value { return Value{kind: Int, bits: uint64(i)} }

// FloatOf returns a float value. NaN and infinities are refused by the store, not here.
func FloatOf(f float64) Value { return Value{kind: Float, bits: math.Float64bits(f)} }

// BoolOf returns a bool value.
func BoolOf(b bool) Value {
	if b {
		return Value{kind: Bool, bits: 1}
	}
	return Value{kind: Bool}
}

// TimeOf returns a time value in whole microseconds, rounded down.
func TimeOf(t time.Time) Value { return MicrosOf(t.UnixMicro()) }

// MicrosOf returns a time value from microseconds since 1970-01-01T00:00:00Z.
func MicrosOf(us int64) Value { return Value{kind: Time, bits: uint64(us)} }

// Kind returns the kind of v: [Null] when it is null.
func (v Value) Kind() Kind { return v.kind }

// IsNull reports whether v is null.
func (v Value) IsNull() bool { return v.kind == Null }

// Text returns a string value's text, "" for other kinds.
func (v Value) Text() string { return v.text }

// Int returns an int value's number; for other kinds it is meaningless.
func (v Value) Int() int64 { return int64(v.bits) }

// Float returns a float value's number; for other kinds it is meaningless.
func (v Value) Float() float64 { return math.Float64frombits(v.bits) }

// Bool returns a bool value; false for other kinds but a number that is not 0.
func (v Value) Bool() bool { return v.bits != 0 }

// Micros returns a time value in microseconds since 1970 in UTC; for other kinds it is meaningless.
func (v Value) Micros() int64 { return int64(v.bits) }

// Time returns a time value in UTC.
func (v Value) Time() time.Time { return time.UnixMicro(int64(v.bits)).UTC() }

// Bits returns the bits of v: of an int or a time the number, of a float IEEE 754, of a bool 0 or 1.
func (v Value) Bits() uint64 { return v.bits }

// Clone returns v with a copy of its text.
func (v Value) Clone() Value {
	v.text = strings.Clone(v.text)
	return v
}

// Order orders two values of one kind, null before all others: strings by their bytes, the rest by
// their numbers.
func Order(a, b Value) int {
	switch {
	case a.kind == Null || b.kind == Null:
		return cmp.Compare(min(a.kind, 1), min(b.kind, 1))
	case a.kind == String:
		return strings.Compare(a.text, b.text)
	case a.kind == Float:
		return cmp.Compare(a.Float(), b.Float())
	default:
		return cmp.Compare(a.Int(), b.Int())
	}
}

// Any returns v as JSON encoders want it: nil, string, int64, float64, bool, or the time as an
// RFC 3339 string in UTC with as many fraction digits as it has.
func (v Value) Any() any {
	switch v.kind {
	case String:
		return v.text
	case Int:
		return v.Int()
	case Float:
		return v.Float()
	case Bool:
		return v.Bool()
	case Time:
		return v.Time().Format(time.RFC3339Nano)
	default:
		return nil
	}
}

// String formats v for people: logs, refusals, goldens.
func (v Value) String() string {
	switch v.kind {
	case String:
		return strconv.Quote(v.text)
	case Null:
		return "null"
	default:
		return fmt.Sprint(v.Any())
	}
}
