package guess

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/paulmach/orb"
)

// Geometry is where the records of a sample are.
type Geometry struct {
	// Types counts records by the type of their geometry, collections as what they are.
	Types map[string]int `json:"types,omitempty"`
	// None counts records without a place.
	None int `json:"none"`
	// Bound is the box of all positions, in degrees; nil when there are none. Zeros counts points at
	// 0, 0, which stand for an unknown place and are not in it.
	Bound *orb.Bound `json:"bound,omitempty"`
	Zeros int        `json:"zeros,omitempty"`
	// Lon and Lat name the columns of CSV with positions, WKT or Pair the one with both; "" elsewhere.
	Lon  string `json:"lon,omitempty"`
	Lat  string `json:"lat,omitempty"`
	WKT  string `json:"wkt,omitempty"`
	Pair string `json:"pair,omitempty"`
}

// types are the names of geometries in GeoJSON; others are counted as "unknown".
var types = []string{"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"}

// add takes the geometry of a feature.
func (g *Geometry) add(raw json.RawMessage) {
	var geometry struct {
		Type        string            `json:"type"`
		Coordinates json.RawMessage   `json:"coordinates"`
		Geometries  []json.RawMessage `json:"geometries"`
	}
	if len(raw) == 0 || raw[0] == 'n' || json.Unmarshal(raw, &geometry) != nil {
		g.None++
		return
	}
	if !g.extend(geometry.Coordinates) && geometry.Geometries == nil {
		g.None++
		return
	}
	for _, part := range geometry.Geometries {
		var inner struct {
			Coordinates json.RawMessage `json:"coordinates"`
		}
		if json.Unmarshal(part, &inner) == nil {
			g.extend(inner.Coordinates)
		}
	}
	g.count(geometry.Type)
}

// count counts a type.
func (g *Geometry) count(name string) {
	if g.Types == nil {
		g.Types = map[string]int{}
	}
	if !slices.Contains(types, name) {
		name = "unknown"
	}
	g.Types[name]++
}

// extend widens the bound by all positions in valid JSON that are finite and reports whether there were any.
func (g *Geometry) extend(raw json.RawMessage) bool {
	found := false
	axis, lon, finite := 0, 0.0, false
	for i := 0; i < len(raw); {
		switch c := raw[i]; {
		case c == '[':
			axis = 0
			i++
		case c == ',':
			axis++
			i++
		case c == '-' || c >= '0' && c <= '9':
			end := i + 1
			for end < len(raw) && strings.IndexByte("0123456789.eE+-", raw[end]) >= 0 {
				end++
			}
			v, ok := number(string(raw[i:end]))
			switch {
			case axis == 0:
				lon, finite = v, ok
			case axis == 1 && finite && ok:
				g.position(orb.Point{lon, v})
				found = true
			}
			i = end
		default:
			i++
		}
	}
	return found
}

// position widens the bound.
func (g *Geometry) position(p orb.Point) {
	switch {
	case p == orb.Point{}:
		g.Zeros++
	case g.Bound == nil:
		b := p.Bound()
		g.Bound = &b
	default:
		b := g.Bound.Extend(p)
		g.Bound = &b
	}
}

// Names of columns, as [plain] leaves them, from the surest to the least sure.
var (
	lonNames = []string{"longitude", "lon", "lng", "long", "pointx", "xlon", "geolon", "gpslon", "gpslng", "locationlongitude", "x"}
	latNames = []string{"latitude", "lat", "lat", "lat", "pointy", "ylat", "geolat", "gpslat", "gpslat", "locationlatitude", "y"}
)

// plain returns a name without case and without what is neither letter nor digit.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r >= 0x80:
			return r
		}
		return -1
	}, name)
}

// places are the columns of a CSV file that by their names hold positions.
type places struct {
	lon, lat int // −1 when there are none
	rows     int // with a value in both
	inRange  int
}

// findPlaces looks for the columns in a header. One that a config cannot name is none.
func findPlaces(header []string) places {
	at := func(name string) int {
		return slices.IndexFunc(header, func(column string) bool { return plain(column) == name && writable(column) })
	}
	for i := range lonNames {
		if lon, lat := at(lonNames[i]), at(latNames[i]); lon >= 0 && lat >= 0 {
			return places{lon: lon, lat: lat}
		}
	}
	return places{lon: -1, lat: -1}
}

// row takes the position of a row.
func (p *places) row(g *Geometry, row []string) {
	if p.lon < 0 {
		return
	}
	lon, lat := strings.TrimSpace(row[p.lon]), strings.TrimSpace(row[p.lat])
	if (lon == "" || isMarker(lon)) && (lat == "" || isMarker(lat)) {
		g.None++
		return
	}
	p.rows++
	x, okX := number(lon)
	y, okY := number(lat)
	if okX && okY && x >= -180 && x <= 180 && y >= -90 && y <= 90 {
		p.inRange++
		g.position(orb.Point{x, y})
	}
}

// locate says where the rows of a CSV file are: in the columns that are called so if nearly all their
// values are degrees, else in one of well-known text or of pairs.
func (s *Sample) locate(header []string, p *places) {
	const tolerated = 10 // one row in so many may be elsewhere, and one in three or more
	g := &s.Geometry
	if elsewhere := p.rows - p.inRange; p.lon >= 0 && p.inRange > elsewhere && elsewhere <= max(1, p.rows/tolerated) {
		g.Lon, g.Lat = header[p.lon], header[p.lat]
		g.Types = map[string]int{"Point": p.rows}
		return
	}
	*g = Geometry{None: s.readable()}
	for _, f := range s.Fields {
		switch {
		case !writable(f.Name):
		case f.WKT && g.WKT == "":
			g.WKT, g.None = f.Name, f.Nulls
		case f.Pair && g.Pair == "":
			g.Pair, g.None = f.Name, f.Nulls
		}
	}
}

// isWKT reports whether a text starts as well-known text does.
func isWKT(text string) bool {
	word, _, found := strings.Cut(text, "(")
	if !found {
		return false
	}
	word = strings.TrimSpace(word)
	if _, after, ok := strings.Cut(word, ";"); ok { // SRID=4326;POINT
		word = after
	}
	word, _, _ = strings.Cut(word, " ") // POINT Z
	for _, t := range types {
		if strings.EqualFold(word, t) {
			return true
		}
	}
	return false
}

// pair reads "(latitude, longitude)".
func pair(text string) (lat, lon float64, ok bool) {
	inner, opened := strings.CutPrefix(text, "(")
	inner, closed := strings.CutSuffix(inner, ")")
	a, b, two := strings.Cut(inner, ",")
	if !opened || !closed || !two {
		return 0, 0, false
	}
	lat, okLat := number(strings.TrimSpace(a))
	lon, okLon := number(strings.TrimSpace(b))
	return lat, lon, okLat && okLon && lat >= -90 && lat <= 90 && lon >= -180 && lon <= 180
}
