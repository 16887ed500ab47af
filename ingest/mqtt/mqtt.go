// Package mqtt takes messages of sensors: a listener for MQTT 3.1.1 (OASIS standard of 29 October 2014,
// cited below by section) that only takes in. A QoS 1 PUBACK and a QoS 2 PUBREC are sent after
// [Handler.Publish] has returned nil and never before, so an acknowledged message is wherever the
// handler puts what it accepts (S7). No broker does that for a log that is not its own; ADR 0010 has
// the figures.
//
//	CONNECT ──▶ Handler.Authorise ──▶ CONNACK
//	PUBLISH ──▶ queue of the client ──▶ Handler.Publish, a batch at a time ──▶ PUBACK or PUBREC
//	            (messages, bytes; all clients share Options.Memory)
//
// Each connection has two goroutines. One reads packets into the client's queue and stops reading when
// that is full, so that TCP holds the sender back. The other hands all that is queued to the handler as
// one batch and then acknowledges it, in the order of the messages (§4.6). So a client that keeps many
// messages in flight needs no round trip for each, and clients do not wait for each other.
//
// MQTT 3.1.1 has no answer that refuses a message. One that can never be accepted is the handler's to put
// where somebody finds it, and is acknowledged. When the handler fails, nothing of the batch is acknowledged
// and the connection ends: senders keep what was not acknowledged and send it again.
//
// Nothing is sent to clients but acknowledgements. A SUBSCRIBE is answered with failure for each filter,
// the retain flag and wills have no effect, and no session outlives its connection ("session present" is
// always 0). docs/formats/mqtt.md says what that means for senders.
package mqtt

import (
	"context"
	"time"
)

// Session is what a [Handler] knows of a client that it let in: its sources, say. This package only
// passes it back.
type Session any

// Message is one PUBLISH. It belongs to the handler.
type Message struct {
	// Topic is a valid topic name (§4.7.3): not empty, UTF-8 without U+0000, no wildcard.
	Topic string
	// Payload is what was sent, or its first [ingest.MaxLetterRaw] bytes when the packet was longer than
	// Options.MaxPacket.
	Payload []byte
	// Size is the length of the payload as it was sent, in bytes.
	Size int
	// QoS is the quality of service that it was sent with: 0, 1 or 2.
	QoS byte
	// Duplicate is the sender's word that it has sent this before. It may have been accepted then.
	Duplicate bool
	// Received is when all of it had come.
	Received time.Time
}

// Cut reports whether the packet was too long: Payload lacks its end, so the message can only be refused.
func (m *Message) Cut() bool { return m.Size > len(m.Payload) }

// Handler lets clients in and takes their messages. It is called from many goroutines.
type Handler interface {
	// Authorise says who a client is, by the user name and password of its CONNECT, "" where it sent
	// none. Any error refuses it with return code 5, not authorised; its text is logged, never sent.
	Authorise(user, password string) (Session, error)
	// Publish takes messages of one client, in the order in which it sent them; for one connection there
	// is one call at a time. When it returns nil every one of them is durable, or was refused for good
	// and is kept as such, and they are acknowledged. An error means that none is acknowledged: the
	// connection ends, and the sender may send them all again. It keeps nothing of the slice, and
	// returns when ctx is done.
	Publish(ctx context.Context, s Session, messages []Message) error
}
