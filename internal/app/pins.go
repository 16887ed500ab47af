package app

import (
	"log/slog"
	"slices"

	"hutong/journal/snapshot"
	"hutong/layers"
)

// What a snapshot has that everybody might see when it was pinned, and may not any more, leaves by no door (S10): its
// layer answers that it is hidden. The files stay, so that it shows again once the config does. A layer that the config
// has lost was hidden by nobody.

// hides returns which fields of a layer in a snapshot not everybody may see now, or that they may not see all of it.
func (s *Store) hides(kept *snapshot.Layer) (fields []string, all bool) {
	full, shown, all := s.seen(kept.Name)
	if full == nil || all {
		return nil, all
	}
	for i := range kept.Schema.Fields {
		if f := kept.Schema.Fields[i].Name; full.FieldIndex(f) >= 0 && shown.FieldIndex(f) < 0 {
			fields = append(fields, f)
		}
	}
	slices.Sort(fields)
	return fields, false
}

// seen returns the schema of what a name stands for and that of what everybody sees of it, or that not everybody sees its
// features: then it is that of a layer that is not public, or of a view that shows fewer of them, less exactly or later,
// counts, or is for others. Both are nil when no features have the name any more: nothing does, or cells or hot spots of
// a layer, which is public then.
func (s *Store) seen(name layers.Name) (full, shown *layers.Schema, hidden bool) {
	public := s.public.Named(name)
	if l := s.layers[name]; l != nil {
		return l.Schema(), l.view.Schema(), public == nil
	}
	if public == nil {
		return nil, nil, false
	}
	if !public.Audience.Open() || public.Tables != nil {
		return nil, nil, true
	}
	for _, v := range s.views {
		if v.view.Name() == name {
			return v.of.Schema(), v.view.Schema(), v.store() != nil
		}
	}
	return nil, nil, false
}

// warnOfPins tells of snapshots that have what is hidden now: it stays in the data folder until somebody unpins them.
func (d *durable) warnOfPins() {
	for _, m := range d.snapshots.List() {
		if m.Gone != nil {
			continue
		}
		for i := range m.Layers {
			if fields, all := d.store.hides(&m.Layers[i]); all || len(fields) > 0 {
				d.log.Warn("a snapshot has what is hidden now, and does not show that layer any more: hutong unpin removes it",
					slog.String("snapshot", m.Name), slog.String("layer", string(m.Layers[i].Name)), slog.Any("fields", fields))
			}
		}
	}
}
