package files

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hutong/ingest"
	"hutong/layers"
)

func TestNewProblemsAtOnce(t *testing.T) {
	t.Parallel()
	m := reports(t)
	m.ID = ingest.Template{}
	_, err := New(Options{Layer: "x", Format: "xml", CSV: CSV{PlaceColumns: ingest.PlaceColumns{Lon: "lon"}, Delimiter: '"'}, Mapping: m})
	for _, want := range []string{"there is no name", "there are no paths", `no format "xml": the formats are csv, geojson, geojsonl`, "lon and lat are both needed", "delimiter", "no id template"} {
		checkError(t, err, want)
	}
	_, err = New(Options{Name: "x", Layer: "x", Paths: []string{"x"}, Mapping: reports(t)})
	checkError(t, err, `the mapping is for layer "reports", not "x"`)
	_, err = New(Options{Name: "x", Paths: []string{"x"}})
	checkError(t, err, "there is no mapping")
}

func TestPaths(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, id string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(line(id, "")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("b.ndjson", "b")
	write("a.ndjson", "a")
	write("c[1].ndjson", "c")
	write("d.txt", "d")
	tests := []struct {
		name, paths string
		format      Format
		want, err   string
	}{
		{"a pattern, by name", "*.ndjson", "", "a b c", ""},
		{"in the order given, each once", "c[1].ndjson b.ndjson [ab].ndjson", "", "c b a", ""},
		{"a format for any name", "d.txt", FormatNDJSON, "d", ""},
		{"no match", "a.ndjson e*.ndjson", "", "", "no file matches"},
		{"no file", "a.ndjson e.ndjson", "", "", "no file matches"},
		{"no pattern", "[a", "", "", "syntax error in pattern"},
		{"no format", "a.ndjson d.txt", "", "", `the format does not show in the name "d.txt"`},
		{"a folder", ".", FormatNDJSON, "", "is a directory"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			opts := Options{Name: "test", Layer: "reports", Format: tt.format, Mapping: reports(t)}
			for path := range strings.FieldsSeq(tt.paths) {
				opts.Paths = append(opts.Paths, filepath.Join(dir, path))
			}
			s, err := New(opts)
			if err != nil {
				t.Fatal(err)
			}
			published, _, err := ids(t, s)
			if published != tt.want {
				t.Errorf("got %q, want %q", published, tt.want)
			}
			checkError(t, err, tt.err)
		})
	}
}

func TestFormatOf(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]Format{
		"a.csv": FormatCSV, "A.TSV.gz": FormatCSV, "a.geojson": FormatGeoJSON, "a.json.gz": FormatGeoJSON, "x/a.NDJSON.GZ": FormatNDJSON,
		"a.geojsonl": FormatNDJSON, "a.geojsons": FormatNDJSON, "a.jsonl": FormatNDJSON, "a.gz": "", "csv": "", "a.csv.zip": "",
		"a.csv.zst": FormatCSV, "A.GEOJSON.ZST": FormatGeoJSON, "a.gpkg": FormatGeoPackage, "A.GPKG": FormatGeoPackage,
		"a.shp": FormatShapefile, "a.shp.zip": FormatShapefile, "a.zip": "", "a.zst": "",
		"a.parquet": FormatGeoParquet, "a.GeoParquet": FormatGeoParquet,
	} {
		got, _, err := formatOf(name)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, want)
		}
	}
	for _, f := range Formats() {
		if got, err := ParseFormat(string(f)); got != f || err != nil {
			t.Errorf("%s: got %s, %v", f, got, err)
		}
	}
}

// What a source publishes goes into a layer as it is.
func TestIntoLayer(t *testing.T) {
	t.Parallel()
	m := reports(t)
	layer, err := layers.New(m.Schema, layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	text := line("a", "1") + "\n" + line("b", "2") + "\n" + line("a", "3") + "\n"
	s := source(t, Options{Mapping: m}, map[string]string{"f.ndjson": text}, 0)
	var report ingest.Report
	err = s.Run(t.Context(), publisher(func(_ context.Context, batch layers.Batch) error {
		_, err := layer.Apply(batch)
		return err
	}), &report)
	if err != nil {
		t.Fatal(err)
	}
	if sum := report.Summary(); sum.Accepted != 3 {
		t.Errorf("got %v, want 3 accepted: a record that replaces another counts", sum)
	}
}
