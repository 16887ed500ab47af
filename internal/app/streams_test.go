package app

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"hutong/layers"
)

// TestStreams: a stream tells of what was accepted, nothing private, and ends with the server at once.
func TestStreams(t *testing.T) {
	t.Parallel()
	a, log := newTestApp(t, newCity(), nil)
	r := start(t, a)
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, r.url+"/live?layers=complaints", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	lines := bufio.NewScanner(res.Body)
	until := func(text string) {
		t.Helper()
		for lines.Scan() {
			if strings.Contains(lines.Text(), secret) || strings.Contains(lines.Text(), "phone") {
				t.Errorf("something private is in %q", lines.Text())
			}
			if strings.HasPrefix(lines.Text(), text) {
				return
			}
		}
		t.Fatalf("the stream ended before %q: %v", text, lines.Err())
	}
	until("event: hello")
	batch := layers.Batch{Layer: "complaints", Changes: []layers.Change{point("new", 116.5, 39.9)}}
	if _, err := a.Store().Accept(t.Context(), "test", batch); err != nil {
		t.Fatal(err)
	}
	until("event: change")
	until(`data: {"seq":2,"layers":{"complaints":{"zoom":16,`)
	r.stop()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		t.Errorf("the stream broke: %v", err)
	}
	if err := <-r.result; err != nil {
		t.Error(err)
	}
	if strings.Contains(log.String(), "cut off") {
		t.Errorf("the server waited for the stream: %s", log)
	}
}
