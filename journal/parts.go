package journal

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"hutong/journal/record"
	"hutong/layers"
)

// partsInFlight is how many parts are on their way at once.
const partsInFlight = 4

// commitParts writes a call that is too large for one message: its parts, and when all of them are
// durable the last one, which makes them count. The committer calls it, so that nothing of this process
// is between them; another node's messages may be.
func (j *Journal) commitParts(c *call) (layers.Seq, error) {
	defer j.txFirst.Store(0)
	var tx record.Tx
	_, _ = rand.Read(tx[:]) // never fails
	size := j.limit - record.MaxHeader
	sum, rest := record.Sum(c.section), c.section
	var first layers.Seq
	var under []jetstream.PubAckFuture
	land := func() error {
		seq, err := j.acknowledged(under[0])
		if under = under[1:]; err == nil && (first == 0 || seq < first) {
			first = seq
			j.txFirst.Store(uint64(first))
		}
		return err
	}
	j.txFirst.Store(j.last.Load() + 1) // until it is known
	since := j.o.Now()
	m := record.Message{Kind: record.Part, Tx: tx}
	for ; len(rest) > size; m.Index++ {
		b := m.Append(make([]byte, 0, j.limit), rest[:size])
		rest = rest[size:]
		future, err := j.publish(b)
		if err == nil {
			if under = append(under, future); len(under) >= partsInFlight {
				err = land()
			}
		}
		if err != nil {
			return 0, j.uncommitted(err)
		}
	}
	for len(under) > 0 {
		if err := land(); err != nil {
			return 0, j.uncommitted(err)
		}
	}
	if j.o.betweenTx != nil {
		if err := j.o.betweenTx(); err != nil {
			return 0, err
		}
	}
	m.Kind, m.First, m.BodySum = record.Commit, first, sum
	future, err := j.publish(m.Append(nil, rest))
	if err != nil {
		return 0, j.refusal(err)
	}
	seq, err := j.acknowledged(future)
	if err != nil {
		return 0, j.refusal(err)
	}
	j.committed(int(m.Index)+1, len(c.section), since)
	return seq, nil
}

// uncommitted says what a failed part means: nothing is unknown, for the last part never left.
func (j *Journal) uncommitted(err error) error {
	j.metrics.abandoned.Add(1)
	j.metrics.refused("failing")
	if !isUnknown(err) || j.server != nil {
		j.fail(err)
	}
	return fmt.Errorf("%w: %w", ErrFailing, err)
}

// message reads one message of the stream.
func (j *Journal) message(ctx context.Context, seq layers.Seq) (*jetstream.RawStreamMsg, error) {
	m, err := j.stream.GetMsg(ctx, uint64(seq))
	if err != nil {
		return nil, fmt.Errorf("journal: read message %d: %w", seq, err)
	}
	return m, nil
}

// isGone reports whether an error of message says that there is no such message, or none that the server can read,
// rather than that it cannot tell now, as a cluster without a leader says: that message is not lost.
func isGone(err error) bool { return errors.Is(err, jetstream.ErrMsgNotFound) }
