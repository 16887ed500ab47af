// Package tile serves vector tiles and the TileJSON that describes them.
//
// # Routes
//
//	GET /tiles/{layer}.json               TileJSON 3.0.0
//	GET /tiles/{layer}/{z}/{x}/{y}.mvt    a tile (MVT 2.1); .pbf is the same
//
// A tile without features is 204, one outside the grid or the layer's zooms 404, and an address that
// is none 400. [api.HeaderDropped] says how many features and fields the budget left out, as a
// dictionary of RFC 9651: features=120, fields=2.
package tile

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"hutong/api"
	"hutong/internal/telemetry"
	"hutong/layers"
	"hutong/tiles"
	"hutong/tiles/grid"
)

// contentType is the registered type of MVT.
const contentType = "application/vnd.mapbox-vector-tile"

// Tiles answers with tiles of all layers. It may be used from any goroutine.
type Tiles struct {
	layers  *api.Layers
	base    api.Base
	gate    *gate
	byLayer map[layers.Name]*meters
	buffers sync.Pool // of *[]byte: tiles before compression, at most a layer's budget each
}

// meters are the metrics of one layer's tiles.
type meters struct {
	seconds, features, bytes telemetry.Histogram
	built, empty             telemetry.Count
	droppedFeatures          telemetry.Count
	droppedFields            telemetry.Count
}

// New returns the tiles of ls.
func New(ls *api.Layers, base api.Base, m *telemetry.Metrics, o Options) *Tiles {
	t := &Tiles{layers: ls, base: base, gate: newGate(o, m), byLayer: map[layers.Name]*meters{}}
	t.buffers.New = func() any { return new([]byte) }
	seconds := m.Histogram("hutong_tile_build_duration_seconds", "Time to build a tile, uncompressed.",
		[]float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25}, "layer")
	features := m.Histogram("hutong_tile_features", "Features in a tile.",
		[]float64{1, 10, 100, 1000, 2500, 5000, 10_000, 25_000, 50_000}, "layer")
	bytes := m.Histogram("hutong_tile_size_bytes", "Size of a tile, uncompressed.",
		[]float64{100, 1e3, 5e3, 1e4, 5e4, 1e5, 2.5e5, 5e5, 1e6}, "layer")
	builds := m.Counter("hutong_tile_builds_total", "Tiles built, by whether something was in them.", "layer", "outcome")
	dropped := m.Counter("hutong_tile_dropped_features_total", "Features left out of tiles to meet the budget.", "layer")
	fields := m.Counter("hutong_tile_dropped_fields_total", "Fields left out of tiles to meet the budget.", "layer")
	for _, l := range ls.All() {
		name := string(l.Name())
		t.byLayer[l.Name()] = &meters{
			seconds: seconds.With(name), features: features.With(name), bytes: bytes.With(name),
			built: builds.With(name, "built"), empty: builds.With(name, "empty"),
			droppedFeatures: dropped.With(name), droppedFields: fields.With(name),
		}
	}
	return t
}

// Routes returns the routes of tiles.
func (t *Tiles) Routes() []api.Route {
	return []api.Route{
		{Pattern: "/tiles/{file}", Label: "tilejson", Handler: http.HandlerFunc(t.tileJSON)},
		{Pattern: "/tiles/{layer}/{z}/{x}/{file}", Label: "tile", Handler: http.HandlerFunc(t.tile)},
	}
}

func (t *Tiles) tile(w http.ResponseWriter, r *http.Request) {
	y, ok := strings.CutSuffix(r.PathValue("file"), ".mvt")
	if !ok {
		y, ok = strings.CutSuffix(r.PathValue("file"), ".pbf")
	}
	if !ok {
		api.Refuse(w, r, api.CodeNotFound, "Tiles end in .mvt or .pbf.")
		return
	}
	l := t.layers.Find(w, r, r.PathValue("layer"))
	if l == nil {
		return
	}
	address, err := grid.Parse(r.PathValue("z"), r.PathValue("x"), y)
	if err != nil {
		refuseAddress(w, r, err)
		return
	}
	o := l.Tiles.Options()
	if address.Z < o.MinZoom || address.Z > o.MaxZoom {
		api.Refuse(w, r, api.CodeTileOutOfRange, fmt.Sprintf("The layer has tiles from zoom %d to %d.", o.MinZoom, o.MaxZoom))
		return
	}
	t.answer(w, r, l, address)
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

// answer builds one tile in its turn and sends it after the turn is over, so that a slow client
// holds up nobody else's tile.
func (t *Tiles) answer(w http.ResponseWriter, r *http.Request, l *api.Layer, address grid.Tile) {
	buffer, ok := t.buffers.Get().(*[]byte)
	if !ok {
		buffer = new([]byte)
	}
	defer t.buffers.Put(buffer)
	answer, stats, err := t.build(r, l, address, buffer)
	switch {
	case err == nil:
	case errors.Is(err, errBusy):
		w.Header().Set("Retry-After", "1")
		api.Refuse(w, r, api.CodeBusy, "Too many tiles are being built.")
		return
	case r.Context().Err() != nil:
		api.Refuse(w, r, api.CodeCancelled, "")
		return
	default:
		panic(err) // the address and the schema were checked
	}
	if stats.DroppedFeatures > 0 || len(stats.DroppedFields) > 0 {
		w.Header().Set(api.HeaderDropped, fmt.Sprintf("features=%d, fields=%d", stats.DroppedFeatures, len(stats.DroppedFields)))
	}
	if stats.Bytes == 0 {
		api.SendNothing(w)
		return
	}
	answer.Send(w, r)
}

// build waits for its turn, builds the tile into buffer and prepares the answer, which is empty when
// the tile is.
func (t *Tiles) build(r *http.Request, l *api.Layer, address grid.Tile, buffer *[]byte) (api.Answer, tiles.Stats, error) {
	if err := t.gate.enter(r.Context()); err != nil {
		return api.Answer{}, tiles.Stats{}, err
	}
	defer t.gate.leave()
	start := time.Now()
	body, stats, err := l.Tiles.Build((*buffer)[:0], l.View.Now(), address)
	if err != nil {
		return api.Answer{}, tiles.Stats{}, err
	}
	*buffer = body
	t.byLayer[l.Name()].count(time.Since(start), &stats)
	if len(body) == 0 {
		return api.Answer{}, stats, nil
	}
	return api.Prepare(r, contentType, body), stats, nil
}

func (m *meters) count(took time.Duration, s *tiles.Stats) {
	m.seconds.Observe(took.Seconds())
	m.droppedFeatures.Add(s.DroppedFeatures)
	m.droppedFields.Add(len(s.DroppedFields))
	if s.Bytes == 0 {
		m.empty.Add(1)
		return
	}
	m.built.Add(1)
	m.features.Observe(float64(s.Features))
	m.bytes.Observe(float64(s.Bytes))
}
