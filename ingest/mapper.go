package ingest

import (
	"fmt"
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
	nulls   []string
	maxNull int // bytes of the longest of nulls
	lenient bool
	datum   world.Datum
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
	values     map[string]string
	layouts    []string
	zone       *time.Location
	maxLength  int
	private    bool // no refusal may show its values
}

// pathCharacters are those that make a name more than a plain one to gjson.
const pathCharacters = ".*?|#@!\\{}[]()=<>%\":"

func newMapper(m *Mapping, expressions []*expression) *Mapper {
	names := m.properties(expressions)
	mp := &Mapper{
		schema:  m.Schema,
		gate:    m.Gate,
		lenient: m.LenientCoordinates,
		datum:   m.Datum,
		sources: make([]source, len(names)),
		index:   make(map[string]int, len(names)),
		idField: m.Schema.IDField,
		maxNull: -1,
	}
	for i, name := range names {
		mp.sources[i] = source{name, name != IDMember && strings.ContainsAny(name, pathCharacters)}
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
			name: s.Name, kind: s.Kind, source: -1, constant: f.Value, values: f.Values, layouts: slices.Clone(f.Layouts),
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
	}
}

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

// Columns binds the columns of a CSV file to a mapping. It never changes.
type Columns struct {
	mapper   *Mapper
	sources  []int // by column; −1 for columns that nobody reads
	lon, lat int   // columns with degrees; −1 when there are none
	cell     int   // column with a point or WKT; −1 when there is none
	where    PlaceColumns
}

// Columns binds a file's header; where has no problem. The error names every column that is missing
// or stands twice, and lists those there are.
func (m *Mapper) Columns(header []string, where PlaceColumns) (*Columns, error) {
	c := &Columns{mapper: m, sources: make([]int, len(header)), lon: -1, lat: -1, cell: -1, where: where}
	for i := range c.sources {
		c.sources[i] = -1
	}
	var missing, twice []string
	find := func(name string) int {
		at := slices.Index(header, name)
		switch {
		case at < 0:
			missing = append(missing, fmt.Sprintf("%q", name))
		case slices.Contains(header[at+1:], name):
			twice = append(twice, fmt.Sprintf("%q", name))
		}
		return at
	}
	for i := range m.sources {
		if at := find(m.sources[i].name); at >= 0 {
			c.sources[at] = i
		}
	}
	if where.Lon != "" && where.Lat != "" {
		c.lon, c.lat = find(where.Lon), find(where.Lat)
	}
	if name := where.Point + where.WKT; name != "" {
		c.cell = find(name)
	}
	switch {
	case missing != nil:
		return nil, fmt.Errorf("no column %s; the columns are %s", strings.Join(missing, ", "), list(header))
	case twice != nil:
		return nil, fmt.Errorf("column %s stands twice; the columns are %s", strings.Join(twice, ", "), list(header))
	}
	return c, nil
}

// list quotes names for an error, the first hundred of them.
func list(names []string) string {
	const most = 100
	var b strings.Builder
	for i, name := range names[:min(len(names), most)] {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q", shorten(name))
	}
	if len(names) > most {
		fmt.Fprintf(&b, " and %d more", len(names)-most)
	}
	return b.String()
}
