package archive

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/protomaps/go-pmtiles/pmtiles"

	"hutong/tiles/grid"
)

// rewrite replaces a file in place, with a time of change of its own.
func rewrite(t testing.TB, path string, data []byte) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, time.Time{}, info.ModTime().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
}

func TestSmall(t *testing.T) {
	t.Parallel()
	data := small().bytes()
	server := newWeb(t, data)
	path := write(t, data)
	for _, place := range []string{path, "file://" + path, server.URL + "/maps/a.pmtiles?key=secret"} {
		a := open(t, place, Options{})
		wantTiles(t, a)
		for _, outside := range []grid.Tile{{Z: 3}, {Z: 24, X: 5}, {Z: 1, X: 2}} {
			if _, ok, err := a.Tile(t.Context(), outside); ok || err != nil {
				t.Errorf("tile %s: got %v, %v, want none", outside, ok, err)
			}
		}
		info, err := a.Info(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if info.Bytes != int64(len(data)) || info.MaxZoom != 2 || info.Type != TypeMVT || info.Metadata.Name != "Lanes" ||
			info.Bounds == nil || info.Center == nil || *info.Center != [3]float64{116.4, 39.9, 1} || !strings.HasPrefix(info.Tag, `"`) {
			t.Errorf("got %+v", info)
		}
		if s := a.Stats(); s.Misses != 2 || s.Hits == 0 || s.CacheBytes == 0 || !s.Open {
			t.Errorf("got %+v, want two leaf directories read once", s)
		}
		if strings.Contains(a.String(), "secret") {
			t.Errorf("the query is in %s", a)
		}
		raw, err := a.Raw(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		p := make([]byte, len(data))
		if err := raw.ReadAt(t.Context(), p, 0); err != nil || !bytes.Equal(p, data) || raw.Size() != int64(len(data)) {
			t.Errorf("raw: got %v", err)
		}
		if err := raw.ReadAt(t.Context(), p, 1); !errors.Is(err, ErrBounds) {
			t.Errorf("beyond the end: got %v, want ErrBounds", err)
		}
	}
}

// TestZstd reads an archive whose directories, metadata and tiles are zstd.
func TestZstd(t *testing.T) {
	t.Parallel()
	b := small()
	b.header.InternalCompression, b.header.TileCompression = pmtiles.Zstd, pmtiles.Zstd
	b.tiles = zstdOf(content(0))
	b.root = zstdOf(pmtiles.SerializeEntries([]entry{{Length: uint32(len(b.tiles)), RunLength: 21}}, pmtiles.NoCompression))
	b.metadata, b.leaves = zstdOf([]byte(plainMetadata)), nil
	a := open(t, write(t, b.bytes()), Options{})
	tile, ok, err := a.Tile(t.Context(), address(20))
	if err != nil || !ok || tile.Compression != CompressionZstd {
		t.Fatalf("got %v, %v, %v", tile, ok, err)
	}
	if plain, err := tile.Plain(); err != nil || !bytes.Equal(plain, content(0)) {
		t.Errorf("got %q, %v", plain, err)
	}
}

// TestMissingTiles reads an archive with holes.
func TestMissingTiles(t *testing.T) {
	t.Parallel()
	b := small()
	b.root = pmtiles.SerializeEntries([]pmtiles.EntryV3{{TileID: 2, Offset: 0, Length: 30, RunLength: 2}, {TileID: 9, Offset: 0, Length: 30, RunLength: 1}}, pmtiles.Gzip)
	a := open(t, write(t, b.bytes()), Options{})
	for id := range uint64(21) {
		want := id == 2 || id == 3 || id == 9
		if _, ok, err := a.Tile(t.Context(), address(id)); ok != want || err != nil {
			t.Errorf("id %d: got %v, %v, want %v", id, ok, err, want)
		}
	}
}

// TestFindIsTheLibrarys compares find with go-pmtiles' own for every id around small's entries.
func TestFindIsTheLibrarys(t *testing.T) {
	t.Parallel()
	entries := []entry{{TileID: 3, RunLength: 1}, {TileID: 4, RunLength: 3}, {TileID: 9, RunLength: 0}, {TileID: 20, RunLength: 2}}
	for id := range uint64(30) {
		want, ok := pmtiles.FindTile(entries, id)
		i := find(entries, id)
		if (i >= 0) != ok || ok && entries[i] != want {
			t.Errorf("id %d: got %d, want %+v %v", id, i, want, ok)
		}
	}
}

func TestReplaced(t *testing.T) {
	t.Parallel()
	first, second := small(), small()
	second.metadata = []byte(strings.Replace(plainMetadata, "Lanes", "Newer lanes", 1))
	second.header.InternalCompression = pmtiles.NoCompression
	var entries []pmtiles.EntryV3
	for id := range uint64(21) {
		entries = append(entries, pmtiles.EntryV3{TileID: id, Offset: 0, Length: 30, RunLength: 1})
	}
	second.root, second.leaves = pmtiles.SerializeEntries(entries, pmtiles.NoCompression), nil
	path := write(t, first.bytes())
	server := newWeb(t, first.bytes())
	for _, c := range []struct {
		name, place string
		replace     func(data []byte)
	}{
		{"file rewritten", path, func(data []byte) { rewrite(t, path, data) }},
		{"file renamed over", path, func(data []byte) {
			rewrite(t, path, first.bytes())
			next := filepath.Join(filepath.Dir(path), "next")
			if err := os.WriteFile(next, data, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(next, path); err != nil {
				t.Fatal(err)
			}
		}},
		{"server", server.URL + "/a.pmtiles", server.serve},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.replace(first.bytes())
			a := open(t, c.place, Options{})
			wantTiles(t, a)
			raw, err := a.Raw(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			before := raw.Tag()
			reopened := a.Stats().Reopened
			c.replace(second.bytes())
			if err := raw.ReadAt(t.Context(), make([]byte, 10), 500); !errors.Is(err, ErrChanged) {
				t.Errorf("raw: got %v, want ErrChanged", err)
			}
			tile, ok, err := a.Tile(t.Context(), address(20))
			if err != nil || !ok || !bytes.Equal(tile.Data, second.tiles[:30]) {
				t.Errorf("got %q, %v, %v, want a tile of the new archive", tile.Data, ok, err)
			}
			info, err := a.Info(t.Context())
			if err != nil || info.Metadata.Name != "Newer lanes" || info.Tag == before || a.Stats().Reopened != reopened+1 {
				t.Errorf("got %+v, %v, want the new archive's, with another tag than %s", info, err, before)
			}
			c.replace(first.bytes())
			wantTiles(t, a)
			c.replace([]byte("broken"))
			if _, _, err := a.Tile(t.Context(), address(0)); !errors.Is(err, ErrTruncated) {
				t.Errorf("got %v, want ErrTruncated", err)
			}
			if a.Known() != nil {
				t.Error("it is still open")
			}
		})
	}
}

func TestGone(t *testing.T) {
	t.Parallel()
	path := write(t, small().bytes())
	a := open(t, path, Options{})
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.Tile(t.Context(), address(0)); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	if err := os.WriteFile(path, small().bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := a.Load(t.Context()); !errors.Is(err, ErrNotFound) {
		t.Errorf("at once: got %v, want the last failure", err)
	}
	a.mu.Lock()
	a.retryAt = time.Now()
	a.mu.Unlock()
	wantTiles(t, a)
}

func TestNotAFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for place, want := range map[string]error{
		dir:                              ErrUnavailable,
		filepath.Join(dir, "none"):       ErrNotFound,
		"":                               ErrLocation,
		"a\x00b":                         ErrLocation,
		"ftp://map.example/a.pmtiles":    ErrLocation,
		"https://u:p@map.example/a":      ErrLocation,
		"https://map.example/":           ErrLocation,
		"https://map.example/a#b":        ErrLocation,
		"https:///a.pmtiles":             ErrLocation,
		"https://map.example/a%zz":       ErrLocation,
		"file://host/a.pmtiles":          ErrLocation,
		"s3://bucket":                    ErrLocation,
		"s3://bucket/key?awssdk=v1":      ErrLocation,
		"s3://bucket/key?X-Signature=no": ErrLocation,
	} {
		_, err := Open(t.Context(), place, Options{})
		if !errors.Is(err, want) {
			t.Errorf("%q: got %v, want %v", place, err, want)
		}
	}
}

// TestCacheIsBounded keeps one leaf directory of two.
func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	a := open(t, write(t, small().bytes()), Options{CacheBytes: 1})
	for range 3 {
		wantTiles(t, a)
	}
	if s := a.Stats(); s.Misses != 6 || s.CacheBytes > 12*entryBytes+200 {
		t.Errorf("got %+v, want both directories read three times and one kept", s)
	}
}

// TestReadersTogether reads from many goroutines while the archive is replaced.
func TestReadersTogether(t *testing.T) {
	t.Parallel()
	path := write(t, small().bytes())
	a := open(t, path, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for ctx.Err() == nil {
				for id := range uint64(21) {
					tile, ok, err := a.Tile(ctx, address(id))
					if errors.Is(err, ErrChanged) || errors.Is(err, context.Canceled) {
						continue // replaced twice during one read
					}
					plain, plainErr := tile.Plain()
					if err != nil || !ok || plainErr != nil || !bytes.Equal(plain, content(id)) {
						t.Errorf("id %d: got %q, %v, %v", id, plain, ok, err)
						return
					}
				}
			}
		})
	}
	for i := range 20 {
		next := filepath.Join(filepath.Dir(path), "next")
		if err := os.WriteFile(next, small().bytes(), 0o600); err != nil {
			t.Error(err)
		}
		if err := os.Chtimes(next, time.Time{}, time.Unix(int64(1_700_000_000+i), 0)); err != nil {
			t.Error(err)
		}
		if err := os.Rename(next, path); err != nil {
			t.Error(err)
		}
		if err := a.Load(t.Context()); err != nil {
			t.Error(err)
		}
	}
	cancel()
	wg.Wait()
	if a.Stats().Reopened == 0 {
		t.Error("it was never opened anew")
	}
}

func TestInspect(t *testing.T) {
	t.Parallel()
	b := small()
	got, err := Inspect(t.Context(), write(t, b.bytes()), InspectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got.Location == "" || got.Bytes == 0 || got.Largest == 0 {
		t.Errorf("got %+v", got)
	}
	got.Location, got.Bytes, got.Largest = "", 0, 0
	want := &Summary{
		Type: "mvt", Compression: "gzip", Internal: "gzip", MaxZoom: 2, Bounds: &[4]float64{-180, -85, 180, 85},
		Center: &[3]float64{116.4, 39.9, 1}, Clustered: true, Name: "Lanes", Attribution: "The city",
		Layers: []VectorLayer{{ID: "lanes", Fields: map[string]string{"name": "String"}}},
		Header: Counts{21, 20, 20}, Counted: Counts{21, 20, 20},
		Zooms: []ZoomCount{{0, 1}, {1, 4}, {2, 16}}, Directories: 3, Levels: 2, Complete: true,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestInspectTellsProblems(t *testing.T) {
	t.Parallel()
	wrong := small()
	wrong.change = func(h *pmtiles.HeaderV3) {
		h.AddressedTilesCount, h.TileEntriesCount, h.TileContentsCount = 22, 19, 7
		h.MaxZoom, h.CenterZoom, h.MinLonE7, h.TileType = 3, 9, 1900000000, 99
		h.LeafDirectoryLength++ // into the tiles
	}
	half := small()
	copy(half.leaves, "nonsense")
	for name, c := range map[string]struct {
		data []byte
		opts InspectOptions
		want []string
	}{
		"header": {wrong.bytes(), InspectOptions{}, []string{
			"the leaf directories and the tile data overlap", "bounds", "center has zoom 9", "type 99", "22 addressed tiles; there are 21", "19 tile entries; there are 20",
			"7 tile contents; there are 20", "zooms 0 to 3; there are tiles from 0 to 2",
		}},
		"first leaf": {half.bytes(), InspectOptions{}, []string{"leaf at id 5"}},
		"bounded":    {wrong.bytes(), InspectOptions{Problems: 2}, []string{"overlap", "bounds", "more than 2 problems"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Inspect(t.Context(), write(t, c.data), c.opts)
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Problems) != len(c.want) {
				t.Fatalf("got %q, want %q", got.Problems, c.want)
			}
			for i, want := range c.want {
				if !strings.Contains(got.Problems[i], want) {
					t.Errorf("got %q, want %q in it", got.Problems[i], want)
				}
			}
			if name == "first leaf" && (got.Complete || got.Counted.Tiles != 13) {
				t.Errorf("got %+v, want the rest counted", got)
			}
		})
	}
	got, err := Inspect(t.Context(), write(t, small().bytes()), InspectOptions{Entries: 7})
	if err != nil || got.Complete || got.Counted.Entries > 7 || len(got.Problems) > 0 {
		t.Errorf("bounded walk: got %+v, %v", got, err)
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, k := range kinds {
		if seen[k.kind] || Kind(k.err) != k.kind {
			t.Errorf("%v: got %q", k.err, Kind(k.err))
		}
		seen[k.kind] = true
	}
	if len(Kinds()) != len(kinds) || Kind(errors.New("else")) != "" || Kind(nil) != "" || Broken(ErrStalled) || !Broken(ErrBomb) {
		t.Error("kinds do not fit")
	}
}
