package journal

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"hutong/layers"
)

// epochKey is where a stream's metadata has the log's identity.
const epochKey = "hutong_epoch"

func (j *Journal) subject() string { return j.name + ".log" }

// openStream finds the stream, or makes it when this folder never had one.
func (j *Journal) openStream(ctx context.Context) error {
	var err error
	j.stream, err = j.js.Stream(ctx, j.name)
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return j.makeStream(ctx)
	case err != nil:
		return fmt.Errorf("journal: stream %q: %w", j.name, err)
	}
	info := j.stream.CachedInfo()
	if err := j.fits(&info.Config); err != nil {
		return err
	}
	epoch, known := info.Config.Metadata[epochKey], j.ledger.epoch()
	if known == epoch {
		return nil
	}
	if known != "" && !j.o.AcceptLoss {
		return fmt.Errorf("%w: this folder belongs to log %s, stream %q is log %s: what the folder knows of its own log is worth nothing here; "+
			"give it the right stream, restore a backup of the folder, or start with an empty one", ErrOtherLog, known, j.name, epoch)
	}
	return j.ledger.change(func(s *ledgerState) {
		*s = ledgerState{
			Epoch: epoch, Truncated: layers.Seq(max(info.State.FirstSeq, 1) - 1), Begins: layers.Seq(max(info.Config.FirstSeq, 1)),
		}
	})
}

// fits refuses a stream that would lose messages by itself, or that has others.
func (j *Journal) fits(c *jetstream.StreamConfig) error {
	var wrong []string
	if c.Retention != jetstream.LimitsPolicy || c.MaxMsgs > 0 || c.MaxBytes > 0 || c.MaxAge > 0 || c.MaxMsgsPerSubject > 0 {
		wrong = append(wrong, "it lets messages go by itself")
	}
	if len(c.Subjects) != 1 || c.Subjects[0] != j.subject() {
		wrong = append(wrong, fmt.Sprintf("its subjects are %s, not %s", strings.Join(c.Subjects, ", "), j.subject()))
	}
	if c.Storage != jetstream.FileStorage {
		wrong = append(wrong, "it is not kept in files")
	}
	if c.Metadata[epochKey] == "" {
		wrong = append(wrong, "its metadata has no "+epochKey)
	}
	if len(wrong) > 0 {
		return fmt.Errorf("journal: stream %q cannot be the log: %s: give the log another stream", j.name, strings.Join(wrong, ", "))
	}
	return nil
}

// makeStream makes the stream of a new log, or of one whose stream cannot be read.
func (j *Journal) makeStream(ctx context.Context) error {
	epoch := j.ledger.epoch()
	if epoch == "" && j.high.seq == 0 {
		epoch = rand.Text()
		first := layers.Seq(1)
		if j.o.First != nil {
			var err error
			if first, err = j.o.First(); err != nil {
				return err
			}
		}
		if err := j.createStream(ctx, epoch, first); err != nil {
			return err
		}
		return j.ledger.change(func(s *ledgerState) { s.Epoch, s.Truncated, s.Begins = epoch, first-1, first })
	}
	if epoch != "" && j.hasBlocks() {
		// Only what describes the stream is damaged, and that is known: the server takes up the messages.
		err := j.createStream(ctx, epoch, 0)
		if err == nil {
			j.log.Warn("the description of the log's stream was damaged and is made anew; its messages are checked")
			return nil
		}
		j.log.Error("the log's stream cannot be made anew over its messages", slog.Any("error", err))
	}
	first := j.ledger.truncated() + 1
	last := max(layers.Seq(j.high.seq), first)
	if err := j.lose(first, last, fmt.Sprintf("there is no stream %q that can be read, though this folder had a log", j.name)); err != nil {
		return err
	}
	if err := j.setAside(); err != nil {
		return err
	}
	if epoch == "" {
		epoch = rand.Text()
	}
	if err := j.createStream(ctx, epoch, last+1); err != nil { // no sequence is used twice
		return err
	}
	return j.ledger.change(func(s *ledgerState) { s.Epoch = epoch })
}

// hasBlocks reports whether the embedded log has files of messages.
func (j *Journal) hasBlocks() bool {
	if j.server == nil {
		return false
	}
	blocks, err := filepath.Glob(filepath.Join(j.o.Folder, "log", "jetstream", "$G", "streams", j.name, "msgs", "*.blk"))
	return err == nil && len(blocks) > 0
}

// createStream creates the stream, whose first message will be next; 0 is what its files say.
func (j *Journal) createStream(ctx context.Context, epoch string, next layers.Seq) error {
	c := jetstream.StreamConfig{
		Name:        j.name,
		Description: "The journal of Hutong: truncate it through Hutong only.",
		Subjects:    []string{j.subject()},
		Retention:   jetstream.LimitsPolicy,
		Discard:     jetstream.DiscardNew,
		Storage:     jetstream.FileStorage,
		Replicas:    1,
		MaxMsgSize:  maxMessage + maxHeaders,
		FirstSeq:    uint64(next),
		AllowDirect: true,
		Metadata:    map[string]string{epochKey: epoch},
	}
	if j.o.Remote != nil {
		c.Replicas = max(j.o.Remote.Replicas, 1)
	}
	var err error
	if j.stream, err = j.js.CreateStream(ctx, c); err != nil {
		return fmt.Errorf("journal: make stream %q: %w", j.name, err)
	}
	return nil
}

// setAside moves the folder of a stream that cannot be read out of the way of a new one, for whoever
// wants to save something of it.
func (j *Journal) setAside() error {
	if j.server == nil {
		return nil
	}
	folder := filepath.Join(j.o.Folder, "log")
	aside := filepath.Join(j.o.Folder, lostFolder+strconv.FormatInt(j.o.Now().Unix(), 10))
	j.nc.Close()
	j.server.Shutdown()
	j.server.WaitForShutdown()
	if err := os.Rename(folder, aside); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	j.log.Warn("what was left of the log is set aside", slog.String("folder", aside))
	return j.connect()
}

// info asks for the state of the stream and notes it.
func (j *Journal) info(ctx context.Context, opts ...jetstream.StreamInfoOpt) (jetstream.StreamState, error) {
	i, err := j.stream.Info(ctx, opts...)
	if err != nil {
		return jetstream.StreamState{}, fmt.Errorf("journal: stream %q: %w", j.name, err)
	}
	j.first.Store(max(i.State.FirstSeq, 1))
	j.bytes.Store(i.State.Bytes)
	j.advance(i.State.LastSeq)
	return i.State, nil
}
