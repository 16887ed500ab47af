package files

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	shp "github.com/jonas-p/go-shp"
	"github.com/paulmach/orb"

	"hutong/ingest"
	"hutong/layers"
	"hutong/layers/column"
)

// shapesMapping reads the columns that [writeShapes] writes.
func shapesMapping(t testing.TB) *ingest.Mapping {
	t.Helper()
	return &ingest.Mapping{
		Schema: &layers.Schema{Name: "shapes", Fields: []layers.Field{
			{Name: "name", Kind: column.String},
			{Name: "votes", Kind: column.Int},
			{Name: "score", Kind: column.Float},
			{Name: "open", Kind: column.Bool},
			{Name: "day", Kind: column.Time},
		}},
		ID:     template(t, "{ID}"),
		Fields: []ingest.FieldMapping{{From: "NAME"}, {From: "VOTES"}, {From: "SCORE"}, {From: "OPEN"}, {From: "DAY"}},
	}
}

// shapeRow is one shape with its row, as texts.
type shapeRow struct {
	shape shp.Shape
	cells [6]string
}

// writeShapes writes a Shapefile by go-shp and returns its path.
func writeShapes(t testing.TB, kind shp.ShapeType, rows ...shapeRow) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "city.shp")
	w, err := shp.Create(path, kind)
	if err != nil {
		t.Fatal(err)
	}
	fields := []shp.Field{
		shp.StringField("ID", 10), shp.StringField("NAME", 30), shp.NumberField("VOTES", 18), shp.FloatField("SCORE", 20, 3),
		{Name: [11]byte{'O', 'P', 'E', 'N'}, Fieldtype: 'L', Size: 1},
		shp.DateField("DAY"),
	}
	if err := w.SetFields(fields); err != nil {
		t.Fatal(err)
	}
	for i, r := range rows {
		w.Write(r.shape)
		for j, cell := range r.cells {
			if err := w.WriteAttribute(i, j, cell); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.Close()
	stem := strings.TrimSuffix(path, ".shp")
	if err := os.Rename(stem+"dbf", stem+".dbf"); err != nil { // go-shp leaves out the dot
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := shpHeader
	for _, r := range rows { // go-shp gives every shape the type of the file
		binary.LittleEndian.PutUint32(b[at+shpRecordHeader:], uint32(typeOf(r.shape)))
		at += shpRecordHeader + 2*int(binary.BigEndian.Uint32(b[at+4:]))
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// typeOf returns the type of a shape in a file.
func typeOf(s shp.Shape) shp.ShapeType {
	switch s.(type) {
	case *shp.Null:
		return shp.NULL
	case *shp.Point:
		return shp.POINT
	case *shp.PointZ:
		return shp.POINTZ
	case *shp.PointM:
		return shp.POINTM
	case *shp.MultiPoint:
		return shp.MULTIPOINT
	case *shp.PolyLine:
		return shp.POLYLINE
	case *shp.PolyLineZ:
		return shp.POLYLINEZ
	default:
		return shp.POLYGON
	}
}

func shapeSource(t testing.TB, path string) *Source {
	t.Helper()
	s, err := New(Options{Name: "test", Layer: "shapes", Paths: []string{path}, Mapping: shapesMapping(t)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func points(xy ...float64) []shp.Point {
	var p []shp.Point
	for i := 0; i < len(xy); i += 2 {
		p = append(p, shp.Point{X: xy[i], Y: xy[i+1]})
	}
	return p
}

func TestShapefile(t *testing.T) {
	t.Parallel()
	path := writeShapes(t, shp.POINT,
		shapeRow{&shp.Point{X: -77.0611919417, Y: 38.9233287617}, [6]string{"a", "Café 胡同", "-12", "1.5e3", "T", "20160803"}},
		shapeRow{&shp.Null{}, [6]string{"b", "", "", "", "?", "00000000"}},
		shapeRow{&shp.Point{X: 0, Y: 0}, [6]string{"c"}},
		shapeRow{&shp.Point{X: 1, Y: 2}, [6]string{"d", "", "999999999999999999", "********", "n"}},
		shapeRow{&shp.Point{X: 1, Y: 2}, [6]string{"e", "", "x"}},
		shapeRow{&shp.Point{X: 1, Y: 2}, [6]string{"f", "", "", "", "5"}},
		shapeRow{&shp.Point{X: 1, Y: 2}, [6]string{"g", "", "", "", "", "20160231"}},
		shapeRow{&shp.Point{X: 1, Y: 2}, [6]string{"h", "\xff"}},
		shapeRow{&shp.Point{X: 1, Y: 2}, [6]string{}},
		shapeRow{&shp.Point{X: math.NaN(), Y: 2}, [6]string{"j"}},
	)
	for _, chunk := range []int{1, 150, chunkSize} {
		s := shapeSource(t, path)
		s.chunk = chunk
		changes, sum, err := run(t, s)
		if err != nil {
			t.Fatal(err)
		}
		const want = `"a" -77.0611919417,38.9233287617 "Café 胡同" -12 1500 true 2016-08-03T00:00:00Z
"b" - null null null null null
"d" 1,2 null 999999999999999999 null false null
`
		if diff := cmp.Diff(want, show(changes)); diff != "" {
			t.Errorf("chunks of %d bytes: %s", chunk, diff)
		}
		if got := places(sum); got != "text 8, id 9, position 10, zero 3, type 5, type 6, time 7" {
			t.Errorf("refused %s\n%v", got, sum)
		}
	}
}

// places formats refusals as "reason feature".
func places(sum ingest.Summary) string {
	var b []string
	for _, r := range sum.Reasons {
		for _, e := range r.Examples {
			b = append(b, fmt.Sprintf("%s %d", r.Reason, e.Feature))
		}
	}
	return strings.Join(b, ", ")
}

func TestShapes(t *testing.T) {
	t.Parallel()
	outer, hole := points(0, 0, 0, 9, 9, 9, 9, 0, 0, 0), points(1, 1, 2, 1, 2, 2, 1, 2, 1, 1)
	far, island := points(20, 0, 20, 9, 29, 9, 29, 0, 20, 0), points(1.2, 1.2, 1.2, 1.8, 1.8, 1.8, 1.2, 1.2)
	turned := points(0, 0, 9, 0, 9, 9, 0, 9, 0, 0)
	ring := func(p []shp.Point) orb.Ring { return pointsOf(p) }
	polygon := func(parts ...[]shp.Point) *shp.Polygon { p := shp.Polygon(*shp.NewPolyLine(parts)); return &p }
	tests := []struct {
		name  string
		shape shp.Shape
		want  orb.Geometry
	}{
		{"line", shp.NewPolyLine([][]shp.Point{points(1, 2, 3, 4)}), orb.LineString{{1, 2}, {3, 4}}},
		{"lines", shp.NewPolyLine([][]shp.Point{points(1, 2, 3, 4), points(5, 6, 7, 8)}), orb.MultiLineString{{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}}},
		{"no line", shp.NewPolyLine(nil), nil},
		{"points", &shp.MultiPoint{NumPoints: 2, Points: points(1, 2, 3, 4)}, orb.MultiPoint{{1, 2}, {3, 4}}},
		{"polygon", polygon(outer), orb.Polygon{ring(outer)}},
		{"hole", polygon(outer, hole), orb.Polygon{ring(outer), ring(hole)}},
		{"hole before its ring", polygon(hole, far, outer), orb.MultiPolygon{{ring(far)}, {ring(outer), ring(hole)}}},
		{"an island in a hole", polygon(outer, hole, island), orb.MultiPolygon{{ring(outer), ring(hole)}, {ring(island)}}},
		{"the wrong way around", polygon(turned), orb.Polygon{ring(turned)}},
		{"a hole that touches its ring", polygon(outer, points(0, 0, 2, 1, 1, 2, 0, 0)), orb.Polygon{ring(outer), ring(points(0, 0, 2, 1, 1, 2, 0, 0))}},
		{"point with height", &shp.PointZ{X: 1, Y: 2, Z: 3, M: 4}, orb.Point{1, 2}},
		{"point with measure", &shp.PointM{X: 1, Y: 2, M: 4}, orb.Point{1, 2}},
		{"line with heights", &shp.PolyLineZ{NumParts: 1, NumPoints: 2, Parts: []int32{0}, Points: points(1, 2, 3, 4), ZArray: []float64{5, 6}, MArray: []float64{7, 8}}, orb.LineString{{1, 2}, {3, 4}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := writeShapes(t, shp.POLYGON, shapeRow{tt.shape, [6]string{"a"}}, shapeRow{&shp.Point{X: 1, Y: 2}, [6]string{"b"}})
			changes, sum, err := run(t, shapeSource(t, path))
			if err != nil || len(changes) != 2 {
				t.Fatalf("%v, %v", err, sum)
			}
			if diff := cmp.Diff(tt.want, changes[0].Feature.Geometry); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Measures may be missing (ESRI's description allows it), where go-shp alone would read on into the
// next record.
func TestShapesWithoutMeasures(t *testing.T) {
	t.Parallel()
	path := writeShapes(t, shp.POLYLINEZ,
		shapeRow{&shp.PolyLineZ{NumParts: 1, NumPoints: 2, Parts: []int32{0}, Points: points(1, 2, 3, 4), ZArray: []float64{5, 6}, MArray: []float64{7, 8}}, [6]string{"a"}},
		shapeRow{&shp.Point{X: 1, Y: 2}, [6]string{"b"}})
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const measures = 16 + 2*8
	first := shpHeader + shpRecordHeader + 2*int(binary.BigEndian.Uint32(b[shpHeader+4:]))
	b = append(b[:first-measures:first-measures], b[first:]...)
	binary.BigEndian.PutUint32(b[shpHeader+4:], uint32(first-measures-shpHeader-shpRecordHeader)/2)
	binary.BigEndian.PutUint32(b[24:], uint32(len(b)/2))
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	changes, sum, err := run(t, shapeSource(t, path))
	if err != nil || len(changes) != 2 {
		t.Fatalf("%v, %v", err, sum)
	}
	if diff := cmp.Diff(orb.Geometry(orb.LineString{{1, 2}, {3, 4}}), changes[0].Feature.Geometry); diff != "" {
		t.Error(diff)
	}
}

func TestShapefileSidecars(t *testing.T) {
	t.Parallel()
	const (
		wgs84    = `GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]`
		wgs84OGC = `GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]]]`
		mercator = `PROJCS["WGS_1984_Web_Mercator_Auxiliary_Sphere",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984"]]]`
		maryland = `PROJCS["NAD_1983_StatePlane_Maryland_FIPS_1900",GEOGCS["GCS_North_American_1983",DATUM["D_North_American_1983"]]]`
		nad83    = `GEOGCS["GCS_North_American_1983",DATUM["D_North_American_1983"]]`
		lying    = `GEOGCS["WGS 84",DATUM["D_Beijing_1954"]]`
	)
	tests := []struct{ name, ending, text, want, err string }{
		{"Latin-1", ".cpg", "ISO-8859-1", `"a" 116,39 "Caf` + "é \u0080" + `"`, ""},
		{"Windows", ".cpg", " 1252\r\n", `"a" 116,39 "Café €"`, ""},
		{"no UTF-8", ".cpg", "UTF-8", "", ""},
		{"another code page", ".cpg", "GBK", "", `the code page in the .cpg file is "GBK": want UTF-8, ISO-8859-1 or Windows-1252`},
		{"an endless code page", ".cpg", strings.Repeat("x", maxSidecar+1), "", "the .cpg file has more than"},
		{"degrees", ".prj", wgs84, "", ""},
		{"degrees by the OGC", ".prj", wgs84OGC, "", ""},
		{"another system", ".prj", maryland, "", `the .prj file says that the positions are in "NAD_1983_StatePlane_Maryland_FIPS_1900": want WGS 84`},
		{"another datum", ".prj", nad83, "", `in "GCS_North_American_1983"`},
		{"a lying name", ".prj", lying, "", `in "WGS 84"`},
		{"no text", ".prj", "\x00[", "", `the .prj file says`},
		{"Web Mercator", ".prj", mercator, "mercator", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path := writeShapes(t, shp.POINT, shapeRow{&shp.Point{X: 116, Y: 39}, [6]string{"a", "Caf\xe9 \x80"}})
			if err := os.WriteFile(strings.TrimSuffix(path, ".shp")+tt.ending, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			changes, sum, err := run(t, shapeSource(t, path))
			checkError(t, err, tt.err)
			switch {
			case tt.want == "mercator" && tt.ending == ".prj", tt.want == "" && tt.err == "":
				// Its text is no UTF-8, which a file without .cpg is in.
				if counts(sum) != "text 1" {
					t.Errorf("got %v", sum)
				}
			case tt.want != "" && !strings.HasPrefix(show(changes), strings.ReplaceAll(tt.want, "\u0080", `\u0080`)):
				t.Errorf("got %s, want %s", show(changes), tt.want)
			}
		})
	}
	if ref, err := referenceOfWKT(mercator); ref != webMercator || err != nil {
		t.Errorf("Web Mercator: %v, %v", ref, err)
	}
}

func TestShapefileWithoutTable(t *testing.T) {
	t.Parallel()
	path := writeShapes(t, shp.POINT, shapeRow{&shp.Point{X: 1, Y: 2}, [6]string{"a"}})
	dbf := strings.TrimSuffix(path, "shp") + "dbf"
	if err := os.Rename(dbf, strings.TrimSuffix(path, "shp")+"DBF"); err != nil {
		t.Fatal(err)
	}
	if changes, _, err := run(t, shapeSource(t, path)); err != nil || len(changes) != 1 {
		t.Errorf("the ending in capitals: %d changes, %v", len(changes), err)
	}
	if err := os.Remove(strings.TrimSuffix(path, "shp") + "DBF"); err != nil {
		t.Fatal(err)
	}
	_, _, err := run(t, shapeSource(t, path))
	checkError(t, err, "there is no city.dbf, which has the values of the shapes")
}

// zipOf makes an archive of the files beside path, in a folder of its own.
func zipOf(t testing.TB, path string, names ...string) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, name := range names {
		content, err := os.ReadFile(strings.TrimSuffix(path, ".shp") + strings.ToLower(filepath.Ext(name)))
		if err != nil {
			t.Fatal(err)
		}
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "city.shp.zip")
	if err := os.WriteFile(out, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestZippedShapefile(t *testing.T) {
	t.Parallel()
	path := writeShapes(t, shp.POINT, shapeRow{&shp.Point{X: 1, Y: 2}, [6]string{"a"}})
	tests := []struct{ name, members, err string }{
		{"with a folder", "data/City.SHP data/city.dbf", ""},
		{"plain, with a copy of macOS", "city.shx city.shp city.dbf __MACOSX/._city.shp", ""},
		{"no shapes", "city.dbf", "there is no .shp file in the archive"},
		{"two", "a.shp a.dbf b.shp", `there are 2 Shapefiles in the archive: "a.shp", "b.shp"; want one`},
		{"no table", "a.shp b.dbf", "there is no a.dbf"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			changes, _, err := run(t, shapeSource(t, zipOf(t, path, strings.Fields(tt.members)...)))
			checkError(t, err, tt.err)
			if tt.err == "" && len(changes) != 1 {
				t.Errorf("%d changes", len(changes))
			}
		})
	}
	broken := filepath.Join(t.TempDir(), "x.shp.zip")
	if err := os.WriteFile(broken, []byte("PK\x03\x04"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := run(t, shapeSource(t, broken))
	checkError(t, err, "files: "+broken+": zip: not a valid zip file")
}

// damage returns the bytes of a Shapefile's two parts.
func shapefileBytes(t testing.TB, rows ...shapeRow) (shapes, table []byte) {
	t.Helper()
	path := writeShapes(t, shp.POLYGON, rows...)
	shapes, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if table, err = os.ReadFile(strings.TrimSuffix(path, "shp") + "dbf"); err != nil {
		t.Fatal(err)
	}
	return shapes, table
}

// readShapefile reads a Shapefile of two parts in memory.
func readShapefile(t testing.TB, shapes, table []byte) (string, ingest.Summary, error) {
	t.Helper()
	s := shapeSource(t, "city.shp")
	parts := layerFiles{
		shp: io.NopCloser(bytes.NewReader(shapes)), dbf: io.NopCloser(bytes.NewReader(table)),
		shpSize: int64(len(shapes)), dbfSize: int64(len(table)),
	}
	k := &keeper{schema: s.mapper.Schema()}
	var report ingest.Report
	fr, err := openShapefile(parts, "city.shp", 100, 1<<20, &share{})
	if err == nil {
		err = fr.bind(s.mapper)
	}
	if err == nil {
		p := pipeline{mapper: s.mapper, layer: "shapes", path: "city.shp", chunk: 100, to: k, report: &report}
		err = p.run(t.Context(), fr)
	}
	return show(k.changes), report.Summary(), err
}

func TestBrokenShapefile(t *testing.T) {
	t.Parallel()
	poly := shp.Polygon(*shp.NewPolyLine([][]shp.Point{points(0, 0, 0, 9, 9, 9, 0, 0)}))
	good := func() ([]byte, []byte) {
		return shapefileBytes(t, shapeRow{&poly, [6]string{"a"}}, shapeRow{&poly, [6]string{"b"}})
	}
	put := func(b []byte, at int, v uint32) []byte { binary.LittleEndian.PutUint32(b[at:], v); return b }
	putBig := func(b []byte, at int, v uint32) []byte { binary.BigEndian.PutUint32(b[at:], v); return b }
	const record = shpHeader + shpRecordHeader
	tests := []struct {
		name    string
		damage  func(shapes, table []byte) ([]byte, []byte)
		err     string
		refused string
	}{
		{"whole", func(s, d []byte) ([]byte, []byte) { return s, d }, "", ""},
		{"empty", func(_, d []byte) ([]byte, []byte) { return nil, d }, "ends inside its header", ""},
		{"an empty table", func(s, _ []byte) ([]byte, []byte) { return s, nil }, "the table ends inside its header", ""},
		{"no Shapefile", func(s, d []byte) ([]byte, []byte) { return putBig(s, 0, 1), d }, "it starts with 1, not 9994", ""},
		{"version", func(s, d []byte) ([]byte, []byte) { return put(s, 28, 7), d }, "version 7", ""},
		{"type of the file", func(s, d []byte) ([]byte, []byte) { return put(s, 32, shp.MULTIPATCH), d }, "the shapes have type 31", ""},
		{"cut off", func(s, d []byte) ([]byte, []byte) { return s[:len(s)-1], d }, "the file is cut off", ""},
		{"a length beyond the file", func(s, d []byte) ([]byte, []byte) { return putBig(s, 24, math.MaxUint32), d }, "the file is cut off", ""},
		{"a shape beyond the file", func(s, d []byte) ([]byte, []byte) { return putBig(s, record-4, 1<<30), d }, "behind 0 features: a shape of 2147483648 bytes where", ""},
		{"a shape without a type", func(s, d []byte) ([]byte, []byte) { return putBig(s, record-4, 1), d }, "behind 2 features: there are more shapes than rows", "geometry 1, geometry 2"},
		{"type of a shape", func(s, d []byte) ([]byte, []byte) { return put(s, record, 4), d }, "", "geometry 1"},
		{"parts", func(s, d []byte) ([]byte, []byte) { return put(s, record+36, math.MaxInt32), d }, "", "geometry 1"},
		{"negative parts", func(s, d []byte) ([]byte, []byte) { return put(s, record+36, math.MaxUint32), d }, "", "geometry 1"},
		{"points", func(s, d []byte) ([]byte, []byte) { return put(s, record+40, math.MaxUint32), d }, "", "geometry 1"},
		{"a part beyond the points", func(s, d []byte) ([]byte, []byte) { return put(s, record+44, 99), d }, "", "geometry 1"},
		{"fewer rows", func(s, d []byte) ([]byte, []byte) { return s, put(d, 4, 1) }, "behind 1 features: there are more shapes than rows", ""},
		{"more rows", func(s, d []byte) ([]byte, []byte) { return s, append(put(d, 4, 3), d[len(d)-88:]...) }, "there are 2 shapes and 3 rows", ""},
		{"a table cut off", func(s, d []byte) ([]byte, []byte) { return s, d[:len(d)-1] }, "the table is cut off: 2 records of", ""},
		{"rows of 0 bytes", func(s, d []byte) ([]byte, []byte) { d[10], d[11] = 0, 0; return s, d }, "the table's records have 0 bytes", ""},
		{"long rows", func(s, d []byte) ([]byte, []byte) { d[10], d[11] = 0, 255; return s, d }, "the table's records have 65280 bytes", ""},
		{"a short header", func(s, d []byte) ([]byte, []byte) { d[8], d[9] = 1, 0; return s, d }, "the table's header has 1 bytes", ""},
		{"no end of columns", func(s, d []byte) ([]byte, []byte) { d[32*7] = 0; return s, d }, "the list of the table's columns is cut off", ""},
		{"columns up to the rows", func(s, d []byte) ([]byte, []byte) { d[8] = 32 * 7; return s, d }, "the list of the table's columns has no end", ""},
		{"a lying column", func(s, d []byte) ([]byte, []byte) { d[32+16] = 200; return s, d }, "the table's columns have 278 bytes together, its records 88", ""},
		{"a memo", func(s, d []byte) ([]byte, []byte) { d[32*2+11] = 'M'; return s, d }, `column "NAME" is of type 'M'`, ""},
		{"a bad row", func(s, d []byte) ([]byte, []byte) { d[len(d)-88] = 7; return s, d }, "behind 2 features: the row starts with byte 0x07", ""},
		{"a code page", func(s, d []byte) ([]byte, []byte) { d[29] = 0x4d; return s, d }, "language driver 0x4d", ""},
		{"another version", func(s, d []byte) ([]byte, []byte) { d[0] = 4; return s, d }, "dBASE version 4", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			shapes, table := good()
			shapes, table = tt.damage(shapes, table)
			_, sum, err := readShapefile(t, shapes, table)
			checkError(t, err, tt.err)
			if got := places(sum); got != tt.refused {
				t.Errorf("refused %q, want %q", got, tt.refused)
			}
			if tt.err == "" && sum.Read != 2 {
				t.Errorf("%d read", sum.Read)
			}
		})
	}
}

func TestDeletedRowsAndLongShapes(t *testing.T) {
	t.Parallel()
	line := func(n int) shp.Shape {
		p := make([]shp.Point, n)
		for i := range p {
			p[i] = shp.Point{X: float64(i) / 1e6, Y: 1}
		}
		return shp.NewPolyLine([][]shp.Point{p})
	}
	path := writeShapes(t, shp.POLYLINE, shapeRow{line(2), [6]string{"a"}}, shapeRow{line(3000), [6]string{"b"}},
		shapeRow{line(2), [6]string{"c"}}, shapeRow{line(2), [6]string{"d"}})
	name := strings.TrimSuffix(path, "shp") + "dbf"
	table, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	table[len(table)-2*88] = '*' // row c is deleted
	if err := os.WriteFile(name, table, 0o600); err != nil {
		t.Fatal(err)
	}
	s := shapeSource(t, path)
	s.limit = 10_000
	published, refused, err := ids(t, s)
	if published != "a d" || refused != "too_long 0/2" || err != nil {
		t.Errorf("got %q, refused %q, %v", published, refused, err)
	}
}

// Rings that nobody can sort in reasonable time are an error, not a hang.
func TestTooManyRings(t *testing.T) {
	t.Parallel()
	var rings []orb.Ring
	big := orb.Ring{{0, 0}, {0, 9}, {9, 9}, {9, 0}, {0, 0}}
	for range 20_000 {
		rings = append(rings, big, orb.Ring{{1, 1}, {2, 1}, {2, 2}, {1, 1}})
	}
	_, err := assemble(rings)
	checkError(t, err, "20000 outer rings and 20000 holes are too many")
}

func FuzzShapefile(f *testing.F) {
	poly := shp.Polygon(*shp.NewPolyLine([][]shp.Point{points(0, 0, 0, 9, 9, 9, 0, 0), points(1, 1, 2, 1, 2, 2, 1, 1)}))
	for _, shape := range []shp.Shape{
		&poly, &shp.Null{}, &shp.Point{X: 1, Y: 2}, &shp.MultiPoint{NumPoints: 1, Points: points(1, 2)},
		shp.NewPolyLine([][]shp.Point{points(1, 2, 3, 4)}),
		&shp.PolyLineZ{NumParts: 1, NumPoints: 1, Parts: []int32{0}, Points: points(1, 2), ZArray: []float64{5}, MArray: []float64{7}},
	} {
		shapes, table := shapefileBytes(f, shapeRow{shape, [6]string{"a", "x", "1", "2", "T", "20160803"}}, shapeRow{shape, [6]string{"b"}})
		f.Add(shapes, table)
		f.Add(shapes[:len(shapes)-3], table)
	}
	f.Fuzz(func(t *testing.T, shapes, table []byte) {
		_, sum, err := readShapefile(t, shapes, table)
		if err == nil && sum.Read*shpRecordHeader > int64(len(shapes)) {
			t.Fatalf("%d records of %d bytes", sum.Read, len(shapes))
		}
	})
}
