package journal

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/nats-io/nats.go/jetstream"

	"hutong/journal/record"
	"hutong/layers"
)

// inspect looks for what is missing from the log when it is opened: at its start, inside, and behind its
// end. What is damaged but there shows when it is followed.
func (j *Journal) inspect(ctx context.Context) error {
	state, err := j.info(ctx)
	if err != nil {
		return err
	}
	first, last := layers.Seq(max(state.FirstSeq, 1)), layers.Seq(state.LastSeq)
	truncated := j.ledger.truncated()
	if j.server != nil && first > truncated+1 { // elsewhere another node may have truncated it
		if err := j.lose(truncated+1, first-1, fmt.Sprintf("the log starts at %d and was truncated only up to %d", first, truncated)); err != nil {
			return err
		}
	}
	if state.Msgs < uint64(last+1-first) {
		if err := j.inspectInside(ctx); err != nil {
			return err
		}
	}
	if high := layers.Seq(j.high.seq); last < high {
		if err := j.loseTail(ctx, last, high); err != nil {
			return err
		}
	}
	if j.server != nil && first <= truncated { // a kill brought back what had been truncated
		return j.purge(ctx, truncated)
	}
	return nil
}

// inspectInside finds the gaps between the first and the last message.
func (j *Journal) inspectInside(ctx context.Context) error {
	state, err := j.info(ctx, jetstream.WithDeletedDetails(true))
	if err != nil {
		return err
	}
	for all := state.Deleted; len(all) > 0; {
		n := 1
		for n < len(all) && all[n] == all[n-1]+1 {
			n++
		}
		if err := j.lose(layers.Seq(all[0]), layers.Seq(all[n-1]), "they are not there"); err != nil {
			return err
		}
		all = all[n:]
	}
	return nil
}

// loseTail is lose of what the log ended with. It fills the places, so that no sequence is used twice.
func (j *Journal) loseTail(ctx context.Context, last, high layers.Seq) error {
	reason := fmt.Sprintf("the log ends at %d, and %d was acknowledged: the end of a file was cut off or damaged", last, high)
	if j.o.Sync > 0 && j.o.Remote == nil {
		j.log.Warn("the end of the log is lost, as the sync interval allows after a power cut", slog.Uint64("first", uint64(last+1)), slog.Uint64("last", uint64(high)))
		j.metrics.lost.Add(int(high - last))
	} else if err := j.lose(last+1, high, reason); err != nil {
		return err
	}
	m := (&record.Message{Kind: record.Lost}).Append(nil)
	for last < high {
		ack, err := j.js.Publish(ctx, j.subject(), m)
		if err != nil {
			return fmt.Errorf("journal: fill the place of lost messages: %w", err)
		}
		last = layers.Seq(ack.Sequence)
	}
	j.advance(uint64(last))
	return nil
}

// lose answers for messages that are not there: nil when that was accepted, now or before, or when they
// were truncated, else a [*LossError] of the first of them.
func (j *Journal) lose(first, last layers.Seq, reason string) error {
	for {
		s, found := j.ledger.unknown(first, last)
		if !found {
			return nil
		}
		j.metrics.lost.Add(int(s.Last - s.First + 1))
		loss := &LossError{First: s.First, Last: s.Last, Reason: reason}
		if !j.o.AcceptLoss {
			return loss
		}
		j.lossAccepted.Store(true)
		if err := j.ledger.lose(s.First, s.Last); err != nil {
			return err
		}
		j.log.Error("messages of the log are lost, which was accepted", slog.Uint64("first", uint64(s.First)), slog.Uint64("last", uint64(s.Last)), slog.String("reason", reason))
	}
}
