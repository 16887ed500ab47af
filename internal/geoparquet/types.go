package geoparquet

import (
	"encoding/binary"
	"math"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// converter makes a Value of a Parquet value that is not null. Bytes are valid until the next one.
type converter func(parquet.Value) Value

// maxScale bounds the scale of a decimal.
const maxScale = 1000

// maxDecimal bounds the bytes of an unscaled number: 16 hold the 38 digits that databases have.
const maxDecimal = 32

// converterOf returns how the values of a column of one value a row are read, and their kind.
func converterOf(t parquet.Type) (Kind, converter) {
	if logical := t.LogicalType(); logical != nil {
		switch l := logical.Value.(type) {
		case *format.StringType, *format.EnumType, *format.JsonType:
			return Text, bytesOf(Text)
		case *format.DateType:
			return Date, func(v parquet.Value) Value { return Value{Kind: Date, Int: int64(v.Int32())} }
		case *format.TimestampType:
			return timestamp(l)
		case *format.IntType:
			if !l.IsSigned {
				return Uint, unsigned(t.Kind())
			}
		case *format.DecimalType:
			return decimal(t.Kind(), int(l.Scale))
		case *format.UUIDType:
			return Text, func(v parquet.Value) Value { return Value{Kind: Text, Bytes: uuid(v.ByteArray())} }
		case *format.Float16Type:
			return Float, func(v parquet.Value) Value { return Value{Kind: Float, Float: float16(v.ByteArray())} }
		case *format.BsonType, *format.VariantType:
			return Nested, nil
		}
	}
	switch t.Kind() {
	case parquet.Boolean:
		return Bool, func(v parquet.Value) Value {
			if v.Boolean() {
				return Value{Kind: Bool, Int: 1}
			}
			return Value{Kind: Bool}
		}
	case parquet.Int32:
		return Int, func(v parquet.Value) Value { return Value{Kind: Int, Int: int64(v.Int32())} }
	case parquet.Int64:
		return Int, func(v parquet.Value) Value { return Value{Kind: Int, Int: v.Int64()} }
	case parquet.Int96:
		return Local, func(v parquet.Value) Value {
			// A legacy time: nanoseconds of the day, then the Julian day.
			i := v.Int96()
			nanos := int64(uint64(i[1])<<32 | uint64(i[0]))
			return Value{Kind: Local, Int: (int64(i[2])-2440588)*day.Microseconds() + floorDiv(nanos, 1000)}
		}
	case parquet.Float:
		return Float, func(v parquet.Value) Value { return Value{Kind: Float, Float: float64(v.Float())} }
	case parquet.Double:
		return Float, func(v parquet.Value) Value { return Value{Kind: Float, Float: v.Double()} }
	default:
		return Binary, bytesOf(Binary)
	}
}

func bytesOf(k Kind) converter {
	return func(v parquet.Value) Value { return Value{Kind: k, Bytes: v.ByteArray()} }
}

func unsigned(k parquet.Kind) converter {
	if k == parquet.Int32 {
		return func(v parquet.Value) Value { return Value{Kind: Uint, Int: int64(v.Uint32())} }
	}
	return func(v parquet.Value) Value { return Value{Kind: Uint, Int: v.Int64()} }
}

// timestamp reads times, of which finer fractions than a microsecond are cut off.
func timestamp(l *format.TimestampType) (Kind, converter) {
	kind := Local
	if l.IsAdjustedToUTC {
		kind = Time
	}
	times, by := int64(1), int64(1)
	switch l.Unit.Value.(type) {
	case *format.MilliSeconds:
		times = 1000
	case *format.NanoSeconds:
		by = 1000
	}
	return kind, func(v parquet.Value) Value {
		i := v.Int64()
		if i > math.MaxInt64/times || i < math.MinInt64/times {
			return Value{Kind: Nested} // no field takes it
		}
		return Value{Kind: kind, Int: floorDiv(i*times, by)}
	}
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func decimal(k parquet.Kind, scale int) (Kind, converter) {
	if scale > maxScale || scale < -maxScale {
		return Nested, nil
	}
	var b []byte
	return Decimal, func(v parquet.Value) Value {
		switch k {
		case parquet.Int32:
			b = appendDecimal(b[:0], int64(v.Int32()), scale)
		case parquet.Int64:
			b = appendDecimal(b[:0], v.Int64(), scale)
		default:
			n := v.ByteArray()
			if len(n) > maxDecimal {
				return Value{Kind: Nested} // no field takes it
			}
			b = appendBigDecimal(b[:0], n, scale)
		}
		return Value{Kind: Decimal, Bytes: b}
	}
}

// float16 returns a half-precision number (IEEE 754), little-endian.
func float16(b []byte) float64 {
	if len(b) != 2 {
		return math.NaN()
	}
	bits := binary.LittleEndian.Uint16(b)
	sign := 1.0
	if bits&0x8000 != 0 {
		sign = -1
	}
	exponent, fraction := int(bits>>10&31), float64(bits&1023)
	switch exponent {
	case 0:
		return sign * math.Ldexp(fraction, -24)
	case 31:
		if fraction != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(fraction+1024, exponent-25)
}

// uuid returns the text of sixteen bytes (RFC 9562 §4).
func uuid(b []byte) []byte {
	const digits = "0123456789abcdef"
	out := make([]byte, 0, 36)
	for i, c := range b {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			out = append(out, '-')
		}
		out = append(out, digits[c>>4], digits[c&15])
	}
	return out
}
