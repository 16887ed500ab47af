package push

import (
	"errors"
	"fmt"
	"io"
	"unsafe"

	"hutong/ingest"
	"hutong/internal/compress"
)

// A body may be so many times as large as it was sent; a small one may be more. JSON of sensors that all say
// the same shrinks to a hundredth, a file made to fill a memory to a thousandth and less.
const (
	maxRatio  = 200
	freeRatio = 1 << 20 // bytes that any body may have
)

// TooLargeError says that a request is beyond a bound.
type TooLargeError struct {
	Limit int
	// What is the bound, with %d for the limit.
	What string
}

// Error names the bound.
func (e *TooLargeError) Error() string { return fmt.Sprintf(e.What, e.Limit) }

// BodyError says that a body could not be read to its end, for a fault of the sender's or the network's.
type BodyError struct{ Err error }

// Error says so.
func (e *BodyError) Error() string { return "push: the body: " + e.Err.Error() }

// Unwrap returns the reason.
func (e *BodyError) Unwrap() error { return e.Err }

// read returns the text of a body, decompressed. What it holds is taken from s. The error is a
// [*TooLargeError], a [*BodyError] or [ingest.ErrBusy].
func (f *Feed) read(r io.Reader, encoding compress.Encoding, s *share) (string, error) {
	limit := f.opts.Limits.Body
	sent, err := readAll(r, limit, s)
	if err != nil || encoding == compress.Identity {
		return unsafe.String(unsafe.SliceData(sent), len(sent)), err // nobody writes to it any more
	}
	room := min(limit, max(freeRatio, maxRatio*len(sent)))
	// Decompressing grows by doubling and copies, so that as much again may be held for a moment.
	if !s.take(room) {
		return "", ingest.ErrBusy
	}
	var text []byte
	if encoding == compress.Gzip {
		text, err = compress.GunzipWithin(nil, sent, room)
	} else {
		text, err = compress.UnzstdWithin(nil, sent, room)
	}
	switch {
	case errors.Is(err, compress.ErrBeyond) && room < limit:
		return "", &TooLargeError{maxRatio, "The body decompresses to more than %d times its size, and to more than 1 MiB."}
	case errors.Is(err, compress.ErrBeyond):
		return "", &TooLargeError{limit, "The body decompresses to more than %d bytes."}
	case err != nil:
		return "", &BodyError{fmt.Errorf("it is no sound %s: %w", encoding, err)}
	}
	s.give(room - cap(text))
	return unsafe.String(unsafe.SliceData(text), len(text)), nil
}

// readAll reads r to its end, at most limit bytes.
func readAll(r io.Reader, limit int, s *share) ([]byte, error) {
	const first = 16 << 10
	var b []byte
	for {
		if len(b) == cap(b) {
			size := min(max(2*cap(b), first), limit+1)
			if !s.take(size) {
				return nil, ingest.ErrBusy
			}
			grown := append(make([]byte, 0, size), b...)
			s.give(cap(b))
			b = grown
		}
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case len(b) > limit:
			return nil, &TooLargeError{limit, "A body of this source may have %d bytes."}
		case err == io.EOF: //nolint:errorlint // io.Reader gives io.EOF itself
			return b, nil
		case err != nil:
			return nil, &BodyError{err}
		}
	}
}
