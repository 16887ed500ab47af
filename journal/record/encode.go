package record

import (
	"encoding/binary"
	"fmt"
	"math"

	"hutong/internal/wkb"
	"hutong/layers"
	"hutong/layers/column"
)

// The bits of a batch's and a change's flags.
const (
	batchSnapshot = 1 << 0
	batchSalt     = 1 << 1

	changeDelete   = 1 << 0
	changeGeometry = 1 << 1
	changeErase    = 1 << 2
)

// AppendSection appends batches as one section and returns the longer slice. Each batch's layer must be
// among the schemas, and its changes must have passed [layers.Schema.Check]. The error names the batch,
// or is [ErrTooLarge]; dst is then as it was.
func AppendSection(dst []byte, schemas map[layers.Name]*layers.Schema, batches []Batch) ([]byte, error) {
	mark := len(dst)
	var used []*layers.Schema
	index := make([]int, len(batches))
	for i := range batches {
		schema := schemas[batches[i].Layer]
		if schema == nil {
			return dst[:mark], fmt.Errorf("record: batch %d: there is no layer %q", i, batches[i].Layer)
		}
		index[i] = len(used)
		for j, s := range used {
			if s == schema {
				index[i] = j
			}
		}
		if index[i] == len(used) {
			used = append(used, schema)
		}
	}
	dst = append(dst, 0, 0, 0, 0) // the section's length
	dst = appendTable(dst, used)
	dst = binary.AppendUvarint(dst, uint64(len(batches)))
	var err error
	for i := range batches {
		if dst, err = appendBatch(dst, used[index[i]], index[i], &batches[i]); err != nil {
			return dst[:mark], fmt.Errorf("record: batch %d of layer %q: %w", i, batches[i].Layer, err)
		}
		if n := len(dst) - mark; n > MaxBody {
			return dst[:mark], fmt.Errorf("%w: more than %d bytes; send fewer changes at once", ErrTooLarge, MaxBody)
		}
	}
	binary.LittleEndian.PutUint32(dst[mark:], uint32(len(dst)-mark-4))
	return dst, nil
}

// appendTable appends the names and types that a section's values go by.
func appendTable(dst []byte, schemas []*layers.Schema) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(schemas)))
	for _, s := range schemas {
		dst = appendText(dst, string(s.Name))
		dst = binary.AppendUvarint(dst, uint64(len(s.Fields)))
		for i := range s.Fields {
			dst = append(appendText(dst, s.Fields[i].Name), byte(s.Fields[i].Kind))
		}
	}
	return dst
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

func appendBatch(dst []byte, s *layers.Schema, index int, b *Batch) ([]byte, error) {
	dst = binary.AppendUvarint(dst, uint64(index))
	dst = appendText(dst, b.Source)
	dst = binary.AppendVarint(dst, b.Received)
	flags := byte(0)
	if b.Snapshot {
		flags |= batchSnapshot
	}
	salted := b.Salt != layers.Salt{}
	if salted {
		flags |= batchSalt
	}
	dst = append(dst, flags)
	if salted {
		dst = append(dst, b.Salt[:]...)
	}
	dst = binary.AppendUvarint(dst, uint64(len(b.Changes)))
	var err error
	for i := range b.Changes {
		if dst, err = appendChange(dst, s, &b.Changes[i]); err != nil {
			return dst, fmt.Errorf("change %d: %w", i, err)
		}
	}
	return dst, nil
}

func appendChange(dst []byte, s *layers.Schema, c *layers.Change) ([]byte, error) {
	flags := byte(0)
	switch c.Op {
	case layers.Upsert:
	case layers.Delete:
		flags |= changeDelete
	case layers.Erase:
		flags |= changeErase
	default:
		return dst, fmt.Errorf("no operation %d", c.Op)
	}
	if c.Feature.Geometry != nil {
		flags |= changeGeometry
	}
	dst = append(dst, flags)
	dst = appendText(dst, string(c.Feature.ID))
	if c.Feature.Geometry != nil {
		var err error
		if dst, err = appendGeometry(dst, c); err != nil {
			return dst, err
		}
	}
	return appendValues(dst, s, c.Feature.Values)
}

// appendGeometry appends a geometry behind its length, which is written first in four bytes: nothing
// says it in advance.
func appendGeometry(dst []byte, c *layers.Change) ([]byte, error) {
	at := len(dst)
	dst = append(dst, 0, 0, 0, 0)
	dst, err := wkb.Append(dst, c.Feature.Geometry)
	if err != nil {
		return dst, fmt.Errorf("geometry: %w", err)
	}
	binary.LittleEndian.PutUint32(dst[at:], uint32(len(dst)-at-4))
	return dst, nil
}

// appendValues appends how many values there are, a bit for each that is null, and the others.
func appendValues(dst []byte, s *layers.Schema, values []column.Value) ([]byte, error) {
	if len(values) > len(s.Fields) {
		return dst, fmt.Errorf("%d values for %d fields", len(values), len(s.Fields))
	}
	dst = binary.AppendUvarint(dst, uint64(len(values)))
	nulls := len(dst)
	for range (len(values) + 7) / 8 {
		dst = append(dst, 0)
	}
	for i, v := range values {
		if v.IsNull() {
			dst[nulls+i/8] |= 1 << (i % 8)
			continue
		}
		if v.Kind() != s.Fields[i].Kind {
			return dst, fmt.Errorf("field %q: a %s in a field of type %s", s.Fields[i].Name, v.Kind(), s.Fields[i].Kind)
		}
		switch v.Kind() {
		case column.String:
			dst = appendText(dst, v.Text())
		case column.Int:
			dst = binary.AppendVarint(dst, v.Int())
		case column.Time:
			dst = binary.AppendVarint(dst, v.Micros())
		case column.Float:
			dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(v.Float()))
		case column.Bool:
			if v.Bool() {
				dst = append(dst, 1)
			} else {
				dst = append(dst, 0)
			}
		case column.Null:
		}
	}
	return dst, nil
}
