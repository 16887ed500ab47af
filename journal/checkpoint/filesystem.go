package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// filesystem is what a store does to files, so that tests can let each step fail. The disk is the one that
// counts.
type filesystem interface {
	MkdirAll(name string) error
	ReadDir(name string) ([]fs.DirEntry, error)
	Open(name string) (file, error)
	// Create makes a file for writing; one of that name loses what it holds.
	Create(name string) (file, error)
	Rename(from, to string) error
	Remove(name string) error
	// SyncDir makes the names in a folder durable.
	SyncDir(name string) error
}

type file interface {
	io.ReadWriteCloser
	io.ReaderAt
	Sync() error
	Stat() (fs.FileInfo, error)
}

// Private fields are in the files, so nobody but the owner may read them.
const (
	folderMode = 0o700
	fileMode   = 0o600
)

type disk struct{}

var _ filesystem = disk{}

func (disk) MkdirAll(name string) error { return os.MkdirAll(name, folderMode) }

func (disk) ReadDir(name string) ([]fs.DirEntry, error) { return os.ReadDir(name) }

func (disk) Open(name string) (file, error) { return wrapFile(os.Open(name)) }

func (disk) Create(name string) (file, error) {
	return wrapFile(os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, fileMode))
}

// wrapFile keeps a nil *os.File from becoming a file that is not nil.
func wrapFile(f *os.File, err error) (file, error) {
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (disk) Rename(from, to string) error { return os.Rename(from, to) }

func (disk) Remove(name string) error { return os.Remove(name) }

func (disk) SyncDir(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// temporary ends the name of a file that is not whole.
const temporary = ".tmp"

// store writes a file so that it is there as a whole or not at all, once the folder is synced too.
func store(f filesystem, name string, write func(io.Writer) error) (err error) {
	out, err := f.Create(name + temporary)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = f.Remove(name + temporary) // else the next Open does
		}
	}()
	err = write(out)
	if err == nil {
		err = out.Sync()
	}
	if err := errors.Join(err, out.Close()); err != nil {
		return err
	}
	return f.Rename(name+temporary, name)
}

// sweep removes what interrupted writes left: files with temporary names, and files that no manifest names.
// While a manifest cannot be read its files are not known, so those stay.
func (s *Store) sweep() error {
	left, err := names(s.fs, s.folder)
	if err != nil {
		return err
	}
	for _, name := range left {
		if strings.HasSuffix(name, ".json"+temporary) {
			s.remove(filepath.Join(s.folder, name))
		}
	}
	return s.sweepFiles()
}

func (s *Store) sweepFiles() error {
	used := map[string]bool{}
	known := true
	for _, e := range s.snapshot() {
		if e.manifest == nil {
			known = false
			continue
		}
		for _, f := range e.manifest.files() {
			used[f.File] = true
		}
	}
	for _, m := range s.pinnedManifests() {
		for _, f := range m.files() {
			used[f.File] = true
		}
	}
	left, err := names(s.fs, filepath.Join(s.folder, filesFolder))
	if err != nil {
		return err
	}
	for _, name := range left {
		ours := strings.HasSuffix(name, ".parquet"+temporary) || known && isFileName(name) && !used[name]
		if ours {
			s.remove(filepath.Join(s.folder, filesFolder, name))
		}
	}
	return nil
}

// remove removes a file that nothing needs; that it stays harms nobody.
func (s *Store) remove(path string) {
	if err := s.fs.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.log.Warn("a file that no checkpoint needs stays", slog.String("path", path), slog.Any("error", err))
	}
}

// names returns the names in a folder, sorted.
func names(f filesystem, folder string) ([]string, error) {
	all, err := f.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	var out []string
	for _, e := range all {
		out = append(out, e.Name())
	}
	slices.Sort(out)
	return out, nil
}
