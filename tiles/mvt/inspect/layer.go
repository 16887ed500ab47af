package inspect

import (
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"
)

// Field numbers of the messages (vector_tile.proto).
const (
	tileLayers = 3

	layerName     = 1
	layerFeatures = 2
	layerKeys     = 3
	layerValues   = 4
	layerExtent   = 5
	layerVersion  = 15

	valueString = 1
	valueFloat  = 2
	valueDouble = 3
	valueInt    = 4
	valueUint   = 5
	valueSint   = 6
	valueBool   = 7
)

// reader reads one layer: first its tables, which may stand behind the features that use them.
type reader struct {
	tile     *Tile
	layer    *Layer
	features [][]byte
	keys     int
	values   []value
	used     []uint32 // by key: the number of the last feature that has it
	index    []int32  // by key: its place in layer.Keys, −1 for none
	scratch  []byte   // the tags of the feature at hand
}

// value is an entry of the value table, of which only what was seen is kept.
type value struct {
	kind  uint8 // valueString … valueBool; 0 when it is none
	bytes []byte
	bits  uint64
}

// layer reads a layer of size bytes.
func (t *Tile) layer(b []byte, size int, names map[string]bool) {
	r := &reader{tile: t, layer: &Layer{Extent: 4096, Geometries: map[string]int{}, Keys: []*Key{}}}
	r.layer.Bytes.Total = size
	// The name comes first so that problems can say it.
	var named, versioned bool
	for m := (message{b: b}); !m.done(); {
		f, err := m.next()
		if err != nil {
			break
		}
		if f.number == layerName && f.wire == delimited {
			named = true
			r.layer.Name = shorten(f.bytes)
			r.text(0, "the name", f.bytes)
			if names[string(f.bytes)] {
				r.problem(0, "another layer has the same name")
			}
			names[string(f.bytes)] = true
			break
		}
	}
	for m := (message{b: b}); !m.done(); {
		f, err := m.next()
		if err != nil {
			r.problem(0, err.Error())
			break
		}
		versioned = versioned || f.number == layerVersion
		r.field(&f)
	}
	switch {
	case !named:
		r.problem(0, "there is no name")
	case r.layer.Name == "":
		r.problem(0, "the name is empty")
	}
	switch {
	case !versioned:
		r.problem(0, "there is no version")
	case r.layer.Version == 0 || r.layer.Version > Version:
		r.problem(0, fmt.Sprintf("the version is %d, not %d", r.layer.Version, Version))
	}
	if r.layer.Extent == 0 {
		r.problem(0, "the extent is 0")
	}
	r.layer.Features, r.layer.Values = len(r.features), len(r.values)
	r.used = make([]uint32, r.keys)
	for i, feature := range r.features {
		r.feature(i+1, feature)
	}
	if len(t.Layers) == maxLayers {
		t.MoreLayers++
		return
	}
	t.Layers = append(t.Layers, r.layer)
}

func (r *reader) problem(feature int, text string) { r.tile.problem(r.layer.Name, feature, text) }

// text checks that a text is UTF-8, which protobuf asks for.
func (r *reader) text(feature int, what string, b []byte) {
	if !utf8.Valid(b) {
		r.problem(feature, what+" is not UTF-8")
	}
}

// wire reports whether a field has a wire type, and tells a problem if not.
func (r *reader) wire(f *field, want uint64, what string) bool {
	if f.wire != want {
		r.problem(0, what+" is "+wireName(f.wire)+", not "+wireName(want))
	}
	return f.wire == want
}

// field reads a field of the layer.
func (r *reader) field(f *field) {
	bytes := &r.layer.Bytes
	switch f.number {
	case layerName:
		r.wire(f, delimited, "the name")
	case layerFeatures:
		if bytes.Features += f.size; r.wire(f, delimited, "a feature") {
			r.features = append(r.features, f.bytes)
		}
	case layerKeys:
		if bytes.Keys += f.size; r.wire(f, delimited, "a key") {
			r.key(f.bytes)
		}
	case layerValues:
		if bytes.Values += f.size; r.wire(f, delimited, "a value") {
			r.values = append(r.values, r.value(f.bytes))
		}
	case layerExtent:
		if r.wire(f, varint, "the extent") {
			r.layer.Extent = f.value
		}
	case layerVersion:
		if r.wire(f, varint, "the version") {
			r.layer.Version = f.value
		}
	default:
		if f.number < 16 { // from 16 on there may be extensions
			r.problem(0, fmt.Sprintf("the layer has a field %d, which the format does not know", f.number))
		}
	}
}

// key adds a key.
func (r *reader) key(b []byte) {
	r.keys++
	r.text(0, "a key", b)
	if len(r.layer.Keys) == maxKeys {
		r.layer.MoreKeys++
		r.index = append(r.index, -1)
		return
	}
	r.index = append(r.index, int32(len(r.layer.Keys)))
	r.layer.Keys = append(r.layer.Keys, &Key{Name: shorten(b), Types: map[string]int{}, Examples: []string{}})
}

// wires are the wire types of the kinds of values.
var wires = [...]uint64{
	valueString: delimited, valueFloat: fixed32, valueDouble: fixed64, valueInt: varint, valueUint: varint, valueSint: varint, valueBool: varint,
}

// value reads an entry of the value table: a message with exactly one field.
func (r *reader) value(b []byte) value {
	var v value
	n := 0
	for m := (message{b: b}); !m.done(); n++ {
		f, err := m.next()
		switch {
		case err != nil:
			r.problem(0, "a value: "+err.Error())
			return value{}
		case f.number < valueString || f.number > valueBool:
			r.problem(0, fmt.Sprintf("a value has a field %d, which the format does not know", f.number))
			continue
		case f.wire != wires[f.number]:
			r.problem(0, fmt.Sprintf("a value of type %s is %s, not %s", kindNames[f.number], wireName(f.wire), wireName(wires[f.number])))
			continue
		}
		v = value{kind: uint8(f.number), bytes: f.bytes, bits: f.value}
		if v.kind == valueString {
			r.text(0, "a value", f.bytes)
		}
	}
	if n != 1 {
		r.problem(0, fmt.Sprintf("a value has %d fields, not one", n))
	}
	return v
}

// kindNames are the names of the types of values.
var kindNames = [...]string{
	0: "none", valueString: "string", valueFloat: "float", valueDouble: "double", valueInt: "int", valueUint: "uint", valueSint: "sint", valueBool: "bool",
}

// String returns the value, shortened.
func (v *value) String() string {
	switch v.kind {
	case valueString:
		return shorten(v.bytes)
	case valueFloat:
		return strconv.FormatFloat(float64(math.Float32frombits(uint32(v.bits))), 'g', -1, 32)
	case valueDouble:
		return strconv.FormatFloat(math.Float64frombits(v.bits), 'g', -1, 64)
	case valueInt:
		return strconv.FormatInt(int64(v.bits), 10)
	case valueUint:
		return strconv.FormatUint(v.bits, 10)
	case valueSint:
		return strconv.FormatInt(int64(v.bits>>1)^-int64(v.bits&1), 10)
	case valueBool:
		return strconv.FormatBool(v.bits != 0)
	default:
		return ""
	}
}
