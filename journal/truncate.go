package journal

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"hutong/journal/record"
	"hutong/layers"
)

// straddleScan is how many messages behind the end of a truncation are looked at in the log of a cluster,
// where other nodes' messages may lie between the parts of a transaction. An own log has them together.
const straddleScan = 256

// maxStraddles bounds how many transactions in a row may lie across each other's starts.
const maxStraddles = 16

// Truncate drops the messages up to and including upTo, which a checkpoint has: those that it does not
// need to go on from there. The newest message stays, for it says where the log is; so do the parts of a
// transaction that ends behind upTo. A follower that has not come so far ends with a [*LossError].
func (j *Journal) Truncate(ctx context.Context, upTo layers.Seq) error {
	if _, err := j.info(ctx); err != nil { // other nodes may have written
		return err
	}
	upTo = min(upTo, max(j.Last(), 1)-1)
	if first := layers.Seq(j.txFirst.Load()); first > 0 {
		upTo = min(upTo, first-1)
	}
	for range maxStraddles {
		if upTo == 0 || upTo <= j.ledger.truncated() {
			return nil
		}
		first, err := j.straddles(ctx, upTo)
		if err != nil {
			return err
		}
		if first == 0 {
			return j.truncate(ctx, upTo)
		}
		upTo = first - 1
	}
	return nil // another time: nothing is lost
}

// straddles returns where a transaction starts that has parts up to upTo and ends behind, 0 when none does.
func (j *Journal) straddles(ctx context.Context, upTo layers.Seq) (layers.Seq, error) {
	left := straddleScan
	if j.server != nil {
		left = 1
	}
	for seq := upTo + 1; left > 0 && seq <= j.Last(); seq++ {
		left--
		raw, err := j.message(ctx, seq)
		if isGone(err) {
			continue
		}
		if err != nil {
			return 0, err
		}
		m, err := record.Parse(raw.Data)
		switch {
		case err != nil: // a follower will say so
		case m.Kind == record.Commit && m.First <= upTo && m.First > 0:
			return m.First, nil
		case m.Kind == record.Part:
			left++ // its end is not far
		}
	}
	return 0, nil
}

// truncate notes how far it goes and goes so far.
func (j *Journal) truncate(ctx context.Context, upTo layers.Seq) error {
	if err := j.ledger.change(func(s *ledgerState) { // first, so that it is known for what it is
		s.Truncated = upTo
		for len(s.Lost) > 0 && s.Lost[0].Last <= upTo {
			s.Lost = s.Lost[1:]
		}
	}); err != nil {
		return err
	}
	return j.purge(ctx, upTo)
}

// purgeBefore has all messages purged whose sequence is below that.
func purgeBefore(seq uint64) jetstream.StreamPurgeOpt { return jetstream.WithPurgeSequence(seq) }

func (j *Journal) purge(ctx context.Context, upTo layers.Seq) error {
	if err := j.stream.Purge(ctx, purgeBefore(uint64(upTo+1))); err != nil {
		return fmt.Errorf("journal: truncate up to %d: %w", upTo, err)
	}
	_, err := j.info(ctx)
	return err
}
