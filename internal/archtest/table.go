package archtest

import "strings"

// Ranks that are not numbers of the design's table.
const (
	rankKit     = -1 // what tests share
	rankCommand = 10
	rankTest    = 100
)

// ranks is the table of design §2, restricted to the packages that exist. A package imports lower
// ranks only.
var ranks = map[string]int{
	"internal/testkit": rankKit,

	"layers/world":       0,
	"layers/column":      0,
	"layers/rindex":      0,
	"layers/shape":       0,
	"layers/clip":        0,
	"layers/spatialstat": 0,
	"layers/hexgrid":     0,
	"tiles/mvt":          0,
	"internal/telemetry": 0,
	"internal/compress":  0,
	"internal/wkb":       0,
	"internal/etag":      0,
	"internal/sdnotify":  0,
	"styles/sdf":         0,
	"ingest/csvrow":      0,
	"ingest/topic":       0,
	"journal/atomicfile": 0,
	"journal/envelope":   0,

	"tiles/mvt/inspect":   1,
	"internal/geoparquet": 1,

	"layers":        1,
	"tiles/grid":    1,
	"styles/glyph":  1,
	"styles/sprite": 1,

	"layers/filter":    2,
	"ingest":           2,
	"internal/erasure": 2,
	"journal/record":   2,

	"journal":            3,
	"layers/derive":      3,
	"layers/view":        3,
	"ingest/expiry":      3,
	"ingest/files":       3,
	"ingest/mqtt":        3,
	"ingest/nats":        3,
	"ingest/synthetic":   3,
	"journal/checkpoint": 3,
	"ingest/push":        3,

	"journal/snapshot": 4,

	"tiles":  4,
	"styles": 4,

	"tiles/archive": 5,
	"tiles/cache":   5,
	"internal/auth": 5,

	"journal/backup": 5,

	"api":        6,
	"web":        6,
	"tiles/past": 6,

	"api/archive":  7,
	"api/tile":     7,
	"api/catalog":  7,
	"api/style":    7,
	"api/admin":    7,
	"api/push":     7,
	"api/live":     7,
	"api/snapshot": 7,
	"api/cells":    7,

	"internal/config": 8,
	"internal/guess":  8,
	"internal/load":   8,
	"internal/remote": 8,

	"internal/app": 9,

	"cmd/hutong": rankCommand,

	"internal/archtest": rankTest,
	"internal/e2e":      rankTest,
	"internal/bars":     rankTest,
}

// readers are the packages that may read the environment: the config, and the command, which hands
// it os.LookupEnv.
var readers = []string{"internal/config", "cmd/hutong"}

// environment is what reads it, in package os.
var environment = []string{"Getenv", "LookupEnv", "Environ", "ExpandEnv"}

// registry is what in package api knows of every layer, which no surface may name.
var registry = []string{"Registry", "NewRegistry"}

// library says who may import a module. The longest path that matches an import decides.
type library struct {
	path  string
	in    []string // the packages that may, tests of theirs included
	root  bool     // anybody may import exactly this path, not what is below it
	tests bool     // any test may import it and what is below it
}

// libraries is the table of design §9, restricted to what go.mod holds.
var libraries = []library{
	{path: "github.com/paulmach/orb", root: true, tests: true},
	{path: "github.com/tidwall/rtree", in: []string{"layers/rindex"}, tests: true},
	{path: "github.com/uber/h3-go/v4", in: []string{"layers/hexgrid"}},
	{path: "github.com/peterstace/simplefeatures", in: []string{"layers/filter"}},
	{path: "github.com/tidwall/gjson", in: []string{"ingest"}},
	{path: "cel.dev/cel-go", in: []string{"ingest"}},
	{path: "github.com/klauspost/compress", in: []string{"internal/compress"}, tests: true},
	{path: "github.com/jonas-p/go-shp", in: []string{"ingest/files"}},
	{path: "github.com/parquet-go/parquet-go", in: []string{"internal/geoparquet"}},
	{path: "modernc.org/sqlite", in: []string{"ingest/files"}},
	{path: "github.com/maypok86/otter/v2", in: []string{"tiles/cache"}},
	{path: "github.com/prometheus/client_golang", in: []string{"internal/telemetry"}},
	{path: "github.com/protomaps/go-pmtiles", in: []string{"tiles/archive"}},
	{path: "gocloud.dev", in: []string{"tiles/archive"}},
	{path: "github.com/nats-io/nats-server/v2", in: []string{"journal", "ingest/nats"}},
	{path: "github.com/nats-io/nats.go", in: []string{"journal", "ingest/nats"}, tests: true},
	{path: "github.com/minio/highwayhash", in: []string{"journal"}},
	{path: "github.com/apache/arrow-go/v18", in: []string{"api/cells"}},
	{path: "github.com/goccy/go-yaml", in: []string{"internal/config"}},
	{path: "github.com/spf13/cobra", in: []string{"cmd/hutong"}},
	{path: "github.com/schollz/progressbar/v3", in: []string{"cmd/hutong"}},
	{path: "golang.org/x/image", in: []string{"styles/glyph"}},
	{path: "github.com/eclipse/paho.mqtt.golang", tests: true},
	{path: "github.com/google/go-cmp", tests: true},
	{path: "go.uber.org/goleak", tests: true},
}

// owners names who may import l, for a breach.
func (l *library) owners() string {
	switch {
	case len(l.in) > 0:
		return strings.Join(l.in, " and ")
	case l.root:
		return "tests, apart from its root package"
	default:
		return "tests"
	}
}
