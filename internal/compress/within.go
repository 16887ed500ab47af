package compress

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// ErrBeyond means that data decompresses to more than the caller's limit.
var ErrBeyond = errors.New("compress: decompresses to more than its limit")

// GunzipWithin appends the content of the gzip stream src, one or more members, to dst. The error is
// [ErrBeyond] when the content has more than limit bytes, and else says what is wrong with src; no
// more than limit bytes are ever held. dst and src must not overlap.
func GunzipWithin(dst, src []byte, limit int) ([]byte, error) {
	r, err := NewReader(bytes.NewReader(src))
	if err != nil {
		return dst, err
	}
	defer r.Close()
	return appendWithin(dst, r, len(src), limit)
}

// maxWindow is the most bytes that a zstd frame may ask a reader to look back (RFC 8878 §3.1.1.1.2
// recommends to support 8 MiB).
const maxWindow = 8 << 20

var zstdReaders sync.Pool // of *zstd.Decoder

// UnzstdWithin is [GunzipWithin] for zstd (RFC 8878). A frame whose window is above 8 MiB is an error.
func UnzstdWithin(dst, src []byte, limit int) ([]byte, error) {
	d, ok := zstdReaders.Get().(*zstd.Decoder)
	if !ok {
		var err error
		// With one worker a decoder starts no goroutine.
		d, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return dst, fmt.Errorf("compress: zstd: %w", err)
		}
	}
	if err := d.Reset(bytes.NewReader(src)); err != nil {
		return dst, fmt.Errorf("compress: zstd: %w", err)
	}
	out, err := appendWithin(dst, d, len(src), limit)
	if resetErr := d.Reset(nil); resetErr == nil { // lets go of src
		zstdReaders.Put(d)
	}
	if err != nil && !errors.Is(err, ErrBeyond) {
		err = fmt.Errorf("compress: zstd: %w", err)
	}
	return out, err
}

// appendWithin appends what r gives, at most limit bytes; compressed is the size of what r reads.
func appendWithin(dst []byte, r io.Reader, compressed, limit int) ([]byte, error) {
	start := len(dst)
	step := min(limit, 4*compressed+512) // what is there at once; then it doubles
	for {
		if cap(dst)-len(dst) == 0 {
			grown := make([]byte, len(dst), len(dst)+min(max(step, len(dst)-start, 1), limit+1-(len(dst)-start)))
			copy(grown, dst)
			dst = grown
		}
		end := min(cap(dst), start+limit+1)
		n, err := r.Read(dst[len(dst):end])
		dst = dst[:len(dst)+n]
		switch {
		case len(dst)-start > limit:
			return dst[:start], fmt.Errorf("%w of %d bytes", ErrBeyond, limit)
		case err == io.EOF: //nolint:errorlint // io.Reader gives io.EOF itself
			return dst, nil
		case err != nil:
			return dst[:start], err
		}
	}
}
