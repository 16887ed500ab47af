package archive

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/protomaps/go-pmtiles/pmtiles"
	"go.uber.org/goleak"

	"hutong/internal/compress"
	"hutong/tiles/grid"
)

func TestMain(m *testing.M) {
	// go-pmtiles' Google client brings a package that starts a goroutine in its init and never stops it.
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("go.opencensus.io/stats/view.(*worker).start"))
}

// build is an archive to be written: its parts, laid out one after another.
type build struct {
	header                        pmtiles.HeaderV3
	root, metadata, leaves, tiles []byte
	// change is applied to the header after the layout; nil changes nothing.
	change func(h *pmtiles.HeaderV3)
}

// plainMetadata is valid and has a layer.
const plainMetadata = `{"name":"Lanes","attribution":"The city","vector_layers":[{"id":"lanes","fields":{"name":"String"}}]}`

// small is an archive of gzip vector tiles: all of zooms 0 to 2, those of zoom 2 in two leaf
// directories, two of them the same run.
func small() *build {
	b := &build{header: pmtiles.HeaderV3{
		SpecVersion: 3, Clustered: true, InternalCompression: pmtiles.Gzip, TileCompression: pmtiles.Gzip, TileType: pmtiles.Mvt,
		MaxZoom: 2, MinLonE7: -1800000000, MinLatE7: -850000000, MaxLonE7: 1800000000, MaxLatE7: 850000000,
		CenterZoom: 1, CenterLonE7: 1164000000, CenterLatE7: 399000000,
		AddressedTilesCount: 21, TileEntriesCount: 20, TileContentsCount: 20,
	}}
	b.metadata = compress.AppendGzip(nil, []byte(plainMetadata))
	var entries []pmtiles.EntryV3
	for id := range uint64(21) {
		if id == 8 {
			entries[7].RunLength = 2 // 7 and 8 are one
			continue
		}
		data := compress.AppendGzip(nil, content(id))
		entries = append(entries, pmtiles.EntryV3{TileID: id, Offset: uint64(len(b.tiles)), Length: uint32(len(data)), RunLength: 1})
		b.tiles = append(b.tiles, data...)
	}
	first := pmtiles.SerializeEntries(entries[5:12], pmtiles.Gzip)
	second := pmtiles.SerializeEntries(entries[12:], pmtiles.Gzip)
	b.leaves = append(append([]byte{}, first...), second...)
	root := append(append([]pmtiles.EntryV3{}, entries[:5]...),
		pmtiles.EntryV3{TileID: entries[5].TileID, Offset: 0, Length: uint32(len(first))},
		pmtiles.EntryV3{TileID: entries[12].TileID, Offset: uint64(len(first)), Length: uint32(len(second))})
	b.root = pmtiles.SerializeEntries(root, pmtiles.Gzip)
	return b
}

// content is what the tile with an id holds, decompressed.
func content(id uint64) []byte {
	if id == 8 {
		id = 7
	}
	return []byte(fmt.Sprintf("tile %d of the lanes", id))
}

// zstdOf is data as a zstd frame of one raw block (RFC 8878 §3.1.1), below 128 KiB.
func zstdOf(data []byte) []byte {
	return append(append(zstdFrame(), byte(len(data)<<3|1), byte(len(data)>>5), byte(len(data)>>13)), data...)
}

// zstdZeros is a zstd frame of n zeros, four bytes for every 128 KiB.
func zstdZeros(n int) []byte {
	frame := zstdFrame()
	for n > 0 {
		size := min(n, 128<<10)
		n -= size
		last := byte(0)
		if n == 0 {
			last = 1
		}
		frame = append(frame, byte(size<<3|1<<1)|last, byte(size>>5), byte(size>>13), 0)
	}
	return frame
}

// zstdFrame is a frame's header: no content size, a window of 1 MiB.
func zstdFrame() []byte { return []byte{0x28, 0xb5, 0x2f, 0xfd, 0, 10 << 3} }

// bytes lays the parts out and writes the header.
func (b *build) bytes() []byte {
	h := b.header
	at := uint64(HeaderBytes)
	place := func(offset, length *uint64, part []byte) {
		*offset, *length = at, uint64(len(part))
		at += uint64(len(part))
	}
	place(&h.RootOffset, &h.RootLength, b.root)
	place(&h.MetadataOffset, &h.MetadataLength, b.metadata)
	place(&h.LeafDirectoryOffset, &h.LeafDirectoryLength, b.leaves)
	place(&h.TileDataOffset, &h.TileDataLength, b.tiles)
	if b.change != nil {
		b.change(&h)
	}
	return bytes.Join([][]byte{pmtiles.SerializeHeader(h), b.root, b.metadata, b.leaves, b.tiles}, nil)
}

// address is the tile of an id.
func address(id uint64) grid.Tile {
	z, x, y := pmtiles.IDToZxy(id)
	return grid.Tile{Z: z, X: x, Y: y}
}

// write puts data into a new file.
func write(t testing.TB, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.pmtiles")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// web serves what it holds as a well-behaved server does.
type web struct {
	*httptest.Server
	requests atomic.Int64
	data     atomic.Pointer[[]byte]
}

func (s *web) serve(data []byte) { s.data.Store(&data) }

func (s *web) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.requests.Add(1)
	data := *s.data.Load()
	w.Header().Set("ETag", fmt.Sprintf(`"%x-%d"`, len(data), checksum(data)))
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}

func checksum(data []byte) (sum uint32) {
	for _, c := range data {
		sum = sum*31 + uint32(c)
	}
	return sum
}

func newWeb(t testing.TB, data []byte) *web {
	t.Helper()
	s := &web{}
	s.serve(data)
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// open opens what must open.
func open(t testing.TB, place string, o Options) *Archive {
	t.Helper()
	a, err := Open(t.Context(), place, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeTwice(t, a) })
	return a
}

func closeTwice(t testing.TB, a *Archive) {
	for range 2 {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, _, err := a.Tile(context.Background(), grid.Tile{}); Kind(err) != "closed" {
		t.Errorf("after Close: got %v, want ErrClosed", err)
	}
}

// wantTiles reads all tiles of small.
func wantTiles(t *testing.T, a *Archive) {
	t.Helper()
	for id := range uint64(21) {
		tile, ok, err := a.Tile(t.Context(), address(id))
		if err != nil || !ok || tile.Type != TypeMVT || tile.Compression != CompressionGzip {
			t.Fatalf("tile %s: got %v, %v, %v", address(id), tile, ok, err)
		}
		plain, err := tile.Plain()
		if err != nil || !bytes.Equal(plain, content(id)) {
			t.Errorf("tile %s: got %q, %v, want %q", address(id), plain, err, content(id))
		}
	}
}
