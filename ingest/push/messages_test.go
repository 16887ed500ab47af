package push

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hutong/ingest"
	"hutong/internal/telemetry"
)

// TestMessages: what is refused of messages is kept and counted, and the rest is published.
func TestMessages(t *testing.T) {
	t.Parallel()
	m := telemetry.NewMetrics()
	f, s := feed(t, func(o *Options) {
		o.Limits.Records = 3
		o.Meters.Refused = m.Counter("refused_total", "x", "source", "reason")
	})
	received := clock.Add(-time.Second)
	list := []Message{
		{Payload: []byte(`{"id": 1, "title": "a"}`)},
		{Payload: []byte(`[{"id": 2}, {"id": 3, "votes": "x"}]`)},
		{Payload: []byte(`{"id": `)},
		{Payload: []byte(`[1, 2, 3, 4]`)},
		{Payload: []byte(`{"id": 4, "title": "lo`), Cut: true},
	}
	for i := range list {
		list[i].Received = received
	}
	if err := f.Messages(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	if n := s.layer.Snapshot().Count(); n != 2 || len(s.sizes) != 1 {
		t.Errorf("got %d features in %d batches, want 2 in one", n, len(s.sizes))
	}
	letters, err := f.Letters(t.Context(), 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	got := map[ingest.Reason]string{}
	for i := range letters {
		if !letters[i].Received.Equal(received) {
			t.Errorf("%s: received at %v, want %v", letters[i].Refusal.Reason, letters[i].Received, received)
		}
		got[letters[i].Refusal.Reason] += string(letters[i].Raw) + ";"
	}
	want := map[ingest.Reason]string{
		ingest.ReasonType: `{"id": 3, "votes": "x"};`, ingest.ReasonJSON: `{"id": ;`, ingest.ReasonTooLong: `[1, 2, 3, 4];{"id": 4, "title": "lo;`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, line := range []string{`{reason="type",source="hotline"} 1`, `{reason="json",source="hotline"} 1`, `{reason="too_long",source="hotline"} 2`} {
		if !strings.Contains(w.Body.String(), "refused_total"+line+"\n") {
			t.Errorf("the metrics lack %s:\n%s", line, w.Body)
		}
	}
}

// TestMessagesThatAreNotTaken: when nothing is durable nothing is refused for good either, so that the sender
// sends all of it again.
func TestMessagesThatAreNotTaken(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	f, s := feed(t, nil)
	s.fail = func(int) error { return down }
	list := []Message{{Payload: []byte(`[{"id": 1}, {"id": 2, "votes": "x"}]`), Received: clock}}
	if err := f.Messages(t.Context(), list); !errors.Is(err, down) {
		t.Errorf("got %v, want %v", err, down)
	}
	if letters, err := f.Letters(t.Context(), 0, 10); err != nil || len(letters) != 0 {
		t.Errorf("got %d letters, %v; want none", len(letters), err)
	}
	s.fail = nil
	if err := f.Messages(t.Context(), list); err != nil {
		t.Error(err)
	}
	if letters, err := f.Letters(t.Context(), 0, 10); err != nil || len(letters) != 1 || s.layer.Snapshot().Count() != 1 {
		t.Errorf("again: got %d letters, %v and %d features; want one of each", len(letters), err, s.layer.Snapshot().Count())
	}
}
