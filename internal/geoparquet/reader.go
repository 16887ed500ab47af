package geoparquet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/parquet-go/parquet-go"
)

// ErrNoGeometry says that a file is Parquet without the metadata of GeoParquet.
var ErrNoGeometry = errors.New(`geoparquet: there is no metadata "geo": this is Parquet without geometry`)

// Reader reads the rows of a file in order.
type Reader struct {
	from io.ReaderAt
	size int64
	file *parquet.File
	crs  CRS

	columns  []Column
	leaves   []leaf // by column
	geometry []leaf // one of WKB, or x and y of points
	point    bool

	selected []int // columns that are read
	group    int   // the next row group
	left     int64 // rows of the current one
	row      int64 // rows so far
	cursors  []*cursor
	values   []Value // by column
	wkb      []byte
	located  bool
}

// leaf is a flat column in the file.
type leaf struct {
	index   int // among all leaves; −1 for a list or structure
	convert converter
}

// Open reads the footer of a file of size bytes. r must not change while the Reader is used.
func Open(r io.ReaderAt, size int64) (*Reader, error) {
	out := &Reader{from: r, size: size}
	err := guard(func() error { return out.open() })
	if err != nil {
		return nil, wrap(err)
	}
	return out, nil
}

// wrap names the package, once.
func wrap(err error) error {
	if errors.Is(err, ErrNoGeometry) {
		return err
	}
	return fmt.Errorf("geoparquet: %w", err)
}

// guard makes an error of a panic of parquet-go.
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the file is broken: %v", p)
		}
	}()
	return f()
}

func (r *Reader) open() error {
	const magic = "PAR1"
	var tail [8]byte
	if r.size < int64(len(tail)+len(magic)) {
		return fmt.Errorf("%d bytes are too few for a Parquet file", r.size)
	}
	if _, err := r.from.ReadAt(tail[:], r.size-int64(len(tail))); err != nil {
		return err
	}
	if end := string(tail[4:]); end != magic {
		return fmt.Errorf("the file ends with %q, not %s: this is no Parquet file, or it is cut off", end, magic)
	}
	if n := int64(binary.LittleEndian.Uint32(tail[:])); n > MaxFooter || n > r.size-int64(len(tail)+len(magic)) {
		return fmt.Errorf("a footer of %d bytes in a file of %d: want at most %d", n, r.size, MaxFooter)
	}
	text := make([]byte, binary.LittleEndian.Uint32(tail[:]))
	if _, err := r.from.ReadAt(text, r.size-int64(len(tail))-int64(len(text))); err != nil {
		return err
	}
	if err := checkFooter(text); err != nil {
		return err
	}
	var err error
	r.file, err = parquet.OpenFile(r.from, r.size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true), parquet.ReadBufferSize(64<<10))
	if err != nil {
		return err
	}
	geo, ok := r.file.Lookup(geoKey)
	if !ok {
		return ErrNoGeometry
	}
	name, described, crs, err := parseMetadata(geo)
	if err != nil {
		return err
	}
	r.crs = crs
	return r.bind(name, described)
}

// bind finds the columns.
func (r *Reader) bind(geometry string, described *columnMetadata) error {
	covered := ""
	if c := described.Covering; c != nil && len(c.BBox.XMin) == 2 {
		covered = c.BBox.XMin[0]
	}
	found := false
	for _, c := range r.file.Root().Columns() {
		switch {
		case c.Name() == geometry:
			found = true
			if err := r.bindGeometry(c, described.Encoding); err != nil {
				return fmt.Errorf("column %q: %w", geometry, err)
			}
		case c.Name() == covered && !c.Leaf(): // boxes that follow from the geometry
		default:
			kind, convert := Nested, converter(nil)
			if c.Leaf() && c.MaxRepetitionLevel() == 0 {
				kind, convert = converterOf(c.Type())
			}
			l := leaf{index: -1}
			if convert != nil {
				l = leaf{c.Index(), convert}
			}
			r.columns = append(r.columns, Column{c.Name(), kind})
			r.leaves = append(r.leaves, l)
		}
	}
	if !found {
		return fmt.Errorf("there is no column %q, which the metadata calls the geometry", geometry)
	}
	r.values = make([]Value, len(r.columns))
	return nil
}

func (r *Reader) bindGeometry(c *parquet.Column, encoding string) error {
	if encoding == encodingWKB {
		if !c.Leaf() || c.MaxRepetitionLevel() > 0 || c.Type().Kind() != parquet.ByteArray {
			return errors.New("WKB is kept in one value of bytes")
		}
		r.geometry = []leaf{{index: c.Index()}}
		return nil
	}
	r.point = true
	for _, axis := range [...]string{"x", "y"} {
		if c.Leaf() || c.Repeated() {
			return errors.New("a point is a structure of x and y")
		}
		i := slices.IndexFunc(c.Columns(), func(c *parquet.Column) bool { return c.Name() == axis })
		if i < 0 {
			return fmt.Errorf("a point without %s", axis)
		}
		l := c.Columns()[i]
		if !l.Leaf() || l.MaxRepetitionLevel() > 0 || l.Type().Kind() != parquet.Double {
			return fmt.Errorf("the %s of a point is no double", axis)
		}
		r.geometry = append(r.geometry, leaf{index: l.Index()})
	}
	return nil
}

// Columns returns the columns without the geometry and its boxes. The caller must not change it.
func (r *Reader) Columns() []Column { return r.columns }

// CRS returns the reference system of the geometry.
func (r *Reader) CRS() CRS { return r.crs }

// Rows returns the number of rows that the file says it has.
func (r *Reader) Rows() int64 { return r.file.NumRows() }

// Row returns the number of rows that Next went on to.
func (r *Reader) Row() int64 { return r.row }

// Select says which columns are read, by their positions in Columns; the others are null. Call it
// before Next. The error names a column that is a list or structure.
func (r *Reader) Select(columns []int) error {
	for _, i := range columns {
		if r.leaves[i].index < 0 {
			return fmt.Errorf("geoparquet: column %q is a list or structure, which is not read", r.columns[i].Name)
		}
	}
	r.selected = slices.Clone(columns)
	return nil
}

// Groups returns the number of row groups.
func (r *Reader) Groups() int { return len(r.file.Metadata().RowGroups) }

// GroupRows returns the number of rows that a row group says it has.
func (r *Reader) GroupRows(group int) int64 { return r.file.Metadata().RowGroups[group].NumRows }

// Seek makes the first row of a row group the next one. Readers of one file may so share it out.
func (r *Reader) Seek(group int) {
	r.Close()
	r.group, r.left = group, 0
}

// Next goes on to the next row. Its error is io.EOF behind the last, else it names the row.
func (r *Reader) Next() error {
	err := guard(r.next)
	if err == nil || err == io.EOF { //nolint:errorlint // next returns it as it is
		return err
	}
	r.Close()
	return fmt.Errorf("geoparquet: behind %d rows: %w", r.row, err)
}

func (r *Reader) next() error {
	for r.left == 0 {
		if err := r.nextGroup(); err != nil {
			return err
		}
	}
	for k, i := range r.selected {
		v, err := r.cursors[k].next()
		if err != nil {
			return ends(r.columns[i].Name, err)
		}
		r.values[i] = Value{}
		if !v.IsNull() {
			r.values[i] = r.leaves[i].convert(v)
		}
	}
	if err := r.nextGeometry(r.cursors[len(r.selected):]); err != nil {
		return err
	}
	r.left--
	r.row++
	return nil
}

// ends names the column that went wrong; that it ends is wrong, too.
func ends(column string, err error) error {
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return fmt.Errorf("column %q: %w", column, err)
}

func (r *Reader) nextGeometry(cursors []*cursor) error {
	var xy [2]parquet.Value
	for i, c := range cursors {
		var err error
		if xy[i], err = c.next(); err != nil {
			return ends("geometry", err)
		}
	}
	r.located = !xy[0].IsNull()
	switch {
	case !r.located:
	case r.point:
		if xy[1].IsNull() {
			xy[1] = parquet.DoubleValue(math.NaN())
		}
		r.wkb = append(r.wkb[:0], 1, 1, 0, 0, 0)
		r.wkb = binary.LittleEndian.AppendUint64(r.wkb, math.Float64bits(xy[0].Double()))
		r.wkb = binary.LittleEndian.AppendUint64(r.wkb, math.Float64bits(xy[1].Double()))
	default:
		r.wkb = append(r.wkb[:0], xy[0].ByteArray()...)
	}
	return nil
}

// nextGroup opens the columns of the next row group.
func (r *Reader) nextGroup() error {
	for _, c := range r.cursors {
		if _, err := c.next(); !errors.Is(err, io.EOF) {
			return fmt.Errorf("row group %d has a column with more values than its rows: %w", r.group, parquet.ErrCorrupted)
		}
	}
	r.Close()
	groups := r.file.RowGroups()
	if r.group == len(groups) {
		return io.EOF
	}
	meta := &r.file.Metadata().RowGroups[r.group]
	group := groups[r.group]
	r.group++
	if meta.NumRows < 0 {
		return fmt.Errorf("row group %d has %d rows", r.group, meta.NumRows)
	}
	chunks := group.ColumnChunks()
	leaves := make([]leaf, 0, len(r.selected)+len(r.geometry))
	for _, i := range r.selected {
		leaves = append(leaves, r.leaves[i])
	}
	for _, l := range append(leaves, r.geometry...) {
		if l.index >= len(chunks) || l.index >= len(meta.Columns) {
			return fmt.Errorf("row group %d lacks column %d", r.group, l.index)
		}
		m := &meta.Columns[l.index].MetaData
		if err := checkPages(r.from, r.size, m); err != nil {
			return fmt.Errorf("row group %d: column %q: %w", r.group, m.PathInSchema, err)
		}
		r.cursors = append(r.cursors, &cursor{pages: chunks[l.index].Pages()})
	}
	r.left = meta.NumRows
	return nil
}

// Value returns the value of a column in the current row. Its bytes are valid until Next.
func (r *Reader) Value(column int) Value { return r.values[column] }

// Geometry returns the current row's geometry as well-known binary, valid until Next; ok is false
// when it is null.
func (r *Reader) Geometry() (wkb []byte, ok bool) {
	if !r.located {
		return nil, false
	}
	return r.wkb, true
}

// Close gives memory back. It does not close what the Reader reads from, and may be called again.
func (r *Reader) Close() {
	for _, c := range r.cursors {
		_ = guard(func() error { c.close(); return nil })
	}
	r.cursors = r.cursors[:0]
}
