package checkpoint

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strconv"

	"hutong/internal/geoparquet"
	"hutong/internal/wkb"
	"hutong/layers"
	"hutong/layers/column"
)

// A row group ends with the row that brings it to one of these. A start holds a few of them at a time, so
// they bound its memory.
const (
	groupRows   = 1 << 14
	groupValues = 1 << 18  // rows times columns
	groupBytes  = 16 << 20 // of texts and vertices
)

// groupLimit returns the most rows of a group of so many columns.
func groupLimit(columns int) int { return min(groupRows, max(1, groupValues/columns)) }

// encodeFeatures writes the features of a layer in canonical order and returns how many there were.
func encodeFeatures(ctx context.Context, w io.Writer, s *layers.Snapshot, record *layerRecord) (int, error) {
	columns := record.columns()
	out, err := geoparquet.NewWriter(w, geoparquet.Options{Columns: columns, Metadata: map[string]string{
		"hutong:layer":    string(record.Name),
		"hutong:sequence": strconv.FormatUint(uint64(record.Seq), 10),
	}})
	if err != nil {
		return 0, err
	}
	e := encoder{out: out, columns: len(columns), limit: groupLimit(len(columns))}
	for b := range s.All() {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if err := e.block(b); err != nil {
			return 0, err
		}
	}
	return e.total, out.Close()
}

// encoder writes blocks. Its buffers are kept from block to block.
type encoder struct {
	out         *geoparquet.Writer
	columns     int
	limit       int // rows of a group
	rows, bytes int // of the group under way
	total       int

	ids    []byte
	idEnds []int
	wkb    []byte
	texts  map[*column.Dictionary][][]byte // by code
}

// block writes a block in pieces that end where a row group does.
func (e *encoder) block(b *layers.Block) error {
	if e.texts == nil {
		e.texts = map[*column.Dictionary][][]byte{}
	}
	for lo := 0; lo < b.Len(); {
		hi := lo
		for hi < b.Len() && e.rows < e.limit && e.bytes < groupBytes {
			e.bytes += rowBytes(b, hi)
			e.rows++
			hi++
		}
		if err := e.piece(b, lo, hi); err != nil {
			return err
		}
		if e.rows >= e.limit || e.bytes >= groupBytes {
			e.rows, e.bytes = 0, 0
			if err := e.out.EndGroup(); err != nil {
				return err
			}
		}
		lo = hi
	}
	return nil
}

// rowBytes returns about how many bytes of text and vertices a row has.
func rowBytes(b *layers.Block, row int) int {
	n := len(b.IDText(row))
	if s := b.Shapes(); s != nil {
		from, to := s.Vertices(row)
		n += 16 * (to - from)
	}
	for _, c := range b.Columns() {
		switch c := c.(type) {
		case *column.Texts:
			n += int(c.Offsets[row+1] - c.Offsets[row])
		case *column.Codes:
			n += len(c.Dict.Text(c.Codes[row]))
		}
	}
	return n
}

// piece writes rows lo…hi−1 of a block.
func (e *encoder) piece(b *layers.Block, lo, hi int) error {
	values := make([]func(row int) geoparquet.Value, 0, e.columns)
	e.ids, e.idEnds = e.ids[:0], e.idEnds[:0]
	for row := lo; row < hi; row++ {
		e.ids = b.AppendID(e.ids, row)
		e.idEnds = append(e.idEnds, len(e.ids))
	}
	values = append(values, func(row int) geoparquet.Value {
		from := 0
		if row > lo {
			from = e.idEnds[row-lo-1]
		}
		return geoparquet.Value{Kind: geoparquet.Text, Bytes: e.ids[from:e.idEnds[row-lo]]}
	})
	for _, c := range b.Columns() {
		values = append(values, e.values(c))
	}
	var box *geoparquet.Box
	if bounds := b.Box(); !bounds.Empty() {
		box = new(geoparquet.Box)
		box.XMin, box.YMax = bounds.Min.LonLat()
		box.XMax, box.YMin = bounds.Max.LonLat()
	}
	e.total += hi - lo
	var failed error
	err := e.out.WriteColumns(geoparquet.Rows{
		Len:   hi - lo,
		Value: func(column, row int) geoparquet.Value { return values[column](lo + row) },
		Geometry: func(row int) []byte {
			text, err := e.geometry(b, lo+row)
			if err != nil {
				failed = err
			}
			return text
		},
		Box: box,
	})
	if failed != nil {
		return failed
	}
	return err
}

// values returns how the values of a column are written.
func (e *encoder) values(c column.Column) func(row int) geoparquet.Value {
	switch c := c.(type) {
	case *column.Texts:
		return func(row int) geoparquet.Value {
			if c.Nulls.Has(row) {
				return geoparquet.Value{}
			}
			return geoparquet.Value{Kind: geoparquet.Text, Bytes: c.Data[c.Offsets[row]:c.Offsets[row+1]]}
		}
	case *column.Codes:
		texts := e.texts[c.Dict]
		if texts == nil {
			texts = make([][]byte, column.MaxCodes+1)
			e.texts[c.Dict] = texts
		}
		return func(row int) geoparquet.Value {
			code := c.Codes[row]
			if code == 0 {
				return geoparquet.Value{}
			}
			if texts[code] == nil {
				texts[code] = append([]byte{}, c.Dict.Text(code)...)
			}
			return geoparquet.Value{Kind: geoparquet.Text, Bytes: texts[code]}
		}
	default:
		return func(row int) geoparquet.Value { return stored(c.Value(row)) }
	}
}

// stored returns a value as files keep it.
func stored(v column.Value) geoparquet.Value {
	switch k := storedKinds[v.Kind()]; v.Kind() {
	case column.String:
		return geoparquet.Value{Kind: k, Bytes: []byte(v.Text())}
	case column.Float:
		return geoparquet.Value{Kind: k, Float: v.Float()}
	case column.Bool:
		if v.Bool() {
			return geoparquet.Value{Kind: k, Int: 1}
		}
		return geoparquet.Value{Kind: k}
	case column.Int, column.Time:
		return geoparquet.Value{Kind: k, Int: v.Int()}
	default:
		return geoparquet.Value{}
	}
}

// geometry returns the well-known binary of a row, valid until the next call, nil when it has no place.
func (e *encoder) geometry(b *layers.Block, row int) ([]byte, error) {
	switch {
	case b.Shapes() != nil:
		var err error
		e.wkb, err = wkb.Append(e.wkb[:0], layers.Row{Block: b, Index: row}.Geometry())
		if err != nil {
			return nil, fmt.Errorf("feature %q: %w", b.ID(row), err)
		}
		return e.wkb, nil
	case b.X() != nil:
		lon, lat := b.Point(row).LonLat()
		e.wkb = appendPoint(e.wkb[:0], lon, lat)
		return e.wkb, nil
	default:
		return nil, nil
	}
}

// pointSize is the length of a point's well-known binary, and pointStart what it begins with.
const (
	pointSize  = 21
	pointStart = "\x01\x01\x00\x00\x00"
)

// appendPoint is [wkb.Append] of a point that is not in an interface, which would be an allocation each.
func appendPoint(dst []byte, lon, lat float64) []byte {
	dst = append(dst, pointStart...)
	dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(lon))
	return binary.LittleEndian.AppendUint64(dst, math.Float64bits(lat))
}
