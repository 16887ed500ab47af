package files

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/paulmach/orb"

	"hutong/ingest"
	"hutong/internal/geoparquet"
	"hutong/internal/wkb"
)

// parquetTable reads a GeoParquet file.
type parquetTable struct {
	file   *os.File
	reader *geoparquet.Reader
	names  []string
	ref    reference
	reads  []bool
	limit  int // bytes of a record
}

var _ tableReader = (*parquetTable)(nil)

func openParquet(path string, limit int) (*parquetTable, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	p := &parquetTable{file: file, limit: limit}
	if err := p.open(); err != nil {
		_ = file.Close()
		return nil, err
	}
	return p, nil
}

func (p *parquetTable) open() error {
	info, err := p.file.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("GeoParquet must be a file: its end is read first")
	}
	if p.reader, err = geoparquet.Open(p.file, info.Size()); err != nil {
		return err
	}
	if p.ref, err = referenceOfCRS(p.reader.CRS()); err != nil {
		return err
	}
	for _, c := range p.reader.Columns() {
		p.names = append(p.names, c.Name)
	}
	p.reads = make([]bool, len(p.names))
	return nil
}

// referenceOfCRS returns the reference system that a file names by code, or by name alone.
func referenceOfCRS(c geoparquet.CRS) (reference, error) {
	switch strings.ToUpper(c.Authority) {
	case "OGC":
		if c.Code == "CRS84" || c.Code == "CRS84h" {
			return degrees, nil
		}
	case "EPSG":
		if code, err := strconv.ParseInt(c.Code, 10, 32); err == nil {
			return referenceOf(code)
		}
	case "":
		if n := squeeze(c.Name); n == "wgs84" || n == "wgs84crs84" {
			return degrees, nil
		}
	}
	return degrees, fmt.Errorf("the positions are in %.80q: want %s", c.String(), wantReference)
}

// readable says which columns can be read: no lists and structures.
func (p *parquetTable) readable() []bool {
	reads := make([]bool, len(p.names))
	for i, c := range p.reader.Columns() {
		reads[i] = c.Kind != geoparquet.Nested
	}
	return reads
}

func (p *parquetTable) columns() []string { return p.names }
func (p *parquetTable) unread() string    { return "" }

func (p *parquetTable) bind(c *ingest.Columns) error {
	var selected []int
	for i := range p.reads {
		if p.reads[i] = c.Reads(i); p.reads[i] {
			selected = append(selected, i)
		}
	}
	return p.reader.Select(selected)
}

func (p *parquetTable) next(c *chunk) error {
	if err := p.reader.Next(); err != nil {
		return err
	}
	begin := len(c.data)
	for i, read := range p.reads {
		start := len(c.data)
		if !read {
			c.cell(cellNull, start)
			continue
		}
		v := p.reader.Value(i)
		kind := cellOf(v)
		if kind == cellText || kind == cellNumber || kind == cellMoment {
			if len(v.Bytes) > p.limit {
				return errTooLong
			}
			c.data = v.Append(c.data)
		}
		c.cell(kind, start)
	}
	shape, ok := p.reader.Geometry()
	if len(c.data)-begin+len(shape) > p.limit {
		return errTooLong
	}
	if ok {
		r := &c.records[len(c.records)-1]
		r.hasGeometry, r.geometry.start = true, len(c.data)
		c.data = append(c.data, shape...)
		r.geometry.end = len(c.data)
	}
	return nil
}

// cellOf returns what a value becomes.
func cellOf(v geoparquet.Value) cellKind {
	switch v.Kind {
	case geoparquet.Bool:
		if v.Int != 0 {
			return cellTrue
		}
		return cellFalse
	case geoparquet.Int, geoparquet.Uint, geoparquet.Float, geoparquet.Decimal:
		return cellNumber
	case geoparquet.Text, geoparquet.Binary:
		return cellText
	case geoparquet.Time, geoparquet.Local, geoparquet.Date:
		return cellMoment
	case geoparquet.Nested:
		return cellNested
	default:
		return cellNull
	}
}

func (p *parquetTable) progress() (done, total int64) { return p.reader.Row(), p.reader.Rows() }

func (p *parquetTable) decode(raw []byte) (orb.Geometry, error) {
	g, err := wkb.Decode(raw)
	if err != nil {
		return nil, err
	}
	return p.ref.toDegrees(g), nil
}

// Close closes the file.
func (p *parquetTable) Close() error {
	p.reader.Close()
	return p.file.Close()
}
