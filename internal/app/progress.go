package app

import "sync/atomic"

// Progress tells how far the sources of a city have read their files, in bytes as they lie on the
// disk. It may be used from any goroutine once its city is made.
type Progress struct {
	read    atomic.Int64
	sources []interface{ Size() int64 }
}

// Read returns the bytes read so far.
func (p *Progress) Read() int64 { return p.read.Load() }

// Total looks at the files and returns the bytes of all of them; a file that cannot be looked at
// counts nothing.
func (p *Progress) Total() int64 {
	var total int64
	for _, s := range p.sources {
		total += s.Size()
	}
	return total
}
