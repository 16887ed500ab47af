package config

import (
	"slices"
	"strings"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/derive"
	"hutong/layers/hexgrid"
)

// Cells says what of a layer is counted by H3 cell.
type Cells struct {
	// Coarsest and Finest are the resolutions, 0 to 13.
	Coarsest, Finest uint8
	// Counts are text fields whose values are counted one by one, in the order of the file.
	Counts []Count
	// Numbers are number fields of which sums and bounds are kept.
	Numbers []string
}

// Count is a text field, and the values that are counted one by one.
type Count struct {
	Field  string
	Values []string
}

// Overview says what tiles of low zooms show in place of features.
type Overview struct {
	// Below is the first zoom at which they show features.
	Below uint8
	// Clusters says that a cell is a point, not a hexagon.
	Clusters bool
}

// The resolutions unless the config says.
const (
	coarsestDefault = 4
	finestDefault   = 11
)

// cells reads what is counted by cell; nil when nothing is.
func (b *builder) cells(s *layers.Schema, n *node) *Cells {
	h3 := n.get("h3")
	if h3 == nil {
		return nil
	}
	c := &Cells{Coarsest: coarsestDefault, Finest: finestDefault}
	if r := h3.get("resolutions"); r != nil {
		c.Coarsest, c.Finest = uint8(r.items[0].integer(0)), uint8(r.items[1].integer(0))
		switch {
		case c.Coarsest > c.Finest:
			b.f.on(r, "the coarsest resolution %d is finer than the finest %d", c.Coarsest, c.Finest)
		case c.Finest == 0 && !r.items[1].bad:
			b.f.on(r.items[1], "0 is not from 1 to 13")
		}
	}
	fields := n.get("fields")
	if by := h3.get("count_by"); by != nil {
		for _, e := range by.entries {
			if e.value.bad {
				continue
			}
			b.drawn(s, fields, e.key, []column.Kind{column.String})
			count := Count{Field: e.key.text}
			for _, item := range e.value.items {
				if slices.Contains(count.Values, item.text) {
					b.f.on(item, "%s stands twice", quote(item.text))
				}
				count.Values = append(count.Values, item.text)
			}
			c.Counts = append(c.Counts, count)
		}
	}
	if numbers := h3.get("numbers"); numbers != nil {
		for _, item := range numbers.items {
			if slices.Contains(c.Numbers, item.text) {
				b.f.on(item, "%s stands twice", quote(item.text))
			}
			b.drawn(s, fields, item, []column.Kind{column.Int, column.Float})
			c.Numbers = append(c.Numbers, item.text)
		}
	}
	return c
}

// Spec returns what is counted of a layer with a schema, as an index of cells takes it.
func (c *Cells) Spec(schema *layers.Schema) derive.Spec {
	spec := derive.Spec{Min: hexgrid.Resolution(c.Coarsest), Max: hexgrid.Resolution(c.Finest), Numbers: c.Numbers}
	if i := schema.FieldIndex(schema.TimeField); i >= 0 && !schema.Fields[i].Private {
		spec.Time = schema.TimeField
	}
	for _, count := range c.Counts {
		spec.Counts = append(spec.Counts, derive.CountField{Field: count.Field, Values: count.Values})
	}
	return spec
}

// countable reports what of the cells only shows once all of the layer was read: names that they would have twice, or
// too many values in all.
func (b *builder) countable(l *Layer, n *node) {
	if l.Cells == nil {
		return
	}
	if _, err := derive.NewIndex(l.Schema, l.Cells.Spec(l.Schema)); err != nil {
		text, _, _ := strings.Cut(err.Error(), "\n") // hexes and clusters say the same
		b.f.on(n.get("h3"), "%s", strings.TrimPrefix(text, "derive: cells of "+string(l.Schema.Name)+": "))
	}
}

// overview reads what tiles of low zooms show; nil when it is the features.
func (b *builder) overview(l *Layer, n *node) *Overview {
	at := n.get("overview")
	if at == nil {
		return nil
	}
	o := &Overview{}
	below := at
	if at.kind == mapping {
		below = at.get("below")
		o.Clusters = at.get("as").str() == "clusters"
	}
	o.Below = uint8(below.integer(1))
	switch {
	case !n.has("h3"):
		b.f.on(at, "an overview is made of what is counted by cell: the layer needs h3:, such as h3: {}")
	case o.Below <= l.Tiles.MinZoom || o.Below > l.Tiles.MaxZoom:
		b.f.on(below, "the layer has tiles from zoom %d to %d, of which the first at least is of cells and the last of features", l.Tiles.MinZoom, l.Tiles.MaxZoom)
	default:
		b.needsCenter(at)
	}
	return o
}

// needsCenter reports what shows cells by zoom in a file that does not say where the city is: how large a cell is on a map, and
// so how far from a feature a tile shows it, goes by the latitude (S6). Nobody asks when n is nil.
func (b *builder) needsCenter(n *node) {
	if n != nil && b.config.Center == nil {
		b.f.on(n, "how large cells are on the map goes by the latitude, so the file needs center: [lon, lat], the middle of the city")
	}
}
