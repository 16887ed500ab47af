package config

import (
	"strings"
	"testing"
)

func TestFormatOf(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]Format{
		"a.csv": CSV, "a.CSV.gz": CSV, "a.csv.zst": CSV, "a.geojson.zst": GeoJSON, "a.ndjson": GeoJSONL, "x/A.SHP": Shapefile, "a.shp.zip": Shapefile,
		"a.gpkg": GeoPackage, "a.parquet": GeoParquet, "a.geoparquet": GeoParquet, "a.zip": "", "a.zst": "", "a": "",
	} {
		if got := formatOf(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	const table = "    files: [c.gpkg]\n    table: stations\n"
	if !strings.Contains(whole, table) {
		t.Fatal("the config has no table")
	}
	for to, want := range map[string]string{
		"    files: [c.shp]\n    table: stations\n":                 "only for format gpkg, and this source has shapefile",
		"    files: [c.gpkg, d.parquet]\n    table: stations\n":     "the files have different formats, gpkg and geoparquet",
		"    files: [c.gpkg]\n    table: \"\"\n":                    "is an empty text",
		"    files: [c.bin]\n    format: gpkgs\n    table: a\n":     `did you mean "gpkg"?`,
		"    files: [c.bin]\n    table: stations\n":                 "say format: csv, geojson, geojsonl, shapefile, gpkg or geoparquet",
		"    files: [c.bin]\n    format: gpkg\n    table: stations": "",
	} {
		_, err := Parse("x.yaml", []byte(strings.Replace(whole, table, to+"\n", 1)), environment("OTHER", "/o"))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: got %v, want %q", to, err, want)
		}
	}
}
