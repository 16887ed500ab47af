package compress

import (
	"bytes"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// CheckGzip reports whether the content of the gzip stream src is sound and has at most limit bytes. The
// error is [ErrBeyond] when it has more. Nothing of the content is kept.
func CheckGzip(src []byte, limit int) error {
	r, err := NewReader(bytes.NewReader(src))
	if err != nil {
		return err
	}
	defer r.Close()
	return checkWithin(r, limit)
}

// CheckZstd is [CheckGzip] for zstd. A frame may ask to look back as far as limit.
func CheckZstd(src []byte, limit int) error {
	r, err := zstd.NewReader(bytes.NewReader(src), zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(uint64(max(limit, maxWindow))))
	if err != nil {
		return fmt.Errorf("compress: zstd: %w", err)
	}
	defer r.Close()
	return checkWithin(r, limit)
}

func checkWithin(r io.Reader, limit int) error {
	n, err := io.CopyN(io.Discard, r, int64(limit)+1)
	switch {
	case n > int64(limit):
		return fmt.Errorf("%w of %d bytes", ErrBeyond, limit)
	case err == io.EOF: //nolint:errorlint // io.CopyN gives io.EOF itself
		return nil
	}
	return err
}
