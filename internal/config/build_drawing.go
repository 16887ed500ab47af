package config

import (
	"slices"
	"strings"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/styles"
)

// drawing reads how a layer is shown. Only public fields may be named: what a style or the catalogue
// says of a private one would leave by their doors (S10). age is the field of ages, which is none of s, or "".
func (b *builder) drawing(s *layers.Schema, n *node, age string) styles.Drawing {
	draw := n.get("draw")
	d := styles.Drawing{TitleZH: n.get("title_zh").str(), Role: styles.Role(draw.get("as").str())}
	if shown := draw.get("shown"); shown != nil {
		d.Hidden = !shown.boolean()
	}
	for _, key := range []struct {
		name  string
		to    *string
		kinds []column.Kind
	}{
		{"category", &d.Category, []column.Kind{column.String}},
		{"status", &d.Status, []column.Kind{column.String}},
		{"number", &d.Number, []column.Kind{column.Int, column.Float}},
		{"label", &d.Label, []column.Kind{column.String}},
		{"label_zh", &d.LabelZH, []column.Kind{column.String}},
		{"class", &d.Class, []column.Kind{column.String}},
	} {
		if name := draw.get(key.name); name != nil {
			*key.to = name.text
			if key.name == "category" && name.text == age {
				continue
			}
			b.drawn(s, n.get("fields"), name, key.kinds)
		}
	}
	if fields := n.get("fields"); fields != nil {
		for _, e := range fields.entries {
			if e.value.bad || e.value.kind != mapping {
				continue
			}
			if look, ok := b.look(e.value); ok {
				if d.Fields == nil {
					d.Fields = map[string]styles.FieldLook{}
				}
				d.Fields[e.key.text] = look
			}
		}
	}
	return d
}

// drawn reports what is wrong with a field that a layer is to be drawn by: it must be there, public and
// of one of kinds.
func (b *builder) drawn(s *layers.Schema, fields, name *node, kinds []column.Kind) {
	if fields == nil {
		return // its absence was reported
	}
	var fitting, wanted []string
	for _, f := range s.Fields {
		if !f.Private && slices.Contains(kinds, f.Kind) {
			fitting = append(fitting, f.Name)
		}
	}
	for _, k := range kinds {
		wanted = append(wanted, k.String())
	}
	types := strings.Join(wanted, " or ")
	if !fields.has(name.text) {
		b.f.on(name, "the layer has no field %s%s; its public fields of type %s are %s",
			quote(name.text), didYouMean(name.text, fitting), types, listOr(fitting, "none"))
		return
	}
	i := s.FieldIndex(name.text)
	if i < 0 || s.Fields[i].Kind == column.Null {
		return // what is wrong with the field was reported
	}
	switch f := &s.Fields[i]; {
	case f.Private:
		b.f.on(name, "the field %s is private, so nothing that is shown may depend on it; public fields of type %s are %s",
			quote(f.Name), types, listOr(fitting, "none"))
	case !slices.Contains(kinds, f.Kind):
		b.f.on(name, "the field %s is of type %s, not %s; public fields of that type are %s",
			quote(f.Name), f.Kind, types, listOr(fitting, "none"))
	}
}

// look reads how a field is shown; ok is false when the config does not say.
func (b *builder) look(n *node) (look styles.FieldLook, ok bool) {
	look.Title = words(n)
	look.Unit = n.get("unit").str()
	kind, _ := column.ParseKind(n.get("type").str()) // the schema has checked it
	if unit := n.get("unit"); unit != nil && kind != column.Int && kind != column.Float && kind != column.Null {
		b.f.on(unit, "only a field of type int or float has a unit, and this one is of type %s", kind)
	}
	values := n.get("values")
	if values != nil {
		if kind != column.String && kind != column.Null {
			b.f.at(values.keyLine, values.keyColumn, values.path,
				"only the values of a field of type string are shown one by one, and this one is of type %s", kind)
		}
		look.Values = make(map[string]styles.ValueLook, len(values.entries))
		for _, e := range values.entries {
			if !e.key.bad && !e.value.bad && e.value.kind == mapping {
				look.Values[e.key.text] = styles.ValueLook{
					Title: words(e.value), Icon: e.value.get("icon").str(), Colour: strings.ToLower(e.value.get("colour").str()),
				}
			}
		}
	}
	if n.get("private").boolean() {
		for _, key := range []string{"title", "title_zh", "unit", "values"} {
			if v := n.get(key); v != nil {
				b.f.at(v.keyLine, v.keyColumn, v.path, "a private field is shown nowhere: leave out %s or private", key)
			}
		}
	}
	return look, look.Title != styles.Words{} || look.Unit != "" || look.Values != nil
}

// words reads the titles of a field or a value.
func words(n *node) styles.Words {
	return styles.Words{EN: n.get("title").str(), ZH: n.get("title_zh").str()}
}
