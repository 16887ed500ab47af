package tiles

import (
	"cmp"
	"slices"

	"hutong/layers"
	"hutong/layers/column"
)

// Field is an attribute that a layer's tiles can have.
type Field struct {
	// Name is its key in tiles.
	Name string
	// Kind is the type of its values in the layer: times are whole milliseconds since 1970 in
	// tiles, and integers beyond ±2⁵³ decimal strings.
	Kind column.Kind
	// FromZoom is the lowest zoom at which it is in a tile.
	FromZoom uint8
	// Keep is set when no budget takes it out.
	Keep bool
}

// field is a Field and where its values are.
type field struct {
	Field
	column int // position in the view's schema; idColumn for the feature's id
	// The declared size of a kept string field, which the layer's limit is reckoned with.
	distinct, textBytes int
}

// idColumn marks the field that holds the features' ids.
const idColumn = -1

// order returns the fields of a view's schema in tile order: kept ones, then the others by falling
// priority, either in the schema's order, then the id. The last leaves a tile first.
func order(schema *layers.Schema, opts *Options) []field {
	positions := make([]int, len(schema.Fields))
	for i := range positions {
		positions[i] = i
	}
	slices.SortStableFunc(positions, func(i, j int) int {
		a, b := &schema.Fields[i], &schema.Fields[j]
		if a.Keep != b.Keep {
			if a.Keep {
				return -1
			}
			return 1
		}
		if a.Keep {
			return 0
		}
		return cmp.Compare(b.Priority, a.Priority)
	})
	fields := make([]field, 0, len(positions)+1)
	for _, i := range positions {
		f := &schema.Fields[i]
		one := field{
			Field:  Field{Name: f.Name, Kind: f.Kind, FromZoom: f.FromZoom, Keep: f.Keep},
			column: i, distinct: DefaultDistinct, textBytes: DefaultTextBytes,
		}
		if n, ok := opts.Distinct[f.Name]; ok {
			one.distinct = n
		}
		if f.MaxLength > 0 {
			one.textBytes = f.MaxLength
		}
		fields = append(fields, one)
	}
	if schema.IDField != "" {
		id := Field{Name: schema.IDField, Kind: column.String, FromZoom: schema.IDFromZoom}
		fields = append(fields, field{Field: id, column: idColumn})
	}
	return fields
}

// plan is which fields go into the tiles of one zoom.
type plan struct {
	fields []field  // shown at the zoom, in tile order
	kept   int      // of these, how many are kept
	hidden []field  // kept fields of deeper zooms: not shown, but part of what features cost
	names  []string // of fields
}

func newPlan(fields []field, zoom uint8) plan {
	var p plan
	for i := range fields {
		f := fields[i]
		switch {
		case f.FromZoom <= zoom:
			p.fields = append(p.fields, f)
			p.names = append(p.names, f.Name)
			if f.Keep {
				p.kept++
			}
		case f.Keep:
			p.hidden = append(p.hidden, f)
		}
	}
	return p
}

// columns returns how many columns of tags a tile may need at once.
func (p *plan) columns() int { return max(len(p.fields), p.kept+len(p.hidden)) }

// TypeName returns what TileJSON calls the type that values of a kind have in tiles; times are milliseconds there.
func TypeName(kind column.Kind) string {
	switch kind {
	case column.Int, column.Float, column.Time:
		return "Number"
	case column.Bool:
		return "Boolean"
	case column.String, column.Null:
		return "String"
	default:
		return "String"
	}
}
