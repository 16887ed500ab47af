package load

import (
	"fmt"
	"io"
	"strings"
)

// freshSums is what was measured of followed changes.
type freshSums struct {
	told, fetched, fresh, whole                           histogram
	unchanged, without, untold, unshown, skipped, refused int64
	firstError                                            string
}

// FreshnessResult is what a run that followed changes to tiles measured.
type FreshnessResult struct {
	// Stopped is set when the run was ended before its time.
	Stopped bool `json:"stopped,omitempty"`
	// Fresh is from the acknowledgement of a change to the bytes of a tile that shows it: Told up to the event that makes
	// the tile stale, Fetched from there. Whole is from when the change was sent, or due.
	Fresh   Latency `json:"fresh"`
	Told    Latency `json:"told"`
	Fetched Latency `json:"fetched"`
	Whole   Latency `json:"whole"`
	// NotYet counts answers after the event that said that the tile had not changed, Without those that did not have
	// the change.
	NotYet  int64 `json:"not_yet"`
	Without int64 `json:"without"`
	// Untold counts changes without an event within 10 s, Unshown those that no tile showed by then (a crowded tile may leave
	// it out), Unfollowed those that were not applied, or too many to follow. FirstError is one reason.
	Untold     int64  `json:"untold"`
	Unshown    int64  `json:"unshown"`
	Unfollowed int64  `json:"unfollowed"`
	FirstError string `json:"first_error,omitempty"`
	// Reconnects counts how often the stream was opened again, and StreamError is why.
	Reconnects  int64  `json:"reconnects"`
	StreamError string `json:"stream_error,omitempty"`
	// Changes is what was sent.
	Changes *IngestResult `json:"changes"`
	// Idle and Loaded are the tiles that were asked for before and meanwhile; nil when none were. Ratio is the p99 of
	// Loaded over that of Idle.
	Idle   *Result  `json:"idle,omitempty"`
	Loaded *Result  `json:"loaded,omitempty"`
	Ratio  *float64 `json:"tile_p99_ratio,omitempty"`
}

// read takes what f measured.
func (f *follower) read(r *FreshnessResult) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := &f.sums
	r.Fresh, r.Told, r.Fetched, r.Whole = s.fresh.milliseconds(), s.told.milliseconds(), s.fetched.milliseconds(), s.whole.milliseconds()
	r.NotYet, r.Without, r.Untold, r.Unshown, r.Unfollowed = s.unchanged, s.without, s.untold, s.unshown, s.skipped+s.refused
	r.FirstError = s.firstError
	if r.Idle != nil && r.Loaded != nil && r.Idle.P99 > 0 {
		ratio := r.Loaded.P99 / r.Idle.P99
		r.Ratio = &ratio
	}
}

// Write writes r for people.
func (r *FreshnessResult) Write(w io.Writer) error {
	var b strings.Builder
	stopped := ""
	if r.Stopped {
		stopped = ", stopped before the end"
	}
	fmt.Fprintf(&b, "%d changes followed to their tiles%s\n", r.Fresh.Count, stopped)
	fmt.Fprintf(&b, "fresh ms     %s: from acknowledged to the bytes of the tile\n", r.Fresh)
	fmt.Fprintf(&b, "  told       %s: from acknowledged to the event\n", r.Told)
	fmt.Fprintf(&b, "  fetched    %s: from the event to the bytes\n", r.Fetched)
	fmt.Fprintf(&b, "  whole      %s: from sent to the bytes\n", r.Whole)
	fmt.Fprintf(&b, "not yet      %d answers 304 after the event, %d without the change\n", r.NotYet, r.Without)
	if n := r.Untold + r.Unshown + r.Unfollowed; n > 0 {
		fmt.Fprintf(&b, "lost         %d without an event, %d in no tile, %d not followed\n", r.Untold, r.Unshown, r.Unfollowed)
	}
	if r.FirstError != "" {
		fmt.Fprintf(&b, "errors       one of them: %s\n", r.FirstError)
	}
	if r.Reconnects > 0 {
		fmt.Fprintf(&b, "stream       opened again %d times: %s\n", r.Reconnects, r.StreamError)
	}
	for _, t := range []struct {
		name string
		r    *Result
	}{{"tiles idle", r.Idle}, {"tiles loaded", r.Loaded}} {
		if t.r != nil {
			fmt.Fprintf(&b, "%-12s p50 %.2f  p95 %.2f  p99 %.2f  max %.2f  of %d, %s\n", t.name, t.r.P50, t.r.P95, t.r.P99, t.r.Max, t.r.Requests, counts(t.r.Statuses))
		}
	}
	if r.Ratio != nil {
		fmt.Fprintf(&b, "tile p99     %.2f times that at rest\n", *r.Ratio)
	}
	_, err := io.WriteString(w, b.String())
	if err == nil {
		err = r.Changes.Write(w)
	}
	return err
}
