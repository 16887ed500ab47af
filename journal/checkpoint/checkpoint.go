// Package checkpoint keeps the state of all layers in files, so that a start reads the newest checkpoint
// and the tail of the log instead of the whole log (design §5).
//
// A checkpoint is a manifest and, for each layer, a GeoParquet file of its features and one of its
// tombstones. docs/formats/checkpoints.md has the format. Every file is written under a temporary name,
// synced, renamed and its folder synced; the manifest comes last, so a checkpoint is there as a whole or
// not at all. Every byte is covered by a SHA-256: of the checksums that detect any flipped bit it is the
// one that every system can compute with a tool it has, and at 1 to 2 GB/s it costs a start of a million
// features some 30 ms.
//
// A [Store] may be used from any goroutine; writing and loading wait for each other. Only one process may
// have a folder open, which its owner sees to.
package checkpoint

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"hutong/internal/telemetry"
	"hutong/layers"
)

// DefaultKeep is how many checkpoints are kept unless the options say.
const DefaultKeep = 2

// Options say how checkpoints are kept. The zero value keeps [DefaultKeep], logs nothing and counts for
// nobody.
type Options struct {
	// Keep is how many checkpoints are kept, at least 1; 0 means [DefaultKeep]. With one there is
	// nothing to fall back to.
	Keep int
	// Retention is how far back the checkpoints reach at least, once there are any that old, so that the
	// log between them tells of every moment since; 0 is not at all. Up to eight more are kept for it,
	// evenly spread.
	Retention time.Duration
	// Existing only reads: the folder must be there, and opening it changes nothing in it.
	Existing bool
	// Log gets what was skipped, pruned or left behind; nil is nowhere.
	Log *slog.Logger
	// Metrics gets the store's metrics, once a process; nil is a set of its own.
	Metrics *telemetry.Metrics

	now func() time.Time // of tests
	fs  filesystem       // of tests
}

// Validate says what is wrong with o, or nil.
func (o Options) Validate() error {
	if o.Keep < 0 {
		return fmt.Errorf("checkpoint: keep %d checkpoints: want at least 1, or 0 for %d", o.Keep, DefaultKeep)
	}
	if o.Retention < 0 {
		return fmt.Errorf("checkpoint: a retention of %v is below 0", o.Retention)
	}
	return nil
}

// ErrNewer says that a checkpoint was written by a newer Hutong.
var ErrNewer = errors.New("checkpoint: written by a newer Hutong")

// ErrDamaged says that no checkpoint there is can be read.
var ErrDamaged = errors.New("checkpoint: every checkpoint is damaged")

// ErrBroken says that a pinned checkpoint cannot be read.
var ErrBroken = errors.New("checkpoint: a pinned one is damaged")

// ErrBehind says that a checkpoint would be older than the newest there is.
var ErrBehind = errors.New("checkpoint: behind the newest one")

// Info describes a checkpoint.
type Info struct {
	// Seq is the log's last message that the checkpoint holds.
	Seq layers.Seq
	// Epoch names the log that Seq counts.
	Epoch string
	// Time is when it was written, in UTC.
	Time time.Time
	// Bytes are of all its files, also those that it shares with others.
	Bytes int64
	// Layers are in the order of their names.
	Layers []LayerInfo
	// Damaged says what is wrong with the manifest, of which then only Seq is known, or what was found
	// wrong with a file while loading; "" when nothing is known.
	Damaged string
}

// LayerInfo describes a layer in a checkpoint.
type LayerInfo struct {
	Name layers.Name
	// Seq is that of the layer's state.
	Seq layers.Seq
	// Features and Tombstones are how many there are.
	Features, Tombstones int
	// Erased is how many ids are remembered as erased.
	Erased int
	// Bytes are of the layer's files.
	Bytes int64
}

// Store is the checkpoints in a folder.
type Store struct {
	folder  string
	keep    int
	retain  time.Duration
	log     *slog.Logger
	metrics *metrics
	fs      filesystem
	now     func() time.Time

	mu      sync.Mutex
	work    sync.Mutex       // held by Write and Load, so that mu is not held across their I/O
	entries []entry          // guarded by mu; newest first
	pinned  map[*Pinned]bool // guarded by mu; those that are not released
}

// entry is one checkpoint of the folder.
type entry struct {
	seq      layers.Seq
	manifest *manifest // nil when damaged or newer
	bytes    int64     // of the manifest
	err      error     // why it cannot be used
}

// filesFolder holds the layers' files, inside the store's folder.
const filesFolder = "files"

// Open opens the checkpoints in a folder, which it makes if it is missing, and removes what interrupted
// writes left, unless [Options.Existing] says otherwise. Damaged checkpoints are no error here: [Store.List] and [Store.Load] tell.
func Open(folder string, o Options) (*Store, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	s := &Store{folder: folder, keep: cmp.Or(o.Keep, DefaultKeep), retain: o.Retention, log: o.Log, fs: o.fs, now: o.now, pinned: map[*Pinned]bool{}}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.fs == nil {
		s.fs = disk{}
	}
	if s.now == nil {
		s.now = time.Now
	}
	if !o.Existing {
		if err := s.fs.MkdirAll(filepath.Join(folder, filesFolder)); err != nil {
			return nil, fmt.Errorf("checkpoint: %w", err)
		}
		if err := s.fs.SyncDir(filepath.Dir(filepath.Clean(folder))); err != nil { // where the folder's name is
			return nil, fmt.Errorf("checkpoint: %w", err)
		}
	}
	entries, err := scan(s.fs, folder)
	if err != nil {
		return nil, err
	}
	s.entries = entries
	if !o.Existing {
		if err := s.sweep(); err != nil {
			return nil, err
		}
	}
	m := o.Metrics
	if m == nil {
		m = telemetry.NewMetrics()
	}
	s.metrics = newMetrics(s, m)
	return s, nil
}

// List returns the checkpoints, newest first. It does not read the layers' files: [Verify] does.
func (s *Store) List() []Info {
	var out []Info
	for _, e := range s.snapshot() {
		out = append(out, e.info())
	}
	return out
}

// snapshot returns the entries as they are now.
func (s *Store) snapshot() []entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.entries)
}

func (e *entry) info() Info {
	if e.manifest == nil {
		return Info{Seq: e.seq, Damaged: e.err.Error()}
	}
	info := e.manifest.info()
	info.Bytes += e.bytes
	if e.err != nil {
		info.Damaged = e.err.Error()
	}
	return info
}

// Newest returns the sequence of the newest checkpoint in a folder, damaged or not, 0 when there is none. It
// changes nothing there, so another process may have the folder open.
func Newest(folder string) (layers.Seq, error) {
	entries, err := scan(disk{}, folder)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil || len(entries) == 0 {
		return 0, err
	}
	return entries[0].seq, nil
}

// Oldest returns the sequence of the oldest checkpoint kept: the log is not needed up to it. It is 0, for
// nothing, while there are fewer undamaged ones than are to be kept, since a log that is cut then would
// leave nothing to fall back to, and while none is as old as the retention. It is not above one that
// [Store.PinAt] has pinned.
func (s *Store) Oldest() layers.Seq {
	var oldest layers.Seq
	var written time.Time
	n := 0
	for _, e := range s.snapshot() {
		if e.err == nil {
			oldest, written = e.seq, e.manifest.Written
			n++
		}
	}
	if n < s.keep || s.retain > 0 && written.After(s.now().Add(-s.retain)) {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for p := range s.pinned {
		if p.log {
			oldest = min(oldest, p.decoded.Seq)
		}
	}
	return oldest
}

// newest returns the newest checkpoint that is not known to be damaged, or nil.
func newest(entries []entry) *entry {
	for i := range entries {
		if entries[i].err == nil {
			return &entries[i]
		}
	}
	return nil
}

// newerThanUs returns an error when the folder has a checkpoint of a later format: whoever goes on beside
// it would lose what it holds.
func newerThanUs(entries []entry) error {
	for _, e := range entries {
		if errors.Is(e.err, ErrNewer) {
			return e.err
		}
	}
	return nil
}
