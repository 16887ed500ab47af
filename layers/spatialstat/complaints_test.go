package spatialstat_test

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"hutong/internal/testkit"
)

// randomCase is a grid of counts with some links cut, other each seed.
func randomCase(seed uint64) rCase {
	r := rand.New(rand.NewPCG(seed, 7))
	c := rCase{about: "random", lists: gridLists(5+r.IntN(6), 5+r.IntN(6))}
	for i, l := range c.lists {
		c.values = append(c.values, float64(r.IntN(1+r.IntN(9))))
		c.lists[i] = slices.DeleteFunc(l, func(int32) bool { return r.IntN(5) == 0 })
	}
	c.values[0] = 12 // so that they are not all equal
	for range 10 {
		s := make([]float64, 4+r.IntN(30))
		for i := range s {
			s[i] = float64(r.IntN(6))
		}
		s[0], s[1] = 0, 7 // here too
		c.series = append(c.series, s)
	}
	return c
}

var rRuns atomic.Uint64

// complaint is what of a request counts here.
type complaint struct {
	lon, lat float64
	day      int // of the month and the one before, from 0 on
}

// readComplaints reads all requests that have a place.
func readComplaints(path string) ([]complaint, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	first := time.Date(2016, 7, 12, 0, 0, 0, 0, time.UTC)
	var out []complaint
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var feature struct {
			Properties struct{ ADDDATE time.Time }
			Geometry   *struct{ Coordinates [2]float64 }
		}
		if err := json.Unmarshal(lines.Bytes(), &feature); err != nil {
			return nil, err
		}
		if feature.Geometry != nil {
			day := int(feature.Properties.ADDDATE.Sub(first) / (24 * time.Hour))
			out = append(out, complaint{feature.Geometry.Coordinates[0], feature.Geometry.Coordinates[1], day})
		}
	}
	return out, lines.Err()
}

// complaints counts Washington's 311 requests on a grid of so many degrees; the series are daily counts
// of the busiest cells. ok is false without the data.
func complaints(t testing.TB, degrees float64) (c rCase, ok bool) {
	t.Helper()
	path, ok := testkit.FindData(t, "complaints-dc", "dc-311-2016-08.ndjson.gz")
	if !ok {
		return rCase{}, false
	}
	all, err := readComplaints(path)
	if err != nil {
		t.Fatal(err)
	}
	const west, south, east, north, days = -77.12, 38.81, -76.9, 39, 30
	width, height := int((east-west)/degrees+0.5), int((north-south)/degrees+0.5)
	c = rCase{
		about: fmt.Sprintf("Counts of 311 requests in a grid of %g° from %g,%g, %d by %d cells. "+
			"Data: District of Columbia, opendata.dc.gov, CC BY 4.0", degrees, west, south, width, height),
		values: make([]float64, width*height),
		lists:  gridLists(width, height),
	}
	daily := make([][]float64, len(c.values))
	for i := range daily {
		daily[i] = make([]float64, days)
	}
	for _, at := range all {
		i := int((at.lat-south)/degrees)*width + int((at.lon-west)/degrees)
		c.values[i]++
		if at.day >= 0 && at.day < days {
			daily[i][at.day]++
		}
	}
	busiest := make([]int, len(c.values))
	for i := range busiest {
		busiest[i] = i
	}
	slices.SortStableFunc(busiest, func(a, b int) int { return cmp.Compare(c.values[b], c.values[a]) })
	for _, i := range busiest[:20] {
		c.series = append(c.series, daily[i])
	}
	return c, true
}
