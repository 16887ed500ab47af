package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"hutong/ingest"
	"hutong/internal/telemetry"
	"hutong/journal"
	"hutong/journal/backup"
	"hutong/journal/checkpoint"
	"hutong/journal/record"
	"hutong/journal/snapshot"
	"hutong/layers"
	"hutong/tiles/past"
)

// How a store survives.
//
//  1. The journal is opened, which locks the data folder, and the newest checkpoint is loaded into the
//     layers. Layers that it does not have are filled from their files.
//  2. What the log holds behind the checkpoint is applied. Then the server is ready.
//  3. What is accepted goes into the log, is acknowledged once it is durable (S7), and comes back from the
//     log in order: that is the only way into the layers, for this node and for any other (S8).
//  4. Now and then, and at the end, a checkpoint is written and the log cut behind the oldest one kept.

// The defaults of [Data].
const (
	DefaultCheckpointBytes = 64 << 20 // about a million changes, which a start applies in 4 s
	DefaultCheckpointEvery = 10 * time.Minute
)

// lastCheckpoint is how long the checkpoint at the end may take.
const lastCheckpoint = time.Minute

// checkpointTick is how often it is looked whether a checkpoint is due.
const checkpointTick = time.Second

// Data says where a city's accepted changes are kept.
type Data struct {
	// Folder is the data folder.
	Folder string
	// Sync is how often the log is synced; 0 is before each acknowledgement.
	Sync time.Duration
	// CheckpointBytes of the log, and CheckpointEvery, are after how much of either a checkpoint is
	// written; 0 is [DefaultCheckpointBytes], or twice the last checkpoint's size if that is more, so that writing them
	// is never most of the work, and [DefaultCheckpointEvery].
	CheckpointBytes int64
	CheckpointEvery time.Duration
	// Keep is how many checkpoints are kept at least; 0 is [checkpoint.DefaultKeep].
	Keep int
	// Retention is how far back log and checkpoints reach at least.
	Retention time.Duration
	// LowDisk is below how many free bytes nothing is accepted; 0 is [journal.DefaultLowDisk].
	LowDisk int64
	// Remote is a cluster that has the log; nil keeps it in Folder.
	Remote *journal.Remote
	// AcceptLoss goes on without messages of the log that are lost.
	AcceptLoss bool
	// Past bounds what is held of it; the zero value is the defaults.
	Past past.Options
	// Snapshots is how many may be pinned; 0 is [snapshot.DefaultLimit].
	Snapshots int
}

// durable is the journal and the checkpoints of a store. Run's goroutine writes checkpoints.
type durable struct {
	data        Data
	store       *Store
	log         *slog.Logger
	journal     *journal.Journal
	checkpoints *checkpoint.Store
	shown       *checkpoint.Store // what views with a delay show; nil without one
	snapshots   *snapshot.Store
	applier     *applier
	recovered   map[layers.Name]bool // layers that a checkpoint had
	restored    bool                 // it is of another log: of a backup
	requests    chan request         // for run

	last struct { // checkpoint; the writer's
		seq   layers.Seq
		at    time.Time
		bytes int64 // of the log, after it was cut
		size  int64 // its own
	}
	shownSeq layers.Seq // of what was written last of shown; the writer's
	shownAt  time.Time  // and when

	lateHistory string // names what views with a delay have shown; "" without one
	ended       bool   // they show nothing else any more; the writer's

	mu    sync.Mutex
	notes map[string]json.RawMessage // guarded by mu

	failed  chan error         // the log cannot be followed
	refused bool               // it could not at the start
	stop    context.CancelFunc // ends what start has started
	running sync.WaitGroup
}

// openDurable opens the data folder of a store and loads the newest checkpoint into it. From then on what
// the store accepts goes to the log.
func openDurable(ctx context.Context, data Data, store *Store, log *slog.Logger, m *telemetry.Metrics) (*durable, error) {
	d := &durable{data: data, store: store, log: log, applier: newApplier(store, m), recovered: map[layers.Name]bool{}, requests: make(chan request), failed: make(chan error, 1)}
	if d.data.CheckpointEvery == 0 {
		d.data.CheckpointEvery = DefaultCheckpointEvery
	}
	schemas := make(map[layers.Name]*layers.Schema, len(store.layers))
	for name, l := range store.layers {
		schemas[name] = l.Schema()
	}
	if err := backup.CheckFolder(data.Folder); err != nil {
		return nil, err
	}
	folder := filepath.Join(data.Folder, "checkpoints")
	var err error
	d.journal, err = journal.Open(ctx, journal.Options{
		Folder: data.Folder, Sync: data.Sync, Remote: data.Remote, Schemas: schemas, LowDisk: data.LowDisk,
		AcceptLoss: data.AcceptLoss, Log: log, Metrics: m,
		First: func() (layers.Seq, error) {
			newest, err := checkpoint.Newest(folder)
			return max(newest, firstSeq) + 1, err
		},
	})
	if err != nil {
		return nil, err
	}
	made, err := store.hideByFolder(data.Folder)
	if err != nil {
		return nil, errors.Join(err, d.journal.Close())
	}
	if err := d.recover(ctx, folder, m); err != nil {
		return nil, errors.Join(err, d.journal.Close())
	}
	if err := d.recoverViews(ctx); err != nil {
		return nil, errors.Join(err, d.journal.Close())
	}
	if made && d.last.seq > 0 {
		log.Warn("a secret was made, by which views hide places and ids; if they had another one before, which no backup has, "+
			"stop and put it here: who sees what both hide knows more", slog.String("file", filepath.Join(data.Folder, secretName)))
	}
	store.log = d
	return d, nil
}

// recover loads the newest checkpoint.
func (d *durable) recover(ctx context.Context, folder string, m *telemetry.Metrics) error {
	var err error
	d.checkpoints, err = checkpoint.Open(folder, checkpoint.Options{
		Keep: d.data.Keep, Retention: d.data.Retention, Log: d.log, Metrics: m,
	})
	if err != nil {
		return err
	}
	d.snapshots, err = snapshot.Open(d.data.Folder, snapshot.Options{
		Limit: d.data.Snapshots, Free: journal.Free, LowDisk: cmp.Or(d.data.LowDisk, journal.DefaultLowDisk), Log: d.log, Metrics: m,
	})
	if err != nil {
		return err
	}
	d.warnOfPins()
	start := time.Now()
	into := make([]*layers.Layer, 0, len(d.store.layers))
	for _, l := range d.store.order {
		into = append(into, l.Layer)
	}
	loaded, err := d.checkpoints.Load(ctx, into)
	if err != nil {
		return err
	}
	if loaded.Seq == 0 {
		return d.store.loaded(firstSeq, nil) // the log's numbers start behind it
	}
	if err := d.journal.GoesOnFrom(loaded.Epoch, loaded.Seq); err != nil {
		return err
	}
	d.restored = loaded.Epoch != d.journal.Epoch()
	features := 0
	for _, l := range loaded.Layers {
		if d.store.layers[l.Name] != nil {
			d.recovered[l.Name] = true
			features += l.Features
		}
	}
	if err := d.store.loaded(loaded.Seq, d.recovered); err != nil {
		return err
	}
	d.notes = loaded.Notes
	if err := d.store.remember(d.notes[erasedNote]); err != nil {
		return err
	}
	d.last.seq, d.last.at, d.last.size = loaded.Seq, loaded.Time, loaded.Bytes
	d.log.Info("checkpoint loaded", slog.Uint64("seq", uint64(loaded.Seq)), slog.Time("written", loaded.Time),
		slog.Int("features", features), slog.Float64("seconds", time.Since(start).Seconds()))
	return nil
}

// putLetters puts the refused records of a restored backup to the others. What keeps it from that keeps no server from
// starting: they stay where they are, for the next start.
func (d *durable) putLetters(ctx context.Context, letters ingest.DeadLetters) {
	box, ok := letters.(backup.Box)
	if !ok {
		return
	}
	switch n, err := backup.PutLetters(ctx, d.data.Folder, box); {
	case err != nil:
		d.log.Error("refused records of a restored backup are left for the next start", slog.Int("put", n), slog.Any("error", err))
	case n > 0:
		d.log.Info("refused records of a restored backup are listed again", slog.Int("records", n))
	}
}

// loaded notes that layers have the state of a checkpoint, and fills their views.
func (s *Store) loaded(seq layers.Seq, names map[layers.Name]bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seq = max(s.seq, seq)
	for name := range names {
		l := s.layers[name]
		delta := layers.Delta{Layer: name, Seq: l.Snapshot().Seq(), Everywhere: true}
		s.advance(&delta, l.followers...)
		l.fresh.Loaded(s.now())
		if err := s.fillViews(l); err != nil {
			return err
		}
	}
	return nil
}

// Append is [journal.Journal.Append] with the errors that sources know.
func (d *durable) Append(ctx context.Context, batches ...record.Batch) (layers.Seq, int, error) {
	seq, first, err := d.journal.Append(ctx, batches...)
	if err != nil {
		return 0, 0, logError(err)
	}
	return seq, first, nil
}

// logError returns an error of the journal as one that sources know, too.
func logError(err error) error {
	switch {
	case errors.Is(err, journal.ErrReadOnly):
		return fmt.Errorf("%w: %w", ingest.ErrReadOnly, err)
	case errors.Is(err, record.ErrTooLarge):
		return fmt.Errorf("%w: %w", ingest.ErrTooLarge, err)
	case errors.Is(err, journal.ErrFull):
		return fmt.Errorf("%w: %w", ingest.ErrBusy, err)
	case errors.Is(err, journal.ErrFailing), errors.Is(err, journal.ErrUnknown), errors.Is(err, journal.ErrClosed):
		return fmt.Errorf("%w: %w", ingest.ErrUnavailable, err)
	}
	return err
}

// follow applies the log behind the checkpoint until ctx is done. caughtUp is called once, when what was
// there at the start is visible. An error means that the log cannot be followed.
func (d *durable) follow(ctx context.Context, caughtUp func()) error {
	var running sync.WaitGroup
	defer running.Wait()
	defer d.applier.end()
	reading, stop := context.WithCancel(ctx)
	defer stop()
	running.Go(func() { d.applier.run(stop) })
	for {
		err := d.journal.Follow(reading, d.store.seqNow(), func(e journal.Entry) error { return d.applier.put(reading, e) }, func() {
			d.applier.mark(reading, caughtUp)
			caughtUp = func() {} // once, however often the log is followed
		})
		if failed := d.applier.rest(ctx); failed != nil {
			err = failed
		}
		var loss *journal.LossError
		var schema *record.SchemaError
		var unfit *unfitError
		switch {
		case ctx.Err() != nil || errors.Is(err, journal.ErrClosed):
			return nil
		case d.data.Remote == nil || errors.As(err, &loss) || errors.As(err, &schema) || errors.As(err, &unfit) || errors.Is(err, record.ErrNewer):
			return fmt.Errorf("app: %w", err)
		}
		d.log.Warn("the log cannot be followed, and is tried again", slog.Any("error", err))
		timer := time.NewTimer(firstRetry)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
	}
}

// unfitError says that an entry of the log, of those from first to last, does not fit the layers.
type unfitError struct {
	first, last layers.Seq
	err         error
}

// Error says which, why and what to do.
func (e *unfitError) Error() string {
	which := fmt.Sprintf("message %d", e.last)
	if e.first != e.last {
		which = fmt.Sprintf("one of the messages %d to %d", e.first, e.last)
	}
	return fmt.Sprintf("%s of the log does not fit the config: %v; undo what the config has narrowed, or start with an empty data folder", which, e.err)
}

// Unwrap returns the reason.
func (e *unfitError) Unwrap() error { return e.err }

// seqNow returns the number of the newest state.
func (s *Store) seqNow() layers.Seq {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seq
}

// start follows the log and writes checkpoints until finish is called. It returns when what the log held is
// visible, when it cannot be followed, or when ctx is done.
func (d *durable) start(ctx context.Context) error {
	// Requests under way when ctx is done still have to be applied.
	inner, stop := context.WithCancel(context.WithoutCancel(ctx))
	d.stop = stop
	caughtUp := make(chan struct{})
	began := time.Now()
	d.running.Go(func() {
		if err := d.follow(inner, func() { close(caughtUp) }); err != nil {
			d.store.receipts.end(err)
			d.failed <- err
		}
	})
	select {
	case <-caughtUp:
	case err := <-d.failed:
		d.refused = true
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
	d.log.Info("log applied", slog.Uint64("seq", uint64(d.store.seqNow())), slog.Float64("seconds", time.Since(began).Seconds()))
	d.running.Go(func() { d.run(inner) })
	return nil
}

// finish writes a last checkpoint and lets the data folder go. After a start that was refused it writes none: by the
// config of that start values may have been dropped that another config still has.
func (d *durable) finish() error {
	if d.stop != nil {
		d.stop()
		d.running.Wait()
		ctx, cancel := context.WithTimeout(context.Background(), lastCheckpoint)
		defer cancel()
		d.ended = true
		switch {
		case d.refused:
		case d.store.seqNow() > d.last.seq:
			if err := d.checkpoint(ctx); err != nil {
				d.log.Error("no last checkpoint was written; the next start reads the log", slog.Any("error", err))
			}
		default:
			if err := d.keepViews(ctx); err != nil {
				d.log.Error("what views with a delay show was not written; after the next start they show what they did before", slog.Any("error", err))
			}
		}
	}
	return d.journal.Close()
}
