package geoparquet

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkb"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// row is one row as a test gives and wants it.
type row struct {
	Values []Value
	WKB    []byte // nil for null
	Box    *Box
}

var columns = []Column{{"name", Text}, {"votes", Int}, {"score", Float}, {"open", Bool}, {"at", Time}, {"A long name, with spaces", Text}}

func geometry(t testing.TB, g orb.Geometry) row {
	t.Helper()
	b, err := wkb.Marshal(g)
	if err != nil {
		t.Fatal(err)
	}
	r := row{Values: make([]Value, len(columns)), WKB: b}
	if bound := g.Bound(); !bound.IsEmpty() {
		r.Box = &Box{bound.Min[0], bound.Min[1], bound.Max[0], bound.Max[1]}
	}
	return r
}

// rows has every geometry type, nulls, empty geometries and texts, and the ends of the numbers.
func rows(t testing.TB) []row {
	t.Helper()
	ring := orb.Ring{{0, 0}, {4, 0}, {4, 4}, {0, 0}}
	var all []row
	for _, g := range []orb.Geometry{
		orb.Point{-77.0611919417, 38.9233287617},
		orb.MultiPoint{{1, 2}, {3, 4}},
		orb.LineString{{1, 2}, {3, 4}},
		orb.MultiLineString{{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}},
		orb.Polygon{ring},
		orb.MultiPolygon{{ring}, {ring}},
		orb.Collection{orb.Point{1, 2}},
		orb.MultiPoint{},
		orb.LineString{},
		orb.Polygon{},
	} {
		all = append(all, geometry(t, g))
	}
	all = append(all, row{Values: make([]Value, len(columns))}, row{Values: make([]Value, len(columns))})
	text := func(s string) Value { return Value{Kind: Text, Bytes: []byte(s)} }
	all[0].Values = []Value{
		text(""), {Kind: Int, Int: math.MaxInt64}, {Kind: Float, Float: math.MaxFloat64}, {Kind: Bool, Int: 1}, {Kind: Time, Int: 1470257231000001}, text("胡同"),
	}
	all[1].Values = []Value{
		text("x"), {Kind: Int, Int: math.MinInt64}, {Kind: Float, Float: math.SmallestNonzeroFloat64}, {Kind: Bool}, {Kind: Time, Int: -1}, text(strings.Repeat("x", 5000)),
	}
	all[11].Values = []Value{{}, {Kind: Int}, {Kind: Float, Float: math.Copysign(0, -1)}, {Kind: Bool}, {Kind: Time}, text("")}
	return all
}

func write(t testing.TB, opts Options, all []row) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := NewWriter(&b, opts)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if err := w.Write(r.Values, r.WKB, r.Box); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func open(b []byte) (*Reader, error) { return Open(bytes.NewReader(b), int64(len(b))) }

// read returns all rows, with all columns that can be read in the order of names.
func read(r *Reader, names ...string) ([]row, error) {
	defer r.Close()
	var at []int
	for _, name := range names {
		at = append(at, slices.IndexFunc(r.Columns(), func(c Column) bool { return c.Name == name }))
	}
	if err := r.Select(at); err != nil {
		return nil, err
	}
	var all []row
	for {
		err := r.Next()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		var out row
		for _, i := range at {
			v := r.Value(i)
			v.Bytes = bytes.Clone(v.Bytes)
			out.Values = append(out.Values, v)
		}
		if b, ok := r.Geometry(); ok {
			out.WKB = append([]byte{}, b...)
		}
		all = append(all, out)
	}
}

func names() []string {
	var all []string
	for _, c := range columns {
		all = append(all, c.Name)
	}
	return all
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	want := rows(t)
	for _, opts := range []Options{
		{Columns: columns}, {Columns: columns, Boxes: true, Metadata: map[string]string{"seq": "7", "a": "b"}}, {Columns: columns, GroupRows: 5}, {Columns: columns, GroupRows: 1, Boxes: true},
	} {
		b := write(t, opts, want)
		if again := write(t, opts, want); !bytes.Equal(b, again) {
			t.Error("the same rows give other bytes")
		}
		r, err := open(b)
		if err != nil {
			t.Fatal(err)
		}
		if r.CRS() != crs84 || r.Rows() != int64(len(want)) || len(r.Columns()) != len(columns) {
			t.Errorf("got %v, %d rows, %v", r.CRS(), r.Rows(), r.Columns())
		}
		got, err := read(r, names()...)
		if err != nil {
			t.Fatal(err)
		}
		bare := slices.Clone(want)
		for i := range bare {
			bare[i].Box = nil
		}
		same := cmp.Comparer(func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) })
		empty := cmp.Transformer("text", func(v Value) string {
			return fmt.Sprintf("%d %d %x %q %v", v.Kind, v.Int, math.Float64bits(v.Float), v.Bytes, v.Kind == Null)
		})
		if diff := cmp.Diff(bare, got, same, empty); diff != "" {
			t.Errorf("%+v: %s", opts, diff)
		}
	}
}

func TestMetadataOfWriter(t *testing.T) {
	t.Parallel()
	b := write(t, Options{Columns: columns, Boxes: true, Metadata: map[string]string{"seq": "7"}}, rows(t))
	f, err := parquet.OpenFile(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	got, _ := f.Lookup("geo")
	const want = `{"version":"1.1.0","primary_column":"geometry","columns":{"geometry":{"encoding":"WKB",` +
		`"geometry_types":["GeometryCollection","LineString","MultiLineString","MultiPoint","MultiPolygon","Point","Polygon"],` +
		`"bbox":[-77.0611919417,0,7,38.9233287617],"covering":{"bbox":{"xmin":["bbox","xmin"],"ymin":["bbox","ymin"],"xmax":["bbox","xmax"],"ymax":["bbox","ymax"]}}}}}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if seq, _ := f.Lookup("seq"); seq != "7" {
		t.Errorf("got %q for seq", seq)
	}
	b = write(t, Options{}, nil)
	r, err := open(b)
	if err != nil {
		t.Fatal(err)
	}
	if all, err := read(r); err != nil || len(all) != 0 {
		t.Errorf("an empty file: %v, %v", all, err)
	}
}

func TestWriterRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range [][]Column{{{"geometry", Int}}, {{"", Int}}, {{"a", Int}, {"a", Int}}, {{"a", Nested}}, {{"bbox", Int}}} {
		if _, err := NewWriter(io.Discard, Options{Columns: c}); err == nil {
			t.Errorf("%v: no error", c)
		}
	}
	w, err := NewWriter(io.Discard, Options{Columns: []Column{{"a", Int}}})
	if err != nil {
		t.Fatal(err)
	}
	point := geometry(t, orb.Point{1, 2}).WKB
	for name, err := range map[string]error{
		"no value": w.Write(nil, point, nil), "kind": w.Write([]Value{{Kind: Float}}, point, nil), "no WKB": w.Write([]Value{{}}, []byte("x"), nil),
		"a height": w.Write([]Value{{}}, append([]byte{1, 0xe9, 3, 0, 0}, make([]byte, 24)...), nil),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if err := w.Close(); err == nil {
		t.Error("closed twice without an error")
	}
}

// foreign is a file of another writer: every logical type, nested columns, and points as structures.
type foreign struct {
	Geometry struct {
		X float64 `parquet:"x"`
		Y float64 `parquet:"y"`
	} `parquet:"geometry"`
	I8      int8              `parquet:"i8"`
	U64     uint64            `parquet:"u64"`
	U32     uint32            `parquet:"u32"`
	F32     float32           `parquet:"f32"`
	Bytes   []byte            `parquet:"bytes"`
	Text    *string           `parquet:"text,dict"`
	Date    int32             `parquet:"date,date"`
	Millis  int64             `parquet:"millis,timestamp(millisecond)"`
	Nanos   int64             `parquet:"nanos,timestamp(nanosecond)"`
	Local   int64             `parquet:"local,timestamp(microsecond:local)"`
	Decimal int32             `parquet:"decimal,decimal(2:9)"`
	Big     [9]byte           `parquet:"big,decimal(3:20)"`
	UUID    [16]byte          `parquet:"uuid,uuid"`
	List    []string          `parquet:"list,list"`
	Nested  struct{ A int64 } `parquet:"nested"`
}

func foreignFile(t testing.TB, geo string, rows ...foreign) []byte {
	t.Helper()
	var b bytes.Buffer
	options := []parquet.WriterOption{parquet.Compression(&parquet.Snappy)}
	if geo != "" {
		options = append(options, parquet.KeyValueMetadata("geo", geo))
	}
	w := parquet.NewGenericWriter[foreign](&b, options...)
	if _, err := w.Write(rows); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pointMetadata(more string) string {
	return `{"version":"1.1.0","primary_column":"geometry","columns":{"geometry":{"encoding":"point","geometry_types":["Point"]` + more + `}}}`
}

func TestForeignFile(t *testing.T) {
	t.Parallel()
	text := "x"
	f := foreign{
		I8: -8, U64: math.MaxUint64, U32: math.MaxUint32, F32: 0.5, Bytes: []byte{255}, Text: &text, Date: -1, Millis: 1470257231123, Nanos: -1,
		Local: 1470257231000000, Decimal: -5, UUID: [16]byte{0: 0x12, 15: 0xff}, List: []string{"a"},
	}
	f.Geometry.X, f.Geometry.Y = 116.4, 39.9
	for i := range f.Big {
		f.Big[i] = 0xff // −1
	}
	b := foreignFile(t, pointMetadata(`,"crs":{"name":"Pseudo-Mercator","id":{"authority":"EPSG","code":3857}}`), f, foreign{})
	r, err := open(b)
	if err != nil {
		t.Fatal(err)
	}
	if r.CRS() != (CRS{"EPSG", "3857", "Pseudo-Mercator"}) || r.CRS().String() != "EPSG:3857" {
		t.Errorf("got %v", r.CRS())
	}
	names := []string{"i8", "u64", "u32", "f32", "bytes", "text", "date", "millis", "nanos", "local", "decimal", "big", "uuid"}
	all, err := read(r, names...)
	if err != nil || len(all) != 2 {
		t.Fatalf("%d rows, %v", len(all), err)
	}
	var got []string
	for i, v := range all[0].Values {
		got = append(got, fmt.Sprintf("%s=%q", names[i], v.Append(nil)))
	}
	const want = `i8="-8" u64="18446744073709551615" u32="4294967295" f32="0.5" bytes="\xff" text="x" date="1969-12-31" millis="2016-08-03T20:47:11.123Z" ` +
		`nanos="1969-12-31T23:59:59.999999Z" local="2016-08-03T20:47:11" decimal="-0.05" big="-0.001" uuid="12000000-0000-0000-0000-0000000000ff"`
	if s := strings.Join(got, " "); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
	if g, err := wkb.Unmarshal(all[0].WKB); err != nil || !orb.Equal(g, orb.Point{116.4, 39.9}) {
		t.Errorf("got %v, %v", g, err)
	}
	if all[1].Values[5].Kind != Null {
		t.Errorf("got %v for a null text", all[1].Values[5])
	}
	for _, nested := range []string{"list", "nested"} {
		r, err := open(b)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := read(r, nested); err == nil || !strings.Contains(err.Error(), nested) {
			t.Errorf("%s: got %v", nested, err)
		}
	}
}

func TestDecimals(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		unscaled int64
		scale    int
		want     string
	}{
		{0, 0, "0"},
		{5, 2, "0.05"},
		{-5, 2, "-0.05"},
		{1234, 2, "12.34"},
		{-1234, 4, "-0.1234"},
		{12, -3, "12000"},
		{0, -3, "0"},
		{math.MinInt64, 18, "-9.223372036854775808"},
		{math.MaxInt64, 0, "9223372036854775807"},
	} {
		if got := string(appendDecimal(nil, tt.unscaled, tt.scale)); got != tt.want {
			t.Errorf("%d, scale %d: got %s, want %s", tt.unscaled, tt.scale, got, tt.want)
		}
		big := binary.BigEndian.AppendUint64([]byte{byte(tt.unscaled >> 63)}, uint64(tt.unscaled))
		if got := string(appendBigDecimal(nil, big, tt.scale)); got != tt.want {
			t.Errorf("%d in nine bytes, scale %d: got %s, want %s", tt.unscaled, tt.scale, got, tt.want)
		}
	}
	if got := string(appendBigDecimal(nil, nil, 1)); got != "0.0" {
		t.Errorf("no bytes: got %s", got)
	}
	for bits, want := range map[uint16]float64{0x3c00: 1, 0xc000: -2, 0x7bff: 65504, 0x0001: math.Ldexp(1, -24), 0x7c00: math.Inf(1), 0x8000: 0} {
		if got := float16(binary.LittleEndian.AppendUint16(nil, bits)); got != want {
			t.Errorf("%#x: got %v, want %v", bits, got, want)
		}
	}
}

func TestMetadata(t *testing.T) {
	t.Parallel()
	column := func(s string) string {
		return `{"version":"1.0.0","primary_column":"g","columns":{"g":{"encoding":"WKB","geometry_types":[]` + s + `}}}`
	}
	tests := []struct {
		name, text, err string
		crs             CRS
	}{
		{"no crs", column(""), "", crs84},
		{"EPSG", column(`,"crs":{"type":"GeographicCRS","name":"WGS 84","id":{"authority":"EPSG","code":4326}}`), "", CRS{"EPSG", "4326", "WGS 84"}},
		{"CRS84", column(`,"crs":{"name":"WGS 84 (CRS84)","id":{"authority":"OGC","code":"CRS84"}}`), "", CRS{"OGC", "CRS84", "WGS 84 (CRS84)"}},
		{"a name alone", column(`,"crs":{"name":"Local"}`), "", CRS{"", "", "Local"}},
		{"null", column(`,"crs":null`), "crs is null", CRS{}},
		{"a text", column(`,"crs":"EPSG:4326"`), "want an object of PROJJSON", CRS{}},
		{"no JSON", "{", `metadata "geo": unexpected end`, CRS{}},
		{"version", `{"version":"2.0","primary_column":"g","columns":{"g":{}}}`, `version "2.0": want 1.0 or 1.1`, CRS{}},
		{"an old version", `{"version":"0.4.0"}`, `version "0.4.0"`, CRS{}},
		{"no column", `{"version":"1.1.0","primary_column":"h","columns":{"g":{}}}`, `the primary column "h" is not described`, CRS{}},
		{"null column", `{"version":"1.1.0","primary_column":"g","columns":{"g":null}}`, `the primary column "g" is not described`, CRS{}},
		{"encoding", `{"version":"1.1.0","primary_column":"g","columns":{"g":{"encoding":"polygon"}}}`, `the encoding "polygon": want WKB or point`, CRS{}},
		{"endless", strings.Repeat(" ", maxMetadata+1), "bytes are more than", CRS{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			name, _, crs, err := parseMetadata(tt.text)
			if tt.err == "" && (err != nil || crs != tt.crs || name != "g") || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
				t.Errorf("got %q, %v, %v, want %v, %q", name, crs, err, tt.crs, tt.err)
			}
		})
	}
}

func TestBrokenFiles(t *testing.T) {
	t.Parallel()
	good := write(t, Options{Columns: columns, GroupRows: 5}, rows(t))
	footer := len(good) - 8 - int(binary.LittleEndian.Uint32(good[len(good)-8:]))
	tests := []struct {
		name string
		b    []byte
		err  string
	}{
		{"empty", nil, "0 bytes are too few"},
		{"text", []byte("id,lon,lat\n1,2,3\n"), "this is no Parquet file"},
		{"cut off", good[:len(good)-1], "or it is cut off"},
		{"a footer beyond the file", append(slices.Clone(good[:len(good)-8]), "\xff\xff\xff\x00PAR1"...), "a footer of 16777215 bytes"},
		{"a short footer", append(slices.Clone(good[:len(good)-8]), "\x05\x00\x00\x00PAR1"...), "geoparquet: "},
		{"an encrypted footer", append(slices.Clone(good[:len(good)-4]), "PARE"...), `the file ends with "PARE"`},
		{"no geometry", foreignFile(t, "", foreign{}), `there is no metadata "geo"`},
		{"no such column", foreignFile(t, strings.ReplaceAll(pointMetadata(""), "geometry\"", "shape\"")), `there is no column "shape"`},
		{"no WKB", foreignFile(t, strings.ReplaceAll(pointMetadata(""), `"point"`, `"WKB"`)), "WKB is kept in one value of bytes"},
		{"no point", foreignFile(t, strings.ReplaceAll(pointMetadata(""), `geometry"`, `text"`)), "a point is a structure of x and y"},
		{"no x", foreignFile(t, strings.ReplaceAll(pointMetadata(""), `geometry"`, `nested"`)), "a point without x"},
		{"without its data", good[footer:], "geoparquet: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, err := open(tt.b)
			if err == nil {
				_, err = read(r)
			}
			if err == nil || !strings.Contains(err.Error(), tt.err) || !strings.HasPrefix(err.Error(), "geoparquet: ") {
				t.Errorf("got %v, want %q", err, tt.err)
			}
		})
	}
}

// A file that is changed anywhere is an error or gives rows; never a panic, nor memory that its size
// does not explain. Not parallel: it measures.
func TestDamagedFiles(t *testing.T) {
	const seed = 7
	rng := rand.New(rand.NewPCG(seed, seed))
	good := write(t, Options{Columns: columns, GroupRows: 5, Boxes: true}, rows(t))
	snappy := foreignFile(t, pointMetadata(""), make([]foreign, 100)...)
	failed := 0
	for i := range 3000 {
		b := slices.Clone(good)
		if i%2 == 1 {
			b = slices.Clone(snappy)
		}
		for range 1 + rng.IntN(3) {
			b[4+rng.IntN(len(b)-12)] = byte(rng.Uint32())
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r, err := open(b)
		if err == nil {
			_, err = read(r)
		}
		runtime.ReadMemStats(&after)
		if err != nil {
			failed++
			if !strings.HasPrefix(err.Error(), "geoparquet: ") {
				t.Fatalf("seed %d, file %d: %v", seed, i, err)
			}
		}
		if taken := after.TotalAlloc - before.TotalAlloc; taken > 3*MaxPage {
			t.Errorf("seed %d, file %d: %d bytes taken: %v", seed, i, taken, err)
		}
	}
	if failed < 300 {
		t.Errorf("%d of 3000 damaged files are errors", failed)
	}
}

func FuzzReader(f *testing.F) {
	f.Add(write(f, Options{Columns: columns, GroupRows: 5, Boxes: true}, rows(f)))
	f.Add(foreignFile(f, pointMetadata(""), foreign{}))
	f.Add(write(f, Options{}, nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := open(b)
		if err != nil {
			return
		}
		var all []int
		for i, c := range r.Columns() {
			if c.Kind != Nested {
				all = append(all, i)
			}
		}
		defer r.Close()
		if err := r.Select(all); err != nil {
			t.Fatal(err)
		}
		for range 10_000 {
			if r.Next() != nil {
				return
			}
			for _, i := range all {
				r.Value(i).Append(nil)
			}
		}
	})
}

func FuzzMetadata(f *testing.F) {
	f.Add(pointMetadata(""))
	f.Add(pointMetadata(`,"crs":{"id":{"authority":"EPSG","code":3857}}`))
	f.Fuzz(func(t *testing.T, text string) {
		name, column, _, err := parseMetadata(text)
		if (err == nil) != (column != nil && name != "") {
			t.Fatalf("%q, %v, %v", name, column, err)
		}
	})
}
