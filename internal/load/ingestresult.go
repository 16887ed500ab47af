package load

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// IngestResult is what a run that sent changes measured. Sent is Acknowledged and Refused and Unanswered.
type IngestResult struct {
	// Sent counts changes, each once however often it was sent. Acknowledged counts those of which the server said
	// that they are durable, Refused those that it refused, Unanswered those of which nobody knows.
	Sent         int64 `json:"sent"`
	Acknowledged int64 `json:"acknowledged"`
	Refused      int64 `json:"refused"`
	Unanswered   int64 `json:"unanswered"`
	// Requests counts acknowledged ones.
	Requests int64 `json:"requests"`
	// Missed counts changes that were due while no connection was free to the end.
	Missed int64 `json:"missed,omitempty"`
	// Stopped is set when the run was ended before its time.
	Stopped bool    `json:"stopped,omitempty"`
	Seconds float64 `json:"seconds"`
	// PerSecond is Acknowledged over Seconds, RequestsPerSecond is Requests over Seconds.
	PerSecond         float64 `json:"changes_per_second"`
	RequestsPerSecond float64 `json:"requests_per_second"`
	// Latency is from sending a request, or from when it was due, to its acknowledgement, other tries included.
	Latency Latency `json:"latency"`
	// Outcomes counts changes by what became of them, Statuses answers.
	Outcomes map[string]int64 `json:"outcomes"`
	Statuses map[string]int64 `json:"statuses"`
	// Bytes of bodies, each time that one was sent and answered.
	Bytes int64 `json:"bytes"`
	// Retries counts requests that were sent again, Errors tries without an answer and answers of failure;
	// FirstError is one of them, Refusal why one record was refused.
	Retries    int64  `json:"retries"`
	Errors     int64  `json:"errors"`
	FirstError string `json:"first_error,omitempty"`
	Refusal    string `json:"refusal,omitempty"`
	// ServerCPU is processor time of the server in milliseconds for each acknowledged change, from its metrics; nil
	// when it tells none. It counts everything that the process did meanwhile.
	ServerCPU *float64 `json:"server_cpu_ms_per_change"`
}

// Latency is how long something took, in milliseconds, to 2 %.
type Latency struct {
	Count int64   `json:"count"`
	P50   float64 `json:"p50_ms"`
	P95   float64 `json:"p95_ms"`
	P99   float64 `json:"p99_ms"`
	Max   float64 `json:"max_ms"`
}

// milliseconds returns what h counted.
func (h *histogram) milliseconds() Latency {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }
	return Latency{h.total, ms(h.quantile(0.50)), ms(h.quantile(0.95)), ms(h.quantile(0.99)), ms(h.max)}
}

// String writes l for people.
func (l Latency) String() string {
	if l.Count == 0 {
		return "not measured"
	}
	return fmt.Sprintf("p50 %.2f  p95 %.2f  p99 %.2f  max %.2f  of %d", l.P50, l.P95, l.P99, l.Max, l.Count)
}

// result makes a result of all that was counted in a time.
func (t *posts) result(took time.Duration) *IngestResult {
	r := &IngestResult{
		Sent: t.changes, Unanswered: t.unanswered, Refused: t.outcomes["refused"], Requests: t.acked, Seconds: took.Seconds(),
		Latency: t.latency.milliseconds(), Outcomes: t.outcomes, Statuses: map[string]int64{}, Bytes: t.bytes,
		Retries: t.retries, Errors: t.errors, FirstError: t.firstError, Refusal: t.refusal,
	}
	r.Acknowledged = r.Sent - r.Refused - r.Unanswered
	if r.Seconds > 0 {
		r.PerSecond, r.RequestsPerSecond = float64(r.Acknowledged)/r.Seconds, float64(r.Requests)/r.Seconds
	}
	for status, n := range t.statuses {
		r.Statuses[strconv.Itoa(status)] = n
	}
	return r
}

// Write writes r for people.
func (r *IngestResult) Write(w io.Writer) error {
	var b strings.Builder
	stopped := ""
	if r.Stopped {
		stopped = ", stopped before the end"
	}
	fmt.Fprintf(&b, "%d changes acknowledged in %.2f s: %.1f/s, %.1f requests/s%s\n", r.Acknowledged, r.Seconds, r.PerSecond, r.RequestsPerSecond, stopped)
	fmt.Fprintf(&b, "answered ms  %s\n", r.Latency)
	fmt.Fprintf(&b, "outcomes     %s\n", counts(r.Outcomes))
	fmt.Fprintf(&b, "statuses     %s; %d sent again\n", counts(r.Statuses), r.Retries)
	fmt.Fprintf(&b, "bytes        %d, %.0f a change\n", r.Bytes, float64(r.Bytes)/float64(max(r.Sent, 1)))
	switch {
	case r.Acknowledged == 0:
	case r.ServerCPU != nil:
		fmt.Fprintf(&b, "server CPU   %.4f ms a change\n", *r.ServerCPU)
	default:
		fmt.Fprintf(&b, "server CPU   not told: there is no %s at /metrics\n", metricCPU)
	}
	if r.Unanswered > 0 {
		fmt.Fprintf(&b, "unanswered   %d changes: nobody knows what became of them\n", r.Unanswered)
	}
	if r.Missed > 0 {
		fmt.Fprintf(&b, "missed       %d changes that were due: no connection was free\n", r.Missed)
	}
	if r.Refusal != "" {
		fmt.Fprintf(&b, "refused      %s\n", r.Refusal)
	}
	if r.FirstError != "" {
		fmt.Fprintf(&b, "errors       %d, one of them: %s\n", r.Errors, r.FirstError)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
