package journal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"hutong/layers"
)

// Refused records are no state of a layer, so damage to them keeps no server from starting. But a letter of a message
// that came by MQTT is the only copy of something that was acknowledged, so what is gone is said.

// inspectLetters looks for what is missing from the refused records when the log is opened: inside of damaged files,
// which was found before, and behind the end, by refused.high. It fills the places behind the end, so that no ID
// is used twice.
func (j *Journal) inspectLetters(ctx context.Context) error {
	high := layers.Seq(j.lettersHigh.seq)
	stream, err := j.js.Stream(ctx, j.lettersName())
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		if high == 0 {
			return nil // there never were any
		}
		// Only what describes the stream is damaged: the server takes up the messages.
		stream, err = j.js.CreateStream(ctx, j.lettersConfig(LetterLimits{}))
	}
	if err != nil {
		return fmt.Errorf("journal: stream %q of refused records: %w", j.lettersName(), err)
	}
	state := stream.CachedInfo().State
	last := layers.Seq(state.LastSeq)
	if last < high {
		j.lostLetters = append(j.lostLetters, span{last + 1, high})
	}
	for _, s := range j.lostLetters {
		j.metrics.lostLetters.Add(int(s.Last - s.First + 1))
		j.log.Error("refused records are lost; those of MQTT were acknowledged, and nobody else has them",
			slog.Uint64("first", uint64(s.First)), slog.Uint64("last", uint64(s.Last)))
	}
	if last < high && state.Msgs == 0 {
		if err := stream.Purge(ctx, purgeBefore(uint64(high+1))); err != nil { // so that it goes on there
			return fmt.Errorf("journal: fill the place of lost refused records: %w", err)
		}
		return nil
	}
	for last < high {
		ack, err := j.js.PublishMsg(ctx, &nats.Msg{Subject: j.fillerSubject()})
		if err != nil {
			return fmt.Errorf("journal: fill the place of lost refused records: %w", err)
		}
		last = layers.Seq(ack.Sequence)
	}
	return nil
}
