package past

import (
	"runtime"
	"time"

	"hutong/internal/telemetry"
)

func (o *Options) setDefaults() {
	if o.States <= 0 {
		o.States = 8
	}
	if o.Memory <= 0 {
		o.Memory = 1 << 30
	}
	if o.Queue <= 0 {
		o.Queue = 8
	}
	if o.Wait <= 0 {
		o.Wait = 30 * time.Second
	}
	if o.Idle <= 0 {
		o.Idle = 10 * time.Minute
	}
	if o.TileBytes <= 0 {
		o.TileBytes = 64 << 20
	}
	if o.Builds <= 0 {
		o.Builds = runtime.GOMAXPROCS(0)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
}

// metrics are what is counted of past states.
type metrics struct {
	made, failed, abandoned         telemetry.Count
	full, late, held, large, builds telemetry.Count
	room, idle, erased              telemetry.Count
	hits, misses                    telemetry.Count
	seconds                         telemetry.Histogram
}

func newMetrics(p *Past, m *telemetry.Metrics) *metrics {
	made := m.Counter("hutong_past_made_total", "Past states of layers that were made, or makings that failed or were given up.", "outcome")
	refused := m.Counter("hutong_past_refused_total",
		"Requests for the past that were refused: queue (too many states wait to be made), wait (one took too long), held (something was being erased), large (more than may be held), builds (too many tiles are being built).", "reason")
	dropped := m.Counter("hutong_past_dropped_total", "Past states that were let go: room (for others), idle, erased (something was erased, or a snapshot unpinned).", "reason")
	tiles := m.Counter("hutong_past_tiles_total", "Requests for tiles of past states: hit (bytes were there), miss (built).", "outcome")
	gauge := func(name, help string, of func() float64) {
		m.Sample(name, help, nil, func(emit func(float64, ...string)) { emit(of()) })
	}
	gauge("hutong_past_states", "Past states of layers that are held.", func() float64 {
		p.mu.Lock()
		defer p.mu.Unlock()
		return float64(len(p.states))
	})
	gauge("hutong_past_state_bytes", "Heap that past states take.", func() float64 {
		p.mu.Lock()
		defer p.mu.Unlock()
		return float64(p.bytes())
	})
	gauge("hutong_past_making", "Makings of past states that are under way or wait.", func() float64 {
		p.mu.Lock()
		defer p.mu.Unlock()
		return float64(len(p.flights))
	})
	gauge("hutong_past_tile_bytes", "Bytes of tiles of past states that are kept.", func() float64 {
		_, n := p.tiles.size()
		return float64(n)
	})
	return &metrics{
		made: made.With("made"), failed: made.With("failed"), abandoned: made.With("abandoned"),
		full: refused.With("queue"), late: refused.With("wait"), held: refused.With("held"), large: refused.With("large"), builds: refused.With("builds"),
		room: dropped.With("room"), idle: dropped.With("idle"), erased: dropped.With("erased"),
		hits: tiles.With("hit"), misses: tiles.With("miss"),
		seconds: m.Histogram("hutong_past_make_seconds", "Time to make past states, of one or several layers together.",
			[]float64{.001, .01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}).With(),
	}
}
