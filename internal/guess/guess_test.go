package guess

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"hutong/internal/compress"
)

// look is Read with the whole text in sight.
func look(t testing.TB, text string, limits Limits) *Sample {
	t.Helper()
	s, err := Read("test", strings.NewReader(text), limits)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTypes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, values, want string // values and layouts separated by "|"
	}{
		{"ints", "1|-2|30", "int"},
		{"floats", "1|2.5|-3e2", "float"},
		{"leading zeros are no numbers", "007|123", "string"},
		{"bools", "true|False|TRUE", "bool"},
		{"0 and 1 are ints", "0|1", "int"},
		{"texts", "1|a", "string"},
		{"beyond 64 bits", "99999999999999999999", "float"},
		{"not finite", "1|1e999", "string"},
		{"a marker among numbers", "1|NA|2", "int"},
		{"RFC 3339", "2016-08-03T20:47:11Z|2016-08-03T20:47:11.5-04:00", "time"},
		{"days", "2016-08-03|2017-01-31", "time 2006-01-02"},
		{"American times", "08/03/2016 08:47:11 PM", "time 01/02/2006 03:04:05 PM"},
		{"either way round", "03/04/2016", "time 01/02/2006"},
		{"only days first", "03/04/2016|25/12/2016", "time 02/01/2006"},
		{"German days", "25.12.2016", "time 02.01.2006"},
		{"two forms", "2016-08-03 20:47:11|2016-08-03", "time 2006-01-02 15:04:05 2006-01-02"},
		{"both ways round", "12/25/2016|25/12/2016", "string"},
		{"no such day", "2016-02-30", "string"},
	} {
		s := look(t, "v,w\n"+strings.ReplaceAll(c.values, "|", ",\n")+",\n", Limits{})
		got := strings.TrimSpace(s.Fields[0].Type + " " + strings.Join(s.Fields[0].Layouts, " "))
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	s := look(t, "created_at,updated,number\n1470257231,1470257231000,1470257231\n", Limits{})
	for i, want := range []string{"time [unix]", "time [unix_ms]", "int []"} {
		if f := s.Fields[i]; fmt.Sprint(f.Type, " ", f.Layouts) != want {
			t.Errorf("%s: got %s %v, want %s", f.Name, f.Type, f.Layouts, want)
		}
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	const feature = `{"type":"Feature","id":7,"properties":{"b":"x","a":1,"c":{"d":1},"n":null},"geometry":{"type":"Point","coordinates":[1,2]}}`
	for _, c := range []struct {
		name, text string
		want       Format
		records    int
	}{
		{"lines", feature + "\n" + feature + "\n", GeoJSONL, 2},
		{"one line", feature, GeoJSONL, 1},
		{"sequence", "\x1e" + feature + "\n\x1e" + feature, GeoJSONL, 2},
		{"collection", `{"type":"FeatureCollection","name":"x","features":[` + feature + "," + feature + `]}`, GeoJSON, 2},
		{"collection with a mark", "\xef\xbb\xbf" + `{"features":[` + feature + `],"type":"FeatureCollection"}`, GeoJSON, 1},
		{"gzip", string(compress.AppendGzip(nil, []byte(feature+"\n"))), GeoJSONL, 1},
	} {
		s := look(t, c.text, Limits{})
		var names []string
		for _, f := range s.Fields {
			names = append(names, f.Name)
		}
		if s.Format != c.want || s.Records != c.records || !s.Whole || s.Broken != 0 || !slices.Equal(names, []string{"b", "a", "c", "n"}) {
			t.Errorf("%s: got %s with %d records and fields %v (whole %v, broken %d, %s)", c.name, s.Format, s.Records, names, s.Whole, s.Broken, s.Problem)
		}
		if s.ID == nil || s.ID.Examples[0] != "7" || s.Geometry.Types["Point"] != c.records || s.Field("c").Nested != c.records || s.Field("n").Nulls != c.records {
			t.Errorf("%s: got id %+v, geometry %+v", c.name, s.ID, s.Geometry)
		}
	}
	for _, c := range []struct{ text, delimiter string }{
		{"a,b\n", ","}, {"a;b;\"c,d,e\"\n", ";"}, {"a\tb\n", "\t"}, {"a|b\n1,2,3|4\n", "|"}, {"a\n", ","},
	} {
		if s := look(t, c.text, Limits{}); s.Format != CSV || s.Delimiter != c.delimiter {
			t.Errorf("%q: got %s with %q, want csv with %q", c.text, s.Format, s.Delimiter, c.delimiter)
		}
	}
}

func TestNoFormat(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"", "empty"},
		{" \n", "empty"},
		{"PMTiles\x03", "PMTiles"},
		{"PAR1....", "Parquet"},
		{"SQLite format 3\x00", "GeoPackage"},
		{"\x00\x00\x27\x0a", "Shapefile"},
		{"<xml>", "<xml>"},
		{"[1,2]", "[1,2]"},
		{"\xff\xfea\x00", "UTF-16"},
		{"a\x00b", "a\\x00b"},
		{"a,b\n1,\x00\n", "a,b"},
		{"nom,caf\xe9,lieu\n", "UTF-8"},
		{`{"type":"Topology"}`, "no FeatureCollection"},
		{`{"features":1}`, "no array"},
		{"\x1f\x8b\x00", "gzip"},
	} {
		_, err := Read("test", strings.NewReader(c.text), Limits{})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "test") {
			t.Errorf("%q: got %v, want an error with %q", c.text, err, c.want)
		}
	}
	if _, err := Look("testdata/none.csv", Limits{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want an error for a file that does not exist", err)
	}
}

func TestPlaces(t *testing.T) {
	t.Parallel()
	rows := func(header string, row string) string { return header + "\n" + strings.Repeat(row+"\n", 200) }
	for _, c := range []struct {
		name, text string
		want       string // lon lat wkt pair, and rows without a place
	}{
		{"by name", rows("id,LATITUDE,Longitude", "1,38.9,-77"), "Longitude LATITUDE - - 0"},
		{"degrees before feet", rows("X,Y,Lat,Long_", "5980806,2086365,38.9,-77"), "Long_ Lat - - 0"},
		{"x and y in feet are no places", rows("x,y", "5980806,2086365"), "- - - - 200"},
		{"x and y in degrees", rows("x,y", "-77,38.9"), "x y - - 0"},
		{"a few are wrong", rows("lon,lat", "-77,38.9") + "38.9,-177\n", "lon lat - - 0"},
		{"one of few is wrong", "lon,lat\n-77,38.9\n-77,38.8\n-770,38.8\n", "lon lat - - 0"},
		{"one of two is wrong", "x,y\n12,40\n512,80\n", "- - - - 2"},
		{"half are wrong", rows("lon,lat", "-77,38.9") + strings.Repeat("-770,389\n", 200), "- - - - 400"},
		{"none", rows("lon,lat", "west,north"), "- - - - 200"},
		{"empty", rows("lon,lat", "-77,38.9") + ",\n", "lon lat - - 1"},
		{"names that do not show", rows("lo\rn,lat,\"g\n\x01\",wkt", "-77,38.9,POINT (-77 38.9),POINT (-77 38.9)"), "- - wkt - 0"},
		{"wkt", rows("the_geom", "POINT (-77 38.9)"), "- - the_geom - 0"},
		{"wkt with a reference system", rows("g", "SRID=4326;MULTIPOLYGON(((1 2)))"), "- - g - 0"},
		{"pair", rows("location", `"(38.9, -77.0)"`), "- - - location 0"},
	} {
		g := look(t, c.text, Limits{}).Geometry
		or := func(s string) string {
			if s == "" {
				return "-"
			}
			return s
		}
		if got := strings.Join([]string{or(g.Lon), or(g.Lat), or(g.WKT), or(g.Pair), strconv.Itoa(g.None)}, " "); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
	g := look(t, `{"features":[
		{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[1,2],[3,2,9],[3,4],[1,2]]]}},
		{"type":"Feature","geometry":{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[-1.5e1,2]}]}},
		{"type":"Feature","geometry":{"type":"Point","coordinates":[0,0]}},
		{"type":"Feature","geometry":{"type":"Point","coordinates":[]}},
		{"type":"Feature","geometry":null}]}`, Limits{}).Geometry
	if got, want := fmt.Sprint(g.Types, g.None, g.Zeros, *g.Bound), "map[GeometryCollection:1 Point:1 Polygon:1] 2 1 {[-15 2] [3 4]}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestPositionsBeyondFloats: a bound is of finite numbers, which JSON can write.
func TestPositionsBeyondFloats(t *testing.T) {
	t.Parallel()
	for coordinates, want := range map[string]string{"[1e400,2]": "<nil>", "[2,-1e400]": "<nil>", "[[1e400,2],[3,4]]": "&{[3 4] [3 4]}"} {
		g := look(t, `{"type":"Feature","properties":{},"geometry":{"type":"LineString","coordinates":`+coordinates+`}}`, Limits{}).Geometry
		if _, err := json.Marshal(g); err != nil || fmt.Sprint(g.Bound) != want {
			t.Errorf("%s: got %v, %v; want %s", coordinates, g.Bound, err, want)
		}
	}
}

// TestBounds looks at files that go on beyond what a look may see.
func TestBounds(t *testing.T) {
	t.Parallel()
	var csv, lines, collection strings.Builder
	csv.WriteString("id,text\n")
	collection.WriteString(`{"features":[`)
	for i := range 1000 {
		fmt.Fprintf(&csv, "%d,\"a \"\"text\"\"\n%d\"\n", i, i)
		line := fmt.Sprintf(`{"type":"Feature","properties":{"id":%d},"geometry":null}`, i)
		lines.WriteString(line + "\n")
		if i > 0 {
			collection.WriteByte(',')
		}
		collection.WriteString(line)
	}
	collection.WriteString("]}")
	for name, text := range map[string]string{"csv": csv.String(), "lines": lines.String(), "collection": collection.String()} {
		if s := look(t, text, Limits{Records: 10}); s.Records != 10 || s.Whole || s.Problem != "" || !s.Fields[0].Unique {
			t.Errorf("%s by records: got %d, whole %v, %s", name, s.Records, s.Whole, s.Problem)
		}
		// Wherever the bytes end, what is cut off is no fault.
		for limit := int64(200); limit < 400; limit++ {
			if s := look(t, text, Limits{Bytes: limit}); s.Records == 0 || s.Records > 30 || s.Whole || s.Problem != "" || s.Broken > 1 {
				t.Fatalf("%s by %d bytes: got %d, whole %v, broken %d, %s", name, limit, s.Records, s.Whole, s.Broken, s.Problem)
			}
		}
		if s := look(t, text, Limits{}); s.Records != 1000 || !s.Whole || s.Fields[0].Distinct != 1000 {
			t.Errorf("%s: got %d, whole %v", name, s.Records, s.Whole)
		}
		if s := look(t, text[:len(text)-len(text)/3], Limits{}); name == "collection" && s.Problem == "" {
			t.Errorf("%s: want a problem with a file that breaks off", name)
		}
	}
	wide := strings.Repeat("c,", MaxFields+9)
	var header strings.Builder
	for i := range MaxFields + 10 {
		fmt.Fprintf(&header, "c%d,", i)
	}
	if s := look(t, header.String()+"\n"+wide+"\n", Limits{}); len(s.Fields) != MaxFields || s.MoreFields == 0 {
		t.Errorf("got %d fields and %d more", len(s.Fields), s.MoreFields)
	}
}

// TestTextThatIsNotUTF8 counts texts in Latin-1 by field, takes nothing else of them, and all of the
// fields beside them.
func TestTextThatIsNotUTF8(t *testing.T) {
	t.Parallel()
	fill := func(record string) string { return strings.Repeat(record, 2*startSize/len(record)) } // what the format is told by
	feature := func(id, name string) string {
		return `{"type":"Feature","id":"` + id + `","properties":{"id":"` + id + `","name":"` + name + `"},"geometry":null}`
	}
	for name, text := range map[string]string{
		"csv":        "id,name\n" + fill("1,Caf\u00e9\n") + "2,Caf\xe9\n3\xff,Plaza\n",
		"early":      "id,name\n2,Caf\xe9\n3\xff,Plaza\n1,Caf\u00e9\n",
		"lines":      fill(feature("1", "Caf\u00e9")+"\n") + feature("2", "Caf\xe9") + "\n" + feature("3\xff", "Plaza") + "\n",
		"collection": `{"features":[` + fill(feature("1", "Caf\u00e9")+",") + feature("2", "Caf\xe9") + "," + feature("3\xff", "Plaza") + "]}",
	} {
		s := look(t, text, Limits{})
		if s.Broken != 0 || !s.Whole {
			t.Errorf("%s: got %d broken of %d, whole %v; want all", name, s.Broken, s.Records, s.Whole)
		}
		fields := []*Field{s.Field("id"), s.Field("name")}
		if name != "csv" && name != "early" {
			fields = append(fields, s.ID)
		}
		for _, f := range fields {
			if f == nil || f.NotUTF8 != 1 || f.Distinct != 2 || f.Nulls != 0 || slices.ContainsFunc(f.Examples, func(e string) bool { return strings.ContainsRune(e, utf8.RuneError) }) {
				t.Errorf("%s: got %+v, want one text that is not UTF-8, and two that are", name, f)
			}
		}
	}
	for text, want := range map[string]int{
		"id,name\n1,a\n": 0,
		"id,name\n1,a\n2\xff,\xff\n3,a,b\n4,\xff\n":                                                  4,
		"{\"features\":[{\"type\":\"Feature\",\"id\":\"\xff\",\"properties\":{\"a\":\"\xff\"}},\x01": 3,
	} {
		if s := look(t, text, Limits{}); s.Faults() != want {
			t.Errorf("%q: got %d faults, want %d", text, s.Faults(), want)
		}
	}
	if s := look(t, "id,name\n1,a\n2\xff,a\n", Limits{}); !s.Field("id").Unique {
		t.Errorf("got %+v, want an id that is unique but for records that are refused", s.Field("id"))
	}
	if s := look(t, "id,name\n\xff,a\n\xff,a\n", Limits{}); s.Field("id").Unique {
		t.Errorf("got %+v, want no id without a value", s.Field("id"))
	}
}

// TestBrokenRecordsHaveNoFields: one that cannot be read takes no column's uniqueness away.
func TestBrokenRecordsHaveNoFields(t *testing.T) {
	t.Parallel()
	s := look(t, "id,name\n1,a\n2,a,b\n3,a\n", Limits{})
	if f := s.Field("id"); s.Records != 3 || s.Broken != 1 || !f.Unique || f.Nulls != 0 || f.Distinct != 2 {
		t.Errorf("got %d broken of %d, id %+v; want 1 of 3, and two ids that are unique", s.Broken, s.Records, f)
	}
}

// TestSketch estimates counts that are known.
func TestSketch(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 10, 100, 3000, 20_000, 200_000} {
		var s sketch
		for i := range n {
			s.add(hashOf(strconv.Itoa(i)))
			s.add(hashOf(strconv.Itoa(i)))
		}
		if got := s.estimate(); got < n-n/15 || got > n+n/15 {
			t.Errorf("got %d, want %d within 7 %%", got, n)
		}
	}
}

// TestUniqueIsExact takes a value out of many distinct ones twice.
func TestUniqueIsExact(t *testing.T) {
	t.Parallel()
	const seed = 7
	rng := rand.New(rand.NewPCG(seed, 0))
	var b strings.Builder
	b.WriteString("a,b\n")
	twice := rng.IntN(50_000)
	for i := range 50_000 {
		v := i
		if i == 49_999 {
			v = twice
		}
		fmt.Fprintf(&b, "%d,%d\n", i, v)
	}
	s := look(t, b.String(), Limits{})
	if !s.Fields[0].Unique || s.Fields[1].Unique {
		t.Errorf("seed %d: got unique %v and %v, want true and false", seed, s.Fields[0].Unique, s.Fields[1].Unique)
	}
}

// FuzzRead gives any bytes to a look: it ends, within its bounds, and its JSON is JSON.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"a,b\n1,2\n", "a;b\n\"x\"\"y\n\";2\n", "lon,lat\n-77,38\n", `{"type":"Feature","properties":{"a":[1]},"geometry":null}`,
		`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"a":"\u00e4"},"geometry":{"type":"Point","coordinates":[1,2]}}]}`,
		"\x1e{}\n", "\x1f\x8b\x08\x00", "t\n2016-08-03\n", "w\nPOINT (1 2)\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		limits := Limits{Records: 50, Bytes: 1 << 16}
		s, err := Read("fuzz", strings.NewReader(string(data)), limits)
		if err != nil {
			if s != nil {
				t.Fatal("a sample and an error")
			}
			return
		}
		if s.Records > limits.Records || len(s.Fields) > MaxFields {
			t.Fatalf("%d records and %d fields", s.Records, len(s.Fields))
		}
		for _, field := range s.Fields {
			if field.Distinct > s.Records || field.Nulls < 0 || field.Nulls > s.Records {
				t.Fatalf("field %q: %d distinct and %d null of %d records", field.Name, field.Distinct, field.Nulls, s.Records)
			}
		}
		if _, err := json.Marshal(s); err != nil {
			t.Fatal(err)
		}
	})
}
