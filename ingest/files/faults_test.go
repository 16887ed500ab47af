package files

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"hutong/ingest"
	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
)

// The faults that the notes beside the real data name, each with what becomes of it: once in the real
// file, once in a few records of our own.

// fault is one of them.
type fault struct {
	name string
	// mapping starts from fields as in [dcMapping], without bounds.
	id     string
	fields []string
	change func(m *ingest.Mapping)
	place  ingest.PlaceColumns
	// file is the real one, or a pattern, or several with spaces between; real checks what came out.
	file     string
	accepted int
	refused  string
	real     func(t *testing.T, r outcome)
	// text is the small one, with the extension of the file; want is what [show] makes of it.
	text, want, wantRefused string
}

// outcome is what came out of a source.
type outcome struct{ changes []layers.Change }

func (r outcome) located() (n int) {
	for i := range r.changes {
		if r.changes[i].Feature.Geometry != nil {
			n++
		}
	}
	return n
}

func (r outcome) ids() int {
	ids := map[layers.FeatureID]bool{}
	for i := range r.changes {
		ids[r.changes[i].Feature.ID] = true
	}
	return len(ids)
}

// values counts what a field holds, null as "null".
func (r outcome) values(field int) map[string]int {
	counts := map[string]int{}
	for i := range r.changes {
		counts[strings.Trim(r.changes[i].Feature.Values[field].String(), `"`)]++
	}
	return counts
}

// number fails unless got is want.
func number(t *testing.T, what string, got, want int) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %d, want %d", what, got, want)
	}
}

func point(lon, lat, properties string) string {
	return `{"type":"Feature","properties":{` + properties + `},"geometry":{"type":"Point","coordinates":[` + lon + `,` + lat + `]}}` + "\n"
}

var lonLat = ingest.PlaceColumns{Lon: "longitude", Lat: "latitude"}

var faults = []fault{
	{
		name: "complaints-chicago: a number that repeats is one feature, the last row's", id: "{Service_Request_Number}", fields: []string{"Status string"},
		place: ingest.PlaceColumns{Lon: "Longitude", Lat: "Latitude"}, file: "complaints-chicago/*.csv.gz", accepted: 74_401,
		real: func(t *testing.T, r outcome) {
			number(t, "ids", r.ids(), 74_401-375)
			number(t, "places", r.located(), 74_401-24)
			number(t, "done twice", r.values(0)["Completed - Dup"], 3_509)
		},
		text: "Service_Request_Number,Status,Latitude,Longitude\n11-1,Open,41.8,-87.6\n11-1,Completed,41.8,-87.6\n11-2,Open,,\n",
		want: "\"11-1\" -87.6,41.8 \"Open\"\n\"11-1\" -87.6,41.8 \"Completed\"\n\"11-2\" - \"Open\"\n",
	},
	{
		name: "complaints-dc: the stray row of nulls, dated in the future, has no id", id: "{SERVICEREQUESTID}", fields: []string{"ADDDATE time"},
		file: "complaints-dc/dc-311-2016-08.ndjson.gz", accepted: 22_582, refused: "id 1",
		real: func(t *testing.T, r outcome) {
			for at := range r.values(0) {
				if at > "2016-09" {
					t.Errorf("a time in the future: %s", at)
				}
			}
		},
		text: point("-77", "38.9", `"SERVICEREQUESTID":"16-1","ADDDATE":"2016-08-03T20:47:11.000Z"`) +
			`{"type":"Feature","properties":{"SERVICEREQUESTID":null,"ADDDATE":"2018-08-01T00:00:00.000Z"},"geometry":null}`,
		want: "\"16-1\" -77,38.9 2016-08-03T20:47:11Z\n", wantRefused: "id 1",
	},
	{
		name: "complaints-dc: six ids have two states; an id of two fields keeps both", id: "{SERVICEREQUESTID}-{SERVICECODE}", fields: []string{"SERVICECODE string"},
		file: "complaints-dc/dc-311-2016-08.ndjson.gz", accepted: 22_582, refused: "id 1",
		real: func(t *testing.T, r outcome) { number(t, "ids", r.ids(), 22_582) },
		text: point("-77", "38.9", `"SERVICEREQUESTID":"16-1","SERVICECODE":"S0000"`) + point("-77", "38.9", `"SERVICEREQUESTID":"16-1","SERVICECODE":"S0261"`),
		want: "\"16-1-S0000\" -77,38.9 \"S0000\"\n\"16-1-S0261\" -77,38.9 \"S0261\"\n",
	},
	{
		name: "complaints-dc: OBJECTID is no id", id: "{OBJECTID}", fields: []string{"SERVICECODE string"},
		file: "complaints-dc/dc-311-2016-08.ndjson.gz", accepted: 22_583,
		real: func(t *testing.T, r outcome) {
			if n := r.ids(); n >= 20_000 {
				t.Errorf("%d ids: OBJECTID is unique now", n)
			}
		},
		text: point("-77", "38.9", `"OBJECTID":1`) + point("-77", "38.8", `"OBJECTID":1`), want: "\"1\" -77,38.9 null\n\"1\" -77,38.8 null\n",
	},
	{
		name: "complaints-dc: two spellings of a status and a misspelt category become one", id: "{SERVICEREQUESTID}", fields: []string{"SERVICEORDERSTATUS string", "SERVICECODEDESCRIPTION string"},
		change: func(m *ingest.Mapping) {
			m.Fields[0].Values = map[string]string{"IN PROGRESS": "IN-PROGRESS"}
			m.Fields[1].Values = map[string]string{"Traffic Signal Maintanence": "Traffic Signal Maintenance"}
		},
		file: "complaints-dc/dc-311-2016-08.ndjson.gz", accepted: 22_582, refused: "id 1",
		real: func(t *testing.T, r outcome) {
			statuses, categories := r.values(0), r.values(1)
			number(t, "in progress", statuses["IN-PROGRESS"], 2_814+6)
			number(t, "statuses", len(statuses), 7)
			number(t, "misspelt", categories["Traffic Signal Maintanence"], 0)
			if categories["Traffic Signal Maintenance"] == 0 || categories["DOEE - Construction – Erosion Runoff"] == 0 {
				t.Error("the category spelt right, or the one with a dash, is not there")
			}
		},
		text: point("-77", "38.9", `"SERVICEREQUESTID":"1","SERVICEORDERSTATUS":"IN PROGRESS","SERVICECODEDESCRIPTION":"Traffic Signal Maintanence"`),
		want: "\"1\" -77,38.9 \"IN-PROGRESS\" \"Traffic Signal Maintenance\"\n",
	},
	{
		name: "complaints-dc: the text NULL is null", id: "{SERVICEREQUESTID}", fields: []string{"STREETADDRESS string", "WARD int"},
		change: func(m *ingest.Mapping) { m.Nulls = []string{"", "NULL"} },
		file:   "complaints-dc/dc-311-2016-08.ndjson.gz", accepted: 22_582, refused: "id 1",
		real: func(t *testing.T, r outcome) {
			number(t, "no address", r.values(0)["null"], 1_471+8) // and one of the stray row
			number(t, "no ward", r.values(1)["null"], 1+148)
		},
		text: point("-77", "38.9", `"SERVICEREQUESTID":"1","STREETADDRESS":" ","WARD":"NULL"`) + point("-77", "38.9", `"SERVICEREQUESTID":"2","STREETADDRESS":"A","WARD":"3"`),
		want: "\"1\" -77,38.9 null null\n\"2\" -77,38.9 \"A\" 3\n",
	},
	{
		name: "complaints-sf: at 0, 0 without an address it is refused", id: "{unique_key}", fields: []string{"category string"}, place: lonLat,
		file: "complaints-sf/sf-311-sample.csv.gz", accepted: 5_736, refused: "zero 4264",
		text: "unique_key,category,latitude,longitude\n1,Sewer,0.0,0.0\n2,Sewer,37.7,-122.4\n", want: "\"2\" -122.4,37.7 \"Sewer\"\n", wantRefused: "zero 1",
	},
	{
		name: "complaints-sf: at 0, 0 with an address it has no place", id: "{unique_key}", fields: []string{"category string"}, place: lonLat,
		change: func(m *ingest.Mapping) { m.Address = "incident_address" }, file: "complaints-sf/sf-311-sample.csv.gz", accepted: 10_000,
		real: func(t *testing.T, r outcome) { number(t, "places", r.located(), 5_736) },
		text: "unique_key,category,incident_address,latitude,longitude\n1,Sewer,Not associated with a specific address,0.0,0.0\n2,Sewer,,0.0,0.0\n",
		want: "\"1\" - \"Sewer\"\n", wantRefused: "zero 1",
	},
	{
		name: "vendors-dc: the text <Null> and a blank are null", id: "{OBJECTID}", fields: []string{"PROBLEMREASON string", "VENDLOC1 string", "VENDLOC2 string"},
		change: func(m *ingest.Mapping) { m.Nulls = []string{"<Null>", ""} }, file: "vendors-dc/sidewalk-vendors.geojson", accepted: 298,
		real: func(t *testing.T, r outcome) {
			number(t, "<Null>", r.values(0)["<Null>"], 0)
			number(t, "blank", r.values(2)[" "], 0)
			if r.values(2)["null"] < 279 || r.values(1)["null"] < 11 {
				t.Errorf("got %d and %d nulls", r.values(2)["null"], r.values(1)["null"])
			}
		},
		text: `{"type":"FeatureCollection","features":[` + strings.TrimSpace(point("-77", "38.9", `"OBJECTID":1,"PROBLEMREASON":"<Null>","VENDLOC1":null,"VENDLOC2":" "`)) + `]}`,
		want: "\"1\" -77,38.9 null null null\n",
	},
	{
		name: "vendors-dc: codes of a status are given names", id: "{VENDORLOCID}-{OBJECTID}", fields: []string{"STATUS string"},
		change: func(m *ingest.Mapping) { m.Fields[0].Values = map[string]string{"3": "three", "5": "five"} }, file: "vendors-dc/street-vendor-locations.geojson", accepted: 701,
		real: func(t *testing.T, r outcome) {
			number(t, "3", r.values(0)["three"], 394)
			number(t, "5", r.values(0)["five"], 153)
			number(t, "without a name", r.values(0)["6"], 120)
		},
		text: `{"type":"FeatureCollection","features":[` + strings.TrimSpace(point("-77", "38.9", `"OBJECTID":1,"VENDORLOCID":"V","STATUS":3`)) + `]}`,
		want: "\"V-1\" -77,38.9 \"three\"\n",
	},
	{
		name: "vendors-sf: two forms of a date, 0, 0 with an address, commas in a quoted point", id: "{locationid}", fields: []string{"Approved time", "Received time"},
		change: func(m *ingest.Mapping) {
			m.Address = "Address"
			for i := range m.Fields {
				m.Fields[i].Layouts = []string{"01/02/2006 03:04:05 PM", "20060102"}
			}
		},
		place: ingest.PlaceColumns{Point: "Location", Order: ingest.LatLon}, file: "vendors-sf/mobile-food-facility-permits.csv", accepted: 488,
		real: func(t *testing.T, r outcome) {
			number(t, "places", r.located(), 455)
			number(t, "not approved", r.values(0)["null"], 140)
			number(t, "not received", r.values(1)["null"], 0)
		},
		text: "locationid,Address,Approved,Received,Location\n1,A,01/28/2022 12:00:00 AM,20210315,\"(37.7, -122.4)\"\n2,A,,20211105,\"(0.0, 0.0)\"\n3,A,15.3.2022,20211105,\"(37.7, -122.4)\"\n",
		want: "\"1\" -122.4,37.7 2022-01-28T00:00:00Z 2021-03-15T00:00:00Z\n\"2\" - null 2021-11-05T00:00:00Z\n", wantRefused: "time 1",
	},
	{
		name: "markets-de: coordinates as texts are refused", id: "{title}", fields: []string{"opening_hours string"}, file: ruhr,
		accepted: 0, refused: "geometry 90",
		text: strings.ReplaceAll(dortmund, "\n", ""), wantRefused: "geometry 1",
	},
	{
		name: "markets-de: coordinates as texts are taken by a lenient source", id: "{title}", fields: []string{"opening_hours string"}, file: ruhr,
		change: func(m *ingest.Mapping) { m.LenientCoordinates = true }, accepted: 90,
		real: func(t *testing.T, r outcome) {
			for i := range r.changes {
				if p := r.changes[i].Feature.Geometry.(orb.Point); p[0] < 6 || p[0] > 8 || p[1] < 51 || p[1] > 52 {
					t.Errorf("%s at %v is not on the Ruhr", r.changes[i].Feature.ID, p)
				}
			}
		},
		text: strings.ReplaceAll(dortmund, "\n", ""), want: "\"Markt\" 7.55539,51.491867 \"Th 07:00-13:00\"\n",
	},
	{
		name: "markets-de: what lies outside Berlin is refused", id: "{title}/{location}", fields: []string{"opening_hours string"}, file: "markets-de/berlin.geojson",
		change: func(m *ingest.Mapping) {
			m.Gate.Bounds = &orb.Bound{Min: orb.Point{13.0, 52.3}, Max: orb.Point{13.8, 52.7}}
		},
		accepted: 10, refused: "bounds 6",
		text: `{"features":[` + strings.TrimSpace(point("14.364", "51.573", `"title":"Spremberg","location":"Markt"`)) + `],"type":"FeatureCollection"}`, wantRefused: "bounds 1",
	},
	{
		name: "hotspots-london: no position is no place, no id is refused, a month is its first day", id: "{Crime ID}", fields: []string{"Month time", "Crime type string"},
		change: func(m *ingest.Mapping) { m.Fields[0].Layouts = []string{"2006-01"} }, place: ingest.PlaceColumns{Lon: "Longitude", Lat: "Latitude"},
		file: "hotspots-london/*.csv.gz", accepted: 27_422 - 1_964, refused: "id 1964",
		real: func(t *testing.T, r outcome) { number(t, "months", len(r.values(0)), 36) },
		text: "Crime ID,Month,Longitude,Latitude,Crime type\na,2021-09,-0.1,51.5,Drugs\nb,2021-10,,,Drugs\n,2021-10,-0.1,51.5,Anti-social behaviour\n",
		want: "\"a\" -0.1,51.5 2021-09-01T00:00:00Z \"Drugs\"\n\"b\" - 2021-10-01T00:00:00Z \"Drugs\"\n", wantRefused: "id 1",
	},
	{
		name: "hotspots-nyc: a byte order mark, line ends in quotes, the place in one column, Queens in two spellings", id: "{OBJECTID}", fields: []string{"Boro string"},
		change: func(m *ingest.Mapping) { m.Fields[0].Values = map[string]string{"QN": "QU"} }, place: ingest.PlaceColumns{Point: "Location (Lat, Long)", Order: ingest.LatLon},
		file: "hotspots-nyc/nyc-wifi-hotspots.csv", accepted: 1_390,
		real: func(t *testing.T, r outcome) {
			number(t, "Queens", r.values(0)["QU"], 217+29)
			number(t, "places", r.located(), 1_390)
		},
		text: "\ufeffOBJECTID,Boro,\"Location (Lat, Long)\"\n1,QN,\"Queens\n(40.7, -73.9)\"\n2,QU,\"(40.6, -73.8)\"\n",
		want: "\"1\" -73.9,40.7 \"QU\"\n\"2\" -73.8,40.6 \"QU\"\n",
	},
	{
		name: "hotspots-sf: unique_key is no id, pdid is", id: "{pdid}", fields: []string{"unique_key string"}, place: lonLat,
		file: "hotspots-sf/sfpd-incidents-sample.csv.gz", accepted: 10_000,
		real: func(t *testing.T, r outcome) {
			number(t, "ids", r.ids(), 10_000)
			number(t, "keys", len(r.values(0)), 9_261)
		},
		text: "unique_key,longitude,latitude,pdid\n1,-122.4,37.7,11\n1,-122.4,37.7,12\n", want: "\"11\" -122.4,37.7 \"1\"\n\"12\" -122.4,37.7 \"1\"\n",
	},
	{
		name: "sensors-dc: the unknown day of 1969 is null", id: "{TERMINAL_NUMBER}", fields: []string{"INSTALL_DATE time"},
		change: func(m *ingest.Mapping) { m.Nulls = []string{"", "1969-12-31T20:00:00.000Z"} }, file: "sensors-dc/capital-bike-share-locations.geojson", accepted: 399,
		real: func(t *testing.T, r outcome) { number(t, "unknown", r.values(0)["null"], 399) },
		text: `{"type":"FeatureCollection","features":[` + strings.TrimSpace(point("-77", "38.9", `"TERMINAL_NUMBER":31000,"INSTALL_DATE":"1969-12-31T20:00:00.000Z"`)) + `]}`,
		want: "\"31000\" -77,38.9 null\n",
	},
	{
		name: "sensors-beijing: NA is null", id: "{station}-{No}", fields: []string{"PM2.5 float", "CO float", "O3 float", "wd string"},
		change: func(m *ingest.Mapping) { m.Nulls = []string{"NA"} }, file: "sensors-beijing/PRSA_Data_*.csv.gz", accepted: 420_768,
		real: func(t *testing.T, r outcome) {
			for i, want := range []int{8_739, 20_701, 13_277, 1_822} {
				number(t, fmt.Sprintf("nulls of field %d", i), r.values(i)["null"], want)
			}
		},
		text: "\"No\",\"PM2.5\",\"CO\",\"O3\",\"wd\",\"station\"\n1,NA,300,89,NA,\"Dongsi\"\n", want: "\"Dongsi-1\" - null 300 89 null\n",
	},
	{
		name: "sensors-beijing: the time is in four columns, at UTC+8", id: "{station}-{No}", fields: []string{"at time", "hours int"},
		change: func(m *ingest.Mapping) {
			m.Fields[0] = ingest.FieldMapping{
				Expression: `r.year + "-" + r.month + "-" + r.day + " " + r.hour`, Layouts: []string{"2006-1-2 15"}, Zone: time.FixedZone("", 8*60*60),
			}
			m.Fields[1] = ingest.FieldMapping{Expression: `int(r.hour) + 1`}
		},
		file: "sensors-beijing/PRSA_Data_Dongsi_20130301-20170228.csv.gz", accepted: 35_064,
		real: func(t *testing.T, r outcome) {
			first, end := r.changes[0].Feature.Values[0].String(), r.changes[len(r.changes)-1].Feature.Values[0].String()
			if first != "2013-02-28T16:00:00Z" || end != "2017-02-28T15:00:00Z" {
				t.Errorf("from %s to %s", first, end)
			}
			number(t, "times", len(r.values(0)), 35_064)
			number(t, "hours", len(r.values(1)), 24)
		},
		text: "\"No\",\"year\",\"month\",\"day\",\"hour\",\"station\"\n1,2013,3,1,0,\"Dongsi\"\n2,2013,3,1,,\"Dongsi\"\n3,2013,3,1,x,\"Dongsi\"\n",
		want: "\"Dongsi-1\" - 2013-02-28T16:00:00Z 1\n\"Dongsi-2\" - null null\n", wantRefused: "time 1",
	},
}

// ruhr are the markets whose coordinates are texts.
const ruhr = "markets-de/bochum.geojson markets-de/dortmund.geojson markets-de/duisburg.geojson markets-de/essen.geojson markets-de/gelsenkirchen.geojson"

// dortmund is a market of Dortmund as its file has it.
const dortmund = `{"crs": {"properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}, "type": "name"}, "type": "FeatureCollection", "features": [
{"type": "Feature", "geometry": {"type": "Point", "coordinates": ["7.55539", "51.491867"]}, "properties": {"title": "Markt", "opening_hours": "Th 07:00-13:00"}}]}`

// options returns how to read a fault's file.
func (f *fault) options(t *testing.T) Options {
	m := dcMapping(t, f.id, f.fields...)
	m.Gate.Bounds = nil
	m.Nulls = []string{""}
	if f.change != nil {
		f.change(m)
	}
	return Options{Name: "fault", Layer: m.Schema.Name, Mapping: m, CSV: CSV{PlaceColumns: f.place}}
}

func TestFaultsInRealFiles(t *testing.T) {
	t.Parallel()
	root := testkit.Data(t)
	for i := range faults {
		f := &faults[i]
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			opts := f.options(t)
			for file := range strings.FieldsSeq(f.file) {
				opts.Paths = append(opts.Paths, filepath.Join(root, file))
			}
			s, err := New(opts)
			if err != nil {
				t.Fatal(err)
			}
			changes, sum, err := run(t, s)
			if err != nil || int(sum.Accepted) != f.accepted || counts(sum) != f.refused {
				t.Fatalf("got %v, %v\nwant %d accepted, refused %q", sum, err, f.accepted, f.refused)
			}
			if f.real != nil {
				f.real(t, outcome{changes})
			}
		})
	}
}

func TestFaultsInSmall(t *testing.T) {
	t.Parallel()
	for i := range faults {
		f := &faults[i]
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			name := "f.csv"
			for _, extension := range []string{"geojson", "ndjson"} {
				if strings.Contains(f.file, extension) {
					name = "f." + extension
				}
			}
			changes, sum, err := run(t, source(t, f.options(t), map[string]string{name: f.text}, 0))
			if got := show(changes); err != nil || got != f.want || counts(sum) != f.wantRefused {
				t.Errorf("got\n%s%v%v\nwant\n%s%s", got, sum, err, f.want, f.wantRefused)
			}
		})
	}
}

// The point column of New York's file says what its two columns with degrees say.
func TestPointColumnAgrees(t *testing.T) {
	t.Parallel()
	path := testkit.Data(t, "hotspots-nyc/nyc-wifi-hotspots.csv")
	var places [2]map[layers.FeatureID]orb.Point
	for i, where := range []ingest.PlaceColumns{{Lon: "Long_", Lat: "Lat"}, {Point: "Location (Lat, Long)", Order: ingest.LatLon}} {
		m := dcMapping(t, "{OBJECTID}", "Boro string")
		m.Gate.Bounds = nil
		s, err := New(Options{Name: "wifi", Layer: "dc", Paths: []string{path}, Mapping: m, CSV: CSV{PlaceColumns: where}})
		if err != nil {
			t.Fatal(err)
		}
		changes, _, err := run(t, s)
		if err != nil {
			t.Fatal(err)
		}
		places[i] = map[layers.FeatureID]orb.Point{}
		for j := range changes {
			places[i][changes[j].Feature.ID] = changes[j].Feature.Geometry.(orb.Point)
		}
	}
	if !maps.Equal(places[0], places[1]) || len(places[0]) != 1_390 {
		t.Errorf("%d places by two columns are not the %d by one", len(places[0]), len(places[1]))
	}
}

// Every field of a fault has a kind, so that no case is empty by mistake.
func TestFaultsAreWhole(t *testing.T) {
	t.Parallel()
	for i := range faults {
		f := &faults[i]
		if f.text == "" || f.want == "" && f.wantRefused == "" || f.file == "" || len(f.fields) == 0 {
			t.Errorf("%s: a part is missing", f.name)
		}
		for _, field := range f.fields {
			kind := field[strings.LastIndexByte(field, ' ')+1:]
			if !slices.ContainsFunc([]column.Kind{column.String, column.Int, column.Float, column.Bool, column.Time}, func(k column.Kind) bool { return k.String() == kind }) {
				t.Errorf("%s: no kind %q", f.name, kind)
			}
		}
	}
}
