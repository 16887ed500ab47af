package files

import (
	"database/sql"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/project"

	"hutong/internal/wkb"
	"hutong/layers"
)

// gpkgBlob returns g as GeoPackage keeps it, with an envelope of kind code.
func gpkgBlob(t testing.TB, g orb.Geometry, srs int32, code byte) []byte {
	t.Helper()
	b := append([]byte("GP\x00"), 1|code<<1)
	b = binary.LittleEndian.AppendUint32(b, uint32(srs))
	b = append(b, make([]byte, envelopes[code])...)
	b, err := wkb.Append(b, g)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// newGeoPackage makes a file with the tables that every GeoPackage has, and runs statements.
func newGeoPackage(t testing.TB, statements ...string) (path string, db *sql.DB) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "a city?100%#.gpkg")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	// Without the name's %, ? and # escaped this would be another file.
	db, err = reopen(db, path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	base := []string{
		`CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER PRIMARY KEY, organization TEXT, organization_coordsys_id INTEGER, definition TEXT)`,
		`INSERT INTO gpkg_spatial_ref_sys VALUES ('undefined', -1, 'NONE', -1, 'undefined'), ('WGS 84', 4326, 'EPSG', 4326, ''),
			('Web Mercator', 3857, 'epsg', 3857, ''), ('Maryland', 26985, 'EPSG', 26985, ''), ('CRS84', 100000, 'OGC', 84, '')`,
		`CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY, data_type TEXT, srs_id INTEGER)`,
		`CREATE TABLE gpkg_geometry_columns (table_name TEXT PRIMARY KEY, column_name TEXT, geometry_type_name TEXT, srs_id INTEGER)`,
	}
	for _, s := range append(base, statements...) {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	return path, db
}

func reopen(db *sql.DB, path string) (*sql.DB, error) {
	_ = db.Close()
	_ = os.Remove(path)
	return sql.Open("sqlite", "file:"+strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path))
}

// reportsTable returns the statements of a table with features.
func reportsTable(name string, srs int) []string {
	return []string{
		fmt.Sprintf(`CREATE TABLE "%s" (fid INTEGER PRIMARY KEY, geom POINT, id TEXT, category TEXT, title TEXT, votes MEDIUMINT, score DOUBLE, open BOOLEAN, reported DATETIME, "odd""name" BLOB)`, name),
		fmt.Sprintf(`INSERT INTO gpkg_contents VALUES ('%s', 'features', %d)`, name, srs),
		fmt.Sprintf(`INSERT INTO gpkg_geometry_columns VALUES ('%s', 'geom', 'GEOMETRY', %d)`, name, srs),
	}
}

func gpkgSource(t testing.TB, path, table string) *Source {
	t.Helper()
	s, err := New(Options{Name: "test", Layer: "reports", Paths: []string{path}, Table: table, Mapping: reports(t)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestGeoPackage(t *testing.T) {
	t.Parallel()
	path, db := newGeoPackage(t, reportsTable("reports", 4326)...)
	insert := func(values ...any) {
		t.Helper()
		q := `INSERT INTO reports VALUES (?` + strings.Repeat(", ?", len(values)-1) + `)`
		if _, err := db.Exec(q, values...); err != nil {
			t.Fatal(err)
		}
	}
	line := orb.LineString{{116, 39}, {117, 40}}
	insert(3, gpkgBlob(t, orb.Point{116.5, 39.5}, 4326, 0), "c", "Pothole", "x", math.MinInt64, 1.5, 1, "2016-08-03T20:47:11.000Z", nil)
	insert(1, gpkgBlob(t, line, 4326, 1), "a", "", nil, int64(math.MaxInt64), -1e300, 0, "2016-08-03", []byte{255})
	insert(2, nil, "b", nil, nil, nil, nil, nil, nil, nil)
	insert(4, gpkgBlob(t, orb.MultiPoint{}, 4326, 2), "d", nil, nil, nil, nil, nil, nil, nil)
	insert(5, gpkgBlob(t, orb.Point{0, 0}, 4326, 3), "e", nil, nil, nil, nil, nil, nil, nil)
	insert(6, gpkgBlob(t, orb.Point{1, 2}, 3857, 4), "f", nil, nil, nil, nil, nil, nil, nil)
	insert(7, "POINT (1 2)", "g", nil, nil, nil, nil, nil, nil, nil)
	insert(8, gpkgBlob(t, orb.Point{1, 2}, 4326, 0), nil, nil, nil, nil, nil, nil, nil, nil)
	insert(9, gpkgBlob(t, orb.Point{1, 2}, 4326, 0), "h", nil, "\xff", nil, nil, nil, nil, nil)
	insert(10, gpkgBlob(t, orb.Point{1, 2}, 4326, 0), "i", nil, nil, 1.5, nil, nil, nil, nil)
	insert(11, gpkgBlob(t, orb.Point{1, 2}, 4326, 0), "j", nil, nil, nil, nil, 2, nil, nil)
	insert(12, gpkgBlob(t, orb.Collection{orb.Collection{}}, 4326, 0), "k", nil, nil, nil, nil, nil, "yesterday", nil)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	changes, sum, err := run(t, gpkgSource(t, path, ""))
	if err != nil {
		t.Fatal(err)
	}
	const want = `"a" LINESTRING(116 39,117 40) "" null 9223372036854775807 -1e+300 false 2016-08-03T00:00:00Z
"b" - null null null null null null
"c" 116.5,39.5 "Pothole" "x" -9223372036854775808 1.5 true 2016-08-03T20:47:11Z
"d" - null null null null null null
`
	if diff := cmp.Diff(want, show(changes)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(orb.Geometry(line), changes[0].Feature.Geometry); diff != "" {
		t.Error(diff)
	}
	var refused []string
	for _, r := range sum.Reasons {
		for _, e := range r.Examples {
			refused = append(refused, fmt.Sprintf("%s %d", r.Reason, e.Feature))
			if e.File != path || e.Line != 0 {
				t.Errorf("a refusal at %s:%d", e.File, e.Line)
			}
		}
	}
	if got := strings.Join(refused, ", "); got != "text 9, id 8, geometry 6, geometry 7, zero 5, type 10, type 11, time 12" {
		t.Errorf("refused %s\n%v", got, sum)
	}
	// Nothing was written beside it.
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("%d files beside it: %v", len(entries)-1, err)
	}
}

func TestGeoPackageWebMercator(t *testing.T) {
	t.Parallel()
	path, db := newGeoPackage(t, reportsTable("reports", 3857)...)
	want := orb.Point{-77.036, 38.897}
	blob := gpkgBlob(t, project.Point(want, project.WGS84.ToMercator), 3857, 0)
	if _, err := db.Exec(`INSERT INTO reports (geom, id) VALUES (?, 'a')`, blob); err != nil {
		t.Fatal(err)
	}
	_ = db.Close()
	changes, _, err := run(t, gpkgSource(t, path, "reports"))
	if err != nil || len(changes) != 1 {
		t.Fatalf("%d changes, %v", len(changes), err)
	}
	p, _ := changes[0].Feature.Geometry.(orb.Point)
	if math.Abs(p[0]-want[0]) > 1e-9 || math.Abs(p[1]-want[1]) > 1e-9 {
		t.Errorf("got %v, want %v", p, want)
	}
}

// endless is a view whose query would go on for ever.
const endless = `CREATE VIEW gpkg_contents AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
	SELECT 'a' AS table_name, 'features' AS data_type, i AS srs_id FROM n WHERE i < 0`

func TestBrokenGeoPackage(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, table string
		statements  []string
		err         string
	}{
		{"no tables", "", nil, "there is no table with features"},
		{"two tables", "", append(reportsTable("a", 4326), reportsTable("b", 4326)...), `2 tables with features: say table, one of "a", "b"`},
		{"another table", "c", append(reportsTable("a", 4326), reportsTable("b", 4326)...), `there is no table "c"; the tables are "a", "b"`},
		{"another reference system", "", reportsTable("a", 26985), `table "a": the positions are in EPSG:26985: want WGS 84`},
		{"no reference system", "", reportsTable("a", -1), `the positions are in the reference system "NONE" -1`},
		{"an unknown reference system", "", reportsTable("a", 7), `table "a": its geometry column`},
		{"no such table", "", reportsTable("a", 4326)[1:], `table "a": it is no table of its own`},
		{"a view", "", append(reportsTable("b", 4326)[:1], `CREATE VIEW a AS SELECT * FROM b`, reportsTable("a", 4326)[1], reportsTable("a", 4326)[2]), "but a view"},
		{"no geometry column", "", append(reportsTable("a", 4326), `ALTER TABLE a DROP COLUMN geom`), `it has no column "geom"`},
		{"no column of the mapping", "", append(reportsTable("a", 4326), `ALTER TABLE a DROP COLUMN votes`), `no column "votes"; the columns are "fid", "id"`},
		{"no GeoPackage", "", []string{`DROP TABLE gpkg_contents`}, "the list of its tables"},
		{"a list without an end", "", []string{`DROP TABLE gpkg_contents`, endless}, `table "gpkg_contents": it is no table of its own but a view`},
		{"a computed column", "", append(reportsTable("a", 4326), `ALTER TABLE a DROP COLUMN votes`, `ALTER TABLE a ADD COLUMN votes AS (zeroblob(1000000000))`), `no column "votes"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			path, db := newGeoPackage(t, tt.statements...)
			_ = db.Close()
			source := gpkgSource(t, path, tt.table)
			checkError(t, source.Check(t.Context(), path), tt.err)
			_, _, err := run(t, source)
			checkError(t, err, tt.err)
			checkError(t, err, "files: "+path+": ")
		})
	}
}

// A database that is cut off or overwritten anywhere is an error with a name or gives its records;
// it is never a panic.
func TestDamagedGeoPackage(t *testing.T) {
	t.Parallel()
	path, db := newGeoPackage(t, reportsTable("reports", 4326)...)
	for i := range 500 {
		if _, err := db.Exec(`INSERT INTO reports (geom, id, title) VALUES (?, ?, ?)`,
			gpkgBlob(t, orb.Point{116, 39}, 4326, 1), strconv.Itoa(i), strings.Repeat("x", 50)); err != nil {
			t.Fatal(err)
		}
	}
	_ = db.Close()
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	failed := 0
	try := func(name string, b []byte) {
		damaged := filepath.Join(t.TempDir(), "d.gpkg")
		if err := os.WriteFile(damaged, b, 0o600); err != nil {
			t.Fatal(err)
		}
		changes, _, err := run(t, gpkgSource(t, damaged, ""))
		switch {
		case err != nil && !strings.HasPrefix(err.Error(), "files: "+damaged+": "):
			t.Errorf("%s: an error that does not name the file: %v", name, err)
		case err != nil:
			failed++
		case len(changes) > 500:
			t.Errorf("%s: %d changes", name, len(changes))
		}
	}
	for _, n := range []int{0, 10, 16, 100, 4096, len(whole) / 2, len(whole) - 4096, len(whole) - 1} {
		try(fmt.Sprintf("cut at %d", n), whole[:n])
	}
	if failed != 8 {
		t.Errorf("%d of 8 files that were cut off are errors", failed)
	}
	for i := 100; i < len(whole); i += 6007 {
		b := append([]byte(nil), whole...)
		copy(b[i:], "\xff\xff\xff\xff\xff\xff\xff\xff")
		try(fmt.Sprintf("overwritten at %d", i), b)
	}
}

func TestGeoPackageWithWaitingChanges(t *testing.T) {
	t.Parallel()
	path, db := newGeoPackage(t, append(reportsTable("reports", 4326), `PRAGMA journal_mode = wal`, `INSERT INTO reports (id) VALUES ('a')`)...)
	_, _, err := run(t, gpkgSource(t, path, ""))
	checkError(t, err, "changes wait in a city?100%#.gpkg-wal")
	_ = db.Close() // which puts them into the file
	changes, _, err := run(t, gpkgSource(t, path, ""))
	if err != nil || len(changes) != 1 {
		t.Errorf("%d changes, %v", len(changes), err)
	}
}

// A record beyond the limit is refused without reading it, and the ones behind it are read.
func TestGeoPackageRecordBeyondTheLimit(t *testing.T) {
	t.Parallel()
	path, db := newGeoPackage(t, reportsTable("reports", 4326)...)
	for _, id := range []string{"a", "b", "c"} {
		text := "short"
		if id == "b" {
			text = strings.Repeat("x", 5000)
		}
		if _, err := db.Exec(`INSERT INTO reports (id, category, "odd""name") VALUES (?, ?, zeroblob(9999))`, id, text); err != nil {
			t.Fatal(err)
		}
	}
	_ = db.Close()
	s := gpkgSource(t, path, "")
	s.limit = 1000
	published, refused, err := ids(t, s)
	if published != "a c" || refused != "too_long 0/2" || err != nil {
		t.Errorf("got %q, refused %q, %v", published, refused, err)
	}
}

func FuzzGeoPackageBlob(f *testing.F) {
	for code := range envelopes {
		f.Add(gpkgBlob(f, orb.LineString{{1, 2}, {3, 4}}, 4326, byte(code)))
	}
	f.Add([]byte("GP\x00\x21"))
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := decodeGeoPackage(b, 4326)
		if (g == nil) != (err != nil) {
			t.Fatalf("%v with %v", g, err)
		}
	})
}

// The records of one file in any number of chunks are the same.
func TestGeoPackageChunks(t *testing.T) {
	t.Parallel()
	path := fillGeoPackage(t, 300)
	var want []layers.Change
	for _, chunk := range []int{1, 500, chunkSize} {
		s := gpkgSource(t, path, "")
		s.chunk = chunk
		changes, _, err := run(t, s)
		if err != nil || len(changes) != 300 {
			t.Fatalf("%d changes, %v", len(changes), err)
		}
		if want == nil {
			want = changes
		}
		if show(changes) != show(want) {
			t.Errorf("chunks of %d bytes give other records", chunk)
		}
	}
}
