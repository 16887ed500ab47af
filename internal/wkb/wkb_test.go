package wkb

import (
	"bytes"
	"encoding/hex"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
	oracle "github.com/paulmach/orb/encoding/wkb"

	"hutong/internal/testkit"
)

var ring = orb.Ring{{0, 0}, {4, 0}, {4, 4}, {0, 0}}

// geometries has one of every type, and the empty ones.
func geometries() []orb.Geometry {
	hole := orb.Ring{{1, 1}, {2, 2}, {2, 1}, {1, 1}}
	return []orb.Geometry{
		orb.Point{-77.0611919417, 38.9233287617},
		orb.MultiPoint{{1, 2}, {3, 4}},
		orb.LineString{{1, 2}, {3, 4}, {5, 6}},
		orb.MultiLineString{{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}},
		orb.Polygon{ring, hole},
		orb.MultiPolygon{{ring, hole}, {ring}},
		orb.Collection{orb.Point{1, 2}, orb.LineString{{1, 2}, {3, 4}}, orb.Collection{orb.MultiPoint{{1, 2}}}},
		orb.MultiPoint{},
		orb.LineString{},
		orb.MultiLineString{},
		orb.Polygon{},
		orb.MultiPolygon{},
		orb.Collection{},
	}
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	for _, g := range geometries() {
		b, err := Append([]byte("x"), g)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(b[1:])
		if diff := cmp.Diff(g, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", g.GeoJSONType(), err, diff)
		}
		want, err := oracle.Marshal(g)
		if err != nil || !bytes.Equal(b[1:], want) {
			t.Errorf("%s: orb writes %x, %v, we %x", g.GeoJSONType(), want, err, b[1:])
		}
		kind, z, err := TypeOf(b[1:])
		if err != nil || z || kind.String() != g.GeoJSONType() {
			t.Errorf("%s: got type %s, %v, %v", g.GeoJSONType(), kind, z, err)
		}
	}
	if _, err := Append(nil, orb.Collection{nil}); err == nil {
		t.Error("a collection with nil in it was written")
	}
	for _, g := range []orb.Geometry{ring, ring.Bound()} {
		b, err := Append(nil, g)
		got, _ := Decode(b)
		if p, ok := got.(orb.Polygon); err != nil || !ok || len(p) != 1 {
			t.Errorf("%s: got %v, %v", g.GeoJSONType(), got, err)
		}
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	const x, y = "000000000000f03f", "0000000000000040" // 1 and 2
	const nan = "000000000000f87f"
	tests := []struct {
		name, hex string
		want      orb.Geometry
		err       string
	}{
		{"little-endian", "0101000000" + x + y, orb.Point{1, 2}, ""},
		{"big-endian", "00000000013ff00000000000004000000000000000", orb.Point{1, 2}, ""},
		{"Z", "01e9030000" + x + y + x, orb.Point{1, 2}, ""},
		{"M", "01d1070000" + x + y + x, orb.Point{1, 2}, ""},
		{"ZM", "01b90b0000" + x + y + x + x, orb.Point{1, 2}, ""},
		{"extended Z", "0101000080" + x + y + x, orb.Point{1, 2}, ""},
		{"extended ZM with SRID", "01010000e0e6100000" + x + y + x + x, orb.Point{1, 2}, ""},
		{"an empty point", "0101000000" + nan + nan, orb.MultiPoint{}, ""},
		{"an empty point in a multi", "01040000000200000001010000 00" + nan + nan + "0101000000" + x + y, orb.MultiPoint{{1, 2}}, ""},
		{"members of another byte order", "010400000001000000" + "00000000013ff00000000000004000000000000000", orb.MultiPoint{{1, 2}}, ""},
		{"nothing", "", nil, "0 bytes where a geometry starts"},
		{"byte order", "0201000000" + x + y, nil, "byte order 2"},
		{"type", "0108000000" + x + y, nil, "no geometry type 8"},
		{"type 0", "0100000000" + x + y, nil, "no geometry type 0"},
		{"a code beyond ISO", "01a10f0000" + x + y, nil, "no geometry type 4001"},
		{"cut off", "0101000000" + x, nil, "at byte 6: the point is cut off"},
		{"more behind", "0101000000" + x + y + "00", nil, "at byte 22: 1 bytes behind the geometry"},
		{"a lying count", "0102000000ffffffff" + x + y, nil, "a count of 4294967295, for which 16 bytes are too few"},
		{"no count", "01020000000100", nil, "a count is cut off"},
		{"a line among points", "0104000000010000000102000000" + "00000000" + x, nil, "a LineString where only a Point may be"},
		{"a lying ring", "01030000000100000005000000" + x + y, nil, "a count of 5"},
		{"no SRID", "0101000020", nil, "the reference system is cut off"},
		{"deep", strings.Repeat("010700000001000000", 20), nil, "nested more than 16 deep"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b, err := hex.DecodeString(strings.ReplaceAll(tt.hex, " ", ""))
			if err != nil {
				t.Fatal(err)
			}
			got, err := Decode(b)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
				t.Errorf("got %v, want %q", err, tt.err)
			}
		})
	}
}

// A broken count must not take memory: the whole of these is a few dozen bytes.
func TestDecodeTakesNoMemoryForCounts(t *testing.T) {
	for _, s := range []string{"0102000000ffffff7f", "0103000000ffffff7f", "0104000000ffffff7f", "0107000000ffffff7f"} {
		b, err := hex.DecodeString(s + strings.Repeat("00", 32))
		if err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(10, func() { _, _ = Decode(b) }); n > 10 {
			t.Errorf("%s: %v allocations", s, n)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, g := range geometries() {
		b, err := Append(nil, g)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		f.Add(b[:len(b)-1])
	}
	f.Add([]byte("\x00\x00\x00\x03\xe9"))
	nan, err := Append(nil, orb.LineString{{1, math.NaN()}, {math.Inf(1), 0}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(nan)
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := Decode(b)
		if err != nil {
			if g != nil || !strings.HasPrefix(err.Error(), "wkb: at byte ") {
				t.Fatalf("%v with error %v", g, err)
			}
			return
		}
		if size := len(testkit.Positions(g)); size > len(b)/16 {
			t.Fatalf("%d positions of %d bytes", size, len(b))
		}
		written, err := Append(nil, g)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Decode(written)
		if err != nil {
			t.Fatal(err)
		}
		// By bytes, for what is not a number differs from itself.
		if rewritten, err := Append(nil, again); err != nil || !bytes.Equal(written, rewritten) {
			t.Fatalf("%x became %x, %v", written, rewritten, err)
		}
	})
}
