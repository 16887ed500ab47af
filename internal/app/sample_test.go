package app

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"hutong/internal/geoparquet"
	"hutong/internal/wkb"
)

// parquetCity writes a GeoParquet file of n lanes, and of more codes.
func parquetCity(t *testing.T, n int, more ...string) string {
	t.Helper()
	var b bytes.Buffer
	w, err := geoparquet.NewWriter(&b, geoparquet.Options{Columns: []geoparquet.Column{{Name: "code", Kind: geoparquet.Text}, {Name: "width", Kind: geoparquet.Int}}})
	if err != nil {
		t.Fatal(err)
	}
	codes := make([]string, n, n+len(more))
	for i := range codes {
		codes[i] = "lane-" + strconv.Itoa(i)
	}
	for i, code := range append(codes, more...) {
		blob, err := wkb.Append(nil, orb.Point{116 + float64(i%10), 39})
		if err != nil {
			t.Fatal(err)
		}
		values := []geoparquet.Value{{Kind: geoparquet.Text, Bytes: []byte(code)}, {Kind: geoparquet.Int, Int: int64(i)}}
		if err := w.Write(values, blob, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "lanes.parquet")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestGuessOfATable guesses a layer of a file that is no text, and serves it.
func TestGuessOfATable(t *testing.T) {
	t.Parallel()
	path := parquetCity(t, 3)
	c := guessed(t, path)
	if got := counts(t, c); len(got) != 1 || got[0].Accepted != 3 || *got[0].Features != 3 || got[0].Unlocated != 0 {
		t.Errorf("got %+v", got)
	}
	found, err := Inspect(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := found.Write(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"lanes.parquet: geoparquet, 3 records\n", "places: 3 Point", "width: int", "code: string; unique"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("got\n%s\nwant %q", text.String(), want)
		}
	}
}
