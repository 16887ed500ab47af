package record

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/paulmach/orb"
	"go.uber.org/goleak"

	"hutong/layers"
	"hutong/layers/column"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// schemas returns a layer with a field of each kind and one with none.
func schemas() map[layers.Name]*layers.Schema {
	return map[layers.Name]*layers.Schema{
		"all": {Name: "all", Fields: []layers.Field{
			{Name: "string", Kind: column.String},
			{Name: "int", Kind: column.Int},
			{Name: "float", Kind: column.Float},
			{Name: "bool", Kind: column.Bool},
			{Name: "time", Kind: column.Time},
		}},
		"bare": {Name: "bare"},
	}
}

// differ compares batches bit for bit; no values and an empty list of them are one.
func differ(want, got []Batch) string {
	return cmp.Diff(want, got, cmpopts.EquateEmpty(), cmp.Comparer(func(a, b column.Value) bool {
		return a.Kind() == b.Kind() && a.Int() == b.Int() && a.Text() == b.Text()
	}))
}

func section(t testing.TB, batches ...Batch) []byte {
	t.Helper()
	b, err := AppendSection(nil, schemas(), batches)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func upsert(id string, g orb.Geometry, values ...column.Value) layers.Change {
	return layers.Change{Feature: layers.Feature{ID: layers.FeatureID(id), Geometry: g, Values: values}}
}

func batch(source string, layer layers.Name, changes ...layers.Change) Batch {
	return Batch{Source: source, Batch: layers.Batch{Layer: layer, Changes: changes}}
}

// examples has every kind of batch, change, geometry and value.
func examples() map[string][]Batch {
	ring := orb.Ring{{116.1, 39.1}, {116.2, 39.1}, {116.2, 39.2}, {116.1, 39.1}}
	hole := orb.Ring{{116.15, 39.12}, {116.16, 39.13}, {116.16, 39.12}, {116.15, 39.12}}
	str, null := column.StringOf, column.Value{}
	plain := batch("hotline", "all", upsert("7", orb.Point{116.3913165, 39.9075}, str("noise"), column.IntOf(-1),
		column.FloatOf(2.5), column.BoolOf(true), column.MicrosOf(1_790_000_000_123_456)))
	plain.Received = 1_790_000_000_500_000
	snapshot := batch("registry", "bare", upsert("a", orb.Point{0.5, -0.5}), layers.Change{Op: layers.Delete, Feature: layers.Feature{ID: "b"}})
	snapshot.Snapshot, snapshot.Received = true, -1
	erasure := batch("erase", "all", layers.Change{Op: layers.Erase, Feature: layers.Feature{
		ID: "9", Values: []column.Value{null, null, null, null, column.MicrosOf(5)},
	}})
	erasure.Salt = layers.Salt{0: 1, 15: 0xff}
	var ints, floats []layers.Change
	for _, i := range []int64{0, 1, -1, 1 << 53, 1<<53 + 1, -(1<<53 + 1), math.MaxInt64, math.MinInt64} {
		ints = append(ints, upsert(fmt.Sprint("i", i), nil, null, column.IntOf(i)))
	}
	for _, f := range []float64{0, math.Copysign(0, -1), math.MaxFloat64, math.SmallestNonzeroFloat64, math.Inf(-1)} {
		floats = append(floats, upsert(fmt.Sprint("f", f), nil, null, null, column.FloatOf(f)))
	}
	return map[string][]Batch{
		"nothing":          nil,
		"no changes":       {batch("s", "all")},
		"one of each kind": {plain},
		"several layers":   {plain, snapshot, plain},
		"snapshot":         {snapshot},
		"erasure":          {erasure, plain},
		"null, empty and absent": {batch("", "all",
			upsert("null", nil, null, null, null, null, null), upsert("empty", nil, str(""), column.IntOf(0), column.FloatOf(0), column.BoolOf(false), column.MicrosOf(0)),
			upsert("absent", nil), upsert("one", nil, str("x")), upsert("last", nil, null, null, null, null, column.MicrosOf(-1)))},
		"delete with a time": {batch("s", "all", layers.Change{Op: layers.Delete, Feature: layers.Feature{
			ID: "9", Values: []column.Value{null, null, null, null, column.MicrosOf(5)},
		}})},
		"ints":   {batch("s", "all", ints...)},
		"floats": {batch("s", "all", floats...)},
		"texts":  {batch("s", "all", upsert("胡同", nil, str("a\x00b")), upsert("x", nil, str(strings.Repeat("é", 500))))},
		"times": {batch("s", "all", upsert("1", nil, null, null, null, null, column.MicrosOf(math.MinInt64)),
			upsert("2", nil, null, null, null, null, column.MicrosOf(1_000_000)), upsert("3", nil, null, null, null, null, column.MicrosOf(1_000_001)))},
		"geometries": {batch("s", "bare",
			upsert("none", nil), upsert("point", orb.Point{1, 2}), upsert("empty", orb.MultiPoint{}), upsert("points", orb.MultiPoint{{1, 2}, {3, 4}}),
			upsert("line", orb.LineString{{1, 2}, {3, 4}}), upsert("lines", orb.MultiLineString{{{1, 2}, {3, 4}}, {}}),
			upsert("polygon", orb.Polygon{ring, hole}), upsert("polygons", orb.MultiPolygon{{ring, hole}, {ring}}),
			upsert("collection", orb.Collection{orb.Point{1, 2}, orb.LineString{{1, 2}, {3, 4}}}))},
	}
}

// random returns batches of any shape.
func random(rng *rand.Rand) []Batch {
	var out []Batch
	names := []layers.Name{"all", "bare"}
	for range rng.IntN(4) {
		b := batch(fmt.Sprint("source", rng.IntN(3)), names[rng.IntN(2)])
		b.Received, b.Snapshot = int64(rng.Uint64()), rng.IntN(2) == 0
		if rng.IntN(3) == 0 {
			b.Salt = layers.Salt{byte(1 + rng.IntN(255)), 5: byte(rng.IntN(256))}
		}
		for range rng.IntN(20) {
			b.Changes = append(b.Changes, randomChange(rng, len(schemas()[b.Layer].Fields)))
		}
		out = append(out, b)
	}
	return out
}

func randomChange(rng *rand.Rand, fields int) layers.Change {
	c := layers.Change{Op: layers.Op(rng.IntN(3)), Feature: layers.Feature{ID: layers.FeatureID(strconv.Itoa(rng.IntN(1000)))}}
	switch rng.IntN(3) {
	case 0:
		c.Feature.Geometry = orb.Point{rng.Float64(), rng.Float64()}
	case 1:
		line := make(orb.LineString, rng.IntN(5))
		for i := range line {
			line[i] = orb.Point{rng.NormFloat64(), rng.NormFloat64()}
		}
		c.Feature.Geometry = line
	}
	kinds := []column.Value{
		column.StringOf(strings.Repeat("x", rng.IntN(5))), column.IntOf(int64(rng.Uint64())),
		column.FloatOf(math.Float64frombits(rng.Uint64())), column.BoolOf(rng.IntN(2) == 0), column.MicrosOf(int64(rng.Uint64())),
	}
	if fields > 0 {
		for i := range rng.IntN(len(kinds) + 1) {
			v := kinds[i]
			if rng.IntN(3) == 0 {
				v = column.Value{}
			}
			c.Feature.Values = append(c.Feature.Values, v)
		}
	}
	return c
}

// whole returns the message of sections.
func whole(sections ...[]byte) []byte { return (&Message{}).Append(nil, bytes.Join(sections, nil)) }
