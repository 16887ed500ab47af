package geoparquet

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// testdata/duckdb.parquet was written by DuckDB 1.5.6 with COPY … TO … (FORMAT parquet, COMPRESSION zstd):
// three rows with a column of each of its types, a list, a structure and a geometry.
func TestFileOfDuckDB(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("testdata/duckdb.parquet")
	if err != nil {
		t.Fatal(err)
	}
	r, err := open(b)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var all []int
	for i, c := range r.Columns() {
		if c.Kind != Nested {
			all = append(all, i)
		}
	}
	if err := r.Select(all); err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	fmt.Fprintln(&got, r.CRS())
	for range r.Rows() {
		if err := r.Next(); err != nil {
			t.Fatal(err)
		}
		for _, i := range all {
			if v := r.Value(i); v.Kind == Null {
				fmt.Fprintf(&got, "%s null ", r.Columns()[i].Name)
			} else {
				fmt.Fprintf(&got, "%s %q ", r.Columns()[i].Name, v.Append(nil))
			}
		}
		wkb, ok := r.Geometry()
		fmt.Fprintf(&got, "%x %v\n", wkb, ok)
	}
	const want = `OGC:CRS84
i "0" big "-9223372036854775807" small "255" huge "18446744073709551615" d "-0.125" wide "-1.00" t "胡同" b "true" local "2016-08-03T20:47:11.5" utc "2016-08-03T20:47:11Z" day "1969-12-31" f "0" u "12345678-9abc-def0-1234-56789abcdef0" 010100000000000000000000000000000000000040 true
i "1" big "0" small "255" huge "18446744073709551615" d "0" wide "0.00" t null b "false" local "2016-08-03T20:47:12.5" utc "2016-08-03T20:47:11Z" day "1970-01-01" f "0.25" u "12345678-9abc-def0-1234-56789abcdef0"  false
i "2" big "9223372036854775807" small "255" huge "18446744073709551615" d "0.125" wide "1.00" t "" b "true" local "2016-08-03T20:47:13.5" utc "2016-08-03T20:47:11Z" day "1970-01-02" f "0.5" u "12345678-9abc-def0-1234-56789abcdef0" 010100000000000000000000400000000000000040 true
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Error(diff)
	}
}
