// Package geoparquet reads and writes Parquet files with geometry: GeoParquet 1.0 and 1.1
// (geoparquet.org/releases/v1.1.0). Geometry goes in and out as well-known binary, whatever the file
// keeps it as. It is the only importer of parquet-go, which panics on some broken files: here every
// fault is an error.
//
// A [Reader] holds one page of each selected column, a [Writer] one row group. Both belong to one
// goroutine.
package geoparquet

import "time"

// Kind says what a value is.
type Kind uint8

// The kinds.
const (
	Null    Kind = iota
	Bool         // Int is 0 or 1
	Int          // Int
	Uint         // Int holds the bits of a uint64
	Float        // Float
	Text         // Bytes
	Binary       // Bytes
	Decimal      // Bytes are its decimal digits, with a sign and a point where it has one
	Time         // Int is microseconds since 1970 in UTC
	Local        // Int is microseconds since 1970-01-01T00:00:00 in an unnamed zone
	Date         // Int is days since 1970-01-01
	Nested       // a list or structure, which is not read
)

// Value is one value of a row. The zero Value is null.
type Value struct {
	Kind  Kind
	Int   int64
	Float float64
	Bytes []byte
}

// Column is one column of a file.
type Column struct {
	Name string
	// Kind is that of its values that are not null.
	Kind Kind
}

// Append appends the text of v: numbers as decimals, true or false, times as in RFC 3339 (without an
// offset when Local, without a time when Date). Null and Nested have none.
func (v Value) Append(dst []byte) []byte { return appendText(dst, v) }

// day is the length of a day.
const day = 24 * time.Hour
