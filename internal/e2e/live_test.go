package e2e

import (
	"net/http"
	"regexp"
	"strconv"
	"testing"
	"time"
)

// TestLiveDemo watches a city that lives: tiles of all of it get new ETags, each for other bytes, and the
// metrics count what came.
func TestLiveDemo(t *testing.T) {
	t.Parallel()
	s := run(t, "demo", "--features", "1500", "--speed", "600")
	deadline := time.Now().Add(patience)
	for _, layer := range []string{"complaints", "sensors", "vendors"} {
		path := "/tiles/" + layer + "/0/0/0.mvt"
		first := s.get(t, path)
		tag := first.Header.Get("ETag")
		if first.StatusCode != http.StatusOK || tag == "" {
			t.Fatalf("%s: got %d %v", path, first.StatusCode, first.Header)
		}
		for {
			now := s.get(t, path, "If-None-Match", tag)
			if now.StatusCode == http.StatusOK && now.Header.Get("ETag") != tag {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s is the same after %v", path, patience)
			}
		}
		if n := s.accepted(t, "live-"+layer); n == 0 {
			t.Errorf("nothing was counted of %s", layer)
		}
	}
	if got := s.layer(t, "complaints").Count; got < 1500 {
		t.Errorf("got %d complaints, want no fewer than there were", got)
	}
}

// accepted returns how many records of a source were accepted, by the metrics.
func (s *server) accepted(t *testing.T, source string) int {
	t.Helper()
	pattern := regexp.MustCompile(`(?m)^hutong_ingest_accepted_total\{source="` + regexp.QuoteMeta(source) + `"\} (\S+)$`)
	found := pattern.FindSubmatch(s.get(t, "/metrics").body)
	if found == nil {
		return 0
	}
	n, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}
