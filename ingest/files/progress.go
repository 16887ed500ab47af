package files

import (
	"io"
	"os"
	"sync/atomic"
)

// Size returns the bytes of the files that the source reads, as they lie on the disk; a file that
// cannot be looked at counts nothing. It may be called at any time.
func (s *Source) Size() int64 {
	paths, err := expand(s.opts.Paths)
	if err != nil {
		return 0
	}
	var total int64
	for _, path := range paths {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			total += info.Size()
		}
	}
	return total
}

// Match returns the files that patterns match, each once: in the order of the patterns, and by name
// within one. A pattern that is itself the name of a file stands for that file. The error names the
// first pattern that matches nothing.
func Match(patterns []string) ([]string, error) { return expand(patterns) }

// counted counts what is read.
type counted struct {
	io.Reader
	read *atomic.Int64
}

// Read reads and counts.
func (c counted) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.read.Add(int64(n))
	return n, err
}

// share makes progress of a table, which is not read from one end to the other, as bytes of its file.
type share struct {
	read          *atomic.Int64 // nil when nobody asks
	size, counted int64
}

func newShare(path string, read *atomic.Int64) (*share, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	return &share{read: read, size: info.Size()}, nil
}

// reach counts so much of the file as done is of total. It never takes anything back.
func (s *share) reach(done, total int64) {
	if s.read == nil || total <= 0 {
		return
	}
	bytes := int64(float64(s.size) * min(1, float64(done)/float64(total)))
	if bytes > s.counted {
		s.read.Add(bytes - s.counted)
		s.counted = bytes
	}
}

// end counts the rest of a file that was read without err, which it returns.
func (s *share) end(err error) error {
	if err == nil {
		s.reach(1, 1)
	}
	return err
}
