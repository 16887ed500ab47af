package inspect

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	orbmvt "github.com/paulmach/orb/encoding/mvt"

	"hutong/internal/testkit"
	"hutong/tiles/mvt"
)

// disputed are fixtures that we judge in another way than their authors, who call them valid.
var disputed = map[string]string{
	"016": "no geometry type", // byte for byte the fixture 003, which they call invalid for that
	"057": "count is too large",
}

// TestFixtures judges the 74 tiles of mvt-fixtures as their authors do, but for two.
func TestFixtures(t *testing.T) {
	t.Parallel()
	dir := testkit.Data(t, "tiles-fixtures/mvt-fixtures/fixtures")
	infos, err := filepath.Glob(filepath.Join(dir, "*", "info.json"))
	if err != nil || len(infos) != 74 {
		t.Fatalf("got %d fixtures, %v; want 74", len(infos), err)
	}
	valid := 0
	for _, path := range infos {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var info struct {
			Description string
			Validity    struct{ V2 bool }
		}
		if err := json.Unmarshal(raw, &info); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(filepath.Dir(path), "tile.mvt"))
		if err != nil {
			t.Fatal(err)
		}
		tile := Read(b)
		if info.Validity.V2 {
			valid++
		}
		if want, ok := disputed[filepath.Base(filepath.Dir(path))]; ok {
			if len(tile.Problems) != 1 || !strings.Contains(tile.Problems[0].Message, want) {
				t.Errorf("%s: got problems %v, want %q", path, tile.Problems, want)
			}
			continue
		}
		if got := len(tile.Problems) == 0; got != info.Validity.V2 {
			t.Errorf("%s: got problems %v, want valid: %v (%s)", filepath.Base(filepath.Dir(path)), tile.Problems, info.Validity.V2, info.Description)
		}
	}
	if valid != 46 {
		t.Errorf("got %d valid fixtures, want 46", valid)
	}
}

// sample is a tile by our own encoder and the same layer with more of everything wrong.
func sample() []byte {
	b, layer := mvt.BeginLayer(nil, "reports", 0)
	tags := []mvt.Tag{mvt.MakeTag(0, 0), mvt.MakeTag(1, 1)}
	b = mvt.AppendPoint(b, 7, tags, 10, 20)
	b = mvt.AppendPoint(b, 8, tags[:1], 4100, -5)
	b = mvt.AppendKey(b, "状态")
	b = mvt.AppendKey(b, "votes")
	b = mvt.AppendString(b, "open")
	b = mvt.AppendSint(b, -3)
	b = layer.End(b, 4096)
	b, layer = mvt.BeginLayer(b, "reports", 0)
	b = mvt.AppendPoint(b, 7, []mvt.Tag{mvt.MakeTag(5, 0)}, 10, 20)
	return layer.End(b, 0)
}

func TestWrite(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := Read(sample()).Write(&b); err != nil {
		t.Fatal(err)
	}
	testkit.Golden(t, "sample.txt", b.String())
}

// bytesOf puts numbers below 128 together as a message.
func bytesOf(parts ...any) []byte {
	var b []byte
	for _, part := range parts {
		switch v := part.(type) {
		case int:
			b = append(b, byte(v))
		case string:
			b = append(b, v...)
		case []byte:
			b = append(append(b, byte(len(v))), v...)
		}
	}
	return b
}

// layerOf is a tile with one feature of a type and commands.
func layerOf(kind int, commands ...byte) []byte {
	feature := bytesOf(3<<3, kind, 4<<3|2, commands)
	return bytesOf(3<<3|2, bytesOf(1<<3|2, []byte("l"), 2<<3|2, feature, 15<<3, 2))
}

func TestProblems(t *testing.T) {
	t.Parallel()
	good := bytesOf(1<<3|2, []byte("l"), 15<<3, 2)
	for _, c := range []struct {
		name string
		tile []byte
		want string // part of the only problem; "" for none
	}{
		{"empty", nil, ""},
		{"no protobuf", []byte("\xff\xff"), "no protobuf: at byte 1 of 2"},
		{"length", bytesOf(3<<3|2, 100), "length beyond the end"},
		{"wire type", bytesOf(3<<3 | 4), "wire type 4"},
		{"field of a tile", bytesOf(9<<3, 1), "a field 9"},
		{"layer of a kind", bytesOf(3<<3, 1), "not a message"},
		{"field of a layer", bytesOf(3<<3|2, bytesOf(string(good), 6<<3, 1)), "the layer has a field 6"},
		{"extent", bytesOf(3<<3|2, bytesOf(string(good), 5<<3, 0)), "the extent is 0"},
		{"version", bytesOf(3<<3|2, bytesOf(1<<3|2, []byte("l"), 15<<3, 3)), "the version is 3, not 2"},
		{"value", bytesOf(3<<3|2, bytesOf(string(good), 4<<3|2, bytesOf(7<<3, 1, 7<<3, 1))), "2 fields, not one"},
		{"empty value", bytesOf(3<<3|2, bytesOf(string(good), 4<<3|2, []byte{})), "0 fields, not one"},
		{"key", bytesOf(3<<3|2, bytesOf(string(good), 3<<3|2, []byte("\xff"))), "a key is not UTF-8"},
		{"key twice", bytesOf(3<<3|2, bytesOf(string(good), 3<<3|2, []byte("k"), 4<<3|2, bytesOf(7<<3, 1),
			2<<3|2, bytesOf(3<<3, 1, 4<<3|2, []byte{9, 2, 2}, 2<<3|2, []byte{0, 0, 0, 0}))), "the same key twice"},
		{"point", layerOf(1, 9, 2, 2), ""},
		{"point and more", layerOf(1, 9, 2, 2, 9, 2, 2), "something follows"},
		{"no positions", layerOf(1, 1), "at least one position"},
		{"line", layerOf(2, 9, 2, 2, 10, 2, 2), ""},
		{"line of one point", layerOf(2, 9, 2, 2), "ends behind its MoveTo"},
		{"two lines", layerOf(2, 9, 2, 2, 10, 2, 2, 9, 2, 2, 10, 2, 2), ""},
		{"still", layerOf(2, 9, 2, 2, 10, 0, 0), "does not move"},
		{"ring", layerOf(3, 9, 0, 0, 18, 8, 0, 0, 8, 15), ""},
		{"ring the wrong way", layerOf(3, 9, 0, 0, 18, 0, 8, 8, 0, 15), "the wrong way"},
		{"ring without area", layerOf(3, 9, 0, 0, 18, 8, 0, 8, 0, 15), "no area"},
		{"hole", layerOf(3, 9, 0, 0, 26, 20, 0, 0, 20, 19, 0, 15, 9, 2, 17, 18, 0, 4, 4, 0, 15), ""},
		{"open ring", layerOf(3, 9, 0, 0, 18, 8, 0, 0, 8), "not closed"},
		{"ring of two points", layerOf(3, 9, 0, 0, 10, 8, 0, 15), "a LineTo of at least 2"},
		{"empty geometry", layerOf(1), "is empty"},
	} {
		tile := Read(c.tile)
		switch {
		case c.want == "" && len(tile.Problems) > 0:
			t.Errorf("%s: got %v, want no problem", c.name, tile.Problems)
		case c.want != "" && (len(tile.Problems) != 1 || !strings.Contains(tile.Problems[0].String(), c.want)):
			t.Errorf("%s: got %v, want one with %q", c.name, tile.Problems, c.want)
		}
	}
	if tile := Read(make([]byte, MaxBytes+1)); len(tile.Problems) != 1 || len(tile.Layers) != 0 {
		t.Errorf("got %v, want a problem with the size", tile.Problems)
	}
	// Many different problems: a few are kept.
	var many []byte
	for i := range 2000 {
		many = append(many, bytesOf(3<<3|2, bytesOf(1<<3|2, []byte{'a' + byte(i%26), 'a' + byte(i/26%26), 'a' + byte(i/676)}))...)
	}
	if tile := Read(many); len(tile.Problems) != maxProblems || tile.MoreProblems != 1900 || tile.MoreLayers != 1000 {
		t.Errorf("got %d problems and %d more, %d more layers", len(tile.Problems), tile.MoreProblems, tile.MoreLayers)
	}
}

// compare holds what a tile is made of against orb's decoder.
func compare(t *testing.T, name string, b []byte) (features int) {
	t.Helper()
	tile := Read(b)
	want, err := orbmvt.Unmarshal(b)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if len(want) != len(tile.Layers) {
		t.Fatalf("%s: got %d layers, want %d", name, len(tile.Layers), len(want))
	}
	for i, l := range tile.Layers {
		w := want[i]
		vertices, tags, got := 0, 0, 0
		for _, f := range w.Features {
			vertices += positions(f.Geometry)
			tags += len(f.Properties)
		}
		for _, k := range l.Keys {
			got += k.Features
		}
		// orb's map has a key once where the tile has it in two entries of the table.
		if l.Name != w.Name || l.Extent != uint64(w.Extent) || l.Features != len(w.Features) || l.Vertices != vertices || got < tags {
			t.Errorf("%s: got %+v with %d tags, want layer %s of %d features, %d vertices, %d tags", name, l, got, w.Name, len(w.Features), vertices, tags)
		}
		features += l.Features
	}
	return features
}

// positions counts as a tile does: a ring's first position once.
func positions(g orb.Geometry) int {
	n := len(testkit.Positions(g))
	switch g := g.(type) {
	case orb.Polygon:
		n -= len(g)
	case orb.MultiPolygon:
		for _, part := range g {
			n -= len(part)
		}
	}
	return n
}

func TestAgreesWithOrb(t *testing.T) {
	t.Parallel()
	if n := compare(t, "own", sampleGood()); n != 2 {
		t.Errorf("got %d features, want 2", n)
	}
}

// sampleGood is the first layer of sample.
func sampleGood() []byte {
	b := sample()
	m := message{b: b}
	if _, err := m.next(); err != nil {
		panic(err)
	}
	return b[:m.i]
}

// TestRealTiles takes real tiles apart and compares with orb.
func TestRealTiles(t *testing.T) {
	t.Parallel()
	for folder, want := range map[string]int{"sanfrancisco": 15_520, "chicago": 16_507} {
		paths, err := filepath.Glob(filepath.Join(testkit.Data(t, "tiles-fixtures/mvt-fixtures/real-world", folder), "*.mvt"))
		if err != nil || len(paths) == 0 {
			t.Fatalf("no tiles in %s, %v", folder, err)
		}
		features := 0
		for _, path := range paths {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			features += compare(t, path, b)
		}
		if features != want {
			t.Errorf("%s: got %d features, want %d", folder, features, want)
		}
	}
}

// FuzzRead takes any bytes apart: the parts are no larger than the whole, and the JSON is JSON.
func FuzzRead(f *testing.F) {
	f.Add([]byte{})
	f.Add(sample())
	f.Add(layerOf(3, 9, 0, 0, 18, 8, 0, 0, 8, 15))
	f.Add(layerOf(1, 0xff, 0xff, 0xff, 0x7f, 2))
	f.Fuzz(func(t *testing.T, b []byte) {
		tile := Read(b)
		total := 0
		for _, l := range tile.Layers {
			parts := l.Bytes.Features + l.Bytes.Keys + l.Bytes.Values
			if parts > l.Bytes.Total || l.Bytes.Geometries+l.Bytes.Tags > l.Bytes.Features {
				t.Fatalf("parts of %+v are more than the whole", l.Bytes)
			}
			total += l.Bytes.Total
		}
		if total > len(b) || len(tile.Problems) > maxProblems {
			t.Fatalf("%d bytes of layers in %d, %d problems", total, len(b), len(tile.Problems))
		}
		if _, err := json.Marshal(tile); err != nil {
			t.Fatal(err)
		}
		if err := tile.Write(&bytes.Buffer{}); err != nil {
			t.Fatal(err)
		}
		if len(tile.Problems) == 0 && len(tile.Layers) > 0 {
			if _, err := orbmvt.Unmarshal(b); err != nil && !strings.Contains(err.Error(), "geometry") {
				t.Fatalf("no problem is found and orb says %v", err)
			}
		}
	})
}
