package files

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// input is the text of a file and where in it reading has come.
type input struct {
	r     io.Reader
	path  string
	limit int // bytes of a record
	ended bool
	err   error // what ended it, if not the end of the file

	carry []byte // the start of a record that goes on behind the last chunk
	line  int    // line ends before carry
	bytes int64  // bytes before carry
}

// fill reads until b is full or the text ends.
func (in *input) fill(b []byte) []byte {
	for len(b) < cap(b) && !in.ended {
		n, err := in.r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		if err != nil {
			in.ended = true
			if !errors.Is(err, io.EOF) {
				in.err = err
			}
		}
	}
	return b
}

// pass counts what lies behind and returns how many lines ended in it.
func (in *input) pass(b []byte) int {
	n := bytes.Count(b, []byte{'\n'})
	in.line += n
	in.bytes += int64(len(b))
	return n
}

// grow returns b with more room, which is at least as much as it holds.
func grow(b []byte) []byte {
	return append(make([]byte, 0, max(2*cap(b), 512)), b...)
}

// end returns the error that ends the file: io.EOF, or what went wrong with its place.
func (in *input) end() error {
	if in.err == nil {
		return io.EOF
	}
	return fmt.Errorf("%s: after line %d: %w", in.path, in.line, in.err)
}

// problem returns an error that names the file and a place: a line, from 1, and bytes before it.
func (in *input) problem(line int, offset int64, format string, args ...any) error {
	return fmt.Errorf("%s:%d: at byte %d: %w", in.path, line, offset+1, fmt.Errorf(format, args...))
}
