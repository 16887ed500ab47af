package mqtt

import (
	"bufio"
	"encoding/binary"
	"io"
	"strings"

	"hutong/ingest"
)

// publish is a PUBLISH (§3.3).
type publish struct {
	Message

	id uint16 // 0 with QoS 0
}

// cost returns what reading the PUBLISH of h takes of the memory that all clients share, in bytes.
func (h *header) cost(maxPacket int) int {
	return overhead + min(h.length, maxPacket)
}

// readPublish reads the PUBLISH behind its fixed header. When it is longer than maxPacket bytes, which are
// at least minPacket, it keeps what a dead letter keeps of the payload and reads past the rest.
func readPublish(r *bufio.Reader, h header, maxPacket int) (publish, error) {
	p := publish{Message: Message{QoS: h.flags >> 1 & 3, Duplicate: h.flags&8 != 0}}
	switch {
	case p.QoS == 3:
		return publish{}, malformedf("PUBLISH: its QoS is 3")
	case p.QoS == 0 && p.Duplicate:
		return publish{}, malformedf("PUBLISH: QoS 0 and a duplicate")
	}
	rest := h.length
	topic, err := readTopic(r, &rest)
	if err != nil {
		return publish{}, err
	}
	p.Topic = topic
	if p.QoS > 0 {
		if p.id, err = readID(r, &rest); err != nil {
			return publish{}, err
		}
	}
	p.Size = rest
	keep := rest
	if h.length > maxPacket {
		keep = min(rest, ingest.MaxLetterRaw) // always less than rest: see minPacket
	}
	p.Payload = make([]byte, keep)
	if _, err := io.ReadFull(r, p.Payload); err != nil {
		return publish{}, whole(err)
	}
	if _, err := io.CopyN(io.Discard, r, int64(rest-keep)); err != nil {
		return publish{}, whole(err)
	}
	return p, nil
}

// readTopic reads a topic name and takes its bytes from rest.
func readTopic(r *bufio.Reader, rest *int) (string, error) {
	n, err := readUint16(r, rest, "its topic")
	if err != nil {
		return "", err
	}
	if *rest -= int(n); *rest < 0 {
		return "", malformedf("PUBLISH: it ends inside its topic")
	}
	raw := make([]byte, n)
	if _, err := io.ReadFull(r, raw); err != nil {
		return "", whole(err)
	}
	topic := string(raw)
	if problem := topicProblem(topic); problem != "" {
		return "", malformedf("PUBLISH: its topic %s", problem)
	}
	return topic, nil
}

func readID(r *bufio.Reader, rest *int) (uint16, error) {
	id, err := readUint16(r, rest, "its packet identifier")
	if err == nil && id == 0 {
		return 0, malformedf("PUBLISH: its packet identifier is 0")
	}
	return id, err
}

func readUint16(r *bufio.Reader, rest *int, what string) (uint16, error) {
	if *rest -= 2; *rest < 0 {
		return 0, malformedf("PUBLISH: it ends before %s", what)
	}
	var b [2]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return 0, whole(err)
	}
	return binary.BigEndian.Uint16(b[:]), nil
}

// topicProblem says what is wrong with a topic name (§4.7.3), or "".
func topicProblem(topic string) string {
	switch {
	case topic == "":
		return "is empty"
	case strings.ContainsAny(topic, "+#"):
		return "holds a wildcard"
	}
	return textProblem(topic)
}
