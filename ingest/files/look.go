package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/paulmach/orb"

	"hutong/ingest"
)

// TableOf returns the format of a file that is no text, by its name, or [FormatAuto].
func TableOf(path string) Format {
	f, _, err := formatOf(path)
	switch {
	case err != nil && strings.EqualFold(filepath.Ext(path), ".zip"):
		return FormatShapefile
	case f.tabular():
		return f
	}
	return FormatAuto
}

// Look returns the first records of a file that is no text as lines of GeoJSON, at most so many
// records and about so many bytes, and whether they are all. A record that cannot be read is a line
// without a feature. table is that of a GeoPackage, "" for its only one. The error names the file; with lines
// it is what ended the look behind them.
func Look(ctx context.Context, path string, format Format, table string, records, size int) (lines []byte, whole bool, err error) {
	l := &looker{records: records, size: size}
	err = l.read(ctx, path, format, table)
	if err != nil && !strings.HasPrefix(err.Error(), path+":") {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return l.lines, err == nil && !l.full, err
}

// looker gathers lines.
type looker struct {
	names         []string
	records, size int // bounds
	seen          int
	lines         []byte
	full          bool // there was one more
}

// lookedChunk is the size of the chunks of a look.
const lookedChunk = 64 << 10

func (l *looker) read(ctx context.Context, path string, format Format, table string) error {
	var t tableReader
	var reads []bool
	var err error
	switch format {
	case FormatShapefile:
		return l.readShapefile(path)
	case FormatGeoParquet:
		var p *parquetTable
		if p, err = openParquet(path, MaxRecord); err == nil {
			t, reads = p, p.readable()
		}
	case FormatGeoPackage:
		var g *geoPackage
		if g, err = openGeoPackage(ctx, path, table, MaxRecord); err == nil {
			t, reads = g, all(len(g.names))
		}
	default:
		return errors.New("no Shapefile, GeoPackage or GeoParquet")
	}
	if err != nil {
		return err
	}
	defer func() { _ = t.Close() }()
	l.names = t.columns()
	bound := ingest.AllColumns(reads)
	if err := t.bind(bound); err != nil {
		return err
	}
	return l.gather(&tableFramer{table: t, path: path, bound: bound, size: lookedChunk, share: &share{}})
}

func (l *looker) readShapefile(path string) error {
	parts, err := openParts(path)
	if err != nil {
		return err
	}
	defer parts.Close()
	s, err := openShapefile(parts, path, lookedChunk, MaxRecord, &share{})
	if err != nil {
		return err
	}
	l.names = s.columns()
	reads := make([]bool, len(l.names))
	for i, f := range s.table.fields {
		reads[i] = f.readable()
	}
	s.bound = ingest.AllColumns(reads)
	return l.gather(s)
}

func all(n int) []bool {
	reads := make([]bool, n)
	for i := range reads {
		reads[i] = true
	}
	return reads
}

// gather reads chunks until there is enough.
func (l *looker) gather(fr framer) error {
	w := &worker{look: l.record}
	c := &chunk{}
	for !l.full {
		c.data, c.cells, c.records, c.tooLong = c.data[:0], c.cells[:0], c.records[:0], c.tooLong[:0]
		err := fr.next(c)
		fr.parse(w, c)
		for range c.tooLong {
			l.record(nil, nil)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// record adds a line.
func (l *looker) record(cells []ingest.Cell, g orb.Geometry) {
	if l.full = l.full || l.seen == l.records || len(l.lines) >= l.size; l.full {
		return
	}
	l.seen++
	if cells == nil {
		l.lines = append(l.lines, "null\n"...)
		return
	}
	l.lines = appendGeometry(append(l.lines, `{"type":"Feature","geometry":`...), g)
	l.lines = append(l.lines, `,"properties":{`...)
	for i, cell := range cells {
		if i > 0 {
			l.lines = append(l.lines, ',')
		}
		l.lines = ingest.TextCell(l.names[i]).AppendJSON(l.lines)
		l.lines = cell.AppendJSON(append(l.lines, ':'))
	}
	l.lines = append(l.lines, "}}\n"...)
}
