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
