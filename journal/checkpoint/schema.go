package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"hutong/internal/geoparquet"
	"hutong/journal/envelope"
	"hutong/layers"
	"hutong/layers/column"
)

// schemaRecord is what a layer's values were when they were written. What else a schema says, of tiles and
// budgets, does not change them.
type schemaRecord struct {
	Fields   []fieldRecord `json:"fields"`
	Observed string        `json:"observed,omitempty"`
	Version  string        `json:"version,omitempty"`
}

type fieldRecord struct {
	Name    string `json:"name"`
	Column  string `json:"column"`
	Type    string `json:"type"`
	Private bool   `json:"private,omitempty"`
}

// recordSchema returns the record of a schema.
func recordSchema(s *layers.Schema) (schemaRecord, error) {
	out := schemaRecord{Fields: []fieldRecord{}, Observed: s.Observed, Version: s.Version}
	names := columnNames(s.Fields)
	for i := range s.Fields {
		f := &s.Fields[i]
		if !utf8.ValidString(f.Name) {
			return schemaRecord{}, fmt.Errorf("field %q: its name is not UTF-8, which files want", f.Name)
		}
		out.Fields = append(out.Fields, fieldRecord{f.Name, names[i], f.Kind.String(), f.Private})
	}
	return out, nil
}

// columnNames returns the columns of fields: their names, with a "_" more while that is a column that a
// file has anyway, or another field's. Programs for Parquet often take Name and name for one, so here
// they are one too.
func columnNames(fields []layers.Field) []string {
	taken := map[string]bool{geoparquet.GeometryColumn: true, geoparquet.BoxColumn: true}
	out := make([]string, len(fields))
	for pass := range 2 { // names that are free as they are come first, so that few change
		for i := range fields {
			name := fields[i].Name
			if out[i] != "" || pass == 0 && taken[strings.ToLower(name)] {
				continue
			}
			out[i] = free(name, taken)
			taken[strings.ToLower(out[i])] = true
		}
	}
	return out
}

// free returns name with as many "_" more as make it one that is not taken.
func free(name string, taken map[string]bool) string {
	for taken[strings.ToLower(name)] {
		name += "_"
	}
	return name
}

// idColumn returns the column of the features' ids: "id", with a "_" more while a field has that column.
func (s *schemaRecord) idColumn() string {
	taken := map[string]bool{}
	for i := range s.Fields {
		taken[strings.ToLower(s.Fields[i].Column)] = true
	}
	return free("id", taken)
}

// hash returns the checksum of the record's JSON without white space.
func (s *schemaRecord) hash() string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return "" // texts and a bool always have a JSON
	}
	return envelope.Sum(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

func (s *schemaRecord) validate() error {
	if len(s.Fields) > layers.MaxFields {
		return fmt.Errorf("%d fields: want at most %d", len(s.Fields), layers.MaxFields)
	}
	fields := make([]layers.Field, len(s.Fields))
	names := map[string]bool{}
	for i := range s.Fields {
		f := &s.Fields[i]
		kind, err := column.ParseKind(f.Type)
		if err != nil {
			return fmt.Errorf("field %q: %w", f.Name, err)
		}
		if f.Name == "" || len(f.Name) > layers.MaxName || names[f.Name] {
			return fmt.Errorf("field %q stands twice, or its name is not 1 to %d bytes long", f.Name, layers.MaxName)
		}
		names[f.Name] = true
		fields[i] = layers.Field{Name: f.Name, Kind: kind}
	}
	for i, name := range columnNames(fields) {
		if s.Fields[i].Column != name {
			return fmt.Errorf("field %q: column %q: want %q", s.Fields[i].Name, s.Fields[i].Column, name)
		}
	}
	if s.Observed != "" && s.kind(s.Observed) != column.Time {
		return fmt.Errorf("the field %q of event times is no field of type time", s.Observed)
	}
	switch s.kind(s.Version) {
	case column.Int, column.Time, column.String:
	case column.Null:
		if s.Version != "" {
			return fmt.Errorf("the version field %q is no field", s.Version)
		}
	default:
		return fmt.Errorf("the version field %q is no field of type int, time or string", s.Version)
	}
	if s.Version != "" && s.Observed == "" {
		return errors.New("a version field without one of event times")
	}
	return nil
}

// kind returns the kind of a field, Null when there is none of that name.
func (s *schemaRecord) kind(name string) column.Kind {
	if f := s.field(name); f != nil {
		return f.kind()
	}
	return column.Null
}

func (s *schemaRecord) field(name string) *fieldRecord {
	for i := range s.Fields {
		if s.Fields[i].Name == name {
			return &s.Fields[i]
		}
	}
	return nil
}

// kind returns the kind of a field that was validated.
func (f *fieldRecord) kind() column.Kind {
	k, err := column.ParseKind(f.Type)
	if err != nil {
		return column.Null
	}
	return k
}

// columns returns the columns of a layer's file: the id first, then the fields.
func (l *layerRecord) columns() []geoparquet.Column {
	out := []geoparquet.Column{{Name: l.IDColumn, Kind: geoparquet.Text}}
	for i := range l.Schema.Fields {
		f := &l.Schema.Fields[i]
		out = append(out, geoparquet.Column{Name: f.Column, Kind: storedKinds[f.kind()]})
	}
	return out
}

// storedKinds is how values of a field are kept.
var storedKinds = [...]geoparquet.Kind{
	column.String: geoparquet.Text,
	column.Int:    geoparquet.Int,
	column.Float:  geoparquet.Float,
	column.Bool:   geoparquet.Bool,
	column.Time:   geoparquet.Time,
}
