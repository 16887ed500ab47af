package archive

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"

	"github.com/protomaps/go-pmtiles/pmtiles"

	"hutong/internal/compress"
)

// directory writes a directory as it is: a count, then the numbers in the order of the format.
func directory(count uint64, numbers ...uint64) []byte {
	var b []byte
	for _, v := range append([]uint64{count}, numbers...) {
		b = binary.AppendUvarint(b, v)
	}
	return compress.AppendGzip(nil, b)
}

// broken are archives with one thing wrong each.
var broken = []struct {
	name string
	want error
	make func() []byte
}{
	{"empty", ErrTruncated, func() []byte { return nil }},
	{"one byte", ErrTruncated, func() []byte { return []byte("P") }},
	{"half a header", ErrTruncated, func() []byte { return small().bytes()[:60] }},
	{"cut in the root directory", ErrTruncated, func() []byte { return small().bytes()[:HeaderBytes+9] }},
	{"cut in the metadata", ErrTruncated, func() []byte { b := small(); return b.bytes()[:HeaderBytes+len(b.root)+5] }},
	{"cut in the leaves", ErrTruncated, func() []byte {
		b := small()
		return b.bytes()[:HeaderBytes+len(b.root)+len(b.metadata)+5]
	}},
	{"cut in the tiles", ErrTruncated, func() []byte { d := small().bytes(); return d[:len(d)-1] }},
	{"another file", ErrMagic, func() []byte { return []byte(strings.Repeat("not an archive ", 20)) }},
	{"version 4", ErrVersion, func() []byte { d := small().bytes(); d[7] = 4; return d }},
	{"version 0", ErrVersion, func() []byte { d := small().bytes(); d[7] = 0; return d }},
	{"version 2", ErrVersion, func() []byte { return append([]byte("PM\x02\x00"), make([]byte, 1000)...) }},
	{"root outside", ErrBounds, header(func(h *pmtiles.HeaderV3) { h.RootOffset = 1 << 40 })},
	{"root wraps", ErrBounds, header(func(h *pmtiles.HeaderV3) { h.RootLength = math.MaxUint64 })},
	{"root in the header", ErrBounds, header(func(h *pmtiles.HeaderV3) { h.RootOffset = 0 })},
	{"no root", ErrBounds, header(func(h *pmtiles.HeaderV3) { h.RootLength = 0 })},
	{"root behind 16 KiB", ErrBounds, func() []byte {
		b := small()
		b.tiles = append(b.tiles, make([]byte, PrefixBytes)...)
		b.change = func(h *pmtiles.HeaderV3) { h.RootOffset = PrefixBytes }
		return b.bytes()
	}},
	{"metadata wraps", ErrBounds, header(func(h *pmtiles.HeaderV3) { h.MetadataOffset = math.MaxUint64 - 3 })},
	{"leaves outside", ErrBounds, header(func(h *pmtiles.HeaderV3) { h.LeafDirectoryOffset = 1 << 63 })},
	{"tiles wrap", ErrBounds, header(func(h *pmtiles.HeaderV3) { h.TileDataLength = math.MaxUint64 - 100 })},
	{"metadata of 3 MB", ErrTooLarge, func() []byte { b := small(); b.metadata = make([]byte, 3<<20); return b.bytes() }},
	{"zooms descend", ErrHeader, header(func(h *pmtiles.HeaderV3) { h.MinZoom = 9 })},
	{"zoom 200", ErrHeader, header(func(h *pmtiles.HeaderV3) { h.MaxZoom = 200 })},
	{"unknown compression of directories", ErrCompression, header(func(h *pmtiles.HeaderV3) { h.InternalCompression = 0 })},
	{"brotli directories", ErrCompression, header(func(h *pmtiles.HeaderV3) { h.InternalCompression = pmtiles.Brotli })},
	{"compression 77 of tiles", ErrCompression, header(func(h *pmtiles.HeaderV3) { h.TileCompression = 77 })},
	{"root is no gzip", ErrCorrupt, root([]byte("no gzip at all"))},
	{"root is half a gzip", ErrCorrupt, func() []byte { b := small(); b.root = b.root[:len(b.root)/2]; return b.bytes() }},
	{"root is a bomb", ErrBomb, func() []byte { // gzip has no such bomb within 16 KiB
		b := small()
		b.header.InternalCompression = pmtiles.Zstd
		b.root = zstdZeros(MaxPlainDirectoryBytes + 1)
		return b.bytes()
	}},
	{"2^40 entries", ErrDirectory, root(directory(1 << 40))},
	{"2^40 entries and some that are there", ErrDirectory, root(directory(1<<40, 0, 1, 1, 1, 1, 1))},
	{"2 million entries that are there", ErrTooLarge, root(compress.AppendGzip(nil, append(binary.AppendUvarint(nil, 2<<20), bytes.Repeat([]byte{1}, 8<<20)...)))},
	{"directory without a number", ErrDirectory, root(compress.AppendGzip(nil, nil))},
	{"directory ends early", ErrDirectory, root(directory(2, 0, 1, 1, 1, 5, 5, 1))},
	{"directory goes on", ErrDirectory, root(directory(1, 0, 1, 5, 1, 99))},
	{"number of 11 bytes", ErrDirectory, root(compress.AppendGzip(nil, append([]byte{1}, bytes.Repeat([]byte{0xff}, 11)...)))},
	{"length of 2^32", ErrDirectory, root(directory(1, 0, 1, 1<<32, 1))},
	{"tile of no bytes", ErrDirectory, root(directory(1, 0, 1, 0, 1))},
	{"first entry follows on nothing", ErrDirectory, root(directory(1, 0, 1, 5, 0))},
	{"ids twice", ErrOrder, root(directory(2, 3, 0, 1, 1, 5, 5, 1, 1))},
	{"id above all zooms", ErrBounds, root(directory(1, idLimit(MaxZoom), 1, 5, 1))},
	{"ids that wrap", ErrDirectory, root(directory(2, 3, math.MaxUint64, 1, 1, 5, 5, 1, 1))},
	{"runs overlap", ErrOrder, root(directory(2, 0, 3, 4, 1, 5, 5, 1, 1))},
	{"run above all zooms", ErrOrder, root(directory(1, idLimit(MaxZoom)-1, 2, 5, 1))},
	{"tile outside its section", ErrBounds, root(directory(1, 0, 1, 5, 1<<41))},
	{"tile that wraps", ErrBounds, root(directory(1, 0, 1, math.MaxUint32, math.MaxUint64))},
	{"follows on a tile that wraps", ErrBounds, root(directory(2, 0, 1, 1, 1, 10, 10, math.MaxUint64-5, 0))},
	{"leaf outside its section", ErrBounds, root(directory(1, 0, 0, 5, 1<<41))},
	{"leaf of 3 GB", ErrTooLarge, root(directory(1, 0, 0, 3<<30, 1))},
	{"leaf that leads to itself", ErrDepth, leaves(loop(1))},
	{"two leaves in a circle", ErrDepth, leaves(loop(2))},
	{"leaves five deep", ErrDepth, leaves(loop(5))},
	{"leaf before its place", ErrOrder, leaves([]byte{1, 3, 1, 5, 1})},
	{"leaf beyond the next", ErrOrder, func() []byte {
		b := small()
		b.leaves = compress.AppendGzip(nil, []byte{1, 5, 9, 5, 1})
		n := uint64(len(b.leaves))
		b.root = directory(2, 5, 3, 0, 0, n, n, 1, 1)
		return b.bytes()
	}},
	{"leaf without entries", ErrDirectory, leaves([]byte{0})},
	{"leaf is no gzip", ErrCorrupt, func() []byte { b := small(); copy(b.leaves, "nonsense"); return b.bytes() }},
	{"leaf is a bomb", ErrBomb, func() []byte {
		b := small()
		b.leaves = compress.AppendGzip(nil, make([]byte, MaxPlainDirectoryBytes+1))
		b.root = directory(1, 5, 0, uint64(len(b.leaves)), 1)
		return b.bytes()
	}},
	{"metadata is no gzip", ErrCorrupt, func() []byte { b := small(); b.metadata = []byte("{}"); return b.bytes() }},
	{"metadata is a bomb", ErrBomb, metadata(strings.Repeat(" ", MaxPlainMetadataBytes+1))},
	{"metadata is no JSON", ErrMetadata, metadata("{name: Lanes}")},
	{"metadata is a list", ErrMetadata, metadata("[]")},
	{"metadata is null", ErrMetadata, metadata("null")},
	{"metadata is empty", ErrMetadata, metadata("")},
	{"metadata twice", ErrMetadata, metadata("{}{}")},
	{"metadata is not UTF-8", ErrMetadata, metadata("{\"name\":\"\xff\"}")},
	{"metadata 20,000 deep", ErrMetadata, metadata(`{"a":` + strings.Repeat("[", 20_000))},
	{"vector layers are a text", ErrMetadata, metadata(`{"vector_layers":"lanes"}`)},
	{"vector layer without id", ErrMetadata, metadata(`{"vector_layers":[{"fields":{}}]}`)},
	{"1,001 vector layers", ErrTooLarge, metadata(`{"vector_layers":[{"id":"a"}` + strings.Repeat(`,{"id":"a"}`, MaxVectorLayers) + `]}`)},
	{"tile is no gzip", ErrCorrupt, func() []byte { b := small(); b.tiles = bytes.Repeat([]byte("x"), len(b.tiles)); return b.bytes() }},
	{"tile is a broken gzip", ErrCorrupt, func() []byte {
		b := small()
		for i := 2; i < len(b.tiles); i++ {
			b.tiles[i] ^= 0x55
		}
		b.root = directory(1, 5, 1, uint64(len(b.tiles)), 1)
		return b.bytes()
	}},
	{"tile is a bomb", ErrBomb, tile(compress.AppendGzip(nil, make([]byte, MaxPlainTileBytes+1)))},
	{"tile of 5 MB", ErrTooLarge, tile(make([]byte, 5<<20))},
}

// header returns small with its header changed.
func header(change func(h *pmtiles.HeaderV3)) func() []byte {
	return func() []byte { b := small(); b.change = change; return b.bytes() }
}

// root returns small with another root directory.
func root(data []byte) func() []byte {
	return func() []byte { b := small(); b.root = data; return b.bytes() }
}

// leaves returns small with uncompressed directories and its leaves replaced; its root leads to the
// first byte of them from id 5 on.
func leaves(data []byte) func() []byte {
	return func() []byte {
		b := small()
		b.header.InternalCompression = pmtiles.NoCompression
		b.metadata, b.leaves = []byte(plainMetadata), data
		length := uint64(len(data))
		if data[0] == 1 {
			length = 5 // one entry of five numbers below 128
		}
		b.root = binary.AppendUvarint([]byte{1, 5, 0}, length)
		b.root = append(b.root, 1)
		return b.bytes()
	}
}

// loop is n leaf directories of one entry, each leading to the next and the last to the first.
func loop(n int) []byte {
	var b []byte
	for i := range n {
		b = append(b, 1, 5, 0, 5, byte(5*((i+1)%n)+1))
	}
	return b
}

// metadata returns small with other metadata.
func metadata(text string) func() []byte {
	return func() []byte { b := small(); b.metadata = compress.AppendGzip(nil, []byte(text)); return b.bytes() }
}

// tile returns small with one tile at id 5.
func tile(data []byte) func() []byte {
	return func() []byte {
		b := small()
		b.tiles, b.leaves = data, nil
		b.root = directory(1, 5, 1, uint64(len(data)), 1)
		return b.bytes()
	}
}

// TestBroken opens each broken archive and reads the tile of id 5 of it, from a file and from a
// server. It must fail by name, after few reads, and without more memory than the bounds say.
func TestBroken(t *testing.T) {
	if len(broken) < 22 {
		t.Fatalf("got %d archives", len(broken))
	}
	for _, c := range broken {
		t.Run(c.name, func(t *testing.T) {
			data := c.make()
			server := newWeb(t, data)
			for from, place := range map[string]string{"file": write(t, data), "server": server.URL + "/a.pmtiles"} {
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				err := readFive(t, place)
				runtime.ReadMemStats(&after)
				if !errors.Is(err, c.want) || !strings.Contains(err.Error(), place) || Kind(err) == "" || !Broken(err) {
					t.Errorf("from a %s: got %v, want %v and the place", from, err, c.want)
				}
				if spent := after.TotalAlloc - before.TotalAlloc; spent > 80<<20 {
					t.Errorf("from a %s: it took %d bytes", from, spent)
				}
			}
			if n := server.requests.Load(); n > 8 {
				t.Errorf("it took %d requests", n)
			}
		})
	}
}

// readFive opens an archive and reads and decompresses the tile of id 5.
func readFive(t *testing.T, place string) error {
	t.Helper()
	a, err := Open(t.Context(), place, Options{})
	if err != nil {
		return err
	}
	defer a.Close()
	tile, ok, err := a.Tile(t.Context(), address(5))
	if err != nil {
		return err
	}
	if !ok {
		t.Error("there is no tile 5")
	}
	_, err = tile.Plain()
	return a.named(err)
}

// TestCutAnywhere cuts a small archive after every byte.
func TestCutAnywhere(t *testing.T) {
	data := small().bytes()
	paths := make([]string, len(data))
	for n := range data { // all before the first is read: one that was just written is let rest
		paths[n] = write(t, data[:n])
	}
	for n, path := range paths {
		if err := readFive(t, path); !errors.Is(err, ErrTruncated) && !errors.Is(err, ErrBounds) {
			t.Fatalf("after %d of %d bytes: got %v, want ErrTruncated or ErrBounds", n, len(data), err)
		}
	}
}
