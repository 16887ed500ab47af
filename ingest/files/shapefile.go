package files

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	shp "github.com/jonas-p/go-shp"

	"hutong/ingest"
)

// shapefile reads a Shapefile: shapes from .shp, as many rows from .dbf. go-shp believes every count
// in a file, reads on into the next record where measures are missing, and makes a reader for each
// value; so this reads the records, checks and flattens them, and a worker gives go-shp a small
// Shapefile of its own for each chunk.
type shapefile struct {
	path   string
	layers layerFiles
	shapes *bufio.Reader
	rows   *bufio.Reader
	table  *dbf
	page   codePage
	ref    reference
	bound  *ingest.Columns
	size   int // bytes of a chunk
	limit  int // bytes of a record

	share    *share
	length   int64 // bytes of shapes
	left     int64 // bytes of shapes behind what was read
	features int
	content  []byte // scratch
}

const (
	shpHeader       = 100 // bytes of the file's header
	shpRecordHeader = 8
)

// openShapefile opens the parts and checks both headers and the reference system.
func openShapefile(files layerFiles, path string, size, limit int, done *share) (*shapefile, error) {
	s := &shapefile{path: path, layers: files, size: size, limit: limit, share: done}
	s.shapes, s.rows = bufio.NewReaderSize(files.shp, 1<<16), bufio.NewReaderSize(files.dbf, 1<<16)
	if err := s.header(); err != nil {
		return nil, err
	}
	var err error
	if s.table, err = parseDBF(s.rows, files.dbfSize); err != nil {
		return nil, err
	}
	if s.page, err = codePageOf(files.cpg, s.table.driver); err != nil {
		return nil, err
	}
	if files.prj != nil {
		if s.ref, err = referenceOfWKT(string(files.prj)); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// columns returns the names of the columns.
func (s *shapefile) columns() []string {
	names := make([]string, len(s.table.fields))
	for i := range names {
		names[i] = s.page.text(string(s.table.fields[i].name))
	}
	return names
}

// bind says what is read of the columns.
func (s *shapefile) bind(mapper *ingest.Mapper) error {
	names := s.columns()
	bound, err := mapper.NewColumns(names)
	if err != nil {
		return err
	}
	for i, f := range s.table.fields {
		if bound.Reads(i) && !f.readable() {
			return fmt.Errorf("column %q is of type %q: want one of C, N, F, L and D", names[i], f.kind)
		}
	}
	s.bound = bound
	return nil
}

// header checks the header of the .shp file.
func (s *shapefile) header() error {
	head := make([]byte, shpHeader)
	if _, err := io.ReadFull(s.shapes, head); err != nil {
		return errors.New("the file ends inside its header")
	}
	if code := binary.BigEndian.Uint32(head); code != 9994 {
		return fmt.Errorf("this is no Shapefile: it starts with %d, not 9994", code)
	}
	if version := binary.LittleEndian.Uint32(head[28:]); version != 1000 {
		return fmt.Errorf("the Shapefile has version %d, not 1000", version)
	}
	length := 2 * int64(binary.BigEndian.Uint32(head[24:]))
	if length < shpHeader || length > s.layers.shpSize {
		return fmt.Errorf("the file is cut off: its header says %d bytes, and there are %d", length, s.layers.shpSize)
	}
	if kind := shp.ShapeType(binary.LittleEndian.Uint32(head[32:])); kind != shp.NULL {
		if _, ok := plainTypes[kind]; !ok {
			return fmt.Errorf("the shapes have type %d: want points, lines, polygons or multipoints", kind)
		}
	}
	s.length = length - shpHeader
	s.left = s.length
	return nil
}

// next fills the chunk with shapes, and c.rows with their rows.
func (s *shapefile) next(c *chunk) error {
	c.rows = c.rows[:0]
	for len(c.data)+len(c.rows)+cellSize*len(c.records) < max(s.size, 1) && len(c.tooLong) < maxTooLong {
		err := s.record(c)
		if err != nil {
			c.lines = len(c.records)
			return err
		}
	}
	c.lines = len(c.records)
	s.share.reach(s.length-s.left, s.length)
	return nil
}

// record reads one shape and its row.
func (s *shapefile) record(c *chunk) error {
	if s.left == 0 {
		if int64(s.features) != s.table.records {
			return fmt.Errorf("%s: there are %d shapes and %d rows", s.path, s.features, s.table.records)
		}
		return io.EOF
	}
	fail := func(format string, args ...any) error {
		return fmt.Errorf("%s: behind %d features: %w", s.path, s.features, fmt.Errorf(format, args...))
	}
	if int64(s.features) == s.table.records {
		return fail("there are more shapes than rows")
	}
	var head [shpRecordHeader]byte
	if s.left < shpRecordHeader {
		return fail("%d bytes are left, too few for a shape", s.left)
	}
	if _, err := io.ReadFull(s.shapes, head[:]); err != nil {
		return fail("%w", err)
	}
	length := 2 * int64(binary.BigEndian.Uint32(head[4:]))
	if s.left -= shpRecordHeader; length > s.left {
		return fail("a shape of %d bytes where %d are left", length, s.left)
	}
	s.left -= length
	tooLong := length > int64(s.limit)
	if tooLong {
		if _, err := s.shapes.Discard(int(length)); err != nil {
			return fail("%w", err)
		}
	} else {
		if int64(cap(s.content)) < length || cap(s.content) > keepSize && length < keepSize {
			s.content = make([]byte, length)
		}
		s.content = s.content[:length]
		if _, err := io.ReadFull(s.shapes, s.content); err != nil {
			return fail("%w", err)
		}
	}
	start := len(c.rows)
	c.rows = append(c.rows, make([]byte, s.table.recordLength)...)
	row := c.rows[start:]
	if _, err := io.ReadFull(s.rows, row); err != nil {
		c.rows = c.rows[:start]
		return fail("its row: %w", err)
	}
	s.features++
	switch {
	case row[0] == '*': // deleted
		c.rows = c.rows[:start]
		return nil
	case row[0] != ' ':
		c.rows = c.rows[:start]
		return fail("the row starts with byte 0x%02x, neither a space nor an asterisk", row[0])
	case tooLong:
		c.rows = c.rows[:start]
		c.tooLong = append(c.tooLong, ingest.Place{File: s.path, Feature: s.features})
		return nil
	}
	r := record{feature: s.features}
	c.data, r.broken = appendShape(c.data, s.content)
	if r.broken != nil {
		c.data, _ = appendShape(c.data, []byte{0, 0, 0, 0}) // a null shape
	}
	c.records = append(c.records, r)
	return nil
}

// parse reads the records of a chunk.
func (s *shapefile) parse(w *worker, c *chunk) {
	if len(c.records) == 0 {
		return
	}
	header := make([]byte, shpHeader)
	reader := shp.SequentialReaderFromExt(
		io.NopCloser(io.MultiReader(bytes.NewReader(header), bytes.NewReader(c.data))),
		io.NopCloser(io.MultiReader(bytes.NewReader(s.table.header()), bytes.NewReader(c.rows))),
	)
	at := ingest.Place{File: s.path}
	done := 0
	for ; done < len(c.records) && advance(reader); done++ {
		r := &c.records[done]
		at.Feature = r.feature
		_, shape := reader.Shape()
		g, err := geometryOf(shape)
		if r.broken != nil {
			err = r.broken
		}
		if err != nil {
			w.Refuse(at, ingest.ReasonGeometry, "a geometry that can be read: "+err.Error())
			continue
		}
		w.typed = w.typed[:0]
		for i := range s.table.fields {
			var cell ingest.Cell
			if s.bound.Reads(i) {
				cell = s.cell(i, reader.Attribute(i))
			}
			w.typed = append(w.typed, cell)
		}
		w.Record(s.bound, w.typed, s.ref.toDegrees(g), at)
	}
	clear(w.typed)
	for _, r := range c.records[done:] { // none, as far as we know: appendShape makes what go-shp reads
		at.Feature = r.feature
		w.Refuse(at, ingest.ReasonGeometry, "a shape that the library can read")
	}
}

// advance goes on to the next shape. go-shp panics on some of what it cannot read.
func advance(r shp.SequentialReader) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	return r.Next()
}

// cell returns the value of column i, whose text is trimmed of spaces.
func (s *shapefile) cell(i int, text string) ingest.Cell {
	text, _, _ = strings.Cut(text, "\x00") // some writers end a text so, and leave what was there behind it
	text = strings.Trim(text, " ")
	if text == "" {
		return ingest.Cell{}
	}
	switch s.table.fields[i].kind {
	case 'N', 'F':
		if strings.Trim(text, "*") == "" { // a number that did not fit
			return ingest.Cell{}
		}
		return ingest.NumberCell(text)
	case 'L':
		switch text[0] {
		case 'T', 't', 'Y', 'y':
			return ingest.BoolCell(true)
		case 'F', 'f', 'N', 'n':
			return ingest.BoolCell(false)
		case '?':
			return ingest.Cell{}
		}
	case 'D':
		if strings.Trim(text, "0") == "" {
			return ingest.Cell{}
		}
		if len(text) == len("20160803") {
			return ingest.MomentCell(text[:4] + "-" + text[4:6] + "-" + text[6:])
		}
		return ingest.MomentCell(text)
	}
	return ingest.TextCell(s.page.text(text))
}
