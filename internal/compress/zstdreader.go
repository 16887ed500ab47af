package compress

import (
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// MaxWindow is the largest window of a Zstandard stream that is read, in bytes: what the zstd command
// takes unless told otherwise. A stream that asks for more is refused.
const MaxWindow = 128 << 20

// ZstdReader decompresses a Zstandard stream (RFC 8878) of one or more frames. Close it when done;
// that does not close what it reads from.
type ZstdReader struct {
	z    *zstd.Decoder
	from *counter
}

// counter notes whether anything was read.
type counter struct {
	r    io.Reader
	some bool
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.some = c.some || n > 0
	return n, err
}

var _ io.ReadCloser = (*ZstdReader)(nil)

// NewZstdReader returns a reader of the content of r. It takes memory of the size of the stream's
// window, [MaxWindow] at most, and decompresses in the calling goroutine.
func NewZstdReader(r io.Reader) (*ZstdReader, error) {
	from := &counter{r: r}
	z, err := zstd.NewReader(from, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(MaxWindow))
	if err != nil {
		return nil, fmt.Errorf("compress: zstd: %w", err)
	}
	return &ZstdReader{z, from}, nil
}

// Read reads decompressed bytes. Its error is io.EOF only behind a whole frame, whose checksum, if it
// has one, was right. A stream without any frame is an error.
func (r *ZstdReader) Read(p []byte) (int, error) {
	if r.z == nil {
		return 0, fmt.Errorf("compress: read: %w", io.ErrClosedPipe)
	}
	n, err := r.z.Read(p)
	if err == io.EOF && !r.from.some { //nolint:errorlint // io.Reader asks for io.EOF itself
		err = io.ErrUnexpectedEOF
	}
	if err != nil && err != io.EOF { //nolint:errorlint // io.Reader asks for io.EOF itself
		err = fmt.Errorf("compress: zstd: %w", err)
	}
	return n, err
}

// Close gives the reader's memory back. It may be called again.
func (r *ZstdReader) Close() error {
	if r.z != nil {
		r.z.Close()
		r.z = nil
	}
	return nil
}
