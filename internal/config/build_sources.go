package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"hutong/ingest"
	"hutong/ingest/expiry"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/world"
)

// sources reads the sources, after the layers. tree is the layers' part of the file, which knows
// layers that could not be read, too.
func (b *builder) sources(n, tree *node) {
	if n == nil {
		return
	}
	var read []sourceEntry
	for _, e := range n.entries {
		if e.value.bad || e.value.kind != mapping {
			continue
		}
		b.config.Sources = append(b.config.Sources, b.source(e, tree))
		read = append(read, sourceEntry{entry: e})
	}
	for i := range read {
		read[i].source = &b.config.Sources[i]
	}
	b.order(read)
	for i := range read {
		e, m := &read[i], read[i].source.Mapping
		if m.Schema != nil && !b.f.below(e.value.path) && !b.f.below("layers") {
			if err := m.Validate(); err != nil {
				b.f.on(e.key, "%v", err)
			}
		}
	}
}

// sourceEntry is a source with where it stands.
type sourceEntry struct {
	entry
	source *Source
}

// source reads one source.
func (b *builder) source(e entry, tree *node) Source {
	n := e.value
	s := Source{Name: e.key.text, Layer: layers.Name(n.get("layer").str())}
	if name := n.get("layer"); name != nil && tree != nil && !tree.has(name.text) {
		b.f.on(name, "there is no layer %s%s; the layers are %s", quote(name.text), didYouMean(name.text, keys(tree)), listOr(keys(tree), "none"))
	}
	m := &ingest.Mapping{
		Nulls: []string{""}, Gate: ingest.Gate{Bounds: b.bounds(n.get("bounds"))}, Address: n.get("address").str(),
		LenientCoordinates: n.get("coordinates").str() == "lenient",
	}
	s.Mapping = m
	if b.push(&s, e) {
		b.files(&s, e)
		b.csv(&s, e)
		b.table(&s, e)
	}
	if datum := n.get("datum"); datum != nil {
		var err error
		if m.Datum, err = world.ParseDatum(datum.text); err != nil {
			b.f.on(datum, "%v", err)
		}
	}
	if nulls := n.get("nulls"); nulls != nil {
		m.Nulls = []string{}
		for _, item := range nulls.items {
			m.Nulls = append(m.Nulls, item.text)
		}
	} else if n.has("nulls") {
		m.Nulls = nil
	}
	if id := n.get("id"); id != nil {
		var err error
		if m.ID, err = ingest.ParseTemplate(id.text); err != nil {
			b.f.on(id, "%s", strings.TrimPrefix(err.Error(), "ingest: "))
		}
	}
	layer := b.config.layer(s.Layer)
	if layer == nil {
		return s
	}
	m.Schema = layer.Schema
	m.Fields = make([]ingest.FieldMapping, len(m.Schema.Fields))
	if fields := n.get("fields"); fields != nil {
		for _, f := range fields.entries {
			b.sourceField(m, f, tree.get(string(s.Layer)).get("fields"))
		}
	}
	if class := m.Schema.FieldIndex(layer.TTL.Field); class >= 0 {
		m.Fields[class] = ingest.FieldMapping{Value: column.StringOf(expiry.Fresh)}
	}
	if !b.f.below(n.path) && !b.f.below("layers") {
		if err := m.Validate(); err != nil {
			b.f.on(e.key, "%v", err)
		}
	}
	return s
}

// layer returns the layer of a name, or nil.
func (c *Config) layer(name layers.Name) *Layer {
	for i := range c.Layers {
		if c.Layers[i].Schema.Name == name {
			return &c.Layers[i]
		}
	}
	return nil
}

// files reads the patterns, with variables put in, and the format.
func (b *builder) files(s *Source, e entry) {
	n := e.value
	s.Format = Format(n.get("format").str())
	files := n.get("files")
	if files == nil {
		return
	}
	var guessed []Format
	for _, item := range files.items {
		path, err := expand(item.text, b.env)
		if err != nil {
			b.f.on(item, "%v", err)
			continue
		}
		if _, err := filepath.Match(path, ""); err != nil {
			b.f.on(item, "%s is not a pattern: a [ without its ], or a \\ at the end", quote(item.text))
			continue
		}
		s.Files = append(s.Files, path)
		if n.has("format") {
			continue
		}
		f := formatOf(item.text)
		if f == "" {
			b.f.on(item, "the name does not tell the format: say format: csv, geojson, geojsonl, shapefile, gpkg or geoparquet")
		} else if !slices.Contains(guessed, f) {
			guessed = append(guessed, f)
		}
	}
	switch {
	case len(guessed) == 1:
		s.Format = guessed[0]
	case len(guessed) > 1:
		b.f.on(files, "the files have different formats, %s and %s: make a source for each, or say format", guessed[0], guessed[1])
	}
}

// formatOf returns the format that a file's name tells, or "".
func formatOf(name string) Format {
	name = strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(name), ".gz"), ".zst")
	if strings.HasSuffix(name, ".shp.zip") {
		return Shapefile
	}
	switch filepath.Ext(name) {
	case ".csv":
		return CSV
	case ".geojson", ".json":
		return GeoJSON
	case ".geojsonl", ".ndjson", ".geojsons":
		return GeoJSONL
	case ".shp":
		return Shapefile
	case ".gpkg":
		return GeoPackage
	case ".parquet", ".geoparquet":
		return GeoParquet
	default:
		return ""
	}
}

// csv reads how CSV files are read.
func (b *builder) csv(s *Source, e entry) {
	n := e.value.get("csv")
	switch {
	case s.Format == CSV && !e.value.has("csv"):
		b.f.at(e.key.line, e.key.column, e.key.path, "format csv needs to know the columns: csv: {lon: …, lat: …}, csv: {point: {column: …, order: latlon}} or csv: {wkt: …}")
		return
	case n == nil:
		return
	case s.Format != CSV && s.Format != "":
		b.f.at(n.keyLine, n.keyColumn, n.path, "only for format csv, and this source has %s", s.Format)
		return
	}
	s.CSV = CSVOptions{Delimiter: ','}
	s.CSV.Lon, s.CSV.Lat, s.CSV.WKT = n.get("lon").str(), n.get("lat").str(), n.get("wkt").str()
	if point := n.get("point"); point != nil {
		s.CSV.Point, s.CSV.Order = point.get("column").str(), ingest.Order(point.get("order").str())
	}
	if d := n.get("delimiter").str(); d != "" {
		s.CSV.Delimiter = d[0]
	}
	if l := n.get("lookup"); l != nil {
		s.CSV.Lookup = Lookup{Key: l.get("key").str(), On: l.get("column").str()}
		if file := l.get("file"); file != nil {
			var err error
			if s.CSV.Lookup.File, err = expand(file.text, b.env); err != nil {
				b.f.on(file, "%v", err)
			}
		}
	}
	switch lat := n.get("lat"); {
	case lat != nil && s.CSV.Lon == s.CSV.Lat:
		b.f.on(lat, "lon and lat are the same column %s", quote(lat.text))
	case b.f.below(n.path):
	case !n.has("lon") && !n.has("lat") && !n.has("point") && !n.has("wkt"):
		b.f.at(n.keyLine, n.keyColumn, n.path, "needs the columns that say where a row is: lon and lat, point, or wkt")
	case s.CSV.Problem() != "":
		b.f.at(n.keyLine, n.keyColumn, n.path, "%s", s.CSV.Problem())
	}
}

// table reads which table of a GeoPackage is read.
func (b *builder) table(s *Source, e entry) {
	n := e.value.get("table")
	if n == nil {
		return
	}
	if s.Format != GeoPackage && s.Format != "" {
		b.f.at(n.keyLine, n.keyColumn, n.path, "only for format gpkg, and this source has %s", s.Format)
		return
	}
	s.Table = n.str()
}

// bounds reads west, south, east, north. East may only be less than west where the box crosses the
// antimeridian: from a positive longitude to a negative one.
func (b *builder) bounds(n *node) *orb.Bound {
	if n == nil {
		return nil
	}
	west, south := n.items[0].number(0), n.items[1].number(0)
	east, north := n.items[2].number(0), n.items[3].number(0)
	if west >= east && !(west > 0 && east < 0) {
		b.f.on(n, "west %v is not less than east %v; the order is west, south, east, north, and a box over the antimeridian goes from a positive longitude to a negative one", west, east)
	}
	if south >= north {
		b.f.on(n, "south %v is not less than north %v; the order is west, south, east, north", south, north)
	}
	return &orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{east, north}}
}

// expand puts variables in for ${NAME}. A $ without a brace stands for itself.
func expand(s string, env Env) (string, error) {
	var out strings.Builder
	for {
		before, after, found := strings.Cut(s, "${")
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		name, rest, closed := strings.Cut(after, "}")
		if !closed {
			return "", errors.New("a ${ without its }")
		}
		if !isVariable(name) {
			return "", fmt.Errorf("${%s} is not the name of a variable: letters, digits and _, such as ${%s}", name, EnvData)
		}
		value, _ := env(name)
		if value == "" && name == EnvData {
			value = DefaultData
		}
		switch {
		case value == "":
			return "", fmt.Errorf("the variable %s is not set in the environment", name)
		case strings.ContainsRune(value, 0):
			return "", fmt.Errorf("the variable %s holds a character that no path may have", name)
		}
		out.WriteString(value)
		s = rest
	}
}

func isVariable(name string) bool {
	for i, r := range name {
		letter := r == '_' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return name != ""
}

// sourceField reads where the values of one field come from. fields is the layer's part of the file.
func (b *builder) sourceField(m *ingest.Mapping, e entry, fields *node) {
	i := m.Schema.FieldIndex(e.key.text)
	if i < 0 {
		if fields != nil && !fields.has(e.key.text) && !e.key.bad {
			b.f.on(e.key, "the layer %s has no field %s%s; its fields are %s",
				m.Schema.Name, quote(e.key.text), didYouMean(e.key.text, keys(fields)), listOr(keys(fields), "none"))
		}
		return
	}
	n, to := e.value, &m.Fields[i]
	kind := m.Schema.Fields[i].Kind
	switch {
	case n.bad:
		return
	case n.kind == scalar:
		to.From = n.text
		return
	}
	to.From, to.Expression = n.get("from").str(), n.get("expression").str()
	ways := 0
	for _, key := range []string{"from", "value", "expression"} {
		if n.has(key) {
			ways++
		}
	}
	switch {
	case ways > 1 && !n.has("expression"):
		b.f.on(e.key, "from and value are both there: a field comes from a property or is a constant")
	case ways > 1:
		b.f.on(e.key, "a field comes from a property, or an expression, or is a constant, not from several: from, expression, value")
	case ways == 0:
		b.f.on(e.key, "needs from: the property it comes from, or value: a constant, or expression: what computes it")
	case n.has("value"):
		for _, other := range []string{"values", "layouts", "zone"} {
			if o := n.get(other); o != nil {
				b.f.at(o.keyLine, o.keyColumn, o.path, "has no meaning for a constant")
			}
		}
		if v := n.get("value"); v != nil && kind != column.Null {
			to.Value = b.constant(v, kind)
		}
		return
	}
	if x := n.get("expression"); x != nil && kind != column.Null {
		if err := ingest.CheckExpression(x.text, kind); err != nil {
			b.f.on(x, "%s", strings.ReplaceAll(err.Error(), "\n", "; "))
		}
	}
	if values := n.get("values"); values != nil {
		to.Values = make(map[string]string, len(values.entries))
		for _, v := range values.entries {
			to.Values[v.key.text] = v.value.text
		}
	}
	b.times(to, n, kind)
}
