package checkpoint

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"
	"go.uber.org/goleak"

	"hutong/layers"
	"hutong/layers/column"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testTime is the clock of the tests.
var testTime = time.Date(2026, 3, 1, 8, 30, 0, 123_000_000, time.UTC)

// open opens a folder's checkpoints with the clock of the tests.
func open(t testing.TB, folder string, o Options) *Store {
	t.Helper()
	o.now = func() time.Time { return testTime }
	s, err := Open(folder, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// newFolder returns a folder that does not exist yet.
func newFolder(t testing.TB) string { return filepath.Join(t.TempDir(), "checkpoints") }

func newLayer(t testing.TB, schema *layers.Schema) *layers.Layer {
	t.Helper()
	l, err := layers.New(schema, layers.Options{MinRows: 4, MaxRows: 16})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// casesSchema has fields of all kinds, private ones, and names that a file wants for itself.
func casesSchema(name layers.Name) *layers.Schema {
	return &layers.Schema{
		Name: name,
		Fields: []layers.Field{
			{Name: "title", Kind: column.String},
			{Name: "votes", Kind: column.Int},
			{Name: "score", Kind: column.Float},
			{Name: "urgent", Kind: column.Bool},
			{Name: "reported", Kind: column.Time},
			{Name: "phone", Kind: column.String, Private: true},
			{Name: "id", Kind: column.String},
			{Name: "ID", Kind: column.Int},
			{Name: "geometry", Kind: column.String},
			{Name: "胡同 name, \"quoted\"", Kind: column.String},
		},
		Observed: "reported", Version: "votes",
	}
}

// cases are the features that a checkpoint must bring back to the bit, by what is special about them.
func cases() []layers.Feature {
	ring := orb.Ring{{116, 39}, {117, 39}, {117, 40}, {116, 40}, {116, 39}}
	hole := orb.Ring{{116.2, 39.2}, {116.2, 39.4}, {116.4, 39.4}, {116.2, 39.2}}
	far := orb.Ring{{10, 10}, {10.5, 10}, {10.5, 10.5}, {10, 10}}
	null := column.Value{}
	day := time.Date(2016, 8, 3, 20, 47, 11, 0, time.UTC)
	var all []layers.Feature
	add := func(name string, g orb.Geometry, values ...column.Value) {
		all = append(all, layers.Feature{ID: layers.FeatureID(name), Geometry: g, Values: values})
	}
	add("no geometry", nil)
	add("empty multipoint", orb.MultiPoint{})
	add("empty line", orb.LineString{})
	add("empty polygon", orb.Polygon{})
	add("point", orb.Point{116.4, 39.9})
	add("same point", orb.Point{116.4, 39.9})
	add("antimeridian east", orb.Point{180, 0})
	add("antimeridian west", orb.Point{-180, 0})
	add("northern limit", orb.Point{0, 85.0511287})
	add("southern limit", orb.Point{179.9999999, -85.0511287})
	add("multipoint", orb.MultiPoint{{1, 2}, {3, 4}, {1, 2}})
	add("multipoint of one", orb.MultiPoint{{1, 2}})
	add("line", orb.LineString{{116, 39}, {116.1, 39.1}, {116.2, 39.05}})
	add("multiline", orb.MultiLineString{{{116, 39}, {116.1, 39.1}}, {{117, 39}, {117.1, 39.1}, {117.2, 39}}})
	add("multiline of one", orb.MultiLineString{{{116, 39}, {116.1, 39.1}}})
	add("polygon", orb.Polygon{ring})
	add("polygon with a hole", orb.Polygon{ring, hole})
	add("multipolygon", orb.MultiPolygon{{ring, hole}, {far}})
	add("multipolygon of one", orb.MultiPolygon{{far}})
	add("the world", orb.Polygon{{{-180, -85}, {180, -85}, {180, 85}, {-180, 85}, {-180, -85}}})
	add("text null", nil, null)
	add("text empty", nil, column.StringOf(""))
	add("values absent", orb.Point{1, 1})
	add("values null", orb.Point{1, 1}, null, null, null, null, null, null, null, null, null, null)
	for _, n := range []int64{math.MaxInt64, math.MinInt64, 1<<53 + 1, -1<<53 - 1, 0} {
		add(fmt.Sprintf("int %d", n), orb.Point{2, 2}, null, column.IntOf(n))
	}
	for _, f := range []float64{math.MaxFloat64, math.SmallestNonzeroFloat64, math.Copysign(0, -1), 0, 0.1, -1e-300} {
		add(fmt.Sprintf("float %g", f), orb.Point{3, 3}, null, null, column.FloatOf(f))
	}
	add("true", nil, null, null, null, column.BoolOf(true))
	add("false", nil, null, null, null, column.BoolOf(false))
	for i, at := range []time.Time{day, day.Add(time.Microsecond), day.Add(500 * time.Millisecond), time.UnixMicro(-1), time.UnixMicro(math.MaxInt64), time.UnixMicro(math.MinInt64)} {
		add(fmt.Sprintf("time %d", i), orb.Point{4, 4}, null, null, null, null, column.TimeOf(at))
	}
	add("all", orb.Point{5, 5}, column.StringOf("胡同\x00\n"), column.IntOf(1), column.FloatOf(2), column.BoolOf(true), column.TimeOf(day),
		column.StringOf("+86 10 1234"), column.StringOf("an id"), column.IntOf(7), column.StringOf("POINT (0 0)"), column.StringOf(strings.Repeat("长", 1000)))
	add("42", orb.Point{6, 6}) // its number is itself
	add("007", orb.Point{6, 6})
	clash, _ := layers.FeatureID("point").Number() // two ids that share a number
	add(strconv.FormatUint(clash, 10), orb.Point{6, 6})
	add(strings.Repeat("i", layers.MaxID), nil)
	return all
}

// pointOf is a place that many i share with few.
func pointOf(i int) orb.Point {
	return orb.Point{116 + float64(i%997)/997, 39.5 + float64(i%1009)/1009}
}

// square is a district whose neighbours share its corners.
func square(lon, lat float64) orb.Polygon {
	return orb.Polygon{{{lon, lat}, {lon + 1, lat}, {lon + 1, lat + 1}, {lon, lat + 1}, {lon, lat}}}
}

// fill applies features to a layer as the state with a sequence.
func fill(t testing.TB, l *layers.Layer, seq layers.Seq, features ...layers.Feature) {
	t.Helper()
	b := layers.Batch{Layer: l.Name(), Seq: seq}
	for _, f := range features {
		b.Changes = append(b.Changes, layers.Change{Feature: f})
	}
	if _, err := l.Apply(b); err != nil {
		t.Fatal(err)
	}
}

// content is the states of layers as a checkpoint.
func content(seq layers.Seq, all ...*layers.Layer) Content {
	c := Content{Seq: seq, Epoch: "first"}
	for _, l := range all {
		c.Layers = append(c.Layers, layers.State{Snapshot: l.Snapshot()})
	}
	return c
}

func write(t testing.TB, s *Store, c Content) Info {
	t.Helper()
	info, err := s.Write(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func load(t testing.TB, s *Store, into ...*layers.Layer) Loaded {
	t.Helper()
	got, err := s.Load(context.Background(), into)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// dump lists all that can be seen of a snapshot, a line a feature, floats and vertices to the bit.
func dump(s *layers.Snapshot) string {
	var out strings.Builder
	fmt.Fprintf(&out, "layer %s, state %d, %d features, box %v\n", s.Schema().Name, s.Seq(), s.Count(), s.Box())
	for _, f := range s.Schema().Fields {
		fmt.Fprintf(&out, "  field %q %s\n", f.Name, f.Kind)
	}
	for b := range s.All() {
		for row := range b.Len() {
			fmt.Fprintf(&out, "%q shown %v", b.ID(row), b.Shown(row))
			switch shapes := b.Shapes(); {
			case shapes != nil:
				from, to := shapes.Vertices(row)
				first, last := shapes.Parts[row], shapes.Parts[row+1]
				ends := slices.Clone(shapes.Ends[first:last])
				for i := range ends {
					ends[i] -= uint32(from)
				}
				fmt.Fprintf(&out, " kind %d ends %v x %v y %v details %v area %x clean %b box %v", shapes.Kinds[row], ends,
					shapes.X[from:to], shapes.Y[from:to], shapes.Details[from:to], shapes.Areas[row], shapes.Clean[row], shapes.Box(row))
			case b.X() != nil:
				fmt.Fprintf(&out, " point %v", b.Point(row))
			}
			for _, c := range b.Columns() {
				if v := c.Value(row); v.Kind() == column.Float {
					fmt.Fprintf(&out, " %x", math.Float64bits(v.Float()))
				} else if v.Kind() == column.Time {
					fmt.Fprintf(&out, " time %d", v.Micros())
				} else {
					fmt.Fprintf(&out, " %v", v)
				}
			}
			out.WriteByte('\n')
		}
	}
	return out.String()
}
