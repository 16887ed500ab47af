package derive

import (
	"math"

	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/hexgrid"
	"hutong/layers/spatialstat"
	"hutong/layers/world"
)

// hotFields are the positions of the fields that not all layers of hot spots have; -1 where there is none.
type hotFields struct{ rate, moran, quadrant, class int }

// hotSchema returns the schema of a layer of hot spots.
func hotSchema(name layers.Name, spec HotSpec) (*layers.Schema, hotFields) {
	s := &layers.Schema{Name: name, IDField: "h3", Coverage: true, Fields: []layers.Field{
		{Name: "bin", Kind: column.Int, Keep: true},
		{Name: "z", Kind: column.Float, Keep: true},
		{Name: "p", Kind: column.Float},
		{Name: "count", Kind: column.Int, Keep: true},
		{Name: "neighbours", Kind: column.Int},
		{Name: "significant", Kind: column.Bool, Keep: true},
	}}
	add := func(f layers.Field, wanted bool) int {
		if !wanted {
			return -1
		}
		s.Fields = append(s.Fields, f)
		return len(s.Fields) - 1
	}
	return s, hotFields{
		rate:     add(layers.Field{Name: "rate", Kind: column.Float, Keep: true}, spec.Rate),
		moran:    add(layers.Field{Name: "moran", Kind: column.Float}, spec.Moran),
		quadrant: add(layers.Field{Name: "quadrant", Kind: column.String, Keep: true, MaxLength: 2}, spec.Moran),
		class:    add(layers.Field{Name: "class", Kind: column.String, Keep: true, MaxLength: longestPattern()}, spec.Emerging),
	}
}

// longestPattern is the length of the longest name of a class.
func longestPattern() int {
	n := 0
	for p := spatialstat.HistoricalCold; p <= spatialstat.HistoricalHot; p++ {
		n = max(n, len(p.String()))
	}
	return n
}

// values returns the values of a row, in the order of the schema.
func (h *HotSpots) values(r *hotRow) []column.Value {
	out := make([]column.Value, len(h.schema.Fields))
	copy(out, []column.Value{
		column.IntOf(int64(r.bin)), column.FloatOf(r.z), column.FloatOf(r.p), column.IntOf(int64(r.count)),
		column.IntOf(int64(r.neighbours)), column.BoolOf(r.significant),
	})
	f := h.fields
	if f.rate >= 0 {
		out[f.rate] = column.FloatOf(r.rate)
	}
	if f.moran >= 0 {
		out[f.moran] = column.FloatOf(r.moran)
		if r.quadrant != spatialstat.NoQuadrant {
			out[f.quadrant] = column.StringOf(r.quadrant.String())
		}
	}
	if f.class >= 0 {
		out[f.class] = column.StringOf(r.class.String())
	}
	return out
}

// become makes rows, by cell, what the layer says, and returns the changes.
func (h *HotSpots) become(cells []hexgrid.Cell, rows []hotRow) []layers.Change {
	old := h.said
	var out []layers.Change
	shapes := make([]orb.Geometry, len(cells))
	upsert := func(k int) {
		out = append(out, layers.Change{Feature: layers.Feature{ID: hotID(cells[k]), Geometry: shapes[k], Values: h.values(&rows[k])}})
	}
	i, k := 0, 0 // in old and new
	for i < len(old.cells) || k < len(cells) {
		switch {
		case k == len(cells) || i < len(old.cells) && old.cells[i] < cells[k]:
			out = append(out, layers.Change{Op: layers.Delete, Feature: layers.Feature{ID: hotID(old.cells[i])}})
			i++
			continue
		case i == len(old.cells) || cells[k] < old.cells[i]:
			shapes[k] = Polygon(cells[k])
			upsert(k)
		default:
			if shapes[k] = old.shapes[i]; old.rows[i] != rows[k] {
				upsert(k)
			}
			i++
		}
		k++
	}
	h.before, h.said = h.said, hotState{cells, rows, shapes}
	return out
}

func hotID(c hexgrid.Cell) layers.FeatureID { return layers.FeatureID(c.String()) }

// plainLatitude is up to where a cell's outline on the map needs no care.
const plainLatitude = 80

// Polygon returns what a cell looks like on the map, in two parts where the antimeridian cuts it.
func Polygon(c hexgrid.Cell) orb.Geometry {
	vertices := c.Boundary()
	path := make(orb.Ring, 0, len(vertices)+1)
	plain := true
	for _, v := range vertices {
		path = append(path, orb.Point{v.Lon, v.Lat})
		plain = plain && math.Abs(v.Lat) < plainLatitude && math.Abs(v.Lon-vertices[0].Lon) < 180
	}
	if plain {
		return orb.Polygon{append(path, path[0])}
	}
	rings := newOutline(c).rings
	parts := make(orb.MultiPolygon, len(rings))
	for i := range rings {
		path := make(orb.Ring, 0, len(rings[i].x)+1)
		for k, x := range rings[i].x {
			lon, lat := world.Point{X: x, Y: rings[i].y[k]}.LonLat()
			path = append(path, orb.Point{lon, lat})
		}
		parts[i] = orb.Polygon{append(path, path[0])}
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return parts
}
