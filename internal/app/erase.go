package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"hutong/ingest"
	"hutong/internal/erasure"
	"hutong/internal/telemetry"
	"hutong/journal/backup"
	"hutong/layers"
	"hutong/layers/column"
)

// How a feature is erased. Each step may be done again, and an erasure that was cut off is finished by
// asking for it once more.
//
//  1. An erasure goes the way of any change: into the log, and from there into the layer on every node.
//     What keeps older reports out is a hash of the id (layers/erase.go). It reaches the views of the layer in
//     the same commit.
//  2. Snapshots that have the feature say that they are gone, and their files are removed.
//  3. Refused records of the layer's sources that have the id are removed.
//  4. The log goes on in a new file.
//  5. A checkpoint is written, which is behind 1 and 4. Once it was read byte by byte all older ones go,
//     and the log up to the new file: whatever retention the config asks for, since it tells of the feature.
//  6. All that is kept is searched. If some refused record's bytes are still on the disk, those are written
//     anew, and it is searched again.
//
// Meanwhile nothing of the past is served, see history.go.

// eraseSource is where an erasure comes from, in the log and in metrics.
const eraseSource = "erase"

// letterPage is how many refused records are looked at together, each of up to [ingest.MaxLetterRaw].
const letterPage = 100

// ErrID says that an id is none of a feature.
var ErrID = errors.New("app: an id has 1 to 512 bytes")

// renewer takes the bytes of letters that are gone off the disk.
type renewer interface {
	Renew(ctx context.Context) error
}

// Erase removes a feature from all that the server keeps, and proves it. The error is [layers.ErrLayer],
// [ErrID], one of package ingest's, or an [*erasure.IncompleteError] with what was found; then the report
// is there, too.
func (a *App) Erase(ctx context.Context, layer layers.Name, id layers.FeatureID) (*erasure.Report, error) {
	l := a.store.layers[layer]
	switch {
	case l == nil:
		return nil, fmt.Errorf("app: erase: %w: there is no layer %q", layers.ErrLayer, layer)
	case id == "" || len(id) > layers.MaxID:
		return nil, ErrID
	case !a.erasing.TryLock():
		return nil, fmt.Errorf("app: %w: one erasure at once", ingest.ErrBusy)
	}
	defer a.erasing.Unlock()
	release, err := a.history.hold(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	start := time.Now()
	frame, err := a.frame(ctx)
	if err != nil {
		return nil, err
	}
	e := &eraser{app: a, layer: l, id: id, pattern: erasure.NewPattern(id, frame...), frame: frame}
	e.report.Layer, e.report.At, e.report.Letters = layer, a.store.now().UTC(), []erasure.Letters{}
	err = e.run(ctx)
	outcome := "done"
	log := a.opts.Log.With(slog.String("layer", string(layer)), slog.String("hash", string(e.report.Hash)),
		slog.Uint64("seq", uint64(e.report.Seq)), slog.Float64("seconds", time.Since(start).Seconds()))
	switch incomplete := (&erasure.IncompleteError{}); {
	case errors.As(err, &incomplete):
		outcome = "incomplete"
		log.Error("a feature is not erased everywhere", slog.Any("error", err))
	case err != nil:
		outcome = "failed"
		log.Error("a feature was not erased", slog.Any("error", err))
	default:
		log.Info("feature erased", slog.Bool("was_there", e.report.Feature), slog.Int("refused_records", e.letters()),
			slog.Int("checkpoints", len(e.report.Removed)), slog.Uint64("log_truncated", uint64(e.report.Truncated)))
	}
	a.erasures.With(outcome).Add(1)
	return &e.report, err
}

// erasures counts them.
func erasures(m *telemetry.Metrics) *telemetry.Counts {
	c := m.Counter("hutong_erasures_total", "Erasures of features: done, incomplete when the feature was found behind it, or failed.", "outcome")
	for _, outcome := range []string{"done", "incomplete", "failed"} {
		c.With(outcome).Add(0)
	}
	return c
}

// eraser is one erasure.
type eraser struct {
	app     *App
	layer   *liveLayer
	id      layers.FeatureID
	pattern *erasure.Pattern
	frame   [][]byte // see [App.frame]
	report  erasure.Report
}

func (e *eraser) run(ctx context.Context) error {
	if err := e.change(ctx); err != nil {
		return err
	}
	d := e.app.durable
	if d != nil {
		var err error
		if e.report.Snapshots, err = d.snapshots.Erase(ctx, e.report.Layer, e.id, e.pattern, e.report.At); err != nil {
			return err
		}
	}
	if err := e.removeLetters(ctx); err != nil {
		return err
	}
	if d != nil {
		if err := d.forget(ctx, &e.report); err != nil {
			return err
		}
	}
	proof, inLetters, err := e.prove(ctx)
	if err != nil {
		return err
	}
	// Behind a letter of another layer that has the id, bytes of one that is gone would not be seen.
	if letters, ok := e.app.letters.DeadLetters.(renewer); ok && (proof.Found.Count > 0 || !proof.Plain || inLetters) {
		if err := letters.Renew(ctx); err != nil {
			return err
		}
		if proof, _, err = e.prove(ctx); err != nil {
			return err
		}
	}
	e.report.Proof = *proof
	return proof.Err()
}

// change erases the feature from the layer.
func (e *eraser) change(ctx context.Context) error {
	schema := e.layer.Schema()
	_, e.report.Feature = e.layer.Snapshot().Find(e.id)
	c := layers.Change{Op: layers.Erase, Feature: layers.Feature{ID: e.id}}
	if i := schema.FieldIndex(schema.Observed); i >= 0 {
		c.Feature.Values = make([]column.Value, i+1)
		c.Feature.Values[i] = column.TimeOf(e.report.At)
		e.report.Remembered = true
	}
	var salt layers.Salt
	_, _ = rand.Read(salt[:]) // it never fails
	receipt, err := e.app.store.Accept(ctx, eraseSource, layers.Batch{Layer: schema.Name, Changes: []layers.Change{c}, Salt: salt})
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil { // it is in the log, and maybe not applied yet
		return err
	}
	e.report.Seq, e.report.Hash = receipt.Seq, e.layer.ErasedHash(e.id)
	return nil
}

// has reports whether a refused record has the id.
func (e *eraser) has(l *ingest.Letter) bool {
	return e.pattern.Word(l.Raw) || e.pattern.Word([]byte(l.Refusal.Value)) || e.pattern.Word([]byte(l.Refusal.File))
}

// origin is a source whose letters are looked at, and the layer that they may be of.
type origin struct {
	source string
	layer  layers.Name
}

// origins returns the sources that may have letters. One that is no longer in the config has them until they are old:
// whose layer they were of nobody knows, so they are taken for ones of this.
func (e *eraser) origins(ctx context.Context) ([]origin, error) {
	var all []origin
	known := map[string]bool{}
	for _, f := range e.app.feeds {
		all = append(all, origin{f.Name(), f.Layer()})
		known[f.Name()] = true
	}
	kept, ok := e.app.letters.DeadLetters.(backup.Letters)
	if !ok {
		return all, nil // in memory there are none from before
	}
	err := kept.Each(ctx, func(source string, _ *ingest.Letter) error {
		if !known[source] {
			all = append(all, origin{source, e.report.Layer})
			known[source] = true
		}
		return nil
	})
	return all, err
}

// eachLetter calls fn with pages of the letters of each source, and stops on an error.
func (e *eraser) eachLetter(ctx context.Context, fn func(of origin, page []ingest.Letter) error) error {
	all, err := e.origins(ctx)
	if err != nil {
		return err
	}
	for _, of := range all {
		for after := uint64(0); ; {
			page, err := e.app.letters.List(ctx, of.source, after, letterPage)
			if err != nil {
				return err
			}
			if len(page) == 0 {
				break
			}
			after = page[len(page)-1].ID
			if err := fn(of, page); err != nil {
				return err
			}
		}
	}
	return nil
}

// removeLetters removes refused records that have the id.
func (e *eraser) removeLetters(ctx context.Context) error {
	return e.eachLetter(ctx, func(of origin, page []ingest.Letter) error {
		if of.layer != e.report.Layer {
			return nil
		}
		var ids []uint64
		for i := range page {
			if e.has(&page[i]) {
				ids = append(ids, page[i].ID)
			}
		}
		if len(ids) == 0 {
			return nil
		}
		if n := len(e.report.Letters); n == 0 || e.report.Letters[n-1].Source != of.source { // its pages come one after the other
			e.report.Letters = append(e.report.Letters, erasure.Letters{Source: of.source})
		}
		e.report.Letters[len(e.report.Letters)-1].Count += len(ids)
		return e.app.letters.Remove(ctx, of.source, ids)
	})
}

// letters is how many were removed.
func (e *eraser) letters() int {
	n := 0
	for _, l := range e.report.Letters {
		n += l.Count
	}
	return n
}

// mentions reports whether a refused record that is not the feature's has the id, or what was said of it has.
func (e *eraser) mentions(l *ingest.Letter) bool {
	for _, text := range []string{string(l.Raw), l.Type, l.Refusal.Value, string(l.Refusal.Reason), l.Refusal.String()} {
		if e.pattern.Bytes([]byte(text)) >= 0 {
			return true
		}
	}
	return false
}

// prove searches all that is kept. It also reports whether letters have the id that are of other layers.
func (e *eraser) prove(ctx context.Context) (proof *erasure.Proof, inLetters bool, err error) {
	proof = &erasure.Proof{}
	if _, there := e.layer.Snapshot().Find(e.id); there {
		proof.Found.Addf("the layer, state %d", e.layer.Snapshot().Seq())
	}
	for _, v := range e.layer.views {
		v.search(e.id, &proof.Found)
	}
	if err := e.eachLetter(ctx, func(of origin, page []ingest.Letter) error {
		for i := range page {
			proof.Letters++
			l := &page[i]
			switch {
			case of.layer == e.report.Layer && e.has(l):
				proof.Found.Addf("refused record %d of source %s", l.ID, of.source)
			case e.mentions(l):
				inLetters = true
				proof.Mentions.Addf("refused record %d of source %s", l.ID, of.source)
			}
		}
		return nil
	}); err != nil {
		return nil, false, err
	}
	d := e.app.durable
	if d == nil {
		return proof, inLetters, nil
	}
	inLog, err := d.journal.Search(ctx, e.report.Layer, e.id, e.pattern, proof)
	if err != nil {
		return nil, false, err
	}
	inFiles, err := d.checkpoints.Search(ctx, e.report.Layer, e.id, e.pattern, proof)
	if err != nil {
		return nil, false, err
	}
	inViews, err := e.searchViews(ctx, d, proof)
	if err != nil {
		return nil, false, err
	}
	inSnapshots, err := d.snapshots.Search(ctx, e.report.Layer, e.id, e.pattern, proof)
	if err != nil {
		return nil, false, err
	}
	if d.data.Remote != nil {
		proof.Unsearched = append(proof.Unsearched,
			"the files of the cluster that has the log: its messages were decoded", "other nodes: their checkpoints and snapshots are theirs, erase there as well")
	}
	if !e.pattern.Plain() {
		for _, name := range d.journal.Asides() {
			proof.Unsearched = append(proof.Unsearched, name+", which a start put aside: look whether you need it, and remove it")
		}
	}
	// What other features account for in a place is theirs.
	return proof, inLetters, e.pattern.Folder(ctx, d.data.Folder, proof, func(path string) bool {
		_, stream, isLog := strings.Cut(path, "/streams/")
		isLog = isLog && strings.HasPrefix(path, "log/")
		file, isCheckpoint := strings.CutPrefix(path, "checkpoints/files/")
		shown, isShown := strings.CutPrefix(path, keptFolder+"/files/")
		switch {
		case isLog && strings.Contains(stream, "-refused/"):
			return inLetters
		case isLog:
			return inLog
		case isCheckpoint:
			return inFiles[file]
		case isShown:
			return inViews[shown]
		case inSnapshots[path], strings.HasPrefix(path, countsFolder+"/"): // counts have no ids
			return true
		default:
			return false
		}
	})
}

// searchViews looks for the feature in what is kept of the layer's views with a delay, and returns the names of files in
// which it is mentioned.
func (e *eraser) searchViews(ctx context.Context, d *durable, proof *erasure.Proof) (mentioned map[string]bool, err error) {
	mentioned = map[string]bool{}
	for _, v := range e.layer.views {
		if v.late == nil || d.shown == nil {
			continue
		}
		id := v.redactor.ID(e.id)
		in, err := d.shown.Search(ctx, v.view.Name(), id, erasure.NewPattern(id, e.frame...), proof)
		if err != nil {
			return nil, err
		}
		maps.Copy(mentioned, in)
	}
	return mentioned, nil
}

// forget makes log and checkpoints begin behind now.
func (d *durable) forget(ctx context.Context, report *erasure.Report) error {
	begun, err := d.journal.Rollover(ctx, report.Layer)
	if err != nil {
		return err
	}
	if _, err := d.store.receipts.wait(ctx, begun, 0); err != nil {
		return err
	}
	var checkpoint layers.Seq
	var removed []layers.Seq
	err = d.request(ctx, func(ctx context.Context) (err error) {
		checkpoint, removed, err = d.beginAt(ctx, begun)
		return err
	})
	if ctx.Err() != nil { // the work may still be under way
		return ctx.Err()
	}
	slices.Sort(removed)
	report.Checkpoint, report.Removed = checkpoint, removed
	if err == nil {
		report.Truncated = begun - 1
	}
	return err
}

// beginAt writes a checkpoint, removes all older ones, and lets the log go up to begun. It does so only once begun is
// applied: what is not in the checkpoint is in the log alone.
func (d *durable) beginAt(ctx context.Context, begun layers.Seq) (checkpoint layers.Seq, removed []layers.Seq, err error) {
	if now := d.store.seqNow(); now < begun {
		return 0, nil, fmt.Errorf("app: erase: message %d of the log is not applied yet, only up to %d: erase again", begun, now)
	}
	if err := d.checkpoint(ctx); err != nil {
		return 0, nil, err
	}
	checkpoint = d.last.seq
	if removed, err = d.checkpoints.Forget(ctx, checkpoint); err != nil {
		return checkpoint, removed, err
	}
	if err := d.forgetViews(ctx); err != nil {
		return checkpoint, removed, err
	}
	err = d.journal.Truncate(ctx, begun-1)
	d.last.bytes = d.journal.Bytes()
	return checkpoint, removed, err
}

// Erase opens the data folder of a city that nobody serves, erases a feature and closes it again.
func Erase(ctx context.Context, city *City, opts Options, layer layers.Name, id layers.FeatureID) (report *erasure.Report, err error) {
	if city.Data == nil {
		return nil, errors.New("app: the config has no journal: nothing is kept of what is not served")
	}
	a, err := New(city, opts)
	if err != nil {
		return nil, err
	}
	defer func() {
		if a.durable != nil {
			err = errors.Join(err, a.durable.finish())
		}
	}()
	if err := a.loadLayers(ctx, nil); err != nil {
		return nil, err
	}
	return a.Erase(ctx, layer, id)
}
