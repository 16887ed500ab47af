package mqtt

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"hutong/ingest"
)

// hostile are packets that a client that was let in may not send.
func hostile() map[string][]byte {
	duplicate := publishing(0, 0, "t", "x")
	duplicate[0] |= 8
	return map[string][]byte{
		"second CONNECT":             connectAs("c", "", "", 0),
		"CONNACK":                    {0x20, 2, 0, 0},
		"PUBACK":                     {0x40, 2, 0, 1},
		"PUBREC":                     {0x50, 2, 0, 1},
		"PUBCOMP":                    {0x70, 2, 0, 1},
		"SUBACK":                     {0x90, 3, 0, 1, 0},
		"UNSUBACK":                   {0xb0, 2, 0, 1},
		"PINGRESP":                   {0xd0, 0},
		"type 0":                     {0x00, 0},
		"type 15":                    {0xf0, 0},
		"PINGREQ with flags":         {0xc1, 0},
		"PINGREQ with a body":        {0xc0, 1, 0},
		"DISCONNECT with flags":      {0xe2, 0},
		"PUBREL without flags":       {0x60, 2, 0, 1},
		"PUBREL of 0":                {0x62, 2, 0, 0},
		"PUBREL too long":            {0x62, 3, 0, 1, 0},
		"length of five bytes":       {0x30, 0x80, 0x80, 0x80, 0x80, 0x01},
		"length of five for four":    {0x30, 0x83, 0x80, 0x80, 0x80, 0x00, 0, 1, 't'},
		"endless length":             bytes.Repeat([]byte{0x32, 0x80, 0x80, 0x80, 0x80}, 50),
		"PUBLISH of QoS 3":           publishing(3, 1, "t", "x"),
		"PUBLISH of QoS 0 again":     duplicate,
		"PUBLISH of nothing":         {0x30, 0},
		"PUBLISH of no topic":        publishing(1, 1, "", "x"),
		"PUBLISH of no identifier":   publishing(1, 0, "t", "x"),
		"PUBLISH to +":               publishing(1, 1, "a/+", "x"),
		"PUBLISH to #":               publishing(1, 1, "#", "x"),
		"PUBLISH to U+0000":          publishing(1, 1, "a\x00b", "x"),
		"PUBLISH to no UTF-8":        publishing(1, 1, "a\xffb", "x"),
		"PUBLISH to a surrogate":     publishing(1, 1, "a\xed\xa0\x80b", "x"),
		"PUBLISH ends in topic":      {0x30, 4, 0, 9, 'a', 'b'},
		"PUBLISH ends in identifier": {0x32, 4, 0, 1, 'a', 0},
		"SUBSCRIBE without flags":    packet(0x80, []byte{0, 9}, text("a"), []byte{1}),
		"SUBSCRIBE of nothing":       {0x82, 2, 0, 9},
		"SUBSCRIBE of 0":             packet(0x82, []byte{0, 0}, text("a"), []byte{1}),
		"SUBSCRIBE without QoS":      packet(0x82, []byte{0, 9}, text("ab")),
		"SUBSCRIBE with QoS 3":       packet(0x82, []byte{0, 9}, text("a"), []byte{3}),
		"SUBSCRIBE to no filter":     packet(0x82, []byte{0, 9}, text("a#"), []byte{0}),
		"SUBSCRIBE too long":         {0x82, 0xff, 0xff, 0xff, 0x7f},
		"UNSUBSCRIBE to no filter":   packet(0xa2, []byte{0, 9}, text("a/#/b")),
	}
}

func TestMalformedConnect(t *testing.T) {
	t.Parallel()
	head := func(flags byte) []byte { return append(text("MQTT"), 4, flags, 0, 10) }
	for _, test := range []struct {
		name string
		body []byte
		want string
	}{
		{"reserved flag", append(head(3), text("c")...), "the reserved flag is set"},
		{"QoS of no will", append(head(0x0a), text("c")...), "there are flags of a will"},
		{"retain of no will", append(head(0x22), text("c")...), "there are flags of a will"},
		{"will of QoS 3", append(head(0x1e), text("c")...), "the will's QoS is 3"},
		{"will to a wildcard", bytes.Join([][]byte{head(6), text("c"), text("a/#"), text("")}, nil), "the will's topic holds a wildcard"},
		{"password of nobody", bytes.Join([][]byte{head(0x42), text("c"), text("p")}, nil), "no user name"},
		{"identifier no UTF-8", append(head(2), text("\xff")...), "the client identifier is not UTF-8"},
		{"user with U+0000", bytes.Join([][]byte{head(0x82), text("c"), text("\x00")}, nil), "the user name holds U+0000"},
		{"cut in the user", bytes.Join([][]byte{head(0x82), text("c"), text("user")[:4]}, nil), "ends inside the user name"},
		{"no user", append(head(0x82), text("c")...), "ends before the length of the user name"},
		{"too much", append(append(head(2), text("c")...), 1), "1 bytes are left over"},
		{"cut in the name", []byte{0, 9, 'M'}, "ends inside the protocol name"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := decodeConnect(&body{kind: kindConnect, rest: test.body})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want it to say %q", err, test.want)
			}
			if bad := new(malformed); !errors.As(err, &bad) {
				t.Errorf("got a %T, want a malformed packet", err)
			}
		})
	}
}

func TestLengths(t *testing.T) {
	t.Parallel()
	// The bounds of the table in §2.2.3.
	for n, want := range map[int][]byte{
		0: {0}, 127: {0x7f}, 128: {0x80, 1}, 16_383: {0xff, 0x7f}, 16_384: {0x80, 0x80, 1},
		2_097_151: {0xff, 0xff, 0x7f}, 2_097_152: {0x80, 0x80, 0x80, 1}, maxRemaining: {0xff, 0xff, 0xff, 0x7f},
	} {
		got := appendLength(nil, n)
		if !bytes.Equal(got, want) {
			t.Errorf("the length %d is % x, want % x", n, got, want)
		}
		h, err := readHeader(0x30, bytes.NewReader(got))
		if err != nil || h.length != n {
			t.Errorf("% x is read as %d, %v, want %d", got, h.length, err, n)
		}
	}
}

// Every packet cut anywhere is an end inside a packet, never a shorter one.
func TestCutAnywhere(t *testing.T) {
	t.Parallel()
	for _, whole := range [][]byte{
		connectAs("client", "user", "password", 10), publishing(2, 77, "a/b", "payload"), releasing(7),
		packet(0x82, []byte{0, 9}, text("a/#"), []byte{1}),
	} {
		for n := 1; n < len(whole); n++ {
			if _, err := readAny(bufio.NewReader(bytes.NewReader(whole[:n]))); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("%v cut at %d: got %v, want an unexpected end", kind(whole[0]>>4), n, err)
			}
		}
		if _, err := readAny(bufio.NewReader(bytes.NewReader(whole))); err != nil {
			t.Errorf("%v: %v", kind(whole[0]>>4), err)
		}
	}
}

// readAny reads a packet of any kind as a connection does, and returns it written again where that can
// be: a PUBLISH.
func readAny(r *bufio.Reader) (again []byte, err error) {
	first, err := r.ReadByte()
	if err != nil {
		return nil, err
	}
	h, err := readHeader(first, r)
	if err != nil {
		return nil, err
	}
	if h.kind == kindPublish {
		p, err := readPublish(r, h, minPacket)
		if err != nil {
			return nil, err
		}
		if p.Cut() {
			return nil, nil
		}
		again = publishing(p.QoS, p.id, p.Topic, string(p.Payload))
		again[0] |= h.flags & 9
		return again, nil
	}
	b, err := readBody(r, h)
	if err != nil {
		return nil, err
	}
	switch h.kind {
	case kindConnect:
		_, err = decodeConnect(b)
	case kindSubscribe, kindUnsubscribe:
		_, err = answerSubscribe(b)
	default:
	}
	return nil, err
}

// FuzzPackets reads any bytes as packets of a client. What is read as a PUBLISH must be what was sent, to
// the byte where its length was written in the shortest way, and hold a topic that MQTT allows.
func FuzzPackets(f *testing.F) {
	f.Add(bytes.Join([][]byte{connectAs("c", "u", "p", 9), publishing(1, 1, "a/b", "x"), releasing(1), pinging, disconnecting}, nil))
	f.Add(packet(0x10, text("MQTT"), []byte{4, 0xee, 0, 9}, text("c"), text("a/b"), text("gone"), text("u"), text("p")))
	for _, b := range hostile() {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		source := bytes.NewReader(data)
		r := bufio.NewReader(source)
		for {
			at := len(data) - source.Len() - r.Buffered()
			again, err := readAny(r)
			if err != nil {
				if bad := new(malformed); !errors.As(err, &bad) && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Fatalf("got a %T: %v", err, err)
				}
				return
			}
			if again == nil {
				continue
			}
			sent := data[at : len(data)-source.Len()-r.Buffered()]
			if len(sent) == len(again) && !bytes.Equal(sent, again) {
				t.Fatalf("% x was read as % x", sent, again)
			}
			if len(sent) < len(again) || len(sent) > len(again)+3 {
				t.Fatalf("%d bytes were read as %d", len(sent), len(again))
			}
		}
	})
}

// A PUBLISH that says that it is long must not take memory before it is.
func TestReadPublishKeepsTheBeginning(t *testing.T) {
	t.Parallel()
	payload := strings.Repeat("0123456789abcdef", 1<<20/16)
	b := publishing(1, 3, "a", payload)
	r := bufio.NewReader(io.MultiReader(bytes.NewReader(b), strings.NewReader("next")))
	first, _ := r.ReadByte()
	h, err := readHeader(first, r)
	if err != nil {
		t.Fatal(err)
	}
	p, err := readPublish(r, h, minPacket)
	if err != nil {
		t.Fatal(err)
	}
	want := publish{Message{Topic: "a", Payload: []byte(payload[:ingest.MaxLetterRaw]), Size: len(payload), QoS: 1}, 3}
	if diff := cmp.Diff(want, p, cmp.AllowUnexported(publish{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if rest, _ := io.ReadAll(r); string(rest) != "next" {
		t.Errorf("behind it %q is left, want the next packet", rest)
	}
	if !utf8.Valid(p.Payload) {
		t.Error("the beginning was not kept as it was")
	}
}
