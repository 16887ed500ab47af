package app

import (
	"strings"
	"testing"
	"time"

	"hutong/ingest"
	"hutong/ingest/mqtt"
	"hutong/ingest/topic"
	"hutong/internal/auth"
)

// TestPublishing: messages go into the source of their topic, and one to no topic of the key's is kept with a
// source that the key is for, and counted there.
func TestPublishing(t *testing.T) {
	t.Parallel()
	city, _, key, _ := pushCity(t)
	a, _ := newTestApp(t, city, nil)
	router, err := topic.NewRouter(map[string][]string{"hotline": {"reports/#"}}, mqtt.ParseFilter)
	if err != nil {
		t.Fatal(err)
	}
	p := &publishing{senders: a.senders(), router: router}
	if _, err := p.Authorise("", auth.NewSecret().Reveal()); err == nil {
		t.Error("an unknown key is let in")
	}
	session, err := p.Authorise("gateway", key.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	message := func(topic, payload string) mqtt.Message {
		return mqtt.Message{Topic: topic, Payload: []byte(payload), Size: len(payload), Received: time.Now()}
	}
	list := []mqtt.Message{message("reports/1", `{"no": "h1", "x": 116.3, "y": 39.8}`), message("secret/topic", "21.5"), message("reports/2", `{"no": `)}
	if err := p.Publish(t.Context(), session, list); err != nil {
		t.Fatal(err)
	}
	if n := a.Store().layers["reports"].Snapshot().Count(); n != 1 {
		t.Errorf("got %d features, want 1", n)
	}
	letters, err := a.letters.List(t.Context(), "hotline", 0, 10)
	if err != nil || len(letters) != 2 || letters[1].Refusal.Reason != ingest.ReasonTopic || string(letters[1].Raw) != "21.5" {
		t.Errorf("got letters %+v, %v; want the one of no topic last", letters, err)
	}
	metrics := scrape(a.opts.Metrics)
	for _, want := range []string{
		`hutong_ingest_refused_total{reason="topic",source="hotline"} 1`, `hutong_ingest_refused_total{reason="json",source="hotline"} 1`,
		`hutong_ingest_accepted_total{source="hotline"} 1`,
	} {
		if !strings.Contains(metrics, want+"\n") {
			t.Errorf("the metrics lack %s", want)
		}
	}
}
