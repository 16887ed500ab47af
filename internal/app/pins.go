package app

import (
	"log/slog"
	"slices"

	"hutong/journal/snapshot"
)

// warnOfPins tells of snapshots that have what nobody may see any more: they stay as they are for everybody, whatever becomes of
// the config (docs/formats/past.md), so whoever hides a layer or a field unpins them, too.
func (d *durable) warnOfPins() {
	for _, m := range d.snapshots.List() {
		if m.Gone != nil {
			continue
		}
		for i := range m.Layers {
			if fields, hidden := d.hiddenOf(&m.Layers[i]); hidden || len(fields) > 0 {
				d.log.Warn("a snapshot shows everybody what is hidden now: hutong unpin takes it away",
					slog.String("snapshot", m.Name), slog.String("layer", string(m.Layers[i].Name)), slog.Any("fields", fields))
			}
		}
	}
}

// hiddenOf returns which fields of a layer in a snapshot are private now, and whether all of the layer is hidden.
func (d *durable) hiddenOf(kept *snapshot.Layer) (fields []string, hidden bool) {
	l := d.store.layers[kept.Name]
	if l == nil {
		return nil, false // it is no more, which says nothing of what it was
	}
	schema := l.Schema()
	for _, f := range kept.Schema.Fields {
		if i := schema.FieldIndex(f.Name); i >= 0 && schema.Fields[i].Private {
			fields = append(fields, f.Name)
		}
	}
	slices.Sort(fields)
	return fields, l.past == nil
}
