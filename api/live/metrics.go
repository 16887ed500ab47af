package live

import "hutong/internal/telemetry"

// What there may be too many of, as metrics and problems call it.
const (
	boundClients = "clients"
	boundSets    = "different sets of layers"
)

// metrics is what the hub counts.
type metrics struct {
	hello, change telemetry.Count
	ended         telemetry.Count
	resets        *telemetry.Counts
	refused       *telemetry.Counts
	window        telemetry.Gauge
}

func newMetrics(m *telemetry.Metrics, h *Hub) *metrics {
	events := m.Counter("hutong_live_events_total", "Events for clients of live streams; resets have a counter of their own.", "event")
	each := func(name, help string, read func() float64) {
		m.Sample(name, help, nil, func(emit func(float64, ...string)) {
			h.mu.Lock()
			defer h.mu.Unlock()
			emit(read())
		})
	}
	each("hutong_live_clients", "Live streams that are open.", func() float64 { return float64(h.clients) })
	each("hutong_live_sets", "Different sets of layers that streams follow.", func() float64 { return float64(len(h.groups)) })
	each("hutong_live_recent_cells", "Cells that are kept for clients that come back.", func() (n float64) {
		for _, r := range h.recent {
			n += float64(r.cells)
		}
		return n
	})
	m.Sample("hutong_live_queued_events", "Events that clients have not been sent yet.", nil,
		func(emit func(float64, ...string)) { emit(float64(h.behind.Load())) })
	return &metrics{
		hello: events.With(eventHello), change: events.With(eventChange),
		ended: m.Counter("hutong_live_ended_total", "Streams that ended because the token was over that opened them.").With(),
		resets: m.Counter("hutong_live_resets_total",
			"Resets by reason: epoch, old, or overflow of a client's queue.", "reason"),
		refused: m.Counter("hutong_live_refused_total", "Streams refused because there were too many, by what there were too many of.", "bound"),
		window:  m.Gauge("hutong_live_window_seconds", "How long changes are collected before clients are told.").With(),
	}
}
