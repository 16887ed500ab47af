package bars

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/paulmach/orb"

	"hutong/layers"
	"hutong/layers/column"
)

// Features is the number of features that the bars are stated for.
const Features = 1_000_000

// The positions of the fields in [Schema].
const (
	FieldCategory = iota
	FieldStatus
	FieldDistrict
	FieldTitle
	FieldVotes
	FieldReported
	fields
)

// Lengths, cardinalities and shares of the values of a [City]'s features.
const (
	// IDBytes is the length of every id, such as "BJ-2016-0001234".
	IDBytes = 15
	// TitleMin is the length of the shortest titles, in bytes; lengths are evenly distributed.
	TitleMin = 24
	// TitleMax is the length of the longest titles, in bytes.
	TitleMax = 56
	// MaxVotes bounds the votes: 0 for half of the features, each further one half as frequent.
	MaxVotes = 40
	// Clusters is the number of neighbourhoods that points gather around.
	Clusters = 900
	// Scattered is the share of points that lie evenly over the whole extent.
	Scattered = 0.12
	// Addressed is the share of points that stand exactly at one of Addresses addresses, so that
	// several reports share a position, as they do in every city.
	Addressed = 0.2
	// Addresses is the number of such positions.
	Addresses = 50_000
)

// Extent is where a [City] lies, lon/lat degrees: Beijing's plain, about 17 × 17 tiles of zoom 12.
var Extent = orb.Bound{Min: orb.Point{115.7, 39.4}, Max: orb.Point{117.2, 40.55}}

// yearStart is the first moment of the year over which reports are spread, in milliseconds.
var yearStart = time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()

const yearMillis = 366 * 24 * 3600 * 1000

// fieldNames are the names of the fields by position.
var fieldNames = [fields]string{"category", "status", "district", "title", "votes", "reported"}

// Schema returns the schema of a city's reports: six fields beside the id.
//
//	category  48 values of 12–40 bytes, Zipf-distributed, kept in tiles
//	status     8 values of 4–19 bytes, Zipf-distributed, kept in tiles
//	district  16 values of 6–11 bytes, one a neighbourhood
//	title     unique, 24–56 bytes, in tiles from zoom 14
//	votes     0–40, half of them 0
//	reported  a time of 2016 in whole milliseconds
//
// The id stands among the properties under "id", in tiles from zoom 14.
func Schema() *layers.Schema {
	return &layers.Schema{
		Name: "reports",
		Fields: []layers.Field{
			FieldCategory: {Name: fieldNames[FieldCategory], Kind: column.String, Keep: true, MaxLength: 40},
			FieldStatus:   {Name: fieldNames[FieldStatus], Kind: column.String, Keep: true, MaxLength: 24},
			FieldDistrict: {Name: fieldNames[FieldDistrict], Kind: column.String, Priority: 2},
			FieldTitle:    {Name: fieldNames[FieldTitle], Kind: column.String, FromZoom: layers.DefaultDetailZoom, MaxLength: 80},
			FieldVotes:    {Name: fieldNames[FieldVotes], Kind: column.Int, Priority: 1},
			FieldReported: {Name: fieldNames[FieldReported], Kind: column.Time, Priority: 3},
		},
		IDField:    "id",
		IDFromZoom: layers.DefaultDetailZoom,
		TimeField:  "reported",
	}
}

// City is a city of reports that depends on its seed only: feature i is the same whoever asks for
// it, in any order. It never changes; any goroutine may use it.
type City struct {
	seed     uint64
	clusters []cluster
	// Running sums of weights, to draw from by [pick].
	weights, categories, statuses []float64
}

// cluster is a neighbourhood: points are normally distributed around its centre.
type cluster struct {
	centre   orb.Point
	spread   float64 // standard deviation in degrees of latitude
	district int
}

// Streams of random numbers: each draws from its own, so that what one draws moves no other.
const (
	streamClusters = iota << 56
	streamFeature
	streamPlace
	streamAddress
	streamTitle
)

// NewCity returns the city of a seed.
func NewCity(seed uint64) *City {
	c := &City{
		seed:       seed,
		clusters:   make([]cluster, Clusters),
		weights:    make([]float64, Clusters),
		categories: zipf(len(categories)),
		statuses:   zipf(len(statuses)),
	}
	r := c.rand(streamClusters, 0, 0)
	total := 0.0
	middle := Extent.Center()
	for i := range c.clusters {
		// Denser towards the middle: the mean of two even draws leans to it.
		at := between(Extent, (r.Float64()+r.Float64())/2, (r.Float64()+r.Float64())/2)
		c.clusters[i] = cluster{
			centre:   at,
			spread:   0.004 * math.Exp(2.2*r.Float64()), // 450 m to 4 km
			district: sector(at, middle),
		}
		total += 0.4 + r.ExpFloat64()
		c.weights[i] = total
	}
	return c
}

// sector numbers the districts like slices of a cake around the middle of the city.
func sector(at, middle orb.Point) int {
	turn := math.Atan2(at[1]-middle[1], at[0]-middle[0])/(2*math.Pi) + 0.5
	return min(int(turn*float64(len(districts))), len(districts)-1)
}

// rand returns the random numbers of one stream for one feature and revision.
func (c *City) rand(stream uint64, i, revision int) *rand.Rand {
	return rand.New(rand.NewPCG(c.seed^uint64(revision)*0x9e3779b97f4a7c15, stream|uint64(i)))
}

// ID returns the id of feature i, 0…9,999,999.
func ID(i int) layers.FeatureID {
	const digits = 7
	b := []byte("BJ-2016-0000000")
	for at := len(b) - 1; at >= len(b)-digits; at-- {
		b[at] = byte('0' + i%10)
		i /= 10
	}
	return layers.FeatureID(b)
}

// Feature returns feature i as it is first reported. Its Values are values[:0] filled anew, so they
// are the caller's to reuse.
func (c *City) Feature(i int, values []column.Value) layers.Feature {
	at, home := c.place(i, 0)
	r := c.rand(streamFeature, i, 0)
	values = append(values[:0],
		column.StringOf(categories[pick(r, c.categories)]),
		column.StringOf(statuses[pick(r, c.statuses)]),
		column.StringOf(districts[home]),
		column.StringOf(c.Title(i, 0)),
		column.IntOf(votes(r)),
		column.MicrosOf((yearStart+r.Int64N(yearMillis))*1000),
	)
	return layers.Feature{ID: ID(i), Geometry: at, Values: values}
}

// Place returns where feature i is after it moved revision times, lon/lat degrees with 7 decimals.
func (c *City) Place(i, revision int) orb.Point {
	at, _ := c.place(i, revision)
	return at
}

func (c *City) place(i, revision int) (at orb.Point, district int) {
	r := c.rand(streamPlace, i, revision)
	if r.Float64() < Addressed {
		r = c.rand(streamAddress, r.IntN(Addresses), 0)
	}
	home := &c.clusters[pick(r, c.weights)]
	if r.Float64() < Scattered {
		at = between(Extent, r.Float64(), r.Float64())
	} else {
		at = orb.Point{
			home.centre[0] + home.spread*1.3*r.NormFloat64(), // a degree of longitude is shorter here
			home.centre[1] + home.spread*r.NormFloat64(),
		}
	}
	for axis := range at {
		at[axis] = math.Round(inside(at[axis], Extent.Min[axis], Extent.Max[axis])*1e7) / 1e7
	}
	return at, home.district
}

// inside mirrors v at the edge that it lies beyond, so that nothing piles up on the edges.
func inside(v, low, high float64) float64 {
	switch {
	case v < low:
		v = 2*low - v
	case v > high:
		v = 2*high - v
	}
	return min(max(v, low), high)
}

// Title returns the title of feature i after it changed revision times: unique among all of both.
func (c *City) Title(i, revision int) string {
	r := c.rand(streamTitle, i, revision)
	tail := strconv.AppendInt([]byte(" #"), int64(i), 36)
	tail = strconv.AppendInt(append(tail, '.'), int64(revision), 36)
	b := make([]byte, 0, TitleMax+16)
	for head := TitleMin + r.IntN(TitleMax-TitleMin+1) - len(tail); len(b) < head; {
		b = append(append(b, words[r.IntN(len(words))]...), ' ')
		if len(b) >= head {
			b = b[:head]
		}
	}
	return string(append(b, tail...))
}

// votes draws 0 for half, 1 for a quarter and so on.
func votes(r *rand.Rand) int64 {
	n := int64(0)
	for n < MaxVotes && r.Uint64()&1 != 0 {
		n++
	}
	return n
}

// zipf returns the running sums of the weights 1, 1/2, 1/3 … 1/n.
func zipf(n int) []float64 {
	sums := make([]float64, n)
	total := 0.0
	for k := range sums {
		total += 1 / float64(k+1)
		sums[k] = total
	}
	return sums
}

// pick draws a position in proportion to the weights whose running sums are given.
func pick(r *rand.Rand, sums []float64) int {
	n, _ := slices.BinarySearch(sums, r.Float64()*sums[len(sums)-1])
	return min(n, len(sums)-1)
}

// between returns the point at shares fx and fy of b, from its south-west corner.
func between(b orb.Bound, fx, fy float64) orb.Point {
	return orb.Point{b.Min[0] + fx*(b.Max[0]-b.Min[0]), b.Min[1] + fy*(b.Max[1]-b.Min[1])}
}

// AppendGeoJSON appends feature i as one line of newline-delimited GeoJSON: 7 decimals of a degree,
// the time as RFC 3339 with milliseconds, the id among the properties.
func (c *City) AppendGeoJSON(dst []byte, i int) []byte {
	var store [fields]column.Value
	f := c.Feature(i, store[:0])
	dst = append(dst, `{"type":"Feature","properties":{"id":`...)
	dst = strconv.AppendQuote(dst, string(f.ID))
	for j, v := range f.Values {
		dst = append(dst, ',')
		dst = strconv.AppendQuote(dst, fieldNames[j])
		dst = append(dst, ':')
		switch v.Kind() {
		case column.String:
			dst = strconv.AppendQuote(dst, v.Text()) // ASCII only, so Go's quoting is JSON's
		case column.Time:
			dst = v.Time().AppendFormat(dst, `"2006-01-02T15:04:05.000Z"`)
		default:
			dst = strconv.AppendInt(dst, v.Int(), 10)
		}
	}
	at := c.Place(i, 0)
	dst = append(dst, `},"geometry":{"type":"Point","coordinates":[`...)
	dst = strconv.AppendFloat(dst, at[0], 'f', 7, 64)
	dst = append(dst, ',')
	dst = strconv.AppendFloat(dst, at[1], 'f', 7, 64)
	return append(dst, "]}}\n"...)
}
