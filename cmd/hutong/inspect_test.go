package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hutong/internal/compress"
	"hutong/internal/testkit"
	"hutong/tiles/archive"
	"hutong/tiles/grid"
)

const realTile = "../../tiles/testdata/every-kind-and-nulls.mvt"

func TestInspect(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ file, golden string }{
		{"testdata/desk.csv", "inspect-desk.txt"},
		{"testdata/form-1.geojson", "inspect-form.txt"},
		{realTile, "inspect-tile.txt"},
	} {
		status, stdout, stderr := call(t, "inspect", c.file)
		if status != exitDone || stderr != "" {
			t.Errorf("%s: got %d, stderr %q", c.file, status, stderr)
		}
		testkit.Golden(t, c.golden, stdout)
	}
}

func TestInspectOfATile(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(realTile)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "tile.pbf.gz")
	if err := os.WriteFile(path, compress.AppendGzip(nil, b), 0o600); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := call(t, "inspect", path, "--json")
	var got struct {
		Compression string
		Tile        struct {
			Bytes  int
			Layers []struct {
				Name     string
				Features int
			}
		}
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatal(err)
	}
	if status != exitDone || stderr != "" || got.Compression != "gzip" || got.Tile.Bytes != len(b) || len(got.Tile.Layers) != 1 || got.Tile.Layers[0].Features == 0 {
		t.Errorf("got %d, stderr %q, %s", status, stderr, stdout)
	}
	broken := filepath.Join(dir, "broken.mvt")
	if err := os.WriteFile(broken, b[:len(b)-1], 0o600); err != nil {
		t.Fatal(err)
	}
	if status, stdout, stderr = call(t, "inspect", broken); status != exitFailed || !strings.Contains(stdout, "problem: this is no protobuf") || !strings.Contains(stderr, "broken.mvt: 1 problem") {
		t.Errorf("got %d, stdout %q, stderr %q", status, stdout, stderr)
	}
}

func TestInspectRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for text, want := range map[string]string{
		"id,name,lon,lat\n1,Caf\xe9,1,2\n2,x,1,2\n3,x\n":                   "a.csv: 2 problems",
		`{"features":[{"type":"Feature","properties":{},"geometry":null},`: "a.csv: 1 problem",
	} {
		if status, stdout, stderr := call(t, "inspect", write("a.csv", text)); status != exitFailed || stdout == "" || !strings.Contains(stderr, want) {
			t.Errorf("%q: got %d, stdout %q, stderr %q; want %d, what was found, and %q", text, status, stdout, stderr, exitFailed, want)
		}
	}
	for _, c := range []struct {
		args   []string
		status int
		stderr string
	}{
		{[]string{"inspect"}, exitUsage, "accepts 1 arg"},
		{[]string{"inspect", "a", "b"}, exitUsage, "accepts 1 arg"},
		{[]string{"inspect", filepath.Join(dir, "none.csv")}, exitFailed, "none.csv"},
		{[]string{"inspect", write("a.pmtiles", "")}, exitFailed, "less than the header's 127"},
		{[]string{"inspect", write("a.bin", "PMTiles\x03")}, exitFailed, "less than the header's 127"},
		{[]string{"inspect", write("a.shp", "\x00\x00\x27\x0a")}, exitFailed, "there is no a.dbf"},
		{[]string{"inspect", write("empty.csv", "")}, exitFailed, "empty"},
		{[]string{"inspect", write("a.csv.gz", "\x1f\x8b\x08")}, exitFailed, "gzip"},
		{[]string{"inspect", dir}, exitFailed, "directory"},
	} {
		status, stdout, stderr := call(t, c.args...)
		if status != c.status || stdout != "" || !strings.Contains(stderr, c.stderr) {
			t.Errorf("%q: got %d, stdout %q, stderr %q; want %d and %q", c.args, status, stdout, stderr, c.status, c.stderr)
		}
	}
}

// TestInspectOfAnArchive writes an archive, looks into it, and again when it is cut off.
func TestInspectOfAnArchive(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile(realTile)
	if err != nil {
		t.Fatal(err)
	}
	data, err := archive.Append(nil, archive.Content{
		Type: archive.TypeMVT, Compression: archive.CompressionGzip, Bounds: [4]float64{-180, -85, 180, 85},
		Metadata: map[string]any{"name": "Lanes", "vector_layers": []any{map[string]any{"id": "mixed", "fields": map[string]any{}}}},
		Tiles:    map[grid.Tile][]byte{{}: compress.AppendGzip(nil, b), {Z: 1}: compress.AppendGzip(nil, b)},
	})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "lanes.pmtiles")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	status, stdout, stderr := call(t, "inspect", path)
	if status != exitDone || stderr != "" {
		t.Errorf("got %d, stderr %q", status, stderr)
	}
	testkit.Golden(t, "inspect-archive.txt", strings.ReplaceAll(stdout, filepath.Dir(path)+"/", ""))
	poor, err := archive.Append(nil, archive.Content{Type: archive.TypeMVT, Compression: archive.CompressionNone, Tiles: map[grid.Tile][]byte{{}: b}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, poor, 0o600); err != nil {
		t.Fatal(err)
	}
	if status, stdout, _ := call(t, "inspect", path); status != exitFailed || !strings.Contains(stdout, "the metadata has no vector_layers") {
		t.Errorf("without metadata: got %d, stdout %q", status, stdout)
	}
	if err := os.WriteFile(path, data[:200], 0o600); err != nil {
		t.Fatal(err)
	}
	if status, stdout, stderr := call(t, "inspect", path); status != exitFailed || stdout != "" || !strings.Contains(stderr, "lanes.pmtiles") {
		t.Errorf("cut off: got %d, stdout %q, stderr %q", status, stdout, stderr)
	}
}
