package journal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"hutong/journal/record"
	"hutong/layers"
)

// followBytes is how much a follower has on its way to it.
const followBytes = 16 << 20

// Entry is what one message of the log brings, or several that are one transaction.
type Entry struct {
	// Seq is the sequence of the message, of the last one of a transaction.
	Seq layers.Seq
	// Batches are in the order in which they were accepted; several may be of one layer. Their layers'
	// schemas are those of [Options.Schemas], whatever they were when the batches were written.
	Batches []record.Batch
	// Bytes is what the batches take in the log; decoded it is several times as much.
	Bytes int
}

// Follow calls apply for each entry behind after, in the order of the log, first those that are there
// and then each as it becomes durable, until ctx is done, the journal is closed or apply returns an
// error. caughtUp, which may be nil, is called once, when what was there at the start was applied. Both
// are called from Follow's goroutine. Several may follow at once.
//
// The error is ctx's, [ErrClosed], apply's, a [*LossError] when messages are missing or damaged, or a
// [*record.SchemaError] when one cannot be brought into the schemas of today, or [record.ErrNewer].
func (j *Journal) Follow(ctx context.Context, after layers.Seq, apply func(Entry) error, caughtUp func()) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(j.stopped, func() { cancel(ErrClosed) })()
	f := &follower{j: j, at: after, apply: apply, caughtUp: caughtUp, parts: assembler{j: j}}
	f.decoder = record.NewDecoder(j.o.Schemas, func(d record.Difference) {
		j.log.Warn("the log is of an older schema", slog.String("difference", d.String()))
	})
	err := f.run(ctx)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// follower is one call to Follow.
type follower struct {
	j        *Journal
	at       layers.Seq // the last message that was dealt with
	target   layers.Seq // what was there at the start
	upTo     layers.Seq // of a Read, 0 of a Follow: what it ends with, and then nothing truncated is passed over
	apply    func(Entry) error
	caughtUp func()
	decoder  *record.Decoder
	parts    assembler
	passed   int
}

func (f *follower) run(ctx context.Context) error {
	state, err := f.j.info(ctx)
	if err != nil {
		return err
	}
	f.target = layers.Seq(state.LastSeq)
	if f.upTo > 0 {
		f.target = min(f.target, f.upTo)
	}
	if f.at > f.target {
		if err := f.j.loseTail(ctx, f.target, f.at); err != nil {
			return err
		}
		f.target = f.at
	}
	for {
		f.tell()
		if err := f.consume(ctx); err != nil {
			return err
		}
	}
}

// tell says that the follower has caught up, once.
func (f *follower) tell() {
	if f.caughtUp != nil && f.at >= f.target {
		f.caughtUp()
		f.caughtUp = nil
	}
}

// consume reads messages until one does not come that should; nil says to start again behind f.at.
func (f *follower) consume(ctx context.Context) error {
	consumer, err := f.j.stream.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: uint64(f.at + 1),
	})
	if err != nil {
		return fmt.Errorf("journal: follow: %w", err)
	}
	messages, err := consumer.Messages(jetstream.PullMaxBytes(followBytes))
	if err != nil {
		return fmt.Errorf("journal: follow: %w", err)
	}
	defer messages.Stop()
	defer context.AfterFunc(ctx, messages.Stop)()
	for {
		m, err := messages.Next(jetstream.NextMaxWait(f.j.o.probe))
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, jetstream.ErrMsgIteratorClosed):
			return nil
		default: // nothing came, or the connection is being made again
			if !errors.Is(err, nats.ErrTimeout) {
				f.pause(ctx)
			}
			again, err := f.look(ctx)
			if err != nil || again {
				return err
			}
			continue
		}
		meta, err := m.Metadata()
		if err != nil {
			return fmt.Errorf("journal: follow: %w", err)
		}
		if err := f.message(ctx, layers.Seq(meta.Sequence.Stream), meta.Timestamp, m.Data()); err != nil {
			return err
		}
	}
}

// pause waits before a follower without connection looks again.
func (f *follower) pause(ctx context.Context) {
	t := time.NewTimer(f.j.o.probe)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// look reads what should have come, one message at a time: JetStream stops before a message that it
// cannot read, and says nothing. It reports whether the consumer has to start again.
func (f *follower) look(ctx context.Context) (again bool, err error) {
	for {
		state, err := f.j.info(ctx)
		if err != nil { // no connection: there is nothing to know
			return false, nil //nolint:nilerr // the next look may say more
		}
		if f.at >= layers.Seq(state.LastSeq) {
			return again, nil
		}
		if first := layers.Seq(state.FirstSeq); f.at+1 < first {
			if err := f.gap(first - 1); err != nil {
				return false, err
			}
			continue // that may have been all
		}
		seq := f.at + 1
		m, err := f.j.message(ctx, seq)
		switch {
		case err == nil: // if it is on its way as well, it is passed over when it comes
			return again, f.message(ctx, seq, m.Time, m.Data)
		case isGone(err):
			if err := f.miss(seq, seq, err.Error()); err != nil {
				return false, err
			}
			again = true
		default:
			return false, nil //nolint:nilerr // no connection, see above
		}
	}
}

// gap deals with missing messages up to and including last.
func (f *follower) gap(last layers.Seq) error {
	return f.miss(f.at+1, last, "they are not there: truncated or damaged")
}

func (f *follower) miss(first, last layers.Seq, reason string) error {
	truncated := f.j.ledger.truncated()
	if first <= truncated { // gone on purpose, but this follower needs it
		loss := &LossError{First: first, Last: min(last, truncated), Reason: fmt.Sprintf(
			"it was truncated up to %d, and this follower has only what is before %d: it needs a checkpoint of %d or newer", truncated, first, truncated)}
		if !f.j.o.AcceptLoss || f.upTo > 0 {
			return loss
		}
		f.j.log.Error("truncated messages are passed over, which was accepted", slog.Any("lost", loss))
		f.j.metrics.lost.Add(int(loss.Last - loss.First + 1))
	}
	if err := f.j.lose(first, last, reason); err != nil {
		return err
	}
	f.at = last
	f.tell()
	return nil
}

// message deals with one message.
func (f *follower) message(ctx context.Context, seq layers.Seq, at time.Time, b []byte) error {
	if seq <= f.at {
		return nil
	}
	if seq > f.at+1 {
		if err := f.gap(seq - 1); err != nil {
			return err
		}
	}
	f.j.advance(uint64(seq))
	e, err := f.entry(ctx, seq, at, b)
	if errors.Is(err, record.ErrCorrupt) {
		return f.miss(seq, seq, err.Error())
	}
	if err == nil && e != nil {
		err = f.apply(*e)
	}
	if err != nil {
		return err
	}
	f.at = seq
	f.j.metrics.followed.Add(1)
	f.tell()
	return nil
}

// entry returns what a message brings, nil when that is nothing, or nothing yet.
func (f *follower) entry(ctx context.Context, seq layers.Seq, at time.Time, b []byte) (*Entry, error) {
	m, err := record.Parse(b)
	if err != nil {
		return nil, fmt.Errorf("journal: message %d: %w", seq, err)
	}
	body := m.Body
	switch m.Kind {
	case record.Whole:
	case record.Part:
		f.parts.add(at, &m)
		return nil, nil
	case record.Commit:
		if body, err = f.parts.commit(ctx, seq, &m); err != nil {
			return nil, err
		}
	case record.Lost:
		return nil, nil
	}
	batches, err := f.decoder.Body(body)
	if err != nil {
		return nil, fmt.Errorf("journal: message %d: %w", seq, err)
	}
	if n := f.decoder.Passed(); n > f.passed {
		f.j.metrics.passed.Add(n - f.passed)
		f.passed = n
	}
	return &Entry{Seq: seq, Batches: batches, Bytes: len(body)}, nil
}
