package files

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"hutong/ingest"
)

// TestGeoPackageThatTakesForEver asks a table of many rows, whose order takes longer than there is time.
func TestGeoPackageThatTakesForEver(t *testing.T) {
	t.Parallel()
	path, db := newGeoPackage(t, append(reportsTable("reports", 4326),
		`DROP TABLE gpkg_contents`, `CREATE TABLE gpkg_contents (table_name TEXT, data_type TEXT)`,
		`INSERT INTO gpkg_contents WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) SELECT 'a' || -i, 'tiles' FROM n`)...)
	_ = db.Close()
	const timeout = 5 * time.Millisecond
	for _, c := range []struct {
		name    string
		timeout time.Duration
		want    string
	}{
		{"in the middle", timeout, "there was no answer within 5ms"},
		{"before the first answer", time.Nanosecond, "there was no answer within 1ns"},
	} {
		g, err := openDatabase(t.Context(), path, MaxRecord)
		if err != nil {
			t.Fatal(err)
		}
		if err := g.isTable(t.Context(), "gpkg_contents"); err != nil { // which opens the file
			t.Fatal(err)
		}
		g.patience = c.timeout
		err = g.open("")
		if err == nil || !strings.HasPrefix(err.Error(), "the list of its tables: ") || !strings.HasSuffix(err.Error(), c.want) {
			t.Errorf("%s: got %v, want what was asked for and %q", c.name, err, c.want)
		} else {
			t.Log(err)
		}
		if err := g.Close(); err != nil {
			t.Error(err)
		}
	}

	path, db = newGeoPackage(t, reportsTable("reports", 4326)...)
	_ = db.Close()
	g, err := openGeoPackage(t.Context(), path, "", MaxRecord)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = g.Close() }()
	g.patience = time.Nanosecond
	if err := g.bind(ingest.AllColumns(make([]bool, len(g.names)))); err == nil || !strings.Contains(err.Error(), `table "reports": its largest key: `) {
		t.Errorf("the largest key: got %v, want what was asked for", err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := openGeoPackage(ctx, path, "", MaxRecord); !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "no answer") {
		t.Errorf("whoever asked has gone: got %v", err)
	}
}

// TestGeoPackageThatComputesColumns names those that a mapping cannot have.
func TestGeoPackageThatComputesColumns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ column, want string }{
		{"votes", `no column "votes"; the columns are "fid", "id", "category", "title", "score", "open", "reported", "odd\"name"; computed columns are not read: "votes"`},
		{"geom", `table "reports": its geometry, column "geom", is computed, which is not read`},
	} {
		for _, kind := range []string{"VIRTUAL", "STORED"} {
			create := strings.NewReplacer("votes MEDIUMINT", "votes MEDIUMINT AS (1) "+kind)
			if c.column == "geom" {
				create = strings.NewReplacer("geom POINT", "geom POINT AS (zeroblob(9)) "+kind)
			}
			statements := reportsTable("reports", 4326)
			statements[0] = create.Replace(statements[0])
			path, db := newGeoPackage(t, statements...)
			_ = db.Close()
			source := gpkgSource(t, path, "")
			checkError(t, source.Check(t.Context(), path), c.want)
			_, _, err := run(t, source)
			checkError(t, err, c.want)
		}
	}
	path, db := newGeoPackage(t, append(reportsTable("reports", 4326), `ALTER TABLE reports ADD COLUMN more AS (1)`)...)
	_ = db.Close()
	if err := gpkgSource(t, path, "").Check(t.Context(), path); err != nil {
		t.Errorf("a computed column that is not mapped: %v", err)
	}
}

// TestGeoPackageThatComputesItsList has expressions that nothing stops where the list of tables should be.
func TestGeoPackageThatComputesItsList(t *testing.T) {
	t.Parallel()
	slow := `(replace(hex(zeroblob(500)), '0', 'a') LIKE replace(hex(zeroblob(50)), '0', '%a') || 'b')`
	for _, table := range []string{"gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys"} {
		path, db := newGeoPackage(t, append(reportsTable("reports", 4326), `ALTER TABLE `+table+` ADD COLUMN more AS `+slow)...)
		_ = db.Close()
		_, _, err := run(t, gpkgSource(t, path, ""))
		checkError(t, err, `the list of its tables: table "`+table+`": column "more" is computed`)
	}
}
