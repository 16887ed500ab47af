package config

import (
	"errors"
	"io/fs"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/paulmach/orb"

	"hutong/ingest"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/derive"
	"hutong/layers/view"
	"hutong/tiles"
)

const whole = `
city: 北京
city_zh: 北京市
time_zone: Asia/Shanghai
listen: "[::1]:0"
public_url: https://map.example/hutong/
trusted_proxies: [127.0.0.1, 10.0.0.0/8, "fd00::/8"]
tls: {cert: /etc/hutong/cert.pem, key: /etc/hutong/key.pem}
cache: {bytes: 2097152}
mqtt: {listen: ":1883", tls: {cert: m.pem, key: m.key}, clients: 500, packet: 131079}
nats: {listen: ":4222", tls: {cert: n.pem, key: n.key}, clients: 400, payload: 65536}
journal:
  folder: ${OTHER}/data
  sync: 250ms
  checkpoint: {bytes: 1048576, every: 90s, keep: 3}
  retention: 30d
  low_disk: 2097152
  past: {states: 3, bytes: 2097152, idle: 90s}
  snapshots: 7
  nats: {urls: ["nats://a:4222", "nats://b"], credentials: "${OTHER}/a.creds", ca: ca.pem, stream: CITY, replicas: 3}
center: [116.397, 39.907]
zoom: 10.5
layers:
  sensors:
    title: Sensors
    description: What is measured where.
    attribution: "Data: somebody"
    licence: CC0-1.0
    id: {name: id, from_zoom: 14}
    time: read
    ttl: {stale: 15m, expired: 2d, field: state}
    age: {classes: [90m, 2d], field: how_old}
    zooms: [3, 16]
    extent: 512
    buffer: 8
    budget: 100000
    tiny: drop
    vertices: 12
    h3: {resolutions: [5, 9], count_by: {kind: [air, noise]}, numbers: [value, count]}
    overview: {below: 8, as: clusters}
    fields:
      kind: {type: string, keep: true, max_length: 20, distinct: 7}
      read: {type: time, from_zoom: 5, priority: 2}
      value: {type: float, detail: true}
      owner: {type: string, private: true}
      count: {type: int}
      online: {type: bool}
derived:
  sensors_hexes: {of: sensors, as: hexes, title: Hexes, title_zh: 六边形, description: Where sensors are., shown: true}
  sensors_hot:
    of: sensors
    as: hotspots
    title: Hot
    resolution: 8
    rings: 2
    grow: 0
    area: sensors
    window: 14d
    step: 1d
    until: "2016-09-01T00:00:00Z"
    filter: kind = 'air'
    rate: {of: sensors, number: value}
    level: 0.1
    correction: none
    moran: true
    emerging: true
    every: 1m
  plain_hot: {of: sensors, as: hotspots, title: Hot, rings: 3}
sources:
  one:
    layer: sensors
    files: ["${HUTONG_DATA}/a/*.csv.gz", "${OTHER}/b$.csv"]
    id: "s-{ID}"
    address: Ort
    nulls: []
    bounds: [177, -20, -178, -15]
    csv: {lon: X, lat: Y, delimiter: ";", lookup: {file: "${OTHER}/s.csv", key: name, column: station}}
    fields:
      owner: Besitzer
      kind: {from: K, values: {"1": air, "2": noise}}
      read: {from: T, layouts: ["2006-01-02 15:04", unix_ms], zone: Asia/Shanghai}
      value: {value: 1}
      count: {value: -7}
      online: {value: true}
  two:
    layer: sensors
    files: [b.GeoJSON]
    id: "{a}{b}"
    fields:
      kind: {value: camera}
      read: {value: "2016-08-03T20:47:11+08:00"}
  three:
    layer: sensors
    files: [c.gpkg]
    table: stations
    id: "{a}"
    fields:
      kind: art
`

// TestParse reads a config with every key there is.
func TestParse(t *testing.T) {
	t.Parallel()
	got, err := Parse("whole.yaml", []byte(whole), environment("OTHER", "/o"))
	if err != nil {
		t.Fatal(err)
	}
	schema := &layers.Schema{
		Name: "sensors",
		Fields: []layers.Field{
			{Name: "kind", Kind: column.String, Keep: true, MaxLength: 20},
			{Name: "read", Kind: column.Time, FromZoom: 5, Priority: 2},
			{Name: "value", Kind: column.Float, FromZoom: 14},
			{Name: "owner", Kind: column.String, Private: true},
			{Name: "count", Kind: column.Int},
			{Name: "online", Kind: column.Bool},
			{Name: "state", Kind: column.String, Keep: true, MaxLength: 5},
		},
		IDField: "id", IDFromZoom: 14, TimeField: "read", Observed: "read",
	}
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	zoom := 10.5
	want := &Config{
		City: "北京", CityZH: "北京市", TimeZone: shanghai, Listen: "[::1]:0", PublicURL: "https://map.example/hutong",
		TrustedProxies: []netip.Prefix{
			netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8"),
		},
		TLS: &TLS{Cert: "/etc/hutong/cert.pem", Key: "/etc/hutong/key.pem"}, CacheBytes: 2 << 20,
		MQTT: &MQTT{Listen: ":1883", TLS: &TLS{Cert: "m.pem", Key: "m.key"}, Clients: 500, Packet: 131079},
		NATS: &NATSListener{Listen: ":4222", TLS: &TLS{Cert: "n.pem", Key: "n.key"}, Clients: 400, Payload: 65536},
		Journal: &Journal{
			Folder: "/o/data", Sync: 250 * time.Millisecond, CheckpointBytes: 1 << 20, CheckpointEvery: 90 * time.Second, Keep: 3,
			PastStates: 3, PastBytes: 2097152, PastIdle: 90 * time.Second, Snapshots: 7,
			Retention: 30 * 24 * time.Hour, LowDisk: 2 << 20,
			NATS: &NATS{URLs: []string{"nats://a:4222", "nats://b"}, Credentials: "/o/a.creds", CA: "ca.pem", Stream: "CITY", Replicas: 3},
		},
		Center: &orb.Point{116.397, 39.907}, Zoom: &zoom,
		Layers: []Layer{{
			Schema: schema, Title: "Sensors", Description: "What is measured where.",
			Attribution: "Data: somebody", Licence: "CC0-1.0",
			TTL:      TTL{Stale: 15 * time.Minute, Expired: 48 * time.Hour, Field: "state"},
			Age:      view.AgeSpec{Field: "how_old", Classes: []view.AgeClass{{Name: "90m", Below: 90 * time.Minute}, {Name: "2d", Below: 48 * time.Hour}}},
			Tiles:    tiles.Options{MinZoom: 3, MaxZoom: 16, Extent: 512, Buffer: 8, Budget: 100_000, Distinct: map[string]int{"kind": 7}, Tiny: tiles.TinyDrop, Vertices: 12},
			Cells:    &Cells{Coarsest: 5, Finest: 9, Counts: []Count{{"kind", []string{"air", "noise"}}}, Numbers: []string{"value", "count"}},
			Overview: &Overview{Below: 8, Clusters: true},
		}},
		Derived: []Derived{{
			Name: "sensors_hexes", Of: "sensors", As: Hexes, Title: "Hexes", TitleZH: "六边形", Description: "Where sensors are.", Shown: true,
		}, {
			Name: "sensors_hot", Of: "sensors", As: HotSpots, Title: "Hot",
			HotSpots: &HotSpotSpec{
				Resolution: 8, Rings: 2, Area: "sensors", Window: 14 * 24 * time.Hour, Step: 24 * time.Hour,
				Until: time.Date(2016, 9, 1, 0, 0, 0, 0, time.UTC), Filter: "kind = 'air'", Rate: "sensors", Number: "value",
				Level: 0.1, Uncorrected: true, Moran: true, Emerging: true, Every: time.Minute,
			},
		}, {
			Name: "plain_hot", Of: "sensors", As: HotSpots, Title: "Hot",
			HotSpots: &HotSpotSpec{Resolution: 9, Rings: 3, Grow: 3, Level: derive.DefaultLevel, Every: 10 * time.Second},
		}},
		Sources: []Source{
			{
				Name: "one", Layer: "sensors", Files: []string{DefaultData + "/a/*.csv.gz", "/o/b$.csv"},
				Format: CSV, CSV: CSVOptions{PlaceColumns: ingest.PlaceColumns{Lon: "X", Lat: "Y"}, Delimiter: ';', Lookup: Lookup{File: "/o/s.csv", Key: "name", On: "station"}},
				Mapping: &ingest.Mapping{
					Schema: schema, ID: template(t, "s-{ID}"), Address: "Ort", Nulls: []string{},
					Gate: ingest.Gate{Bounds: &orb.Bound{Min: orb.Point{177, -20}, Max: orb.Point{-178, -15}}},
					Fields: []ingest.FieldMapping{
						{From: "K", Values: map[string]string{"1": "air", "2": "noise"}},
						{From: "T", Layouts: []string{"2006-01-02 15:04", "unix_ms"}, Zone: shanghai},
						{Value: column.FloatOf(1)},
						{From: "Besitzer"},
						{Value: column.IntOf(-7)},
						{Value: column.BoolOf(true)},
						{Value: column.StringOf("fresh")},
					},
				},
			},
			{
				Name: "two", Layer: "sensors", Files: []string{"b.GeoJSON"}, Format: GeoJSON,
				Mapping: &ingest.Mapping{
					Schema: schema, ID: template(t, "{a}{b}"), Nulls: []string{""},
					Fields: []ingest.FieldMapping{
						{Value: column.StringOf("camera")},
						{Value: column.TimeOf(time.Date(2016, 8, 3, 12, 47, 11, 0, time.UTC))},
						{},
						{},
						{},
						{},
						{Value: column.StringOf("fresh")},
					},
				},
			},
			{
				Name: "three", Layer: "sensors", Files: []string{"c.gpkg"}, Format: GeoPackage, Table: "stations",
				Mapping: &ingest.Mapping{
					Schema: schema, ID: template(t, "{a}"), Nulls: []string{""},
					Fields: []ingest.FieldMapping{{From: "art"}, {}, {}, {}, {}, {}, {Value: column.StringOf("fresh")}},
				},
			},
		},
	}
	if diff := cmp.Diff(want, got, compareValues, compareZones, compareRanges, cmpopts.IgnoreUnexported(Config{})); diff != "" {
		t.Errorf("config differs (-want +got):\n%s", diff)
	}
}

var (
	compareValues = cmp.Comparer(func(a, b column.Value) bool { return a == b })
	compareZones  = cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })
	compareRanges = cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })
)

func template(t *testing.T, s string) ingest.Template {
	t.Helper()
	parsed, err := ingest.ParseTemplate(s)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// least is the least that a config has.
const least = "city: A\nlayers: {a: {title: A, licence: B, fields: {}}}\n"

func TestDefaultsAndEnvironment(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name           string
		file           string
		env            Env
		listen, public string
	}{
		{"defaults", least, nil, DefaultListen, ""},
		{"file", least + "listen: :80\npublic_url: http://a/", nil, ":80", "http://a"},
		{
			"environment", least + "listen: :80\npublic_url: http://a",
			environment(EnvListen, "0.0.0.0:0", EnvPublicURL, "https://b/c"), "0.0.0.0:0", "https://b/c",
		},
		{"empty variables", least + "listen: :80", environment(EnvListen, "", EnvPublicURL, ""), ":80", ""},
	} {
		got, err := Parse("a.yaml", []byte(test.file), test.env)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if got.Listen != test.listen || got.PublicURL != test.public {
			t.Errorf("%s: got %q and %q, want %q and %q", test.name, got.Listen, got.PublicURL, test.listen, test.public)
		}
		if got.Center != nil || got.Zoom != nil || got.Sources != nil || !cmp.Equal(got.Layers[0].Tiles, tiles.Defaults()) {
			t.Errorf("%s: got %+v, want defaults", test.name, got)
		}
	}
}

func TestDataFolder(t *testing.T) {
	t.Parallel()
	file := least + "sources: {s: {layer: a, files: ['${HUTONG_DATA}/x.csv'], id: '{A}', csv: {lon: X, lat: Y}, fields: {}}}"
	for _, test := range []struct {
		env  Env
		want string
	}{
		{nil, "../shared/data/x.csv"},
		{environment(EnvData, ""), "../shared/data/x.csv"},
		{environment(EnvData, "/data"), "/data/x.csv"},
	} {
		got, err := Parse("a.yaml", []byte(file), test.env)
		if err != nil {
			t.Fatal(err)
		}
		if path := got.Sources[0].Files[0]; path != test.want {
			t.Errorf("got %q, want %q", path, test.want)
		}
	}
}

// TestExample reads the config of Washington that comes with Hutong.
func TestExample(t *testing.T) {
	t.Parallel()
	got, err := Load(filepath.Join("..", "..", "examples", "dc.yaml"), nil)
	if err != nil {
		t.Fatal(err)
	}
	sources := map[layers.Name]int{}
	for _, s := range got.Sources {
		sources[s.Layer]++
		if len(s.Files) != 1 || s.Mapping.Gate.Bounds == nil {
			t.Errorf("%s: got %d files and bounds %v, want one file and bounds", s.Name, len(s.Files), s.Mapping.Gate.Bounds)
		}
	}
	want := map[layers.Name]int{
		"complaints": 1, "vendors": 3, "wifi_hotspots": 1, "crimes": 1, "sensors": 8, "groceries": 1, "neighbourhoods": 1,
		"parks": 2, "campuses": 2, "water": 1, "roads": 5, "rails": 4,
		"districts": 1, "commissions": 1, "clusters": 1, "police_areas": 1, "wards": 1, "quadrants": 1, "city": 1,
	}
	if diff := cmp.Diff(want, sources); diff != "" {
		t.Errorf("sources by layer (-want +got):\n%s", diff)
	}
	for _, l := range got.Layers {
		if l.Licence != "CC-BY-4.0" || l.Attribution != "Data: District of Columbia, opendata.dc.gov, CC BY" {
			t.Errorf("%s: got licence %q and attribution %q", l.Schema.Name, l.Licence, l.Attribution)
		}
	}
}

func TestLoadOfNoFile(t *testing.T) {
	t.Parallel()
	_, err := Load(filepath.Join(t.TempDir(), "none.yaml"), nil)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want that there is no file", err)
	}
	if _, err := Load(t.TempDir(), nil); err == nil {
		t.Error("got a config from a folder")
	}
}

// TestJournalFolderOfTheEnvironment: it takes the place of the file's, and of a cluster.
func TestJournalFolderOfTheEnvironment(t *testing.T) {
	t.Parallel()
	file := least + "journal: {folder: /city, nats: {urls: [\"nats://a\"]}}"
	for _, c := range []struct {
		name, file string
		env        Env
		want       *Journal
	}{
		{"the file's", file, nil, &Journal{Folder: "/city", NATS: &NATS{URLs: []string{"nats://a"}}}},
		{"the environment's", file, environment(EnvJournalFolder, "/tmp/a"), &Journal{Folder: "/tmp/a"}},
		{"no journal", least, environment(EnvJournalFolder, "/tmp/a"), nil},
	} {
		got, err := Parse("a.yaml", []byte(c.file), c.env)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if diff := cmp.Diff(c.want, got.Journal); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}
