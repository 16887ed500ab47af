package journal

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"

	"hutong/journal/record"
	"hutong/layers"
)

// Truncating does not take the bytes of messages away at once: JetStream removes whole files, and in the file
// where the truncation ends it only marks what is gone (nats-server 2.15.2, compactLocked; of a file below
// 2 MB, or more than half in use, it never takes anything). So that nothing of a message stays, the log has
// to go on in a new file first. JetStream has no command for that: the file has to be filled.

// fillerSize is how much is written at once to fill a file, in bytes; files have 4 or 8 MiB.
const fillerSize = maxMessage - 64<<10

// maxFillers bounds how many are written: enough for any file, with what others write meanwhile.
const maxFillers = 32

// ErrRollover says that no new file was begun however much was written.
var ErrRollover = errors.New("journal: the log did not go on in a new file")

// Rollover makes the log go on in a new file and returns the sequence of the first message there, an entry
// without changes of a layer: once all before it is truncated, their bytes are off the disk. It costs up to
// 8 MiB of log. The files of a remote log are not ours; it only appends a message there.
func (j *Journal) Rollover(ctx context.Context, layer layers.Name) (layers.Seq, error) {
	filler := record.Batch{Source: "filler", Batch: layers.Batch{Layer: layer, Received: j.o.Now().UnixMicro()}}
	if j.server == nil {
		seq, _, err := j.Append(ctx, filler)
		return seq, err
	}
	filler.Source = strings.Repeat("filler ", fillerSize/7)
	var seq layers.Seq
	err := j.roll(j.name, func() (err error) {
		seq, _, err = j.Append(ctx, filler)
		return err
	})
	return seq, err
}

// roll calls write until a stream of the embedded server has a file that it had not before.
func (j *Journal) roll(stream string, write func() error) error {
	before, err := j.newestBlock(stream)
	if err != nil {
		return err
	}
	for range maxFillers {
		if err := write(); err != nil {
			return err
		}
		now, err := j.newestBlock(stream)
		if err != nil {
			return err
		}
		if now > before {
			return nil
		}
	}
	return ErrRollover
}

// newestBlock returns the number of the newest file of a stream's messages.
func (j *Journal) newestBlock(stream string) (uint64, error) {
	all, err := j.blockFiles(stream)
	if err != nil || len(all) == 0 {
		return 0, err
	}
	return blockNumber(all[len(all)-1]), nil
}

// fillerSubject is beside those of the sources' letters, which start with an s.
func (j *Journal) fillerSubject() string { return j.name + ".refused.filler" }

// Renew writes all letters again, into new files, and lets the old ones go: so nothing stays on the disk of
// letters that made room for newer ones, or that grew old. Letters get new IDs, in the same order. When it
// is cut off some letters may be there twice. Of a remote log it does nothing.
func (l *letters) Renew(ctx context.Context) error {
	if l.j.server == nil {
		return nil
	}
	l.renew.Lock()
	defer l.renew.Unlock()
	info, err := l.stream.Info(ctx)
	if err != nil {
		return fmt.Errorf("journal: renew refused records: %w", err)
	}
	limits := info.Config
	free := limits // for the time in which all are there twice
	free.MaxBytes, free.MaxMsgsPerSubject = -1, -1
	if l.stream, err = l.j.js.UpdateStream(ctx, free); err != nil {
		return fmt.Errorf("journal: renew refused records: %w", err)
	}
	err = l.rewrite(ctx, info.State.FirstSeq)
	stream, err2 := l.j.js.UpdateStream(context.WithoutCancel(ctx), limits)
	if err2 == nil {
		l.stream = stream
	}
	if err := errors.Join(err, err2); err != nil {
		return fmt.Errorf("journal: renew refused records: %w", err)
	}
	return l.blocks.sync()
}

// rewrite copies the letters from first on that lie before a new file into it, and lets those go.
func (l *letters) rewrite(ctx context.Context, first uint64) error {
	filler := make([]byte, fillerSize)
	var begun uint64
	if err := l.j.roll(l.name, func() error {
		ack, err := l.j.js.PublishMsg(ctx, &nats.Msg{Subject: l.j.fillerSubject(), Data: filler})
		if err == nil {
			begun = ack.Sequence
		}
		return err
	}); err != nil {
		return err
	}
	for seq := max(first, 1); seq < begun; seq++ { // 0 when there never was any
		m, err := l.stream.GetMsg(ctx, seq)
		if isGone(err) {
			continue
		}
		if err != nil {
			return err
		}
		if m.Subject == l.j.fillerSubject() {
			continue
		}
		if _, err := l.j.js.PublishMsg(ctx, &nats.Msg{Subject: m.Subject, Data: m.Data}); err != nil {
			return err
		}
	}
	return l.stream.Purge(ctx, purgeBefore(begun+1))
}
