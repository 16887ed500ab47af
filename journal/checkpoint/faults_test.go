package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hutong/layers"
	"hutong/layers/column"
)

// faults is a disk of which one operation fails, and with crash all after it: then the process is dead,
// and what it would still do does not happen.
type faults struct {
	disk
	mu    sync.Mutex
	left  int // operations until the one that fails
	crash bool
	err   error
	op    string // the one that failed
}

// step counts an operation; it returns an error when that one fails.
func (f *faults) step(op, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.left--
	if f.left == 0 {
		f.op = op + " " + filepath.Base(name)
	}
	if f.left == 0 || f.crash && f.left < 0 {
		return &fs.PathError{Op: op, Path: name, Err: f.err}
	}
	return nil
}

func (f *faults) Create(name string) (file, error) {
	if err := f.step("create", name); err != nil {
		return nil, err
	}
	out, err := f.disk.Create(name)
	if err != nil {
		return nil, err
	}
	return &faultyFile{out, f, name}, nil
}

func (f *faults) Open(name string) (file, error) {
	if err := f.step("open", name); err != nil {
		return nil, err
	}
	return f.disk.Open(name)
}

func (f *faults) Rename(from, to string) error {
	if err := f.step("rename", to); err != nil {
		return err
	}
	return f.disk.Rename(from, to)
}

func (f *faults) Remove(name string) error {
	if err := f.step("remove", name); err != nil {
		return err
	}
	return f.disk.Remove(name)
}

func (f *faults) ReadDir(name string) ([]fs.DirEntry, error) {
	if err := f.step("list", name); err != nil {
		return nil, err
	}
	return f.disk.ReadDir(name)
}

func (f *faults) SyncDir(name string) error {
	if err := f.step("sync-folder", name); err != nil {
		return err
	}
	return f.disk.SyncDir(name)
}

type faultyFile struct {
	file
	faults *faults
	name   string
}

// Write writes half of what it was given before it fails.
func (f *faultyFile) Write(b []byte) (int, error) {
	if err := f.faults.step("write", f.name); err != nil {
		n, _ := f.file.Write(b[:len(b)/2])
		return n, err
	}
	return f.file.Write(b)
}

func (f *faultyFile) Sync() error {
	if err := f.faults.step("sync", f.name); err != nil {
		return err
	}
	return f.file.Sync()
}

func (f *faultyFile) Close() error {
	err := f.faults.step("close", f.name)
	return errors.Join(err, f.file.Close())
}

// TestInterruptedWrites lets every step of a Write fail, once alone and once with all that come after it. A
// start must then find the older checkpoint, or the newer one as a whole; it has to be the newer one when
// Write said so, and nothing may be left of the other.
func TestInterruptedWrites(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		crash bool
		err   error
	}{{false, syscall.ENOSPC}, {true, syscall.EIO}} {
		t.Run(fmt.Sprintf("crash %v", test.crash), func(t *testing.T) {
			t.Parallel()
			seen := map[string]bool{}
			for n := 1; ; n++ {
				op, done := interruptedWrite(t, n, test.crash, test.err)
				seen[strings.Fields(op + " -")[0]] = true
				if done {
					break
				}
				if t.Failed() || n > 200 {
					t.Fatalf("operation %d, %s", n, op)
				}
			}
			for _, op := range []string{"create", "write", "sync", "sync-folder", "close", "rename", "remove", "list", "open"} {
				if !seen[op] {
					t.Errorf("no %s failed, only %v", op, seen)
				}
			}
		})
	}
}

// interruptedWrite lets the nth operation fail; done says that there was none.
func interruptedWrite(t *testing.T, n int, crash bool, fault error) (op string, done bool) {
	t.Helper()
	p := newPair(t)
	disk := &faults{crash: crash, err: fault, left: math.MaxInt}
	s := open(t, p.folder, Options{fs: disk})
	a, b := newLayer(t, smallSchema("a")), newLayer(t, smallSchema("b"))
	load(t, s, a, b)
	fill(t, a, 25, layers.Feature{ID: "two", Geometry: pointOf(5), Values: []column.Value{column.StringOf("third")}})
	newer := map[layers.Name]string{"a": dump(a.Snapshot()), "b": dump(b.Snapshot())}
	c := content(30, a, b)
	c.Layers[0].Tombstones = []layers.Tombstone{{ID: "gone"}}
	disk.mu.Lock()
	disk.left = n
	disk.mu.Unlock()
	before := tree(t, p.folder)
	_, err := s.Write(t.Context(), c)
	if disk.op == "" {
		if err != nil {
			t.Errorf("error %v without a fault", err)
		}
		p.check(t, newer, 0)
		return "", true
	}
	if err != nil && !errors.Is(err, fault) {
		t.Errorf("error %v, want %v", err, fault)
	}
	want := p.new
	manifest := filepath.Join(p.folder, manifestName(30))
	if _, there := os.Stat(manifest); err == nil || there == nil {
		want = newer
	} else if diff := cmp.Diff(before, tree(t, p.folder)); !crash && diff != "" {
		t.Errorf("%s failed, and the files are others (-before +after):\n%s", disk.op, diff)
	}
	p.check(t, want, 0)
	// A start leaves nothing but what the manifests name.
	named := map[string]bool{}
	for _, seq := range []layers.Seq{10, 20, 30} {
		if _, err := os.Stat(filepath.Join(p.folder, manifestName(seq))); err == nil {
			for _, path := range p.files(t, seq) {
				named[path] = true
			}
		}
	}
	for _, name := range tree(t, p.folder) {
		if !named[filepath.Join(p.folder, name)] {
			t.Errorf("%s is left", name)
		}
	}
	if crash {
		return disk.op, false
	}
	// The same store goes on when the disk works again.
	c.Seq = 31
	if _, err := s.Write(t.Context(), c); err != nil {
		t.Errorf("after the fault: %v", err)
	}
	p.check(t, newer, 0)
	return disk.op, false
}

// TestNotAllowed has files that may not be read now: that is no damage, and nothing older is taken.
func TestNotAllowed(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	for n := 1; n <= 4; n++ {
		disk := &faults{err: syscall.EMFILE, left: math.MaxInt}
		s := open(t, p.folder, Options{fs: disk})
		disk.left = n
		a, b := newLayer(t, smallSchema("a")), newLayer(t, smallSchema("b"))
		_, err := s.Load(t.Context(), []*layers.Layer{a, b})
		if !errors.Is(err, syscall.EMFILE) || errors.Is(err, ErrDamaged) {
			t.Errorf("operation %d: error %v, want %v", n, err, syscall.EMFILE)
		}
		if a.Snapshot().Seq()+b.Snapshot().Seq() != 0 {
			t.Errorf("operation %d: layers have states %d and %d", n, a.Snapshot().Seq(), b.Snapshot().Seq())
		}
		if got := load(t, s, a, b); got.Seq != 20 || len(got.Skipped) > 0 {
			t.Errorf("operation %d: then loaded %d past %v", n, got.Seq, got.Skipped)
		}
	}
}
