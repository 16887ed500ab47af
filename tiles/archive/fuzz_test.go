package archive

import (
	"bytes"
	"context"
	"net/http"
	"testing"

	"github.com/protomaps/go-pmtiles/pmtiles"

	"hutong/internal/compress"
)

func FuzzHeader(f *testing.F) {
	data := small().bytes()
	f.Add(data, int64(len(data)))
	f.Add(data[:HeaderBytes], int64(1)<<62)
	f.Add([]byte("PM\x02\x00"), int64(4))
	f.Fuzz(func(t *testing.T, prefix []byte, size int64) {
		if size < 0 {
			return
		}
		prefix = prefix[:min(int64(len(prefix)), PrefixBytes, size)]
		h, err := parseHeader(prefix, size)
		if err != nil {
			if Kind(err) == "" {
				t.Fatalf("%v has no kind", err)
			}
			return
		}
		for _, s := range sections(h) {
			if s.length > 0 && (s.offset+s.length < s.offset || s.offset+s.length > uint64(size)) {
				t.Fatalf("the %s is not in %d bytes: %+v", s.name, size, s)
			}
		}
		if again := pmtiles.SerializeHeader(*h); !bytes.Equal(again[:96], prefix[:96]) {
			t.Fatalf("written again it differs")
		}
	})
}

// FuzzDirectory decodes anything as a directory. What is accepted is in order, points into its section
// and is what go-pmtiles makes of it.
func FuzzDirectory(f *testing.F) {
	h := pmtiles.HeaderV3{InternalCompression: pmtiles.NoCompression, TileDataLength: 1000, LeafDirectoryLength: 500}
	f.Add(pmtiles.SerializeEntries([]entry{{TileID: 3, Length: 5, RunLength: 2}, {TileID: 7, Offset: 5, Length: 9}}, pmtiles.NoCompression))
	f.Add([]byte{2, 0, 1, 1, 1, 5, 5, 1, 0})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0x0f, 1, 1, 1, 1})
	f.Fuzz(func(t *testing.T, plain []byte) {
		got, err := parseDirectory(plain, &h)
		if err != nil {
			if Kind(err) == "" {
				t.Fatalf("%v has no kind", err)
			}
			return
		}
		for i, e := range got {
			section := h.TileDataLength
			if e.RunLength == 0 {
				section = h.LeafDirectoryLength
			}
			if e.Length == 0 || e.Offset > section || uint64(e.Length) > section-e.Offset || i > 0 && e.TileID < end(&got[i-1]) {
				t.Fatalf("entry %d of %+v", i, got)
			}
			if find(got, e.TileID) != i {
				t.Fatalf("id %d is not found", e.TileID)
			}
		}
		want := pmtiles.DeserializeEntries(bytes.NewBuffer(plain), pmtiles.NoCompression)
		if len(want) != len(got) {
			t.Fatalf("got %d entries, go-pmtiles %d", len(got), len(want))
		}
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("entry %d: got %+v, go-pmtiles %+v", i, got[i], want[i])
			}
		}
	})
}

func FuzzMetadata(f *testing.F) {
	f.Add([]byte(plainMetadata))
	f.Add([]byte(`{"vector_layers":[{"id":"a","fields":null,"minzoom":1e99}],"name":7}`))
	f.Fuzz(func(t *testing.T, plain []byte) {
		m, err := parseMetadata(plain, CompressionNone)
		if err != nil && Kind(err) == "" {
			t.Fatalf("%v has no kind", err)
		}
		for _, l := range m.VectorLayers {
			if l.ID == "" || l.Fields == nil {
				t.Fatalf("got %+v", l)
			}
		}
	})
}

// memory serves an archive to the fuzzer without a network.
type memory struct{ data []byte }

func (m memory) RoundTrip(r *http.Request) (*http.Response, error) {
	server := inProcess{data: m.data}
	return server.RoundTrip(r)
}

// FuzzArchive opens anything as an archive, reads tiles of it and walks through it: once as it is,
// and once with uncompressed directories where the header says so.
func FuzzArchive(f *testing.F) {
	f.Add(small().bytes())
	f.Add(leaves(loop(2))())
	f.Add(leaves(loop(5))())
	b := small()
	b.header.InternalCompression, b.metadata, b.leaves = pmtiles.NoCompression, []byte(plainMetadata), nil
	b.tiles = compress.AppendGzip(nil, []byte("x"))
	b.root = pmtiles.SerializeEntries([]entry{{Length: uint32(len(b.tiles)), RunLength: 21}}, pmtiles.NoCompression)
	f.Add(b.bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		a := behind(t, memory{data}, Options{})
		defer a.Close()
		ctx := context.Background()
		if err := a.Load(ctx); err != nil {
			if Kind(err) == "" {
				t.Fatalf("%v has no kind", err)
			}
			return
		}
		for _, id := range []uint64{0, 5, 20, 21, idLimit(a.now.header.MaxZoom) - 1} {
			tile, ok, err := a.Tile(ctx, address(id))
			if err != nil && Kind(err) == "" {
				t.Fatalf("tile %d: %v has no kind", id, err)
			}
			if !ok {
				continue
			}
			if plain, err := tile.Plain(); err != nil && Kind(err) == "" || len(plain) > MaxPlainTileBytes {
				t.Fatalf("tile %d: %d bytes, %v", id, len(plain), err)
			}
		}
		i := newInspection(a, a.now, InspectOptions{Entries: 10_000, Problems: 10})
		if err := i.run(ctx); err != nil {
			t.Fatalf("inspect: %v", err)
		}
		if n := len(i.summary.Problems); n > 11 {
			t.Fatalf("%d problems", n)
		}
	})
}
