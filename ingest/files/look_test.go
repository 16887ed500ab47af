package files

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	shp "github.com/jonas-p/go-shp"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"hutong/internal/geoparquet"
)

// TestLook looks at a file of each format that is no text.
func TestLook(t *testing.T) {
	t.Parallel()
	gpkg, db := newGeoPackage(t, reportsTable("reports", 4326)...)
	for i := range 3 {
		if _, err := db.Exec(`INSERT INTO reports (geom, id, votes, open, reported) VALUES (?, ?, 7, 1, '2016-08-03')`,
			gpkgBlob(t, orb.Point{116, 39}, 4326, 0), fmt.Sprintf("a%d\"", i)); err != nil {
			t.Fatal(err)
		}
	}
	_ = db.Close()
	parquet := writeParquet(t, geoparquet.Options{}, func(put func(orb.Geometry, ...geoparquet.Value)) {
		put(orb.LineString{{1, 2}, {3, 4}}, parquetText("a"), parquetText("\xff"))
		put(nil, parquetText("b"))
	})
	shapes := writeShapes(t, shp.POINT, shapeRow{&shp.Point{X: 1, Y: 2}, [6]string{"a", "b", "3", "1.5", "T", "20160803"}})
	for _, c := range []struct {
		path    string
		format  Format
		records int
		whole   bool
		want    string
	}{
		{gpkg, FormatGeoPackage, 10, true, strings.Join([]string{gpkgLine("1", 0), gpkgLine("2", 1), gpkgLine("3", 2), ""}, "\n")},
		{gpkg, FormatGeoPackage, 2, false, strings.Join([]string{gpkgLine("1", 0), gpkgLine("2", 1), ""}, "\n")},
		{gpkg, FormatGeoPackage, 3, true, strings.Join([]string{gpkgLine("1", 0), gpkgLine("2", 1), gpkgLine("3", 2), ""}, "\n")},
		{parquet, FormatGeoParquet, 10, true, `{"type":"Feature","geometry":{"type":"LineString","coordinates":[[1,2],[3,4]]},"properties":` +
			`{"category":"` + "\xff" + `","id":"a","open":null,"reported":null,"score":null,"title":null,"votes":null}}
{"type":"Feature","geometry":null,"properties":{"category":null,"id":"b","open":null,"reported":null,"score":null,"title":null,"votes":null}}
`},
		{shapes, FormatShapefile, 10, true, `{"type":"Feature","geometry":{"type":"Point","coordinates":[1,2]},"properties":` +
			`{"ID":"a","NAME":"b","VOTES":3,"SCORE":1.5,"OPEN":true,"DAY":"2016-08-03"}}
`},
	} {
		if got := TableOf(c.path); got != c.format {
			t.Errorf("%s: got format %q", c.path, got)
		}
		lines, whole, err := Look(t.Context(), c.path, c.format, "", c.records, 1<<20)
		if got := string(lines); err != nil || whole != c.whole || got != c.want {
			t.Errorf("%s, %d records: got whole %v, %v\n%s\nwant\n%s", c.format, c.records, whole, err, got, c.want)
		}
	}
	if err := os.WriteFile(shapes, []byte("no shapes"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := Look(t.Context(), shapes, FormatShapefile, "", 10, 1<<20)
	checkError(t, err, shapes+": the file ends inside its header")
	if got := TableOf("a.csv.gz"); got != FormatAuto {
		t.Errorf("got %q for CSV", got)
	}
}

// gpkgLine is a line of what TestLook puts into a GeoPackage.
func gpkgLine(fid string, i int) string {
	return fmt.Sprintf(`{"type":"Feature","geometry":{"type":"Point","coordinates":[116,39]},"properties":{"fid":%s,"id":"a%d\"","category":null,"title":null,`+
		`"votes":7,"score":null,"open":true,"reported":"2016-08-03","odd\"name":null}}`, fid, i)
}

func TestAppendGeometry(t *testing.T) {
	t.Parallel()
	line := orb.LineString{{1, 2}, {3.5, -4}}
	ring := orb.Ring{{0, 0}, {1, 0}, {1, 1}, {0, 0}}
	for _, g := range []orb.Geometry{
		orb.Point{116.4, 39.9},
		orb.MultiPoint{{1, 2}, {3, 4}},
		line,
		orb.MultiLineString{line, line},
		orb.Polygon{ring, ring},
		orb.MultiPolygon{{ring}, {ring, ring}},
		orb.Collection{orb.Point{1, 2}, line},
		orb.MultiPoint{},
	} {
		var back geojson.Geometry
		if err := json.Unmarshal(appendGeometry(nil, g), &back); err != nil || !orb.Equal(back.Geometry(), g) {
			t.Errorf("%v: got %v, %v", g, back.Geometry(), err)
		}
	}
	if got := string(appendGeometry(nil, nil)); got != "null" {
		t.Errorf("got %s for none", got)
	}
}
