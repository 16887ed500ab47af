package app

import (
	"fmt"

	"hutong/ingest/synthetic"
	"hutong/tiles"
)

// demoZoom is where the map of the synthetic city opens: all of the built-up area.
const demoZoom = 10

// Demo returns a synthetic city with a number of complaints, 1 to synthetic.MaxComplaints; the same
// seed gives the same city.
func Demo(complaints int, seed uint64) (*City, error) {
	if complaints < 1 || complaints > synthetic.MaxComplaints {
		return nil, fmt.Errorf("app: %d features are not 1 to %d", complaints, synthetic.MaxComplaints)
	}
	made := synthetic.New(synthetic.Options{Complaints: complaints, Seed: seed})
	center := synthetic.Center
	city := &City{Title: "A synthetic city", Center: &center, Zoom: demoZoom, Sources: made.Sources()}
	for _, l := range made.Layers() {
		o := tiles.Defaults()
		o.Distinct = l.Distinct
		city.Layers = append(city.Layers, Layer{
			Schema: l.Schema, Title: l.Title, Description: l.Description, Licence: l.Licence, Attribution: l.Attribution, Tiles: o,
		})
	}
	return city, nil
}
