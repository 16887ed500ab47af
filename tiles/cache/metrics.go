package cache

import (
	"time"

	"hutong/internal/telemetry"
	"hutong/tiles"
)

// metrics are what is counted of the cache as a whole.
type metrics struct {
	hits, misses, matches      telemetry.Count
	late, abandoned            telemetry.Count
	upgraded, vain, passedOver telemetry.Count
	saved                      telemetry.Count
}

func newMetrics(c *Cache, m *telemetry.Metrics) *metrics {
	requests := m.Counter("hutong_tile_cache_requests_total",
		"Requests for tiles: hit (bytes were there), miss (a build was needed), match (answered by ETag alone).", "outcome")
	builds := m.Counter("hutong_tile_cache_unstored_total",
		"Builds whose bytes were not kept: late (a change overtook them), abandoned (nobody waited any more).", "reason")
	upgrades := m.Counter("hutong_tile_cache_upgrades_total",
		"Better encodings of hot tiles: better (kept), vain (not smaller), passed_over (the queue was full).", "outcome")
	gauge := func(name, help string, of func() float64) {
		m.Sample(name, help, nil, func(emit func(float64, ...string)) { emit(of()) })
	}
	gauge("hutong_tile_cache_bytes", "Bytes of finished tiles that are kept.",
		func() float64 { return float64(c.entries.WeightedSize()) })
	gauge("hutong_tile_cache_limit_bytes", "Most bytes of finished tiles that are kept.",
		func() float64 { return float64(c.opts.Bytes) })
	gauge("hutong_tile_cache_tiles", "Finished tiles that are kept.",
		func() float64 { return float64(c.entries.EstimatedSize()) })
	gauge("hutong_tile_cache_tags", "Tiles whose ETags are known.",
		func() float64 { return float64(c.tags.EstimatedSize()) })
	return &metrics{
		hits: requests.With("hit"), misses: requests.With("miss"), matches: requests.With("match"),
		late: builds.With("late"), abandoned: builds.With("abandoned"),
		upgraded: upgrades.With("better"), vain: upgrades.With("vain"), passedOver: upgrades.With("passed_over"),
		saved: m.Counter("hutong_tile_cache_upgrade_saved_bytes_total", "Bytes by which better encodings are shorter.").With(),
	}
}

// families are the metrics of builds, by layer.
type families struct {
	seconds, features, bytes *telemetry.Histograms
	builds, dropped, fields  *telemetry.Counts
	shapes                   *telemetry.Counts
}

func newMeters(m *telemetry.Metrics) *families {
	return &families{
		seconds: m.Histogram("hutong_tile_build_duration_seconds", "Time to build a tile, uncompressed.",
			[]float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25}, "layer"),
		features: m.Histogram("hutong_tile_features", "Features in a tile.",
			[]float64{1, 10, 100, 1000, 2500, 5000, 10_000, 25_000, 50_000}, "layer"),
		bytes: m.Histogram("hutong_tile_size_bytes", "Size of a tile, uncompressed.",
			[]float64{100, 1e3, 5e3, 1e4, 5e4, 1e5, 2.5e5, 5e5, 1e6}, "layer"),
		builds:  m.Counter("hutong_tile_builds_total", "Tiles built, by whether something was in them.", "layer", "outcome"),
		dropped: m.Counter("hutong_tile_dropped_features_total", "Features left out of tiles to meet the budget.", "layer"),
		fields:  m.Counter("hutong_tile_dropped_fields_total", "Fields left out of tiles to meet the budget.", "layer"),
		shapes: m.Counter("hutong_tile_shapes_reduced_total", "Lines and polygons that are less in tiles than in the layer: tiny (polygons left out below a pixel), "+
			"coarse (polygons whose edges met too often to be mended, drawn as an outline), and tiles: simplified (vertices left out to meet the budget), overrun (a coverage over its budget).",
			"layer", "outcome"),
	}
}

// layer returns the meters of one layer.
func (f *families) layer(name string) *meters {
	return &meters{
		seconds: f.seconds.With(name), features: f.features.With(name), bytes: f.bytes.With(name),
		built: f.builds.With(name, "built"), empty: f.builds.With(name, "empty"),
		droppedFeatures: f.dropped.With(name), droppedFields: f.fields.With(name),
		tiny: f.shapes.With(name, "tiny"), coarse: f.shapes.With(name, "coarse"),
		simplified: f.shapes.With(name, "simplified"), overrun: f.shapes.With(name, "overrun"),
	}
}

// meters are the metrics of one layer's builds.
type meters struct {
	seconds, features, bytes telemetry.Histogram
	built, empty             telemetry.Count
	droppedFeatures          telemetry.Count
	droppedFields            telemetry.Count
	tiny, coarse             telemetry.Count
	simplified, overrun      telemetry.Count
}

func (m *meters) count(took time.Duration, s *tiles.Stats) {
	m.seconds.Observe(took.Seconds())
	m.droppedFeatures.Add(s.DroppedFeatures)
	m.droppedFields.Add(len(s.DroppedFields))
	m.tiny.Add(s.Tiny)
	m.coarse.Add(s.Coarse)
	if s.Simplified > 0 {
		m.simplified.Add(1)
	}
	if s.Overrun {
		m.overrun.Add(1)
	}
	if s.Bytes == 0 {
		m.empty.Add(1)
		return
	}
	m.built.Add(1)
	m.features.Observe(float64(s.Features))
	m.bytes.Observe(float64(s.Bytes))
}
