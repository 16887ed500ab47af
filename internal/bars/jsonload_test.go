package bars

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/paulmach/orb/geojson"

	"hutong/layers"
	"hutong/layers/column"
)

// writeCity writes the first n features of a city as newline-delimited GeoJSON into a file of the
// test's own folder and returns its path and size in bytes.
func writeCity(t testing.TB, city *City, n int) (path string, bytes int64) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "city.ndjson")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	var line []byte
	for i := range n {
		line = city.AppendGeoJSON(line[:0], i)
		if _, err := w.Write(line); err != nil {
			t.Fatal(err)
		}
		bytes += int64(len(line))
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return path, bytes
}

// loadByOrb fills a layer the way the loading of files is compared with: bufio for the lines,
// encoding/json through orb/geojson for each, then the same bulk loader.
func loadByOrb(path string) (*layers.Layer, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	layer, err := layers.New(Schema(), layers.Options{})
	if err != nil {
		return nil, err
	}
	loader, err := layer.Load()
	if err != nil {
		return nil, err
	}
	b := newBatch(batchSize)
	flush := func() error {
		err := loader.Add(b.changes)
		b.reset()
		return err
	}
	r := bufio.NewReaderSize(f, 1<<20)
	for {
		line, err := r.ReadSlice('\n')
		if err == io.EOF && len(line) == 0 {
			break
		}
		if err != nil {
			return nil, err
		}
		if err := b.addLine(line); err != nil {
			return nil, err
		}
		if len(b.changes) == batchSize {
			if err := flush(); err != nil {
				return nil, err
			}
		}
	}
	if err := flush(); err != nil {
		return nil, err
	}
	_, err = loader.Finish()
	return layer, err
}

// addLine appends the feature of a line of GeoJSON.
func (b *batch) addLine(line []byte) error {
	f, err := geojson.UnmarshalFeature(line)
	if err != nil {
		return err
	}
	from := len(b.values)
	for field := range fields {
		v, err := valueOf(field, f.Properties[fieldNames[field]])
		if err != nil {
			return err
		}
		b.values = append(b.values, v)
	}
	id, ok := f.Properties["id"].(string)
	if !ok {
		return fmt.Errorf("no id in %s", line)
	}
	b.changes = append(b.changes, layers.Change{Op: layers.Upsert, Feature: layers.Feature{
		ID: layers.FeatureID(id), Geometry: f.Geometry, Values: b.values[from:],
	}})
	return nil
}

// valueOf returns the value of a field from what encoding/json made of it.
func valueOf(field int, property any) (column.Value, error) {
	switch field {
	case FieldVotes:
		if n, ok := property.(float64); ok {
			return column.IntOf(int64(n)), nil
		}
	case FieldReported:
		if s, ok := property.(string); ok {
			at, err := time.Parse(time.RFC3339Nano, s)
			return column.TimeOf(at), err
		}
	default:
		if s, ok := property.(string); ok {
			return column.StringOf(s), nil
		}
	}
	return column.Value{}, fmt.Errorf("%s is %v", fieldNames[field], property)
}

// BenchmarkOrbLoad times the path that the loading of files is compared with.
func BenchmarkOrbLoad(b *testing.B) {
	const n = 100_000
	path, bytes := writeCity(b, NewCity(citySeed), n)
	b.SetBytes(bytes)
	b.ReportAllocs()
	loads := 0
	for b.Loop() {
		if _, err := loadByOrb(path); err != nil {
			b.Fatal(err)
		}
		loads++
	}
	perChange(b, loads*n)
}
