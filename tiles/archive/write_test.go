package archive

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"hutong/internal/compress"
	"hutong/tiles/grid"
)

// TestWriteAndRead writes random sets of tiles and reads each back, from a root alone and from leaves.
func TestWriteAndRead(t *testing.T) {
	t.Parallel()
	for _, count := range []int{1, 50, 20_000} {
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		r := rand.New(rand.NewPCG(seed, 0))
		tiles := map[grid.Tile][]byte{}
		for len(tiles) < count {
			z := uint8(r.IntN(13))
			tile := grid.Tile{Z: z, X: r.Uint32N(1 << z), Y: r.Uint32N(1 << z)}
			tiles[tile] = compress.AppendGzip(nil, []byte{byte(r.IntN(7)), byte(r.IntN(200))})
		}
		c := Content{
			Type: TypeMVT, Compression: CompressionGzip, Bounds: [4]float64{-10, -20, 30, 40}, Center: [3]float64{1, 2, 3},
			Metadata: map[string]any{"name": "random", "vector_layers": []any{map[string]any{"id": "a", "fields": map[string]any{}}}},
			Tiles:    tiles,
		}
		data, err := Append([]byte("head"), c)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Append(nil, c)
		if err != nil || !bytes.Equal(again, data[4:]) {
			t.Errorf("%d tiles: the same content made other bytes, %v", count, err)
		}
		path := write(t, data[4:])
		a := open(t, path, Options{})
		for address, want := range tiles {
			got, ok, err := a.Tile(t.Context(), address)
			if err != nil || !ok || !bytes.Equal(got.Data, want) {
				t.Fatalf("%d tiles: %s: got %v, %v, want the tile", count, address, ok, err)
			}
		}
		s, err := Inspect(t.Context(), path, InspectOptions{})
		if err != nil {
			t.Fatal(err)
		}
		// The center's zoom is 3, whatever the tiles are.
		if s.Counted != s.Header || s.Counted.Tiles != uint64(count) || !s.Complete || count > 1000 && (len(s.Problems) > 0 || s.Levels != 2) {
			t.Errorf("%d tiles: got %+v", count, s)
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	t.Parallel()
	for name, tiles := range map[string]map[grid.Tile][]byte{
		"no such tile": {{Z: 1, X: 2}: []byte("x")},
		"empty tile":   {{}: nil},
	} {
		if got, err := Append([]byte("head"), Content{Tiles: tiles}); !errors.Is(err, ErrBounds) || string(got) != "head" {
			t.Errorf("%s: got %q, %v, want ErrBounds", name, got, err)
		}
	}
	if _, err := Append(nil, Content{Metadata: map[string]any{"f": func() {}}}); err == nil {
		t.Error("metadata that is no JSON was accepted")
	}
}
