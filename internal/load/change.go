package load

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"hutong/layers/world"
)

// The formats of a body (docs/formats/push.md).
const (
	FormatGeoJSON = "geojson" // a FeatureCollection
	FormatNDJSON  = "ndjson"  // one record a line
	FormatJSON    = "json"    // a list of records
)

// mediaTypes are what they are sent as.
var mediaTypes = map[string]string{
	FormatGeoJSON: "application/geo+json", FormatNDJSON: "application/x-ndjson", FormatJSON: "application/json",
}

// Changes says what the records that are sent look like: points that move among a number of ids.
type Changes struct {
	// Format is that of a body.
	Format string
	// ID is the text of an id, with {n} for its number, or {n:7} for seven digits with zeros before it.
	ID string
	// IDProperty names the property with the id; a Feature has it as its id, too.
	IDProperty string
	// First is the least number of an id, Features how many there are.
	First    uint64
	Features int
	// Lon and Lat name the properties with the position; without, records are GeoJSON Features.
	Lon, Lat string
	// Observed names the property with the time now; "" for none.
	Observed string
	// Fields are the other properties.
	Fields []Field
	// Bounds is where the points are: west, south, east, north in degrees.
	Bounds [4]float64
	// Seed makes the same ids, places and values in the same order for each connection.
	Seed uint64
}

// maxFeatures is the most ids.
const maxFeatures = 100_000_000

// validate returns every problem of c.
func (c *Changes) validate() error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf("load: "+format, args...)) }
	if mediaTypes[c.Format] == "" {
		fail("no format %q: the formats are %s, %s and %s", c.Format, FormatGeoJSON, FormatNDJSON, FormatJSON)
	}
	if c.Features < 1 || c.Features > maxFeatures {
		fail("%d features are not 1 to %d", c.Features, maxFeatures)
	}
	if (c.Lon == "") != (c.Lat == "") || c.Lon != "" && c.Format == FormatGeoJSON {
		fail("a position is two properties, and of %s and %s only", FormatNDJSON, FormatJSON)
	}
	if _, _, _, err := parseID(c.ID); err != nil {
		errs = append(errs, err)
	}
	if len(c.Fields) > maxFields {
		fail("%d fields are more than %d", len(c.Fields), maxFields)
	}
	b := c.Bounds
	if !(b[0] <= b[2] && b[1] <= b[3] && b[0] >= -180 && b[2] <= 180 && b[1] >= -90 && b[3] <= 90) {
		fail("bounds %v are not west, south, east, north in degrees", b)
	}
	return errors.Join(errs...)
}

// parseID reads the text of an id.
func parseID(s string) (before, after string, width int, err error) {
	before, rest, found := strings.Cut(s, "{n")
	format, after, closed := strings.Cut(rest, "}")
	if digits, has := strings.CutPrefix(format, ":"); has {
		width, err = strconv.Atoi(digits)
	} else if format != "" {
		closed = false
	}
	if !found || !closed || err != nil || width < 0 || width > 20 || len(s) > 200 {
		return "", "", 0, fmt.Errorf("load: the id %.200q does not have {n}, or {n:7} with up to 20 digits, for its number", s)
	}
	return before, after, width, nil
}

// record is one change: a feature and where it is, in whole 1e-7 degrees.
type record struct {
	number   uint64
	lon, lat int64
}

// degrees returns where r is.
func (r *record) degrees() (lon, lat float64) { return float64(r.lon) / 1e7, float64(r.lat) / 1e7 }

// point returns where r is in world units.
func (r *record) point() world.Point {
	lon, lat := r.degrees()
	p, err := world.Project(lon, min(max(lat, -world.MaxLatitude), world.MaxLatitude))
	if err != nil {
		panic(err) // made within bounds that were checked
	}
	return p
}

// writer writes bodies of changes. It belongs to one connection, whose ids no other one writes, so that
// no change of one overtakes another. Bodies are valid until the next one.
type writer struct {
	*Changes
	rng           *rand.Rand
	part, parts   uint64
	before, after string
	width         int
	bounds        [4]int64 // in 1e-7 degrees
	now           []byte   // the time, as JSON
	body          []byte
}

// newWriter returns the writer of the part-th of a number of connections. c must be valid.
func (c *Changes) newWriter(part, parts int) *writer {
	w := &writer{Changes: c, rng: rand.New(rand.NewPCG(c.Seed, uint64(part)+1)), part: uint64(part), parts: uint64(parts)}
	w.before, w.after, w.width, _ = parseID(c.ID)
	for i, v := range c.Bounds {
		if i%2 == 1 {
			v = min(max(v, -world.MaxLatitude), world.MaxLatitude)
		}
		w.bounds[i] = int64(v * 1e7)
	}
	return w
}

// draw returns a change of an id of the connection's. With fewer ids than connections some share one.
func (w *writer) draw() record {
	n := uint64(w.Features)
	mine := (n + w.parts - 1 - w.part) / w.parts
	if mine == 0 {
		return w.place(w.First + w.part%n)
	}
	return w.place(w.First + w.part + w.parts*w.rng.Uint64N(mine))
}

// place puts a feature somewhere.
func (w *writer) place(number uint64) record {
	b := &w.bounds
	return record{number, b[0] + w.rng.Int64N(b[2]-b[0]+1), b[1] + w.rng.Int64N(b[3]-b[1]+1)}
}

// id returns the id of a number.
func (w *writer) id(number uint64) string { return string(w.appendID(nil, number)) }

func (w *writer) appendID(dst []byte, number uint64) []byte {
	dst = append(dst, w.before...)
	digits := strconv.AppendUint(make([]byte, 0, 20), number, 10)
	for range w.width - len(digits) {
		dst = append(dst, '0')
	}
	return append(append(dst, digits...), w.after...)
}

// write returns a body of n records that were observed up to a time, a microsecond one after the other, so that of
// two of one id the second one counts. first, if any, is the first of them.
func (w *writer) write(now time.Time, n int, first *record) []byte {
	now = now.UTC()
	w.body = w.body[:0]
	separator := byte(',')
	switch w.Format {
	case FormatGeoJSON:
		w.body = append(w.body, `{"type":"FeatureCollection","features":[`...)
	case FormatNDJSON:
		separator = '\n'
	default:
		w.body = append(w.body, '[')
	}
	for i := range n {
		if i > 0 {
			w.body = append(w.body, separator)
		}
		at := now.Add(time.Duration(i+1-n) * time.Microsecond)
		w.now = append(at.AppendFormat(append(w.now[:0], '"'), "2006-01-02T15:04:05.000000Z"), '"')
		r := record{}
		if i == 0 && first != nil {
			r = *first
		} else {
			r = w.draw()
		}
		if w.Lon != "" {
			w.appendObject(&r)
		} else {
			w.appendFeature(&r)
		}
	}
	switch w.Format {
	case FormatGeoJSON:
		w.body = append(w.body, "]}"...)
	case FormatNDJSON:
		w.body = append(w.body, '\n')
	default:
		w.body = append(w.body, ']')
	}
	return w.body
}

func (w *writer) appendFeature(r *record) {
	w.body = append(w.body, `{"type":"Feature","id":`...)
	w.body = appendQuoted(w.body, w.id(r.number))
	w.body = append(w.body, `,"geometry":{"type":"Point","coordinates":[`...)
	w.body = append(appendDegrees(w.body, r.lon), ',')
	w.body = append(appendDegrees(w.body, r.lat), `]},"properties":{`...)
	w.appendProperties(r)
	w.body = append(w.body, "}}"...)
}

func (w *writer) appendObject(r *record) {
	w.body = appendQuoted(append(w.body, '{'), w.Lon)
	w.body = appendDegrees(append(w.body, ':'), r.lon)
	w.body = appendQuoted(append(w.body, ','), w.Lat)
	w.body = append(appendDegrees(append(w.body, ':'), r.lat), ',')
	w.appendProperties(r)
	w.body = append(w.body, '}')
}

// appendProperties appends the id, the time and the fields.
func (w *writer) appendProperties(r *record) {
	w.body = append(appendQuoted(w.body, w.IDProperty), ':')
	w.body = appendQuoted(w.body, w.id(r.number))
	if w.Observed != "" {
		w.body = append(appendQuoted(append(w.body, ','), w.Observed), ':')
		w.body = append(w.body, w.now...)
	}
	for i := range w.Fields {
		if f := &w.Fields[i]; f.Name != w.Observed && f.Name != w.IDProperty {
			w.body = append(appendQuoted(append(w.body, ','), f.Name), ':')
			w.appendValue(f)
		}
	}
}

// words are the texts of fields whose values nobody knows.
var words = []string{"lamp", "kerb", "drain", "sign", "bench", "tree", "bus stop", "crossing"}

func (w *writer) appendValue(f *Field) {
	switch f.Kind {
	case "int":
		w.body = strconv.AppendInt(w.body, w.rng.Int64N(100), 10)
	case "float":
		w.body = strconv.AppendFloat(w.body, float64(w.rng.IntN(1000))/10, 'f', 1, 64)
	case "bool":
		w.body = strconv.AppendBool(w.body, w.rng.IntN(2) == 0)
	case "time":
		w.body = append(w.body, w.now...)
	default:
		values := f.Values
		if len(values) == 0 {
			values = words
		}
		w.body = appendQuoted(w.body, values[w.rng.IntN(len(values))])
	}
}

// appendDegrees appends 1e-7 degrees as degrees.
func appendDegrees(dst []byte, v int64) []byte {
	if v < 0 {
		dst, v = append(dst, '-'), -v
	}
	dst = append(strconv.AppendInt(dst, v/1e7, 10), '.')
	from := len(dst)
	dst = strconv.AppendInt(dst, v%1e7+1e7, 10) // seven digits behind a 1
	return slices.Delete(dst, from, from+1)
}

// appendQuoted appends a JSON string.
func appendQuoted(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < 0x20:
			dst = fmt.Appendf(dst, `\u%04x`, c)
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
