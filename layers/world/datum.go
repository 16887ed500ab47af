package world

import (
	"fmt"
	"math"
)

// Datum says in which coordinates degrees are given. The zero Datum is [WGS84].
type Datum uint8

// The datums. Maps made in mainland China are by law in GCJ-02, which shifts WGS-84 by 100 to 700 m,
// a different way at each place; Baidu shifts GCJ-02 once more. Neither has an official publication:
// the formulas are those found by their users, which agree with the maps to about a metre.
const (
	WGS84 Datum = iota // degrees as GPS gives them
	GCJ02              // Gaode, Tencent, Google's maps of China
	BD09               // Baidu
)

var datumNames = [...]string{"wgs84", "gcj02", "bd09"}

// ParseDatum returns the datum of a name, "" being [WGS84].
func ParseDatum(name string) (Datum, error) {
	if name == "" {
		return WGS84, nil
	}
	for i, n := range datumNames {
		if n == name {
			return Datum(i), nil
		}
	}
	return WGS84, fmt.Errorf("no datum %q: there are wgs84, gcj02 and bd09", name)
}

// String returns the datum's name.
func (d Datum) String() string { return datumNames[d] }

// Where GCJ-02 applies, in degrees; outside nothing is shifted.
const (
	chinaWest, chinaEast   = 72.004, 137.8347
	chinaSouth, chinaNorth = 0.8293, 55.8271
)

// outsideChina is true for what is not finite, too.
func outsideChina(lon, lat float64) bool {
	return !(lon >= chinaWest && lon <= chinaEast && lat >= chinaSouth && lat <= chinaNorth)
}

// FromWGS84 returns a place of WGS-84 in d, in degrees.
func (d Datum) FromWGS84(lon, lat float64) (dLon, dLat float64) {
	if d == WGS84 || outsideChina(lon, lat) {
		return lon, lat
	}
	return d.shift(lon, lat)
}

// maxShiftSteps is more than ever needed: each step is at least fifty times nearer.
const maxShiftSteps = 16

// ToWGS84 returns a place of d in WGS-84, in degrees: the place that [Datum.FromWGS84] takes to
// lon, lat, within 1e-9°. Along the edge of the box where the shift applies, which runs through other
// countries and the sea, a strip as wide as the shift has no such place or two.
func (d Datum) ToWGS84(lon, lat float64) (wLon, wLat float64) {
	if d == WGS84 || outsideChina(lon, lat) {
		return lon, lat
	}
	// The shift hardly changes within its own length, so the place that it leads from is found by
	// taking it away again and again.
	wLon, wLat = lon, lat
	for range maxShiftSteps {
		x, y := d.shift(wLon, wLat)
		x, y = lon-x, lat-y
		wLon, wLat = wLon+x, wLat+y
		if math.Abs(x) < 1e-10 && math.Abs(y) < 1e-10 {
			break
		}
	}
	return wLon, wLat
}

// shift returns a place of WGS-84 in d, wherever it is.
func (d Datum) shift(lon, lat float64) (dLon, dLat float64) {
	lon, lat = gcj(lon, lat)
	if d == BD09 {
		// A turn and a stretch about 0, 0 that both wave, then a fixed step.
		const wave = math.Pi * 3000 / 180
		r := math.Hypot(lon, lat) + 0.00002*math.Sin(lat*wave)
		a := math.Atan2(lat, lon) + 0.000003*math.Cos(lon*wave)
		lon, lat = r*math.Cos(a)+0.0065, r*math.Sin(a)+0.006
	}
	return lon, lat
}

// gcj shifts WGS-84 to GCJ-02: by metres that are a polynomial and waves about 105° E 35° N, made
// degrees on the ellipsoid of Krasovsky 1940.
func gcj(lon, lat float64) (gLon, gLat float64) {
	const (
		axis         = 6378245.0              // metres
		eccentricity = 0.00669342162296594323 // squared
		degree       = math.Pi / 180
	)
	x, y := lon-105, lat-35
	waves := func(v, short, long float64) float64 { // amplitudes of the waves of 24° and 60°
		return 20*math.Sin(v*math.Pi) + 40*math.Sin(v*math.Pi/3) + short*math.Sin(v*math.Pi/12) + long*math.Sin(v*math.Pi/30)
	}
	both := 20*math.Sin(6*x*math.Pi) + 20*math.Sin(2*x*math.Pi)
	root := math.Sqrt(math.Abs(x))
	east := 300 + x + 2*y + 0.1*x*x + 0.1*x*y + 0.1*root + (both+waves(x, 150, 300))*2/3
	north := -100 + 2*x + 3*y + 0.2*y*y + 0.1*x*y + 0.2*root + (both+waves(y, 160, 320))*2/3

	sin := math.Sin(lat * degree)
	w := math.Sqrt(1 - eccentricity*sin*sin)
	metresEast := axis / w * math.Cos(lat*degree) * degree // of a degree
	metresNorth := axis * (1 - eccentricity) / (w * w * w) * degree
	return lon + east/metresEast, lat + north/metresNorth
}
