package files

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"

	shp "github.com/jonas-p/go-shp"
	"github.com/paulmach/orb"

	"hutong/ingest"
	"hutong/internal/geoparquet"
	"hutong/layers"
)

// bigTable writes n features in a format and returns a source of them.
func bigTable(t *testing.T, format Format, n int) *Source {
	t.Helper()
	var path string
	m := reports(t)
	switch format {
	case FormatGeoParquet:
		path = writeParquet(t, geoparquet.Options{GroupRows: 2000}, func(put func(orb.Geometry, ...geoparquet.Value)) {
			for i := range n {
				put(orb.Point{116, 39}, parquetText(strconv.Itoa(i)), parquetText("Abandoned Vehicle"), parquetText(fmt.Sprintf("Report %d at the crossing", i)))
			}
		})
	case FormatGeoPackage:
		path = fillGeoPackage(t, n)
	default:
		rows := make([]shapeRow, n)
		for i := range rows {
			rows[i] = shapeRow{&shp.Point{X: 116, Y: 39}, [6]string{strconv.Itoa(i), "Abandoned Vehicle"}}
		}
		path, m = writeShapes(t, shp.POINT, rows...), shapesMapping(t)
	}
	s, err := New(Options{Name: "test", Layer: m.Schema.Name, Paths: []string{path}, Mapping: m})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func fillGeoPackage(t *testing.T, n int) string {
	t.Helper()
	path, db := newGeoPackage(t, reportsTable("reports", 4326)...)
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	blob := gpkgBlob(t, orb.Point{116, 39}, 4326, 0)
	for i := range n {
		if _, err := tx.Exec(`INSERT INTO reports (geom, id, category, title) VALUES (?, ?, 'Abandoned Vehicle', ?)`,
			blob, strconv.Itoa(i), fmt.Sprintf("Report %d at the crossing", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	_ = db.Close()
	return path
}

var tables = []Format{FormatShapefile, FormatGeoPackage, FormatGeoParquet}

// The live heap while reading a table must not depend on its size. Not parallel: it measures.
func TestHeapOfTablesDoesNotDependOnSize(t *testing.T) {
	const chunk = 32 << 10
	for _, format := range tables {
		t.Run(string(format), func(t *testing.T) {
			peak := func(n int) uint64 {
				s := bigTable(t, format, n)
				s.chunk = chunk
				return peakHeap(t, s, n, 8)
			}
			small, large := peak(2000), peak(20_000)
			t.Logf("live heap at most %d kB for 2000 features, %d kB for 20000", small>>10, large>>10)
			// The chunks in work, as for text, and what the reader itself holds: pages of Parquet.
			if bound := uint64(maxWorkers+2)*8*chunk + 2<<20; max(small, large) > bound {
				t.Errorf("%d and %d bytes of live heap, want at most %d", small, large, bound)
			}
		})
	}
}

// A check reads no record, counts nothing, and leaves a source to be run.
func TestCheckOfTables(t *testing.T) {
	t.Parallel()
	for _, format := range tables {
		t.Run(string(format), func(t *testing.T) {
			t.Parallel()
			const n = 10
			s := bigTable(t, format, n)
			s.opts.Read = &atomic.Int64{}
			for range 2 {
				checkError(t, s.Check(t.Context(), s.opts.Paths[0]), "")
			}
			if read := s.opts.Read.Load(); read != 0 {
				t.Errorf("%d bytes were counted, want none", read)
			}
			if changes, _, err := run(t, s); err != nil || len(changes) != n {
				t.Errorf("got %d changes, %v; want %d", len(changes), err, n)
			}
			m := *s.opts.Mapping
			m.Fields = append([]ingest.FieldMapping(nil), m.Fields...)
			m.Fields[0].From = "missing"
			other, err := New(Options{Name: "test", Layer: s.opts.Layer, Paths: s.opts.Paths, Mapping: &m})
			if err != nil {
				t.Fatal(err)
			}
			checkError(t, other.Check(t.Context(), s.opts.Paths[0]), "files: "+s.opts.Paths[0]+`: no column "missing"; the columns are "`)
		})
	}
}

func TestCancelTables(t *testing.T) {
	t.Parallel()
	for _, format := range tables {
		t.Run(string(format), func(t *testing.T) {
			t.Parallel()
			s := bigTable(t, format, 20_000)
			s.chunk = 4 << 10
			ctx, cancel := context.WithCancel(t.Context())
			batches := 0
			var report ingest.Report
			err := s.Run(ctx, publisher(func(context.Context, layers.Batch) error {
				if batches++; batches == 3 {
					cancel()
				}
				return nil
			}), &report)
			if !errors.Is(err, context.Canceled) || batches != 3 {
				t.Errorf("got %v behind %d batches, want context.Canceled behind the third", err, batches)
			}
		})
	}
}

// Several tables behind one pattern are read by name; one that is missing or a folder is an error.
func TestTablePaths(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, format := range tables {
		opts := Options{Name: "test", Layer: "reports", Format: format, Paths: []string{dir}, Mapping: reports(t)}
		s, err := New(opts)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = run(t, s)
		checkError(t, err, "files: "+dir)
		opts.Paths = []string{filepath.Join(dir, "missing")}
		if s, err = New(opts); err != nil {
			t.Fatal(err)
		}
		_, _, err = run(t, s)
		checkError(t, err, "no file matches")
	}
}

// A table's progress grows while it is read and ends with the bytes of its file.
func TestProgressOfTables(t *testing.T) {
	t.Parallel()
	for _, format := range tables {
		s := bigTable(t, format, 3000)
		var read atomic.Int64
		s.opts.Read, s.chunk = &read, 4<<10
		between := false
		var report ingest.Report
		err := s.Run(t.Context(), publisher(func(context.Context, layers.Batch) error {
			n := read.Load()
			between = between || n > 0 && n < s.Size()
			return nil
		}), &report)
		if err != nil || read.Load() != s.Size() || !between {
			t.Errorf("%s: %v, %d of %d bytes, some between: %v", format, err, read.Load(), s.Size(), between)
		}
	}
}
