package cells

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"hutong/layers/column"
)

// format is what an answer can be.
type format struct {
	name        string
	media       string // as in Accept
	contentType string
	write       func(*table) []byte
}

// formats lists them, the usual one first. The order of columns is the same in all: h3, lon, lat, then the
// schema's fields.
var formats = [...]format{
	{"json", "application/json", "application/json", writeJSON},
	{"csv", "text/csv", "text/csv; charset=utf-8; header=present", writeCSV},
	{"arrow", "application/vnd.apache.arrow.stream", "application/vnd.apache.arrow.stream", writeArrow},
}

// writeJSON writes one object; cells are in its member cells, nulls left out.
func writeJSON(t *table) []byte {
	out := []byte(`{"layer":`)
	out = strconv.AppendQuote(out, string(t.layer)) // letters, digits and -_
	out = append(out, `,"resolution":`...)
	out = strconv.AppendUint(out, uint64(t.resolution), 10)
	out = append(out, `,"snapshot":`...)
	out = strconv.AppendUint(out, uint64(t.at.Seq()), 10)
	out = append(out, `,"returned":`...)
	out = strconv.AppendInt(out, int64(len(t.rows)), 10)
	out = append(out, `,"cells":[`...)
	names := make([][]byte, len(t.schema.Fields))
	for i := range t.schema.Fields {
		names[i], _ = json.Marshal(t.schema.Fields[i].Name) // a text always marshals
	}
	for i := range t.rows {
		r := &t.rows[i]
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, "\n{\"h3\":\""...)
		out = append(out, r.id...)
		out = append(out, `","lon":`...)
		out = strconv.AppendFloat(out, round(r.lon), 'f', -1, 64)
		out = append(out, `,"lat":`...)
		out = strconv.AppendFloat(out, round(r.lat), 'f', -1, 64)
		for k, v := range r.values {
			if !v.IsNull() {
				out = append(append(append(out, ','), names[k]...), ':')
				out = appendValue(out, v)
			}
		}
		out = append(out, '}')
	}
	return append(out, "\n]}\n"...)
}

// round keeps seven decimals, a centimetre.
func round(degrees float64) float64 { return math.Round(degrees*1e7) / 1e7 }

// maxExact is the largest integer that all JSON readers hold exactly; larger ones go as texts, as they do in
// tiles and features.
const maxExact = 1 << 53

// appendValue appends v, not null, as JSON: times as in RFC 3339.
func appendValue(dst []byte, v column.Value) []byte {
	switch v.Kind() {
	case column.Int:
		if v.Int() > maxExact || v.Int() < -maxExact {
			return strconv.AppendQuote(dst, strconv.FormatInt(v.Int(), 10))
		}
		return strconv.AppendInt(dst, v.Int(), 10)
	case column.Float:
		return strconv.AppendFloat(dst, v.Float(), 'g', -1, 64)
	case column.Bool:
		return strconv.AppendBool(dst, v.Bool())
	default:
		text, _ := json.Marshal(textOf(v)) // a text always marshals
		return append(dst, text...)
	}
}

// textOf returns v as CSV has it: "" for null, times as in RFC 3339.
func textOf(v column.Value) string {
	switch v.Kind() {
	case column.Null:
		return ""
	case column.Time:
		return v.Time().UTC().Format(time.RFC3339Nano)
	case column.String:
		return v.Text()
	case column.Int:
		return strconv.FormatInt(v.Int(), 10)
	default:
		return string(appendValue(nil, v))
	}
}

// writeCSV writes a header and a line for each cell (RFC 4180). The snapshot is a column: a header of HTTP is
// lost once the answer is a file.
func writeCSV(t *table) []byte {
	var buf bytes.Buffer
	w := csv.NewWriter(&buf)
	w.UseCRLF = true
	line := []string{"h3", "lon", "lat"}
	for i := range t.schema.Fields {
		line = append(line, t.schema.Fields[i].Name)
	}
	snapshot := strconv.FormatUint(uint64(t.at.Seq()), 10)
	_ = w.Write(append(line, "snapshot")) // to memory
	for i := range t.rows {
		r := &t.rows[i]
		line = append(line[:0], string(r.id), strconv.FormatFloat(round(r.lon), 'f', -1, 64), strconv.FormatFloat(round(r.lat), 'f', -1, 64))
		for _, v := range r.values {
			line = append(line, textOf(v))
		}
		_ = w.Write(append(line, snapshot))
	}
	w.Flush()
	return buf.Bytes()
}

// writeArrow writes an Arrow IPC stream of one batch. The metadata of its schema names the layer, the
// resolution and the snapshot.
func writeArrow(t *table) []byte {
	fields := []arrow.Field{
		{Name: "h3", Type: arrow.BinaryTypes.String}, {Name: "lon", Type: arrow.PrimitiveTypes.Float64}, {Name: "lat", Type: arrow.PrimitiveTypes.Float64},
	}
	for i := range t.schema.Fields {
		f := &t.schema.Fields[i]
		fields = append(fields, arrow.Field{Name: f.Name, Type: arrowType(f.Kind), Nullable: true})
	}
	about := arrow.MetadataFrom(map[string]string{
		"layer": string(t.layer), "resolution": strconv.Itoa(int(t.resolution)), "snapshot": strconv.FormatUint(uint64(t.at.Seq()), 10),
	})
	schema := arrow.NewSchema(fields, &about)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for i := range t.rows {
		r := &t.rows[i]
		appendArrow(b.Field(0), column.StringOf(string(r.id)))
		appendArrow(b.Field(1), column.FloatOf(r.lon))
		appendArrow(b.Field(2), column.FloatOf(r.lat))
		for k, v := range r.values {
			appendArrow(b.Field(3+k), v)
		}
	}
	record := b.NewRecord()
	defer record.Release()
	var buf bytes.Buffer
	w := ipc.NewWriter(&buf, ipc.WithSchema(schema))
	if err := w.Write(record); err != nil {
		panic(err) // to memory, of a schema that fits: becomes a 500 and a log line
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return buf.Bytes()
}

// arrowType returns what Arrow calls a kind; times are microseconds in UTC.
func arrowType(k column.Kind) arrow.DataType {
	switch k {
	case column.Int:
		return arrow.PrimitiveTypes.Int64
	case column.Float:
		return arrow.PrimitiveTypes.Float64
	case column.Bool:
		return arrow.FixedWidthTypes.Boolean
	case column.Time:
		return arrow.FixedWidthTypes.Timestamp_us
	case column.String, column.Null:
		return arrow.BinaryTypes.String
	default:
		return arrow.BinaryTypes.String
	}
}

func appendArrow(b array.Builder, v column.Value) {
	if v.IsNull() {
		b.AppendNull()
		return
	}
	switch b := b.(type) {
	case *array.Int64Builder:
		b.Append(v.Int())
	case *array.Float64Builder:
		b.Append(v.Float())
	case *array.BooleanBuilder:
		b.Append(v.Bool())
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(v.Time().Truncate(time.Microsecond).UnixMicro()))
	case *array.StringBuilder:
		b.Append(v.Text())
	}
}
