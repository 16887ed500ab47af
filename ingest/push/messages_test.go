package push

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hutong/ingest"
	"hutong/internal/telemetry"
	"hutong/layers"
)

// TestMessagesAreTold: of messages that are taken together each sender that asks hears of its own records, over
// the borders of batches; who does not ask has dead letters instead.
func TestMessagesAreTold(t *testing.T) {
	t.Parallel()
	f, s := feed(t, nil)
	s.outcomes = func(c *layers.Change) layers.Outcome {
		if strings.HasPrefix(string(c.Feature.ID), "late") {
			return layers.Late
		}
		return layers.Applied
	}
	many := make([]string, ingest.MaxBatch-1)
	for i := range many {
		many[i] = fmt.Sprintf(`{"id": "m%d"}`, i)
	}
	messages := []Message{
		{Payload: []byte("[" + strings.Join(many, ",") + "]"), Asks: true, Received: clock},
		{Payload: []byte(`[{"id": "a"}, {"title": "no id"}, {"id": "late-b"}]`), Asks: true, Received: clock},
		{Payload: []byte(`{"id": `), Asks: true, Received: clock},
		{Payload: []byte(`{"id": "quiet"}`), Received: clock},
		{Payload: []byte(`{"id": `), Received: clock},
		{Payload: []byte(`{"id": "late-c"}`), Asks: true, Received: clock},
		{Payload: []byte(`[]`), Asks: true, Received: clock},
	}
	if err := f.Messages(t.Context(), messages); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"999 applied, 0 late, 0 refused of 999, seq 1", "1 applied, 1 late, 1 refused of 3, seq 2", "", "", "", "0 applied, 1 late, 0 refused of 1, seq 2", "0 applied, 0 late, 0 refused of 0, seq 0",
	}
	for i := range messages {
		got := ""
		if r := messages[i].Result; r != nil {
			got = fmt.Sprintf("%d applied, %d late, %d refused of %d, seq %d", r.Applied, r.Late, r.Refused, r.Records, r.Seq)
		}
		if got != want[i] {
			t.Errorf("message %d: got %q, want %q", i, got, want[i])
		}
	}
	if got := tell(messages[1].Result); !strings.Contains(got, "0@1 a applied\n1@1  refused id") || !strings.Contains(got, "\n2@1 late-b late") {
		t.Errorf("got %s", got)
	}
	if _, malformed := errors.AsType[*ingest.SyntaxError](messages[2].Err); !malformed {
		t.Errorf("got %v, want a syntax error", messages[2].Err)
	}
	letters, err := f.Letters(t.Context(), 0, 10)
	if err != nil || len(letters) != 2 || letters[0].Refusal.Reason != ingest.ReasonID || letters[1].Refusal.Reason != ingest.ReasonJSON {
		t.Errorf("got the letters %+v, %v; want those of the record without an id and of the message that nobody waits for", letters, err)
	}
	if got := s.layer.Snapshot().Count(); got != ingest.MaxBatch+3 {
		t.Errorf("got %d features", got)
	}
}

// TestMessagesThatFail: nobody is told that something was accepted.
func TestMessagesThatFail(t *testing.T) {
	t.Parallel()
	f, s := feed(t, nil)
	s.fail = func(int) error { return ingest.ErrReadOnly }
	messages := []Message{{Payload: []byte(`{"id": "a"}`), Asks: true, Received: clock}, {Payload: []byte(`{}`), Asks: true, Received: clock}}
	if err := f.Messages(t.Context(), messages); !errors.Is(err, ingest.ErrReadOnly) || messages[0].Result != nil || messages[1].Result != nil {
		t.Errorf("got %v and %v, %v", err, messages[0].Result, messages[1].Result)
	}
	if letters, err := f.Letters(t.Context(), 0, 10); err != nil || len(letters) != 0 {
		t.Errorf("got the letters %v, %v; the message will come again", letters, err)
	}
}

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
