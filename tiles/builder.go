package tiles

import (
	"errors"
	"fmt"
	"slices"

	"hutong/layers"
	"hutong/layers/view"
	"hutong/tiles/grid"
	"hutong/tiles/mvt"
)

// Builder builds the tiles of one layer for one audience. It may be used from any goroutine; builds
// do not wait for each other.
type Builder struct {
	schema *layers.Schema
	opts   Options
	fields []field
	plans  []plan // by zoom, up to MaxZoom
	cost   cost
	frame  int // bytes of a layer without features, keys and values
	limit  int
	pool   pool
}

// New returns a builder for views that have this schema, see [view.Layer.Schema]. It keeps schema.
// The error lists everything that is wrong: with opts by itself; private fields; a declared count for
// a field that is not there; a budget that one feature with the longest kept values would break.
func New(schema *layers.Schema, opts Options) (*Builder, error) {
	errs := []error{schema.Validate(), opts.Validate()}
	fail := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("tiles: %s: "+format, append([]any{schema.Name}, args...)...))
	}
	for i := range schema.Fields {
		if f := &schema.Fields[i]; f.Private {
			fail("field %q is private: a builder takes the schema of a view", f.Name)
		}
	}
	for name := range opts.Distinct {
		if schema.FieldIndex(name) < 0 {
			fail("distinct values of %q, which is not a field", name)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	b := &Builder{schema: schema, opts: opts, fields: order(schema, &opts)}
	b.cost = newCost(string(schema.Name), b.fields, &opts)
	if n := b.cost.longest(schema); n > opts.Budget {
		return nil, fmt.Errorf("tiles: %s: one feature with the longest kept values takes %d bytes, more than the budget of %d: "+
			"give the kept fields a max length, keep fewer, or raise the budget", schema.Name, n, opts.Budget)
	}
	b.frame = mvt.SizeLayer(string(schema.Name), opts.Extent)
	b.limit = b.cost.limit(b.fields, opts.Budget)
	b.pool = newPool(b)
	for z := range opts.MaxZoom + 1 {
		b.plans = append(b.plans, newPlan(b.fields, z))
	}
	return b, nil
}

// Options returns the layer's options. Its map is shared: read only.
func (b *Builder) Options() Options { return b.opts }

// Limit returns the most features of a tile: a tile whose window has more keeps those of the lowest
// [layers.Rank]. It depends on the schema and the options only. Tiles hold fewer where kept values
// are longer or more than the schema and [Options.Distinct] say.
func (b *Builder) Limit() int { return b.limit }

// Fields returns the fields that tiles may have, in tile order: the last leaves first when a tile is
// over its budget. Fields that start beyond the layer's highest zoom are left out.
func (b *Builder) Fields() []Field {
	var out []Field
	for i := range b.fields {
		if f := b.fields[i].Field; f.FromZoom <= b.opts.MaxZoom {
			out = append(out, f)
		}
	}
	return out
}

// Build appends tile t of view v to dst, uncompressed: one layer, or nothing when no feature is in
// the tile's window. On an error ([ErrZoom], [ErrTile], [ErrSchema]) dst comes back as it was. Cost is
// O(candidates); nothing is allocated per feature while dst has room.
func (b *Builder) Build(dst []byte, v *view.View, t grid.Tile) ([]byte, Stats, error) {
	switch {
	case t.Z < b.opts.MinZoom || t.Z > b.opts.MaxZoom:
		return dst, Stats{}, fmt.Errorf("%w: %d is not %d to %d", ErrZoom, t.Z, b.opts.MinZoom, b.opts.MaxZoom)
	case !t.Valid():
		return dst, Stats{}, fmt.Errorf("%w: %s", ErrTile, t)
	case !sameSchema(b.schema, v.Schema()):
		return dst, Stats{}, fmt.Errorf("%w: %s", ErrSchema, v.Name())
	}
	s := b.pool.take()
	dst, stats := s.build(dst, v, t)
	b.pool.give(s) // not deferred: after a panic its tables cannot be trusted
	return dst, stats, nil
}

// build is Build for an address and a view that were checked.
func (s *scratch) build(dst []byte, v *view.View, t grid.Tile) ([]byte, Stats) {
	window, p := t.Window(s.b.opts.Extent, s.b.opts.Buffer), &s.b.plans[t.Z]
	stats := Stats{Candidates: s.choose(v, &window, p)}
	if s.shaped {
		s.drawShapes(t, p, &stats)
	}
	stats.Features = s.rows.n
	stats.DroppedFeatures = stats.Candidates - stats.Outside - stats.Tiny - stats.Features
	if s.rows.n == 0 {
		return dst, stats
	}
	if fields := s.addOthers(p); fields < len(p.names) {
		stats.DroppedFields = p.names[fields:]
	}
	from := len(dst)
	dst = s.encode(dst, &window)
	stats.Bytes = len(dst) - from
	stats.Overrun = stats.Bytes > s.b.opts.Budget
	return dst, stats
}

// choose finds the rows that the tile shows and resolves their kept fields. It returns how many rows
// there were to choose from.
func (s *scratch) choose(v *view.View, window *grid.Window, p *plan) (candidates int) {
	s.drawing.bytes = s.drawing.bytes[:0]
	s.findCandidates(v, window)
	candidates = s.rows.n
	if candidates == 0 {
		return 0
	}
	if candidates > s.b.limit && !s.b.schema.Coverage {
		s.thin(s.b.limit)
	}
	s.makeRoom(p.columns())
	if !s.addKept(p) {
		s.shrink(p)
	}
	return candidates
}

// sameSchema reports whether a view with schema b has the fields of a, in its order and of its sizes.
func sameSchema(a, b *layers.Schema) bool {
	return a == b || a.Name == b.Name && a.Coverage == b.Coverage && slices.Equal(a.Fields, b.Fields)
}
