package archive

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb/encoding/mvt"
	"github.com/protomaps/go-pmtiles/pmtiles"

	"hutong/internal/testkit"
)

// TestFixtures opens the archives of the PMTiles project and two others; those that are broken on
// purpose are refused.
func TestFixtures(t *testing.T) {
	t.Parallel()
	dir := testkit.Data(t, "tiles-fixtures/pmtiles")
	for name, want := range map[string]struct {
		err       error
		kind      string
		tiles     uint64
		contents  uint64
		zooms     []ZoomCount
		problems  int
		vectorMax int
	}{
		"empty.pmtiles":            {err: ErrTruncated},
		"invalid.pmtiles":          {err: ErrMagic},
		"invalid_v4.pmtiles":       {err: ErrVersion},
		"test_fixture_1.pmtiles":   {kind: "mvt", tiles: 1, contents: 1, zooms: []ZoomCount{{0, 1}}},
		"test_fixture_2.pmtiles":   {kind: "mvt", tiles: 1, contents: 1, zooms: []ZoomCount{{0, 1}}},
		"test_fixture_mlt.pmtiles": {kind: "mlt", problems: 1}, // a center above its zooms
		"omt-planet-20260112.mvt.max1.pmtiles": {
			kind: "mvt", tiles: 5, contents: 5, zooms: []ZoomCount{{0, 1}, {1, 4}},
		},
		"stamen_toner(raster)CC-BY+ODbL_z3.pmtiles": {
			kind: "png", tiles: 85, contents: 80, zooms: []ZoomCount{{0, 1}, {1, 4}, {2, 16}, {3, 64}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(dir, name)
			got, err := Inspect(t.Context(), path, InspectOptions{})
			if want.err != nil {
				if !errors.Is(err, want.err) {
					t.Errorf("got %v, want %v", err, want.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got.Type != want.kind || got.Counted.Tiles != want.tiles || got.Counted.Contents != want.contents ||
				!cmp.Equal(got.Zooms, want.zooms) || !got.Complete || len(got.Problems) != want.problems {
				t.Errorf("got %+v, want %+v", got, want)
			}
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if n := readAll(t, open(t, path, Options{}), data); n != want.tiles {
				t.Errorf("got %d tiles, want %d", n, want.tiles)
			}
		})
	}
}

// readAll reads all tiles of an archive and compares them with what go-pmtiles finds in its bytes; it
// returns their number.
func readAll(t *testing.T, a *Archive, data []byte) (tiles uint64) {
	t.Helper()
	h, err := pmtiles.DeserializeHeader(data[:HeaderBytes])
	if err != nil {
		t.Fatal(err)
	}
	fetch := func(offset, length uint64) ([]byte, error) { return data[offset : offset+length], nil }
	err = pmtiles.IterateEntries(h, fetch, func(e pmtiles.EntryV3) {
		for id := e.TileID; id < e.TileID+uint64(e.RunLength); id++ {
			tiles++
			tile, ok, err := a.Tile(t.Context(), address(id))
			want := data[h.TileDataOffset+e.Offset:][:e.Length]
			if err != nil || !ok || !bytes.Equal(tile.Data, want) {
				t.Fatalf("tile %s: got %v, %v, want %d bytes", address(id), ok, err, len(want))
			}
			plain, err := tile.Plain()
			if err != nil {
				t.Fatalf("tile %s: %v", address(id), err)
			}
			if tile.Type == TypeMVT {
				if _, err := mvt.Unmarshal(plain); err != nil {
					t.Errorf("tile %s: %v", address(id), err)
				}
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return tiles
}

// TestBasemap reads all 133 tiles of a real basemap, from its file and from a server.
func TestBasemap(t *testing.T) {
	t.Parallel()
	path := testkit.Data(t, "basemap-sf/sf.pmtiles")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	server := newWeb(t, data)
	for _, place := range []string{path, server.URL + "/sf.pmtiles"} {
		if n := readAll(t, open(t, place, Options{}), data); n != 133 {
			t.Errorf("%s: got %d tiles, want 133", place, n)
		}
		s, err := Inspect(t.Context(), place, InspectOptions{})
		if err != nil || len(s.Problems) > 0 || s.Counted != (Counts{133, 131, 127}) || len(s.Layers) != 9 || s.Levels != 1 {
			t.Errorf("%s: got %+v, %v", place, s, err)
		}
	}
}
