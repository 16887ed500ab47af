package ingest

import (
	"maps"
	"slices"
	"strings"
	"time"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/world"
)

// Mapper is a [Mapping] made ready. It never changes and may be used from many goroutines.
type Mapper struct {
	schema  *layers.Schema
	gate    Gate
	sources []source       // the properties that are read, each once
	index   map[string]int // from a property's name to its source
	id      []idPart
	fields  []field
	address int // source of the address; −1 when there is none
	place   PlaceProperties
	deletes deletion
	// observed and version are the fields that say when a change happened; −1 when there are none.
	observed, version int
	maxFuture         time.Duration
	nulls             []string
	maxNull           int // bytes of the longest of nulls
	lenient           bool
	datum             world.Datum
	// idField is what refusals call the id; idMasked is set when an id would show a private value.
	idField  string
	idMasked bool
	// secret are the properties that only private fields show.
	secret map[string]bool
}

// source is one property that a mapping reads.
type source struct {
	name string
	// path is set when name may also be a path into the properties.
	path bool
	// optional is set when a table may lack the column.
	optional bool
}

// idPart is one part of the id: text, the value of a source, or where the record is.
type idPart struct {
	text   string
	source int  // −1 for text and row
	row    bool // where the record is
}

// field is one field of the layer, with what its conversion needs.
type field struct {
	name     string
	kind     column.Kind
	source   int // −1 for a constant or an expression
	constant column.Value
	// expression is nil when there is none.
	expression *expression
	received   bool // the time of receipt
	values     map[string]string
	layouts    []string
	zone       *time.Location
	maxLength  int
	private    bool // no refusal may show its values
}

// pathCharacters are those that make a name more than a plain one to gjson.
const pathCharacters = ".*?|#@!\\{}[]()=<>%\":"

func newMapper(m *Mapping, expressions []*expression, deletes *expression) *Mapper {
	names, optional := m.properties(expressions, deletes)
	mp := &Mapper{
		place:     m.Place,
		observed:  -1,
		version:   -1,
		maxFuture: m.MaxFuture,
		schema:    m.Schema,
		gate:      m.Gate,
		lenient:   m.LenientCoordinates,
		datum:     m.Datum,
		sources:   make([]source, len(names)),
		index:     make(map[string]int, len(names)),
		idField:   m.Schema.IDField,
		maxNull:   -1,
	}
	for i, name := range names {
		mp.sources[i] = source{name, name != IDMember && strings.ContainsAny(name, pathCharacters), i >= optional}
		mp.index[name] = i
	}
	if mp.address = -1; m.Address != "" {
		mp.address = mp.index[m.Address]
	}
	for _, part := range m.ID.parts {
		if part.property && part.text == RowMember {
			mp.id = append(mp.id, idPart{source: -1, row: true})
		} else if part.property {
			mp.id = append(mp.id, idPart{source: mp.index[part.text]})
		} else {
			mp.id = append(mp.id, idPart{text: part.text, source: -1})
		}
	}
	for i := range m.Fields {
		f, s := &m.Fields[i], &m.Schema.Fields[i]
		mp.fields = append(mp.fields, field{
			name: s.Name, kind: s.Kind, source: -1, constant: f.Value, received: f.Received, values: f.Values, layouts: slices.Clone(f.Layouts),
			zone: f.Zone, maxLength: s.MaxLength, private: s.Private,
		})
		added := &mp.fields[i]
		if f.From != "" {
			added.source = mp.index[f.From]
		}
		if added.maxLength == 0 {
			added.maxLength = layers.DefaultMaxLength
		}
		if e := expressions[i]; e != nil {
			added.expression = e
			for _, name := range e.properties {
				e.sources = append(e.sources, mp.index[name])
			}
		}
	}
	mp.deletes = mp.newDeletion(&m.Delete, deletes)
	if name := m.Schema.Observed; name != "" {
		mp.observed = m.Schema.FieldIndex(name)
	}
	if name := m.Schema.Version; name != "" {
		mp.version = m.Schema.FieldIndex(name)
	}
	mp.mask(m)
	for _, null := range m.Nulls {
		null = strings.TrimSpace(null)
		if !slices.Contains(mp.nulls, null) {
			mp.nulls = append(mp.nulls, null)
			mp.maxNull = max(mp.maxNull, len(null))
		}
	}
	return mp
}

// mask makes refusals hide an id, and what an expression is about, that show a property of private
// fields only.
func (m *Mapper) mask(from *Mapping) {
	public, secret := map[string]bool{}, map[string]bool{}
	for i := range m.fields {
		switch f := &m.fields[i]; {
		case strings.HasPrefix(f.name, HiddenPrefix): // shows nothing that is not secret anyway
			f.private = false
		case !f.private:
			public[from.Fields[i].From] = true
		case f.expression != nil:
			for _, name := range f.expression.properties {
				secret[name] = true
			}
		default:
			secret[from.Fields[i].From] = true
		}
	}
	maps.DeleteFunc(secret, func(name string, _ bool) bool { return public[name] })
	m.secret = secret
	shows := func(name string) bool { return secret[name] }
	m.idMasked = slices.ContainsFunc(from.ID.Properties(), shows)
	for i := range m.fields {
		if f := &m.fields[i]; f.expression != nil && slices.ContainsFunc(f.expression.properties, shows) {
			f.private = true
		}
		if f := &m.fields[i]; f.source >= 0 && strings.HasPrefix(f.name, HiddenPrefix) && shows(m.sources[f.source].name) {
			f.private = true
		}
	}
	if d := m.deletes.field; d != nil {
		d.private = slices.ContainsFunc(d.expression.properties, shows)
	}
}

// MasksID reports whether an id shows a property that only private fields show.
func (m *Mapper) MasksID() bool { return m.idMasked }

// Schema returns the schema of the layer that m makes features for.
func (m *Mapper) Schema() *layers.Schema { return m.schema }

// isNull reports whether s is a null marker, spaces around it left out.
func (m *Mapper) isNull(s string) bool {
	if m.maxNull < 0 || len(s) > m.maxNull && s[0] > ' ' && s[0] < 0x80 && s[len(s)-1] > ' ' && s[len(s)-1] < 0x80 {
		return false
	}
	s = strings.TrimSpace(s)
	return len(s) <= m.maxNull && slices.Contains(m.nulls, s)
}
