package app

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"hutong/internal/telemetry"
)

func TestBoundListener(t *testing.T) {
	t.Parallel()
	var config net.ListenConfig
	inner, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := telemetry.NewMetrics()
	l := bound(inner, 1, m)
	var dialer net.Dialer
	for range 2 {
		client, err := dialer.DialContext(t.Context(), "tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
	}
	first, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	second := make(chan error, 1)
	accept := func() {
		conn, err := l.Accept()
		if err == nil {
			err = conn.Close()
		}
		second <- err
	}
	go accept()
	for !strings.Contains(scrape(m), "hutong_http_connections_limited_total 1") {
		select {
		case err := <-second:
			t.Fatalf("a second connection was accepted beside the first: %v", err)
		case <-t.Context().Done():
			t.Fatal("the second connection never waited")
		default:
		}
	}
	for range 2 { // the second time gives no second slot back
		_ = first.Close()
	}
	if err := <-second; err != nil {
		t.Errorf("after the first was closed: %v", err)
	}
	if got := len(l.slots); got != 0 {
		t.Errorf("got %d slots taken, want none", got)
	}

	l.slots <- struct{}{} // full again
	go accept()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-second; !errors.Is(err, net.ErrClosed) {
		t.Errorf("after Close: got %v, want net.ErrClosed", err)
	}
}

// scrape returns the metrics as text.
func scrape(m *telemetry.Metrics) string {
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return w.Body.String()
}
