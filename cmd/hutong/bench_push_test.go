package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// pushServer is a server with a source desk of a layer reports, whose key is hk_right, and a live stream that says
// that all has changed with each change. Its tiles are empty.
func pushServer(t *testing.T) *httptest.Server {
	t.Helper()
	var mu sync.Mutex
	seq, changed := 0, make(chan struct{})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /layers", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"layers":[{"name":"reports"}]}`)
	})
	mux.HandleFunc("GET /layers/reports", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"name":"reports","extent":[116,39,117,40],"time_field":"at","fields":[{"name":"at","type":"time"},{"name":"votes","type":"int"}]}`)
	})
	mux.HandleFunc("GET /tiles/reports/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("POST /ingest/desk", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer hk_right" {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"title":"A key is needed"}`)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil || !strings.Contains(string(body), `"votes":`) || !strings.Contains(string(body), `"at":"20`) {
			t.Errorf("got %s, %v, want records with the layer's fields", body, err)
		}
		mu.Lock()
		defer mu.Unlock()
		seq++
		close(changed)
		changed = make(chan struct{})
		n := strings.Count(string(body), `"Feature"`)
		fmt.Fprintf(w, `{"seq":%d,"records":%d,"applied":%d,"answers":[{"index":0,"outcome":"applied"}]}`, seq, n, n)
	})
	mux.HandleFunc("GET /live", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		fmt.Fprint(w, "id: e-0\nevent: hello\ndata: {}\n\n")
		for told := 0; http.NewResponseController(w).Flush() == nil; {
			mu.Lock()
			now, wait := seq, changed
			mu.Unlock()
			if now > told {
				told = now
				fmt.Fprintf(w, "id: e-%d\nevent: change\ndata: {\"layers\":{\"reports\":{\"all\":true}}}\n\n", told)
				continue
			}
			select {
			case <-wait:
			case <-r.Context().Done():
				return
			}
		}
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// keyFileOf writes a key.
func keyFileOf(t *testing.T, key string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte(key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestBenchIngest(t *testing.T) {
	t.Parallel()
	s := pushServer(t)
	args := []string{"bench", "ingest", s.URL, "--source", "desk", "--key-file", keyFileOf(t, "hk_right"), "--count", "30", "--batch", "10"}
	status, stdout, stderr := call(t, append(args, "--json")...)
	var got struct {
		Sent, Acknowledged, Requests int
		Outcomes, Statuses           map[string]int
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatalf("%v in %s", err, stdout)
	}
	if status != exitDone || stderr != "" || got.Sent != 30 || got.Acknowledged != 30 || got.Requests != 3 || got.Outcomes["applied"] != 30 || got.Statuses["200"] != 3 {
		t.Errorf("got %d, stderr %q, %s", status, stderr, stdout)
	}
	status, stdout, stderr = call(t, args...)
	want := s.URL + ": source desk, batches of 10 as ndjson, 2 connections\n30 changes acknowledged in "
	if status != exitDone || stderr != "" || !strings.HasPrefix(stdout, want) {
		t.Errorf("got %d, stderr %q, %s", status, stderr, stdout)
	}
	args[6] = keyFileOf(t, "hk_wrong")
	status, stdout, stderr = call(t, args...)
	if status != exitFailed || !strings.Contains(stderr, "401: A key is needed") || strings.Contains(stdout+stderr, "hk_wrong") {
		t.Errorf("got %d, stderr %q, %s", status, stderr, stdout)
	}
}

func TestBenchLive(t *testing.T) {
	t.Parallel()
	s := pushServer(t)
	status, stdout, stderr := call(t, "bench", "live", s.URL, "--clients", "3", "--seconds", "0.2", "--json")
	var got struct {
		Clients, Open, Events int
		Changes               *struct{ Acknowledged int }
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatalf("%v in %s", err, stdout)
	}
	if status != exitDone || stderr != "" || got.Clients != 3 || got.Open != 3 || got.Events != 0 || got.Changes != nil {
		t.Errorf("got %d, stderr %q, %s", status, stderr, stdout)
	}
}

// TestBenchFreshness ends with the first answer, which is that the key is wrong.
func TestBenchFreshness(t *testing.T) {
	t.Parallel()
	s := pushServer(t)
	status, stdout, stderr := call(t, "bench", "freshness", s.URL, "--source", "desk", "--key-file", keyFileOf(t, "hk_wrong"),
		"--rate", "100", "--tiles", "50", "--idle-seconds", "0.1", "--seconds", "60", "--warm", "--walk", "5")
	if status != exitFailed || !strings.Contains(stderr, "401: A key is needed") || !strings.Contains(stdout, "100 changes/s to source desk in batches of 5, 50 tiles/s\n0 changes followed") {
		t.Errorf("got %d, stderr %q, %s", status, stderr, stdout)
	}
}

func TestBenchPushIsUsedWrongly(t *testing.T) {
	t.Parallel()
	s := pushServer(t)
	key := keyFileOf(t, "hk_right")
	for _, c := range []struct {
		args   []string
		status int
		stderr string
	}{
		{[]string{"ingest", s.URL}, exitUsage, "--source"},
		{[]string{"ingest", "--source", "desk"}, exitUsage, "either the URL of a server or --config"},
		{[]string{"ingest", "http://map.example", "--source", "desk"}, exitUsage, "--allow-remote"},
		{[]string{"ingest", s.URL + "?a", "--source", "desk"}, exitUsage, "no URL of a server"},
		{[]string{"ingest", s.URL, "--source", "desk", "--key-file", "testdata/none"}, exitFailed, "none"},
		{[]string{"ingest", s.URL, "--source", "desk", "--key-file", keyFileOf(t, "two words")}, exitFailed, "has no key"},
		{[]string{"ingest", s.URL, "--source", "desk", "--key-file", key, "--format", "xml"}, exitUsage, `"xml"`},
		{[]string{"ingest", s.URL, "--source", "desk", "--key-file", key, "--batch", "0"}, exitUsage, "a batch of 0"},
		{[]string{"ingest", s.URL, "--source", "desk", "--key-file", key, "--connections", "0"}, exitUsage, "0 connections"},
		{[]string{"ingest", s.URL, "--source", "desk", "--key-file", key, "--position", "lon"}, exitUsage, "--position lon"},
		{[]string{"ingest", s.URL, "--source", "desk", "--key-file", key, "--field", "a=date"}, exitUsage, `"a=date"`},
		{[]string{"ingest", s.URL, "--source", "desk", "--key-file", key, "--bounds", "1,2"}, exitUsage, "--bounds 1,2"},
		{[]string{"ingest", s.URL, "--source", "desk", "--key-file", key, "--id", "x"}, exitUsage, "{n}"},
		{[]string{"ingest", s.URL, "--source", "desk", "--key-file", key, "--layer", "none"}, exitFailed, "404"},
		{[]string{"ingest", s.URL, "--source", "desk", "--key-file", key, "--seconds", "-1"}, exitUsage, "-1 seconds"},
		{[]string{"ingest", s.URL, "--source", "none", "--key-file", key, "--count", "1"}, exitFailed, "404"},
		{[]string{"live", s.URL, "--clients", "0"}, exitUsage, "0 clients"},
		{[]string{"live", s.URL, "--rate", "5"}, exitUsage, "--rate is about the changes that --ingest-source"},
		{[]string{"live", s.URL, "--seconds", "0"}, exitUsage, "a duration"},
		{[]string{"live", "http://127.0.0.1:1"}, exitFailed, "refused"},
		{[]string{"freshness", s.URL}, exitUsage, "--source"},
		{[]string{"freshness", s.URL, "--source", "desk", "--pause", "-1"}, exitUsage, "a pause of -1"},
		{[]string{"freshness", s.URL, "--source", "desk", "--zoom", "40"}, exitUsage, "zoom 40"},
		{[]string{"freshness", s.URL, "--source", "desk", "--zooms", "9-3"}, exitUsage, "--zooms 9-3"},
		{[]string{"freshness", s.URL, "--source", "desk", "--walk", "0"}, exitUsage, "0 tiles"},
		{[]string{"freshness", s.URL, "--source", "desk", "--seconds", "0"}, exitUsage, "a duration"},
	} {
		status, _, stderr := call(t, append([]string{"bench"}, c.args...)...)
		if status != c.status || !strings.Contains(stderr, c.stderr) {
			t.Errorf("%q: got %d, stderr %q; want %d and %q", c.args, status, stderr, c.status, c.stderr)
		}
	}
}
