package record

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"hutong/layers"
)

// magic starts every message: three letters and the version.
const magic = "HTJ\x01"

const (
	version    = 1
	sumAt      = 4 // the CRC-32C of all other bytes, little-endian
	kindAt     = 8
	wholeSize  = 9
	txSize     = 16
	headerSize = wholeSize + txSize + 4 + 8 + 4 // the longest: that of a commit
)

// MaxHeader is the most bytes of a message beside its part of a body.
const MaxHeader = headerSize

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Sum returns the CRC-32C of b.
func Sum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// Kind says what a message is.
type Kind uint8

// The kinds.
const (
	// Whole has a body.
	Whole Kind = iota
	// Part has a part of a body, which counts only when its [Commit] follows.
	Part
	// Commit has the last part of a body and makes all of them count.
	Commit
	// Lost stands where a message was that is lost, which the operator accepted; it has no body.
	Lost
)

// Tx tells the parts of one body from those of others.
type Tx [txSize]byte

// Message is one message of the log.
type Message struct {
	Kind Kind
	// Tx is the transaction of a Part or Commit.
	Tx Tx
	// Index is the number of a Part or Commit among the parts of its body, from 0.
	Index uint32
	// First is, in a Commit, the sequence of the first part.
	First layers.Seq
	// BodySum is, in a Commit, the [Sum] of the whole body.
	BodySum uint32
	// Body is the body or the part. After [Parse] it shares memory with what was parsed.
	Body []byte
}

// Append appends m's bytes, with Body's pieces in their order, and returns the longer slice.
func (m *Message) Append(dst []byte, body ...[]byte) []byte {
	start := len(dst)
	dst = append(dst, magic...)
	dst = append(dst, 0, 0, 0, 0, byte(m.Kind))
	if m.Kind == Part || m.Kind == Commit {
		dst = append(dst, m.Tx[:]...)
		dst = binary.LittleEndian.AppendUint32(dst, m.Index)
	}
	if m.Kind == Commit {
		dst = binary.LittleEndian.AppendUint64(dst, uint64(m.First))
		dst = binary.LittleEndian.AppendUint32(dst, m.BodySum)
	}
	dst = append(dst, m.Body...)
	for _, piece := range body {
		dst = append(dst, piece...)
	}
	binary.LittleEndian.PutUint32(dst[start+sumAt:], checksum(dst[start:]))
	return dst
}

// checksum is the CRC of a message but for the bytes where it stands.
func checksum(b []byte) uint32 {
	return crc32.Update(crc32.Checksum(b[:sumAt], castagnoli), castagnoli, b[kindAt:])
}

// Parse takes a message apart. The error, which is [ErrCorrupt] or [ErrNewer], says what is wrong with it.
func Parse(b []byte) (Message, error) {
	var m Message
	refuse := func(format string, args ...any) (Message, error) {
		return Message{}, fmt.Errorf("%w: "+format, append([]any{ErrCorrupt}, args...)...)
	}
	switch {
	case len(b) < wholeSize:
		return refuse("a message of %d bytes, fewer than %d", len(b), wholeSize)
	case string(b[:3]) != magic[:3]:
		return refuse("a message that starts with %q, not %q: it is not Hutong's", b[:3], magic[:3])
	case binary.LittleEndian.Uint32(b[sumAt:]) != checksum(b): // it stands there in every version
		return refuse("the checksum of the message is %08x, of its bytes %08x",
			binary.LittleEndian.Uint32(b[sumAt:]), checksum(b))
	case b[3] > version:
		return Message{}, fmt.Errorf("%w: a message of version %d, and this program reads version %d: start the newer one again, or restore a backup that this one reads", ErrNewer, b[3], version)
	case b[3] != version:
		return refuse("a message of version %d: there is none", b[3])
	}
	m.Kind, b = Kind(b[kindAt]), b[wholeSize:]
	need := 0
	switch m.Kind {
	case Whole:
	case Part:
		need = txSize + 4
	case Commit:
		need = headerSize - wholeSize
	case Lost:
		if len(b) != 0 {
			return refuse("%d bytes behind the mark of a lost message", len(b))
		}
	default:
		return refuse("no kind %d of message", m.Kind)
	}
	if len(b) < need {
		return refuse("a part with %d bytes, fewer than %d", len(b), need)
	}
	if need > 0 {
		m.Tx, m.Index = Tx(b[:txSize]), binary.LittleEndian.Uint32(b[txSize:])
	}
	if m.Kind == Commit {
		m.First = layers.Seq(binary.LittleEndian.Uint64(b[txSize+4:]))
		m.BodySum = binary.LittleEndian.Uint32(b[txSize+12:])
	}
	m.Body = b[need:]
	return m, nil
}
