package mqtt

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// kind is the type of a control packet (§2.2.1).
type kind byte

const (
	kindConnect     kind = 1
	kindConnack     kind = 2
	kindPublish     kind = 3
	kindPuback      kind = 4
	kindPubrec      kind = 5
	kindPubrel      kind = 6
	kindPubcomp     kind = 7
	kindSubscribe   kind = 8
	kindSuback      kind = 9
	kindUnsubscribe kind = 10
	kindUnsuback    kind = 11
	kindPingreq     kind = 12
	kindPingresp    kind = 13
	kindDisconnect  kind = 14
)

var kindNames = [16]string{
	"reserved type 0", "CONNECT", "CONNACK", "PUBLISH", "PUBACK", "PUBREC", "PUBREL", "PUBCOMP", "SUBSCRIBE", "SUBACK",
	"UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT", "reserved type 15",
}

func (k kind) String() string { return kindNames[k&15] }

const (
	maxRemaining = 1<<28 - 1 // what four bytes of remaining length can say (§2.2.3)
	maxText      = 1<<16 - 1 // bytes of a string (§1.5.3)
)

// malformed is a packet that the standard forbids, or one that a client may not send here. It ends the
// connection (§4.8).
type malformed struct{ text string }

func (m *malformed) Error() string { return "mqtt: " + m.text }

func malformedf(format string, args ...any) error {
	return &malformed{fmt.Sprintf(format, args...)}
}

// header is a fixed header (§2.2).
type header struct {
	kind   kind
	flags  byte // the lower four bits
	length int  // bytes that follow, 0 to maxRemaining
}

// readHeader reads a fixed header whose first byte is there already. It refuses packets that clients do
// not send, and flags and lengths that their type cannot have.
func readHeader(first byte, r io.ByteReader) (header, error) {
	h := header{kind: kind(first >> 4), flags: first & 15}
	if err := h.checkFlags(); err != nil {
		return header{}, err
	}
	for shift := 0; ; shift += 7 {
		b, err := r.ReadByte()
		if err != nil {
			return header{}, whole(err)
		}
		h.length |= int(b&0x7f) << shift
		if b < 0x80 {
			return h, h.checkLength()
		}
		if shift == 21 {
			return header{}, malformedf("the remaining length of a %v has more than four bytes", h.kind)
		}
	}
}

func (h *header) checkFlags() error {
	switch h.kind {
	case kindPublish: // they mean something; see publishHeader
		return nil
	case kindConnect, kindPingreq, kindDisconnect:
		if h.flags == 0 {
			return nil
		}
	case kindPubrel, kindSubscribe, kindUnsubscribe:
		if h.flags == 2 {
			return nil
		}
	default:
		return malformedf("a client sends no %v to this server", h.kind)
	}
	return malformedf("the flags of a %v are %d", h.kind, h.flags)
}

func (h *header) checkLength() error {
	low, high := 0, maxRemaining
	switch h.kind {
	case kindConnect:
		low, high = 12, maxConnect
	case kindSubscribe, kindUnsubscribe:
		low, high = 5, maxSubscribe
	case kindPubrel:
		low, high = 2, 2
	case kindPingreq, kindDisconnect:
		high = 0
	default: // a PUBLISH of any length
	}
	if h.length < low || h.length > high {
		return malformedf("a %v of %d bytes: want %d to %d", h.kind, h.length, low, high)
	}
	return nil
}

// readBody reads all of a packet that checkLength has bounded.
func readBody(r *bufio.Reader, h header) (*body, error) {
	b := make([]byte, h.length)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, whole(err)
	}
	return &body{kind: h.kind, rest: b}, nil
}

// whole returns err of a read that began inside a packet, where an end is no clean one.
func whole(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// body takes a packet apart from front to back. After the first failure it only returns zeros.
type body struct {
	kind kind
	rest []byte
	err  error
}

func (b *body) fail(format string, args ...any) {
	if b.err == nil {
		b.err = malformedf("%v: "+format, append([]any{b.kind}, args...)...)
	}
}

func (b *body) byte(what string) byte {
	if b.err != nil || len(b.rest) < 1 {
		b.fail("it ends before %s", what)
		return 0
	}
	v := b.rest[0]
	b.rest = b.rest[1:]
	return v
}

func (b *body) uint16(what string) uint16 {
	if b.err != nil || len(b.rest) < 2 {
		b.fail("it ends before %s", what)
		return 0
	}
	v := binary.BigEndian.Uint16(b.rest)
	b.rest = b.rest[2:]
	return v
}

// bytes returns data behind its length, part of the packet's memory.
func (b *body) bytes(what string) []byte {
	n := int(b.uint16("the length of " + what))
	if b.err != nil || len(b.rest) < n {
		b.fail("it ends inside %s", what)
		return nil
	}
	v := b.rest[:n]
	b.rest = b.rest[n:]
	return v
}

// text returns a string (§1.5.3).
func (b *body) text(what string) string {
	s := string(b.bytes(what))
	if problem := textProblem(s); problem != "" {
		b.fail("%s %s", what, problem)
		return ""
	}
	return s
}

// end fails when something is left.
func (b *body) end() error {
	if len(b.rest) > 0 {
		b.fail("%d bytes are left over", len(b.rest))
	}
	return b.err
}

// textProblem says what is wrong with a string of MQTT, or "".
func textProblem(s string) string {
	switch {
	case !utf8.ValidString(s):
		return "is not UTF-8"
	case strings.IndexByte(s, 0) >= 0:
		return "holds U+0000"
	}
	return ""
}

// appendAnswer appends a packet that is a packet identifier and nothing else: PUBACK, PUBREC, PUBCOMP or
// UNSUBACK.
func appendAnswer(dst []byte, k kind, id uint16) []byte {
	return append(dst, byte(k)<<4, 2, byte(id>>8), byte(id))
}
