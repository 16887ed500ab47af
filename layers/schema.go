package layers

import (
	"errors"
	"fmt"

	"hutong/layers/column"
)

// Name names a layer. It stands in URLs: lower-case letters, digits, '_' and '-', starting with a
// letter, at most [MaxName] bytes.
type Name string

// Limits of a schema. A config that goes beyond them is refused by [Schema.Validate].
const (
	MaxName   = 64  // bytes of a layer's or field's name
	MaxFields = 256 // fields of a layer
	MaxZoom   = 24  // highest zoom that a field or layer may name
)

// DefaultDetailZoom is the zoom from which fields with mostly unique values are usually in a tile.
const DefaultDetailZoom = 14

// DefaultMaxLength is the most bytes that a value of a string field may have unless its field says.
const DefaultMaxLength = 4096

// Field is one attribute of a layer's features.
type Field struct {
	// Name is the attribute's name in tiles and features.
	Name string
	// Kind is the type of its values: any but Null.
	Kind column.Kind
	// Private fields leave by no door (S10).
	Private bool
	// Keep fields are never dropped from a tile to meet its budget.
	Keep bool
	// Priority decides which other fields leave a tile first: the lowest. Fields of the same
	// priority leave from the last in the schema to the first.
	Priority int
	// FromZoom is the lowest zoom at which the field is in a tile.
	FromZoom uint8
	// MaxLength is the most bytes of a string value; 0 means [DefaultMaxLength]. Longer values are refused.
	MaxLength int
}

// Schema says what a layer's features are made of. It never changes while a layer lives.
type Schema struct {
	// Name is the layer's name.
	Name Name
	// Fields are the attributes, in the order in which values stand in a [Feature].
	Fields []Field
	// IDField is the name under which a feature's id stands among its properties in GeoJSON and,
	// from IDFromZoom, in tiles; "" leaves it out of both. It has at most [MaxName] bytes and must not
	// name one of Fields.
	IDField string
	// IDFromZoom is the lowest zoom at which IDField is in a tile, at most [MaxZoom].
	IDFromZoom uint8
	// Coverage says that the layer's polygons share their borders and do not overlap, as districts do.
	// Then neighbours keep their common border at every zoom, and no budget leaves a member out.
	Coverage bool
	// TimeField names the field of kind Time that says when a feature was observed; "" if none.
	TimeField string
	// Observed names the field of kind Time by which changes of one id are ordered (design §4.4): the
	// newest wins, whatever comes last; a null time is older than any. "" orders them as they come.
	Observed string
	// Version names the field, of kind Int or Time or String, that decides between changes of one id with
	// the same time; "" if none. It needs Observed.
	Version string
}

// FieldIndex returns the position of the field called name, or −1.
func (s *Schema) FieldIndex(name string) int {
	for i := range s.Fields {
		if s.Fields[i].Name == name {
			return i
		}
	}
	return -1
}

// Validate returns every problem of s at once, joined, or nil.
func (s *Schema) Validate() error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if err := s.Name.Validate(); err != nil {
		errs = append(errs, err)
	}
	if len(s.Fields) > MaxFields {
		fail("%d fields are more than %d", len(s.Fields), MaxFields)
	}
	seen := map[string]bool{}
	for _, f := range s.Fields {
		switch {
		case f.Name == "" || len(f.Name) > MaxName:
			fail("field name %q is not 1 to %d bytes long", f.Name, MaxName)
		case seen[f.Name]:
			fail("field %q stands twice", f.Name)
		case f.Name == s.IDField:
			fail("field %q is also the id field", f.Name)
		}
		seen[f.Name] = true
		if f.Kind < column.String || f.Kind > column.Time {
			fail("field %q has no type", f.Name)
		}
		if f.FromZoom > MaxZoom {
			fail("field %q starts at zoom %d, beyond %d", f.Name, f.FromZoom, MaxZoom)
		}
		if f.MaxLength < 0 || f.MaxLength > column.MaxText {
			fail("field %q: max length %d is not 0 to %d", f.Name, f.MaxLength, column.MaxText)
		}
		if f.Private && f.Keep {
			fail("field %q cannot be private and kept in tiles", f.Name)
		}
	}
	if len(s.IDField) > MaxName {
		fail("id field name %q is more than %d bytes long", s.IDField, MaxName)
	}
	if s.IDFromZoom > MaxZoom {
		fail("the id field starts at zoom %d, beyond %d", s.IDFromZoom, MaxZoom)
	}
	if s.TimeField != "" {
		if i := s.FieldIndex(s.TimeField); i < 0 {
			fail("time field %q is not a field", s.TimeField)
		} else if s.Fields[i].Kind != column.Time {
			fail("time field %q is of type %s, not time", s.TimeField, s.Fields[i].Kind)
		}
	}
	if s.Observed != "" {
		if i := s.FieldIndex(s.Observed); i < 0 || s.Fields[i].Kind != column.Time {
			fail("the field %q of event times is no field of type time", s.Observed)
		}
	}
	if s.Version != "" {
		i := s.FieldIndex(s.Version)
		switch {
		case s.Observed == "":
			fail("a version field %q needs a field of event times", s.Version)
		case i < 0 || s.Fields[i].Kind == column.Float || s.Fields[i].Kind == column.Bool:
			fail("the version field %q is no field of type int, time or string", s.Version)
		}
	}
	if len(errs) == 0 {
		return nil
	}
	return fmt.Errorf("layers: schema %q: %w", s.Name, errors.Join(errs...))
}

// Validate says what is wrong with a layer's name, or nil.
func (n Name) Validate() error {
	if n == "" || len(n) > MaxName {
		return fmt.Errorf("layer name %q is not 1 to %d bytes long", string(n), MaxName)
	}
	for i := range len(n) {
		c := n[i]
		letter := c >= 'a' && c <= 'z'
		other := c >= '0' && c <= '9' || c == '_' || c == '-'
		if !letter && (!other || i == 0) {
			return fmt.Errorf("layer name %q may only have a-z, 0-9, '_' and '-' and starts with a letter", string(n))
		}
	}
	return nil
}
