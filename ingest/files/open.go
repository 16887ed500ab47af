package files

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"hutong/internal/compress"
)

// open opens a file by its path; the error names it.
func open(path string) (io.ReadCloser, error) { return os.Open(path) }

// The first bytes of compressed files.
const (
	gzipMagic = "\x1f\x8b"
	zstdMagic = "\x28\xb5\x2f\xfd"
)

// decode returns the text in file: decompressed when it is gzip or Zstandard, and without a byte order mark.
// Closing it does not close file.
func decode(path string, file io.Reader) (io.ReadCloser, error) {
	start := bufio.NewReader(file) // larger reads go past its buffer
	magic, err := start.Peek(len(zstdMagic))
	if err != nil && err != io.EOF { //nolint:errorlint // Peek returns io.EOF itself
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	text := io.NopCloser(start)
	name := strings.ToLower(path)
	var unzipped io.ReadCloser
	switch {
	case bytes.HasPrefix(magic, []byte(gzipMagic)) || strings.HasSuffix(name, ".gz"):
		unzipped, err = compress.NewReader(start)
	case bytes.HasPrefix(magic, []byte(zstdMagic)) || strings.HasSuffix(name, ".zst"):
		unzipped, err = compress.NewZstdReader(start)
	default:
		err = nil // a short file
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if unzipped != nil {
		start = bufio.NewReader(unzipped)
		text = readCloser{start, unzipped}
	}
	mark, err := start.Peek(3)
	switch {
	case bytes.HasPrefix(mark, []byte("\xef\xbb\xbf")):
		_, err = start.Discard(3)
	case bytes.HasPrefix(mark, []byte("\xff\xfe")), bytes.HasPrefix(mark, []byte("\xfe\xff")):
		err = fmt.Errorf("the text is UTF-16; save it as UTF-8")
	}
	if err != nil && err != io.EOF { //nolint:errorlint // Peek returns io.EOF itself
		_ = text.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return text, nil
}

type readCloser struct {
	io.Reader
	io.Closer
}
