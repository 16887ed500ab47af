// Package tile serves vector tiles and the documents that describe them.
//
// # Routes
//
//	GET /tiles/{layers}.json               TileJSON 3.0.0
//	GET /tiles/{layers}/metadata.json      the same for GDAL's MVT driver, see [metadata]
//	GET /tiles/{layers}/{z}/{x}/{y}.mvt    a tile (MVT 2.1); .pbf is the same
//
// {layers} is one layer's name or several joined by commas, in any order: a composite tile, which
// holds each of them as a layer of its own.
//
// ?filter= (CQL2, ?filter-lang= says in which encoding) and ?datetime= narrow a tile to the features that they
// select, see [api.Filters.Parse]; however they are written, what means the same is one tile in the cache. A
// TileJSON that is asked for with them names tiles with them. Other parameters count for nothing. Tiles of a view of
// counts take ?period= and ?set= in their place, see [api.Tables.Choose]: without them they are of the newest period.
//
// A tile without features is 204, one outside the grid or the layers' zooms 404, and an address that
// is none 400. [api.HeaderDropped] says how many features and fields the budget left out, how often
// lines and polygons lost vertices, and that a coverage is over its budget all the same, as a
// dictionary of RFC 9651: features=120, fields=2. [api.HeaderFreshness] says how long the last change of
// the layers took to get here.
//
// With ?asof= a tile is that of the layers as they were, see [Past].
//
// If-None-Match is answered without building when a tile's ETag is known, whichever encoding it was
// of; the ETag of a 304 is the one that the client has.
package tile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"hutong/api"
	"hutong/layers"
	"hutong/tiles"
	"hutong/tiles/cache"
	"hutong/tiles/grid"
)

// contentType is the registered type of MVT.
const contentType = "application/vnd.mapbox-vector-tile"

// Tiles answers with tiles of all layers. It may be used from any goroutine.
type Tiles struct {
	layers  *api.Layers
	cache   *cache.Cache
	filters *api.Filters
	base    api.Base
	past    Past // nil when nothing is kept of it
}

// New returns the tiles of ls, kept in c, which knows the same layers, with the filters that fs reads.
func New(ls *api.Layers, c *cache.Cache, fs *api.Filters, base api.Base) *Tiles {
	return &Tiles{layers: ls, cache: c, filters: fs, base: base}
}

// Routes returns the routes of tiles.
func (t *Tiles) Routes() []api.Route {
	return []api.Route{
		{Pattern: "/tiles/{file}", Label: "tilejson", Handler: http.HandlerFunc(t.tileJSON)},
		{Pattern: "/tiles/{layers}/metadata.json", Label: "tile_metadata", Handler: http.HandlerFunc(t.metadata)},
		{
			Pattern: "/tiles/{layers}/{z}/{x}/{file}", Label: "tile", Handler: http.HandlerFunc(t.tile),
			Direct: api.Direct{First: first, Segments: 4},
		},
	}
}

// first is what all paths of tiles start with.
const first = "/tiles/"

// segments returns the parts of a tile's path, whichever way the request came, see [api.Direct].
func segments(r *http.Request) (list, z, x, file string) {
	if r.Pattern != "" {
		return r.PathValue("layers"), r.PathValue("z"), r.PathValue("x"), r.PathValue("file")
	}
	list, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, first), "/")
	z, rest, _ = strings.Cut(rest, "/")
	x, file, _ = strings.Cut(rest, "/")
	return list, z, x, file
}

func (t *Tiles) tile(w http.ResponseWriter, r *http.Request) {
	list, z, x, file := segments(r)
	y, ok := strings.CutSuffix(file, ".mvt")
	if !ok {
		y, ok = strings.CutSuffix(file, ".pbf")
	}
	if !ok {
		api.Refuse(w, r, api.CodeNotFound, "Tiles end in .mvt or .pbf.")
		return
	}
	set, seen := t.find(w, r, list)
	if set == nil {
		return
	}
	address, err := grid.Parse(z, x, y)
	if err != nil {
		refuseAddress(w, r, err)
		return
	}
	if asof, ok := t.asof(w, r); !ok || asof != "" {
		if ok {
			t.past.Tile(w, r, set.Layers(), address, asof)
		}
		return
	}
	variant, ok := t.variant(w, r, seen, address.Z)
	if !ok {
		return
	}
	t.answer(w, r, request{set, seen, address, variant})
}

// request is a tile that is asked for.
type request struct {
	set     *cache.Set
	seen    api.Seen
	address grid.Tile
	variant *cache.Variant
}

// inOrder returns the layers of a list in the order of [cache.Set.Layers].
func inOrder(seen api.Seen) []*api.Layer {
	return slices.SortedFunc(slices.Values(seen.Layers), func(a, b *api.Layer) int { return cmp.Compare(a.Name(), b.Name()) })
}

// variant returns what is asked for of layers in a tile of a zoom, nil when that is everything. When it cannot be read it
// answers the request with a problem and ok is false.
func (t *Tiles) variant(w http.ResponseWriter, r *http.Request, seen api.Seen, zoom uint8) (v *cache.Variant, ok bool) {
	if seen.Counts() {
		return t.tables(w, r, seen, zoom)
	}
	f, ok := t.filter(w, r, seen)
	if f != nil {
		v = cache.NewVariant(f.Canonical(), f.Where())
	}
	return v, ok
}

// filter reads what is asked for of layers, nil when that is everything. When it cannot be read it
// answers the request with a problem and ok is false.
func (t *Tiles) filter(w http.ResponseWriter, r *http.Request, seen api.Seen) (f *api.Filter, ok bool) {
	if r.URL.RawQuery == "" {
		return nil, true
	}
	list := inOrder(seen)
	schemas := make([]*layers.Schema, len(list))
	for i, l := range list {
		schemas[i] = l.View.Schema()
	}
	f, err := t.filters.ParseRaw(r.URL.RawQuery, schemas...)
	if wrong, ok := errors.AsType[*api.FilterError](err); ok {
		wrong.Refuse(w, r)
		return nil, false
	}
	return f, true
}

// find returns the layers of a list, all of which the request may see. When there is none, or not for this request,
// it answers with a problem and returns nil.
func (t *Tiles) find(w http.ResponseWriter, r *http.Request, list string) (*cache.Set, api.Seen) {
	if strings.Count(list, ",") >= cache.MaxLayers {
		api.Refuse(w, r, api.CodeParameterInvalid, fmt.Sprintf("A tile may have %d layers.", cache.MaxLayers))
		return nil, api.Seen{}
	}
	seen, ok := t.layers.FindList(w, r, list)
	if !ok {
		return nil, api.Seen{}
	}
	set, err := t.cache.Set(list)
	if err != nil {
		panic(err) // the cache knows the same layers
	}
	return set, seen
}

// refuseAddress answers for an address that names no tile. grid's errors hold nothing but what the
// client sent and the limits.
func refuseAddress(w http.ResponseWriter, r *http.Request, err error) {
	detail := strings.TrimPrefix(err.Error(), "grid: ")
	if errors.Is(err, grid.ErrRange) {
		api.Refuse(w, r, api.CodeTileOutOfRange, detail)
		return
	}
	api.Refuse(w, r, api.CodeTileMalformed, detail)
}

// answer sends a tile, or says that the client has it. A request that the client gives up stops
// waiting, and the build stops with its last request.
func (t *Tiles) answer(w http.ResponseWriter, r *http.Request, q request) {
	tellFreshness(w, q.seen.Layers)
	conditions := r.Header["If-None-Match"]
	if q.seen.Private {
		conditions = nil // nobody may have kept it
	}
	if t.unchanged(w, q, conditions) {
		return
	}
	body, err := t.cache.Get(r.Context(), q.set, q.address, q.variant, api.Negotiate(r))
	if err != nil {
		refuseTile(w, r, q.set, err)
		return
	}
	// The tile may be what the client has after all, though in another encoding.
	if t.unchanged(w, q, conditions) {
		return
	}
	api.TellDropped(w, body.Dropped)
	if len(body.Bytes) == 0 {
		api.SendNothing(w)
		return
	}
	api.Answer{
		ContentType: contentType, Encoding: body.Encoding, Body: body.Bytes, Tag: body.ETag, Length: body.Length,
	}.Send(w, r)
}

// unchanged answers 304 and returns true when a condition is known to name the tile as it is.
func (t *Tiles) unchanged(w http.ResponseWriter, q request, conditions []string) bool {
	if len(conditions) == 0 {
		return false
	}
	tag, dropped := t.cache.Match(q.set, q.address, q.variant, conditions)
	if tag == "" {
		return false
	}
	api.TellDropped(w, dropped)
	api.SendNotModified(w, tag)
	return true
}

// tellFreshness says how fresh the one of the layers is that changed last.
func tellFreshness(w http.ResponseWriter, list []*api.Layer) {
	var newest *api.Freshness
	for _, l := range list {
		if f := l.Fresh; newest.Changed().Before(f.Changed()) {
			newest = f
		}
	}
	if header := newest.Header(); header != nil {
		w.Header()[api.HeaderFreshness] = header
	}
}

// refuseTile answers for a tile that could not be had.
func refuseTile(w http.ResponseWriter, r *http.Request, set *cache.Set, err error) {
	switch {
	case errors.Is(err, tiles.ErrZoom):
		lowest, highest := set.Zooms()
		api.Refuse(w, r, api.CodeTileOutOfRange, fmt.Sprintf("There are tiles from zoom %d to %d.", lowest, highest))
	case errors.Is(err, cache.ErrBusy):
		w.Header().Set("Retry-After", "1")
		api.Refuse(w, r, api.CodeBusy, "Too many tiles are being built.")
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		api.Refuse(w, r, api.CodeCancelled, "")
	default:
		panic(err) // the address and the schema were checked
	}
}
