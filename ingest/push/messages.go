package push

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hutong/ingest"
	"hutong/layers"
)

// Message is a JSON record, a list of them or a feature, in most cases from a sender who cannot be told that
// something of it is refused: a sensor that publishes.
type Message struct {
	Payload []byte
	// Cut says that the payload was longer than it could be, and lacks its end.
	Cut bool
	// Received is when all of it had come.
	Received time.Time
	// Asks says that the sender waits to hear what becomes of it.
	Asks bool

	// What a sender that asks is told, once the messages are accepted: Result, or Err when the message is no
	// body at all: a [*TooLargeError] or [*ingest.SyntaxError], and then no dead letter.
	Result *Result
	Err    error
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
	var asked []asking
	for i := range list {
		t, p, err := f.message(&all, &list[i], now)
		if err != nil {
			return err
		}
		if t == nil {
			continue
		}
		defer t.read.close() // what was read is used until it is published
		if list[i].Asks {
			asked = append(asked, asking{&list[i], t, p, len(all.changes) - len(p.changes)})
		}
	}
	var receipts []ingest.Receipt
	for changes := all.changes; len(changes) > 0; {
		n := min(len(changes), ingest.MaxBatch)
		batch := layers.Batch{Layer: f.opts.Layer, Changes: changes[:n], Received: now.UnixMicro()}
		receipt, err := f.opts.To.Accept(ctx, f.opts.Name, batch)
		if err != nil {
			return err
		}
		receipts = append(receipts, receipt)
		f.count(n)
		changes = changes[n:]
	}
	if err := f.Refuse(ctx, all.letters); err != nil {
		return err
	}
	for i := range asked {
		asked[i].tell(receipts)
	}
	return nil
}

// asking is a message whose sender waits, and where its changes begin among those of all.
type asking struct {
	message *Message
	taking  *taking
	parsed  parsed
	first   int
}

// tell sets the result of the message. Each receipt but the last is of [ingest.MaxBatch] changes.
func (a *asking) tell(receipts []ingest.Receipt) {
	outcomes := make([]layers.Outcome, len(a.parsed.changes))
	for i := range outcomes {
		at := a.first + i
		receipt := &receipts[at/ingest.MaxBatch]
		outcomes[i] = outcomeOf(receipt.Outcomes, at%ingest.MaxBatch)
		a.taking.result.Seq = max(a.taking.result.Seq, receipt.Seq)
	}
	a.taking.result.Refused = len(a.parsed.refused)
	a.taking.answer(0, len(a.taking.body.pieces), &a.parsed, outcomes)
	a.message.Result = a.taking.result
}

// message adds what becomes of a message to all, and returns it; t is nil when the message is no body. The caller
// closes what t reads with.
func (f *Feed) message(all *parsed, m *Message, now time.Time) (t *taking, p parsed, err error) {
	refuse := func(reason ingest.Reason, want string) (*taking, parsed, error) {
		all.letters = append(all.letters, LetterOf(m.Payload, reason, want, m.Received))
		return nil, parsed{}, nil
	}
	if m.Cut {
		return refuse(ingest.ReasonTooLong, "a message within the listener's limit of a packet")
	}
	b, err := f.cut(JSON, string(m.Payload))
	var large *TooLargeError
	switch {
	case err != nil && m.Asks:
		m.Err = err
		return nil, parsed{}, nil
	case errors.As(err, &large):
		return refuse(ingest.ReasonTooLong, fmt.Sprintf("at most %d records", large.Limit))
	case err != nil:
		return refuse(ingest.ReasonJSON, "JSON: "+err.Error())
	}
	which := AnswerNone
	if m.Asks {
		which = AnswerAll
	}
	t = f.begin(b, m.Received, now, which)
	p, err = t.parse(0, len(b.pieces), true)
	if err != nil {
		t.read.close()
		return nil, p, err
	}
	all.changes, all.letters = append(all.changes, p.changes...), append(all.letters, p.letters...)
	return t, p, nil
}

// LetterOf is the dead letter of a message that is refused as a whole.
func LetterOf(payload []byte, reason ingest.Reason, want string, received time.Time) ingest.Letter {
	kept := payload[:min(len(payload), ingest.MaxLetterRaw)]
	return ingest.Letter{
		Received: received.UTC(), Type: mediaTypes[JSON][0], Raw: append([]byte(nil), kept...), Cut: len(kept) < len(payload),
		Refusal: ingest.Refusal{Reason: reason, Want: want},
	}
}
