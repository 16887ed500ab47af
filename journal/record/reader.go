package record

import (
	"encoding/binary"
	"fmt"

	"hutong/layers"
)

// reader reads a body from i on. The first error stays and ends all loops; what is read after it is
// zero. No length that it returns is beyond the bytes that are there.
type reader struct {
	b   []byte
	s   string // b as text, which values share: one copy for all of them
	i   int
	end int // of the section
	err error
}

func (r *reader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: at byte %d: "+format, append([]any{ErrCorrupt, r.i}, args...)...)
	}
}

// take returns the next n bytes' start and passes them.
func (r *reader) take(n int) (start int, ok bool) {
	if r.err != nil {
		return 0, false
	}
	if n < 0 || n > r.end-r.i {
		r.fail("%d bytes wanted, %d there", n, r.end-r.i)
		return 0, false
	}
	start = r.i
	r.i += n
	return start, true
}

func (r *reader) byte() byte {
	at, ok := r.take(1)
	if !ok {
		return 0
	}
	return r.b[at]
}

// salt reads one, which is not zero.
func (r *reader) salt() (s layers.Salt) {
	at, ok := r.take(len(s))
	if !ok {
		return s
	}
	if s = layers.Salt(r.b[at:r.i]); s == (layers.Salt{}) {
		r.fail("a salt of zeroes")
	}
	return s
}

func (r *reader) fixed32() uint32 {
	at, ok := r.take(4)
	if !ok {
		return 0
	}
	return binary.LittleEndian.Uint32(r.b[at:])
}

func (r *reader) fixed64() uint64 {
	at, ok := r.take(8)
	if !ok {
		return 0
	}
	return binary.LittleEndian.Uint64(r.b[at:])
}

func (r *reader) uvarint() uint64 {
	if r.err != nil {
		return 0
	}
	v, n := binary.Uvarint(r.b[r.i:r.end])
	if n <= 0 {
		r.fail("a number is cut off or too large")
		return 0
	}
	r.i += n
	return v
}

func (r *reader) varint() int64 {
	v := r.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

// count reads how many things follow that have at least size bytes each.
func (r *reader) count(size int, what string) int {
	n := r.uvarint()
	if r.err == nil && n > uint64((r.end-r.i)/size) {
		r.fail("%d %s, for which %d bytes are too few", n, what, r.end-r.i)
		return 0
	}
	return int(n)
}

func (r *reader) text() string {
	n := r.count(1, "bytes of text")
	at, ok := r.take(n)
	if !ok {
		return ""
	}
	return r.s[at : at+n]
}
