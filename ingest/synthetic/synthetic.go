// Package synthetic makes up a city: Beijing's extent and outline with invented streets, a year of
// complaints, vendors, markets and sensors along them, and what happens after that year. It needs no
// files and no network.
//
// A city depends on its [Options] only. The same options give the same changes in the same order
// with the same bytes on every machine: positions and weights are integers (1e-7 degrees), the only
// function of floating-point numbers is the square root, which IEEE 754 rounds exactly, every feature
// draws from a random stream of its own (math/rand/v2 PCG), and nothing depends on map order, the time
// of day or the rounding of floating-point sums.
//
// # How a city is laid out
//
//  1. nature, the same in every city: lakes, rivers, parks, mountains and the palace, from points that
//     are smoothed and made rough; the rings; the borders of the districts, a coverage that is traced
//     along a lattice, so that what a map shows and what a complaint says of its district agree;
//  2. villages, with clearings for those in the mountains, and the plans of the city and its fields:
//     grids on frames that are warped or turned, of blocks that are city, fields or woods;
//  3. streets along the grids' lines, as far as no lake or park is in their way, and lanes in the
//     blocks; country roads between villages and towns;
//  4. lots, made as they are asked for: what is left between lanes is parted, and cut at large roads,
//     water and parks.
//
// Houses stand along streets wherever neither water nor a park is near: a complaint has the address of
// one. What is drawn as a road runs further, over bridges.
//
// # What happens in it
//
// A complaint has a moment, which the calendar draws; a street and a door; a category, which the month,
// the hour, the weather and the setting of the street make likely; and a course, which is all its
// statuses with their times. What it is at a moment is read off the course, so the end of the history is
// a moment like any other, and [City.Live] goes on from there. Some complaints echo an incident, which
// is an earlier complaint. Stalls and markets have hours; a sensor's reading is a function of where it
// stands and the moment.
//
// Rings, hubs, towns, parks, rivers, railways and the names of districts are those of the real city,
// roughly. Streets, villages, house numbers, complaints and readings are invented.
//
// A [City] never changes; any goroutine may use it.
package synthetic

import (
	"fmt"

	"github.com/paulmach/orb"

	"hutong/ingest"
	"hutong/layers"
)

// Limits of [Options].
const (
	DefaultComplaints = 200_000
	MaxComplaints     = 5_000_000
)

// Extent is where a city lies, lon/lat degrees: every feature is inside.
var Extent = orb.Bound{Min: orb.Point{115.8, 39.5}, Max: orb.Point{117.2, 40.5}}

// Center is the middle of the city, lon/lat degrees.
var Center = orb.Point{116.3912, 39.9066}

// Options say which city to make.
type Options struct {
	// Complaints is how many complaints the year has, 1 to [MaxComplaints]; 0 is
	// [DefaultComplaints]. There is one vendor for 50 complaints, one market for 500 and one sensor
	// for 1,000, within the limits below.
	Complaints int
	// Seed chooses the city; 0 is a seed like any other.
	Seed uint64
}

// The fewest vendors, markets and sensors of a city, and the most markets.
const (
	MinVendors = 10
	MinMarkets = 12
	MaxMarkets = 400
	MinSensors = 50
)

// Validate says what is wrong with o, or nil.
func (o Options) Validate() error {
	if o.Complaints < 0 || o.Complaints > MaxComplaints {
		return fmt.Errorf("synthetic: %d complaints are not 0 to %d", o.Complaints, MaxComplaints)
	}
	return nil
}

// features returns how many features a city of o has.
func (o Options) features() counts {
	n := min(max(o.Complaints, 0), MaxComplaints)
	if n == 0 {
		n = DefaultComplaints
	}
	return countsOf(n)
}

// LayerSpec is what a city says of one of its layers.
type LayerSpec struct {
	// Schema is shared by everything made of the city: read only.
	Schema *layers.Schema
	// Title is what people call the layer, TitleZH the same in Chinese, Description what it holds.
	Title, TitleZH, Description string
	// Role is what of a map the layer is, such as "water" or "road": a role of package styles by
	// its name. "" is a layer that people look for.
	Role string
	// Looks say how fields are shown, by their names.
	Looks map[string]Look
	// Attribution is the line that maps show, Licence the licence of the data (SPDX).
	Attribution, Licence string
	// Distinct is how many distinct values each kept field has at most.
	Distinct map[string]int
	// MinZoom is the lowest zoom at which there is anything to see of the layer.
	MinZoom uint8
}

// Look is how a field is shown.
type Look struct {
	// Title is the field's name for people, TitleZH the same in Chinese; "" leaves it to the map.
	Title, TitleZH string
	// Unit stands behind its values, such as "µg/m³"; "" if they have none.
	Unit string
	// Values are the looks of single values of a text field.
	Values map[string]ValueLook
}

// ValueLook is how one value of a field is shown; what is "" is left to the map.
type ValueLook struct {
	Title, TitleZH string // the value for people
	Icon           string // name of an icon of Maki or Temaki, such as "bus" or "temaki-bench"
	Colour         string // "#rrggbb"
}

// counts are how many features the layers have that are not ground.
type counts struct{ complaints, vendors, markets, sensors int }

func countsOf(complaints int) counts {
	return counts{
		complaints: complaints,
		vendors:    max(complaints/50, MinVendors),
		markets:    min(max(complaints/500, MinMarkets), MaxMarkets),
		sensors:    max(complaints/1000, MinSensors),
	}
}

// City is an invented city.
type City struct {
	seed     uint64
	streets  *network
	year     *calendar // when complaints come
	wishes   *wishes   // which categories come when and where
	settings []setting // of the streets
	sites    []int     // the streets of the markets
	layers   []LayerSpec
	features counts
}

// New returns the city of opts, in some hundred milliseconds. Options out of range are taken as
// the nearest that are in it; see [Options.Validate].
func New(opts Options) *City {
	n := opts.features()
	c := &City{
		seed:     opts.Seed,
		streets:  newNetwork(opts.Seed),
		year:     newCalendar(n.complaints),
		wishes:   newWishes(),
		features: n,
	}
	for i := range c.streets.streets {
		c.settings = append(c.settings, settingOf(&c.streets.streets[i]))
	}
	c.sites = c.newSites()
	for i := range groundLayers {
		c.layers = append(c.layers, groundLayers[i].spec)
	}
	c.layers = append(c.layers, marketLayer(), complaintLayer(), vendorLayer(), sensorLayer())
	return c
}

// Layers returns the city's layers, the undermost first: its ground, then markets, complaints, vendors
// and sensors.
func (c *City) Layers() []LayerSpec { return c.layers }

// Sources returns new sources, one for each layer in the same order. Each publishes every feature of
// its layer once; complaints come in the order in which they were reported.
func (c *City) Sources() []ingest.Source {
	sources := make([]ingest.Source, 0, len(c.layers))
	for i := range groundLayers {
		sources = append(sources, &groundSource{city: c, layer: &groundLayers[i]})
	}
	for i, layer := range [...]struct {
		features int
		make     maker
	}{
		{c.features.markets, c.market},
		{c.features.complaints, c.complaint},
		{c.features.vendors, c.vendor},
		{c.features.sensors, c.sensor},
	} {
		schema := c.layers[len(groundLayers)+i].Schema
		sources = append(sources, &source{schema: schema, features: layer.features, make: layer.make})
	}
	return sources
}
