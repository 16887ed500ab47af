package config

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"hutong/ingest"
	"hutong/layers"
	"hutong/layers/hexgrid"
	"hutong/layers/view"
	"hutong/styles"
	"hutong/tiles"
)

const (
	// maxDelay is the longest delay of a view: what is later than a month is no live layer.
	maxDelay = 31 * 24 * time.Hour
	// peopleDelay is the least delay behind which people are not shown as it happens: on foot they are a kilometre away.
	peopleDelay = 15 * time.Minute
	// peopleWays are what else may be done than to show each of them as it happens.
	peopleWays = "delay: 1h or at least 15m, place: counts"
)

// public reads whether everybody sees a layer, and whether that is people.
func (b *builder) public(l *Layer, n *node) {
	l.People = n.get("people").boolean()
	public := n.get("public")
	l.Hidden = isHidden(public)
	l.Reason = b.reason(public.get("reason"))
	if people := n.get("people"); l.People && !l.Hidden && l.Reason == "" && !b.f.below(join(n.path, "public")) && (public != nil || !n.has("public")) {
		b.f.at(people.keyLine, people.keyColumn, people.path, "everybody would see each of these people, as it happens: say public: false and "+
			"let views show them, with "+peopleWays+" or another audience, or write why everybody may: public: {reason: …}")
	}
}

// reason reads why people, private fields or counts are shown; "" when it does not say.
func (b *builder) reason(n *node) string {
	reason := strings.TrimSpace(n.str())
	if n != nil && n.text != "" && !hasWord(reason) {
		b.f.on(n, "%s says nothing: say why in words, for whoever reads this later", quote(n.text))
	}
	return reason
}

// hasWord reports whether there are two letters in a row in a text, or a character that is a word by itself.
func hasWord(text string) bool {
	letters := 0
	for _, r := range text {
		switch {
		case unicode.Is(unicode.Han, r):
			return true
		case !unicode.IsLetter(r):
			letters = 0
		case letters == 1:
			return true
		default:
			letters++
		}
	}
	return false
}

// isHidden reports whether what a layer says of public hides it from everybody.
func isHidden(public *node) bool { return public != nil && public.kind == scalar && !public.boolean() }

// views reads the views, after the layers and the sources, and where their secret is. tree is the whole file.
func (b *builder) views(tree *node) {
	if n := tree.get("secret_file"); n != nil {
		var err error
		if b.config.SecretFile, err = expand(n.text, b.env); err != nil {
			b.f.on(n, "%v", err)
		}
	}
	n := tree.get("views")
	if n == nil {
		return
	}
	named := tree.get("layers")
	var counted []entry // of b.config.Counts
	for _, e := range n.entries {
		if e.key.bad || e.value.bad || e.value.kind != mapping {
			continue
		}
		if named.has(e.key.text) || tree.get("derived").has(e.key.text) {
			b.f.on(e.key, "is also the name of a layer: both are served under their names, so each needs one of its own")
		}
		l := b.viewed(e.value, named)
		if l == nil {
			continue
		}
		if e.value.get("place").str() == "counts" {
			b.config.Counts, counted = append(b.config.Counts, b.counts(e, l, tree)), append(counted, e)
			continue
		}
		b.noCounts(e.value)
		v := b.view(e, l)
		if v.Policy.NeedsSecret() {
			b.needsSecret(e.value, tree)
		}
		b.config.Views = append(b.config.Views, v)
	}
	for i, e := range counted {
		b.keepsNothing(e, &b.config.Counts[i])
	}
}

// viewed returns the layer that a view shows, or nil when there is none or it could not be read.
func (b *builder) viewed(n, named *node) *Layer {
	name := n.get("layer")
	if name == nil || named == nil {
		return nil
	}
	if !named.has(name.text) {
		b.f.on(name, "there is no layer %s%s; there are %s", quote(name.text), didYouMean(name.text, keys(named)), listOr(keys(named), "none"))
		return nil
	}
	if b.f.below(named.path + "." + name.text) {
		return nil // its problems come first
	}
	i := slices.IndexFunc(b.config.Layers, func(l Layer) bool { return string(l.Schema.Name) == name.text })
	if i < 0 {
		return nil
	}
	return &b.config.Layers[i]
}

// view reads one view of l.
func (b *builder) view(e entry, l *Layer) View {
	n := e.value
	v := View{
		Layer: l.Schema.Name, Audience: view.Audience(n.get("audience").str()),
		Title: n.get("title").str(), Description: l.Description, Attribution: l.Attribution, Licence: l.Licence,
		Policy: view.Policy{Name: layers.Name(e.key.text), KeyedIDs: n.get("ids").str() == "keyed"},
		Reason: b.reason(n.get("reason")), Tiles: l.Tiles,
	}
	for _, text := range []struct {
		key string
		to  *string
	}{{"description", &v.Description}, {"attribution", &v.Attribution}, {"licence", &v.Licence}} {
		if said := n.get(text.key); said != nil {
			*text.to = said.text
		}
	}
	v.Policy.Fields = b.shownFields(n.get("fields"), l.Schema)
	if snap := n.get("place").get("snap"); snap != nil {
		v.Policy.Snap = new(hexgrid.Resolution(snap.integer(0)))
	}
	b.zooms(&v.Tiles, n)
	v.Where = b.condition(n.get("where"), l)
	v.Delay = b.duration(n.get("delay"), time.Second, maxDelay)
	if b.f.below(n.path) {
		return v
	}
	schema, err := v.Policy.Schema(l.Schema)
	if err != nil {
		b.f.on(e.key, "%v", err)
		return v
	}
	v.Age = ageOf(l.Age, schema)
	schema = drawnSchema(schema, &v.Age)
	v.Drawing = drawnOf(l.Drawing, schema)
	v.Drawing.TitleZH = n.get("title_zh").str()
	v.Tiles.Distinct = maps.Clone(v.Tiles.Distinct)
	maps.DeleteFunc(v.Tiles.Distinct, func(field string, _ int) bool { return schema.FieldIndex(field) < 0 })
	if _, err := tiles.New(schema, v.Tiles); err != nil {
		b.f.on(e.key, "%v", err)
	} else if err := errors.Join(schema.Validate(), v.Drawing.Check(schema)); err != nil {
		b.f.on(e.key, "%v", err)
	}
	if v.Audience.Open() && v.Reason == "" {
		b.open(e, &v, l)
	}
	return v
}

// open reports what everybody may not see without a reason: each of some people as it happens, wherever they are shown, and
// what the layer keeps private.
func (b *builder) open(e entry, v *View, l *Layer) {
	if l.People && v.Delay < peopleDelay {
		b.f.on(e.key, "the features of the layer %s are people, and everybody would see each of them, as it happens: "+
			"say %s or another audience, or write why everybody may: reason: …", l.Schema.Name, peopleWays)
	}
	for i, field := range v.Policy.Fields {
		if at := l.Schema.FieldIndex(field); at >= 0 && l.Schema.Fields[at].Private {
			b.f.on(e.value.get("fields").items[i], "%s is private, and everybody would see it: leave it out, say another audience, or write why everybody may: reason: …", quote(field))
		}
	}
}

// shownFields reads which fields a view shows; nil when it does not say.
func (b *builder) shownFields(n *node, schema *layers.Schema) []string {
	if n == nil {
		return nil
	}
	var there, names []string
	for i := range schema.Fields {
		if !strings.HasPrefix(schema.Fields[i].Name, ingest.HiddenPrefix) {
			there = append(there, schema.Fields[i].Name)
		}
	}
	for _, item := range n.items {
		switch {
		case item.bad:
		case !slices.Contains(there, item.text):
			b.f.on(item, "the layer has no field %s%s; its fields are %s", quote(item.text), didYouMean(item.text, there), listOr(there, "none"))
		case slices.Contains(names, item.text):
			b.f.on(item, "%s stands twice", quote(item.text))
		default:
			names = append(names, item.text)
		}
	}
	return names
}

// needsSecret reports that a view has no secret to hide places or ids by.
func (b *builder) needsSecret(n, tree *node) {
	cluster := tree.get("journal").has("nats")
	if tree.has("secret_file") || tree.has("journal") && !cluster {
		return
	}
	on := n.get("place")
	if on == nil || on.kind == scalar {
		on = n.get("ids")
	}
	if cluster {
		b.f.at(on.keyLine, on.keyColumn, on.path, "needs a secret that all nodes of the cluster share: say secret_file: the path of a file with at least %d random bytes, "+
			"the same on each", view.MinSecret)
		return
	}
	b.f.at(on.keyLine, on.keyColumn, on.path, "needs a secret that outlives the server: say journal: {folder: …}, which keeps one, or secret_file: the path of a file "+
		"with at least %d random bytes", view.MinSecret)
}

// drawnOf returns how a layer is shown as far as that is by fields of schema.
func drawnOf(d styles.Drawing, schema *layers.Schema) styles.Drawing {
	for _, field := range []*string{&d.Category, &d.Status, &d.Number, &d.Label, &d.LabelZH, &d.Class} {
		if schema.FieldIndex(*field) < 0 {
			*field = ""
		}
	}
	d.Fields = maps.Clone(d.Fields)
	maps.DeleteFunc(d.Fields, func(field string, _ styles.FieldLook) bool { return schema.FieldIndex(field) < 0 })
	return d
}
