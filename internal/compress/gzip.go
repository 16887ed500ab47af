package compress

import (
	"encoding/binary"
	"hash/crc32"
	"sync"

	"github.com/klauspost/compress/flate"
)

// The gzip levels.
const (
	// InlineLevel is for answers that somebody waits for.
	InlineLevel = 2
	// BetterLevel is for answers that are sent often.
	BetterLevel = 7
)

// sink is an io.Writer that appends.
type sink struct{ buf []byte }

// Write appends p and never fails.
func (s *sink) Write(p []byte) (int, error) {
	s.buf = append(s.buf, p...)
	return len(p), nil
}

// encoder is a writer (about 800 kB of tables) with the sink it writes to.
type encoder struct {
	deflate *flate.Writer
	sink    sink
	part    []byte // the output of a part until it is copied; at most maxKept stay
}

var (
	encoders       = newEncoders(InlineLevel)
	betterEncoders = newEncoders(BetterLevel)
)

func newEncoders(level int) *sync.Pool {
	return &sync.Pool{New: func() any {
		e := &encoder{}
		deflate, err := flate.NewWriter(&e.sink, level)
		if err != nil {
			panic(err) // the constants are levels
		}
		e.deflate = deflate
		return e
	}}
}

// header of a gzip member without name or time, from an unknown system (RFC 1952 section 2.3).
var header = [10]byte{0x1f, 0x8b, 8, 9: 0xff}

// AppendGzip appends src to dst as one gzip member without name or time and returns the longer
// slice. dst and src must not overlap. A long src is compressed in parts, side by side.
func AppendGzip(dst, src []byte) []byte { return appendGzip(encoders, dst, src, partsOf(len(src))) }

// AppendGzipBetter is AppendGzip at [BetterLevel], by the caller's goroutine alone.
func AppendGzipBetter(dst, src []byte) []byte { return appendGzip(betterEncoders, dst, src, 1) }

// appendGzip compresses src in so many parts of one member.
func appendGzip(pool *sync.Pool, dst, src []byte, parts int) []byte {
	working.Add(1)
	defer working.Add(-1)
	dst = append(dst, header[:]...)
	if parts == 1 {
		dst = appendDeflate(pool, dst, src, true)
	} else {
		dst = appendParts(pool, dst, src, parts)
	}
	dst = binary.LittleEndian.AppendUint32(dst, crc32.ChecksumIEEE(src))
	return binary.LittleEndian.AppendUint32(dst, uint32(len(src)&0xffffffff)) //nolint:gosec // modulo 2^32, as the format has it
}

// appendDeflate appends src to dst as blocks of deflate (RFC 1951) that end with a byte, of which the last is marked
// so if it is the last of the member.
func appendDeflate(pool *sync.Pool, dst, src []byte, last bool) []byte {
	e := take(pool)
	dst = e.append(dst, src, last)
	pool.Put(e)
	return dst
}

func take(pool *sync.Pool) *encoder {
	e, ok := pool.Get().(*encoder)
	if !ok {
		panic("compress: the pool holds something else")
	}
	return e
}

// append is appendDeflate with an encoder.
func (e *encoder) append(dst, src []byte, last bool) []byte {
	e.sink.buf = dst
	e.deflate.Reset(&e.sink)
	_, writeErr := e.deflate.Write(src)
	end := e.deflate.Flush
	if last {
		end = e.deflate.Close
	}
	endErr := end()
	dst, e.sink.buf = e.sink.buf, nil
	if writeErr != nil || endErr != nil {
		panic("compress: a write to memory failed") // sink.Write never fails
	}
	return dst
}
