package inspect

import (
	"fmt"
	"slices"
)

// Field numbers of a feature.
const (
	featureID       = 1
	featureTags     = 2
	featureType     = 3
	featureGeometry = 4
)

// typeNames are the types of geometries.
var typeNames = [...]string{"unknown", "point", "line", "polygon"}

// feature reads feature number n, from 1.
func (r *reader) feature(n int, b []byte) {
	var geometry []byte
	tags := r.scratch[:0]
	var kind uint64
	var typed bool
	geometries, ids := 0, 0
	for m := (message{b: b}); !m.done(); {
		f, err := m.next()
		if err != nil {
			r.problem(n, err.Error())
			return
		}
		want, name := uint64(varint), "the type"
		switch f.number {
		case featureID:
			ids++
			name = "the id"
		case featureTags:
			want, name = delimited, "the tags"
			tags = append(tags, f.bytes...) // packed fields may come in parts
			r.scratch = tags
			r.layer.Bytes.Tags += f.size
		case featureType:
			typed, kind = true, f.value
		case featureGeometry:
			want, name = delimited, "the geometry"
			geometry = f.bytes
			geometries++
			r.layer.Bytes.Geometries += f.size
		default:
			r.problem(n, fmt.Sprintf("the feature has a field %d, which the format does not know", f.number))
			continue
		}
		if f.wire != want {
			r.problem(n, name+" is "+wireName(f.wire)+", not "+wireName(want))
			return
		}
	}
	r.tags(n, tags)
	if ids > 0 {
		r.layer.IDs++
	}
	switch {
	case !typed:
		r.problem(n, "there is no geometry type")
	case kind >= uint64(len(typeNames)):
		r.problem(n, fmt.Sprintf("there is no geometry type %d", kind))
		kind = 0
	}
	r.layer.Geometries[typeNames[kind]]++
	switch {
	case geometries == 0:
		r.problem(n, "there is no geometry")
	case geometries > 1:
		r.problem(n, "there are several geometries")
	default:
		r.geometry(n, kind, geometry)
	}
}

// tags reads pairs of a key and a value.
func (r *reader) tags(n int, b []byte) {
	m := message{b: b}
	for !m.done() {
		key, err := m.varint()
		if err != nil {
			r.problem(n, "the tags: "+err.Error())
			return
		}
		if m.done() {
			r.problem(n, "the tags are an odd number: a key is without a value")
			return
		}
		index, err := m.varint()
		if err != nil {
			r.problem(n, "the tags: "+err.Error())
			return
		}
		switch {
		case key >= uint64(r.keys):
			r.problem(n, "a tag names a key that the layer does not have")
			continue
		case index >= uint64(len(r.values)):
			r.problem(n, "a tag names a value that the layer does not have")
			continue
		case r.used[key] == uint32(n):
			r.problem(n, "a feature has the same key twice")
			continue
		}
		r.used[key] = uint32(n)
		if at := r.index[key]; at >= 0 {
			r.layer.Keys[at].add(&r.values[index])
		}
	}
}

// add counts a value of a key.
func (k *Key) add(v *value) {
	k.Features++
	k.Types[kindNames[v.kind]]++
	if len(k.Examples) < maxExamples {
		if text := v.String(); !slices.Contains(k.Examples, text) {
			k.Examples = append(k.Examples, text)
		}
	}
}
