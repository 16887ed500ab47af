package app

import (
	"fmt"
	"iter"
	"math"

	"hutong/api"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/derive"
	"hutong/layers/hexgrid"
	"hutong/layers/view"
	"hutong/styles"
	"hutong/tiles"
)

const (
	// maxMargin is how far, in units of 1/4096 of a tile, what stands for a feature may reach from it: a derived layer
	// has no tiles of zooms at which its finest cells reach farther, since a quarter of a tile is the widest buffer.
	maxMargin = 900
	// roam is by how many degrees a city's features may be farther from the equator than its middle.
	roam = 5.0
	// catalogueZoom is the zoom whose cells stand in the catalogue and in searches for a derived layer: those of
	// a window with a city in it.
	catalogueZoom = 11
)

// cellCounts is what is counted of a layer by H3 cell, and what is made of it.
type cellCounts struct {
	index    *derive.Index
	coarsest hexgrid.Resolution // that is served as such; tiles may show coarser ones
	finest   hexgrid.Resolution
	live     *layers.Layer
	latitude float64 // at which cells have the size that their zoom wants
}

// newCells returns what is counted of a layer; nil when nothing is.
func newCells(city *City, l *Layer) (*cellCounts, error) {
	if l.Cells == nil {
		return nil, nil //nolint:nilnil // it is not counted
	}
	c := &cellCounts{coarsest: l.Cells.Min, finest: l.Cells.Max}
	if city.Center != nil {
		c.latitude = city.Center.Lat()
	}
	spec := *l.Cells
	spec.Min = 0 // of coarser ones there are few, and tiles of low zooms show them
	var err error
	if c.index, err = derive.NewIndex(l.Schema, spec); err != nil {
		return nil, fmt.Errorf("app: layer %s: %w", l.Schema.Name, err)
	}
	return c, nil
}

// finest returns the resolution at which places of l are looked up: what is counted of a layer shares it, so that cells
// of hot spots have the features that hexagons of the layer have.
func (l *Layer) finest() hexgrid.Resolution {
	if l.Cells == nil || l.Cells.Max == 0 {
		return derive.DefaultMax
	}
	return l.Cells.Max
}

// derivers returns what counts in the layer's commits.
func (c *cellCounts) derivers() []layers.Deriver {
	if c == nil {
		return nil
	}
	return []layers.Deriver{c.index}
}

// drawn are cells as one kind of layer shows them.
type drawn struct {
	*cellCounts
	kind   styles.CellKind
	schema *layers.Schema
	read   func(*layers.Schema, *layers.Snapshot, hexgrid.Resolution) layers.Reader
	views  map[hexgrid.Resolution]*view.Layer
}

// as returns the cells as a layer of a name shows them.
func (c *cellCounts) as(kind styles.CellKind, name layers.Name) *drawn {
	d := &drawn{cellCounts: c, kind: kind, schema: c.index.HexSchema(name), read: c.index.Hexes, views: map[hexgrid.Resolution]*view.Layer{}}
	if kind == styles.Clusters {
		d.schema, d.read = c.index.ClusterSchema(name), c.index.Clusters
	}
	return d
}

// resolution returns that of the cells of a zoom. Those of clusters are one coarser than hexagons, 24 to 63 pixels
// wide, so that circles with a number in them find room.
func (d *drawn) resolution(zoom uint8) hexgrid.Resolution {
	r := derive.ResolutionFor(zoom, d.latitude, 0, d.finest)
	if d.kind == styles.Clusters && r > 0 {
		r--
	}
	return r
}

// margin returns how far the cells of a zoom reach, in units of 1/4096 of a tile.
func (d *drawn) margin(zoom uint8) uint32 {
	return derive.Margin(zoom, math.Abs(d.latitude)+roam, d.resolution(zoom))
}

// at returns the cells of a resolution in the layer's newest state.
func (d *drawn) at(r hexgrid.Resolution) layers.Reader { return d.read(d.schema, d.live.Snapshot(), r) }

// now returns the cells of the resolutions in the layer's newest state.
func (d *drawn) now() func(hexgrid.Resolution) layers.Reader {
	state := d.live.Snapshot()
	return func(r hexgrid.Resolution) layers.Reader { return d.read(d.schema, state, r) }
}

// view returns the cells of a zoom as a layer that doors serve, the same one for the same resolution.
func (d *drawn) view(zoom uint8) *view.Layer {
	r := d.resolution(zoom)
	if d.views[r] == nil {
		d.views[r] = view.Of(d.schema, func() layers.Reader { return d.at(r) })
	}
	return d.views[r]
}

// overview returns what tiles show below a zoom. o are the options of the layer's other tiles.
func (d *drawn) overview(below uint8, o tiles.Options) (*tiles.Overview, error) {
	out := &tiles.Overview{}
	for zoom := range below {
		out.Views = append(out.Views, d.view(zoom))
		if zoom >= o.MinZoom {
			out.Margin = max(out.Margin, d.margin(zoom))
		}
	}
	out.Margin = min(out.Margin, maxMargin) // cells that hold a pole reach around it; versions are coarser than that there
	o.MaxZoom, o.Distinct = below-1, nil
	var err error
	out.Builder, err = tiles.New(d.schema, o)
	return out, err
}

// breaks returns where classes of the counts of a zoom's cells meet: round numbers around the mean, each about
// twice the one before. They move only when the mean does.
func (d *drawn) breaks(zoom uint8) []float64 {
	s := d.live.Snapshot()
	found, ok := d.index.Of(s)
	n := 0
	if ok {
		n = found.Len(d.resolution(zoom))
	}
	if n == 0 {
		return nil
	}
	return breaksAround(float64(s.Located()) / float64(n))
}

// breaksAround returns where classes of counts with a mean meet: round numbers, each about twice the one before.
func breaksAround(mean float64) []float64 {
	if mean <= 0 {
		return nil
	}
	var list []float64
	for _, share := range [...]float64{0.25, 0.5, 1, 2, 4, 8} {
		if b := roundBreak(mean * share); b >= 2 && (len(list) == 0 || b > list[len(list)-1]) {
			list = append(list, b)
		}
	}
	return list
}

// roundBreak returns the whole number of 1, 2 or 5 times a power of ten that is nearest to v by ratio.
func roundBreak(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	best := power
	for _, digit := range [...]float64{2, 5, 10} {
		if b := digit * power; math.Abs(math.Log(b/v)) < math.Abs(math.Log(best/v)) {
			best = b
		}
	}
	return math.Round(best)
}

// overviewOf gives a layer the overview that its spec wants, and what is counted of it.
func (c *cellCounts) overviewOf(l *api.Layer, spec *Layer) error {
	if c == nil {
		return nil
	}
	hexes := c.as(styles.Hexes, l.Name())
	selected, err := c.index.For(l.View.Schema())
	if err != nil {
		return fmt.Errorf("app: layer %s: %w", l.Name(), err)
	}
	l.Counted = &api.Counted{
		Min: c.coarsest, Max: c.finest, Schema: hexes.schema, Now: hexes.now,
		Of: func(seq layers.Seq, blocks iter.Seq2[*layers.Block, column.Bits], r hexgrid.Resolution) layers.Reader {
			return selected.HexesOf(hexes.schema, seq, blocks, r)
		},
	}
	if spec.Overview.Below == 0 {
		return nil
	}
	d := c.as(spec.Overview.As, l.Name())
	if l.Overview, err = d.overview(spec.Overview.Below, spec.Tiles); err != nil {
		return fmt.Errorf("app: layer %s: overview: %w", l.Name(), err)
	}
	l.Cells, l.Breaks = spec.Overview.As, d.breaks
	return nil
}

// derive returns a layer that is computed from this one.
func (c *cellCounts) derive(spec *Derived, source *api.Layer) (*api.Layer, error) {
	d := c.as(spec.As, spec.Name)
	o := tiles.Defaults()
	for o.MaxZoom > 0 && d.margin(o.MaxZoom) > maxMargin {
		o.MaxZoom--
	}
	overview, err := d.overview(o.MaxZoom+1, o)
	if err != nil {
		return nil, fmt.Errorf("app: layer %s: %w", spec.Name, err)
	}
	drawing := styles.Drawing{TitleZH: spec.TitleZH, Hidden: !spec.Shown}.Chosen(d.schema)
	return &api.Layer{
		View: d.view(catalogueZoom), Tiles: overview.Builder, Overview: overview,
		Title: spec.Title, Description: spec.Description, Licence: source.Licence, Attribution: source.Attribution,
		Drawing: drawing, Fresh: source.Fresh, Cells: spec.As, Of: spec.Of, Breaks: d.breaks,
	}, nil
}

// derived adds the layers that are computed from others, which these follow. Everybody sees them, so they are of layers
// that everybody sees.
func (n *newStore) derived(list []Derived) (errs []error) {
	byName := map[layers.Name]*api.Layer{}
	for _, l := range n.list {
		byName[l.Name()] = l
	}
	for i := range list {
		spec := &list[i]
		of := n.layers[spec.Of]
		if of == nil || of.cells == nil || byName[spec.Of] == nil {
			errs = append(errs, fmt.Errorf("app: layer %s is derived from %s, which is not there, not public or not counted by cell", spec.Name, spec.Of))
			continue
		}
		l, err := of.cells.derive(spec, byName[spec.Of])
		if err != nil {
			errs = append(errs, err)
			continue
		}
		of.followers = append(of.followers, spec.Name)
		n.list, n.names = append(n.list, l), append(n.names, spec.Name)
	}
	return errs
}
