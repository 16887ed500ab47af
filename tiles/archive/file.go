package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
)

// file is one version of a file. It counts as replaced when the path leads to another inode, or when
// size or time of change differ; a writer that keeps both within the clock's grain is not seen.
type file struct {
	path string
	f    *os.File
	info fs.FileInfo
}

var _ source = (*file)(nil)

// openFile opens a regular file: a pipe or a device could keep a reader waiting.
func openFile(path string) (source, []byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, fileError(err)
	}
	if !info.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("%w: a %s and not a file", ErrUnavailable, kindOf(info.Mode()))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, fileError(err)
	}
	s := &file{path: path, f: f}
	prefix, err := s.open()
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return s, prefix, nil
}

func kindOf(m fs.FileMode) string {
	if m.IsDir() {
		return "folder"
	}
	return "special file"
}

// open learns the version and reads the first bytes.
func (s *file) open() ([]byte, error) {
	var err error
	if s.info, err = s.f.Stat(); err != nil {
		return nil, fileError(err)
	}
	prefix := make([]byte, min(s.info.Size(), PrefixBytes))
	return prefix, s.readAt(context.Background(), prefix, 0)
}

func (s *file) size() int64 { return s.info.Size() }

func (s *file) identity() string { return strconv.FormatInt(s.info.ModTime().UnixNano(), 10) }

// readAt reads, then asks whether the file still is what it was: bytes that were read before it
// changed are of this version.
func (s *file) readAt(ctx context.Context, p []byte, off int64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	n, err := s.f.ReadAt(p, off)
	if changed := s.check(ctx); changed != nil {
		return changed
	}
	switch {
	case n == len(p):
		return nil
	case errors.Is(err, io.EOF):
		return fmt.Errorf("%w: it ends at %d", ErrTruncated, off+int64(n))
	default:
		return fileError(err)
	}
}

func (s *file) check(context.Context) error {
	now, err := os.Stat(s.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: the file is gone", ErrChanged)
	case err != nil:
		return fileError(err)
	case !os.SameFile(now, s.info) || now.Size() != s.info.Size() || !now.ModTime().Equal(s.info.ModTime()):
		return fmt.Errorf("%w: size or time of the file differ", ErrChanged)
	}
	return nil
}

func (s *file) close() error {
	if err := s.f.Close(); err != nil {
		return fileError(err)
	}
	return nil
}

// fileError says in this package's terms why a file could not be read.
func fileError(err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	case errors.Is(err, os.ErrClosed):
		return fmt.Errorf("%w: the file was closed for a newer one", ErrChanged)
	default:
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
}
