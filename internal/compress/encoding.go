package compress

import "fmt"

// Encoding is a content coding (RFC 9110 §8.4.1).
type Encoding uint8

// The encodings.
const (
	Identity Encoding = iota
	Gzip
	Zstd
	Encodings // how many there are
)

// String returns the coding's name in Content-Encoding.
func (e Encoding) String() string {
	switch e {
	case Identity:
		return "identity"
	case Gzip:
		return "gzip"
	case Zstd:
		return "zstd"
	default:
		return fmt.Sprintf("encoding %d", uint8(e))
	}
}

// Append appends src to dst, encoded at a level for answers that somebody waits for, and returns the
// longer slice. dst and src must not overlap.
func Append(dst, src []byte, e Encoding) []byte {
	switch e {
	case Gzip:
		return AppendGzip(dst, src)
	case Zstd:
		return AppendZstd(dst, src)
	default:
		return append(dst, src...)
	}
}

// AppendBetter is [Append] at a level for answers that are sent often.
func AppendBetter(dst, src []byte, e Encoding) []byte {
	switch e {
	case Gzip:
		return AppendGzipBetter(dst, src)
	case Zstd:
		return AppendZstdBetter(dst, src)
	default:
		return append(dst, src...)
	}
}
