package clip

import (
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"hutong/internal/testkit"
)

// TestValidByGEOS lets GEOS judge, through the SQLite dialect of GDAL's ogr2ogr, where the two are
// installed.
func TestValidByGEOS(t *testing.T) {
	t.Parallel()
	tool := testkit.Tool(t, "ogr2ogr", "gdal-bin")
	r := seed(t)
	var c Clipper
	var text strings.Builder
	text.WriteString("n,WKT\n")
	// GEOS has to find the broken one, or it was not asked.
	text.WriteString("0,\"POLYGON((0 0,1 1,0 1,1 0,0 0))\"\n")
	const polygons = 2000
	count := map[Repair]int{}
	var inputs []Paths
	for len(inputs) < polygons {
		size := []int{6, 30, 300, 4096}[r.IntN(4)]
		var all [][]Point
		for range 1 + r.IntN(4) {
			if r.IntN(2) == 0 {
				all = append(all, scribble(r, 3+r.IntN(12), size))
			} else {
				all = append(all, circle(r, 3+r.IntN(200), float64(r.IntN(size)), float64(r.IntN(size)), float64(size), 0.4))
			}
		}
		in := paths(all...)
		x, y := int64(r.IntN(size)), int64(r.IntN(size))
		out, how := c.Polygon(in, Rect{x, y, x + int64(size), y + int64(size)})
		if out.Len() == 0 {
			continue
		}
		count[how]++
		inputs = append(inputs, in)
		fmt.Fprintf(&text, "%d,%q\n", len(inputs), wkt(out))
	}
	if count[Mended] < polygons/4 {
		t.Errorf("only %d of %d were mended", count[Mended], polygons)
	}
	dir := t.TempDir()
	in, out := filepath.Join(dir, "rings.csv"), filepath.Join(dir, "judged.csv")
	if err := os.WriteFile(in, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	const query = "SELECT n, ST_IsValid(geometry) AS valid, ST_IsValidReason(geometry) AS reason FROM rings"
	cmd := exec.CommandContext(t.Context(), tool, "-f", "CSV", out, in, "-dialect", "SQLite", "-sql", query)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	f, err := os.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != polygons+2 {
		t.Fatalf("%d rows, want %d", len(rows), polygons+2)
	}
	for i, row := range rows[1:] {
		if want := map[bool]string{true: "0", false: "1"}[i == 0]; row[1] != want {
			t.Errorf("polygon %s: valid is %s, want %s: %s", row[0], row[1], want, row[2])
		}
	}
}

// wkt writes p as a multipolygon.
func wkt(p Paths) string {
	var b strings.Builder
	b.WriteString("MULTIPOLYGON(")
	for i := range p.Len() {
		ring := p.At(i)
		if area2(ring) < 0 {
			b.WriteString(",(")
		} else {
			if i > 0 {
				b.WriteString("),")
			}
			b.WriteString("((")
		}
		for _, v := range ring {
			fmt.Fprintf(&b, "%d %d,", v.X, v.Y)
		}
		fmt.Fprintf(&b, "%d %d)", ring[0].X, ring[0].Y)
	}
	return b.String() + "))"
}
