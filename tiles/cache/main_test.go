package cache

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/mvt"
	"go.uber.org/goleak"

	"hutong/internal/compress"
	"hutong/internal/telemetry"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/view"
	"hutong/tiles"
	"hutong/tiles/grid"
)

func TestMain(m *testing.M) {
	// The encoders make a channel when they are first used, and a channel made inside a bubble of
	// synctest cannot be used outside it.
	compress.Append(nil, []byte("hutong"), compress.Zstd)
	compress.AppendBetter(nil, []byte("hutong"), compress.Zstd)
	goleak.VerifyTestMain(m)
}

// fixture is a cache of a few layers and the layers themselves.
type fixture struct {
	*Cache
	live    map[layers.Name]*layers.Layer
	metrics *telemetry.Metrics
}

// newFixture has the layers a and b, and deep, which begins at zoom 10.
func newFixture(t testing.TB, o Options) *fixture {
	t.Helper()
	f := &fixture{live: map[layers.Name]*layers.Layer{}, metrics: telemetry.NewMetrics()}
	var list []Layer
	for _, name := range []layers.Name{"a", "b", "deep"} {
		live, err := layers.New(&layers.Schema{Name: name, Fields: []layers.Field{{Name: "v", Kind: column.Int}}}, layers.Options{})
		if err != nil {
			t.Fatal(err)
		}
		to := tiles.Defaults()
		if name == "deep" {
			to.MinZoom = 10
		}
		v := view.Public(live)
		builder, err := tiles.New(v.Schema(), to)
		if err != nil {
			t.Fatal(err)
		}
		f.live[name] = live
		list = append(list, Layer{View: v, Tiles: builder})
	}
	var err error
	f.Cache, err = New(list, NewVersions("a", "b", "deep"), f.metrics, o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// at is an upsert of a feature at a place with a value.
func at(id layers.FeatureID, lon, lat float64, v int64) layers.Change {
	return layers.Change{Feature: layers.Feature{ID: id, Geometry: orb.Point{lon, lat}, Values: []column.Value{column.IntOf(v)}}}
}

// apply makes changes visible without telling the versions.
func (f *fixture) apply(t testing.TB, name layers.Name, changes ...layers.Change) layers.Delta {
	t.Helper()
	d, err := f.live[name].Apply(layers.Batch{Layer: name, Changes: changes})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// publish does what the server does with a batch (S3).
func (f *fixture) publish(t testing.TB, name layers.Name, changes ...layers.Change) {
	t.Helper()
	f.versions.Advance(f.apply(t, name, changes...))
}

// set returns a set that exists.
func (f *fixture) set(t testing.TB, list string) *Set {
	t.Helper()
	s, err := f.Set(list)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// metric returns the value of a series as the metrics' text spells it.
func (f *fixture) metric(t testing.TB, series string) string {
	t.Helper()
	w := httptest.NewRecorder()
	f.metrics.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for line := range strings.Lines(w.Body.String()) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), series+" "); ok {
			return value
		}
	}
	t.Fatalf("there is no series %s", series)
	return ""
}

// slow makes builds of a layer take a duration, after they looked at the layer, and counts them.
func (f *fixture) slow(name layers.Name, took time.Duration) *atomic.Int64 {
	s, n := f.layers[name], new(atomic.Int64)
	s.build = func(b *tiles.Builder, dst []byte, v *view.View, t grid.Tile) ([]byte, tiles.Stats, error) {
		n.Add(1)
		time.Sleep(took)
		return b.Build(dst, v, t)
	}
	return n
}

// decoded returns a body's tile without its encoding.
func decoded(t testing.TB, b *Body) []byte {
	t.Helper()
	plain := b.Bytes
	switch b.Encoding {
	default:
	case compress.Gzip:
		if len(plain) == 0 {
			break
		}
		r, err := gzip.NewReader(bytes.NewReader(plain))
		if err != nil {
			t.Fatal(err)
		}
		if plain, err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	case compress.Zstd:
		d, err := zstd.NewReader(nil)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if plain, err = d.DecodeAll(plain, nil); err != nil {
			t.Fatal(err)
		}
	}
	return plain
}

// values returns the values of v of all features in a body, sorted, as layer:value.
func values(t testing.TB, b *Body) []string {
	t.Helper()
	layers, err := mvt.Unmarshal(decoded(t, b))
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, l := range layers {
		for _, f := range l.Features {
			list = append(list, fmt.Sprintf("%s:%v", l.Name, f.Properties["v"]))
		}
	}
	slices.Sort(list)
	return list
}
