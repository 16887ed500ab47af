package view

import (
	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/column"
)

// Row is one feature of a view. What it is made of is read when somebody asks: a geometry may have a
// million vertices, and of the rows that a query finds not all are told.
type Row struct {
	row   layers.Row
	layer *Layer
}

// ID returns the feature's id.
func (r Row) ID() layers.FeatureID { return r.row.Block.ID(r.row.Index) }

// Values returns its values in the order of the view's fields. Texts share the store's memory.
func (r Row) Values() []column.Value {
	values := make([]column.Value, len(r.layer.columns))
	for i, c := range r.layer.columns {
		values[i] = r.row.Block.Column(c).Value(r.row.Index)
	}
	return values
}

// Feature returns all of it.
func (r Row) Feature() layers.Feature {
	return layers.Feature{ID: r.ID(), Geometry: r.row.Geometry(), Values: r.Values()}
}

// Anchor returns a place on the feature in degrees, see [layers.Row.Anchor].
func (r Row) Anchor() (at orb.Point, ok bool) { return r.row.Anchor() }

// Bound returns its box in degrees, see [layers.Row.Bound].
func (r Row) Bound() (bound orb.Bound, ok bool) { return r.row.Bound() }
