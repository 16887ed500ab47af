package app

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hutong/internal/auth"
	"hutong/internal/config"
	"hutong/styles"
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

// TestCheckOfTextThatIsNotUTF8 has texts in Latin-1. A source refuses their records if it reads their field,
// and only then.
func TestCheckOfTextThatIsNotUTF8(t *testing.T) {
	t.Parallel()
	rows := func(many int) string {
		return "no,lon,lat,code,note\n" + strings.Repeat("1,116,39,Plaza,x\n", many) + strings.Repeat("2,116,39,Caf\xe9,x\n", 7) + "3,116,39,Plaza,Caf\xe9\n"
	}
	feature := func(code, note string) string {
		return `{"type":"Feature","id":"1","properties":{"code":"` + code + `","note":"` + note + `"},"geometry":{"type":"Point","coordinates":[116,39]}}` + "\n"
	}
	early, late := file(t, "latin.csv", rows(1)), file(t, "latin.csv", rows(5000)) // late: behind what the format is told by
	unread, read := file(t, "a.geojsonl", feature("Plaza", "Caf\xe9")+feature("Park", "\xff")), file(t, "b.geojsonl", feature("Plaza", "")+feature("Caf\xe9", ""))
	lanes := parquetCity(t, 3, "caf\xe9")
	const csv = "id: '{no}', csv: {lon: lon, lat: lat}, "
	const of = "sources.lanes.fields.code: "
	for _, c := range []struct{ name, source, want string }{
		{"csv", fmt.Sprintf("files: [%q], %s fields: {code: code}", early, csv), of + early + `: of 9 records 7 have a "code" that is not UTF-8` + "\n"},
		{"csv, far behind", fmt.Sprintf("files: [%q], %s fields: {code: code}", late, csv), of + late + `: of 5008 records 7 have a "code" that is not UTF-8` + "\n"},
		{"csv, unread", fmt.Sprintf("files: [%q], %s fields: {code: 'no'}", early, csv), ""},
		{"lines, unread", fmt.Sprintf("files: [%q], id: '{$id}', fields: {code: code}", unread), ""},
		{"lines", fmt.Sprintf("files: [%q], id: '{$id}', fields: {code: code}", read), of + read + `: of 2 records 1 have a "code" that is not UTF-8` + "\n"},
		{"parquet, unread", fmt.Sprintf("files: [%q], format: geoparquet, id: '{width}', fields: {code: width}", lanes), ""},
		{"parquet", fmt.Sprintf("files: [%q], format: geoparquet, id: '{width}', fields: {code: code}", lanes), of + lanes + `: of 4 records 1 have a "code" that is not UTF-8` + "\n"},
	} {
		if problems, warnings := checked(t, c.source); problems != "" || warnings != c.want {
			t.Errorf("%s: got problems %q, warnings %q; want no problem and %q", c.name, problems, warnings, c.want)
		}
	}
}

// TestCheckOfDrawing warns of what colours features and may be missing from a full tile.
func TestCheckOfDrawing(t *testing.T) {
	t.Parallel()
	path := file(t, "rows.csv", "no,a,b\n1,x,y\n")
	c, err := config.Parse("city.yaml", []byte(`city: A city
layers:
  lanes:
    title: Lanes
    licence: CC0-1.0
    draw: {category: a, status: b, label: a}
    fields: {a: {type: string}, b: {type: string, keep: true}}
sources:
  lanes: {layer: lanes, files: ["`+path+`"], id: "{no}", csv: {lon: a, lat: b}, fields: {a: a, b: b}}
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	found := Check(c)
	want := `city.yaml:6:12: layers.lanes.draw.category: the field "a" is not kept, so in a full tile features lose their colour: say keep: true there`
	if len(found.Problems) != 0 || len(found.Warnings) != 1 || found.Warnings[0].String() != want {
		t.Errorf("got problems %v, warnings %v\nwant %s", found.Problems, found.Warnings, want)
	}
}

// TestCheckOfLooks warns of colours and icons beyond those that there is room for, and names them.
func TestCheckOfLooks(t *testing.T) {
	t.Parallel()
	path := file(t, "rows.csv", "no,a,b\n1,x,y\n")
	check := func(looks int) Findings {
		var values strings.Builder
		for i := range looks {
			fmt.Fprintf(&values, "v%02d: {colour: '#0072b2'}, ", i)
		}
		c, err := config.Parse("city.yaml", []byte(`city: A city
layers:
  lanes:
    title: Lanes
    licence: CC0-1.0
    fields: {a: {type: string, keep: true, values: {`+values.String()+`named: {title: Named}}}}
sources:
  lanes: {layer: lanes, files: ["`+path+`"], id: "{no}", csv: {lon: a, lat: b}, fields: {a: a}}
`), nil)
		if err != nil {
			t.Fatal(err)
		}
		return Check(c)
	}
	if found := check(styles.MaxSwatches); len(found.Warnings) != 0 {
		t.Errorf("got %v, want no warning", found.Warnings)
	}
	want := `layers.lanes.fields.a.values: at most 16 values have colours and icons; drawn as all others are "v16", "v17"`
	if found := check(styles.MaxSwatches + 2); len(found.Warnings) != 1 || !strings.HasSuffix(found.Warnings[0].String(), want) {
		t.Errorf("got %v, want %s", found.Warnings, want)
	}
}

// TestCheckOfViews looks for layers that nobody sees, and into the file with the secret.
func TestCheckOfViews(t *testing.T) {
	t.Parallel()
	short := file(t, "secret", "too short")
	scraped := "keys: {prometheus: {hash: '" + auth.NewSecret().Hash().String() + "', scopes: [metrics]}}\n"
	for _, test := range []struct{ name, rest, problem, warning string }{
		{"nobody sees it", scraped, "", "layers.lanes.public: no view shows this layer, so nobody sees it"},
		{"somebody does", "views: {all: {layer: lanes, audience: officer, title: All}}\n" + scraped, "", ""},
		{
			"metrics tell of it", "views: {all: {layer: lanes, audience: officer, title: All}}\n", "",
			"layers.lanes.public: no key has the scope metrics, so whoever reaches /metrics reads how many features this has, and when it changes",
		},
		{"a short secret", "views: {all: {layer: lanes, audience: officer, title: All, ids: keyed}}\nsecret_file: " + short + "\n" + scraped, "secret_file: " + short + " has 9 bytes: want at least 32", ""},
		{"a secret that nobody needs", "views: {all: {layer: lanes, audience: officer, title: All}}\nsecret_file: " + short + "\n" + scraped, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, err := config.Parse("city.yaml", []byte("city: A city\nlayers: {lanes: {title: Lanes, licence: CC0-1.0, public: false, fields: {code: {type: string}}}}\n"+test.rest), nil)
			if err != nil {
				t.Fatal(err)
			}
			found := Check(c)
			if got := fmt.Sprint(found.Problems); !strings.Contains(got, test.problem) || test.problem == "" && len(found.Problems) > 0 {
				t.Errorf("got problems %s, want %q", got, test.problem)
			}
			got := ""
			for _, w := range found.Warnings {
				if strings.HasPrefix(w.Path, "layers.lanes.public") {
					got = w.Path + ": " + w.Message
				}
			}
			if got != test.warning {
				t.Errorf("got warning %q, want %q", got, test.warning)
			}
		})
	}
}
