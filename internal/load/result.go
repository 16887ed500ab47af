package load

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Result is what a run measured.
type Result struct {
	// Requests counts answers that were read whole; Errors those that were not, FirstError being one.
	Requests   int64  `json:"requests"`
	Errors     int64  `json:"errors"`
	FirstError string `json:"first_error,omitempty"`
	// Missed counts requests that were due while no connection was free to the end.
	Missed int64 `json:"missed,omitempty"`
	// Stopped is set when the run was ended before its time.
	Stopped bool    `json:"stopped,omitempty"`
	Seconds float64 `json:"seconds"`
	// PerSecond is Requests over Seconds.
	PerSecond float64 `json:"requests_per_second"`
	// Latencies from asking, or from when it was due, to the last byte, in milliseconds, to 2 %.
	P50 float64 `json:"p50_ms"`
	P95 float64 `json:"p95_ms"`
	P99 float64 `json:"p99_ms"`
	Max float64 `json:"max_ms"`
	// Bytes of bodies as they were sent.
	Bytes int64 `json:"bytes"`
	// Statuses and Encodings count answers, an encoding of "" as "identity".
	Statuses  map[string]int64 `json:"statuses"`
	Encodings map[string]int64 `json:"encodings"`
	// NotModified is the share of 304s.
	NotModified float64 `json:"not_modified"`
	// ServerCPU is processor time of the server in milliseconds for each request, from its metrics; nil
	// when it tells none. It counts everything that the process did meanwhile.
	ServerCPU *float64 `json:"server_cpu_ms_per_request"`
}

// maxKinds is how many different encodings are told apart.
const maxKinds = 8

// tally is what one connection measured.
type tally struct {
	requests, errors int64
	firstError       string
	bytes            int64
	statuses         map[int]int64
	encodings        map[string]int64
	latency          histogram
}

func newTally() *tally { return &tally{statuses: map[int]int64{}, encodings: map[string]int64{}} }

// add counts one request.
func (t *tally) add(a answer, took time.Duration, err error) {
	if err != nil {
		t.errors++
		if t.firstError == "" {
			t.firstError = err.Error()
		}
		return
	}
	t.requests++
	t.bytes += a.bytes
	t.statuses[a.status]++
	encoding := a.encoding
	switch {
	case encoding == "":
		encoding = "identity"
	case len(t.encodings) >= maxKinds && t.encodings[encoding] == 0:
		encoding = "others"
	}
	t.encodings[encoding]++
	t.latency.add(took)
}

// merge adds what another connection measured.
func (t *tally) merge(o *tally) {
	t.requests += o.requests
	t.errors += o.errors
	if t.firstError == "" {
		t.firstError = o.firstError
	}
	t.bytes += o.bytes
	for status, n := range o.statuses {
		t.statuses[status] += n
	}
	for encoding, n := range o.encodings {
		t.encodings[encoding] += n
	}
	t.latency.merge(&o.latency)
}

// result makes a result of all that was measured in a time.
func (t *tally) result(took time.Duration) *Result {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }
	r := &Result{
		Requests: t.requests, Errors: t.errors, FirstError: t.firstError, Seconds: took.Seconds(), Bytes: t.bytes,
		P50: ms(t.latency.quantile(0.50)), P95: ms(t.latency.quantile(0.95)), P99: ms(t.latency.quantile(0.99)),
		Max:      ms(t.latency.max),
		Statuses: map[string]int64{}, Encodings: t.encodings,
	}
	if r.Seconds > 0 {
		r.PerSecond = float64(r.Requests) / r.Seconds
	}
	for status, n := range t.statuses {
		r.Statuses[strconv.Itoa(status)] = n
	}
	if r.Requests > 0 {
		r.NotModified = float64(t.statuses[304]) / float64(r.Requests)
	}
	return r
}

// Write writes r for people.
func (r *Result) Write(w io.Writer) error {
	var b strings.Builder
	stopped := ""
	if r.Stopped {
		stopped = ", stopped before the end"
	}
	fmt.Fprintf(&b, "%d requests in %.2f s: %.1f/s%s\n", r.Requests, r.Seconds, r.PerSecond, stopped)
	fmt.Fprintf(&b, "latency ms   p50 %.2f  p95 %.2f  p99 %.2f  max %.2f\n", r.P50, r.P95, r.P99, r.Max)
	fmt.Fprintf(&b, "bytes        %d, %.0f a request\n", r.Bytes, float64(r.Bytes)/float64(max(r.Requests, 1)))
	fmt.Fprintf(&b, "statuses     %s (%.1f %% not modified)\n", counts(r.Statuses), r.NotModified*100)
	fmt.Fprintf(&b, "encodings    %s\n", counts(r.Encodings))
	if r.ServerCPU != nil {
		fmt.Fprintf(&b, "server CPU   %.3f ms a request\n", *r.ServerCPU)
	} else {
		fmt.Fprintf(&b, "server CPU   not told: there is no process_cpu_seconds_total at /metrics\n")
	}
	if r.Missed > 0 {
		fmt.Fprintf(&b, "missed       %d that were due: no connection was free\n", r.Missed)
	}
	if r.Errors > 0 {
		fmt.Fprintf(&b, "errors       %d, one of them: %s\n", r.Errors, r.FirstError)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// counts writes counts by name.
func counts(m map[string]int64) string {
	parts := make([]string, 0, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, name+": "+strconv.FormatInt(m[name], 10))
	}
	if len(parts) == 0 {
		return "none"
	}
	return strings.Join(parts, ", ")
}
