package geoparquet

import (
	"math/big"
	"strconv"
	"time"

	"hutong/layers/column"
)

func appendText(dst []byte, v Value) []byte {
	switch v.Kind {
	case Bool:
		return strconv.AppendBool(dst, v.Int != 0)
	case Int:
		return strconv.AppendInt(dst, v.Int, 10)
	case Uint:
		return strconv.AppendUint(dst, uint64(v.Int), 10)
	case Float:
		return column.AppendFloat(dst, v.Float)
	case Text, Binary, Decimal:
		return append(dst, v.Bytes...)
	case Time:
		return time.UnixMicro(v.Int).UTC().AppendFormat(dst, time.RFC3339Nano)
	case Local:
		return time.UnixMicro(v.Int).UTC().AppendFormat(dst, "2006-01-02T15:04:05.999999")
	case Date:
		return time.Unix(v.Int*int64(day/time.Second), 0).UTC().AppendFormat(dst, time.DateOnly)
	default: // Null, Nested
		return dst
	}
}

// appendDecimal appends an unscaled number with its point.
func appendDecimal(dst []byte, unscaled int64, scale int) []byte {
	if scale <= 0 {
		dst = strconv.AppendInt(dst, unscaled, 10)
		return appendZeros(dst, unscaled == 0, -scale)
	}
	return appendPoint(dst, strconv.FormatInt(unscaled, 10), scale)
}

// appendBigDecimal does the same for a big-endian two's complement number (Parquet's Logical Types).
func appendBigDecimal(dst, unscaled []byte, scale int) []byte {
	n := new(big.Int).SetBytes(unscaled)
	if len(unscaled) > 0 && unscaled[0]&0x80 != 0 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(unscaled))))
	}
	if scale <= 0 {
		return appendZeros(n.Append(dst, 10), n.Sign() == 0, -scale)
	}
	return appendPoint(dst, n.String(), scale)
}

func appendZeros(dst []byte, zero bool, n int) []byte {
	for range n {
		if zero {
			break
		}
		dst = append(dst, '0')
	}
	return dst
}

// appendPoint puts a point before the last scale digits.
func appendPoint(dst []byte, digits string, scale int) []byte {
	if digits[0] == '-' {
		dst, digits = append(dst, '-'), digits[1:]
	}
	if len(digits) <= scale {
		dst = append(dst, '0', '.')
		for range scale - len(digits) {
			dst = append(dst, '0')
		}
		return append(dst, digits...)
	}
	dst = append(dst, digits[:len(digits)-scale]...)
	return append(append(dst, '.'), digits[len(digits)-scale:]...)
}
