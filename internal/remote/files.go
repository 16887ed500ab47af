package remote

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"hutong/ingest/csvrow"
	"hutong/ingest/push"
	"hutong/internal/compress"
)

// maxRecord is the most bytes of one record of a file.
const maxRecord = 16 << 20

// Progress tells how far files were read, in bytes of the disk. It may be used from any goroutine.
type Progress struct {
	read  atomic.Int64
	total int64
}

// NewProgress returns the progress of files that are there.
func NewProgress(paths []string) *Progress {
	p := &Progress{}
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			p.total += info.Size()
		}
	}
	return p
}

// Read returns the bytes that were read.
func (p *Progress) Read() int64 { return p.read.Load() }

// Total returns the bytes of all files.
func (p *Progress) Total() int64 { return p.total }

// Write counts bytes that were read.
func (p *Progress) Write(b []byte) (int, error) {
	if p != nil {
		p.read.Add(int64(len(b)))
	}
	return len(b), nil
}

// record is one record of a file.
type record struct {
	text []byte
	line int // from 1
}

// chunk is records that are sent together.
type chunk struct {
	format  push.Format
	header  []byte // of CSV, with its line end
	records []record
}

// types are the media types that a format is sent as.
var types = map[push.Format]string{
	push.CSV: "text/csv", push.NDJSON: "application/x-ndjson", push.GeoJSON: "application/geo+json", push.JSON: "application/json",
}

// What stands around and between the records of a body.
var around = map[push.Format][3]string{
	push.CSV: {"", "", ""}, push.NDJSON: {"", "\n", "\n"}, push.JSON: {"[", ",", "]"},
	push.GeoJSON: {`{"type":"FeatureCollection","features":[`, ",", "]}"},
}

// text returns the body of a request.
func (c *chunk) text() []byte {
	marks := around[c.format]
	out := append([]byte(marks[0]), c.header...)
	for i := range c.records {
		if i > 0 {
			out = append(out, marks[1]...)
		}
		out = append(out, c.records[i].text...)
	}
	return append(out, marks[2]...)
}

func (c *chunk) body() Body { return Body{Type: types[c.format], Text: c.text()} }

// halves cuts a chunk of two records or more.
func (c *chunk) halves() (first, second *chunk) {
	a, b := *c, *c
	half := len(c.records) / 2
	a.records, b.records = c.records[:half], c.records[half:]
	return &a, &b
}

// reader gives the records of a file, in order; the error is io.EOF at its end.
type reader interface {
	next() (record, error)
}

// opened is a file that is read.
type opened struct {
	format  push.Format
	header  []byte
	records reader
	lines   *int // that were read
	ahead   *record
	closers []io.Closer
}

// formatOf returns the format of a file by its name, whose endings of compressed files are passed over, and what
// is between cells.
func formatOf(path string) (push.Format, byte) {
	name := strings.ToLower(filepath.Base(path))
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".zst")
	switch filepath.Ext(name) {
	case ".csv":
		return push.CSV, ','
	case ".tsv":
		return push.CSV, '\t'
	case ".geojson":
		return push.GeoJSON, 0
	case ".json":
		return push.JSON, 0
	case ".ndjson", ".jsonl", ".geojsonl", ".geojsons", ".geojsonseq", ".ndgeojson":
		return push.NDJSON, 0
	}
	return "", 0
}

// openFile opens a file and reads what comes before its records.
func openFile(path string, f *Files) (*opened, error) {
	format, delimiter := formatOf(path)
	if f.Format != "" {
		format = f.Format
	}
	if f.Delimiter != 0 {
		delimiter = f.Delimiter
	}
	if delimiter == 0 {
		delimiter = ','
	}
	if types[format] == "" {
		return nil, fmt.Errorf("%s: the format does not show in the name: say --format csv, geojson, ndjson or json", path)
	}
	o := &opened{format: format, lines: new(int)}
	source := f.In
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		source = file
		o.closers = append(o.closers, file)
	}
	text, err := o.decode(io.TeeReader(source, f.Progress))
	if err == nil {
		err = o.begin(text, delimiter, f.record)
	}
	if err != nil {
		o.close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return o, nil
}

// decode returns the text of a file, decompressed and without a byte order mark.
func (o *opened) decode(r io.Reader) (*bufio.Reader, error) {
	const size = 64 << 10
	b := bufio.NewReaderSize(r, size)
	start, _ := b.Peek(4) // a shorter file is compared with what it has
	switch {
	case bytes.HasPrefix(start, []byte("\x1f\x8b")):
		z, err := compress.NewReader(b)
		if err != nil {
			return nil, err
		}
		o.closers = append(o.closers, z)
		b = bufio.NewReaderSize(z, size)
	case bytes.HasPrefix(start, []byte("\x28\xb5\x2f\xfd")):
		z, err := compress.NewZstdReader(b)
		if err != nil {
			return nil, err
		}
		o.closers = append(o.closers, z)
		b = bufio.NewReaderSize(z, size)
	}
	mark, _ := b.Peek(3)
	switch {
	case bytes.HasPrefix(mark, []byte("\xef\xbb\xbf")):
		_, _ = b.Discard(len(mark)) // it was peeked at
	case bytes.HasPrefix(mark, []byte("\xff\xfe")), bytes.HasPrefix(mark, []byte("\xfe\xff")):
		return nil, errors.New("the text is UTF-16; save it as UTF-8")
	}
	return b, nil
}

// begin reads up to the first record. most is the most bytes of one.
func (o *opened) begin(b *bufio.Reader, delimiter byte, most int) error {
	switch o.format {
	case push.CSV:
		rows := &rows{b: b, delimiter: delimiter, most: most, lines: o.lines}
		header, err := rows.next()
		if errors.Is(err, io.EOF) {
			return errors.New("want a header, the first line of CSV")
		}
		if err != nil {
			return err
		}
		o.header, o.records = header.text, rows
	case push.NDJSON:
		o.records = &lines{b: b, most: most, lines: o.lines}
	default:
		v := &values{most: most, lines: o.lines}
		v.in = &bounded{r: b, left: most, most: most, count: o.lines}
		v.decoder = json.NewDecoder(v.in)
		if err := v.open(o.format == push.GeoJSON); err != nil {
			return fmt.Errorf("line %d: %w", o.line(), err)
		}
		o.records = v
	}
	return nil
}

// line is about where reading has come, from 1.
func (o *opened) line() int { return *o.lines + 1 }

// next returns records for a request of at most so many bytes, one at least, and records; io.EOF behind the
// last.
func (o *opened) next(most, records int) (*chunk, error) {
	c := &chunk{format: o.format, header: o.header}
	size := len(o.header) + len(around[o.format][0]) + len(around[o.format][2])
	for len(c.records) < records {
		if o.ahead == nil {
			r, err := o.records.next()
			if errors.Is(err, io.EOF) && len(c.records) > 0 {
				return c, nil
			}
			if err != nil {
				return nil, err
			}
			o.ahead = &r
		}
		size += len(o.ahead.text) + len(around[o.format][1])
		if len(c.records) > 0 && size > most {
			return c, nil
		}
		c.records = append(c.records, *o.ahead)
		o.ahead = nil
	}
	return c, nil
}

// close closes what was opened, the last first.
func (o *opened) close() {
	for _, c := range slices.Backward(o.closers) {
		_ = c.Close() // it was only read
	}
}

// rows reads the rows of CSV.
type rows struct {
	b         *bufio.Reader
	delimiter byte
	most      int
	lines     *int
}

// next returns a row that is not empty, with its line end.
func (r *rows) next() (record, error) {
	for {
		var row []byte
		start, quotes, first := *r.lines+1, 0, true
		for {
			part, err := readLine(r.b, len(row), r.most)
			row = append(row, part...)
			*r.lines += bytes.Count(part, []byte{'\n'})
			if err != nil && !errors.Is(err, io.EOF) {
				return record{}, err
			}
			quotes += bytes.Count(part, []byte{'"'})
			final := errors.Is(err, io.EOF)
			if final && len(row) == 0 {
				return record{}, io.EOF
			}
			if final {
				break // what the server makes of a cell that is never closed it will say
			}
			// A row whose last cell is not closed goes on in the next line. While one is open the number of quotes is
			// odd, so the row is looked at again only when it is not.
			if first || quotes%2 == 0 {
				if end, ok := csvrow.End(row, r.delimiter, false); end > 0 || !ok {
					break
				}
			}
			first = false
		}
		if len(bytes.TrimRight(row, "\r\n")) == 0 {
			continue
		}
		if row[len(row)-1] != '\n' {
			row = append(row, '\n')
		}
		return record{row, start}, nil
	}
}

// lines reads one JSON text a line, or between record separators (RFC 8142).
type lines struct {
	b     *bufio.Reader
	most  int
	lines *int
}

// next returns a line that is not empty.
func (l *lines) next() (record, error) {
	for {
		text, err := readLine(l.b, 0, l.most)
		if err != nil && !errors.Is(err, io.EOF) {
			return record{}, err
		}
		start := *l.lines + 1
		*l.lines += bytes.Count(text, []byte{'\n'})
		if text = bytes.Trim(text, " \t\r\n\x1e"); len(text) > 0 {
			return record{bytes.Clone(text), start}, nil
		}
		if err != nil {
			return record{}, io.EOF
		}
	}
}

// readLine reads a line with its end, in pieces if it is long. held is what the caller has of the record already,
// which has at most so many bytes.
func readLine(b *bufio.Reader, held, most int) ([]byte, error) {
	var line []byte
	for {
		part, err := b.ReadSlice('\n')
		line = append(line, part...)
		if len(line)+held > most {
			return nil, fmt.Errorf("want records of at most %d bytes; is a quote not closed?", most)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// values reads the values of a JSON list, or the features of a FeatureCollection.
type values struct {
	in      *bounded
	decoder *json.Decoder
	most    int
	lines   *int
	ended   bool
}

// bounded reads at most so much before it is told again, so that no record fills the memory.
type bounded struct {
	r     io.Reader
	left  int
	most  int
	count *int // of lines
}

// Read reads what is left.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("want records of at most %d bytes", b.most)
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	*b.count += bytes.Count(p[:n], []byte{'\n'})
	return n, err
}

// open reads up to the first record.
func (v *values) open(geojson bool) error {
	token, err := v.decoder.Token()
	switch {
	case err != nil:
		return noEnd(err)
	case token == json.Delim('[') && !geojson:
		return nil
	case token == json.Delim('{') && geojson:
	case geojson:
		return errors.New("want a FeatureCollection")
	default:
		return errors.New("want a list of records, [{…}, …]; one that has its records elsewhere can be sent as lines")
	}
	for v.decoder.More() {
		key, err := v.decoder.Token()
		if err != nil {
			return noEnd(err)
		}
		if key == "features" {
			if token, err := v.decoder.Token(); err != nil || token != json.Delim('[') {
				return errors.Join(errors.New("want a list of features"), err)
			}
			return nil
		}
		var other json.RawMessage
		if err := v.decoder.Decode(&other); err != nil {
			return noEnd(err)
		}
		if key == "crs" && string(other) != "null" && !bytes.Contains(other, []byte("CRS84")) {
			return errors.New("want GeoJSON in WGS 84 (RFC 7946), and it has a crs of its own: import it by a source with files")
		}
	}
	return errors.New("want a FeatureCollection with features")
}

// noEnd makes the end of a text that goes on an error that says so.
func noEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// next returns the next value.
func (v *values) next() (record, error) {
	if v.ended {
		return record{}, io.EOF
	}
	v.in.left = v.most
	if !v.decoder.More() {
		v.ended = true
		if _, err := v.decoder.Token(); err != nil { // the end of the list
			return record{}, noEnd(err)
		}
		return record{}, io.EOF
	}
	var text json.RawMessage
	if err := v.decoder.Decode(&text); err != nil {
		return record{}, noEnd(err)
	}
	// The decoder reads ahead: what it has and has not given away does not count.
	var ahead lineCount
	_, _ = io.Copy(&ahead, v.decoder.Buffered()) // from memory
	return record{text, *v.lines - int(ahead) - bytes.Count(text, []byte{'\n'}) + 1}, nil
}

// lineCount counts line ends.
type lineCount int

// Write counts.
func (n *lineCount) Write(b []byte) (int, error) {
	*n += lineCount(bytes.Count(b, []byte{'\n'}))
	return len(b), nil
}
