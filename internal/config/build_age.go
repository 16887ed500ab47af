package config

import (
	"hutong/layers"
	"hutong/layers/view"
)

// ageField is what the field of the classes of age is called unless the config says.
const ageField = "age_class"

// age reads in which classes of age features are shown. s has its fields and its time.
func (b *builder) age(s *layers.Schema, n *node) view.AgeSpec {
	at := n.get("age")
	if at == nil || at.bad {
		return view.AgeSpec{}
	}
	spec := view.AgeSpec{Field: ageField}
	i := s.FieldIndex(s.TimeField)
	switch {
	case s.TimeField == "":
		b.f.at(at.keyLine, at.keyColumn, at.path, "features without a time have no age: the layer needs time: the field that says when")
	case i >= 0 && s.Fields[i].Private:
		b.f.at(at.keyLine, at.keyColumn, at.path, "the time %s is private, and ages would tell it: leave out age or private", quote(s.TimeField))
	}
	on := at
	if field := at.get("field"); field != nil {
		spec.Field, on = field.text, field
	}
	if s.FieldIndex(spec.Field) >= 0 || spec.Field == s.IDField {
		b.f.on(on, "%s is already a field of the layer: name another with age: {field: …}", quote(spec.Field))
	}
	if classes := at.get("classes"); classes != nil {
		for _, item := range classes.items {
			c := view.AgeClass{Name: item.text, Below: b.duration(item, view.MinBucket, maxAge)}
			if last := len(spec.Classes) - 1; last >= 0 && c.Below <= spec.Classes[last].Below && !b.f.below(item.path) {
				b.f.on(item, "classes stand from the youngest to the oldest: this one needs more than %s", spell(spec.Classes[last].Below))
			}
			spec.Classes = append(spec.Classes, c)
		}
	}
	return spec
}

// drawnSchema returns the schema of what is shown of s and drawn by: with the field of ages, if there is one that fits.
func drawnSchema(s *layers.Schema, spec *view.AgeSpec) *layers.Schema {
	if spec.Field == "" || spec.Validate() != nil {
		return s
	}
	with, err := spec.In(s)
	if err != nil {
		return s // no time that is shown, or reported
	}
	return with
}

// ageOf returns the classes of age of a view that shows schema of a layer that has spec: none where it does not show the
// time, or shows another field of that name.
func ageOf(spec view.AgeSpec, schema *layers.Schema) view.AgeSpec {
	if drawnSchema(schema, &spec) == schema {
		return view.AgeSpec{}
	}
	return spec
}
