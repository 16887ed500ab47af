// Package journal is the ordered, durable log of everything that was accepted: a NATS JetStream stream,
// embedded or of a cluster. Beside ingest/nats, which takes messages, it is the only importer of NATS.
//
//	Append ──► queue ──► committer ──► stream ──► Follow ──► layers
//	           group commit           synced      every entry, in order
//
// A call to [Journal.Append] returns when its batches are durable as a whole (S7). Calls that wait at the
// same time share a message, since a synced write costs the same for one change and for thousands. What
// is too large for a message is cut into parts that count once the last of them is there. Each node
// follows the log ([Journal.Follow]) and so comes to the same state (S8).
//
// The data folder has, beside the stream in log/:
//
//	lock       held while a process has the journal open
//	log.json   which log this is, how far it was truncated, what loss was accepted; synced
//	log.aside  damaged files while the log is being opened
//	log.high   the last sequence that was acknowledged; not synced
//	refused.high  the same of the refused records
//
// JetStream cuts a damaged file where the damage starts, without a word to whoever was told that the rest
// was safe. So what is missing is looked for: behind the end, by log.high; inside, by sequences that do
// not follow each other; in a message, by its checksum. It is refused as a [LossError] unless
// [Options.AcceptLoss] says otherwise. docs/formats/journal.md draws the messages.
//
// A Journal may be used from any goroutine.
package journal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"hutong/internal/telemetry"
	"hutong/layers"
)

// DefaultLowDisk is the free space below which an embedded journal takes nothing more.
const DefaultLowDisk = 256 << 20

// DefaultStream is the name of the stream.
const DefaultStream = "hutong"

// Options says where the log is. Folder and Schemas are needed.
type Options struct {
	// Folder is the data folder; it is made if it is not there.
	Folder string
	// Sync is how often writes are synced to the disk of an embedded log; 0 is before each
	// acknowledgement. With anything else a power cut loses what was acknowledged since the last time,
	// and the next start logs that and goes on.
	Sync time.Duration
	// Remote is the cluster that has the log; nil means one of our own in Folder.
	Remote *Remote
	// Schemas are the layers whose batches are written and read. Nobody changes them.
	Schemas map[layers.Name]*layers.Schema
	// First returns the first sequence of a log that is made because the folder has none: one behind what a
	// checkpoint beside it holds. It is called with the folder locked; nil means 1.
	First func() (layers.Seq, error)
	// LowDisk is the free bytes of Folder's file system below which an embedded journal is read-only; 0
	// means [DefaultLowDisk].
	LowDisk int64
	// AcceptLoss goes on without messages that are lost: they are logged, counted, and noted in log.json,
	// so that the next start does not need it.
	AcceptLoss bool
	// Log takes what an operator should know, and what the server says; nil discards it.
	Log *slog.Logger
	// Metrics is where the journal registers its own, which it takes once; nil means nobody looks.
	Metrics *telemetry.Metrics
	// Now is the clock; nil means [time.Now].
	Now func() time.Time

	seams
}

// seams are what tests put something else for.
type seams struct {
	free      func(folder string) (int64, error) // bytes free
	probe     time.Duration                      // how long a follower waits for what should be there
	betweenTx func() error                       // called before the last part of a transaction
	ackWait   time.Duration
}

// Validate returns every problem of o at once, joined, or nil.
func (o *Options) Validate() error {
	var errs []error
	if o.Folder == "" {
		errs = append(errs, errors.New("no data folder"))
	}
	if o.Sync < 0 {
		errs = append(errs, fmt.Errorf("a sync interval of %s is below 0", o.Sync))
	}
	if o.LowDisk < 0 {
		errs = append(errs, fmt.Errorf("low disk at %d bytes is below 0", o.LowDisk))
	}
	if o.Remote != nil {
		errs = append(errs, o.Remote.validate()...)
	}
	if len(errs) > 0 {
		return fmt.Errorf("journal: %w", errors.Join(errs...))
	}
	return nil
}

func (o *Options) setDefaults() {
	if o.LowDisk == 0 {
		o.LowDisk = DefaultLowDisk
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Metrics == nil {
		o.Metrics = telemetry.NewMetrics()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.free == nil {
		o.free = Free
	}
	if o.probe == 0 {
		o.probe = 2 * time.Second
	}
	if o.ackWait == 0 {
		o.ackWait = 30 * time.Second
	}
}

// Journal is an open log.
type Journal struct {
	o       Options
	log     *slog.Logger
	metrics *metrics
	name    string // of the stream
	limit   int    // the most bytes of a message

	lock   *os.File
	high   *highFile
	ledger *ledger

	lettersHigh *highFile // like high, of the refused records; nil when remote
	lostLetters []span    // Open's: found missing

	server *server.Server // nil when remote
	nc     *nats.Conn
	js     jetstream.JetStream
	stream jetstream.Stream
	blocks *blocks

	opened       bool        // Open's
	lossAccepted atomic.Bool // in this process

	first, last, bytes atomic.Uint64 // as last heard of
	txFirst            atomic.Uint64 // the first part of the transaction being written; 0 if none

	health health
	broken chan struct{} // closed when the embedded server said that a write failed
	queue  queue

	stop    context.CancelFunc // ends the goroutines and the followers
	stopped context.Context    //nolint:containedctx // the journal's own life, which followers join with theirs
	running sync.WaitGroup

	close struct {
		once sync.Once
		err  error
	}
}

// Open opens the log, or makes it when the folder has none. ctx bounds how long that may take. The error
// is [ErrLocked] when another process has the folder, [ErrOtherLog] when the stream is not the one the
// folder belongs to, or a [*LossError] when messages are gone that were acknowledged.
func Open(ctx context.Context, o Options) (*Journal, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o.setDefaults()
	j := &Journal{o: o, log: o.Log, name: DefaultStream, broken: make(chan struct{})}
	if o.Remote != nil && o.Remote.Stream != "" {
		j.name = o.Remote.Stream
	}
	j.stopped, j.stop = context.WithCancel(context.WithoutCancel(ctx))
	if err := j.open(ctx); err != nil {
		_ = j.release()
		return nil, err
	}
	j.queue.calls = make(chan *call, maxWaiting)
	j.running.Go(j.watch)
	j.running.Go(j.commit)
	return j, nil
}

func (j *Journal) open(ctx context.Context) error {
	err := os.MkdirAll(j.o.Folder, 0o750)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if j.lock, err = lockFolder(j.o.Folder); err != nil {
		return err
	}
	if j.ledger, err = openLedger(filepath.Join(j.o.Folder, "log.json")); err != nil {
		return err
	}
	if j.high, err = openHigh(filepath.Join(j.o.Folder, "log.high")); err != nil {
		return err
	}
	if j.high.broken {
		j.log.Warn("log.high cannot be read: it is written anew, and says nothing about the end of the log")
	}
	j.metrics = newMetrics(j.o.Metrics, j)
	if j.o.Remote == nil {
		if j.lettersHigh, err = openHigh(filepath.Join(j.o.Folder, "refused.high")); err != nil {
			return err
		}
		if err := j.setDamagedAside(); err != nil {
			return err
		}
	}
	if err := j.connect(); err != nil {
		return err
	}
	if err := j.openStream(ctx); err != nil {
		return err
	}
	if j.blocks, err = j.blocksOf(j.name); err != nil {
		return err
	}
	if err := j.inspect(ctx); err != nil {
		return err
	}
	if j.server != nil {
		if err := j.inspectLetters(ctx); err != nil {
			return err
		}
	}
	if err := j.settleAside(); err != nil {
		return err
	}
	j.opened = true
	j.checkDisk()
	return nil
}

// connect starts the embedded server, or finds the cluster, and connects to it.
func (j *Journal) connect() error {
	var err error
	if j.o.Remote == nil {
		if j.server, err = startServer(&j.o, j.broke); err != nil {
			return err
		}
		j.nc, err = connectTo(j.server)
	} else {
		j.nc, err = j.o.Remote.connect(j.log)
	}
	if err != nil {
		return fmt.Errorf("journal: connect: %w", err)
	}
	j.limit = min(maxMessage, int(j.nc.MaxPayload())-maxHeaders)
	if j.limit < minMessage {
		return fmt.Errorf("journal: the server takes messages of up to %d bytes: raise its max_payload to at least %d, better %d",
			j.nc.MaxPayload(), minMessage+maxHeaders, maxMessage+maxHeaders)
	}
	j.js, err = jetstream.New(j.nc, jetstream.WithPublishAsyncTimeout(j.o.ackWait), jetstream.WithPublishAsyncMaxPending(64))
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// First returns the sequence of the oldest message that is kept, one more than [Journal.Last] in an empty
// log. Like Last and Bytes it is as this process last heard.
func (j *Journal) First() layers.Seq { return layers.Seq(j.first.Load()) }

// Last returns the sequence of the newest message, 0 when there never was one.
func (j *Journal) Last() layers.Seq { return layers.Seq(j.last.Load()) }

// Bytes returns what the messages of the log take.
func (j *Journal) Bytes() int64 { return int64(j.bytes.Load()) }

// Epoch is the identity of the log, made with it and never changed: sequences of logs with different
// epochs have nothing to do with each other.
func (j *Journal) Epoch() string { return j.ledger.epoch() }

// Begins returns the sequence of the first message that the log ever had: those before it are of no log, or of
// another, whose checkpoint this one goes on from.
func (j *Journal) Begins() layers.Seq { return j.ledger.begins() }

// GoesOnFrom returns nil when the messages behind seq are the ones that follow a state of seq in log epoch: it
// is this log, or this log was begun behind it. Else the error is [ErrOtherLog].
func (j *Journal) GoesOnFrom(epoch string, seq layers.Seq) error {
	if epoch == j.Epoch() || seq < j.Begins() {
		return nil
	}
	return fmt.Errorf("%w: checkpoint %d is of log %s, and the log here is %s, which began at %d and not behind it, so the one does not go on from the other: "+
		"restore the backup that the checkpoint is of into an empty folder, or move the folder's checkpoints away to go by its log alone",
		ErrOtherLog, seq, epoch, j.Epoch(), j.Begins())
}

// advance notes that the log is at least as long as that.
func (j *Journal) advance(seq uint64) {
	for {
		last := j.last.Load()
		if seq <= last || j.last.CompareAndSwap(last, seq) {
			return
		}
	}
}

// Close ends all followers without waiting for them, waits until what was handed to the log is
// acknowledged, refuses what still waits, and lets the folder go. It may be called again.
func (j *Journal) Close() error {
	j.close.once.Do(func() {
		j.queue.shut()
		j.stop()
		j.running.Wait()
		j.close.err = j.release()
	})
	return j.close.err
}

// release gives back whatever is held.
func (j *Journal) release() error {
	j.stop()
	if j.nc != nil {
		j.nc.Close()
	}
	if j.server != nil {
		j.server.Shutdown()
		j.server.WaitForShutdown()
	}
	var errs []error
	if j.lock != nil && j.o.Remote == nil && !j.opened {
		errs = append(errs, j.restoreAside())
	}
	for _, h := range []*highFile{j.high, j.lettersHigh} {
		if h != nil {
			errs = append(errs, h.close())
		}
	}
	if j.lock != nil {
		errs = append(errs, j.lock.Close()) // and so unlocks it
	}
	return errors.Join(errs...)
}
