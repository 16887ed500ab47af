package app

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"os"
	"time"

	"hutong/ingest"
	"hutong/layers"
)

// How a layer is read again while it is served.
//
//  1. All its sources are run once without a layer: what cannot be read to its end, as a file that is
//     half written, changes nothing. The hashes of all ids are noted, 16 million at most.
//  2. If the files have not changed meanwhile, the sources are run once more into the layer, in
//     batches. What has not changed stays as it is.
//  3. If they still have not changed, features whose ids were not seen are deleted, in batches. Else the
//     ids of step 1 are those of other files than step 2 read, and the next look starts over.
//
// So readers see old and new features side by side for a while, and never a layer without any. A layer that
// records are pushed to keeps features that are in no file any more: nobody could tell them from pushed ones.

// errEmpty says that nothing would be left of a layer.
var errEmpty = errors.New("no record was accepted, which would leave the layer empty")

// reload reads the sources of a layer again.
func (w *watcher) reload(ctx context.Context, name layers.Name) {
	start := time.Now()
	attrs := []any{slog.String("layer", string(name))}
	deleted, outcome, err := w.replace(ctx, name)
	switch {
	case ctx.Err() != nil:
		return
	case err != nil:
		w.log.Warn("a file has changed and cannot be used; the features stay, and the next change is tried", append(attrs, slog.Any("error", err))...)
	case outcome == "changing":
		w.stamps[name].done = nil // look again at the next tick
		w.log.Info("a file changed while it was read; it is read again", attrs...)
	default:
		w.log.Info("layer reloaded", append(attrs, slog.Int("features", w.store.layers[name].Snapshot().Count()),
			slog.Int("deleted", deleted), slog.Float64("seconds", time.Since(start).Seconds()))...)
	}
	l := w.store.layers[name]
	switch {
	case err != nil:
		l.down(filesNote, time.Now())
	case outcome == "done":
		l.up(filesNote)
		if w.reread != nil {
			w.reread(name)
		}
	}
	w.reloads.With("files", outcome).Add(1)
}

// replace does the three steps. The outcome is one of a closed set.
func (w *watcher) replace(ctx context.Context, name layers.Name) (deleted int, outcome string, err error) {
	live := w.store.layers[name].Layer
	if path := w.pipe(name); path != "" {
		return 0, "restart", fmt.Errorf("restart needed: %s is no regular file and cannot be read twice", path)
	}
	seen := &counter{schema: live.Schema(), seed: maphash.MakeSeed(), ids: map[uint64]struct{}{}}
	if err := w.runAll(ctx, name, false, func(string) ingest.Publisher { return seen }); err != nil {
		return 0, "refused", err
	}
	switch {
	case len(seen.ids) >= maxCounted && !w.pushed(name):
		return 0, "restart", fmt.Errorf("restart needed: the files have more than %d ids, too many to reload", maxCounted)
	case len(seen.ids) == 0 && live.Snapshot().Count() > 0 && !w.pushed(name):
		return 0, "refused", errEmpty
	case !look(w.patterns(name)).equal(w.stamps[name].done):
		return 0, "changing", nil
	}
	if err := w.runAll(ctx, name, true, w.into); err != nil {
		return 0, "broken", fmt.Errorf("the layer holds part of the new records beside all old ones: %w", err)
	}
	if !look(w.patterns(name)).equal(w.stamps[name].done) {
		return 0, "changing", nil
	}
	if w.pushed(name) { // a feature that is in no file may have been pushed
		return 0, "done", nil
	}
	deleted, err = ingest.Absent(ctx, w.store, w.feeds[name][0].Name, live.Schema(), live.Snapshot(), seen.has)
	if err != nil {
		return deleted, "broken", err
	}
	return deleted, "done", nil
}

// pipe returns one of the files of a layer that is there and no regular one, "" if there is none.
func (w *watcher) pipe(name layers.Name) string {
	for path, info := range look(w.patterns(name)) {
		if info != nil {
			continue
		}
		if other, err := os.Stat(path); err == nil && !other.IsDir() && !other.Mode().IsRegular() {
			return path
		}
	}
	return ""
}

// runAll runs the sources of a layer in their order, each into what to returns for its name. kept says
// that this is the layer, and not the run before.
func (w *watcher) runAll(ctx context.Context, name layers.Name, kept bool, to func(source string) ingest.Publisher) error {
	for _, feed := range w.feeds[name] {
		source, err := feed.Open(w.read)
		if err != nil {
			return fmt.Errorf("source %s: %w", feed.Name, err)
		}
		start := time.Now()
		var report ingest.Report
		err = source.Run(ctx, to(feed.Name), &report)
		if err != nil {
			report.Stop(err)
		}
		w.told(source, report.Summary(), time.Since(start), kept)
		if err != nil {
			return fmt.Errorf("source %s: %w", feed.Name, err)
		}
	}
	return nil
}

// has reports whether an id was counted.
func (c *counter) has(id layers.FeatureID) bool {
	_, ok := c.ids[maphash.String(c.seed, string(id))]
	return ok
}
