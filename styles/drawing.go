package styles

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"hutong/layers"
	"hutong/layers/column"
)

// Words are a text in the languages that our maps speak: English and Chinese. ZH may be "": then EN
// stands for both.
type Words struct{ EN, ZH string }

// Role is what of a map a layer is. Layers with a role are the ground that people find their way by:
// they are drawn quietly, in the colours of their role, beneath all data.
type Role string

// The roles, in the order in which they are drawn.
const (
	Data     Role = "" // what people look for
	Land     Role = "land"
	Parcel   Role = "parcel"
	Park     Role = "park"
	Water    Role = "water"
	Building Role = "building"
	Road     Role = "road"
	Rail     Role = "rail"
	Boundary Role = "boundary"
	Place    Role = "place" // points with a name: districts, neighbourhoods
)

// Roles lists all roles but Data, the undermost first.
var Roles = []Role{Land, Parcel, Park, Water, Building, Road, Rail, Boundary, Place}

// Drawing is what a layer's owner says of how it is shown. The zero value leaves all of it to
// [Drawing.Chosen].
type Drawing struct {
	// TitleZH is the layer's title in Chinese; "" if it has none.
	TitleZH string
	// Role is what of a map it is.
	Role Role
	// Hidden says that maps do not show it until somebody asks for it.
	Hidden bool
	// Category names the text field that features are coloured by, Status the text field that says
	// where they stand, Number the number field that they are coloured by when there is no category.
	Category, Status, Number string
	// Label and LabelZH name the text fields whose values are written on the map.
	Label, LabelZH string
	// Class names the text field that says how large a road, a place or a boundary is. Roads:
	// motorway, ring, avenue, street, lane, path; places: city, district, town, neighbourhood;
	// parcels: residential, commercial, industrial, civic, farm; parks: park, wood; other values are drawn as the
	// middle one.
	Class string
	// Fields say more of fields, by their names.
	Fields map[string]FieldLook
}

// FieldLook is how a field is shown.
type FieldLook struct {
	// Title is its name for people; "" makes one of its name.
	Title Words
	// Unit stands behind its values, such as "µg/m³"; "" if they have none.
	Unit string
	// Values are the looks of single values of a text field.
	Values map[string]ValueLook
	// Order is the order in which these stand; nil is that of the alphabet. It has each of them.
	Order []string
}

// ValueLook is how one value of a field is shown.
type ValueLook struct {
	// Title is the value for people; "" is the value itself.
	Title Words
	// Icon is the name of an icon of Maki or Temaki, such as "bus" or "temaki-bench"; "" for none.
	Icon string
	// Colour is "#rrggbb"; "" lets the palette choose.
	Colour string
}

// chosen reports whether the owner chose how the value looks, not only what it is called.
func (v ValueLook) chosen() bool { return v.Colour != "" || v.Icon != "" }

// Undrawn returns the values whose chosen looks no map shows because there are more than [MaxSwatches] of
// them, in the order of the alphabet.
func (f *FieldLook) Undrawn() []string {
	var chosen []string
	for value, look := range f.Values {
		if look.chosen() {
			chosen = append(chosen, value)
		}
	}
	slices.Sort(chosen)
	return chosen[min(len(chosen), MaxSwatches):]
}

// IsZero reports whether d says nothing.
func (d *Drawing) IsZero() bool {
	return d.TitleZH == "" && d.Role == Data && !d.Hidden && d.Category == "" && d.Status == "" && d.Number == "" &&
		d.Label == "" && d.LabelZH == "" && d.Class == "" && len(d.Fields) == 0
}

// Names that fields have in many data sets, the likeliest first.
var (
	statusNames = []string{"status", "state", "stage"}
	numberNames = []string{"value", "reading"}
	labelNames  = []string{"name", "title", "label"}
	zhNames     = []string{"name_zh", "title_zh", "label_zh"}
	classNames  = []string{"class", "kind", "type"}
)

// Chosen returns d with what it leaves open chosen from schema, which holds public fields only. The
// choice depends on the schema and on nothing that a layer holds, so a style does not change with
// its data. Status is a kept text field of a usual name, category the first other kept text field,
// number the first one with a unit or of a usual name, which beside a category counts only where the
// layer says when it was observed, as readings do; labels and class are fields of usual names.
func (d Drawing) Chosen(schema *layers.Schema) Drawing {
	text := func(names []string) string {
		for _, name := range names {
			if i := schema.FieldIndex(name); i >= 0 && schema.Fields[i].Kind == column.String {
				return name
			}
		}
		return ""
	}
	if d.Status == "" {
		if name := text(statusNames); name != "" && schema.Fields[schema.FieldIndex(name)].Keep && name != d.Category {
			d.Status = name
		}
	}
	for _, f := range schema.Fields {
		if d.Category == "" && f.Kind == column.String && f.Keep && f.Name != d.Status {
			d.Category = f.Name
		}
	}
	if d.Number == "" && (d.Category == "" || schema.TimeField != "") {
		d.Number = d.measured(schema)
	}
	if d.Label == "" {
		d.Label = text(labelNames)
	}
	if d.LabelZH == "" {
		d.LabelZH = text(zhNames)
	}
	if d.Class == "" && d.Role != Data {
		d.Class = text(classNames)
	}
	return d
}

// measured returns the first number that has a unit or a usual name, "" if there is none.
func (d *Drawing) measured(schema *layers.Schema) string {
	for _, f := range schema.Fields {
		number := f.Kind == column.Int || f.Kind == column.Float
		if number && (d.Fields[f.Name].Unit != "" || slices.Contains(numberNames, f.Name)) {
			return f.Name
		}
	}
	return ""
}

// Check returns every problem of d for a layer of schema, joined, or nil.
func (d *Drawing) Check(schema *layers.Schema) error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if d.Role != Data && !slices.Contains(Roles, d.Role) {
		fail("role %q is none of %s", d.Role, roleNames())
	}
	field := func(what, name string, kinds ...column.Kind) {
		if name == "" {
			return
		}
		i := schema.FieldIndex(name)
		switch {
		case i < 0:
			fail("%s: there is no public field %q", what, name)
		case !slices.Contains(kinds, schema.Fields[i].Kind):
			fail("%s: field %q is of type %s", what, name, schema.Fields[i].Kind)
		}
	}
	field("category", d.Category, column.String)
	field("status", d.Status, column.String)
	field("number", d.Number, column.Int, column.Float)
	field("label", d.Label, column.String)
	field("label_zh", d.LabelZH, column.String)
	field("class", d.Class, column.String)
	for name, look := range d.Fields {
		if schema.FieldIndex(name) < 0 {
			fail("look: there is no public field %q", name)
		}
		for value, v := range look.Values {
			if v.Colour != "" && !isColour(v.Colour) {
				fail("look of %s %q: colour %q is not like #0072b2", name, value, v.Colour)
			}
		}
	}
	return errors.Join(errs...)
}

func roleNames() string {
	names := make([]string, len(Roles))
	for i, r := range Roles {
		names[i] = string(r)
	}
	return strings.Join(names, ", ")
}

// isColour reports whether s is a colour such as "#0072b2".
func isColour(s string) bool {
	if len(s) != 7 || s[0] != '#' {
		return false
	}
	for _, c := range []byte(s[1:]) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return true
}
