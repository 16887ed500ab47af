package derive

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"strconv"
	"testing"
	"time"

	"hutong/internal/testkit"
	"hutong/layers"
)

// complaints are Washington's requests of thirty days before 16 August 2016.
func complaints(t *testing.T) []layers.Change {
	t.Helper()
	f, err := os.Open(testkit.Data(t, "complaints-dc", "dc-311-2016-08.ndjson.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var out []layers.Change
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var feature struct {
			Properties struct {
				ADDDATE                time.Time
				SERVICECODEDESCRIPTION string
			}
			Geometry *struct{ Coordinates [2]float64 }
		}
		if err := json.Unmarshal(lines.Bytes(), &feature); err != nil {
			t.Fatal(err)
		}
		if g := feature.Geometry; g != nil && g.Coordinates[0] < -76.6 && g.Coordinates[0] > -77.6 {
			out = append(out, report(strconv.Itoa(len(out)), g.Coordinates[0], g.Coordinates[1], feature.Properties.SERVICECODEDESCRIPTION, feature.Properties.ADDDATE))
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestHotSpotsOfComplaints: requests of two weeks lie together, and where they do says where those of the next two weeks
// will be, better than chance by far.
func TestHotSpotsOfComplaints(t *testing.T) {
	t.Parallel()
	until := time.Date(2016, 8, 12, 12, 0, 0, 0, time.UTC)
	c := newHotCase(t,
		CubeSpec{Resolution: 8, Finest: 11, Time: "at", Step: 24 * time.Hour, Keep: 28},
		HotSpec{Rings: 1, Grow: 1, Window: 14, Until: until, Moran: true, Emerging: true})
	c.now = until
	all := complaints(t)
	for len(all) > 0 {
		n := min(len(all), 5000)
		if _, err := c.source.Apply(layers.Batch{Layer: "reports", Changes: all[:n]}); err != nil {
			t.Fatal(err)
		}
		all = all[n:]
	}
	_, a := c.compute()
	if a.Reason != "" || a.Cells < 250 || a.Cells > 700 || a.Counted < 5000 || a.Outside != 0 {
		t.Errorf("got n %d, counted %d, outside %d, %q", a.Cells, a.Counted, a.Outside, a.Reason)
	}
	if a.Bins[6] < 10 || a.Bins[3] < a.Cells/3 || a.Significant < 10 {
		t.Errorf("got bins %v, %d significant", a.Bins, a.Significant)
	}
	if b := a.Backtest; b == nil || b.Accuracy == nil || *b.Accuracy < 2 || b.HitRate < 0.2 {
		t.Errorf("got the backtest %+v", b)
	}
	classes, quadrants := map[string]int{}, map[string]int{}
	class, quadrant := c.layer.Schema().FieldIndex("class"), c.layer.Schema().FieldIndex("quadrant")
	for _, f := range features(c.layer) {
		classes[f.Values[class].Text()]++
		quadrants[f.Values[quadrant].Text()]++
	}
	if len(classes) < 3 || quadrants["HH"] < 20 || quadrants["LL"] < 100 {
		t.Errorf("got classes %v, quadrants %v", classes, quadrants)
	}
}
