package bars

import (
	"bytes"
	"context"
	"fmt"
	"runtime"
	"testing"

	"hutong/ingest"
	"hutong/ingest/files"
	"hutong/layers"
	"hutong/layers/view"
	"hutong/tiles/grid"
)

// Bars on loading a file, from opening it to the first correct tile.
const (
	featuresASecond = 150_000
	timesOfJSON     = 4
)

// loadRounds is how often each path loads the file.
const loadRounds = 3

// barLoad loads a file by both paths in turn; each ends with the same tile, which must be that of a
// layer that was never a file.
func barLoad(t *testing.T, s size, r *Report) {
	city := NewCity(citySeed)
	path, length := writeCity(t, city, s.features)
	chosen, _ := barTiles(city, s.features, s.tiles)
	first := chosen[0].Tile
	want := firstTile(t, city, s, first)

	b := newBuilder(t)
	load := func(fill func(string) (*layers.Layer, error)) float64 {
		runtime.GC()
		return timed(func() {
			layer, err := fill(path)
			if err != nil {
				t.Fatal(err)
			}
			if got := b.build(view.Public(layer).Now(), first); !bytes.Equal(got, want) {
				t.Fatalf("tile %v of the loaded layer differs", first)
			}
		}).Seconds()
	}
	var ours, theirs, ratios []float64
	for range loadRounds {
		fast := load(func(path string) (*layers.Layer, error) { return loadFile(t.Context(), path, s.features) })
		slow := load(loadByOrb)
		ours = append(ours, float64(s.features)/fast)
		theirs = append(theirs, float64(s.features)/slow)
		ratios = append(ratios, slow/fast)
	}
	r.AtLeast(fmt.Sprintf("load: features a second, %d of %d bytes each", s.features, length/int64(s.features)),
		median(ours), featuresASecond, "%.0f")
	r.AtLeast("load: times faster than encoding/json with orb", median(ratios), timesOfJSON, "%.1f×")
	r.Add("load:   features a second of that path", "%.0f", median(theirs))
}

// firstTile returns a copy of a tile of a layer that was filled from memory.
func firstTile(t *testing.T, city *City, s size, tile grid.Tile) []byte {
	t.Helper()
	layer, err := loadCity(city, s.features, nil)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Clone(newBuilder(t).build(view.Public(layer).Now(), tile))
}

// loading publishes batches into a bulk load.
type loading struct{ loader *layers.Loader }

var _ ingest.Publisher = loading{}

// Publish adds a batch.
func (l loading) Publish(_ context.Context, b layers.Batch) error { return l.loader.Add(b.Changes) }

// loadFile fills a layer from a file as the server does: a file source, its mapping and gate, and
// the bulk loader. Of the want records none may be refused.
func loadFile(ctx context.Context, path string, want int) (*layers.Layer, error) {
	schema := Schema()
	id, err := ingest.ParseTemplate("{id}")
	if err != nil {
		return nil, err
	}
	mapping := &ingest.Mapping{Schema: schema, ID: id}
	for _, name := range fieldNames {
		mapping.Fields = append(mapping.Fields, ingest.FieldMapping{From: name})
	}
	layer, report, err := loadSource(ctx, schema, files.Options{
		Name: "city", Layer: schema.Name, Paths: []string{path}, Mapping: mapping,
	})
	if err != nil {
		return nil, err
	}
	if report.Accepted != int64(want) || report.Refused != 0 {
		return nil, fmt.Errorf("loading %s: %s", path, report)
	}
	return layer, nil
}

// loadSource fills an empty layer from a file source.
func loadSource(ctx context.Context, schema *layers.Schema, opts files.Options) (*layers.Layer, ingest.Summary, error) {
	source, err := files.New(opts)
	if err != nil {
		return nil, ingest.Summary{}, err
	}
	layer, err := layers.New(schema, layers.Options{})
	if err != nil {
		return nil, ingest.Summary{}, err
	}
	loader, err := layer.Load()
	if err != nil {
		return nil, ingest.Summary{}, err
	}
	defer loader.Abort() // does nothing after Finish
	var report ingest.Report
	if err := source.Run(ctx, loading{loader}, &report); err != nil {
		return nil, ingest.Summary{}, err
	}
	_, err = loader.Finish()
	return layer, report.Summary(), err
}

// BenchmarkFileLoad times the loading of a file.
func BenchmarkFileLoad(b *testing.B) {
	const n = 100_000
	path, bytes := writeCity(b, NewCity(citySeed), n)
	b.SetBytes(bytes)
	b.ReportAllocs()
	loads := 0
	for b.Loop() {
		if _, err := loadFile(b.Context(), path, n); err != nil {
			b.Fatal(err)
		}
		loads++
	}
	perChange(b, loads*n)
}
