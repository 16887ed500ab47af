package api

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"hutong/internal/telemetry"
)

// maxLoggedPath is the most bytes of a path in a log line.
const maxLoggedPath = 200

// slowRequest is how long a request takes that is worth a line in the log whatever its outcome.
const slowRequest = time.Second

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

// meters are a route's metrics, found once: looking one up by its labels takes as long as the rest
// of a small answer.
type meters struct {
	label    string
	path     string // what the log has instead of paths, "" for those
	seconds  telemetry.Histogram
	bytes    telemetry.Count
	statuses [6]telemetry.Count // by class
}

func (m *metrics) route(label string) *meters {
	r := &meters{label: label, seconds: m.seconds.With(label), bytes: m.bytes.With(label)}
	for class := range r.statuses {
		if class > 1 { // nobody answers with 0 or 1
			r.statuses[class] = m.requests.With(label, statusClass(class))
		}
	}
	return r
}

// observer is the ResponseWriter of one request. It remembers what was answered, for the log and
// the metrics. It belongs to the request's goroutine.
type observer struct {
	http.ResponseWriter
	server *Server
	start  time.Time
	route  *meters
	status int // 0 until headers are written
	bytes  int
	stream bool // see [Route]

	private bool // what is answered is not public, see [Layers]
}

var _ http.ResponseWriter = (*observer)(nil)

// observe starts the observation of one request.
func (s *Server) observe(w http.ResponseWriter) *observer {
	s.metrics.inFlight.Add(1)
	return &observer{ResponseWriter: w, server: s, start: time.Now(), route: s.nowhere}
}

// WriteHeader remembers the status. Whatever a surface has set, no cache gets what is not public.
func (o *observer) WriteHeader(status int) {
	if o.private {
		h := o.Header()
		h["Cache-Control"] = privateOnly
		delete(h, "Etag")
	}
	if o.status == 0 && status >= http.StatusOK {
		o.status = status
	}
	o.ResponseWriter.WriteHeader(status)
}

// Write counts the bytes.
func (o *observer) Write(p []byte) (int, error) {
	if o.status == 0 {
		o.WriteHeader(http.StatusOK)
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
			o.server.log.Error("panic while answering", slog.String("route", o.route.label), slog.String("path", o.path(r)),
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
	took := time.Since(o.start)
	o.route.statuses[min(o.status/100, 5)].Add(1)
	if !o.stream {
		o.route.seconds.Observe(took.Seconds())
	}
	o.route.bytes.Add(o.bytes)
	o.log(r, took)
	if cut {
		panic(http.ErrAbortHandler)
	}
}

// log writes a line about the request: at level info when the server failed or was slow, else at
// level debug, since a line costs as much as a small answer and the metrics count all of them.
func (o *observer) log(r *http.Request, took time.Duration) {
	level := slog.LevelDebug
	if o.status >= http.StatusInternalServerError || took >= slowRequest && !o.stream {
		level = slog.LevelInfo
	}
	if !o.server.log.Enabled(r.Context(), level) {
		return
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	// The query is left out: it may have a token.
	o.server.log.LogAttrs(r.Context(), level, "request", slog.String("method", shortMethod(r)), slog.String("path", o.path(r)),
		slog.String("route", o.route.label), slog.Int("status", o.status), slog.Int("bytes", o.bytes),
		slog.Float64("seconds", took.Seconds()), slog.String("remote", host))
}

// statusClass is "2xx" for 2: one series a class, not one a status.
func statusClass(class int) string { return strconv.Itoa(class) + "xx" }

// path is what the log has of a request's path. One that reaches no route may be meant for a discreet one, as
// an id with a slash that was not escaped: of it the log has as much as the route's pattern says by itself.
func (o *observer) path(r *http.Request) string {
	if o.route.path != "" {
		return o.route.path
	}
	if o.route == o.server.nowhere {
		for _, start := range o.server.discreet {
			if strings.Contains(r.URL.Path, start) {
				return start + "…"
			}
		}
	}
	return shortPath(r)
}

func shortPath(r *http.Request) string {
	p := r.URL.EscapedPath()
	return p[:min(len(p), maxLoggedPath)]
}

func shortMethod(r *http.Request) string { return r.Method[:min(len(r.Method), 16)] }
