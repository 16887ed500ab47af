package inspect

import (
	"encoding/binary"
	"fmt"
)

// Wire types of protobuf.
const (
	varint    = 0
	fixed64   = 1
	delimited = 2
	fixed32   = 5
)

// wireName says what a value of a wire type is.
func wireName(wire uint64) string {
	switch wire {
	case varint:
		return "a varint"
	case fixed64:
		return "8 bytes"
	case delimited:
		return "a text or message"
	case fixed32:
		return "4 bytes"
	default:
		return "of no known kind"
	}
}

// message reads the fields of a protobuf message one after the other.
type message struct {
	b []byte
	i int
}

// field is one field of a message.
type field struct {
	number uint64
	wire   uint64
	value  uint64 // of a varint, or of fixed bytes
	bytes  []byte // of a text or message; part of the message's
	size   int    // bytes of all of it, tag included
}

func (m *message) done() bool { return m.i >= len(m.b) }

// next reads the next field; there is one. After an error nothing more can be read.
func (m *message) next() (field, error) {
	start := m.i
	tag, err := m.varint()
	if err != nil {
		return field{}, err
	}
	f := field{number: tag >> 3, wire: tag & 7}
	if f.number == 0 {
		return field{}, m.broken(start, "a field with the number 0")
	}
	switch f.wire {
	case varint:
		f.value, err = m.varint()
	case fixed64:
		if len(m.b)-m.i < 8 {
			return field{}, m.broken(m.i, "8 bytes that are cut off")
		}
		f.value = binary.LittleEndian.Uint64(m.b[m.i:])
		m.i += 8
	case fixed32:
		if len(m.b)-m.i < 4 {
			return field{}, m.broken(m.i, "4 bytes that are cut off")
		}
		f.value = uint64(binary.LittleEndian.Uint32(m.b[m.i:]))
		m.i += 4
	case delimited:
		var n uint64
		if n, err = m.varint(); err == nil {
			if n > uint64(len(m.b)-m.i) {
				return field{}, m.broken(start, "a length beyond the end")
			}
			f.bytes = m.b[m.i : m.i+int(n)]
			m.i += int(n)
		}
	default:
		return field{}, m.broken(start, fmt.Sprintf("a field of wire type %d", f.wire))
	}
	f.size = m.i - start
	return f, err
}

// varint reads a varint of at most 10 bytes.
func (m *message) varint() (uint64, error) {
	v, n := binary.Uvarint(m.b[m.i:])
	if n <= 0 {
		return 0, m.broken(m.i, "a varint that is cut off or too long")
	}
	m.i += n
	return v, nil
}

// broken returns the error that ends a message.
func (m *message) broken(at int, what string) error {
	return fmt.Errorf("this is no protobuf: at byte %d of %d there is %s", at+1, len(m.b), what)
}
