// Package archive reads PMTiles archives (github.com/protomaps/PMTiles, spec/v3): tiles and raw bytes,
// from a file, a web server or an object store. It is the only importer of go-pmtiles.
//
// # Nothing in an archive is believed
//
// An archive comes from somebody else and may be replaced, cut off or made to hurt. Every number in it
// is checked before it is used: sections lie in the archive, directories are in order and point into
// their section, what decompresses stops at a bound. What is wrong has one of the errors in errors.go;
// [Kind] names it for a metric. Each error comes in bounded time (Options.Timeout a read) and memory
// (the constants in bounds.go).
//
// From go-pmtiles come the header's layout, tile ids and access to object stores. Its directory decoder
// and its server are not used: the one follows 2⁴⁰ entries and ignores where its input ends, the other
// panics on a short answer, leaves whoever waits for a bad header waiting for ever, and cannot be
// stopped. Its file and HTTP buckets allocate what a directory asks for, take an answer to another
// question, and panic when there is no connection (docs/adr/0008).
//
// # Versions
//
// An [Archive] is a place where an archive lies. What lies there at one time is a version: bytes that
// never change. A file's version is its inode, size and time of change; a server's its ETag, or else
// Last-Modified and size. Each read says whether the bytes still are of its version. When they are not,
// the archive is opened anew and the read is tried once more; [Raw] never mixes two versions and fails.
//
// All methods may be called from any goroutine.
package archive

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Options bound the work on one archive. The zero value is the defaults.
type Options struct {
	// Timeout is the longest that one read from a server may take; 0 means 10 s. A file is not timed:
	// its system calls cannot be stopped.
	Timeout time.Duration
	// CacheBytes is the most memory of decoded leaf directories; 0 means 32 MiB. The newest stays
	// even when it is larger alone.
	CacheBytes int
	// Revalidate is how long a server's version counts as current without a read; 0 means 5 s.
	Revalidate time.Duration
	// Transport carries requests to http and https; nil means one with bounds of its own.
	Transport http.RoundTripper
}

func (o Options) withDefaults() Options {
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	if o.CacheBytes <= 0 {
		o.CacheBytes = 32 << 20
	}
	if o.Revalidate <= 0 {
		o.Revalidate = 5 * time.Second
	}
	return o
}

// Backoff between attempts to open an archive that could not be opened.
const (
	minBackoff = time.Second
	maxBackoff = 30 * time.Second
)

// Archive is a place where an archive lies. It is opened by its first use.
type Archive struct {
	location  Location
	opts      Options
	transport http.RoundTripper
	cache     *cache

	mu       sync.Mutex
	now      *version      // nil while not open
	opening  chan struct{} // closed when the attempt under way is over; nil when there is none
	err      error         // of the last attempt, until retryAt
	retryAt  time.Time
	backoff  time.Duration
	reopened int
	closed   bool
}

// New returns the archive at a place. It does no I/O.
func New(location Location, opts Options) *Archive {
	opts = opts.withDefaults()
	a := &Archive{location: location, opts: opts, transport: opts.Transport, cache: newCache(opts.CacheBytes)}
	if a.transport == nil {
		a.transport = newTransport(opts.Timeout)
	}
	return a
}

// Open returns the archive at a place that [ParseLocation] understands, opened.
func Open(ctx context.Context, place string, opts Options) (*Archive, error) {
	location, err := ParseLocation(place)
	if err != nil {
		return nil, err
	}
	a := New(location, opts)
	if err := a.Load(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

// Location returns where the archive lies.
func (a *Archive) Location() Location { return a.location }

// Load opens the archive unless it is open. After a failure the next attempt is made after a second,
// then two, up to half a minute; until then Load returns the failure again.
func (a *Archive) Load(ctx context.Context) error {
	_, err := a.current(ctx)
	return err
}

// Close lets go of the file or the connections. Later calls fail with [ErrClosed]. It may be called
// again.
func (a *Archive) Close() error {
	a.mu.Lock()
	v := a.now
	a.now, a.closed = nil, true
	a.mu.Unlock()
	if v != nil {
		v.retired.Store(true)
	}
	a.cache.clear()
	if a.opts.Transport == nil {
		if t, ok := a.transport.(*http.Transport); ok {
			t.CloseIdleConnections()
		}
	}
	if v == nil {
		return nil
	}
	return v.close()
}

// current returns the version that lies there now, opening it if need be. Of callers that come at
// once one opens and the others wait.
func (a *Archive) current(ctx context.Context) (*version, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		v, wait, err := a.claim()
		switch {
		case err != nil:
			return nil, err
		case v != nil:
			err := v.source.check(ctx)
			if !errors.Is(err, ErrChanged) {
				return v, a.named(err)
			}
			a.retire(v)
		case wait != nil:
			select {
			case <-wait:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		default:
			return a.open(ctx)
		}
	}
}

// claim returns the open version, or what to wait for, or the last failure, or nothing: then the
// caller has to call open.
func (a *Archive) claim() (*version, <-chan struct{}, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.closed:
		return nil, nil, a.named(ErrClosed)
	case a.now != nil:
		return a.now, nil, nil
	case a.opening != nil:
		return nil, a.opening, nil
	case a.err != nil && time.Now().Before(a.retryAt):
		return nil, nil, a.err
	}
	a.opening = make(chan struct{})
	return nil, nil, nil
}

// open opens what lies there. Only the caller that claim told so calls it. When the caller goes away
// the attempt does not count, and one of those that wait makes its own. One that panics counts as failed:
// the panic goes on, and those that wait get an error.
func (a *Archive) open(ctx context.Context) (v *version, err error) {
	err = errPanic
	defer func() { v, err = a.opened(ctx, v, err) }()
	return openVersion(ctx, a)
}

// opened ends an attempt to open the archive.
func (a *Archive) opened(ctx context.Context, v *version, err error) (*version, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	close(a.opening)
	a.opening = nil
	switch {
	case err == nil && a.closed:
		return nil, errors.Join(a.named(ErrClosed), v.close())
	case err == nil:
		a.now, a.err, a.backoff = v, nil, 0
		return v, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	a.err = a.named(err)
	a.backoff = min(max(2*a.backoff, minBackoff), maxBackoff)
	a.retryAt = time.Now().Add(a.backoff)
	return nil, a.err
}

// retire forgets v, which lies there no longer. Reads of it that are under way fail with ErrChanged.
func (a *Archive) retire(v *version) {
	a.mu.Lock()
	if a.now != v {
		a.mu.Unlock()
		return
	}
	a.now = nil
	a.reopened++
	a.mu.Unlock()
	v.retired.Store(true)
	a.cache.clear()
	_ = v.close() // nothing was written to it
}

// do calls f with the current version, and once more when that was replaced meanwhile.
func (a *Archive) do(ctx context.Context, f func(v *version) error) error {
	var err error
	for range 2 {
		var v *version
		if v, err = a.current(ctx); err != nil {
			return err
		}
		if err = f(v); !errors.Is(err, ErrChanged) {
			break
		}
		a.retire(v)
	}
	return a.named(err)
}

// placed is an error with the place of its archive.
type placed struct {
	place string
	err   error
}

// Error names the place and what is wrong with what lies there.
func (p *placed) Error() string { return p.place + ": " + p.err.Error() }

// Unwrap returns what is wrong.
func (p *placed) Unwrap() error { return p.err }

// named puts the archive's place before an error, once. What a caller's context says stays as it is.
func (a *Archive) named(err error) error {
	var already *placed
	if err == nil || errors.As(err, &already) || Kind(err) == "" {
		return err
	}
	return &placed{a.location.String(), err}
}

// Stats are counts of one archive since it was made.
type Stats struct {
	Open       bool // whether a version is open
	Reopened   int  // how often the archive was replaced while open
	Hits       int  // leaf directories found in memory
	Misses     int  // leaf directories read
	CacheBytes int  // memory of those that are kept
}

// Stats returns the counts.
func (a *Archive) Stats() Stats {
	s := a.cache.stats()
	a.mu.Lock()
	defer a.mu.Unlock()
	s.Open, s.Reopened = a.now != nil, a.reopened
	return s
}

// String names the archive for a log.
func (a *Archive) String() string { return fmt.Sprintf("archive %s", a.location) }
