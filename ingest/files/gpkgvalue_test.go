package files

import (
	"strings"
	"testing"

	"hutong/ingest"
)

func TestLongNumbersAreShort(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{1.5: "1.5", 1e18: "1000000000000000000", -1e300: "-1e+300"} {
		var c chunk
		if c.value(v, cellText); string(c.data) != want || c.cells[0].kind != cellNumber {
			t.Errorf("got %s, want %s", c.data, want)
		}
	}
}

// TestNumbersInTimeColumns takes an integer in a DATETIME column by the layout that the mapping gives it,
// and by no other.
func TestNumbersInTimeColumns(t *testing.T) {
	t.Parallel()
	path, db := newGeoPackage(t, append(reportsTable("reports", 4326), `INSERT INTO reports (id, reported) VALUES ('a', 1470257231), ('b', '2016-08-03T20:47:11Z')`)...)
	_ = db.Close()
	changes, sum, err := run(t, gpkgSource(t, path, ""))
	if err != nil || counts(sum) != "time 1" || len(changes) != 1 {
		t.Errorf("without layouts: %d changes, %s, %v; want the number refused", len(changes), counts(sum), err)
	}
	m := reports(t)
	for i := range m.Fields {
		if m.Schema.Fields[i].Name == "reported" {
			m.Fields[i].Layouts = []string{ingest.LayoutUnix}
		}
	}
	s, err := New(Options{Name: "test", Layer: "reports", Paths: []string{path}, Mapping: m})
	if err != nil {
		t.Fatal(err)
	}
	changes, _, err = run(t, s)
	if err != nil || strings.Count(show(changes), "2016-08-03T20:47:11Z") != 2 {
		t.Errorf("with unix: %v, %s; want both times", err, show(changes))
	}
}
