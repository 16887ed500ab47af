package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"hutong/ingest"
	"hutong/internal/telemetry"
	"hutong/journal"
	"hutong/layers"
)

// importTries is how often an import reads files again that changed while it read them.
const importTries = 3

// ErrNoJournal says that a city keeps nothing, so nothing can be imported into it.
var ErrNoJournal = errors.New("the config has no journal, so there is no data folder to import into: add journal: {folder: …}, or try the sources with --dry-run")

// ImportOptions are what an [Import] needs beside its city.
type ImportOptions struct {
	// Config is the path of the config that the city was made of.
	Config string
	// Only are the sources that are read; none stands for all.
	Only []string
	// Log takes what is worth a line.
	Log *slog.Logger
	// Read counts the bytes that were read of the files, each of which is read twice; nil counts nothing.
	Read *atomic.Int64
}

// Imported is what an import did.
type Imported struct {
	Sources []ImportedSource `json:"sources"`
	Layers  []ImportedLayer  `json:"layers"`
	// Seq is the state that the checkpoint at the end has.
	Seq layers.Seq `json:"sequence"`
}

// ImportedSource is what became of the records of one source.
type ImportedSource struct {
	Source string      `json:"source"`
	Layer  layers.Name `json:"layer"`
	// Applied, Duplicate, Late and TooLate are the accepted records by what became of them; what has expired by the
	// layer's ttl is late.
	Applied   int64   `json:"applied"`
	Duplicate int64   `json:"duplicate"`
	Late      int64   `json:"late"`
	TooLate   int64   `json:"too_late"`
	Seconds   float64 `json:"seconds"`
	ingest.Summary
}

// ImportedLayer is what became of one layer.
type ImportedLayer struct {
	Layer layers.Name `json:"layer"`
	// Features are there now; Deleted were, and are in no file any more.
	Features int `json:"features"`
	Deleted  int `json:"deleted"`
	// Added says that features that are in no file were left, since the layer has others than those of the files
	// that were read.
	Added bool `json:"added"`
	// Error says why it is not what its files say; "" when it is.
	Error string `json:"error,omitempty"`
}

// Import opens the data folder of a city, which no server may have open, reads the files of its sources into
// the layers as a server does when they have changed, and writes a checkpoint. A layer whose files cannot be
// read has the error in the result; the next one is read all the same. The error is [ErrNoJournal], that of the
// data folder or of its log, or ctx's; what was imported before is there.
func Import(ctx context.Context, city *City, o ImportOptions) (result Imported, err error) {
	if city.Data == nil {
		return Imported{}, ErrNoJournal
	}
	m := telemetry.NewMetrics() // nobody asks for them
	store, err := NewStore(city, m)
	if err != nil {
		return Imported{}, err
	}
	if err := store.hideByFile(city.SecretFile); err != nil {
		return Imported{}, err
	}
	d, err := openDurable(ctx, *city.Data, store, o.Log, m)
	if errors.Is(err, journal.ErrLocked) {
		return Imported{}, fmt.Errorf("%w: to a server that runs, files are sent with import --server", err)
	}
	if err != nil {
		return Imported{}, err
	}
	defer func() { err = errors.Join(err, d.finish()) }()
	if err := d.start(ctx); err != nil {
		return Imported{}, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		select {
		case err := <-d.failed:
			cancel(err) // nothing that is accepted would become visible
		case <-ctx.Done():
		}
	}()
	i := newImporter(city, o, d, m)
	for _, name := range i.watcher.order {
		i.read(ctx, name)
		if ctx.Err() != nil {
			return i.result, context.Cause(ctx)
		}
	}
	if err := d.request(ctx, d.checkpoint); err != nil {
		return i.result, err
	}
	i.result.Seq = store.seqNow()
	return i.result, nil
}

// importer reads layers one after the other.
type importer struct {
	store   *Store
	watcher *watcher
	partial map[layers.Name]bool // layers with sources that are not read
	note    func(layers.Name)
	index   map[string]int // of each source in the result
	result  Imported
}

func newImporter(city *City, o ImportOptions, d *durable, m *telemetry.Metrics) *importer {
	i := &importer{store: d.store, partial: map[layers.Name]bool{}, index: map[string]int{}, result: Imported{Sources: []ImportedSource{}, Layers: []ImportedLayer{}}}
	part := *city
	part.Feeds = nil
	for _, feed := range city.Feeds {
		if len(o.Only) > 0 && !slices.Contains(o.Only, feed.Name) {
			i.partial[feed.Layer] = true
			continue
		}
		part.Feeds = append(part.Feeds, feed)
		i.index[feed.Name] = len(i.result.Sources)
		i.result.Sources = append(i.result.Sources, ImportedSource{Source: feed.Name, Layer: feed.Layer})
	}
	w := newWatcher(&part, &Watch{Config: o.Config}, d.store, o.Log, m)
	w.read = o.Read
	w.pushed = func(name layers.Name) bool { return i.partial[name] || city.pushedTo(name) }
	w.into = func(source string) ingest.Publisher {
		s := &i.result.Sources[i.index[source]]
		s.Applied, s.Duplicate, s.Late, s.TooLate = 0, 0, 0, 0 // when files changed they are read again
		return &counting{publisher{store: d.store, source: source, snapshot: true}, s}
	}
	w.told = func(source ingest.Source, sum ingest.Summary, took time.Duration, kept bool) {
		s := &i.result.Sources[i.index[source.Name()]]
		if kept || sum.Error != "" {
			s.Summary, s.Seconds = sum, took.Seconds()
		}
	}
	i.watcher, i.note = w, d.noteReread(w, d.knownFiles())
	return i
}

// read reads the files of one layer.
func (i *importer) read(ctx context.Context, name layers.Name) {
	var deleted int
	outcome, err := "changing", error(nil)
	for try := 0; try < importTries && outcome == "changing"; try++ {
		i.watcher.stamps[name].done = look(i.watcher.patterns(name))
		deleted, outcome, err = i.watcher.replace(ctx, name)
	}
	l := ImportedLayer{Layer: name, Features: i.store.layers[name].Snapshot().Count(), Deleted: deleted, Added: i.watcher.pushed(name)}
	switch {
	case err != nil:
		l.Error = strings.TrimPrefix(err.Error(), "restart needed: ")
	case outcome == "changing":
		l.Error = fmt.Sprintf("its files changed while they were read, %d times: import again once they are at rest", importTries)
	case !i.partial[name]:
		i.note(name)
	}
	i.result.Layers = append(i.result.Layers, l)
}

// counting publishes for one source of an import and counts what becomes of it.
type counting struct {
	publisher
	to *ImportedSource
}

var _ ingest.Publisher = (*counting)(nil)

// Publish accepts a batch.
func (c *counting) Publish(ctx context.Context, batch layers.Batch) error {
	batch.Snapshot = c.snapshot
	receipt, err := c.store.Accept(ctx, c.source, batch)
	if err != nil {
		return err
	}
	if len(receipt.Outcomes) < len(batch.Changes) { // it is durable, and nobody knows what became of it
		return context.Cause(ctx)
	}
	for _, o := range receipt.Outcomes {
		switch o {
		case layers.Applied:
			c.to.Applied++
		case layers.Duplicate:
			c.to.Duplicate++
		case layers.Late:
			c.to.Late++
		default: // layers.TooLate
			c.to.TooLate++
		}
	}
	return nil
}
