package geoparquet

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Limits of the structures in a footer.
const (
	maxList   = 1 << 20 // elements of a list
	maxNested = 16      // structures and lists inside each other
)

// The types of Thrift's compact protocol (its specification, "Struct encoding").
const (
	thriftStop = iota
	thriftTrue
	thriftFalse
	thriftByte
	thriftI16
	thriftI32
	thriftI64
	thriftDouble
	thriftBinary
	thriftList
	thriftSet
	thriftMap
	thriftStruct
)

var errThrift = errors.New("it is cut off")

// walker reads over a structure without making anything of it: decoders take memory for as many elements as
// a list says it has.
type walker struct{ b []byte }

// checkThrift refuses a structure whose lists are longer than what is there.
func checkThrift(text []byte) error { return (&walker{text}).structure(0) }

func (w *walker) structure(depth int) error {
	if depth > maxNested {
		return fmt.Errorf("it is nested more than %d deep", maxNested)
	}
	for {
		head, err := w.take(1)
		if err != nil {
			return err
		}
		kind := head[0] & 15
		if kind == thriftStop {
			return nil
		}
		if head[0]>>4 == 0 { // the field's number follows
			if _, err := w.varint(); err != nil {
				return err
			}
		}
		if kind == thriftTrue || kind == thriftFalse {
			continue // the value is in the type
		}
		if err := w.value(kind, depth); err != nil {
			return err
		}
	}
}

// value reads over a value; a boolean is one in a list.
func (w *walker) value(kind byte, depth int) error {
	var err error
	switch kind {
	case thriftTrue, thriftFalse, thriftByte:
		_, err = w.take(1)
	case thriftI16, thriftI32, thriftI64:
		_, err = w.varint()
	case thriftDouble:
		_, err = w.take(8)
	case thriftBinary:
		var n uint64
		if n, err = w.varint(); err == nil {
			_, err = w.take(n)
		}
	case thriftList, thriftSet:
		err = w.list(depth + 1)
	case thriftMap:
		err = errors.New("it has a map, which Parquet has not")
	case thriftStruct:
		err = w.structure(depth + 1)
	default:
		err = fmt.Errorf("no type %d", kind)
	}
	return err
}

func (w *walker) list(depth int) error {
	head, err := w.take(1)
	if err != nil {
		return err
	}
	n := uint64(head[0] >> 4)
	if n == 15 {
		if n, err = w.varint(); err != nil {
			return err
		}
	}
	if n > maxList || n > uint64(len(w.b)) {
		return fmt.Errorf("a list of %d elements, for which %d bytes are left: want at most %d", n, len(w.b), maxList)
	}
	for range n {
		if err := w.value(head[0]&15, depth); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) take(n uint64) ([]byte, error) {
	if n > uint64(len(w.b)) {
		return nil, errThrift
	}
	taken := w.b[:n]
	w.b = w.b[n:]
	return taken, nil
}

func (w *walker) varint() (uint64, error) {
	v, n := binary.Uvarint(w.b)
	if n <= 0 {
		return 0, errThrift
	}
	w.b = w.b[n:]
	return v, nil
}
