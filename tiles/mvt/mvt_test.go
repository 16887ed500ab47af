package mvt

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
	orbmvt "github.com/paulmach/orb/encoding/mvt"
)

func TestVarint(t *testing.T) {
	t.Parallel()
	values := []uint64{0, 1, 127, 128, 300, math.MaxUint32, 1<<53 - 1, math.MaxUint64}
	for shift := range 64 {
		values = append(values, 1<<shift, 1<<shift-1, 1<<shift+1)
	}
	for _, v := range values {
		got, want := AppendVarint(nil, v), binary.AppendUvarint(nil, v)
		if !bytes.Equal(got, want) || SizeVarint(v) != len(want) {
			t.Errorf("%d: got % x of size %d, want % x", v, got, SizeVarint(v), want)
		}
		if v >= 1<<56 {
			continue
		}
		spread, n := spread(v)
		got = binary.LittleEndian.AppendUint64(nil, spread)
		if n != len(want) || !bytes.Equal(got[:n], want) || spread>>(8*n&63) != 0 && n < 8 {
			t.Errorf("spread(%d): got % x, %d, want % x", v, got, n, want)
		}
	}
}

func TestZigzag(t *testing.T) {
	t.Parallel()
	// The examples of the protobuf documentation.
	for v, want := range map[int64]uint64{
		0: 0, -1: 1, 1: 2, -2: 3, math.MaxInt32: 4294967294, math.MinInt32: 4294967295,
		math.MaxInt64: math.MaxUint64 - 1, math.MinInt64: math.MaxUint64,
	} {
		if got := Zigzag(v); got != want {
			t.Errorf("Zigzag(%d): got %d, want %d", v, got, want)
		}
	}
}

func TestTag(t *testing.T) {
	t.Parallel()
	for _, key := range []uint32{0, 1, 127, 128, 300, MaxKey} {
		for _, value := range []uint32{0, 1, 127, 128, 300, 1<<14 - 1, 1 << 14, 1<<21 - 1, 1 << 21, MaxValue} {
			tag := MakeTag(key, value)
			want := AppendVarint(AppendVarint(nil, uint64(key)), uint64(value))
			got := binary.LittleEndian.AppendUint64(nil, uint64(tag))
			if tag.Len() != len(want) || !bytes.Equal(got[:tag.Len()], want) || tag.Value() != value {
				t.Errorf("MakeTag(%d, %d): got % x of %d bytes with value %d, want % x", key, value, got, tag.Len(), tag.Value(), want)
			}
		}
	}
}

// TestBytes holds the bytes of one small tile, written out by hand from the specification.
func TestBytes(t *testing.T) {
	t.Parallel()
	dst, layer := BeginLayer(nil, "pts", 0)
	dst = AppendPoint(dst, 300, []Tag{MakeTag(0, 0), 0, MakeTag(1, 1)}, 25, 17)
	dst = AppendPoint(dst, NoID, nil, -1, 4096)
	dst = AppendKey(dst, "a")
	dst = AppendKey(dst, "b")
	dst = AppendString(dst, "x")
	dst = AppendSint(dst, -1)
	dst = layer.End(dst, 4096)
	want := strings.Join([]string{
		"1a 35",             // layer of 53 bytes
		"78 02",             // version 2
		"0a 03 70 74 73",    // name
		"12 10",             // feature
		"08 ac 02",          // id 300
		"12 04 00 00 01 01", // tags
		"18 01",             // point
		"22 03 09 32 22",    // MoveTo(25, 17), the specification's example
		"12 08 18 01 22 04 09 01 80 40",
		"1a 01 61", "1a 01 62",
		"22 03 0a 01 78",
		"22 02 30 01",
		"28 80 20", // extent 4096
	}, " ")
	raw, err := hex.DecodeString(strings.ReplaceAll(want, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(dst, raw) {
		t.Errorf("got  % x\nwant % x", dst, raw)
	}
}

func TestLayerPrefix(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 50, 118, 119, 120, 16370, 16380, 16390, 70000} {
		for _, hint := range []int{-5, 0, 119, 5000, 16400, 1 << 22} {
			start := []byte("before")
			dst, layer := BeginLayer(bytes.Clone(start), "n", hint)
			keys := 0
			for len(dst) < size {
				dst = AppendKey(dst, "k")
				keys++
			}
			dst = layer.End(dst, 256)
			if !bytes.HasPrefix(dst, start) {
				t.Fatalf("size %d, hint %d: what stood before the layer changed", size, hint)
			}
			body, n := binary.Uvarint(dst[len(start)+1:])
			if n != SizeVarint(body) || len(dst) != len(start)+1+n+int(body) {
				t.Fatalf("size %d, hint %d: prefix says %d in %d bytes, the layer has %d", size, hint, body, n, len(dst)-len(start)-1-n)
			}
			keys = bytes.Count(dst, []byte{layerKey, 1, 'k'})
			if got := bytes.Count(dst, []byte{layerKey, 1, 'k'}); got != keys {
				t.Errorf("size %d, hint %d: %d keys survived, want %d", size, hint, got, keys)
			}
			if over := len(dst) - len(start) - 3*keys; over > SizeLayer("n", 256) {
				t.Errorf("size %d: the frame takes %d bytes, more than SizeLayer's %d", size, over, SizeLayer("n", 256))
			}
		}
	}
}

func TestSizes(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 63, 120, 124, 125, 126, 127, 128, 5000, 16380, 1 << 20} {
		s := strings.Repeat("x", n)
		if got, want := SizeString(n), len(AppendString(nil, s)); got != want {
			t.Errorf("SizeString(%d): got %d, want %d", n, got, want)
		}
		if got, want := SizeKey(n), len(AppendKey(nil, s)); got != want {
			t.Errorf("SizeKey(%d): got %d, want %d", n, got, want)
		}
	}
	if got := len(AppendDouble(nil, 1)); got != SizeDouble {
		t.Errorf("a double: got %d bytes, want %d", got, SizeDouble)
	}
	if got := len(AppendBool(nil, true)); got != SizeBool {
		t.Errorf("a bool: got %d bytes, want %d", got, SizeBool)
	}
	if got := max(len(AppendUint(nil, math.MaxUint64)), len(AppendSint(nil, math.MinInt64))); got != MaxNumber {
		t.Errorf("the longest number: got %d bytes, want %d", got, MaxNumber)
	}
	for tags := range 60 {
		list := make([]Tag, tags)
		bytes := 0
		for i := range list {
			list[i] = MakeTag(MaxKey, MaxValue)
			bytes += list[i].Len()
		}
		for _, reach := range []int32{63, 64, 8191, 8192, 10240} {
			got := len(AppendPoint(nil, 1<<53-1, list, -reach, reach))
			if want := SizePoint(53, bytes, reach); got > want || got < want-2 {
				t.Errorf("%d tags, reach %d: got %d bytes, want at most %d", tags, reach, got, want)
			}
			if n := len(AppendPoint(nil, NoID-1, list, math.MinInt32, math.MaxInt32)); n > MaxPoint(tags) {
				t.Errorf("%d tags: %d bytes are more than MaxPoint", tags, n)
			}
		}
	}
}

func TestAppendPointAllocates(t *testing.T) {
	tags := []Tag{MakeTag(0, 3), MakeTag(1, 200), MakeTag(2, 70000)}
	buf := make([]byte, 0, MaxPoint(len(tags)))
	got := testing.AllocsPerRun(100, func() { buf = AppendPoint(buf[:0], 1<<52, tags, 4000, 17) })
	if got != 0 {
		t.Errorf("got %v allocations, want 0", got)
	}
}

// feature is what a tile should say of a point, with the types that orb's decoder gives.
type feature struct {
	ID         any
	Properties map[string]any
	Point      orb.Point
}

// decode reads the only layer of a tile with orb.
func decode(t *testing.T, tile []byte, name string, extent uint32) []feature {
	t.Helper()
	layers, err := orbmvt.Unmarshal(tile)
	if err != nil {
		t.Fatalf("orb cannot read the tile: %v", err)
	}
	if len(layers) != 1 || layers[0].Name != name || layers[0].Version != Version || layers[0].Extent != extent {
		t.Fatalf("got layers %+v, want one %q of version %d, extent %d", layers, name, Version, extent)
	}
	var got []feature
	for _, f := range layers[0].Features {
		point, ok := f.Geometry.(orb.Point)
		if !ok {
			t.Fatalf("got a %T, want a point", f.Geometry)
		}
		got = append(got, feature{f.ID, f.Properties, point})
	}
	return got
}

// FuzzWriter appends random features and reads them back through orb.
func FuzzWriter(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed, uint8(seed*7), uint8(seed*9), uint8(seed*30), "layer")
	}
	f.Fuzz(func(t *testing.T, seed uint64, keys, values, features uint8, name string) {
		r := rand.New(rand.NewPCG(seed, 1))
		var table []byte
		want := make([]any, 0, values)
		for range values {
			switch r.IntN(5) {
			case 0:
				s := strings.Repeat("值x", r.IntN(90))
				table = AppendString(table, s)
				want = append(want, s)
			case 1:
				v := r.Uint64() >> r.IntN(64)
				table = AppendUint(table, v)
				want = append(want, float64(v))
			case 2:
				v := int64(r.Uint64()) >> r.IntN(64)
				table = AppendSint(table, v)
				want = append(want, float64(v))
			case 3:
				v := r.NormFloat64() * math.Exp2(float64(r.IntN(200)-100))
				table = AppendDouble(table, v)
				want = append(want, v)
			case 4:
				v := r.IntN(2) == 0
				table = AppendBool(table, v)
				want = append(want, v)
			}
		}
		dst, layer := BeginLayer(nil, name, r.IntN(40000))
		var all []feature
		for range features {
			// orb gives ids as float64, so equal ones are asked of 53 bits only.
			one := feature{Point: orb.Point{float64(int32(r.Uint32()) >> r.IntN(32)), float64(int32(r.Uint32()) >> r.IntN(32))}}
			id := r.Uint64() >> (11 + r.IntN(53))
			if r.IntN(4) == 0 {
				id = NoID
			} else {
				one.ID = float64(id)
			}
			var tags []Tag
			for k := range keys {
				if values == 0 || r.IntN(3) == 0 {
					tags = append(tags, 0)
					continue
				}
				v := r.IntN(int(values))
				tags = append(tags, MakeTag(uint32(k), uint32(v)))
				if one.Properties == nil {
					one.Properties = map[string]any{}
				}
				one.Properties[fmt.Sprint("key ", k)] = want[v]
			}
			before := len(dst)
			dst = AppendPoint(dst, id, tags, int32(one.Point[0]), int32(one.Point[1]))
			if n := len(dst) - before; n > MaxPoint(len(tags)) {
				t.Fatalf("a feature of %d bytes is longer than MaxPoint's %d", n, MaxPoint(len(tags)))
			}
			all = append(all, one)
		}
		for k := range keys {
			dst = AppendKey(dst, fmt.Sprint("key ", k))
		}
		dst = layer.End(append(dst, table...), 4096)
		if diff := cmp.Diff(all, decode(t, dst, name, 4096)); diff != "" {
			t.Errorf("seed %d: decoded features differ (-want +got):\n%s", seed, diff)
		}
	})
}

func BenchmarkAppendPoint(b *testing.B) {
	tags := []Tag{MakeTag(0, 3), MakeTag(1, 20), MakeTag(2, 150), MakeTag(3, 160), MakeTag(4, 2000)}
	buf := make([]byte, 0, 1<<16)
	b.ReportAllocs()
	id := uint64(1 << 52)
	for b.Loop() {
		if cap(buf)-len(buf) < 200 {
			buf = buf[:0]
		}
		buf = AppendPoint(buf, id, tags, int32(id>>3&4095), int32(id&4095))
		id += 77777
	}
}
