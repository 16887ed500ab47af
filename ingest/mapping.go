package ingest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/world"
)

// The layouts of [FieldMapping.Layouts] that are not Go time layouts.
const (
	LayoutUnix       = "unix"    // seconds since 1970 in UTC, with up to six decimals
	LayoutUnixMillis = "unix_ms" // milliseconds since 1970 in UTC, with up to three decimals
)

// Limits of a mapping. What goes beyond them is refused by [Mapping.Validate].
const (
	MaxNulls   = 64   // null markers
	MaxLayouts = 8    // layouts of one field
	MaxPath    = 1024 // bytes of a property name or path
)

// IDMember is a property name that stands for the feature's own "id" member in GeoJSON (RFC 7946
// §3.2), which is not one of its properties.
const IDMember = "$id"

// RowMember is a name in an id template that stands for where the record is in its file: its position in
// a collection, else the line on which it starts. It is for files that have nothing better: such an id is
// another one as soon as a record is added before it, and records of two files share theirs.
const RowMember = "$row"

// Mapping says how a record becomes a feature of one layer. It is plain data; [Mapping.Compile]
// makes it ready. Nobody may change it after that.
type Mapping struct {
	// Schema is the layer's schema.
	Schema *layers.Schema
	// ID makes the feature's id from properties of the record.
	ID Template
	// Fields say where each field of Schema.Fields comes from, one each, in the same order.
	Fields []FieldMapping
	// Nulls are texts that stand for null in every property, the id's included. A text or number
	// is compared after leaving out the spaces around it, so "" also takes "  " for null. Without
	// "" in Nulls an empty JSON text is a text; an empty CSV cell is always null.
	Nulls []string
	// Gate refuses positions.
	Gate Gate
	// Address names the property with a record's address, as From does; "" if there is none. The
	// position 0, 0 stands for an unknown place: with an address the record is a feature without
	// geometry, which can be located later; without one it is refused.
	Address string
	// LenientCoordinates takes GeoJSON coordinates that are texts with decimal numbers, such as
	// ["13.4", "52.5"], which RFC 7946 does not allow. Otherwise such a feature is refused.
	LenientCoordinates bool
	// Place says where records that are JSON objects, but no GeoJSON, have their place.
	Place PlaceProperties
	// Delete says which records delete the feature with their id; its zero value is none.
	Delete DeleteRule
	// MaxFuture is how far the event time of a record may be ahead of its receipt, see [Parser.Receive];
	// 0 asks nothing.
	MaxFuture time.Duration
	// Datum is that of the record's degrees. They are taken to WGS-84 before the gate sees them, so
	// its bounds are in WGS-84.
	Datum world.Datum
}

// FieldMapping says where the values of one field come from. The zero FieldMapping makes every
// value null.
type FieldMapping struct {
	// From is the name of a property, or of a CSV column. In GeoJSON it may also be a path into the
	// properties, such as "address.street" or "tags.0" (tidwall/gjson syntax): a property that is
	// literally so called comes first, and a plain name needs no escaping. [IDMember] is the
	// feature's own id.
	From string
	// Expression computes the value instead, in CEL: see [CheckExpression]. It reads the record's
	// properties as r.name or r["name"], as the texts that stand in the record. Where it needs one that
	// is null or absent the value is null. What it makes is treated as a property would be: null
	// markers, Values, Layouts and Zone apply to it.
	Expression string
	// Value is the value of every feature when From and Expression are "". It has the field's kind, or is null.
	Value column.Value
	// Received makes the value the time at which the record was received, for a field of kind time
	// that has none of From, Expression and Value.
	Received bool
	// Values replace texts, numbers and true or false as they stand in the record, before they are
	// converted to the field's kind. What is not listed stays.
	Values map[string]string
	// Layouts are tried in turn for a field of kind time: Go time layouts, [LayoutUnix] or
	// [LayoutUnixMillis]. None means RFC 3339.
	Layouts []string
	// Zone is the time zone of layouts that have none of their own; nil means UTC.
	Zone *time.Location
}

// Validate returns every problem of m at once, joined, or nil. It takes Schema as valid.
func (m *Mapping) Validate() error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if m.Schema == nil {
		return errors.New("ingest: mapping: there is no schema")
	}
	if m.ID.Empty() {
		fail("there is no id template")
	}
	for _, name := range m.ID.Properties() {
		if len(name) > MaxPath {
			fail("id: a property name of %d bytes, more than %d", len(name), MaxPath)
		}
	}
	if len(m.Address) > MaxPath {
		fail("address: a property name of %d bytes, more than %d", len(m.Address), MaxPath)
	}
	if len(m.Fields) != len(m.Schema.Fields) {
		fail("%d field mappings for %d fields", len(m.Fields), len(m.Schema.Fields))
	}
	for i := range min(len(m.Fields), len(m.Schema.Fields)) {
		for _, err := range m.Fields[i].problems(m.Schema.Fields[i].Kind) {
			fail("field %q: %w", m.Schema.Fields[i].Name, err)
		}
	}
	if len(m.Nulls) > MaxNulls {
		fail("%d null markers are more than %d", len(m.Nulls), MaxNulls)
	}
	if problem := m.Place.Problem(); problem != "" {
		fail("place: %s", problem)
	}
	if err := m.Delete.check(); err != nil {
		fail("delete: %w", err)
	}
	if m.MaxFuture < 0 {
		fail("an event time may be %s ahead of the record's receipt, which is no time ahead", m.MaxFuture)
	}
	if err := m.Gate.Validate(); err != nil {
		errs = append(errs, err)
	}
	if len(errs) == 0 {
		return nil
	}
	return fmt.Errorf("ingest: mapping of layer %q: %w", m.Schema.Name, errors.Join(errs...))
}

// problems says what is wrong with f for a field of kind k.
func (f *FieldMapping) problems(k column.Kind) []error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(f.From) > MaxPath {
		fail("a property name of %d bytes, more than %d", len(f.From), MaxPath)
	}
	if f.Expression != "" {
		if f.From != "" {
			fail("it has both a property %q and an expression", f.From)
		}
		if err := CheckExpression(f.Expression, k); err != nil {
			errs = append(errs, err)
		}
	}
	if !f.Value.IsNull() {
		if f.Expression != "" {
			fail("it has both an expression and a constant")
		}
		if f.From != "" {
			fail("it has both a property %q and a constant", f.From)
		}
		if f.Value.Kind() != k {
			fail("a constant of type %s in a field of type %s", f.Value.Kind(), k)
		}
	}
	if f.Received && (f.From != "" || f.Expression != "" || !f.Value.IsNull()) {
		fail("it is the time of receipt and something else")
	}
	if f.Received && k != column.Time {
		fail("the time of receipt in a field of type %s", k)
	}
	if f.From == "" && f.Expression == "" && len(f.Values) > 0 {
		fail("replacements without a property")
	}
	if k != column.Time && (len(f.Layouts) > 0 || f.Zone != nil) {
		fail("time layouts or a zone in a field of type %s", k)
	}
	if len(f.Layouts) > MaxLayouts {
		fail("%d layouts are more than %d", len(f.Layouts), MaxLayouts)
	}
	for _, layout := range f.Layouts {
		if err := validateLayout(layout); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

// validateLayout refuses what is no Go layout with at least a year or an epoch: a text without
// any element would match only itself and give the year 0.
func validateLayout(layout string) error {
	if layout == LayoutUnix || layout == LayoutUnixMillis {
		return nil
	}
	a := time.Date(2016, time.August, 3, 20, 47, 11, 0, time.UTC)
	b := time.Date(1987, time.August, 3, 20, 47, 11, 0, time.UTC)
	if a.Format(layout) == b.Format(layout) {
		return fmt.Errorf("layout %q has no year: write it as Go does, for example %q, or %s or %s",
			layout, time.DateTime, LayoutUnix, LayoutUnixMillis)
	}
	return nil
}

// properties returns the distinct properties that m and its expressions read, in order of first use: first
// those of which every table has a column, then, from the optional one on, those it may do without.
func (m *Mapping) properties(expressions []*expression, deletes *expression) (names []string, optional int) {
	add := func(name string) {
		if name != "" && name != RowMember && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, name := range m.ID.Properties() {
		add(name)
	}
	for i := range m.Fields {
		add(m.Fields[i].From)
		if e := expressions[i]; e != nil {
			for _, name := range e.properties {
				add(name)
			}
		}
	}
	add(m.Address)
	optional = len(names)
	add(m.Delete.From)
	if deletes != nil {
		for _, name := range deletes.properties {
			add(name)
		}
	}
	for _, name := range []string{m.Place.Lon, m.Place.Lat, m.Place.Point, m.Place.WKT, m.Place.Geometry} {
		add(name)
	}
	return names, optional
}

// Compile checks m and makes it ready.
func (m *Mapping) Compile() (*Mapper, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	expressions := make([]*expression, len(m.Fields)) // by field; nil where there is none
	for i := range m.Fields {
		if f := &m.Fields[i]; f.Expression != "" {
			var err error
			if expressions[i], err = compileExpression(f.Expression, m.Schema.Fields[i].Kind); err != nil {
				return nil, err
			}
		}
	}
	var deletes *expression
	if text := m.Delete.Expression; text != "" {
		var err error
		if deletes, err = compileExpression(text, column.Bool); err != nil {
			return nil, err
		}
	}
	return newMapper(m, expressions, deletes), nil
}
