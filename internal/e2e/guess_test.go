package e2e

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestServeFiles serves files without a config, writes the config down, and serves that.
func TestServeFiles(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{
		"wifi spots.csv": "OBJECTID,lon,lat,kind,phone\n7,-77,38.9,free,555-0199\n8,-77.1,38.9,paid,555-0199\n",
		"trees.geojsonl": `{"type":"Feature","properties":{"species":"elm"},"geometry":{"type":"Point","coordinates":[-77,38.9]}}` + "\n",
	})
	written := filepath.Join(dir, "city.yaml")
	s := run(t, "serve", filepath.Join(dir, "wifi spots.csv"), filepath.Join(dir, "trees.geojsonl"), "--write-config", written)
	if l := s.layer(t, "wifi_spots"); l.Count != 2 {
		t.Errorf("got %d features, want 2; stderr:\n%s", l.Count, s.stderr)
	}
	if l := s.layer(t, "trees"); l.Count != 1 {
		t.Errorf("got %d features, want 1; stderr:\n%s", l.Count, s.stderr)
	}
	for _, want := range []string{`"msg":"layer guessed"`, `"id":"{OBJECTID}"`, `"id":"{$row}"`, `"private":["phone"]`} {
		if !strings.Contains(s.stderr.String(), want) {
			t.Errorf("the log lacks %s:\n%s", want, s.stderr)
		}
	}
	if a := s.get(t, "/layers/wifi_spots/features/7"); a.StatusCode != http.StatusOK || strings.Contains(string(a.body), "555-0199") {
		t.Errorf("got %d, %s", a.StatusCode, a.body)
	}
	again := run(t, "serve", "--config", written)
	for _, layer := range []string{"wifi_spots", "trees"} {
		want, got := s.get(t, "/tiles/"+layer+"/16/18750/25067.mvt").body, again.get(t, "/tiles/"+layer+"/16/18750/25067.mvt").body
		if !bytes.Equal(got, want) {
			t.Errorf("%s: the written config gives another tile", layer)
		}
	}
	if p := launch(t, nil, "check", "-c", written); p.wait() != 0 {
		t.Errorf("check is not content with what was written: %s", p.stdout)
	}
	if p := launch(t, nil, "serve", filepath.Join(dir, "trees.geojsonl"), "--write-config", written); p.wait() != 1 || !strings.Contains(p.stderr.String(), "--force") {
		t.Errorf("a config was overwritten: %s", p.stderr)
	}
}

// TestInspectReadsStandardInput takes a tile of a server apart.
func TestInspectReadsStandardInput(t *testing.T) {
	t.Parallel()
	s := run(t, "demo", "--live=false", "--features", "500")
	tile := s.get(t, "/tiles/complaints/8/210/96.mvt", "Accept-Encoding", "gzip")
	cmd := exec.CommandContext(t.Context(), binary, "inspect", "-", "--json")
	cmd.Stdin = bytes.NewReader(tile.body)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var got struct {
		Tile struct {
			Layers   []struct{ Features int }
			Problems []any
		}
	}
	if err := json.Unmarshal(out, &got); err != nil || len(got.Tile.Layers) != 1 || got.Tile.Layers[0].Features == 0 || len(got.Tile.Problems) != 0 {
		t.Errorf("got %v, %s of a tile with status %d", err, out, tile.StatusCode)
	}
}
