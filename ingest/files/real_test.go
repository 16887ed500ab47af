package files

import (
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"hutong/ingest"
	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
)

// dcBounds holds Washington DC with the parts of Virginia and Maryland that its bike share reaches.
var dcBounds = orb.Bound{Min: orb.Point{-77.3, 38.7}, Max: orb.Point{-76.8, 39.2}}

// dcMapping maps fields, each written "PROPERTY type", to fields of the same name.
func dcMapping(t testing.TB, id string, fields ...string) *ingest.Mapping {
	t.Helper()
	m := &ingest.Mapping{
		Schema: &layers.Schema{Name: "dc", IDField: "id"}, ID: template(t, id), Nulls: []string{"<Null>", ""}, Gate: ingest.Gate{Bounds: &dcBounds},
	}
	for _, f := range fields {
		n := strings.LastIndexByte(f, ' ')
		kind, err := column.ParseKind(f[n+1:])
		if err != nil {
			t.Fatal(err)
		}
		m.Schema.Fields = append(m.Schema.Fields, layers.Field{Name: f[:n], Kind: kind})
		m.Fields = append(m.Fields, ingest.FieldMapping{From: f[:n]})
	}
	return m
}

// complaints is the mapping of the 311 requests.
func complaints(t testing.TB, id string) *ingest.Mapping {
	m := dcMapping(t, id, "SERVICECODEDESCRIPTION string", "ORGANIZATIONACRONYM string", "SERVICEORDERSTATUS string", "PRIORITY string",
		"STREETADDRESS string", "WARD int", "ZIPCODE string", "ADDDATE time", "RESOLUTIONDATE time", "SERVICECALLCOUNT int", "XCOORD float")
	m.Fields[2].Values = map[string]string{"IN PROGRESS": "IN-PROGRESS"}
	m.Nulls = append(m.Nulls, "NULL") // 148 rows have this text for WARD
	return m
}

func TestDCComplaints(t *testing.T) {
	t.Parallel()
	path := testkit.Data(t, "complaints-dc/dc-311-2016-08.ndjson.gz")
	for _, tt := range []struct {
		id       string
		distinct int
	}{
		{"{SERVICEREQUESTID}", 22_576}, // six requests are there twice, with another service code
		{"{SERVICEREQUESTID}-{SERVICECODE}", 22_582},
	} {
		s, err := New(Options{Name: "complaints", Layer: "dc", Paths: []string{path}, Mapping: complaints(t, tt.id)})
		if err != nil {
			t.Fatal(err)
		}
		changes, sum, err := run(t, s)
		if err != nil {
			t.Fatal(err)
		}
		if sum.Read != 22_583 || sum.Accepted != 22_582 || counts(sum) != "id 1" {
			t.Errorf("%s: got %v", tt.id, sum)
		}
		if e := sum.Reasons[0].Examples[0]; e.Line != 20_762 || e.Field != "SERVICEREQUESTID" || e.Value != "null" {
			t.Errorf("%s: refused %v, want line 20762 for its null id", tt.id, e)
		}
		ids, statuses, located := map[layers.FeatureID]bool{}, map[string]int{}, 0
		for i := range changes {
			f := &changes[i].Feature
			ids[f.ID] = true
			statuses[f.Values[2].Text()]++
			if f.Geometry != nil {
				located++
			}
		}
		if len(ids) != tt.distinct || located != 22_582 || statuses["IN-PROGRESS"] != 2_820 {
			t.Errorf("%s: got %d ids, %d places, %d in progress, want %d, 22582, 2820", tt.id, len(ids), located, statuses["IN-PROGRESS"], tt.distinct)
		}
	}
}

// The same in small: a request, one that is there twice, and the stray row.
func TestDCComplaintsInSmall(t *testing.T) {
	t.Parallel()
	const text = `{"type":"Feature","properties":{"OBJECTID":1,"SERVICECODE":"S0000","SERVICECODEDESCRIPTION":"Abandoned Vehicle","SERVICEORDERSTATUS":"IN PROGRESS","SERVICEREQUESTID":"16-1","STREETADDRESS":" ","WARD":"3","ZIPCODE":20008,"ADDDATE":"2016-08-03T20:47:11.000Z","XCOORD":394693.91000000003},"geometry":{"type":"Point","coordinates":[-77.0611919417,38.9233287617]}}
{"type":"Feature","properties":{"OBJECTID":1,"SERVICECODE":"S0261","SERVICECODEDESCRIPTION":"Parking Enforcement","SERVICEREQUESTID":"16-1","WARD":"NULL"},"geometry":{"type":"Point","coordinates":[-77.0611919417,38.9233287617]}}
{"type":"Feature","properties":{"OBJECTID":0,"SERVICECODE":null,"ADDDATE":"2018-08-01T00:00:00.000Z","SERVICEREQUESTID":null,"WARD":null},"geometry":null}
`
	s := source(t, Options{Mapping: complaints(t, "{SERVICEREQUESTID}-{SERVICECODE}")}, map[string]string{"f.ndjson": text}, 0)
	changes, sum, err := run(t, s)
	const want = `"16-1-S0000" -77.0611919417,38.9233287617 "Abandoned Vehicle" null "IN-PROGRESS" null null 3 "20008" 2016-08-03T20:47:11Z null null 394693.91000000003
"16-1-S0261" -77.0611919417,38.9233287617 "Parking Enforcement" null null null null null null null null null null
`
	if got := show(changes); err != nil || got != want || counts(sum) != "id 1" {
		t.Errorf("got\n%s%v%v\nwant\n%s", got, sum, err, want)
	}
}

func TestDCFiles(t *testing.T) {
	t.Parallel()
	tests := []struct {
		file   string
		id     string
		fields string
		want   int64
	}{
		{"vendors-dc/street-vendor-locations.geojson", "{VENDORLOCID}-{OBJECTID}", "SIZEOFCART string,STATUS int,APPLICATIONDATE time,REVOKEDDATE time,SYMBOLROTATION float", 701},
		{"vendors-dc/sidewalk-vendors.geojson", "sidewalk-{OBJECTID}", "VENDORID string,VENDORWARES string,CHKVERIFIED bool,MODIFICATIONDATE time,PROBLEMREASON string", 298},
		{"vendors-dc/farmers-markets.geojson", "market-{OBJECTID}", "NAME string,ADDRESS string,WEB_URL string,LAST_UPDAT string", 22},
		{"vendors-dc/grocery-stores.geojson", "store-{OBJECTID}", "STORENAME string", 48},
		{"hotspots-dc/wifi-hotspots.geojson", "{OBJECTID}", "NAME string,TYPE string,NUMBER_OF_SITES int,X float", 448},
		{"hotspots-dc/crime-last30days-2016-08.geojson.gz", "{CCN}-{OBJECTID}", "OFFENSE string,REPORTDATETIME time,WARD int,BLOCKXCOORD float,END_DATE time", 2_898},
		{"sensors-dc/vehicle-detection-system.geojson", "vds-{OBJECTID}", "ACSIANO string,DETECTORID string", 1_643},
		{"sensors-dc/capital-bike-share-locations.geojson", "bike-{TERMINAL_NUMBER}", "NUMBER_OF_BIKES int,INSTALL_DATE time", 399},
		{"sensors-dc/traffic-camera.geojson", "camera-{OBJECTID}", "CAMERAID int", 339},
		{"sensors-dc/traffic-monitoring-stations.geojson", "{STATIONID}", "TECHNOLOGY string,X float", 55},
		{"sensors-dc/red-light-cameras.geojson", "{GIS_ID}", "LOCATION string,DIRECTION string", 50},
		{"sensors-dc/speed-detector.geojson", "speed-{ID}", "ROADNAME string,SPEED float", 48},
		{"sensors-dc/bicycle-count-locations.geojson", "{LOCATIONID}", "LOCATION string", 37},
		{"sensors-dc/permanent-traffic-count-stations.geojson", "{SITE_NO}", "TECHNOLOGY string", 30},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			m := dcMapping(t, tt.id, strings.Split(tt.fields, ",")...)
			s, err := New(Options{Name: "dc", Layer: "dc", Paths: []string{testkit.Data(t, tt.file)}, Mapping: m})
			if err != nil {
				t.Fatal(err)
			}
			changes, sum, err := run(t, s)
			if err != nil || sum.Accepted != tt.want || sum.Refused != 0 {
				t.Errorf("want %d accepted, got %v, %v", tt.want, sum, err)
			}
			ids := map[layers.FeatureID]bool{}
			for i := range changes {
				ids[changes[i].Feature.ID] = true
				if changes[i].Feature.Geometry == nil {
					t.Errorf("%s has no place", changes[i].Feature.ID)
				}
			}
			if len(ids) != len(changes) {
				t.Errorf("%d ids for %d features", len(ids), len(changes))
			}
		})
	}
}

// Their quirks in small: "<Null>" beside null, a blank for nothing, a number for a flag, times of 1969.
func TestDCFilesInSmall(t *testing.T) {
	t.Parallel()
	const text = `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"OBJECTID":1,"PROBLEMREASON":"<Null>","VENDLOC2":" ","CHKVERIFIED":1,"INSTALL_DATE":"1969-12-31T20:00:00.000Z"},"geometry":{"type":"Point","coordinates":[-77.03209601298006,38.90361257284511]}},{"type":"Feature","properties":{"OBJECTID":2,"PROBLEMREASON":"moved","VENDLOC2":null,"CHKVERIFIED":0,"INSTALL_DATE":null},"geometry":{"type":"Point","coordinates":[38.9,-77.03]}}]}`
	m := dcMapping(t, "sidewalk-{OBJECTID}", "PROBLEMREASON string", "VENDLOC2 string", "CHKVERIFIED bool", "INSTALL_DATE time")
	changes, sum, err := run(t, source(t, Options{Mapping: m}, map[string]string{"f.geojson": text}, 0))
	const want = "\"sidewalk-1\" -77.03209601298006,38.90361257284511 null null true 1969-12-31T20:00:00Z\n"
	if got := show(changes); err != nil || got != want || counts(sum) != "swapped 1" {
		t.Errorf("got\n%s%v%v\nwant\n%s", got, sum, err, want)
	}
}

// Tables of other cities: a mark at the start, line ends in quotes, two forms of date, 0, 0 for an unknown place.
func TestTables(t *testing.T) {
	t.Parallel()
	tests := []struct {
		file, id, lon, lat string
		fields             []string
		layouts            []string
		accepted           int64
		refused            string
	}{
		{"hotspots-nyc/nyc-wifi-hotspots.csv", "{OBJECTID}", "Long_", "Lat", []string{"Boro string", "Location (Lat, Long) string"}, nil, 1_390, ""},
		{
			"vendors-sf/mobile-food-facility-permits.csv", "{locationid}", "Longitude", "Latitude",
			[]string{"FacilityType string", "Approved time", "Received time"},
			[]string{"01/02/2006 03:04:05 PM", "20060102"},
			455, "zero 33",
		},
		{
			"complaints-sf/sf-311-sample.csv.gz", "{unique_key}", "longitude", "latitude",
			[]string{"category string", "created_date time", "supervisor_district float"},
			[]string{"2006-01-02 15:04:05-07:00"},
			5_736, "zero 4264",
		},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			t.Parallel()
			m := dcMapping(t, tt.id, tt.fields...)
			m.Gate.Bounds = nil
			for i := range m.Fields {
				if m.Schema.Fields[i].Kind == column.Time {
					m.Fields[i].Layouts = tt.layouts
				}
			}
			opts := Options{Name: "table", Layer: "dc", Paths: []string{testkit.Data(t, tt.file)}, Mapping: m, CSV: CSV{PlaceColumns: ingest.PlaceColumns{Lon: tt.lon, Lat: tt.lat}}}
			s, err := New(opts)
			if err != nil {
				t.Fatal(err)
			}
			_, sum, err := run(t, s)
			if err != nil || sum.Accepted != tt.accepted || counts(sum) != tt.refused {
				t.Errorf("want %d accepted and %q refused, got %v, %v", tt.accepted, tt.refused, sum, err)
			}
		})
	}
}
