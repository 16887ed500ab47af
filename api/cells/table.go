package cells

import (
	"fmt"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/hexgrid"
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
}

// row is one cell: where its middle is, and its values in the order of the schema's fields.
type row struct {
	id       layers.FeatureID
	lon, lat float64
	values   []column.Value
}

// everywhere is the whole map.
var everywhere = []world.Box{{Max: world.Point{X: 1<<32 - 1, Y: 1<<32 - 1}}}

// fill takes the cells that q asks for, those named in their order, others in canonical order. The error says
// that they are too many.
func (t *table) fill(q query) error {
	if q.named != nil {
		for _, id := range q.named {
			if r, ok := t.at.Find(id); ok {
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
		full := false
		t.at.Search(box, func(r layers.Row) bool {
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
			return fmt.Errorf("there are more than %d cells; ask for a coarser resolution, or for less with bbox=west,south,east,north", t.most)
		}
	}
	return nil
}

func (t *table) add(r layers.Row) {
	one := row{id: r.Block.ID(r.Index), values: make([]column.Value, len(t.schema.Fields))}
	for i := range t.schema.Fields {
		one.values[i] = r.Block.Column(i).Value(r.Index)
	}
	if cell, err := hexgrid.Parse(string(one.id)); err == nil { // it is one of ours
		one.lon, one.lat = cell.Centre()
	}
	t.rows = append(t.rows, one)
}
