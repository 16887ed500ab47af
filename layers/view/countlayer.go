package view

import (
	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/hexgrid"
)

// Positions of the fields of a layer of counts.
const (
	CountNumber     = iota // how many features are in the cell
	CountSetName           // of which set
	CountPeriod            // in which period, as [Period.String] has it
	CountResolution        // of the cell
	CountH3                // the cell
)

// CountSchema returns the schema of the layer that holds the published cells of tables.
func CountSchema(name layers.Name) *layers.Schema {
	return &layers.Schema{Name: name, Fields: []layers.Field{
		CountNumber:     {Name: "count", Kind: column.Int, Keep: true},
		CountSetName:    {Name: "set", Kind: column.String, Keep: true, MaxLength: layers.MaxName},
		CountPeriod:     {Name: "period", Kind: column.String, Keep: true, MaxLength: 10},
		CountResolution: {Name: "resolution", Kind: column.Int, Keep: true},
		CountH3:         {Name: "h3", Kind: column.String, Keep: true, MaxLength: 16},
	}}
}

// CountID returns the id of a cell of a table in its layer.
func CountID(p Period, set string, cell hexgrid.Cell) layers.FeatureID {
	return layers.FeatureID(p.String() + "." + set + "." + cell.String())
}

// Changes returns the changes that make the layer of the published cells of before that of now. A table that is in both
// has not changed. outline draws a cell, in degrees.
func (s *CountSpec) Changes(before, now []*Table, outline func(hexgrid.Cell) orb.Geometry) []layers.Change {
	var out []layers.Change
	had := map[*Table]bool{}
	for _, t := range before {
		had[t] = true
	}
	have := map[layers.FeatureID]bool{} // of those that are new
	drawn := map[hexgrid.Cell]orb.Geometry{}
	for _, t := range now {
		if had[t] {
			delete(had, t)
			continue
		}
		for _, c := range t.Cells {
			if !c.Published {
				continue
			}
			set := s.Sets[c.Set].Name
			if drawn[c.Cell] == nil {
				drawn[c.Cell] = outline(c.Cell)
			}
			id := CountID(t.Period, set, c.Cell)
			have[id] = true
			out = append(out, layers.Change{Feature: layers.Feature{ID: id, Geometry: drawn[c.Cell], Values: []column.Value{
				CountNumber: column.IntOf(int64(c.Count)), CountSetName: column.StringOf(set), CountPeriod: column.StringOf(t.Period.String()),
				CountResolution: column.IntOf(int64(c.Cell.Resolution())), CountH3: column.StringOf(c.Cell.String()),
			}}})
		}
	}
	for t := range had {
		for _, c := range t.Cells {
			if id := CountID(t.Period, s.Sets[c.Set].Name, c.Cell); c.Published && !have[id] {
				out = append(out, layers.Change{Op: layers.Delete, Feature: layers.Feature{ID: id}})
			}
		}
	}
	return out
}
