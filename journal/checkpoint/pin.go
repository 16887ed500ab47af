package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"hutong/journal/envelope"
	"hutong/layers"
)

// ErrNone says that there is no checkpoint.
var ErrNone = errors.New("checkpoint: there is none that is whole")

// File is one of the files that a checkpoint is made of.
type File struct {
	// Name is its path below the store's folder, with slashes.
	Name string
	// Bytes and SHA256 are those that it was written with.
	Bytes  int64
	SHA256 string
}

// Pinned is a checkpoint whose files stay until it is released, whatever is written and pruned meanwhile. It
// may be used from any goroutine.
type Pinned struct {
	// Info describes it.
	Info     Info
	store    *Store
	manifest []byte
	name     string // of the manifest
	decoded  *manifest
	files    []fileRecord
	log      bool // the log behind it is needed as well
	release  sync.Once
}

// Pin pins the newest checkpoint that is not known to be damaged. The error is [ErrNone] when there is none, or
// what keeps its manifest from being read again. It waits for a Write under way.
func (s *Store) Pin() (*Pinned, error) { return s.pin(math.MaxUint64, false) }

// PinAt pins the newest checkpoint up to and including seq that is not known to be damaged. Until it is released
// [Store.Oldest] is not above it, so that the log behind it stays, too. The error is as that of Pin.
func (s *Store) PinAt(seq layers.Seq) (*Pinned, error) { return s.pin(seq, true) }

func (s *Store) pin(most layers.Seq, log bool) (*Pinned, error) {
	s.work.Lock()
	defer s.work.Unlock()
	e := newest(slices.DeleteFunc(s.snapshot(), func(e entry) bool { return e.seq > most }))
	if e == nil {
		return nil, ErrNone
	}
	p := &Pinned{Info: e.info(), store: s, name: manifestName(e.seq), log: log}
	var err error
	if p.manifest, err = readManifest(s.fs, filepath.Join(s.folder, p.name)); err != nil {
		return nil, fmt.Errorf("checkpoint: manifest %s: %w", p.name, err)
	}
	m, err := decodeManifest(p.manifest) // what lies there may have changed since it was looked at
	if err != nil {
		return nil, fmt.Errorf("checkpoint: manifest %s: %w", p.name, err)
	}
	for _, f := range m.files() {
		p.files = append(p.files, *f)
	}
	p.decoded = m
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pinned[p] = true
	return p, nil
}

// Load puts what is pinned into layers, which must be empty, as [Store.Load] does. The error is [ErrBroken] when a
// file is not as it was written: the checkpoint is then known to be damaged.
func (p *Pinned) Load(ctx context.Context, into []*layers.Layer) ([]Change, error) {
	changes, err := p.store.load(ctx, p.decoded, into)
	if d, ok := errors.AsType[*damage](err); ok {
		p.store.damaged(p.decoded.Seq, d)
		return nil, fmt.Errorf("%w: %d: %w", ErrBroken, p.decoded.Seq, err)
	}
	return changes, err
}

// Files returns the manifest and then the layers' files, in its order.
func (p *Pinned) Files() []File {
	out := []File{{Name: p.name, Bytes: int64(len(p.manifest)), SHA256: envelope.Sum(p.manifest)}}
	for i := range p.files {
		out = append(out, File{Name: filesFolder + "/" + p.files[i].File, Bytes: p.files[i].Bytes, SHA256: p.files[i].SHA256})
	}
	return out
}

// Manifest returns the bytes of the manifest, which nobody may change.
func (p *Pinned) Manifest() []byte { return p.manifest }

// Open opens one of the layers' files for reading. Nothing of it has been checked.
func (p *Pinned) Open(name string) (io.ReadCloser, error) {
	for i := range p.files {
		if filesFolder+"/"+p.files[i].File == name {
			return p.store.fs.Open(filepath.Join(p.store.folder, filesFolder, p.files[i].File))
		}
	}
	return nil, fmt.Errorf("checkpoint: no file %q of it", name)
}

// Temporary makes a file without a name on the disk of the checkpoints, which is gone once it is closed.
func (p *Pinned) Temporary() (*os.File, error) {
	f, err := os.CreateTemp(p.store.folder, "*.json"+temporary) // what a kill leaves here the next Open removes
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, fmt.Errorf("checkpoint: %w", errors.Join(err, f.Close()))
	}
	return f, nil
}

// pinnedManifests returns those of what is pinned now.
func (s *Store) pinnedManifests() []*manifest {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*manifest
	for p := range s.pinned {
		all = append(all, p.decoded)
	}
	return all
}

// Release lets the files go and removes those that no checkpoint needs. It waits for a Write under way, and may
// be called again.
func (p *Pinned) Release() {
	p.release.Do(func() {
		s := p.store
		s.work.Lock() // a file that is being written is no checkpoint's yet
		defer s.work.Unlock()
		s.mu.Lock()
		delete(s.pinned, p)
		s.mu.Unlock()
		if err := s.sweepFiles(); err != nil {
			s.log.Warn("files that no checkpoint needs stay", slog.Any("error", err))
		}
	})
}

// ManifestName returns the name of the manifest of a checkpoint, below the store's folder.
func ManifestName(seq layers.Seq) string { return manifestName(seq) }

// IsFile reports whether a layer's file may have a name, below a store's folder, with slashes.
func IsFile(name string) bool {
	base, ok := strings.CutPrefix(name, filesFolder+"/")
	return ok && isFileName(base)
}

// IsManifest reports whether a manifest may have a name, below a store's folder.
func IsManifest(name string) bool {
	_, ok := parseManifestName(name)
	return ok
}
