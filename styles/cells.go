package styles

import (
	"math"

	"hutong/layers"
	"hutong/layers/column"
)

// CellKind is what tiles of a layer hold in place of features: cells of the ground and what is in each.
type CellKind string

// The kinds of cells; "" is none, features only.
const (
	// Hexes are hexagons with the count of what is in them.
	Hexes CellKind = "hexes"
	// Clusters are points, one a cell, with the count of what they stand for.
	Clusters CellKind = "clusters"
	// Hotspots are hexagons with how far their counts, and those around, are from what chance would give.
	Hotspots CellKind = "hotspots"
)

// The fields of cells that styles read.
const (
	cellField    = "h3"          // the cell's id, of hexes and hot spots
	countField   = "count"       // of hexes
	clusterField = "cluster"     // true for clusters
	pointsField  = "point_count" // of clusters
	shortField   = "point_count_abbreviated"
	binField     = "bin" // of hot spots, −3 to 3
)

// cellSuffix begins what the ids of style layers of cells have behind the layer's name.
const cellSuffix = ":cells"

// hasCells reports whether there is a zoom at which tiles hold cells.
func (l *Layer) hasCells() bool { return l.Cells != "" && l.Below > l.MinZoom }

// hasFeatures reports whether there is a zoom at which tiles hold features.
func (l *Layer) hasFeatures() bool { return !l.hasCells() || l.Below <= l.MaxZoom }

// promoted is the property that is the id of all that the layer's tiles hold; "" is none. Tiles that hold
// features at other zooms have none: with a property that they lack MapLibre takes the id away that they
// have, and cells have a number of their own as well.
func (l *Layer) promoted() string {
	if l.hasFeatures() || l.Schema == nil {
		return ""
	}
	if from, ok := l.has(cellField, column.String); ok && from <= l.MinZoom {
		return cellField
	}
	if l.Schema.IDField == cellField && l.Schema.IDFromZoom <= l.MinZoom {
		return cellField
	}
	return ""
}

// marker is the field that cells have and the layer's features have not; "" where features have one of
// that name.
func (l *Layer) marker() string {
	name := cellField
	if l.Cells == Clusters {
		name = clusterField
	}
	if l.Schema != nil && (l.Schema.IDField == name || l.Schema.FieldIndex(name) >= 0) {
		return ""
	}
	return name
}

// cellKind is the kind of geometry of cells.
func (l *Layer) cellKind() string {
	if l.Cells == Clusters {
		return "point"
	}
	return "polygon"
}

// toldCells is what the style's metadata tells of a layer's cells.
type toldCells struct {
	Kind CellKind `json:"kind"`
	// Of is the layer whose features they count; "" is their own.
	Of layers.Name `json:"of,omitempty"`
	// Below is the first zoom at which there are features in place of cells; 0 is none.
	Below uint8 `json:"below,omitempty"`
	// Least is the smallest count that they have, where smaller ones are withheld; 0 is any.
	Least int `json:"least,omitempty"`
	// Field is what they are told apart by.
	Field string `json:"field"`
	// IDs are those of the style layers that draw them, the undermost first.
	IDs []string `json:"ids"`
	// Legends are theirs, by rising zoom: each holds from its zoom up to the next.
	Legends []zoomLegend `json:"legends"`
}

// zoomLegend is a legend that holds from a zoom on.
type zoomLegend struct {
	From   uint8   `json:"from"`
	Legend []entry `json:"legend"`
}

// cellLayer draws the cells of a layer and returns what is told of them.
func (p *painter) cellLayer(l *Layer, f *from) *toldCells {
	f = &from{id: f.id + cellSuffix, source: f.source, sourceLayer: f.sourceLayer, metadata: f.metadata}
	if name := l.marker(); name != "" && l.hasFeatures() {
		f.filter = []any{"has", name} // maps show tiles of the zooms around while others are on their way
	}
	var told *toldCells
	added := p.apart(func() {
		switch l.Cells {
		case Hotspots:
			told = p.hotspots(l, f)
		case Clusters:
			told = p.clusters(l, f)
		default:
			told = p.hexes(l, f)
		}
	})
	told.Kind, told.Of, told.Least = l.Cells, l.Of, l.Least
	if l.hasFeatures() {
		told.Below = l.Below
	}
	for b, list := range added {
		for _, one := range list {
			if l.hasFeatures() {
				one.MaxZoom = float64(l.Below)
			}
			p.add(band(b), one)
		}
	}
	return told
}

// featureLayers draws by draw what a layer's tiles hold from the zoom on at which these are features.
func (p *painter) featureLayers(l *Layer, draw func()) {
	if !l.hasCells() {
		draw()
		return
	}
	var without []any
	if name := l.marker(); name != "" {
		without = []any{"!", []any{"has", name}}
	}
	for b, list := range p.apart(draw) {
		for _, one := range list {
			one.MinZoom = math.Max(one.MinZoom, float64(l.Below))
			if one.MaxZoom == 0 || one.MinZoom < one.MaxZoom {
				one.Filter = both(one.Filter, without)
				p.add(band(b), one)
			}
		}
	}
}

// apart returns what draw adds, and adds nothing.
func (p *painter) apart(draw func()) stack {
	before := p.stack
	p.stack = stack{}
	draw()
	added := p.stack
	p.stack = before
	return added
}
