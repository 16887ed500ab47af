package files

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"

	"hutong/ingest"
	"hutong/layers"
	"hutong/layers/column"
)

// read runs a source over text, in chunks of a few bytes and of the usual size, which must not make
// a difference.
func read(t testing.TB, opts Options, name, text string) (changes []layers.Change, sum ingest.Summary, err error) {
	t.Helper()
	opts.Name, opts.Layer, opts.Paths = "fuzz", opts.Mapping.Schema.Name, []string{"fuzz_test.go"}
	opts.Format = map[string]Format{"csv": FormatCSV, "geojson": FormatGeoJSON, "ndjson": FormatNDJSON}[name]
	var first string
	for _, chunk := range []int{7, 100, chunkSize} {
		s, newErr := New(opts)
		if newErr != nil {
			t.Fatal(newErr)
		}
		s.chunk = chunk
		s.open = func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
		changes, sum, err = run(t, s)
		if err != nil && !strings.HasPrefix(err.Error(), "files: fuzz_test.go:") {
			t.Fatalf("an error that does not name the file: %v", err)
		}
		if got := fmt.Sprintf("%s%s%v", show(changes), sum, err); first == "" {
			first = got
		} else if got != first {
			t.Fatalf("with chunks of %d bytes:\n%s\nwith small ones:\n%s", chunk, got, first)
		}
	}
	return changes, sum, err
}

// long finds exponents that would take the oracle's exact arithmetic for ever.
var long = regexp.MustCompile(`[eE][+-]?0*[1-9][0-9]{3}`)

var featureSeeds = []string{
	line("a", "1"), line("b", `"2"`), line("x", "1.5"), line("é\\u00e9", "null"), `{"type":"Feature","properties":null,"geometry":null}`,
	`{"type":"Feature","properties":{"id":7,"category":"a\"b\\","title":" x ","votes":-3.0e1,"score":1.5,"open":1,"reported":"2016-08-03T20:47:11.5-04:00"},"geometry":{"coordinates":[1,2,3],"type":"Point"}}`,
	`{"properties":{"id":true},"type":"Feature","id":1,"bbox":[1,2,3,4],"geometry":{"type":"Point","coordinates":[]}}`,
	`{"type":"Feature","properties":{"id":"a","x":{"id":"b","features":[{}]}},"geometry":{"type":"Polygon","coordinates":[[[1,2]]]}}`,
	`{"type":"Feature","properties":{"id":"a","id":"b"},"properties":{"id":"c"},"geometry":{"type":"Point","coordinates":["1","2"]}}`,
	`{"type":"Feature","properties":{"id":"a","reported":"0000-01-01T00:00:00+00:01"},"geometry":{"type":"Point","coordinates":[1e400,0]}}`,
	`{"type":"Feature","properties":{"id":"a"},"geometry":{"type":"Point","coordinates":[0,-0.0]}}`,
	shaped(`{"type":"LineString","coordinates":[[1,2],[3,4,5]]}`), shaped(`{"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9]],[]]}`),
	shaped(`{"type":"MultiPolygon","coordinates":[[],[[[0,0],[9,0],[9,9],[0,0]],[[1,1],[2,1],[1,1]]]]}`),
	shaped(`{"type":"GeometryCollection","geometries":[{"type":"MultiPoint","coordinates":[[1,2],[]]},null,{"type":"GeometryCollection","geometries":[]}]}`),
	`{}`, `[]`, `null`, `"a"`, `{"a`, `{"type":"Feature"`, "\x1e{}", "", " ",
}

// shaped returns a feature with a geometry.
func shaped(geometry string) string {
	return `{"type":"Feature","properties":{"id":"a"},"geometry":` + geometry + `}`
}

func FuzzGeoJSONLines(f *testing.F) {
	for _, s := range featureSeeds {
		f.Add(s + "\n" + featureSeeds[5] + "\n")
		f.Add("\x1e" + s + "\n\x1e" + featureSeeds[5])
	}
	f.Fuzz(func(t *testing.T, text string) {
		changes, sum, err := read(t, Options{Mapping: reports(t)}, "ndjson", text)
		if err != nil {
			if sum.Read != 0 {
				t.Fatalf("an error behind %d records: %v", sum.Read, err)
			}
			return // not gzip, or UTF-16
		}
		separator := "\n"
		body := strings.TrimPrefix(text, "\ufeff")
		if strings.HasPrefix(strings.TrimLeft(body, " \t\r\n"), "\x1e") {
			separator = "\x1e"
		}
		var records []string
		for record := range strings.SplitSeq(body, separator) {
			if separator == "\n" {
				record = strings.TrimPrefix(record, "\x1e")
			}
			if record = strings.Trim(record, " \t\r\n"); record != "" {
				records = append(records, record)
			}
		}
		compare(t, records, changes, sum)
	})
}

// compare compares what was published with what the oracle makes of the same records.
func compare(t *testing.T, records []string, changes []layers.Change, sum ingest.Summary) {
	t.Helper()
	if int(sum.Read) != len(records) {
		t.Fatalf("%d records read, want %d", sum.Read, len(records))
	}
	var want []layers.Change
	for _, record := range records {
		c, ok, sure := layers.Change{}, false, false
		if !long.MatchString(record) {
			c, ok, sure = oracleFeature(record)
		}
		if !sure {
			return
		}
		if ok {
			want = append(want, c)
		}
	}
	if diff := cmp.Diff(show(want), show(changes)); diff != "" {
		t.Fatalf("want -, got +:\n%s\n%s", diff, sum)
	}
}

func FuzzGeoJSON(f *testing.F) {
	for _, s := range featureSeeds {
		f.Add(`{"type":"FeatureCollection","features":[` + s + "," + featureSeeds[5] + "]}")
		f.Add(`{"crs":null,"features":[` + s + `],"x":` + s + "}")
	}
	f.Add(`{"type":"FeatureCollection","features":[]}`)
	f.Add("\ufeff{ } ")
	f.Fuzz(func(t *testing.T, text string) {
		changes, sum, err := read(t, Options{Mapping: reports(t)}, "geojson", text)
		var whole map[string]json.RawMessage
		var features []json.RawMessage
		oracleErr := json.Unmarshal([]byte(strings.TrimPrefix(text, "\ufeff")), &whole)
		if oracleErr == nil {
			oracleErr = json.Unmarshal(whole["features"], &features)
		}
		if err != nil {
			// Anything the oracle takes may only fail for what a collection must not say.
			for _, word := range []string{"type", "crs", "second", "no array", "no member", "gzip"} {
				if strings.Contains(err.Error(), word) {
					return
				}
			}
			if oracleErr == nil {
				t.Fatalf("encoding/json takes it: %v", err)
			}
			return
		}
		if oracleErr != nil {
			// A value may be wrong inside as long as it was refused.
			if sum.Refused == 0 {
				t.Fatalf("taken, but encoding/json says %v", oracleErr)
			}
			return
		}
		records := make([]string, len(features))
		for i := range features {
			records[i] = string(bytes.TrimSpace(features[i]))
		}
		compare(t, records, changes, sum)
	})
}

func FuzzCSV(f *testing.F) {
	for _, s := range []string{
		"id,lon,lat,text\na,1,2,x\n", "\ufeffid,lon,lat,text\r\na,1,2,\"x\"\"y\r\nz\"\r\n\r\nb,,,\n", "text,lat,lon,id,id2\nx,1,2,a,b\n\n\n",
		"id,lon,lat,text\na,1,2\nb,1,2,3,4\nc,\"1\",2,x\"y\nd,1,2,\"x\"y\ne,1,2,z", "id,lon,lat,text\na,1,2,\"x\n", "id,lon\n", "", "\n\n", "id,lon,lat,text\na,x,y,\"\"\n\r",
		"id,lon,lat,text\na,1,2,x\r", "id,lon,lat,text\n\"a\"\r", "id,lon,lat,text,\na,1,2,x,\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		changes, sum, err := read(t, Options{Mapping: table(t), CSV: CSV{PlaceColumns: ingest.PlaceColumns{Lon: "lon", Lat: "lat"}}}, "csv", text)
		if strings.HasPrefix(text, "\x1f\x8b") || strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") {
			return
		}
		r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
		r.FieldsPerRecord = -1
		header, headerErr := r.Read()
		if headerErr != nil {
			if err == nil {
				t.Fatalf("taken, but encoding/csv says %v", headerErr)
			}
			return
		}
		columns, times := map[string]int{}, map[string]int{}
		for i, name := range header {
			columns[name] = i
			times[name]++
		}
		if times["id"] != 1 || times["lon"] != 1 || times["lat"] != 1 || times["text"] != 1 {
			if err == nil {
				t.Fatalf("columns %q are taken", header)
			}
			return
		}
		if err != nil && !strings.Contains(err.Error(), "never closed") {
			t.Fatal(err)
		}
		var want []layers.Change
		refused := 0
		for {
			row, rowErr := r.Read()
			if errors.Is(rowErr, io.EOF) {
				break
			}
			if c, ok := oracleRow(row, columns, len(header)); rowErr == nil && ok {
				want = append(want, c)
			} else {
				refused++
			}
		}
		if err != nil {
			refused-- // a quote that is never closed is an error of the file, not of a row
		}
		if diff := cmp.Diff(show(want), show(changes)); diff != "" || int(sum.Refused) != refused {
			t.Fatalf("want -, got +:\n%s\n%swant %d refused", diff, sum, refused)
		}
	})
}

func oracleRow(row []string, columns map[string]int, width int) (c layers.Change, ok bool) {
	if len(row) != width {
		return c, false
	}
	id, text := row[columns["id"]], row[columns["text"]]
	lon, lat := strings.TrimSpace(row[columns["lon"]]), strings.TrimSpace(row[columns["lat"]])
	if strings.TrimSpace(id) == "" || len(id) > layers.MaxID || !utf8.ValidString(id) {
		return c, false
	}
	c.Feature.ID = layers.FeatureID(id)
	if lon != "" || lat != "" {
		x, okX := oracleValue(lon, column.Float, 0)
		y, okY := oracleValue(lat, column.Float, 0)
		p := orb.Point{x.Float(), y.Float()}
		if !okX || !okY || !oraclePlace(p) {
			return c, false
		}
		c.Feature.Geometry = p
	}
	v := column.Value{}
	if text != "" {
		if v, ok = oracleValue(text, column.String, layers.DefaultMaxLength); !ok {
			return c, false
		}
	}
	c.Feature.Values = []column.Value{v}
	return c, true
}

// Features as they usually are come out as orb/geojson reads them.
func TestAgreesWithOrb(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	var text bytes.Buffer
	var want []layers.Change
	for i := range 5000 {
		b := feature(nil, i, rng)
		text.Write(append(b, '\n'))
		c, err := stdlibChange(b)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, c)
	}
	for _, format := range []string{"ndjson", "geojson"} {
		s := text.String()
		if format == "geojson" {
			s = `{"type":"FeatureCollection","features":[` + strings.ReplaceAll(strings.TrimSpace(s), "\n", ",\n") + "]}"
		}
		got, _, err := run(t, source(t, Options{Mapping: reports(t)}, map[string]string{"f." + format: s}, 0))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(show(want), show(got)); diff != "" {
			t.Errorf("%s: want -, got +:\n%s", format, diff)
		}
	}
}
