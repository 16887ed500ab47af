package app

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"hutong/journal/atomicfile"
	"hutong/journal/checkpoint"
	"hutong/layers"
)

// What views with a delay show is kept beside the checkpoints of the layers, in a folder of its own, so that behind a
// start they show what they did before, until they take the state of their layers. It is written before each checkpoint,
// so that no erasure is in one of the layers and not in that of the views, as often as those are due while only views
// move, and at the end. What was made by another policy, for another schema, by another secret or beside another log is
// not taken: such a view starts empty. Behind a start without any such view the folder is gone: no erasure would look into it,
// and what a view showed long ago is not what it shows when it is back.
//
// What is kept at the end is all that was shown, and only it has the name of the history that this is. Behind any other end
// a view may show less than it did, under numbers that will mean something else: the next start begins another history,
// so that clients ask for its tiles anew.

// keptFolder is the folder in the data folder. shownNote is the name under which a checkpoint there says what its states
// were made by: for each view a digest. historyNote is that of the history's name.
const (
	keptFolder  = "views"
	shownNote   = "shown"
	historyNote = "history"
)

// digest names what the view's store is made by: the policy, the schemas and the secret.
func (v *liveView) digest() string {
	h := sha256.New()
	_, _ = fmt.Fprintf(h, "%s\n%+v\n%+v\n", v.spec.what(), *v.of.Schema(), *v.store().Schema()) // a hash takes everything
	h.Write(v.redactor.Fingerprint())
	return hex.EncodeToString(h.Sum(nil))
}

// lateViews returns the views with a delay.
func (s *Store) lateViews() []*liveView {
	return slices.DeleteFunc(slices.Clone(s.views), func(v *liveView) bool { return v.late == nil })
}

// recoverViews gives the views with a delay what they showed before the start.
func (d *durable) recoverViews(ctx context.Context) error {
	views := d.store.lateViews()
	if len(views) == 0 {
		return d.dropShown()
	}
	var err error
	// It has no metrics: those of the layers' checkpoints have their names.
	if d.shown, err = checkpoint.Open(filepath.Join(d.data.Folder, keptFolder), checkpoint.Options{Keep: 1, Log: d.log}); err != nil {
		return err
	}
	var into []*layers.Layer
	for _, v := range views {
		into = append(into, v.store())
	}
	for _, info := range d.shown.List() {
		d.shownSeq = max(d.shownSeq, info.Seq)
	}
	loaded, err := d.shown.Load(ctx, into)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil: // they can do without
		d.log.Warn("views with a delay start empty: what they showed cannot be read", slog.Any("error", err))
	}
	left, err := d.takeShown(views, &loaded)
	if err != nil {
		return err
	}
	all, note := left == 0 && loaded.Seq == d.shownSeq, loaded.Notes[historyNote]
	if !all || note == nil || json.Unmarshal(note, &d.lateHistory) != nil {
		d.lateHistory = rand.Text()
	}
	if all && note == nil {
		return nil
	}
	// What was not taken must not be there any more: a state with the same number and schema would be taken for it. Nor may
	// the name be, as soon as something else is shown.
	return d.keepViews(ctx)
}

// dropShown removes what views with a delay showed, when there are none any more.
func (d *durable) dropShown() error {
	folder := filepath.Join(d.data.Folder, keptFolder)
	if _, err := os.Lstat(folder); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := errors.Join(os.RemoveAll(folder), atomicfile.SyncFolder(d.data.Folder)); err != nil {
		return fmt.Errorf("app: what views with a delay showed: %w", err)
	}
	d.log.Info("what views with a delay showed is removed: the config has no such view any more", slog.String("folder", folder))
	return nil
}

// takeShown has views go on with what was loaded into them, or empty where that was made by something else. It returns
// how many there are of these.
func (d *durable) takeShown(views []*liveView, loaded *checkpoint.Loaded) (left int, err error) {
	made := map[layers.Name]string{}
	if text := loaded.Notes[shownNote]; text != nil {
		if err := json.Unmarshal(text, &made); err != nil {
			made = nil // so that nothing is taken
		}
	}
	d.store.mu.Lock()
	defer d.store.mu.Unlock()
	for _, v := range views {
		name, state := v.view.Name(), v.store().Snapshot()
		if state.Seq() == 0 {
			continue
		}
		if made[name] == v.digest() && loaded.Epoch == d.journal.Epoch() {
			d.store.versions.Advance(layers.Delta{Layer: name, Seq: state.Seq(), Everywhere: true})
			v.fresh.Loaded(d.store.now())
			continue
		}
		d.log.Info("a view with a delay starts empty: what it showed was made by another policy", slog.String("view", string(name)))
		empty, err := layers.New(v.store().Schema(), layers.Options{})
		if err != nil {
			return left, err
		}
		v.kept.Store(empty)
		left++
	}
	return left, nil
}

// keepViews writes down what the views with a delay show.
func (d *durable) keepViews(ctx context.Context) error {
	if d.shown == nil {
		return nil
	}
	made := map[layers.Name]string{}
	d.store.mu.Lock()
	content := checkpoint.Content{Seq: d.store.seq, Epoch: d.journal.Epoch()}
	for _, v := range d.store.lateViews() {
		state := v.store().State()
		content.Layers = append(content.Layers, state)
		content.Seq = max(content.Seq, state.Snapshot.Seq()) // behind an erasure it may be ahead of the log
		made[v.view.Name()] = v.digest()
	}
	d.store.mu.Unlock()
	text, err := json.Marshal(made)
	if err != nil {
		return err
	}
	content.Notes = map[string]json.RawMessage{shownNote: text}
	if d.ended {
		content.Notes[historyNote], _ = json.Marshal(d.lateHistory) // a text always marshals
	}
	content.Seq = max(content.Seq, d.shownSeq)
	if content.Seq == 0 {
		return nil
	}
	if _, err := d.shown.Write(ctx, content); err != nil {
		return err
	}
	d.shownSeq, d.shownAt = content.Seq, time.Now()
	return nil
}

// forgetViews lets go of what views with a delay showed before what was written last.
func (d *durable) forgetViews(ctx context.Context) error {
	if d.shown == nil {
		return nil
	}
	_, err := d.shown.Forget(ctx, d.shownSeq)
	return err
}
