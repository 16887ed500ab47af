package files

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"syscall"
	"testing"
	"time"

	"github.com/paulmach/orb/geojson"

	"hutong/ingest"
	"hutong/layers"
	"hutong/layers/column"
)

const benchFeatures = 50_000

// sink is a publisher that throws away.
type sink struct{ changes int }

func (s *sink) Publish(_ context.Context, batch layers.Batch) error {
	s.changes += len(batch.Changes)
	return nil
}

func benchLines() []byte {
	rng := rand.New(rand.NewPCG(1, 2))
	var b []byte
	for i := range benchFeatures {
		b = append(feature(b, i, rng), '\n')
	}
	return b
}

func benchCollection() []byte {
	b := bytes.ReplaceAll(bytes.TrimSpace(benchLines()), []byte("\n"), []byte(",\n"))
	return append(append([]byte(`{"type":"FeatureCollection","features":[`), b...), "]}"...)
}

func benchCSV() []byte {
	rng := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	b.WriteString("OBJECTID,id,category,title,votes,score,open,reported,lon,lat,agency\n")
	for i := range benchFeatures {
		fmt.Fprintf(&b, "%d,BJ-2016-%07d,Illegal Dumping,\"Report %d, at the crossing\",%d,%v,%v,2016-08-%02dT20:47:11.000Z,%v,%v,Department of Works\n",
			i, i, rng.Int64N(1e12), rng.IntN(40), float64(rng.IntN(1e4))/100, rng.IntN(2) == 0, 1+rng.IntN(28),
			float64(1157000000+rng.IntN(15000000))/1e7, float64(394000000+rng.IntN(11000000))/1e7)
	}
	return b.Bytes()
}

// cpu returns the processor time the process has used.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func bench(b *testing.B, name string, text []byte, opts Options) {
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	opts.Mapping = reports(b)
	start := cpu(b)
	for b.Loop() {
		s := stream(b, opts, name, func() io.Reader { return bytes.NewReader(text) })
		var to sink
		var report ingest.Report
		if err := s.Run(b.Context(), &to, &report); err != nil {
			b.Fatal(err)
		}
		if to.changes != benchFeatures {
			b.Fatalf("got %d changes, want %d\n%s", to.changes, benchFeatures, report.String())
		}
	}
	b.ReportMetric(float64(cpu(b)-start)/float64(b.N)/benchFeatures, "cpu-ns/feature")
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/benchFeatures, "ns/feature")
}

func BenchmarkGeoJSONLines(b *testing.B) { bench(b, "f.ndjson", benchLines(), Options{}) }

func BenchmarkGeoJSON(b *testing.B) { bench(b, "f.geojson", benchCollection(), Options{}) }

func BenchmarkCSV(b *testing.B) {
	bench(b, "f.csv", benchCSV(), Options{CSV: CSV{PlaceColumns: ingest.PlaceColumns{Lon: "lon", Lat: "lat"}}})
}

// BenchmarkGeoJSONLinesStdlib is what BenchmarkGeoJSONLines is compared with: the same lines
// through encoding/json and orb/geojson into the same changes, one goroutine.
func BenchmarkGeoJSONLinesStdlib(b *testing.B) {
	text := benchLines()
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	start := cpu(b)
	for b.Loop() {
		var to sink
		var batch []layers.Change
		lines := bufio.NewScanner(bytes.NewReader(text))
		for lines.Scan() {
			c, err := stdlibChange(lines.Bytes())
			if err != nil {
				b.Fatal(err)
			}
			if batch = append(batch, c); len(batch) == ingest.MaxBatch {
				if err := to.Publish(b.Context(), layers.Batch{Changes: batch}); err != nil {
					b.Fatal(err)
				}
				batch = batch[:0]
			}
		}
		if to.changes+len(batch) != benchFeatures {
			b.Fatalf("got %d changes, want %d", to.changes+len(batch), benchFeatures)
		}
	}
	b.ReportMetric(float64(cpu(b)-start)/float64(b.N)/benchFeatures, "cpu-ns/feature")
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/benchFeatures, "ns/feature")
}

// stdlibChange maps one line as the mapping of [reports] does.
func stdlibChange(line []byte) (layers.Change, error) {
	var f geojson.Feature
	if err := json.Unmarshal(line, &f); err != nil {
		return layers.Change{}, err
	}
	p := f.Properties
	reported, err := time.Parse(time.RFC3339, p.MustString("reported"))
	if err != nil {
		return layers.Change{}, err
	}
	return layers.Change{Feature: layers.Feature{
		ID: layers.FeatureID(p.MustString("id")), Geometry: f.Geometry,
		Values: []column.Value{
			column.StringOf(p.MustString("category")), column.StringOf(p.MustString("title")),
			column.IntOf(int64(p.MustFloat64("votes"))), column.FloatOf(p.MustFloat64("score")),
			column.BoolOf(p.MustBool("open")), column.TimeOf(reported),
		},
	}}, nil
}
