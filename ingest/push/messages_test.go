package push

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"hutong/ingest"
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
