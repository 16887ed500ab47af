package bars

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/mvt"

	"hutong/ingest"
	"hutong/ingest/files"
	"hutong/internal/config"
	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/view"
	"hutong/layers/world"
	"hutong/tiles"
	"hutong/tiles/grid"
)

// What Washington DC's complaints of August 2016 amount to. One record is refused: all its
// properties are null, so it has no id. Six requests stand in the file twice, re-assigned from one
// service to another (an abandoned vehicle to parking enforcement). Keyed by the request they are
// one thing in its latest state, which is what a map of requests should show, so the six earlier
// records are replaced; keyed by request and service each record is a thing of its own.
const (
	dcRead      = 22_583
	dcRefused   = 1
	dcByRequest = 22_576
	dcByService = 22_582
	dcSource    = "complaints-dc"
	dcExample   = "../../examples/dc.yaml"
)

// barDC loads the complaints as the example config says, keyed in two ways, and looks for every one
// of them in the tiles of zoom 16.
func barDC(t *testing.T, _ size, r *Report) {
	if _, ok := testkit.FindData(t); !ok {
		r.Add("dc", "skipped: there is no data folder")
	}
	data := testkit.Data(t)
	c, err := config.Load(dcExample, func(name string) (string, bool) { return data, name == config.EnvData })
	if err != nil {
		t.Fatal(err)
	}
	source := findSource(t, c)
	for _, key := range []struct {
		id      string
		visible int
	}{
		{"{SERVICEREQUESTID}", dcByRequest},
		{"{SERVICEREQUESTID}/{SERVICECODE}", dcByService},
	} {
		id, err := ingest.ParseTemplate(key.id)
		if err != nil {
			t.Fatal(err)
		}
		mapping := *source.Mapping
		mapping.ID = id
		layer, got, err := loadSource(t.Context(), mapping.Schema, files.Options{
			Name: source.Name, Layer: source.Layer, Paths: source.Files, Format: files.FormatNDJSON, Mapping: &mapping,
		})
		if err != nil {
			t.Fatal(err)
		}
		counts := fmt.Sprintf("%d = %d + %d, %d visible", got.Read, got.Refused, got.Accepted, layer.Snapshot().Count())
		want := fmt.Sprintf("%d = %d + %d, %d visible", dcRead, dcRefused, dcRead-dcRefused, key.visible)
		r.Equal("dc: read = refused + accepted, by "+key.id, counts, want)
		if counts != want {
			t.Errorf("keyed by %s: got %s, want %s\n%s", key.id, counts, want, got)
		}
		for _, reason := range got.Reasons {
			if reason.Reason != ingest.ReasonID {
				t.Errorf("refused for %s: %v", reason.Reason, reason.Examples)
			}
		}
		union, zoomed := unionOfTiles(t, layer, tilesOf(t, c, source.Layer))
		r.Equal(fmt.Sprintf("dc:   features in the %d tiles of z16", zoomed), strconv.Itoa(union), strconv.Itoa(layer.Snapshot().Located()))
	}
}

func findSource(t *testing.T, c *config.Config) *config.Source {
	t.Helper()
	for i := range c.Sources {
		if c.Sources[i].Name == dcSource {
			return &c.Sources[i]
		}
	}
	t.Fatalf("%s has no source %q", dcExample, dcSource)
	return nil
}

func tilesOf(t *testing.T, c *config.Config, name layers.Name) tiles.Options {
	t.Helper()
	for i := range c.Layers {
		if c.Layers[i].Schema.Name == name {
			return c.Layers[i].Tiles
		}
	}
	t.Fatalf("%s has no layer %q", dcExample, name)
	return tiles.Options{}
}

// unionOfTiles builds every tile of zoom 16 that holds a feature, checks that each feature is in the
// tile where it belongs, once, in its place, and returns how many there are in how many tiles.
func unionOfTiles(t *testing.T, layer *layers.Layer, opts tiles.Options) (features, tileCount int) {
	t.Helper()
	const zoom = 16
	v := view.Public(layer).Now()
	builder, err := tiles.New(v.Schema(), opts)
	if err != nil {
		t.Fatal(err)
	}
	want := map[grid.Tile]map[string]world.Point{} // the ids and places of each tile
	v.Scan(nil, func(f layers.Feature) bool {
		at, ok := f.Geometry.(orb.Point)
		if !ok {
			return true
		}
		p, err := world.Project(at[0], at[1])
		if err != nil {
			t.Fatal(err)
		}
		tile := grid.At(p, zoom)
		if want[tile] == nil {
			want[tile] = map[string]world.Point{}
		}
		want[tile][string(f.ID)] = p
		return true
	})
	for tile, ids := range want {
		data, _, err := builder.Build(nil, v, tile)
		if err != nil {
			t.Fatal(err)
		}
		decoded, err := mvt.Unmarshal(data)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range decoded[0].Features {
			at := f.Geometry.(orb.Point)
			extent := float64(opts.Extent)
			if at[0] < 0 || at[0] >= extent || at[1] < 0 || at[1] >= extent {
				continue // in the buffer
			}
			id, _ := f.Properties[v.Schema().IDField].(string)
			p, ok := ids[id]
			if !ok {
				t.Fatalf("tile %v: %q does not belong there, or stands there twice", tile, id)
			}
			window := tile.Window(opts.Extent, opts.Buffer)
			if x, y := window.Units(p); at != (orb.Point{float64(x), float64(y)}) {
				t.Fatalf("tile %v: %q is at %v, want %d, %d", tile, id, at, x, y)
			}
			delete(ids, id)
			features++
		}
		for id := range ids {
			t.Fatalf("tile %v lacks %q", tile, id)
		}
	}
	return features, len(want)
}
