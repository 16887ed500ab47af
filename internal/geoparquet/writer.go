package geoparquet

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

// GeometryColumn is the name of the geometry in files that a Writer makes, and BoxColumn that of the
// features' boxes. No other column may have them.
const (
	GeometryColumn = "geometry"
	BoxColumn      = "bbox"
)

// Options say how a file is written.
type Options struct {
	// Columns are the columns beside the geometry, of kind Bool, Int, Float, Text or Time. Parquet
	// keeps them in the order of their names.
	Columns []Column
	// Boxes adds a column with each feature's box, by which readers skip row groups (the covering of
	// GeoParquet 1.1).
	Boxes bool
	// GroupRows is the most rows of a row group, which is held in memory; 0 means 65,536. WriteColumns
	// does not look at it.
	GroupRows int
	// Metadata is kept in the file's footer, beside "geo".
	Metadata map[string]string
}

// Box is what a feature covers, in lon/lat degrees.
type Box struct{ XMin, YMin, XMax, YMax float64 }

// Writer writes a file of version 1.1 with WKB in WGS 84, longitude before latitude, compressed by
// Zstandard. A file is whole once Close returned nil.
type Writer struct {
	w     *parquet.GenericWriter[any]
	opts  Options
	index []int // by column: its leaf
	geom  int
	boxes [4]int
	row   parquet.Row
	chunk []parquet.Value // scratch of WriteColumns
	rows  int             // of the current row group

	types  []string
	extent Box
	any    bool
	err    error
}

// NewWriter checks opts and writes the start of the file to w, which stays open.
func NewWriter(w io.Writer, opts Options) (*Writer, error) {
	if opts.GroupRows == 0 {
		opts.GroupRows = 1 << 16
	}
	group := parquet.Group{GeometryColumn: parquet.Optional(parquet.Leaf(parquet.ByteArrayType))}
	if opts.Boxes {
		double := parquet.Leaf(parquet.DoubleType)
		group[BoxColumn] = parquet.Optional(parquet.Group{"xmin": double, "ymin": double, "xmax": double, "ymax": double})
	}
	for _, c := range opts.Columns {
		if _, twice := group[c.Name]; twice || c.Name == "" || c.Name == BoxColumn {
			return nil, fmt.Errorf("geoparquet: column %q stands twice, has no name, or has the name of the geometry or the boxes", c.Name)
		}
		node, err := nodeOf(c.Kind)
		if err != nil {
			return nil, fmt.Errorf("geoparquet: column %q: %w", c.Name, err)
		}
		group[c.Name] = parquet.Optional(node)
	}
	schema := parquet.NewSchema("features", group)
	out := &Writer{opts: opts, index: make([]int, len(opts.Columns)), row: make(parquet.Row, len(schema.Columns()))}
	find := func(path ...string) int {
		leaf, _ := schema.Lookup(path...) // every path was put in above
		return leaf.ColumnIndex
	}
	for i, c := range opts.Columns {
		out.index[i] = find(c.Name)
	}
	out.geom = find(GeometryColumn)
	if opts.Boxes {
		for i, name := range [...]string{"xmin", "ymin", "xmax", "ymax"} {
			out.boxes[i] = find(BoxColumn, name)
		}
	}
	// Statistics hold the least and the greatest value as it is: of a geometry or a long text that would fill
	// headers and footer beyond what readers take, ours too.
	settings := []parquet.WriterOption{
		schema, parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest}), parquet.DataPageStatistics(false), parquet.SkipPageBounds(GeometryColumn),
	}
	for _, c := range opts.Columns {
		if c.Kind == Text {
			settings = append(settings, parquet.SkipPageBounds(c.Name))
		}
	}
	out.w = parquet.NewGenericWriter[any](w, settings...)
	for _, key := range slices.Sorted(keys(opts.Metadata)) {
		out.w.SetKeyValueMetadata(key, opts.Metadata[key])
	}
	return out, nil
}

func keys(m map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// nodeOf returns how values of a kind are kept.
func nodeOf(k Kind) (parquet.Node, error) {
	switch k {
	case Bool:
		return parquet.Leaf(parquet.BooleanType), nil
	case Int:
		return parquet.Leaf(parquet.Int64Type), nil
	case Float:
		return parquet.Leaf(parquet.DoubleType), nil
	case Text:
		return parquet.String(), nil
	case Time:
		return parquet.Timestamp(parquet.Microsecond), nil
	default:
		return nil, fmt.Errorf("kind %d cannot be written", k)
	}
}

// Write appends one row. values are in the order of Options.Columns, each null or of its column's
// kind. wkb is nil for a feature without geometry; box is not read then, nor without Options.Boxes
// but for the file's extent. An empty geometry has a nil box. Nothing is kept of the arguments.
func (w *Writer) Write(values []Value, wkb []byte, box *Box) error {
	if w.err != nil {
		return w.err
	}
	if len(values) != len(w.opts.Columns) {
		return fmt.Errorf("geoparquet: %d values for %d columns", len(values), len(w.opts.Columns))
	}
	for i, v := range values {
		c := w.opts.Columns[i]
		if v.Kind != Null && v.Kind != c.Kind {
			return fmt.Errorf("geoparquet: a value of kind %d in column %q of kind %d", v.Kind, c.Name, c.Kind)
		}
		w.row[w.index[i]] = present(parquetValue(v), v.Kind != Null, w.index[i])
	}
	if wkb == nil {
		box = nil
	} else if err := w.note(wkb, box); err != nil {
		return err
	}
	w.row[w.geom] = present(parquet.ByteArrayValue(wkb), wkb != nil, w.geom)
	if w.opts.Boxes {
		var b Box
		if box != nil {
			b = *box
		}
		for i, v := range [...]float64{b.XMin, b.YMin, b.XMax, b.YMax} {
			w.row[w.boxes[i]] = present(parquet.DoubleValue(v), box != nil, w.boxes[i])
		}
	}
	if _, err := w.w.WriteRows([]parquet.Row{w.row}); err != nil {
		return w.fail(err)
	}
	w.rows++
	return w.endGroup(w.rows == w.opts.GroupRows)
}

// EndGroup ends the row group under way, if it has rows.
func (w *Writer) EndGroup() error {
	if w.err != nil {
		return w.err
	}
	return w.endGroup(w.rows > 0)
}

func (w *Writer) endGroup(now bool) error {
	if !now {
		return nil
	}
	w.rows = 0
	if err := w.w.Flush(); err != nil {
		return w.fail(err)
	}
	return nil
}

func (w *Writer) fail(err error) error {
	w.err = fmt.Errorf("geoparquet: write: %w", err)
	return w.err
}

// present gives a value of an optional column its level.
func present(v parquet.Value, there bool, column int) parquet.Value {
	if !there {
		return parquet.NullValue().Level(0, 0, column)
	}
	return v.Level(0, 1, column)
}

func parquetValue(v Value) parquet.Value {
	switch v.Kind {
	case Bool:
		return parquet.BooleanValue(v.Int != 0)
	case Int, Time:
		return parquet.Int64Value(v.Int)
	case Float:
		return parquet.DoubleValue(v.Float)
	case Text:
		return parquet.ByteArrayValue(v.Bytes)
	default:
		return parquet.NullValue()
	}
}

// note remembers the type and box of a geometry for the metadata.
func (w *Writer) note(wkb []byte, box *Box) error {
	name, err := typeName(wkb)
	if err != nil {
		return fmt.Errorf("geoparquet: %w", err)
	}
	if !slices.Contains(w.types, name) {
		w.types = append(w.types, name)
	}
	w.extend(box)
	return nil
}

// extend makes the file's extent hold box; nil holds nothing.
func (w *Writer) extend(box *Box) {
	switch {
	case box == nil:
		return
	case !w.any:
		w.any, w.extent = true, *box
		return
	}
	e := &w.extent
	e.XMin, e.YMin = min(e.XMin, box.XMin), min(e.YMin, box.YMin)
	e.XMax, e.YMax = max(e.XMax, box.XMax), max(e.YMax, box.YMax)
}

var typeNames = [...]string{"Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon", "GeometryCollection"}

// typeName returns the type that the header of two-dimensional WKB says.
func typeName(wkb []byte) (string, error) {
	if len(wkb) < 5 || wkb[0] > 1 {
		return "", errors.New("the geometry does not start as well-known binary does")
	}
	code := binary.BigEndian.Uint32(wkb[1:])
	if wkb[0] == 1 {
		code = binary.LittleEndian.Uint32(wkb[1:])
	}
	if code < 1 || int(code) > len(typeNames) {
		return "", fmt.Errorf("geometry type %d: want a two-dimensional one, 1 to %d", code, len(typeNames))
	}
	return typeNames[code-1], nil
}

// Close writes the rest and the footer.
func (w *Writer) Close() error {
	if w.err != nil {
		return w.err
	}
	column := &columnMetadata{Encoding: encodingWKB, GeometryTypes: slices.Sorted(slices.Values(w.types))}
	if column.GeometryTypes == nil {
		column.GeometryTypes = []string{}
	}
	if w.any {
		column.BBox = []float64{w.extent.XMin, w.extent.YMin, w.extent.XMax, w.extent.YMax}
	}
	if w.opts.Boxes {
		at := func(name string) []string { return []string{BoxColumn, name} }
		column.Covering = &covering{coveringBox{at("xmin"), at("ymin"), at("xmax"), at("ymax")}}
	}
	text, err := json.Marshal(fileMetadata{"1.1.0", GeometryColumn, map[string]*columnMetadata{GeometryColumn: column}})
	if err != nil { // a box that is not finite
		return w.fail(err)
	}
	w.w.SetKeyValueMetadata(geoKey, string(text))
	if err := w.w.Close(); err != nil {
		return w.fail(err)
	}
	w.err = errors.New("geoparquet: the writer is closed")
	return nil
}
