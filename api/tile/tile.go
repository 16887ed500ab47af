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
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"hutong/api"
	"hutong/tiles"
	"hutong/tiles/cache"
	"hutong/tiles/grid"
)

// contentType is the registered type of MVT.
const contentType = "application/vnd.mapbox-vector-tile"

// Tiles answers with tiles of all layers. It may be used from any goroutine.
type Tiles struct {
	layers *api.Layers
	cache  *cache.Cache
	base   api.Base
	past   Past // nil when nothing is kept of it
}

// New returns the tiles of ls, kept in c, which knows the same layers.
func New(ls *api.Layers, c *cache.Cache, base api.Base) *Tiles {
	return &Tiles{layers: ls, cache: c, base: base}
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
	set := t.find(w, r, list)
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
	t.answer(w, r, set, address)
}

// find returns the layers of a list. When there is none it answers the request with a problem and
// returns nil.
func (t *Tiles) find(w http.ResponseWriter, r *http.Request, list string) *cache.Set {
	set, err := t.cache.Set(list)
	var unknown *cache.LayerError
	switch {
	case errors.As(err, &unknown):
		api.RefuseLayer(w, r, unknown.Name)
	case err != nil:
		api.Refuse(w, r, api.CodeParameterInvalid, fmt.Sprintf("A tile may have %d layers.", cache.MaxLayers))
	}
	return set
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
func (t *Tiles) answer(w http.ResponseWriter, r *http.Request, set *cache.Set, address grid.Tile) {
	t.tellFreshness(w, set)
	conditions := r.Header["If-None-Match"]
	if t.unchanged(w, set, address, conditions) {
		return
	}
	body, err := t.cache.Get(r.Context(), set, address, "", api.Negotiate(r))
	if err != nil {
		refuseTile(w, r, set, err)
		return
	}
	// The tile may be what the client has after all, though in another encoding.
	if t.unchanged(w, set, address, conditions) {
		return
	}
	tellDropped(w, body.Dropped)
	if len(body.Bytes) == 0 {
		api.SendNothing(w)
		return
	}
	api.Answer{
		ContentType: contentType, Encoding: body.Encoding, Body: body.Bytes, Tag: body.ETag, Length: body.Length,
	}.Send(w, r)
}

// unchanged answers 304 and returns true when a condition is known to name the tile as it is.
func (t *Tiles) unchanged(w http.ResponseWriter, set *cache.Set, address grid.Tile, conditions []string) bool {
	if len(conditions) == 0 {
		return false
	}
	tag, dropped := t.cache.Match(set, address, "", conditions)
	if tag == "" {
		return false
	}
	tellDropped(w, dropped)
	api.SendNotModified(w, tag)
	return true
}

// tellFreshness says how fresh the set's layer is that changed last.
func (t *Tiles) tellFreshness(w http.ResponseWriter, set *cache.Set) {
	var newest *api.Freshness
	for _, name := range set.Layers() {
		if f := t.layers.Named(name).Fresh; newest.Changed().Before(f.Changed()) {
			newest = f
		}
	}
	if header := newest.Header(); header != nil {
		w.Header()[api.HeaderFreshness] = header
	}
}

// tellDropped says what the budget left out, if anything.
func tellDropped(w http.ResponseWriter, d *cache.Dropped) {
	if d != nil {
		left := "features=" + strconv.Itoa(d.Features) + ", fields=" + strconv.Itoa(d.Fields)
		if d.Simplified > 0 {
			left += ", simplified=" + strconv.Itoa(d.Simplified)
		}
		if d.Overrun {
			left += ", overrun"
		}
		w.Header().Set(api.HeaderDropped, left)
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
