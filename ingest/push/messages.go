package push

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hutong/ingest"
	"hutong/layers"
)

// Message is a JSON record, a list of them or a feature, from a sender who cannot be told that something
// of it is refused: a sensor that publishes.
type Message struct {
	Payload []byte
	// Cut says that the payload was longer than it could be, and lacks its end.
	Cut bool
	// Received is when all of it had come.
	Received time.Time
}

// Messages takes messages together, in their order. What is refused of them, and messages that are no JSON
// at all, become dead letters. An error means that none of it may be acknowledged, and that the sender
// should send all again: it is what the acceptor or the dead letters returned, a [*RateError] or
// [ingest.ErrBusy].
func (f *Feed) Messages(ctx context.Context, list []Message) error {
	now := f.opts.Now()
	if err := f.door.enter(now); err != nil {
		return err
	}
	defer f.door.leave()
	var all parsed
	for i := range list {
		if err := f.message(&all, &list[i], now); err != nil {
			return err
		}
	}
	for changes := all.changes; len(changes) > 0; {
		n := min(len(changes), ingest.MaxBatch)
		batch := layers.Batch{Layer: f.opts.Layer, Changes: changes[:n], Received: now.UnixMicro()}
		if _, err := f.opts.To.Accept(ctx, f.opts.Name, batch); err != nil {
			return err
		}
		f.count(n)
		changes = changes[n:]
	}
	return f.Refuse(ctx, all.letters)
}

// message adds what becomes of a message to all.
func (f *Feed) message(all *parsed, m *Message, now time.Time) error {
	refuse := func(reason ingest.Reason, want string) error {
		all.letters = append(all.letters, LetterOf(m.Payload, reason, want, m.Received))
		return nil
	}
	if m.Cut {
		return refuse(ingest.ReasonTooLong, "a message within the listener's limit of a packet")
	}
	b, err := f.cut(JSON, string(m.Payload))
	var large *TooLargeError
	switch {
	case errors.As(err, &large):
		return refuse(ingest.ReasonTooLong, fmt.Sprintf("at most %d records", large.Limit))
	case err != nil:
		return refuse(ingest.ReasonJSON, "JSON: "+err.Error())
	}
	t := f.begin(b, m.Received, now, AnswerNone)
	defer t.read.close()
	p, err := t.parse(0, len(b.pieces), true)
	all.changes, all.letters = append(all.changes, p.changes...), append(all.letters, p.letters...)
	return err
}

// LetterOf is the dead letter of a message that is refused as a whole.
func LetterOf(payload []byte, reason ingest.Reason, want string, received time.Time) ingest.Letter {
	kept := payload[:min(len(payload), ingest.MaxLetterRaw)]
	return ingest.Letter{
		Received: received.UTC(), Type: mediaTypes[JSON][0], Raw: append([]byte(nil), kept...), Cut: len(kept) < len(payload),
		Refusal: ingest.Refusal{Reason: reason, Want: want},
	}
}
