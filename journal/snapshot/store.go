package snapshot

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"hutong/internal/telemetry"
	"hutong/journal/atomicfile"
	"hutong/journal/checkpoint"
	"hutong/layers"
)

// DefaultLimit is how many snapshots there may be.
const DefaultLimit = 100

// Folder is where snapshots are in a data folder.
const Folder = "snapshots"

// What a snapshot's folder has, and the endings of folders that are not whole.
const (
	metaName         = "snapshot.json"
	checkpointFolder = "checkpoint"
	pinning          = ".pinning"
	removing         = ".removing"
)

// Only the owner may look: who may see a layer is not for the file system to say.
const (
	folderMode = 0o700
	fileMode   = 0o600
)

// Options say how snapshots are kept.
type Options struct {
	// Limit is how many there may be, those that are gone included; 0 means [DefaultLimit].
	Limit int
	// Free returns the bytes that are free on a folder's disk, and LowDisk below how many nothing is pinned; nil
	// does not look.
	Free    func(folder string) (int64, error)
	LowDisk int64
	// Log gets what was damaged or left behind; nil is nowhere.
	Log *slog.Logger
	// Metrics gets the store's metrics; nil is nobody.
	Metrics *telemetry.Metrics
}

// Store is the snapshots of a data folder.
type Store struct {
	folder string
	o      Options

	work sync.Mutex // held by what changes the folder
	mu   sync.Mutex
	all  map[string]*entry // guarded by mu
}

// entry is one snapshot.
type entry struct {
	meta *Meta // never changed, but replaced; nil when damaged
	err  error // why it cannot be used
}

// Open opens the snapshots of a data folder and removes what interrupted work left. A damaged one is no error
// here: [Store.Find] tells.
func Open(data string, o Options) (*Store, error) {
	if o.Limit == 0 {
		o.Limit = DefaultLimit
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Store{folder: filepath.Join(data, Folder), o: o, all: map[string]*entry{}}
	if err := s.scan(); err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	if o.Metrics != nil {
		s.observe(o.Metrics)
	}
	return s, nil
}

// scan reads what there is.
func (s *Store) scan() error {
	list, err := os.ReadDir(s.folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, d := range list {
		name := d.Name()
		switch path := filepath.Join(s.folder, name); {
		case strings.HasSuffix(name, pinning) || strings.HasSuffix(name, removing):
			if err := os.RemoveAll(path); err != nil {
				return err
			}
		case ValidName(name) == nil:
			m, err := readMeta(s.folder, name)
			if err != nil {
				s.o.Log.Error("a snapshot cannot be used", slog.String("snapshot", name), slog.Any("error", err))
			} else if m.Gone != nil {
				if err := os.RemoveAll(filepath.Join(path, checkpointFolder)); err != nil {
					return err
				}
			}
			s.all[name] = &entry{m, err}
		}
	}
	return nil
}

// readMeta reads snapshot.json of a snapshot.
func readMeta(folder, name string) (*Meta, error) {
	b, err := readFile(folder, name)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	m, err := decode(b)
	if err == nil && m.Name != name {
		err = fmt.Errorf("%w: it is called %q", ErrDamaged, m.Name)
	}
	return m, err
}

// readFile reads the bytes of snapshot.json of a snapshot.
func readFile(folder, name string) ([]byte, error) {
	f, err := os.Open(filepath.Join(folder, name, metaName)) //nolint:gosec // the data folder is where the operator says
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return metaFile.Read(f)
}

// observe registers metrics.
func (s *Store) observe(m *telemetry.Metrics) {
	m.Sample("hutong_snapshots", "Pinned snapshots by state: whole, gone after an erasure, or damaged.", []string{"state"}, func(emit func(float64, ...string)) {
		var whole, gone, damaged float64
		s.mu.Lock()
		for _, e := range s.all {
			switch {
			case e.err != nil:
				damaged++
			case e.meta.Gone != nil:
				gone++
			default:
				whole++
			}
		}
		s.mu.Unlock()
		emit(whole, "whole")
		emit(gone, "gone")
		emit(damaged, "damaged")
	})
	m.Sample("hutong_snapshots_limit", "Pinned snapshots that there may be.", nil, func(emit func(float64, ...string)) { emit(float64(s.o.Limit)) })
	m.Sample("hutong_snapshot_bytes", "Bytes of the layers' files of pinned snapshots.", nil, func(emit func(float64, ...string)) {
		var n int64
		for _, m := range s.List() {
			if m.Gone == nil {
				for i := range m.Layers {
					n += m.Layers[i].Bytes
				}
			}
		}
		emit(float64(n))
	})
}

// List returns the snapshots that can be read, by name. Nobody changes them.
func (s *Store) List() []*Meta {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []*Meta
	for _, e := range s.all {
		if e.err == nil {
			list = append(list, e.meta)
		}
	}
	slices.SortFunc(list, func(a, b *Meta) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// Find returns a snapshot, which nobody changes. The error is [ErrNotFound], [ErrDamaged] or [ErrNewer]; one that is
// gone is no error.
func (s *Store) Find(name string) (*Meta, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.all[name]
	if e == nil {
		return nil, ErrNotFound
	}
	return e.meta, e.err
}

// Pin keeps a snapshot of layers, which [Copy] has made, one for each of meta's in their order. It fills in what the
// files are. When it returns without an error the snapshot survives a power cut. The error is [ErrName], [ErrExists],
// [ErrFull], [ErrLowDisk], or what the disk says.
func (s *Store) Pin(ctx context.Context, meta Meta, copies []*layers.Layer) (*Meta, error) {
	s.work.Lock()
	defer s.work.Unlock()
	if err := s.CanPin(meta.Name); err != nil {
		return nil, err
	}
	meta.Version = formatVersion
	var need int64
	content := checkpoint.Content{Seq: meta.Seq, Epoch: meta.Epoch}
	for _, l := range copies {
		content.Layers = append(content.Layers, l.State())
		need += int64(l.Snapshot().Bytes()) // in a file it is less
	}
	if err := s.room(need); err != nil {
		return nil, err
	}
	staging := filepath.Join(s.folder, meta.Name+pinning)
	m, err := s.write(ctx, staging, &meta, content)
	if err == nil {
		err = s.finish(staging, meta.Name)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("snapshot: pin %s: %w", meta.Name, err), os.RemoveAll(staging))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all[meta.Name] = &entry{meta: m}
	return m, nil
}

// CanPin returns why there can be no snapshot of a name, as far as the name and their number go.
func (s *Store) CanPin(name string) error {
	if err := ValidName(name); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.all[name] != nil:
		return ErrExists
	case len(s.all) >= s.o.Limit:
		return fmt.Errorf("%w: %d", ErrFull, s.o.Limit)
	}
	return nil
}

// room returns [ErrLowDisk] when so many bytes more leave too few.
func (s *Store) room(need int64) error {
	if s.o.Free == nil {
		return nil
	}
	free, err := s.o.Free(filepath.Dir(s.folder))
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	if free-need < s.o.LowDisk {
		return fmt.Errorf("%w: %d bytes are free, and with up to %d more fewer than %d would be", ErrLowDisk, free, need, s.o.LowDisk)
	}
	return nil
}

// write writes a snapshot below a staging folder.
func (s *Store) write(ctx context.Context, staging string, meta *Meta, content checkpoint.Content) (*Meta, error) {
	if err := os.RemoveAll(staging); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(staging, folderMode); err != nil {
		return nil, err
	}
	kept, err := checkpoint.Open(filepath.Join(staging, checkpointFolder), checkpoint.Options{Keep: 1, Log: s.o.Log})
	if err != nil {
		return nil, err
	}
	if _, err := kept.Write(ctx, content); err != nil {
		return nil, err
	}
	pinned, err := kept.Pin()
	if err != nil {
		return nil, err
	}
	defer pinned.Release()
	files := map[layers.Name]checkpoint.File{}
	for _, f := range pinned.Files()[1:] {
		name, _, _ := strings.Cut(strings.TrimPrefix(f.Name, "files/"), ".")
		files[layers.Name(name)] = f
	}
	for i := range meta.Layers {
		l := &meta.Layers[i]
		f := files[l.Name]
		l.File, l.Bytes, l.SHA256 = f.Name, f.Bytes, f.SHA256
	}
	for i := range pinned.Info.Layers {
		if l := meta.Layer(pinned.Info.Layers[i].Name); l != nil {
			l.Seq, l.Features = pinned.Info.Layers[i].Seq, pinned.Info.Layers[i].Features
		}
	}
	text, err := meta.encode()
	if err != nil {
		return nil, err
	}
	if err := atomicfile.Replace(filepath.Join(staging, metaName), text, fileMode); err != nil {
		return nil, err
	}
	return decode(text)
}

// finish gives a snapshot that is whole its name.
func (s *Store) finish(staging, name string) error {
	if err := os.Rename(staging, filepath.Join(s.folder, name)); err != nil {
		return err
	}
	return errors.Join(atomicfile.SyncFolder(s.folder), atomicfile.SyncFolder(filepath.Dir(s.folder)))
}

// Unpin removes a snapshot, also one that is gone or damaged. The error is [ErrNotFound] or what the disk says.
func (s *Store) Unpin(name string) error {
	s.work.Lock()
	defer s.work.Unlock()
	s.mu.Lock()
	e := s.all[name]
	s.mu.Unlock()
	if e == nil {
		return ErrNotFound
	}
	path := filepath.Join(s.folder, name)
	err := os.Rename(path, path+removing)
	if err == nil {
		err = atomicfile.SyncFolder(s.folder)
	}
	if err != nil {
		return fmt.Errorf("snapshot: unpin %s: %w", name, err)
	}
	s.mu.Lock()
	delete(s.all, name)
	s.mu.Unlock()
	if err := os.RemoveAll(path + removing); err != nil {
		s.o.Log.Warn("files of a snapshot stay until the next start", slog.String("snapshot", name), slog.Any("error", err))
	}
	return nil
}
