package api

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"hutong/internal/telemetry"
)

// maxLoggedPath is the most bytes of a path in a log line.
const maxLoggedPath = 200

// metrics is what is counted of every request.
type metrics struct {
	requests *telemetry.Counts
	seconds  *telemetry.Histograms
	bytes    *telemetry.Counts
	refused  *telemetry.Counts
	inFlight telemetry.Gauge
	panics   telemetry.Count
}

func newMetrics(m *telemetry.Metrics) *metrics {
	return &metrics{
		requests: m.Counter("hutong_http_requests_total", "Requests answered.", "route", "status"),
		seconds: m.Histogram("hutong_http_request_duration_seconds", "Time from a request's headers to the end of its answer.",
			[]float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}, "route"),
		bytes:    m.Counter("hutong_http_response_bytes_total", "Bytes of bodies sent, as encoded.", "route"),
		refused:  m.Counter("hutong_http_refused_total", "Requests refused at a bound of the server.", "reason"),
		inFlight: m.Gauge("hutong_http_requests_in_flight", "Requests being answered.").With(),
		panics:   m.Counter("hutong_http_panics_total", "Requests that ended in a panic.").With(),
	}
}

// observer is the ResponseWriter of one request. It remembers what was answered, for the log and
// the metrics. It belongs to the request's goroutine.
type observer struct {
	http.ResponseWriter
	server *Server
	start  time.Time
	route  string
	status int // 0 until headers are written
	bytes  int
}

var _ http.ResponseWriter = (*observer)(nil)

// observe starts the observation of one request.
func (s *Server) observe(w http.ResponseWriter, _ *http.Request) *observer {
	s.metrics.inFlight.Add(1)
	return &observer{ResponseWriter: w, server: s, start: time.Now(), route: "none"}
}

// WriteHeader remembers the status.
func (o *observer) WriteHeader(status int) {
	if o.status == 0 && status >= http.StatusOK {
		o.status = status
	}
	o.ResponseWriter.WriteHeader(status)
}

// Write counts the bytes.
func (o *observer) Write(p []byte) (int, error) {
	if o.status == 0 {
		o.status = http.StatusOK
	}
	n, err := o.ResponseWriter.Write(p)
	o.bytes += n
	return n, err
}

// Unwrap lets [http.ResponseController] reach the writer below.
func (o *observer) Unwrap() http.ResponseWriter { return o.ResponseWriter }

// finish is deferred around the whole request: it turns a panic into a problem, then logs and
// counts. When the headers were already out, the connection is cut so that the client sees a
// broken answer and not a short one.
func (o *observer) finish(r *http.Request) {
	m := o.server.metrics
	m.inFlight.Add(-1)
	cut := false
	if cause := recover(); cause != nil {
		if err, ok := cause.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
			m.panics.Add(1)
			o.server.log.Error("panic while answering", slog.String("route", o.route), slog.String("path", shortPath(r)),
				slog.String("cause", fmt.Sprint(cause)), slog.String("stack", string(debug.Stack())))
		}
		cut = o.status != 0
		if !cut {
			Refuse(o, r, CodeInternal, "")
		}
	}
	if o.status == 0 {
		o.status = http.StatusOK // net/http sends that when a handler wrote nothing
	}
	seconds := time.Since(o.start).Seconds()
	m.requests.With(o.route, statusClass(o.status)).Add(1)
	m.seconds.With(o.route).Observe(seconds)
	m.bytes.With(o.route).Add(o.bytes)
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	// The query is left out: later surfaces carry keys in it.
	o.server.log.Info("request", slog.String("method", shortMethod(r)), slog.String("path", shortPath(r)),
		slog.String("route", o.route), slog.Int("status", o.status), slog.Int("bytes", o.bytes),
		slog.Float64("seconds", seconds), slog.String("remote", host))
	if cut {
		panic(http.ErrAbortHandler)
	}
}

// statusClass is "2xx" for 204: one series a class, not one a status.
func statusClass(status int) string { return strconv.Itoa(status/100) + "xx" }

func shortPath(r *http.Request) string {
	p := r.URL.EscapedPath()
	return p[:min(len(p), maxLoggedPath)]
}

func shortMethod(r *http.Request) string { return r.Method[:min(len(r.Method), 16)] }
