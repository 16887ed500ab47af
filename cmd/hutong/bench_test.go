package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestBenchTiles(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, ".json"):
			fmt.Fprintf(w, `{"tiles":["http://%s/{z}/{x}/{y}"],"minzoom":0,"maxzoom":14,"bounds":[-77.2,38.7,-76.8,39.1]}`, r.Host)
		case r.URL.Path == "/metrics":
			http.NotFound(w, r)
		default:
			w.Header().Set("ETag", `"1"`)
			if r.Header.Get("If-None-Match") != "" {
				w.WriteHeader(http.StatusNotModified)
			}
		}
	}))
	defer s.Close()
	list := filepath.Join(t.TempDir(), "tiles.txt")
	if err := os.WriteFile(list, []byte("12/656/1582\n12/656/1583\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := call(t, "bench", "tiles", s.URL+"/set.json", "--list", list, "--count", "10", "--connections", "1", "--conditional", "--json")
	var got struct {
		What        string
		Requests    int
		Statuses    map[string]int
		NotModified float64 `json:"not_modified"`
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatalf("%v in %s", err, stdout)
	}
	if status != exitDone || stderr != "" || got.What != "2 tiles of a list" || got.Requests != 10 || got.Statuses["304"] != 8 || got.NotModified != 0.8 {
		t.Errorf("got %d, stderr %q, %s", status, stderr, stdout)
	}
	status, stdout, stderr = call(t, "bench", "tiles", s.URL+"/{z}/{x}/{y}", "--walk", "5", "--zooms", "3-4", "--bounds=-77,38,-76,39", "--count", "6")
	if status != exitDone || stderr != "" || !strings.Contains(stdout, "a walk of 5 tiles, seed 1, zooms 3 to 4, 8 connections\n6 requests in ") {
		t.Errorf("got %d, stderr %q, %s", status, stderr, stdout)
	}
}

func TestBenchIsUsedWrongly(t *testing.T) {
	t.Parallel()
	const url = "http://127.0.0.1:1/{z}/{x}/{y}"
	for _, c := range []struct {
		args   []string
		status int
		stderr string
	}{
		{[]string{"bench"}, exitUsage, "bench tiles"},
		{[]string{"bench", "tiles"}, exitUsage, "either a URL or --config"},
		{[]string{"bench", "tiles", url, "--config", "x.yaml"}, exitUsage, "either a URL or --config"},
		{[]string{"bench", "tiles", "http://tiles.example/set.json"}, exitUsage, "--allow-remote"},
		{[]string{"bench", "tiles", "tiles.json"}, exitUsage, "not an http"},
		{[]string{"bench", "tiles", url, "--zooms", "9-3"}, exitUsage, "--zooms 9-3"},
		{[]string{"bench", "tiles", url, "--bounds", "1,2,3"}, exitUsage, "--bounds 1,2,3"},
		{[]string{"bench", "tiles", url, "--connections", "0"}, exitUsage, "0 connections"},
		{[]string{"bench", "tiles", url, "--seconds", "-1"}, exitUsage, "-1 seconds"},
		{[]string{"bench", "tiles", url, "--seconds", "0"}, exitUsage, "a number of requests or a duration"},
		{[]string{"bench", "tiles", url, "--accept", "deflate"}, exitUsage, "gzip, zstd and br"},
		{[]string{"bench", "tiles", url, "--walk", "0"}, exitUsage, "0 tiles"},
		{[]string{"bench", "tiles", url, "--list", "testdata/none.txt"}, exitFailed, "none.txt"},
		{[]string{"bench", "tiles", url, "--count", "1"}, exitFailed, "no answer"},
	} {
		status, _, stderr := call(t, c.args...)
		if status != c.status || !strings.Contains(stderr, c.stderr) {
			t.Errorf("%q: got %d, stderr %q; want %d and %q", c.args, status, stderr, c.status, c.stderr)
		}
	}
}
