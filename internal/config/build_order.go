package config

import (
	"hutong/ingest"
	"hutong/layers"
	"hutong/layers/column"
)

// deleteKind is the type of an expression that says whether a record deletes.
const deleteKind = column.Bool

// receivedWord is what observed says for the time of receipt.
const receivedWord = "received"

// How the order of changes of one id gets into a layer's schema.
//
//  1. A layer that is not pushed to and of which no source says observed is ordered as its records come.
//  2. Each other source has an event time: what its observed says, else what fills the layer's time field.
//  3. If one field of the layer has that value in all its sources, it is the schema's Observed. Else the
//     layer gets a hidden private field that has it.
//  4. Versions go the same way.

// when is what one source says of observed or version.
type when struct {
	node *node // nil when it says nothing
	kind column.Kind
	from ingest.FieldMapping
	bare bool // only a property is named, so the field that it fills says how it is read
}

// order settles the order of changes for the layers of all sources.
func (b *builder) order(read []sourceEntry) {
	for i := range b.config.Layers {
		schema := b.config.Layers[i].Schema
		var feeds []sourceEntry
		for _, e := range read {
			if e.source.Mapping.Schema == schema {
				feeds = append(feeds, e)
			}
		}
		b.orderLayer(schema, feeds)
	}
}

func (b *builder) orderLayer(schema *layers.Schema, feeds []sourceEntry) {
	observed, version := make([]when, len(feeds)), make([]when, len(feeds))
	said, pushed, versions := false, false, false
	for i, e := range feeds {
		observed[i], version[i] = b.observed(e), b.version(e)
		said = said || observed[i].node != nil
		pushed = pushed || e.source.Push != nil
		versions = versions || version[i].node != nil
	}
	timeField := schema.FieldIndex(schema.TimeField)
	if !said && (!pushed || timeField < 0) {
		for _, v := range version {
			if v.node != nil {
				b.f.at(v.node.keyLine, v.node.keyColumn, v.node.path, "a version decides between changes of the same time: say observed, too, or give the layer a time")
			}
		}
		return
	}
	for i, e := range feeds {
		if observed[i].node == nil && timeField >= 0 {
			observed[i].from = e.source.Mapping.Fields[timeField]
		}
	}
	if schema.Observed = common(schema, feeds, observed, timeField); schema.Observed == "" {
		schema.Observed = hide(schema, feeds, observed, ingest.ObservedField, column.Time)
	}
	if versions {
		b.orderVersions(schema, feeds, version)
	}
	if hidden := hiddenFields(schema); len(schema.Fields) > layers.MaxFields {
		l := feeds[0].value
		b.f.at(l.keyLine, l.keyColumn, l.path, "the layer %s has %d fields and needs %d more for the order of changes, which is more than %d",
			schema.Name, len(schema.Fields)-hidden, hidden, layers.MaxFields)
	}
}

// orderVersions settles the versions of a layer.
func (b *builder) orderVersions(schema *layers.Schema, feeds []sourceEntry, version []when) {
	kind := column.Null
	for _, v := range version {
		switch {
		case v.node == nil:
		case kind == column.Null:
			kind = v.kind
		case kind != v.kind:
			b.f.on(v.node, "is of type %s, and another source of the layer %s has versions of type %s: they cannot be compared", v.kind, schema.Name, kind)
			return
		}
	}
	if schema.Version = common(schema, feeds, version, -1); schema.Version == "" {
		schema.Version = hide(schema, feeds, version, ingest.VersionField, kind)
	}
}

// common returns the name of the field that has the value of w in all feeds, "" if none has. otherwise is
// the field of feeds that say nothing, −1 for none.
func common(schema *layers.Schema, feeds []sourceEntry, w []when, otherwise int) string {
	for f := range schema.Fields {
		fits := true
		for i, e := range feeds {
			if w[i].node == nil {
				fits = fits && f == otherwise
			} else {
				fits = fits && w[i].bare && schema.Fields[f].Kind == w[i].kind && e.source.Mapping.Fields[f].From == w[i].from.From
			}
		}
		if fits {
			return schema.Fields[f].Name
		}
	}
	return ""
}

// hide adds a private field with the value of w to the schema and to all feeds, and returns its name.
func hide(schema *layers.Schema, feeds []sourceEntry, w []when, name string, kind column.Kind) string {
	for i, e := range feeds {
		m := e.source.Mapping
		from := w[i].from
		for f := range m.Fields { // a field that the same property fills says how its values are written
			if w[i].bare && schema.Fields[f].Kind == kind && m.Fields[f].From == from.From {
				from = m.Fields[f]
				break
			}
		}
		m.Fields = append(m.Fields, from)
	}
	schema.Fields = append(schema.Fields, layers.Field{Name: name, Kind: kind, Private: true})
	return name
}

// hiddenFields counts the fields of a schema that no config names.
func hiddenFields(schema *layers.Schema) (n int) {
	for _, name := range []string{ingest.ObservedField, ingest.VersionField} {
		if schema.FieldIndex(name) >= 0 {
			n++
		}
	}
	return n
}

// observed reads what a source says of the time of changes.
func (b *builder) observed(e sourceEntry) when {
	n := e.value.get("observed")
	if n == nil {
		return when{}
	}
	w := when{node: n, kind: column.Time}
	switch {
	case n.kind == scalar && n.text == receivedWord:
		w.from.Received = true
		if e.source.Push == nil {
			b.f.on(n, "a file is not received: %s is for a source with push; for a property of this name write {from: %s}", quote(receivedWord), receivedWord)
		}
	case n.kind == scalar:
		w.from.From, w.bare = n.text, true
	default:
		w.from.From = n.get("from").str()
		w.bare = len(n.entries) == 1
		b.times(&w.from, n, column.Time)
	}
	return w
}

// version reads what a source says of versions.
func (b *builder) version(e sourceEntry) when {
	n := e.value.get("version")
	if n == nil {
		return when{}
	}
	w := when{node: n, kind: column.Int, bare: true}
	if n.kind == scalar {
		w.from.From = n.text
	} else {
		w.from.From = n.get("from").str()
	}
	if t := n.get("type"); t != nil {
		w.kind, _ = column.ParseKind(t.text) // the schema has checked it
	} else if m := e.source.Mapping; m.Schema != nil { // the type of the field that the property fills
		for f := range m.Fields {
			kind := m.Schema.Fields[f].Kind
			if m.Fields[f].From == w.from.From && (kind == column.Int || kind == column.String || kind == column.Time) {
				w.kind = kind
				break
			}
		}
	}
	return w
}
