package e2e

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// dataFolder returns the folder of real data, or skips the test by saying what is missing.
func dataFolder(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("HUTONG_DATA")
	if dir == "" {
		dir = filepath.Join(root, "..", "shared", "data")
	} else if !filepath.IsAbs(dir) {
		dir = filepath.Join(root, dir) // from where the binary runs
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		t.Skipf("real data is missing: there is no folder %s; set HUTONG_DATA", dir)
	} else if err != nil {
		t.Fatal(err)
	}
	return dir
}

// sourceRead is the log line about a source that was read.
type sourceRead struct {
	Msg, Source, Layer      string
	Read, Accepted, Refused int
}

// sources returns the log lines about sources by name.
func (s *server) sources(t *testing.T) map[string]sourceRead {
	t.Helper()
	found := map[string]sourceRead{}
	for line := range strings.Lines(s.stderr.String()) {
		var r sourceRead
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("the log line %q is no JSON: %v", line, err)
		}
		if r.Msg == "source read" {
			found[r.Source] = r
		}
	}
	return found
}

// TestWashington serves the real city of examples/dc.yaml.
func TestWashington(t *testing.T) {
	t.Parallel()
	dataFolder(t)
	s := run(t, "serve", "--config", "examples/dc.yaml")

	sources := s.sources(t)
	for _, want := range []sourceRead{
		// One row is null throughout but for a date in 2018, so it has no id.
		{Source: "complaints-dc", Layer: "complaints", Read: 22_583, Accepted: 22_582, Refused: 1},
		{Source: "vendors-street", Layer: "vendors", Read: 701, Accepted: 701},
		{Source: "vendors-sidewalk", Layer: "vendors", Read: 298, Accepted: 298},
		{Source: "vendors-markets", Layer: "vendors", Read: 22, Accepted: 22},
		{Source: "wifi-dc", Layer: "wifi_hotspots", Read: 448, Accepted: 448},
		{Source: "crimes-dc", Layer: "crimes", Read: 2898, Accepted: 2898},
		{Source: "sensors-vehicles", Layer: "sensors", Read: 1643, Accepted: 1643},
		{Source: "sensors-bikeshare", Layer: "sensors", Read: 399, Accepted: 399},
		{Source: "sensors-cameras", Layer: "sensors", Read: 339, Accepted: 339},
		{Source: "sensors-traffic", Layer: "sensors", Read: 55, Accepted: 55},
		{Source: "sensors-redlight", Layer: "sensors", Read: 50, Accepted: 50},
		{Source: "sensors-speed", Layer: "sensors", Read: 48, Accepted: 48},
		{Source: "sensors-bicycles", Layer: "sensors", Read: 37, Accepted: 37},
		{Source: "sensors-counters", Layer: "sensors", Read: 30, Accepted: 30},
	} {
		want.Msg = "source read"
		if got := sources[want.Source]; got != want {
			t.Errorf("source %s: got %+v, want %+v", want.Source, got, want)
		}
		delete(sources, want.Source)
	}
	for name := range sources {
		t.Errorf("source %s is read and not checked", name)
	}

	// Six requests stand in the complaints twice; the later row replaces the earlier one.
	visible := map[string]int{"complaints": 22_576, "vendors": 1021, "wifi_hotspots": 448, "crimes": 2898, "sensors": 2601}
	for _, l := range s.layers(t) {
		if l.Count != visible[l.Name] || l.Located != l.Count {
			t.Errorf("%s: got %d features, %d of them located, want %d, all located", l.Name, l.Count, l.Located, visible[l.Name])
		}
		delete(visible, l.Name)
		t.Run(l.Name, func(t *testing.T) { s.wantUnion(t, l, 16) })
	}
	for name := range visible {
		t.Errorf("layer %s is missing", name)
	}
}
