package config

import (
	"errors"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/view"
	"hutong/layers/world"
	"hutong/tiles"
	"hutong/tiles/grid"
)

// layers reads the layers.
func (b *builder) layers(n *node) {
	if n == nil {
		return
	}
	for _, e := range n.entries {
		if e.value.bad || e.value.kind != mapping {
			continue
		}
		l := b.layer(layers.Name(e.key.text), e.value)
		if !b.f.below(e.value.path) {
			shown := drawnSchema(visible(l.Schema), &l.Age)
			if _, err := tiles.New(shown, l.Tiles); err != nil {
				b.f.on(e.key, "%v", err)
			} else if err := errors.Join(l.Schema.Validate(), l.Drawing.Check(shown)); err != nil {
				b.f.on(e.key, "%v", err)
			} else {
				b.countable(&l, e.value)
			}
		}
		b.config.Layers = append(b.config.Layers, l)
	}
}

// layer reads one layer.
func (b *builder) layer(name layers.Name, n *node) Layer {
	schema := &layers.Schema{Name: name, Coverage: n.get("coverage").boolean()}
	l := Layer{
		Schema:      schema,
		Title:       n.get("title").str(),
		Description: n.get("description").str(),
		Attribution: n.get("attribution").str(),
		Licence:     n.get("licence").str(),
	}
	if fields := n.get("fields"); fields != nil {
		for _, e := range fields.entries {
			if !e.value.bad && e.value.kind == mapping {
				schema.Fields = append(schema.Fields, b.field(e))
			}
		}
	}
	b.idField(schema, n)
	b.timeField(schema, n)
	l.TTL = b.ttl(schema, n)
	if l.TTL != (TTL{}) {
		schema.Observed = schema.TimeField
	}
	l.Tiles = b.tiles(n)
	l.Age = b.age(schema, n)
	l.Drawing = b.drawing(schema, n, l.Age.Field)
	l.Cells = b.cells(schema, n)
	l.Overview = b.overview(&l, n)
	b.public(&l, n)
	return l
}

// field reads one field.
func (b *builder) field(e entry) layers.Field {
	n := e.value
	kind, _ := column.ParseKind(n.get("type").str()) // the schema has checked it
	field := layers.Field{
		Name:      e.key.text,
		Kind:      kind,
		Private:   n.get("private").boolean(),
		Keep:      n.get("keep").boolean(),
		Priority:  n.get("priority").integer(0),
		FromZoom:  uint8(n.get("from_zoom").integer(0)),
		MaxLength: n.get("max_length").integer(0),
	}
	if len(field.Name) > layers.MaxName {
		b.f.on(e.key, "the name has %d bytes, more than %d", len(field.Name), layers.MaxName)
	}
	if field.Private && field.Keep {
		b.f.on(n.get("keep"), "a private field is in no tile: leave out keep or private")
	}
	if m := n.get("max_length"); m != nil && kind != column.String && kind != column.Null {
		b.f.on(m, "only a field of type string has a max_length")
	}
	if d := n.get("detail"); d.boolean() {
		if n.has("from_zoom") {
			b.f.on(d, "detail means from_zoom: %d, and from_zoom is there too: leave one out", layers.DefaultDetailZoom)
		}
		field.FromZoom = layers.DefaultDetailZoom
	}
	return field
}

// idField reads under which property the id stands.
func (b *builder) idField(s *layers.Schema, n *node) {
	id := n.get("id")
	name := id.get("name")
	if name == nil {
		return
	}
	s.IDField = name.text
	s.IDFromZoom = uint8(id.get("from_zoom").integer(0))
	if n.get("fields").has(s.IDField) {
		b.f.on(name, "%s is also a field: the id's property needs a name of its own", quote(s.IDField))
	}
	if len(s.IDField) > layers.MaxName {
		b.f.on(name, "the name has %d bytes, more than %d", len(s.IDField), layers.MaxName)
	}
}

// timeField reads which field says when a feature was observed.
func (b *builder) timeField(s *layers.Schema, n *node) {
	name := n.get("time")
	if name == nil {
		return
	}
	s.TimeField = name.text
	fields := n.get("fields")
	if fields == nil {
		return
	}
	if !fields.has(name.text) {
		b.f.on(name, "the layer has no field %s%s; the fields of type time are %s",
			quote(name.text), didYouMean(name.text, keys(fields)), listOr(timeFields(fields), "none"))
		return
	}
	if kind := fields.get(name.text).get("type"); kind != nil && kind.text != column.Time.String() {
		b.f.on(name, "the field %s is of type %s, not time", quote(name.text), kind.text)
	}
}

// tiles reads how the layer is cut into tiles.
func (b *builder) tiles(n *node) tiles.Options {
	t := tiles.Defaults()
	b.zooms(&t, n)
	t.Extent = uint32(n.get("extent").integer(int(t.Extent)))
	if n.has("buffer") {
		t.Buffer = uint32(n.get("buffer").integer(0))
	}
	t.Budget = n.get("budget").integer(t.Budget)
	t.Vertices = n.get("vertices").integer(0)
	switch tiny := n.get("tiny"); tiny.str() {
	case "drop":
		t.Tiny = tiles.TinyDrop
	case "keep":
		t.Tiny = tiles.TinyKeep
	}
	if tiny := n.get("tiny"); tiny != nil && n.get("coverage").boolean() {
		b.f.on(tiny, "has no meaning for a coverage, which keeps all its members")
	}
	if limit := grid.MaxBuffer(t.Extent); t.Buffer > limit {
		b.f.on(n.get("buffer"), "%d is more than a quarter of the extent: at most %d", t.Buffer, limit)
	}
	// A tile unit is at least a world unit: zoom + log2(extent) ≤ 32.
	if extent := n.get("extent"); extent != nil && uint64(t.Extent)<<t.MaxZoom > 1<<world.Bits {
		b.f.on(extent, "at zoom %d tile units would be finer than stored positions: the extent there is at most %d",
			t.MaxZoom, uint64(1)<<(world.Bits-t.MaxZoom))
	}
	if fields := n.get("fields"); fields != nil {
		for _, e := range fields.entries {
			b.distinct(&t, e)
		}
	}
	return t
}

// zooms reads which zooms have tiles.
func (b *builder) zooms(t *tiles.Options, n *node) {
	zooms := n.get("zooms")
	if zooms == nil {
		return
	}
	t.MinZoom, t.MaxZoom = uint8(zooms.items[0].integer(0)), uint8(zooms.items[1].integer(0))
	if t.MinZoom > t.MaxZoom {
		b.f.on(zooms, "the lowest zoom %d is above the highest %d", t.MinZoom, t.MaxZoom)
	}
}

// distinct reads how many distinct values a field is declared to have.
func (b *builder) distinct(t *tiles.Options, e entry) {
	d := e.value.get("distinct")
	if d == nil {
		return
	}
	if kind := e.value.get("type"); !e.value.get("keep").boolean() || kind != nil && kind.text != column.String.String() {
		b.f.on(d, "only a field of type string with keep: true declares its distinct values")
		return
	}
	if t.Distinct == nil {
		t.Distinct = map[string]int{}
	}
	t.Distinct[e.key.text] = d.integer(tiles.DefaultDistinct)
}

// visible returns the schema that tiles are made from: s without private fields.
func visible(s *layers.Schema) *layers.Schema {
	v, _, _ := view.Spec{}.Schema(s) // which can name no wrong field, since it names none
	return v
}

// keys returns a mapping's keys in the order of the file.
func keys(n *node) []string {
	if n == nil {
		return nil
	}
	names := make([]string, 0, len(n.entries))
	for _, e := range n.entries {
		names = append(names, e.key.text)
	}
	return names
}

// timeFields returns the names of a layer's fields of type time.
func timeFields(fields *node) []string {
	var names []string
	for _, e := range fields.entries {
		if e.value.get("type").str() == column.Time.String() {
			names = append(names, e.key.text)
		}
	}
	return names
}

// listOr returns names in quotes, or otherwise when there are none.
func listOr(names []string, otherwise string) string {
	if len(names) == 0 {
		return otherwise
	}
	return quoteAll(names)
}
