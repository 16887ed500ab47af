package config

import (
	"time"

	"hutong/ingest/expiry"
	"hutong/layers"
	"hutong/layers/column"
)

// TTL says when features of a layer age, counted from their event time.
type TTL struct {
	// Stale and Expired are the ages; 0 for never.
	Stale, Expired time.Duration
	// Field is the field of the schema that says fresh or stale; "" without Stale.
	Field string
}

// freshnessField is what the field of the class is called unless the config says.
const freshnessField = "freshness"

// ttl reads when features age. A layer with stale features gets the field that says so.
func (b *builder) ttl(s *layers.Schema, n *node) TTL {
	at := n.get("ttl")
	if at == nil {
		return TTL{}
	}
	t := TTL{
		Stale:   b.duration(at.get("stale"), time.Second, maxAge),
		Expired: b.duration(at.get("expired"), time.Second, maxAge),
	}
	if s.TimeField == "" {
		b.f.at(at.keyLine, at.keyColumn, at.path, "features without a time have no age: the layer needs time: the field that says when")
	}
	switch stale := at.get("stale"); {
	case stale == nil && at.get("expired") == nil && !at.bad:
		b.f.on(at, "needs stale: or expired: the age from which on a feature is shown as out of date, or is gone")
	case stale != nil && t.Expired > 0 && t.Stale >= t.Expired:
		b.f.on(stale, "features are stale before they expire: at less than %s", spell(t.Expired))
	}
	field := at.get("field")
	if t.Stale == 0 {
		if field != nil {
			b.f.on(field, "only a layer with stale: has this field")
		}
		return t
	}
	t.Field = freshnessField
	on := at
	if field != nil {
		t.Field, on = field.text, field
	}
	if n.get("fields").has(t.Field) || t.Field == s.IDField {
		b.f.on(on, "%s is already a field of the layer: name another with ttl: {field: …}", quote(t.Field))
		return t
	}
	s.Fields = append(s.Fields, layers.Field{
		Name: t.Field, Kind: column.String, Keep: true, MaxLength: len(expiry.Fresh),
	})
	return t
}
