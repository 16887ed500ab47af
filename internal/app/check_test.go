package app

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hutong/internal/config"
)

// checked checks a config with one source of one layer, which has the field code, and returns the problems and
// the warnings, one a line.
func checked(t *testing.T, source string) (problems, warnings string) {
	t.Helper()
	text := "city: A city\nlayers:\n  lanes: {title: Lanes, licence: CC0-1.0, fields: {code: {type: string}}}\nsources:\n  lanes: {layer: lanes, " + source + "}\n"
	c, err := config.Parse("city.yaml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	lines := func(list config.Problems) string {
		var b strings.Builder
		for _, p := range list {
			fmt.Fprintf(&b, "%s: %s\n", p.Path, p.Message)
		}
		return b.String()
	}
	found := Check(c)
	return lines(found.Problems), lines(found.Warnings)
}

// file writes a file into a folder of its own.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestCheckOfTables holds configs against files that are no text: what a server could not bind is a problem,
// however few of the records are looked at.
func TestCheckOfTables(t *testing.T) {
	t.Parallel()
	none, few, many := parquetCity(t, 0), parquetCity(t, 3), parquetCity(t, checkedRecords+1)
	bare := file(t, "lanes.shp", "") // its .dbf is missing
	empty := file(t, "lanes.shp", "")
	if err := os.WriteFile(strings.TrimSuffix(empty, "shp")+"dbf", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, format, path, id, from, want string }{
		{"in order", "geoparquet", few, "{code}", "code", ""},
		{"in order, without records", "geoparquet", none, "{code}", "code", ""},
		{"in order, with more records than are looked at", "geoparquet", many, "{code}", "code", ""},
		{"no column", "geoparquet", few, "{code}", "cod", `sources.lanes.files[0]: ` + few + `: no column "cod"; the columns are "code", "width"`},
		{"no column, without records", "geoparquet", none, "{code}", "cod", `no column "cod"`},
		{"no column, with more records than are looked at", "geoparquet", many, "{code}", "cod", `no column "cod"`},
		{"no id", "geoparquet", many, "{nr}", "code", `no column "nr"`},
		{"no .dbf", "shapefile", bare, "{code}", "code", "there is no lanes.dbf"},
		{"an empty .shp", "shapefile", empty, "{code}", "code", "the file ends inside its header"},
		{"no GeoPackage", "gpkg", few, "{code}", "code", "sources.lanes.files[0]: " + few + ": "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			problems, warnings := checked(t, fmt.Sprintf("files: [%q], format: %s, id: %q, fields: {code: %s}", c.path, c.format, c.id, c.from))
			if c.want == "" && problems != "" || !strings.Contains(problems, c.want) || strings.Count(problems, "\n") > 1 || warnings != "" {
				t.Errorf("got problems\n%s\nwarnings\n%s\nwant %q", problems, warnings, c.want)
			}
		})
	}
}

func TestCheckOfLookups(t *testing.T) {
	t.Parallel()
	rows := file(t, "rows.csv", "no,station,code\n1,A,x\n")
	for _, c := range []struct{ name, table, want string }{
		{"in order", "station,lon,lat\nA,116,39\nB,117,39\n", ""},
		{"semicolons", "station;lon;lat\nA;116;39\n", `csv.lookup.file: TABLE: its columns are separated by ";", and those of a lookup's table by commas`},
		{"a key twice", "station,lon,lat\nA,116,39\nA,117,39\n", `csv.lookup.file: TABLE: line 3: the key in column "station" stands twice`},
		{"ragged", "station,lon,lat\nA,116,39\nB,117\n", "csv.lookup.file: TABLE: record on line 3: wrong number of fields"},
		{"no key", "name,lon,lat\nA,116,39\n", `csv.lookup.key: TABLE has no column "station"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			table := file(t, "table.csv", c.table)
			problems, _ := checked(t, fmt.Sprintf(
				"files: [%q], id: '{no}', csv: {lon: lon, lat: lat, lookup: {file: %q, key: station, column: station}}, fields: {code: code}", rows, table))
			want := strings.ReplaceAll(c.want, "TABLE", table)
			if want == "" && problems != "" || !strings.Contains(problems, want) || strings.Count(problems, "\n") > 1 {
				t.Errorf("got %q, want %q", problems, want)
			}
		})
	}
}

// TestCheckOfTextThatIsNotUTF8 has rows in Latin-1 behind what the format is told by; a server would refuse them.
func TestCheckOfTextThatIsNotUTF8(t *testing.T) {
	t.Parallel()
	head := strings.Repeat("1,116,39,Plaza\n", 5000)
	path := file(t, "latin.csv", "no,lon,lat,code\n"+head+strings.Repeat("2,116,39,Caf\xe9\n", 7))
	problems, warnings := checked(t, fmt.Sprintf("files: [%q], id: '{no}', csv: {lon: lon, lat: lat}, fields: {code: code}", path))
	if want := "sources.lanes.files[0]: " + path + ": of 5007 records 7 cannot be read\n"; problems != "" || warnings != want {
		t.Errorf("got problems %q, warnings %q; want %q", problems, warnings, want)
	}
}
