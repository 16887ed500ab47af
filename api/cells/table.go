package cells

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"hutong/api"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/hexgrid"
	"hutong/layers/view"
	"hutong/layers/world"
)

// table is the cells of an answer.
type table struct {
	layer      layers.Name
	resolution hexgrid.Resolution
	schema     *layers.Schema // of a cell
	at         layers.Reader
	most       int
	rows       []row
	counts     *api.TableChoice // of a view of counts, whose layer holds more tables than one
}

// tableOf returns the empty table that q asks for of l.
func tableOf(l *api.Layer, q query, most int) table {
	if l.Tables == nil {
		return table{layer: l.Name(), resolution: q.resolution, schema: l.Counted.Schema, at: l.Counted.Now()(q.resolution), most: most}
	}
	schema := *l.View.Schema() // its own without the cell, which each row begins with
	schema.Fields = schema.Fields[:view.CountH3]
	return table{layer: l.Name(), resolution: q.resolution, schema: &schema, at: l.Tables.At(), most: most, counts: &q.counts}
}

// has reports whether cells of a resolution are served of l.
func has(l *api.Layer, r hexgrid.Resolution) bool {
	if l.Tables != nil {
		return slices.Contains(l.Tables.Resolutions, r)
	}
	return r >= l.Counted.Min && r <= l.Counted.Max
}

// resolutionsOf says for people which resolutions are served of l.
func resolutionsOf(l *api.Layer) string {
	if l.Tables == nil {
		return fmt.Sprintf("%d to %d", l.Counted.Min, l.Counted.Max)
	}
	list := make([]string, len(l.Tables.Resolutions))
	for i, r := range l.Tables.Resolutions {
		list[i] = strconv.Itoa(int(r))
	}
	return strings.Join(list, ", ")
}

// id returns the id of the feature that is a cell in the table.
func (t *table) id(c hexgrid.Cell) layers.FeatureID {
	if t.counts != nil {
		return view.CountID(t.counts.Period, t.counts.Set, c)
	}
	return layers.FeatureID(c.String())
}

// search calls fn with the cells whose outlines meet box, until it returns false.
func (t *table) search(box world.Box, fn func(layers.Row) bool) {
	if t.counts == nil {
		t.at.Search(box, fn)
		return
	}
	where := t.counts.Where(t.resolution)
	t.at.Search(box, func(r layers.Row) bool {
		rows := column.NewBits(r.Block.Len())
		rows.Set(r.Index)
		where.Filter(r.Block, rows)
		return !rows.Has(r.Index) || fn(r)
	})
}

// row is one cell: where its middle is, and its values in the order of the schema's fields.
type row struct {
	id       layers.FeatureID
	lon, lat float64
	values   []column.Value
}

// everywhere is the whole map.
var everywhere = []world.Box{{Max: world.Point{X: 1<<32 - 1, Y: 1<<32 - 1}}}

// bounded is a state of cells that makes all of a box before it hands out the first, and can tell how many these would be, as
// those of package layers/derive do.
type bounded interface {
	MoreThan(box world.Box, most int) bool
}

// fill takes the cells that q asks for, those named in their order, others in canonical order. The error says
// that they are too many.
func (t *table) fill(q query) error {
	if q.named != nil {
		for _, c := range q.named {
			if r, ok := t.at.Find(t.id(c)); ok {
				t.add(r)
			}
		}
		return nil
	}
	boxes := q.boxes
	if boxes == nil {
		boxes = everywhere
	}
	seen := map[layers.FeatureID]bool{} // a cell across the antimeridian meets both boxes
	for _, box := range boxes {
		if at, ok := t.at.(bounded); ok && t.counts == nil && at.MoreThan(box, t.most) {
			return t.tooMany()
		}
		full := false
		t.search(box, func(r layers.Row) bool {
			id := r.Block.ID(r.Index)
			if len(boxes) > 1 {
				if seen[id] {
					return true
				}
				seen[id] = true
			}
			if full = len(t.rows) == t.most; full {
				return false
			}
			t.add(r)
			return true
		})
		if full {
			return t.tooMany()
		}
	}
	return nil
}

func (t *table) tooMany() error {
	return fmt.Errorf("there are more than %d cells; ask for a coarser resolution, or for less with bbox=west,south,east,north", t.most)
}

func (t *table) add(r layers.Row) {
	one := row{id: r.Block.ID(r.Index), values: make([]column.Value, len(t.schema.Fields))}
	for i := range t.schema.Fields {
		one.values[i] = r.Block.Column(i).Value(r.Index)
	}
	if t.counts != nil {
		one.id = layers.FeatureID(r.Block.Column(view.CountH3).Value(r.Index).Text())
	}
	if cell, err := hexgrid.Parse(string(one.id)); err == nil { // it is one of ours
		one.lon, one.lat = cell.Centre()
	}
	t.rows = append(t.rows, one)
}
