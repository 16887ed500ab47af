package journal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"hutong/journal/record"
	"hutong/layers"
)

// ErrGone says that the log does not go back as far as was asked: it was truncated.
var ErrGone = errors.New("journal: the log does not go back so far")

// errRead ends a read.
var errRead = errors.New("journal: read")

// Read calls apply for each entry behind after up to and including upTo, which must have been written, in the
// order of the log, and returns. It disturbs no follower. Whatever was truncated meanwhile is not passed over,
// even where losses are accepted: the error is then [ErrGone]. Others are those of [Journal.Follow].
func (j *Journal) Read(ctx context.Context, after, upTo layers.Seq, apply func(Entry) error) error {
	if after >= upTo {
		return nil
	}
	state, err := j.info(ctx)
	switch {
	case err != nil:
		return err
	case upTo > layers.Seq(state.LastSeq):
		return fmt.Errorf("journal: read up to %d, and the log ends at %d", upTo, state.LastSeq)
	case after < j.ledger.truncated():
		return fmt.Errorf("%w: it begins behind %d", ErrGone, j.ledger.truncated())
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(j.stopped, func() { cancel(ErrClosed) })()
	f := &follower{j: j, at: after, upTo: upTo, parts: assembler{j: j}}
	f.apply = func(e Entry) error {
		if e.Seq > upTo { // what was to be read ends inside of a transaction
			return errRead
		}
		return apply(e)
	}
	f.caughtUp = func() { cancel(errRead) }
	f.decoder = record.NewDecoder(j.o.Schemas, func(record.Difference) {}) // the follower has told
	err = f.run(ctx)
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	var loss *LossError
	switch {
	case errors.Is(err, errRead):
		return nil
	case errors.As(err, &loss) && loss.First <= j.ledger.truncated():
		return fmt.Errorf("%w: %w", ErrGone, err)
	}
	return err
}

// At returns the newest sequence whose message was durable at t, by the clock of whoever has the log; where that
// clock went back it is one of those that fit. It is one less than [Journal.First] when all that is kept is
// newer, and 0 in an empty log.
func (j *Journal) At(ctx context.Context, t time.Time) (layers.Seq, error) {
	state, err := j.info(ctx)
	if err != nil {
		return 0, err
	}
	from, behind := max(state.FirstSeq, 1), state.LastSeq+1 // the first message later than t is one of these
	for from < behind {
		middle := from + (behind-from)/2
		m, err := j.stream.GetMsg(ctx, middle, jetstream.WithGetMsgSubject(j.subject())) // or the next that there is
		switch {
		case isGone(err):
			behind = middle
		case err != nil:
			return 0, fmt.Errorf("journal: look for %s: %w", t.UTC().Format(time.RFC3339Nano), err)
		case m.Time.After(t):
			behind = middle
		default:
			from = m.Sequence + 1
		}
	}
	return layers.Seq(from - 1), nil
}

// Written returns when a message was written, by the same clock as [Journal.At], and the zero time of one that the log
// does not have, or not any more.
func (j *Journal) Written(ctx context.Context, seq layers.Seq) (time.Time, error) {
	m, err := j.message(ctx, seq)
	switch {
	case isGone(err):
		return time.Time{}, nil
	case err != nil:
		return time.Time{}, err
	}
	return m.Time, nil
}
