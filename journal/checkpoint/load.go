package checkpoint

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"

	"hutong/layers"
)

// Loaded says what was loaded.
type Loaded struct {
	// Info is of the checkpoint; its Seq is 0 when there is none.
	Info
	// Notes are those it was written with.
	Notes map[string]json.RawMessage
	// Skipped are the newer checkpoints that were passed over because they are damaged, newest first.
	Skipped []Skipped
	// Changes are what is not as it was: schemas, and layers that came or went.
	Changes []Change
}

// Skipped is a checkpoint that was passed over.
type Skipped struct {
	Seq layers.Seq
	// Reason says which of its files is wrong, and how.
	Reason string
}

// Load puts the newest checkpoint that is whole into the layers, which must be empty, each with its state's
// sequence. A damaged one is passed over for the one before, with a line in the log and in Loaded. With no
// checkpoint at all the layers stay as they are. The error is a [*SchemaError] when the config now wants
// what the checkpoint's values cannot become, [ErrDamaged] when no checkpoint is whole, or [ErrNewer]; the
// layers are then empty.
//
// It holds, beside what becomes the layers, the tombstones and at most twice as many row groups as there
// are cores, each of at most 16,384 rows, 262,144 values, and 16 MiB of texts and vertices and one feature.
func (s *Store) Load(ctx context.Context, into []*layers.Layer) (Loaded, error) {
	s.work.Lock()
	defer s.work.Unlock()
	began := s.now()
	entries := s.snapshot()
	if err := newerThanUs(entries); err != nil {
		return Loaded{}, err
	}
	var out Loaded
	for i := range entries {
		e := &entries[i]
		err := e.err
		if err == nil {
			var changes []Change
			if changes, err = s.load(ctx, e.manifest, into); err == nil {
				out.Info, out.Changes, out.Notes = e.info(), changes, compactNotes(e.manifest.Notes)
				for _, c := range changes {
					s.log.Warn("not as in the checkpoint", slog.String("layer", string(c.Layer)), slog.String("change", c.Text))
				}
				s.metrics.loadSeconds.Observe(s.now().Sub(began).Seconds())
				return out, nil
			}
		}
		var d *damage
		if !errors.As(err, &d) {
			return Loaded{}, err
		}
		s.damaged(e.seq, d)
		out.Skipped = append(out.Skipped, Skipped{e.seq, d.Error()})
	}
	if len(out.Skipped) > 0 {
		return Loaded{}, fmt.Errorf("%w: %s; restore a backup of the data folder, or, if the log goes back to its start, move %s away and start again",
			ErrDamaged, reasonsOf(out.Skipped), s.folder)
	}
	return out, nil
}

func reasonsOf(skipped []Skipped) string {
	texts := make([]string, len(skipped))
	for i, s := range skipped {
		texts[i] = fmt.Sprintf("%d: %s", s.Seq, s.Reason)
	}
	return strings.Join(texts, "; ")
}

// damaged notes, loudly, that a checkpoint cannot be used.
func (s *Store) damaged(seq layers.Seq, d *damage) {
	s.metrics.damaged[d.reason].Add(1)
	s.log.Error("a checkpoint is damaged and passed over", slog.Uint64("sequence", uint64(seq)),
		slog.String("reason", string(d.reason)), slog.Any("error", d.err))
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.entries {
		if s.entries[i].seq == seq && s.entries[i].err == nil {
			s.entries[i].err = d
		}
	}
}

// load puts one checkpoint into the layers, all or none.
func (s *Store) load(ctx context.Context, m *manifest, into []*layers.Layer) ([]Change, error) {
	// Every byte is checked before one is believed.
	files := m.files()
	if err := each(ctx, len(files), func(_ context.Context, i int) error {
		return s.checkFile(files[i])
	}); err != nil {
		return nil, err
	}
	jobs, changes, err := plans(m, into)
	if err != nil {
		return nil, err
	}
	defer func() {
		for _, j := range jobs {
			if j.loader != nil {
				j.loader.Abort() // nothing after Finish
			}
		}
	}()
	for _, j := range jobs {
		if j.loader, err = j.layer.Load(); err != nil {
			return nil, fmt.Errorf("checkpoint: layer %q: %w", string(j.layer.Name()), err)
		}
	}
	slots := make(chan struct{}, window())
	if err := each(ctx, len(jobs), func(ctx context.Context, i int) error {
		err := s.fill(ctx, jobs[i], slots)
		switch {
		case err == nil || isSchema(err) || ctx.Err() != nil:
			return err
		default:
			return damageOf(reasonContent, fmt.Errorf("layer %q: %w", string(jobs[i].layer.Name()), err))
		}
	}); err != nil {
		return nil, err
	}
	// Nothing can fail now but a defect.
	return changes, each(ctx, len(jobs), func(_ context.Context, i int) error {
		j := jobs[i]
		_, err := j.loader.FinishAt(j.plan.record.Seq)
		return err
	})
}

// job is a layer that is loaded.
type job struct {
	layer  *layers.Layer
	plan   *plan
	loader *layers.Loader
}

// plans compares a checkpoint with the layers there are. The error joins all that stands in the way.
func plans(m *manifest, into []*layers.Layer) (jobs []*job, changes []Change, err error) {
	var errs []error
	wanted := map[layers.Name]bool{}
	for _, l := range into {
		if wanted[l.Name()] {
			return nil, nil, fmt.Errorf("checkpoint: layer %q stands twice", string(l.Name()))
		}
		wanted[l.Name()] = true
		record := m.layer(l.Name())
		if record == nil {
			changes = append(changes, Change{l.Name(), "it is new: empty"})
			continue
		}
		p, err := makePlan(record, l.Schema())
		if err != nil {
			errs = append(errs, err)
			continue
		}
		changes = append(changes, p.changes...)
		if record.Seq > 0 {
			jobs = append(jobs, &job{layer: l, plan: p})
		}
	}
	for i := range m.Layers {
		if l := &m.Layers[i]; !wanted[l.Name] {
			changes = append(changes, Change{l.Name, fmt.Sprintf(
				"it is gone: %s left out; the checkpoint keeps them until newer ones take its place", count(l.Features.Rows, "feature"))})
		}
	}
	slices.SortStableFunc(jobs, func(a, b *job) int { // the longest first, so that none is alone in the end
		return b.plan.record.Features.Rows - a.plan.record.Features.Rows
	})
	return jobs, changes, errors.Join(errs...)
}

// fill reads a layer's files into its loader.
func (s *Store) fill(ctx context.Context, j *job, slots chan struct{}) error {
	record := j.plan.record
	var dead []layers.Tombstone
	for _, from := range []*fileRecord{record.Tombstones, record.Erased} {
		if from == nil || !j.plan.tombstones {
			continue
		}
		err := s.withFile(from, func(f file) error {
			more, err := readTombstones(ctx, f, j.plan, from)
			dead = append(dead, more...)
			return err
		})
		if err != nil {
			return err
		}
	}
	if j.plan.tombstones {
		salt, err := record.salt()
		if err != nil {
			return err
		}
		if err := j.loader.Restore(dead, record.pruned(), salt); err != nil {
			return err
		}
	}
	return s.withFile(&record.Features, func(f file) error {
		return readFeatures(ctx, f, j.plan, slots, j.loader.AddOrdered)
	})
}

// withFile opens a file for fn; errors name it.
func (s *Store) withFile(record *fileRecord, fn func(file) error) error {
	f, err := s.fs.Open(filepath.Join(s.folder, filesFolder, record.File))
	if err != nil {
		return err
	}
	defer f.Close()
	if err := fn(f); err != nil {
		return fmt.Errorf("file %s: %w", record.File, err)
	}
	return nil
}

// compactNotes returns notes without the white space that the manifest has for people.
func compactNotes(notes map[string]json.RawMessage) map[string]json.RawMessage {
	if notes == nil {
		return nil
	}
	out := make(map[string]json.RawMessage, len(notes))
	for key, note := range notes {
		out[key] = compactNote(note)
	}
	return out
}
