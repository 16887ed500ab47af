package compress

import (
	"sync"

	"github.com/klauspost/compress/zstd"
)

// zstdWindow is how far back an encoder looks, in bytes. Clients need not take more than 8 MB (RFC
// 9659), and tiles are shorter than this.
const zstdWindow = 1 << 20

var (
	zstdEncoder       = newZstd(zstd.SpeedFastest)
	zstdBetterEncoder = newZstd(zstd.SpeedBetterCompression)
)

// newZstd returns a function that makes an encoder when it is first called.
func newZstd(level zstd.EncoderLevel) func() *zstd.Encoder {
	return sync.OnceValue(func() *zstd.Encoder {
		e, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(level), zstd.WithWindowSize(zstdWindow),
			zstd.WithLowerEncoderMem(true), zstd.WithEncoderCRC(false))
		if err != nil {
			panic(err) // the options are constants
		}
		return e
	})
}

// AppendZstd appends src to dst as one Zstandard frame, at a fast level, and returns the longer
// slice. dst and src must not overlap. At most GOMAXPROCS calls work at once, the others wait.
func AppendZstd(dst, src []byte) []byte { return zstdEncoder().EncodeAll(src, dst) }

// AppendZstdBetter is AppendZstd at a better level.
func AppendZstdBetter(dst, src []byte) []byte { return zstdBetterEncoder().EncodeAll(src, dst) }
