package files

import (
	"errors"
	"fmt"
	"io"

	"github.com/paulmach/orb"

	"hutong/ingest"
)

// tableReader yields the records of a file that is no text, in the file's order. It is read by one
// goroutine; decode is called by several.
type tableReader interface {
	// columns are the names of the columns, without that of the geometry.
	columns() []string
	// unread says which other columns there are and why they are not read; "" when there are none.
	unread() string
	// bind says what will be read of them before the first record is.
	bind(c *ingest.Columns) error
	// next puts the next record into c: its cells one by one, then its geometry. Its error is io.EOF
	// behind the last record, errTooLong for one that it skipped, else it names the place.
	next(c *chunk) error
	// decode makes a geometry in lon/lat degrees of what next put in. The error says what is wrong
	// with it.
	decode(raw []byte) (orb.Geometry, error)
	// progress says how many records there were, and about how many there are; 0 when that is not known.
	progress() (done, total int64)
	io.Closer
}

// errTooLong says that a record is longer than a record may be, and was not read.
var errTooLong = errors.New("the record is too long")

// record is one record of a table in a chunk.
type record struct {
	feature     int  // its number in the file, from 1
	cells       int  // where its cells start in the chunk's
	geometry    span // in the chunk's data
	hasGeometry bool
	broken      error // what is wrong with a shape
}

// tableCell is a value whose text lies in a chunk's data.
type tableCell struct {
	kind cellKind
	text span
}

// cellKind says which ingest.Cell a cell becomes.
type cellKind uint8

const (
	cellNull cellKind = iota
	cellText
	cellNumber
	cellTrue
	cellFalse
	cellMoment
	cellNested
)

// cellSize stands for the memory that a cell takes beside its text.
const cellSize = 24

// cell appends a cell whose text was appended to c.data from start on.
func (c *chunk) cell(kind cellKind, start int) {
	c.cells = append(c.cells, tableCell{kind, span{start, len(c.data)}})
}

// tableFramer cuts a table into chunks of whole records.
type tableFramer struct {
	table    tableReader
	path     string
	bound    *ingest.Columns
	size     int // bytes of a chunk
	features int // so far
	share    *share
}

// newTable binds the table's columns to the mapping.
func newTable(t tableReader, path string, mapper *ingest.Mapper, size int, s *share) (*tableFramer, error) {
	bound, err := mapper.NewColumns(t.columns())
	if why := t.unread(); err != nil && why != "" {
		err = fmt.Errorf("%w; %s", err, why)
	}
	if err != nil {
		return nil, err
	}
	if err := t.bind(bound); err != nil {
		return nil, err
	}
	return &tableFramer{table: t, path: path, bound: bound, size: size, share: s}, nil
}

// next fills the chunk with records until it has its size.
func (f *tableFramer) next(c *chunk) error {
	for len(c.data)+cellSize*len(c.cells) < f.size || len(c.records) == 0 {
		data, cells := len(c.data), len(c.cells)
		c.records = append(c.records, record{feature: f.features + 1, cells: cells})
		err := f.table.next(c)
		if err != nil {
			c.records = c.records[:len(c.records)-1]
			c.data, c.cells = c.data[:data], c.cells[:cells]
		}
		if err == errTooLong { //nolint:errorlint // tables return it as it is
			f.features++
			c.tooLong = append(c.tooLong, ingest.Place{File: f.path, Feature: f.features})
			if len(c.tooLong) >= maxTooLong {
				break
			}
			continue
		}
		if err != nil {
			c.lines = len(c.records)
			return err
		}
		f.features++
	}
	c.lines = len(c.records)
	f.share.reach(f.table.progress())
	return nil
}

// maxTooLong bounds the records of a chunk that are skipped.
const maxTooLong = 1024

// parse reads the records of a chunk.
func (f *tableFramer) parse(w *worker, c *chunk) {
	text := string(c.data)
	at := ingest.Place{File: f.path}
	for i := range c.records {
		r := &c.records[i]
		at.Feature = r.feature
		end := len(c.cells)
		if i+1 < len(c.records) {
			end = c.records[i+1].cells
		}
		w.typed = w.typed[:0]
		for _, cell := range c.cells[r.cells:end] {
			w.typed = append(w.typed, cell.of(text))
		}
		var g orb.Geometry
		if r.hasGeometry {
			var err error
			if g, err = f.table.decode(c.data[r.geometry.start:r.geometry.end]); err != nil {
				w.Refuse(at, ingest.ReasonGeometry, "a geometry that can be read: "+err.Error())
				continue
			}
		}
		w.Record(f.bound, w.typed, g, at)
	}
	clear(w.typed)
}

// of returns the cell with its text out of text.
func (c tableCell) of(text string) ingest.Cell {
	s := text[c.text.start:c.text.end]
	switch c.kind {
	case cellText:
		return ingest.TextCell(s)
	case cellNumber:
		return ingest.NumberCell(s)
	case cellTrue, cellFalse:
		return ingest.BoolCell(c.kind == cellTrue)
	case cellMoment:
		return ingest.MomentCell(s)
	case cellNested:
		return ingest.NestedCell()
	default:
		return ingest.Cell{}
	}
}
