package view

import (
	"fmt"
	"slices"

	"hutong/layers"
)

// Spec is a view that is no more than a choice of the fields of a live layer.
type Spec struct {
	// Name is the view's name; "" is the layer's.
	Name layers.Name
	// Fields are the names of the fields that it shows, in any order; nil shows all that are not private. A
	// private one that is named is shown.
	Fields []string
}

// New returns a live layer as an audience sees it that may see all features and some of the fields. The error
// names a field that the layer does not have, or one that stands twice.
func New(live *layers.Layer, spec Spec) (*Layer, error) {
	schema, columns, err := spec.Schema(live.Schema())
	if err != nil {
		return nil, err
	}
	return newLayer(schema, columns, len(live.Schema().Fields), func() layers.Reader { return live.Snapshot() }), nil
}

// Schema returns the schema of what spec shows of full, in which no field is private, and by its fields their
// positions in full. The error is that of [New].
func (spec Spec) Schema(full *layers.Schema) (schema *layers.Schema, columns []int, err error) {
	if err := named(full, spec.Fields); err != nil {
		return nil, nil, err
	}
	copied := *full
	schema = &copied
	schema.Fields = nil
	schema.Observed, schema.Version = "", "" // a view takes no changes, and its schema may lack these fields
	if spec.Name != "" {
		schema.Name = spec.Name
	}
	for i, f := range full.Fields {
		if spec.Fields == nil && f.Private || spec.Fields != nil && !slices.Contains(spec.Fields, f.Name) {
			if f.Name == schema.TimeField {
				schema.TimeField = ""
			}
			continue
		}
		f.Private = false
		schema.Fields = append(schema.Fields, f)
		columns = append(columns, i)
	}
	return schema, columns, nil
}

// named says which of fields is none of a schema's, or stands twice; nil when none does.
func named(full *layers.Schema, fields []string) error {
	for i, name := range fields {
		switch {
		case full.FieldIndex(name) < 0:
			return fmt.Errorf("view: layer %s has no field %q", full.Name, name)
		case slices.Contains(fields[:i], name):
			return fmt.Errorf("view: field %q stands twice", name)
		}
	}
	return nil
}
