package checkpoint

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/paulmach/orb"

	"hutong/internal/geoparquet"
	"hutong/layers"
	"hutong/layers/column"
)

const benchRows = 1_000_000

// benchSchema is a city's reports: ten fields.
func benchSchema() *layers.Schema {
	return &layers.Schema{Name: "reports", Observed: "reported", Fields: []layers.Field{
		{Name: "category", Kind: column.String, Keep: true},
		{Name: "status", Kind: column.String, Keep: true},
		{Name: "title", Kind: column.String},
		{Name: "district", Kind: column.String},
		{Name: "votes", Kind: column.Int},
		{Name: "score", Kind: column.Float},
		{Name: "urgent", Kind: column.Bool},
		{Name: "reported", Kind: column.Time},
		{Name: "closed", Kind: column.Time},
		{Name: "phone", Kind: column.String, Private: true},
	}}
}

func benchFeature(r *rand.Rand, i int) layers.Feature {
	at := 1_480_000_000_000_000 + r.Int64N(1e13)
	f := layers.Feature{
		ID:       layers.FeatureID(fmt.Sprintf("BJ-2016-%07d", i)),
		Geometry: orb.Point{116.4 + r.NormFloat64()/10, 39.9 + r.NormFloat64()/10},
		Values: []column.Value{
			column.StringOf(fmt.Sprintf("category %d", r.IntN(48))),
			column.StringOf([]string{"open", "closed", "assigned"}[r.IntN(3)]),
			column.StringOf(fmt.Sprintf("report %d about a broken lamp at some corner", r.Uint64())),
			column.StringOf(fmt.Sprintf("district %d", r.IntN(16))),
			column.IntOf(r.Int64N(40)),
			column.FloatOf(r.Float64()),
			column.BoolOf(r.IntN(2) == 0),
			column.MicrosOf(at),
			column.MicrosOf(at + r.Int64N(1e12)),
			column.StringOf(fmt.Sprintf("+86 10 %08d", r.IntN(1e8))),
		},
	}
	if r.IntN(3) == 0 {
		f.Values[8] = column.Value{}
	}
	return f
}

func benchLayer(b *testing.B) *layers.Layer {
	b.Helper()
	if testing.Short() {
		b.Skip("skipped by -short: a million features")
	}
	l := benchEmpty(b)
	ld, err := l.Load()
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range benchRows {
		if err := ld.Add([]layers.Change{{Feature: benchFeature(r, i)}}); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := ld.FinishAt(9); err != nil {
		b.Fatal(err)
	}
	return l
}

func benchEmpty(b *testing.B) *layers.Layer {
	b.Helper()
	l, err := layers.New(benchSchema(), layers.Options{})
	if err != nil {
		b.Fatal(err)
	}
	return l
}

// BenchmarkWrite measures a checkpoint of a million points with ten fields.
func BenchmarkWrite(b *testing.B) {
	l := benchLayer(b)
	seq := layers.Seq(10)
	for b.Loop() {
		s := open(b, newFolder(b), Options{Keep: 1})
		b.ReportMetric(float64(write(b, s, content(seq, l)).Bytes)/benchRows, "bytes/feature")
		seq++
	}
}

// BenchmarkEncode is BenchmarkWrite without the disk.
func BenchmarkEncode(b *testing.B) {
	l := benchLayer(b)
	state := layers.State{Snapshot: l.Snapshot()}
	record, err := describeLayer(&state)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := encodeFeatures(context.Background(), io.Discard, state.Snapshot, &record); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLoad measures a start from that checkpoint: all of Load, from files that the system has in memory.
func BenchmarkLoad(b *testing.B) {
	s := benchStore(b)
	for b.Loop() {
		load(b, s, benchEmpty(b))
	}
	b.ReportMetric(benchRows*float64(b.N)/b.Elapsed().Seconds(), "features/s")
}

func benchStore(b *testing.B) *Store {
	s := open(b, newFolder(b), Options{})
	write(b, s, content(10, benchLayer(b)))
	return s
}

// BenchmarkLoadByAdd is the simpler way of Load: one goroutine, and a loader that takes any order.
func BenchmarkLoadByAdd(b *testing.B) {
	s := benchStore(b)
	record := &s.entries[0].manifest.Layers[0]
	for b.Loop() {
		if err := s.checkFile(&record.Features); err != nil {
			b.Fatal(err)
		}
		l := benchEmpty(b)
		p, err := makePlan(record, l.Schema())
		if err != nil {
			b.Fatal(err)
		}
		f, err := os.Open(s.folder + "/files/" + record.Features.File)
		if err != nil {
			b.Fatal(err)
		}
		ld, err := l.Load()
		if err != nil {
			b.Fatal(err)
		}
		r, columns, err := openColumns(f, &record.Features, record.columns())
		if err != nil {
			b.Fatal(err)
		}
		d := decoder{plan: p, reader: r, columns: columns}
		change := make([]layers.Change, 1)
		for r.Next() == nil {
			change[0] = layers.Change{Feature: layers.Feature{Values: make([]column.Value, 10)}}
			d.text, d.pieces = d.text[:0], d.pieces[:0]
			if err := d.row(0, &change[0].Feature); err != nil {
				b.Fatal(err)
			}
			if err := d.texts(change); err != nil {
				b.Fatal(err)
			}
			if err := ld.Add(change); err != nil {
				b.Fatal(err)
			}
		}
		if _, err := ld.Finish(); err != nil {
			b.Fatal(err)
		}
		f.Close()
	}
}

// BenchmarkDecode is the part of Load that reads rows from Parquet.
func BenchmarkDecode(b *testing.B) {
	s := benchStore(b)
	record := &s.entries[0].manifest.Layers[0]
	for b.Loop() {
		f, err := os.Open(s.folder + "/files/" + record.Features.File)
		if err != nil {
			b.Fatal(err)
		}
		r, _, err := openColumns(f, &record.Features, record.columns())
		if err != nil {
			b.Fatal(err)
		}
		var v geoparquet.Value
		for r.Next() == nil {
			for i := range r.Columns() {
				v = r.Value(i)
			}
		}
		_ = v
		f.Close()
	}
}

// BenchmarkEncodeByRow is the simpler way of BenchmarkEncode: a row at a time.
func BenchmarkEncodeByRow(b *testing.B) {
	l := benchLayer(b)
	state := layers.State{Snapshot: l.Snapshot()}
	record, err := describeLayer(&state)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		w, err := geoparquet.NewWriter(io.Discard, geoparquet.Options{Columns: record.columns(), GroupRows: groupRows})
		if err != nil {
			b.Fatal(err)
		}
		e := encoder{}
		values := make([]geoparquet.Value, len(record.columns()))
		for block := range state.Snapshot.All() {
			for row := range block.Len() {
				values[0] = geoparquet.Value{Kind: geoparquet.Text, Bytes: block.AppendID(nil, row)}
				for i, c := range block.Columns() {
					values[1+i] = stored(c.Value(row))
				}
				text, err := e.geometry(block, row)
				if err != nil {
					b.Fatal(err)
				}
				if err := w.Write(values, text, nil); err != nil {
					b.Fatal(err)
				}
			}
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
