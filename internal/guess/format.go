package guess

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"hutong/internal/compress"
)

// Format is what a data file is, as a config spells it.
type Format string

// The formats that are looked into.
const (
	CSV      Format = "csv"
	GeoJSON  Format = "geojson"
	GeoJSONL Format = "geojsonl"
)

// The compressions that are looked through.
const (
	Gzip = "gzip"
	Zstd = "zstd"
)

// ErrFormat says that a file is in no format that is looked into.
var ErrFormat = errors.New("no CSV, GeoJSON or GeoJSON lines")

// startSize is how much of a file is looked at to tell its format.
const startSize = 64 << 10

// open tells the format by the content and returns the text, which starts behind a byte order mark.
func (s *Sample) open(r io.Reader) (text io.Reader, closeText func(), err error) {
	buffered := bufio.NewReaderSize(r, startSize)
	closeText = func() {}
	unzipped, compression, err := Decompress(buffered)
	if err != nil {
		return nil, nil, err
	}
	if s.Compression = compression; compression != "" {
		closeText = func() { _ = unzipped.Close() }
		buffered = bufio.NewReaderSize(unzipped, startSize)
	}
	start, err := buffered.Peek(startSize)
	if err == nil || errors.Is(err, io.EOF) || len(start) > 0 { // what is broken further on is told there
		err = nil
		if bytes.HasPrefix(start, []byte("\xef\xbb\xbf")) {
			start = start[3:]
			_, err = buffered.Discard(3)
		}
	}
	if err == nil {
		err = s.tell(start)
	}
	if err != nil {
		closeText()
		return nil, nil, err
	}
	return buffered, closeText, nil
}

// Decompress returns what is in a gzip or Zstandard stream, and which of them r is; another stream is
// returned as it is. Closing the reader does not close r.
func Decompress(r *bufio.Reader) (text io.ReadCloser, compression string, err error) {
	magic, err := r.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, "", err
	}
	switch {
	case bytes.HasPrefix(magic, []byte("\x1f\x8b")):
		text, err = compress.NewReader(r)
		return text, Gzip, err
	case bytes.Equal(magic, []byte("\x28\xb5\x2f\xfd")):
		text, err = compress.NewZstdReader(r)
		return text, Zstd, err
	}
	return io.NopCloser(r), "", nil
}

// signatures are what other formats start with.
var signatures = []struct{ magic, name string }{
	{"PMTiles", "a PMTiles archive"},
	{"PAR1", "Parquet"},
	{"SQLite format 3\x00", "SQLite, such as GeoPackage or MBTiles"},
	{"\x00\x00\x27\x0a", "a Shapefile"},
	{"PK\x03\x04", "a ZIP file"},
	{"\xff\xfe", "text in UTF-16"},
	{"\xfe\xff", "text in UTF-16"},
}

// tell sets the format, and the delimiter of CSV, by the start of the text.
func (s *Sample) tell(start []byte) error {
	for _, other := range signatures {
		if bytes.HasPrefix(start, []byte(other.magic)) {
			return fmt.Errorf("this is %s: %w", other.name, ErrFormat)
		}
	}
	trimmed := bytes.TrimLeft(start, " \t\r\n")
	switch {
	case len(trimmed) == 0:
		return fmt.Errorf("the file is empty: %w", ErrFormat)
	case trimmed[0] == '\x1e':
		s.Format = GeoJSONL
	case trimmed[0] == '{':
		s.Format = GeoJSON
		line, _, _ := bytes.Cut(trimmed, []byte("\n"))
		var head struct{ Type string }
		if json.Unmarshal(line, &head) == nil && head.Type == "Feature" {
			s.Format = GeoJSONL
		}
	case trimmed[0] == '[', trimmed[0] == '<', !isText(trimmed):
		return fmt.Errorf("it starts with %.20q: %w (text is UTF-8)", trimmed, ErrFormat)
	default:
		s.Format, s.Delimiter = CSV, string(delimiter(trimmed))
	}
	return nil
}

// isText reports whether b is text: its first line is UTF-8 without control characters but for white
// space, and no NUL stands in the rest. A row further on that is no UTF-8 is one row that a source
// refuses, and no reason to refuse the file.
func isText(b []byte) bool {
	line, _, _ := bytes.Cut(b, []byte("\n"))
	for at := 0; at < len(line); {
		r, size := utf8.DecodeRune(line[at:])
		cutOff := len(line) == len(b) && len(line)-at < utf8.UTFMax // by the end of what is looked at
		if r == utf8.RuneError && size == 1 && !cutOff || r < ' ' && r != '\t' && r != '\r' {
			return false
		}
		at += size
	}
	return bytes.IndexByte(b[len(line):], 0) < 0
}

// delimiter returns the one of , ; tab | that stands most often in the first line outside quotes, a
// comma when none does.
func delimiter(text []byte) byte {
	var counts [256]int
	quoted := false
	for _, c := range text {
		if c == '"' {
			quoted = !quoted
		}
		if c == '\n' && !quoted {
			break
		}
		if !quoted {
			counts[c]++
		}
	}
	best := byte(',')
	for _, c := range []byte{';', '\t', '|'} {
		if counts[c] > counts[best] {
			best = c
		}
	}
	return best
}
