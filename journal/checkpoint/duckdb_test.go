package checkpoint

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hutong/internal/testkit"
	"hutong/internal/wkb"
	"hutong/layers"
	"hutong/layers/column"
)

//go:embed testdata/duckdb.mjs
var duckdbScript string

// TestDuckDB opens a checkpoint as an analyst does, with another reader than ours.
func TestDuckDB(t *testing.T) {
	t.Parallel()
	node := testkit.Tool(t, "node", "nodejs")
	web, err := filepath.Abs("../../web")
	if err != nil {
		t.Fatal(err)
	}
	if found, _ := filepath.Glob(filepath.Join(web, "node_modules", "@duckdb", "node-api")); found == nil {
		testkit.Missing(t, "DuckDB is not installed: run npm ci in web/")
	}
	folder := newFolder(t)
	l := newLayer(t, casesSchema("cases"))
	fill(t, l, 1, cases()...)
	c := content(1, l)
	c.Layers[0].Tombstones = []layers.Tombstone{{ID: "gone", Observed: column.MicrosOf(1_470_257_231_000_001), Version: column.IntOf(1<<53 + 1)}}
	s := open(t, folder, Options{})
	write(t, s, c)
	ask := func(file, query string) string {
		t.Helper()
		cmd := exec.Command(node, "--input-type=module", "-", filepath.Join(folder, "files", file), query)
		cmd.Dir = web
		cmd.Stdin = strings.NewReader(duckdbScript)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	var want strings.Builder
	encoder := json.NewEncoder(&want)
	encoder.SetEscapeHTML(false)
	for b := range l.Snapshot().All() {
		for row := range b.Len() {
			f := layers.Row{Block: b, Index: row}.Feature()
			line := []any{string(f.ID), nil}
			if f.Geometry != nil {
				text, err := wkb.Append(nil, f.Geometry)
				if err != nil {
					t.Fatal(err)
				}
				line[1] = fmt.Sprintf("%X", text)
			}
			for _, v := range f.Values {
				line = append(line, plain(v))
			}
			if err := encoder.Encode(line); err != nil {
				t.Fatal(err)
			}
		}
	}
	got := ask("cases.1.parquet", `SELECT id__, hex(ST_AsWKB(geometry)), title, votes, score, urgent, epoch_us(reported), phone, id, "ID_", "geometry_", "胡同 name, ""quoted""" FROM file`)
	if diff := cmp.Diff(want.String(), got); diff != "" {
		t.Errorf("(-layer +DuckDB):\n%s", diff)
	}
	// The columns are of types that a query can use.
	got = ask("cases.1.parquet", `SELECT column_type FROM (DESCRIBE file) WHERE column_name IN ('geometry', 'reported', 'votes', 'urgent', 'score') ORDER BY column_name`)
	if diff := cmp.Diff("[\"GEOMETRY('OGC:CRS84')\"]\n[\"TIMESTAMP WITH TIME ZONE\"]\n[\"DOUBLE\"]\n[\"BOOLEAN\"]\n[\"BIGINT\"]\n", got); diff != "" {
		t.Errorf("types (-want +DuckDB):\n%s", diff)
	}
	got = ask("cases.1.parquet", `SELECT count(*) FROM file WHERE geometry IS NOT NULL AND reported BETWEEN '2016-08-03 20:47:11Z' AND '2016-08-03 20:47:11.4Z'`)
	if got != "[\"3\"]\n" {
		t.Errorf("%s reports of that second with a place, want 3", got)
	}
	got = ask("cases.1.tombstones.parquet", `SELECT id, epoch_us(observed), received, version FROM file`)
	if diff := cmp.Diff(`["gone","1470257231000001",null,"9007199254740993"]`+"\n", got); diff != "" {
		t.Errorf("tombstones (-written +DuckDB):\n%s", diff)
	}
}

// plain is a value as the script prints it.
func plain(v column.Value) any {
	switch v.Kind() {
	case column.Time:
		if v.Micros() == math.MaxInt64 {
			return nil // DuckDB's infinity, which has no microseconds
		}
		return strconv.FormatInt(v.Micros(), 10)
	case column.Int:
		return strconv.FormatInt(v.Int(), 10)
	case column.Float:
		return strconv.FormatUint(math.Float64bits(v.Float()), 16)
	default:
		return v.Any()
	}
}
