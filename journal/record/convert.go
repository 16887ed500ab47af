package record

import (
	"errors"
	"strconv"
	"time"

	"hutong/layers/column"
)

// conversion makes a value of another kind. The error says why a value has no equal there.
type conversion func(column.Value) (column.Value, error)

func same(v column.Value) (column.Value, error) { return v, nil }

// conversionOf returns how values of one kind become those of another, nil when they cannot. The table
// is in docs/formats/journal.md: whatever loses nothing.
func conversionOf(from, to column.Kind) conversion {
	switch {
	case from == to:
		return same
	case from == column.Int && to == column.Float:
		return intToFloat
	case to == column.String && from != column.Null:
		return toText
	}
	return nil
}

func intToFloat(v column.Value) (column.Value, error) {
	f := float64(v.Int())
	if f >= 1<<63 || int64(f) != v.Int() {
		return column.Value{}, errors.New("the log has an int that no float is equal to")
	}
	return column.FloatOf(f), nil
}

func toText(v column.Value) (column.Value, error) {
	var b []byte
	switch v.Kind() {
	case column.Int:
		b = strconv.AppendInt(nil, v.Int(), 10)
	case column.Float:
		b = column.AppendFloat(nil, v.Float())
	case column.Bool:
		b = strconv.AppendBool(nil, v.Bool())
	case column.Time:
		b = v.Time().AppendFormat(nil, time.RFC3339Nano)
	case column.Null, column.String:
		return v, nil
	}
	return column.StringOf(string(b)), nil
}
