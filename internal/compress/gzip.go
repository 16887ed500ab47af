package compress

import (
	"sync"

	"github.com/klauspost/compress/gzip"
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
	gz   *gzip.Writer
	sink sink
}

var (
	encoders       = newEncoders(InlineLevel)
	betterEncoders = newEncoders(BetterLevel)
)

func newEncoders(level int) *sync.Pool {
	return &sync.Pool{New: func() any {
		e := &encoder{}
		gz, err := gzip.NewWriterLevel(&e.sink, level)
		if err != nil {
			panic(err) // the constants are levels
		}
		e.gz = gz
		return e
	}}
}

// AppendGzip appends src to dst as one gzip member without name or time and returns the longer
// slice. dst and src must not overlap.
func AppendGzip(dst, src []byte) []byte { return appendGzip(encoders, dst, src) }

// AppendGzipBetter is AppendGzip at [BetterLevel].
func AppendGzipBetter(dst, src []byte) []byte { return appendGzip(betterEncoders, dst, src) }

func appendGzip(pool *sync.Pool, dst, src []byte) []byte {
	e, ok := pool.Get().(*encoder)
	if !ok {
		panic("compress: the pool holds something else")
	}
	e.sink.buf = dst
	e.gz.Reset(&e.sink)
	_, writeErr := e.gz.Write(src)
	closeErr := e.gz.Close()
	dst, e.sink.buf = e.sink.buf, nil
	if writeErr != nil || closeErr != nil {
		panic("compress: a write to memory failed") // sink.Write never fails
	}
	pool.Put(e)
	return dst
}
