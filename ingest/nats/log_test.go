package nats

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"hutong/internal/telemetry"
	"hutong/internal/testkit"
)

// TestLog: what a client sent is not logged, whichever way the server says it, and cannot be taken for what the
// server says.
func TestLog(t *testing.T) {
	t.Parallel()
	said, r := &testkit.Buffer{}, &rig{t: t, metrics: telemetry.NewMetrics()}
	log := &serverLog{log: slog.New(slog.NewTextHandler(said, nil)), metrics: newMetrics(r.metrics)}
	const client = `127.0.0.1:5 - cid:7 - "v1:go:hk_sesame connection closed: %s"`
	log.Errorf(client+" - authentication error - User %q", "hk_sesame")
	log.Warnf("%s", strings.ReplaceAll(client, "%s", "")+" - Producer was stalled for a total of 12ms")
	log.Debugf(client+" - Client connection closed: %s", "now", server.MaxPayloadExceeded)
	log.Debugf(client+" - Client connection closed: %s", "now", server.Kicked)
	log.Debugf("pipe - cid:1 - Client connection closed: %s", server.MaxPayloadExceeded)
	log.Warnf("the clock has %s", "jumped")
	if got := said.String(); strings.Contains(got, "sesame") || !strings.Contains(got, "the clock has jumped") {
		t.Errorf("got %s", got)
	}
	for line, want := range map[string]string{
		`hutong_nats_endings_total{reason="too_large"}`: "1", `hutong_nats_endings_total{reason="other"}`: "1", `hutong_nats_endings_total{reason="full"}`: "0",
	} {
		if got := r.metric(line); got != want {
			t.Errorf("%s is %s, want %s", line, got, want)
		}
	}
}
