package files

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"hutong/internal/geoparquet"
	"hutong/internal/wkb"
	"hutong/layers/column"
)

// parquetColumns are the columns that the mapping of [reports] reads.
var parquetColumns = []geoparquet.Column{
	{Name: "id", Kind: geoparquet.Text},
	{Name: "category", Kind: geoparquet.Text},
	{Name: "title", Kind: geoparquet.Text},
	{Name: "votes", Kind: geoparquet.Int},
	{Name: "score", Kind: geoparquet.Float},
	{Name: "open", Kind: geoparquet.Bool},
	{Name: "reported", Kind: geoparquet.Time},
}

func parquetText(s string) geoparquet.Value {
	return geoparquet.Value{Kind: geoparquet.Text, Bytes: []byte(s)}
}

// writeParquet writes rows of the columns above, which write makes, and returns the path.
func writeParquet(t testing.TB, opts geoparquet.Options, write func(put func(g orb.Geometry, values ...geoparquet.Value))) string {
	t.Helper()
	if opts.Columns == nil {
		opts.Columns = parquetColumns
	}
	var b bytes.Buffer
	w, err := geoparquet.NewWriter(&b, opts)
	if err != nil {
		t.Fatal(err)
	}
	write(func(g orb.Geometry, values ...geoparquet.Value) {
		t.Helper()
		var raw []byte
		if g != nil {
			if raw, err = wkb.Append(nil, g); err != nil {
				t.Fatal(err)
			}
		}
		all := make([]geoparquet.Value, len(opts.Columns))
		copy(all, values)
		if err := w.Write(all, raw, nil); err != nil {
			t.Fatal(err)
		}
	})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "city.parquet")
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestGeoParquet(t *testing.T) {
	t.Parallel()
	at := time.Date(2016, time.August, 3, 20, 47, 11, 1000, time.UTC).UnixMicro()
	path := writeParquet(t, geoparquet.Options{}, func(put func(orb.Geometry, ...geoparquet.Value)) {
		put(orb.Point{116.4, 39.9}, parquetText("a"), parquetText(""), parquetText("x"), geoparquet.Value{Kind: geoparquet.Int, Int: math.MaxInt64},
			geoparquet.Value{Kind: geoparquet.Float, Float: 1.5}, geoparquet.Value{Kind: geoparquet.Bool, Int: 1}, geoparquet.Value{Kind: geoparquet.Time, Int: at})
		put(nil, parquetText("b"), geoparquet.Value{}, geoparquet.Value{}, geoparquet.Value{Kind: geoparquet.Int, Int: math.MinInt64})
		put(orb.LineString{{116, 39}, {117, 40}}, parquetText("c"))
		put(orb.MultiPoint{}, parquetText("d"))
		put(orb.Point{0, 0}, parquetText("e"))
		put(orb.Point{1, 2})
		put(orb.Point{1, 2}, parquetText("f"), geoparquet.Value{}, geoparquet.Value{}, geoparquet.Value{}, geoparquet.Value{Kind: geoparquet.Float, Float: math.NaN()})
		put(orb.LineString{{1, 2}, {1, 2}}, parquetText("g"))
		put(orb.LineString{{1, 2}, {1, math.Inf(1)}}, parquetText("h"))
	})
	for _, chunk := range []int{1, 200, chunkSize} {
		s, err := New(Options{Name: "test", Layer: "reports", Paths: []string{path}, Mapping: reports(t)})
		if err != nil {
			t.Fatal(err)
		}
		s.chunk = chunk
		changes, sum, err := run(t, s)
		if err != nil {
			t.Fatal(err)
		}
		const want = `"a" 116.4,39.9 "" "x" 9223372036854775807 1.5 true 2016-08-03T20:47:11.000001Z
"b" - null null -9223372036854775808 null null null
"c" LINESTRING(116 39,117 40) null null null null null null
"d" - null null null null null null
`
		if diff := cmp.Diff(want, show(changes)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(orb.Geometry(orb.LineString{{116, 39}, {117, 40}}), changes[2].Feature.Geometry); diff != "" {
			t.Error(diff)
		}
		if changes[3].Feature.Geometry != nil {
			t.Errorf("an empty geometry became %v", changes[3].Feature.Geometry)
		}
		if got := places(sum); got != "id 6, geometry 8, position 9, zero 5, type 7" {
			t.Errorf("refused %s\n%v", got, sum)
		}
	}
}

// The same city from GeoParquet as from the files of GDAL.
func TestCityAsGeoParquet(t *testing.T) {
	t.Parallel()
	want := expected(t, []byte(city), cityValues)
	columns := []geoparquet.Column{
		{Name: "id", Kind: geoparquet.Text},
		{Name: "name", Kind: geoparquet.Text},
		{Name: "votes", Kind: geoparquet.Int},
		{Name: "score", Kind: geoparquet.Float},
		{Name: "open", Kind: geoparquet.Bool},
		{Name: "day", Kind: geoparquet.Time},
	}
	path := writeParquet(t, geoparquet.Options{Columns: columns, Boxes: true, GroupRows: 2}, func(put func(orb.Geometry, ...geoparquet.Value)) {
		for i := range want {
			values := []geoparquet.Value{parquetText(string(want[i].ID))}
			for _, v := range want[i].Values {
				values = append(values, parquetOf(v))
			}
			put(want[i].Geometry, values...)
		}
	})
	if diff := cmp.Diff(want, features(t, path, cityMapping(t)), cmp.Comparer(sameValue)); diff != "" {
		t.Error(diff)
	}
}

func parquetOf(v column.Value) geoparquet.Value {
	switch v.Kind() {
	case column.String:
		return parquetText(v.Text())
	case column.Int:
		return geoparquet.Value{Kind: geoparquet.Int, Int: v.Int()}
	case column.Float:
		return geoparquet.Value{Kind: geoparquet.Float, Float: v.Float()}
	case column.Bool:
		b := geoparquet.Value{Kind: geoparquet.Bool}
		if v.Bool() {
			b.Int = 1
		}
		return b
	case column.Time:
		return geoparquet.Value{Kind: geoparquet.Time, Int: v.Time().UnixMicro()}
	default:
		return geoparquet.Value{}
	}
}

func TestReferenceOfCRS(t *testing.T) {
	t.Parallel()
	tests := []struct {
		crs  geoparquet.CRS
		want reference
		err  string
	}{
		{geoparquet.CRS{Authority: "OGC", Code: "CRS84"}, degrees, ""},
		{geoparquet.CRS{Authority: "EPSG", Code: "4326"}, degrees, ""},
		{geoparquet.CRS{Authority: "epsg", Code: "3857"}, webMercator, ""},
		{geoparquet.CRS{Name: "WGS 84 (CRS84)"}, degrees, ""},
		{geoparquet.CRS{Authority: "EPSG", Code: "26985"}, degrees, "in EPSG:26985: want WGS 84"},
		{geoparquet.CRS{Authority: "EPSG", Code: "x"}, degrees, `in "EPSG:x"`},
		{geoparquet.CRS{Authority: "IAU", Code: "4326"}, degrees, `in "IAU:4326"`},
		{geoparquet.CRS{Name: "NAD83"}, degrees, `in "NAD83"`},
	}
	for _, tt := range tests {
		got, err := referenceOfCRS(tt.crs)
		checkError(t, err, tt.err)
		if got != tt.want {
			t.Errorf("%v: got %v", tt.crs, got)
		}
	}
}

func TestBrokenGeoParquet(t *testing.T) {
	t.Parallel()
	path := writeParquet(t, geoparquet.Options{GroupRows: 100}, func(put func(orb.Geometry, ...geoparquet.Value)) {
		for i := range 1000 {
			put(orb.Point{116, 39}, parquetText(strconv.Itoa(i)))
		}
	})
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := bytes.Clone(whole)
	for i := range 200 { // in the middle of the data, which is about a third of so small a file
		damaged[len(whole)/6+i] = 0xff
	}
	for name, b := range map[string][]byte{"cut off": whole[:len(whole)/2], "damaged": damaged, "empty": nil} {
		s := source(t, Options{Mapping: reports(t)}, map[string]string{"f.parquet": string(b)}, 0)
		changes, sum, err := run(t, s)
		if err == nil || !strings.Contains(err.Error(), "f.parquet: geoparquet: ") {
			t.Errorf("%s: %v", name, err)
		}
		if name == "damaged" && (len(changes) == 0 || len(changes) >= 1000 || sum.Error == "") {
			t.Errorf("%s: %d changes before the fault, %q", name, len(changes), sum.Error)
		}
	}
	m := reports(t)
	m.Fields[0].From = "nothing"
	s, err := New(Options{Name: "test", Layer: "reports", Paths: []string{path}, Mapping: m})
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = run(t, s)
	checkError(t, err, `no column "nothing"; the columns are "category", "id"`)
}

func TestGeoParquetRecordBeyondTheLimit(t *testing.T) {
	t.Parallel()
	path := writeParquet(t, geoparquet.Options{}, func(put func(orb.Geometry, ...geoparquet.Value)) {
		put(nil, parquetText("a"))
		put(nil, parquetText("b"), parquetText(strings.Repeat("x", 2000)))
		put(make(orb.LineString, 100), parquetText("c"))
		put(nil, parquetText("d"))
	})
	s, err := New(Options{Name: "test", Layer: "reports", Paths: []string{path}, Mapping: reports(t)})
	if err != nil {
		t.Fatal(err)
	}
	s.limit = 1000
	published, refused, err := ids(t, s)
	if published != "a d" || refused != "too_long 0/2 too_long 0/3" || err != nil {
		t.Errorf("got %q, refused %q, %v", published, refused, err)
	}
}
