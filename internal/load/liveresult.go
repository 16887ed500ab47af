package load

import (
	"fmt"
	"io"
	"strings"
)

// LiveResult is what a run of live streams measured.
type LiveResult struct {
	// Clients is how many there were to be, Open how many were open at the end, OpenSeconds how long it took until
	// all were.
	Clients     int     `json:"clients"`
	Open        int     `json:"open"`
	OpenSeconds float64 `json:"open_seconds"`
	// Seconds is how long they listened since.
	Seconds float64 `json:"seconds"`
	// Stopped is set when the run was ended before its time.
	Stopped bool `json:"stopped,omitempty"`
	// Events counts change events of all clients, Resets, Heartbeats and Bytes what else came.
	Events     int64 `json:"events"`
	Resets     int64 `json:"resets"`
	Heartbeats int64 `json:"heartbeats"`
	Bytes      int64 `json:"bytes"`
	// Received is how long events took from the acknowledgement of the oldest change that they tell of.
	Received Latency `json:"received"`
	// Foreign counts events that tell of no change of this run, Unmeasured those that there was no room to remember.
	Foreign    int64 `json:"foreign"`
	Unmeasured int64 `json:"unmeasured,omitempty"`
	// Reconnects counts streams that were opened again, Refusals answers that were no stream, FirstError is one reason.
	Reconnects int64  `json:"reconnects"`
	Refusals   int64  `json:"refusals"`
	FirstError string `json:"first_error,omitempty"`
	// RSS is the server's resident memory in bytes: before the streams, with them open, and at the end; nil when it
	// tells none.
	RSSBefore *float64 `json:"server_rss_before"`
	RSSOpen   *float64 `json:"server_rss_open"`
	RSSEnd    *float64 `json:"server_rss_end"`
	// PerClient is by how many bytes the server grew for each client, at the most of both.
	PerClient *float64 `json:"server_bytes_per_client"`
	// OwnBytes is what a client takes in this process.
	OwnBytes float64 `json:"own_bytes_per_client"`
	// Changes is what was sent; nil when nothing was.
	Changes *IngestResult `json:"changes,omitempty"`
}

// read takes the counts of streams that have ended.
func (r *LiveResult) read(s *streams, a *arrivals) {
	r.Resets, r.Heartbeats, r.Bytes = s.resets.Load(), s.heartbeats.Load(), s.bytes.Load()
	r.Reconnects, r.Refusals, r.FirstError = s.reconnects.Load(), s.refused.Load(), s.first()
	r.Received, r.Foreign, r.Unmeasured = a.latency.milliseconds(), a.foreign, a.dropped
	if r.RSSBefore != nil && r.RSSOpen != nil && r.RSSEnd != nil {
		each := max(*r.RSSOpen, *r.RSSEnd) - *r.RSSBefore
		each = max(each, 0) / float64(r.Clients)
		r.PerClient = &each
	}
}

// first returns the first reason for which a stream ended.
func (s *streams) first() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.firstError
}

// Write writes r for people.
func (r *LiveResult) Write(w io.Writer) error {
	var b strings.Builder
	stopped := ""
	if r.Stopped {
		stopped = ", stopped before the end"
	}
	fmt.Fprintf(&b, "%d of %d clients open after %.2f s, listening for %.2f s%s\n", r.Open, r.Clients, r.OpenSeconds, r.Seconds, stopped)
	fmt.Fprintf(&b, "received ms  %s\n", r.Received)
	fmt.Fprintf(&b, "events       %d; %d resets, %d heartbeats, %d bytes\n", r.Events, r.Resets, r.Heartbeats, r.Bytes)
	fmt.Fprintf(&b, "connections  %d opened again, %d refused\n", r.Reconnects, r.Refusals)
	const mb = 1e6
	if r.PerClient != nil {
		fmt.Fprintf(&b, "server RSS   %.1f MB before, %.1f MB with clients, %.1f MB at the end: %.1f kB a client\n",
			*r.RSSBefore/mb, *r.RSSOpen/mb, *r.RSSEnd/mb, *r.PerClient/1e3)
	} else {
		fmt.Fprintf(&b, "server RSS   not told: there is no %s at /metrics\n", metricRSS)
	}
	fmt.Fprintf(&b, "own memory   %.1f kB a client\n", r.OwnBytes/1e3)
	if r.Foreign > 0 {
		fmt.Fprintf(&b, "not measured %d events that tell of no change of this run\n", r.Foreign)
	}
	if r.Unmeasured > 0 {
		fmt.Fprintf(&b, "not measured %d events for which there was no room\n", r.Unmeasured)
	}
	if r.FirstError != "" {
		fmt.Fprintf(&b, "errors       one of them: %s\n", r.FirstError)
	}
	_, err := io.WriteString(w, b.String())
	if err == nil && r.Changes != nil {
		err = r.Changes.Write(w)
	}
	return err
}
