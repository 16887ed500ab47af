package archive

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"time"
)

// file is one version of a file. It counts as replaced when the path leads to another inode, or when its
// size or one of its times differs. On Linux one of these is a time that no program can set, so that a copy
// which keeps the other is seen; elsewhere it is not.
type file struct {
	path   string
	f      *os.File
	info   fs.FileInfo
	rested bool // the next change will have another time
}

var _ source = (*file)(nil)

// openFile opens a regular file: a pipe or a device could keep a reader waiting.
func openFile(ctx context.Context, path string) (source, []byte, error) {
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
	prefix, err := s.open(ctx)
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
func (s *file) open(ctx context.Context) ([]byte, error) {
	if err := s.rest(ctx); err != nil {
		return nil, err
	}
	prefix := make([]byte, min(s.info.Size(), PrefixBytes))
	return prefix, s.readAt(ctx, prefix, 0)
}

// What lies between two times of a file at most: ticks of a kernel's clock of 10 ms, or whole seconds, two on
// FAT, of a file system that keeps no more.
const (
	grain       = 20 * time.Millisecond
	coarseGrain = 2 * time.Second
)

// unrest is how long from now on a file that was changed at a time may change again without getting
// another one; 0 when it no longer can.
func unrest(changed, now time.Time) time.Duration {
	if changed.Nanosecond() == 0 {
		return max(coarseGrain-now.Sub(changed), 0)
	}
	return max(grain-now.Sub(changed), 0)
}

// rest learns the version once the next change of the file would get another time: two contents of one size
// could share a strong tag (RFC 9110 §8.8.1). A file that is written all the time or that was changed in the
// future, by another clock, is not waited for, and its tag is weak.
func (s *file) rest(ctx context.Context) error {
	for range 5 {
		var err error
		if s.info, err = s.f.Stat(); err != nil {
			return fileError(err)
		}
		left := unrest(changeOf(s.info), time.Now())
		if s.rested = left == 0; s.rested || left > coarseGrain {
			return nil
		}
		select {
		case <-time.After(left):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (s *file) size() int64 { return s.info.Size() }

// identity is the time of modification, which copies of the file on other servers have, too: behind a
// balancer their tags have to be the same. Inode and time of change are not in it, so a program that changes
// bytes behind the first ones, keeps the size and puts this time back keeps the tag as well.
func (s *file) identity() string { return strconv.FormatInt(s.info.ModTime().UnixNano(), 10) }

func (s *file) strong() bool { return s.rested }

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
	case !same(now, s.info):
		return fmt.Errorf("%w: size or time of the file differ", ErrChanged)
	}
	return nil
}

// same reports whether a file was neither replaced nor changed.
func same(a, b fs.FileInfo) bool {
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime()) && changeOf(a).Equal(changeOf(b))
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
