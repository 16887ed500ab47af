package telemetry

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics is one process's set of metrics. Registering a name twice panics: names are constants of
// the program.
type Metrics struct {
	registry *prometheus.Registry
}

// NewMetrics returns a set that already holds the Go runtime's and the process's metrics and
// hutong_build_info.
func NewMetrics() *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	m.registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	b := ReadBuild()
	m.Gauge("hutong_build_info", "What this binary was built from; always 1.", "version", "revision", "go_version").
		With(b.Version, b.Revision, b.Go).Set(1)
	return m
}

// Counts is a family of counters, one for each combination of label values.
type Counts struct{ vec *prometheus.CounterVec }

// Count only grows.
type Count struct{ c prometheus.Counter }

// Counter registers a family of counters. name ends in "_total".
func (m *Metrics) Counter(name, help string, labels ...string) *Counts {
	vec := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	m.registry.MustRegister(vec)
	return &Counts{vec}
}

// With returns the counter of these label values, in the order of the labels. Hot paths keep it.
func (c *Counts) With(values ...string) Count { return Count{c.vec.WithLabelValues(values...)} }

// Add adds n, which must not be negative.
func (c Count) Add(n int) { c.c.Add(float64(n)) }

// Gauges is a family of gauges, one for each combination of label values.
type Gauges struct{ vec *prometheus.GaugeVec }

// Gauge goes up and down.
type Gauge struct{ g prometheus.Gauge }

// Gauge registers a family of gauges.
func (m *Metrics) Gauge(name, help string, labels ...string) *Gauges {
	vec := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
	m.registry.MustRegister(vec)
	return &Gauges{vec}
}

// With returns the gauge of these label values, in the order of the labels.
func (g *Gauges) With(values ...string) Gauge { return Gauge{g.vec.WithLabelValues(values...)} }

// Set sets the gauge.
func (g Gauge) Set(v float64) { g.g.Set(v) }

// Add adds d, which may be negative.
func (g Gauge) Add(d float64) { g.g.Add(d) }

// Histograms is a family of histograms, one for each combination of label values.
type Histograms struct{ vec *prometheus.HistogramVec }

// Histogram counts observations in buckets.
type Histogram struct{ h prometheus.Observer }

// Histogram registers a family of histograms. buckets are upper bounds, ascending, in the unit that
// ends the name.
func (m *Metrics) Histogram(name, help string, buckets []float64, labels ...string) *Histograms {
	vec := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
	m.registry.MustRegister(vec)
	return &Histograms{vec}
}

// With returns the histogram of these label values, in the order of the labels.
func (h *Histograms) With(values ...string) Histogram {
	return Histogram{h.vec.WithLabelValues(values...)}
}

// Observe counts v, in the unit that ends the metric's name.
func (h Histogram) Observe(v float64) { h.h.Observe(v) }

// Sample registers gauges whose values are read when somebody asks for the metrics. read calls emit
// once for each combination of label values; it must be quick and may be called from any goroutine,
// from several at once.
func (m *Metrics) Sample(name, help string, labels []string, read func(emit func(v float64, values ...string))) {
	m.registry.MustRegister(&sample{prometheus.NewDesc(name, help, labels, nil), read})
}

// sample is a collector over a function.
type sample struct {
	desc *prometheus.Desc
	read func(emit func(v float64, values ...string))
}

// Describe sends the only description there is.
func (s *sample) Describe(ch chan<- *prometheus.Desc) { ch <- s.desc }

// Collect sends what read emits.
func (s *sample) Collect(ch chan<- prometheus.Metric) {
	s.read(func(v float64, values ...string) {
		metric, err := prometheus.NewConstMetric(s.desc, prometheus.GaugeValue, v, values...)
		if err != nil {
			metric = prometheus.NewInvalidMetric(s.desc, err)
		}
		ch <- metric
	})
}

// Handler serves the metrics in Prometheus's text format. At most four scrapes run at once; more
// are answered with 503.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4})
}
