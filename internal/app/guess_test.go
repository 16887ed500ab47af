package app

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"hutong/internal/compress"
	"hutong/internal/config"
	"hutong/internal/guess"
	"hutong/internal/testkit"
)

var quiet = slog.New(slog.DiscardHandler)

// guessed guesses the config of files, reads it back from a file and checks it.
func guessed(t *testing.T, paths ...string) *config.Config {
	t.Helper()
	c, text, err := Guess(paths, nil, quiet)
	if err != nil {
		t.Fatal(err)
	}
	written := filepath.Join(t.TempDir(), "city.yaml")
	if err := os.WriteFile(written, text, 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := config.Load(written, nil)
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	for i := range c.Layers {
		if diff := cmp.Diff(c.Layers[i].Schema, again.Layers[i].Schema); diff != "" {
			t.Errorf("the layer differs once it was written:\n%s", diff)
		}
	}
	if found := Check(again); len(found.Problems) > 0 {
		t.Errorf("check finds problems with what was guessed: %v", found.Problems)
	}
	return again
}

// counts runs the sources of a config and returns what was accepted and the features there are.
func counts(t *testing.T, c *config.Config) []SourceReport {
	t.Helper()
	city, err := FromConfig(c)
	if err != nil {
		t.Fatal(err)
	}
	reports, err := DryRun(t.Context(), city)
	if err != nil {
		t.Fatal(err)
	}
	return reports
}

func TestGuess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	odd := write("1 Odd: names #1.csv", "lat;LON;a b;a-b;true;phone;reported;n;\"q\"\"{}\"\n"+
		"38.9;-77;x;y;z;1;2016-08-03;NA;1\n38.9;-77.1;x;y;z;2;2016-08-04;7;2\n")
	lines := write("lines.geojsonl", strings.Repeat(`{"type":"Feature","properties":{"state":"open","tags":{"a":1}},"geometry":null}`+"\n", 3))
	areas := write("areas.csv.gz", string(compress.AppendGzip(nil, []byte("ward,the_geom\n1,\"POLYGON ((1 1, 2 1, 2 2, 1 1))\"\n2,\"POLYGON ((3 1, 4 1, 4 2, 3 1))\"\n"))))
	pairs := write("pairs.tsv", "code\twhere\nA\t(38.9, -77.0)\nB\t(38.8, -77.0)\n")
	c := guessed(t, odd, lines, areas, pairs)
	reports := counts(t, c)
	for _, r := range reports[2:] {
		if r.Accepted != 2 || *r.Features != 2 || r.Unlocated != 0 {
			t.Errorf("%s: got %+v, want two features with a place", r.Layer, r)
		}
	}
	if len(reports) != 4 || reports[0].Accepted != 2 || *reports[0].Features != 2 || reports[1].Accepted != 3 || *reports[1].Features != 3 {
		t.Errorf("got %+v, want every record accepted, as a feature of its own", reports)
	}
	if got := c.Layers[0].Schema; got.Name != "layer_1_odd__names__1" || !got.Fields[got.FieldIndex("phone")].Private || got.TimeField != "reported" {
		t.Errorf("got %+v", got)
	}
	if got := c.Layers[0].Licence; got != "unknown" {
		t.Errorf("got licence %q, want unknown", got)
	}
}

func TestGuessNamesEveryFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"a.csv": "x,y\na,b\n", "b.csv": "", "c.csv": "lon,lat\n1,2\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, _, err := Guess([]string{filepath.Join(dir, "*.csv")}, nil, quiet)
	for _, want := range []string{"a.csv: no column", `"x", "y"`, "b.csv: the file is empty"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if _, _, err = Guess([]string{filepath.Join(dir, "none.csv")}, nil, quiet); err == nil || !strings.Contains(err.Error(), "none.csv") {
		t.Errorf("got %v, want an error about a file that is not there", err)
	}
}

// TestGuessOfRealFiles guesses files of cities: all records get in but those that no config could take.
func TestGuessOfRealFiles(t *testing.T) {
	t.Parallel()
	for _, want := range []struct {
		file                        string
		id                          string
		accepted, refused, features int
	}{
		{"vendors-sf/mobile-food-facility-permits.csv", "locationid", 455, 33, 455}, // 33 are at 0, 0
		{"vendors-dc/sidewalk-vendors.geojson", "", 298, 0, 298},
		{"hotspots-nyc/nyc-wifi-hotspots.csv", "OBJECTID", 1390, 0, 1390},
		{"hotspots-dc/wifi-hotspots.geojson", "", 448, 0, 448},
		{"complaints-dc/dc-311-2016-08.ndjson.gz", "row", 22_583, 0, 22_583},
		{"complaints-sf/sf-311-sample.csv.gz", "unique_key", 5736, 4264, 5736},
		{"markets-de/berlin.geojson", "row", 16, 0, 16},
		{"boundaries/beijing/beijing-districts.decoded.geojson", "id", 16, 0, 16},
		{"boundaries/san-francisco/planning-neighborhoods.geojson.gz", "", 37, 0, 37},
	} {
		c := guessed(t, testkit.Data(t, want.file))
		r := counts(t, c)[0]
		if int(r.Accepted) != want.accepted || int(r.Refused) != want.refused || *r.Features != want.features || r.Error != "" {
			t.Errorf("%s: got %s%d features, want %d accepted, %d refused, %d features", want.file, r.Summary, *r.Features, want.accepted, want.refused, want.features)
		}
		if schema := c.Layers[0].Schema; want.id != "" && schema.IDField != want.id {
			t.Errorf("%s: got id %q, want %q", want.file, schema.IDField, want.id)
		}
	}
}

// FuzzGuess makes a config of any bytes: it can always be read back.
func FuzzGuess(f *testing.F) {
	for _, seed := range []string{
		"id,lon,lat,Name\n1,-77,38,x\n", "g,h\nPOINT (1 2),1\n", "p\n\"(1, 2)\"\n", "lat;lon;a b;\"a\"\"b\";phone;when\n1;2;NULL;NA;3;2016-08-03\n", "lat\tlon\n1\t2\n", "la\rt\tlon\n1\t2\n", "\"a\n\x01\"\nPOINT (1 2)\n",
		`{"type":"Feature","properties":{"":1,"{a}":2,"ü.b":"x","a\u0000":1,"null":true},"geometry":null}`,
		`{"features":[{"type":"Feature","id":"a","properties":{"id":7},"geometry":null}]}`,
	} {
		f.Add("data file.csv", []byte(seed))
	}
	f.Add("../1 & 2/北京.geojson", []byte(`{"features":[{"type":"Feature","properties":{},"geometry":null}]}`))
	f.Fuzz(func(t *testing.T, path string, data []byte) {
		if strings.ContainsAny(path, "\x00[\\") || strings.Contains(path, "${") || path == "" || len(path) > 200 || !utf8.ValidString(path) {
			return // what a config takes for a pattern or a variable, or no path
		}
		s, err := guess.Read(path, bytes.NewReader(data), guess.Limits{Records: 30})
		if err != nil {
			return
		}
		l := guess.Propose(s, nil)
		if l.Usable() != nil {
			return
		}
		text := guess.Config(l.Title, []*guess.Layer{l})
		c, err := config.Parse("guessed", text, nil)
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if _, err := FromConfig(c); err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
	})
}
