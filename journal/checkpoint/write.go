package checkpoint

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"hutong/layers"
	"hutong/layers/column"
)

// Content is what a checkpoint holds.
type Content struct {
	// Seq is the log's last message whose changes the states have, above 0. It never goes back.
	Seq layers.Seq
	// Epoch names the log that Seq counts, at most 256 bytes of UTF-8.
	Epoch string
	// Layers are the states, one a layer, none of them newer than Seq.
	Layers []layers.State
	// Notes are others' that belong to the state, by a name each, at most 1 MiB of JSON.
	Notes map[string]json.RawMessage
}

// Write makes a checkpoint and then removes those that are not to be kept. When it returns without an
// error the checkpoint survives a power cut. A layer whose state and schema are those of the newest
// checkpoint shares its files, once they were found undamaged; when that holds for all, nothing is written.
// On an error the older checkpoints are as they were. The error is [ErrBehind], [ErrNewer] or what the disk says.
//
// It holds one row group for each file that is being written, of which there are up to GOMAXPROCS.
func (s *Store) Write(ctx context.Context, c Content) (Info, error) {
	s.work.Lock()
	defer s.work.Unlock()
	began := s.now()
	info, unchanged, err := s.write(ctx, c)
	switch {
	case err != nil:
		s.metrics.failed.Add(1)
		return Info{}, fmt.Errorf("checkpoint: write %d: %w", c.Seq, err)
	case unchanged:
		s.metrics.unchanged.Add(1)
		return info, nil
	}
	s.metrics.written.Add(1)
	s.metrics.writeSeconds.Observe(s.now().Sub(began).Seconds())
	s.prune()
	return info, nil
}

func (s *Store) write(ctx context.Context, c Content) (info Info, unchanged bool, err error) {
	entries := s.snapshot()
	if err := newerThanUs(entries); err != nil {
		return Info{}, false, err
	}
	before := newest(entries)
	if before != nil && c.Seq < before.seq {
		return Info{}, false, fmt.Errorf("%w: that is %d; a log that was begun anew goes on from there", ErrBehind, before.seq)
	}
	m, err := describe(&c)
	if err != nil {
		return Info{}, false, err
	}
	tasks, err := s.tasks(&c, m, before)
	if err != nil {
		return Info{}, false, err
	}
	m.Written = s.now().UTC()
	if before != nil && len(tasks) == 0 && sameCheckpoint(m, before.manifest) {
		return before.info(), true, nil
	}
	if err := s.writeFiles(ctx, tasks); err != nil {
		return Info{}, false, err
	}
	e := entry{seq: m.Seq, manifest: m}
	if e.bytes, err = s.writeManifest(m); err != nil {
		s.drop(tasks)
		return Info{}, false, err
	}
	s.mu.Lock()
	s.entries = slices.DeleteFunc(s.entries, func(old entry) bool { return old.seq == e.seq })
	s.entries = append(s.entries, e)
	slices.SortFunc(s.entries, func(a, b entry) int { return cmp.Compare(b.seq, a.seq) })
	s.mu.Unlock()
	// The checkpoint is there. If that is not durable, nothing may be removed that it replaces.
	if err := s.fs.SyncDir(s.folder); err != nil {
		return Info{}, false, fmt.Errorf("the folder: %w", err)
	}
	return e.info(), false, nil
}

// sameCheckpoint reports whether a checkpoint would say what one says that there is.
func sameCheckpoint(m, before *manifest) bool {
	if m.Seq != before.Seq || m.Epoch != before.Epoch || !reflect.DeepEqual(m.Layers, before.Layers) {
		return false
	}
	return maps.EqualFunc(compactNotes(m.Notes), compactNotes(before.Notes), func(a, b json.RawMessage) bool { return bytes.Equal(a, b) })
}

// describe returns the manifest of c without its files, and puts its layers in order, or says what cannot be
// kept.
func describe(c *Content) (*manifest, error) {
	m := &manifest{Version: plainVersion, Seq: c.Seq, Epoch: c.Epoch, Layers: []layerRecord{}, Notes: c.Notes}
	switch {
	case c.Seq == 0:
		return nil, errors.New("sequence 0: want that of a message")
	case len(c.Epoch) > maxEpoch || !utf8.ValidString(c.Epoch):
		return nil, fmt.Errorf("epoch %q: want at most %d bytes of UTF-8", c.Epoch, maxEpoch)
	}
	size := 0
	for name, note := range c.Notes {
		size += len(name) + len(note)
		if !json.Valid(note) || !utf8.ValidString(name) {
			return nil, fmt.Errorf("note %q is no JSON", name)
		}
	}
	if size > maxNotes {
		return nil, fmt.Errorf("%d bytes of notes: want at most %d", size, maxNotes)
	}
	for i := range c.Layers {
		if c.Layers[i].Snapshot == nil {
			return nil, fmt.Errorf("layer %d of %d has no snapshot", i, len(c.Layers))
		}
	}
	c.Layers = slices.SortedFunc(slices.Values(c.Layers), func(a, b layers.State) int {
		return strings.Compare(string(a.Snapshot.Schema().Name), string(b.Snapshot.Schema().Name))
	})
	for i := range c.Layers {
		state := &c.Layers[i]
		schema := state.Snapshot.Schema()
		record, err := describeLayer(state)
		if err != nil {
			return nil, fmt.Errorf("layer %q: %w", string(schema.Name), err)
		}
		if i > 0 && m.Layers[i-1].Name == schema.Name {
			return nil, fmt.Errorf("layer %q stands twice", string(schema.Name))
		}
		if record.Seq > c.Seq {
			return nil, fmt.Errorf("layer %q: its state %d is newer than the checkpoint", string(schema.Name), record.Seq)
		}
		if record.Salt != "" {
			m.Version = formatVersion
		}
		m.Layers = append(m.Layers, record)
	}
	return m, nil
}

func describeLayer(state *layers.State) (layerRecord, error) {
	s := state.Snapshot
	schema, err := recordSchema(s.Schema())
	if err != nil {
		return layerRecord{}, err
	}
	if err := checkTombstones(state, &schema); err != nil {
		return layerRecord{}, err
	}
	record := layerRecord{Name: s.Schema().Name, Seq: s.Seq(), Schema: schema, SchemaHash: schema.hash(), IDColumn: schema.idColumn()}
	if state.Pruned.Kind() == column.Time {
		micros := state.Pruned.Micros()
		record.Pruned = &micros
	}
	if state.Salt != (layers.Salt{}) {
		record.Salt = hex.EncodeToString(state.Salt[:])
	}
	if record.Seq == 0 && (s.Count() > 0 || len(state.Tombstones) > 0 || record.Pruned != nil) {
		return layerRecord{}, errors.New("a state at sequence 0 that is not empty")
	}
	return record, nil
}

// task is a file to be written.
type task struct {
	record *fileRecord
	encode func(ctx context.Context, w io.Writer) (rows int, err error)
}

// tasks names the layers' files and returns those that must be written; the others are the ones of before.
func (s *Store) tasks(c *Content, m *manifest, before *entry) ([]task, error) {
	taken := map[string]bool{}
	there, err := names(s.fs, filepath.Join(s.folder, filesFolder))
	if err != nil {
		return nil, err
	}
	for _, name := range there {
		taken[name] = true
	}
	var out []task
	for i := range m.Layers {
		record, state := &m.Layers[i], &c.Layers[i]
		if before != nil && before.manifest.Epoch == c.Epoch && s.reuse(record, state, before.manifest) {
			continue
		}
		base := freeName(taken, record)
		record.Features.File = base + ".parquet"
		out = append(out, task{&record.Features, func(ctx context.Context, w io.Writer) (int, error) {
			return encodeFeatures(ctx, w, state.Snapshot, record)
		}})
		dead, erased := split(state.Tombstones)
		if len(dead) > 0 {
			record.Tombstones = &fileRecord{File: base + ".tombstones.parquet"}
			out = append(out, task{record.Tombstones, func(ctx context.Context, w io.Writer) (int, error) {
				return encodeTombstones(ctx, w, dead, record)
			}})
		}
		if len(erased) > 0 {
			record.Erased = &fileRecord{File: base + ".erased.parquet"}
			out = append(out, task{record.Erased, func(ctx context.Context, w io.Writer) (int, error) {
				return encodeTombstones(ctx, w, erased, record)
			}})
		}
	}
	return out, nil
}

// freeName returns a name for a layer's files that no file has: a name once used is of what was written
// then.
func freeName(taken map[string]bool, record *layerRecord) string {
	base := fmt.Sprintf("%s.%d", record.Name, uint64(record.Seq))
	name := base
	for n := 2; taken[name+".parquet"] || taken[name+".tombstones.parquet"] || taken[name+".erased.parquet"]; n++ {
		name = fmt.Sprintf("%s.%d", base, n)
	}
	taken[name+".parquet"] = true
	return name
}

// reuse gives a layer the files of the checkpoint before, if its state is the one they hold and they are
// undamaged. A damaged file that is written again is one less to share the damage.
func (s *Store) reuse(record *layerRecord, state *layers.State, before *manifest) bool {
	old := before.layer(record.Name)
	if old == nil || old.Seq != record.Seq || old.SchemaHash != record.SchemaHash || old.Features.Rows != state.Snapshot.Count() ||
		!reflect.DeepEqual(old.Pruned, record.Pruned) || old.Salt != record.Salt {
		return false
	}
	dead := 0
	files := []*fileRecord{&old.Features}
	if old.Tombstones != nil {
		dead = old.Tombstones.Rows
		files = append(files, old.Tombstones)
	}
	if old.Erased != nil {
		dead += old.Erased.Rows
		files = append(files, old.Erased)
	}
	if dead != len(state.Tombstones) {
		return false
	}
	for _, f := range files {
		if err := s.checkFile(f); err != nil {
			s.metrics.rewritten.Add(1)
			s.log.Error("a file of the newest checkpoint is damaged and written again", slog.Any("error", err))
			return false
		}
	}
	s.metrics.reused.Add(len(files))
	record.Features, record.Tombstones, record.Erased = old.Features, old.Tombstones, old.Erased
	return true
}

// writeFiles writes files side by side and makes their names durable. On an error none stays.
func (s *Store) writeFiles(ctx context.Context, tasks []task) error {
	folder := filepath.Join(s.folder, filesFolder)
	err := each(ctx, len(tasks), func(ctx context.Context, i int) error {
		t := &tasks[i]
		err := store(s.fs, filepath.Join(folder, t.record.File), func(w io.Writer) error { return t.write(ctx, w) })
		if err != nil {
			return fmt.Errorf("file %s: %w", t.record.File, err)
		}
		return nil
	})
	if err == nil && len(tasks) > 0 {
		err = s.fs.SyncDir(folder)
	}
	if err != nil {
		s.drop(tasks)
		return err
	}
	s.metrics.stored.Add(len(tasks))
	return nil
}

// drop removes the files of a checkpoint that did not come to be.
func (s *Store) drop(tasks []task) {
	for i := range tasks {
		s.remove(filepath.Join(s.folder, filesFolder, tasks[i].record.File))
	}
}

// writeBuffer is how much is written to a file at once.
const writeBuffer = 256 << 10

// write fills the record with what it writes.
func (t *task) write(ctx context.Context, w io.Writer) error {
	h := sha256.New()
	counted := &counter{w: io.MultiWriter(h, w)}
	buffer := bufio.NewWriterSize(counted, writeBuffer)
	rows, err := t.encode(ctx, buffer)
	if err != nil {
		return err
	}
	if err := buffer.Flush(); err != nil {
		return err
	}
	t.record.Rows, t.record.Bytes, t.record.SHA256 = rows, counted.n, hex.EncodeToString(h.Sum(nil))
	return nil
}

type counter struct {
	w io.Writer
	n int64
}

// Write counts what was written.
func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

// writeManifest makes a checkpoint of files that are there, durable once the folder is synced, and returns
// the bytes of its manifest.
func (s *Store) writeManifest(m *manifest) (int64, error) {
	if err := m.validate(); err != nil {
		return 0, fmt.Errorf("the manifest: %w", err)
	}
	b, err := m.encode()
	if err != nil {
		return 0, err
	}
	err = store(s.fs, filepath.Join(s.folder, manifestName(m.Seq)), func(w io.Writer) error {
		_, err := w.Write(b)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("the manifest: %w", err)
	}
	return int64(len(b)), nil
}

// compactNote returns a note without white space between its parts.
func compactNote(note json.RawMessage) json.RawMessage {
	var b bytes.Buffer
	if err := json.Compact(&b, note); err != nil {
		return note // it was valid when it came in
	}
	return b.Bytes()
}

// spread is into how many parts the checkpoints that are kept for the retention cut it, at least: two gaps between them,
// one after the other, are longer than one part, so there are at most twice as many.
const spread = 4

// kept returns which of the checkpoints, newest first, are to be kept: the newest ones, and for the retention the
// newest that is as old, or the oldest while none is, and of those behind it as many as leave no gap longer than a part
// of the retention, unless there is one already. Which of them goes does not depend on how old the retention lets them
// grow: what is kept today was kept yesterday, so that some do grow old.
func (s *Store) kept(entries []entry) map[layers.Seq]bool {
	whole := slices.DeleteFunc(slices.Clone(entries), func(e entry) bool { return e.err != nil })
	kept := map[layers.Seq]bool{}
	for i := range min(s.keep, len(whole)) {
		kept[whole[i].seq] = true
	}
	if s.retain == 0 || len(whole) == 0 {
		return kept
	}
	since := s.now().Add(-s.retain)
	first := slices.IndexFunc(whole, func(e entry) bool { return !e.manifest.Written.After(since) })
	if first < 0 {
		first = len(whole) - 1
	}
	last := whole[first]
	kept[last.seq] = true
	for i := first - 1; i > 0; i-- {
		if whole[i-1].manifest.Written.Sub(last.manifest.Written) > s.retain/spread {
			last = whole[i]
			kept[last.seq] = true
		}
	}
	return kept
}

// without takes a checkpoint out of the list.
func (s *Store) without(seq layers.Seq) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.entries = slices.DeleteFunc(s.entries, func(old entry) bool { return old.seq == seq })
}

// prune removes the checkpoints beyond those that are kept, and the damaged ones, which the one just written
// replaces: first manifests, then the files that none names any more.
func (s *Store) prune() {
	entries := s.snapshot()
	kept := s.kept(entries)
	for _, e := range entries {
		if kept[e.seq] {
			continue
		}
		if err := s.fs.Remove(filepath.Join(s.folder, manifestName(e.seq))); err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.log.Warn("a checkpoint that is not needed stays", slog.Uint64("sequence", uint64(e.seq)), slog.Any("error", err))
			return
		}
		s.without(e.seq)
	}
	err := s.fs.SyncDir(s.folder) // before any file goes that a manifest named
	if err == nil {
		err = s.sweepFiles()
	}
	if err != nil {
		s.log.Warn("files that no checkpoint needs stay", slog.Any("error", err))
	}
}
