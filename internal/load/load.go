// Package load is the client behind `hutong bench`. [Run] asks a server for tiles over a stated number of
// connections: a list ([ReadList]) or a walk over a tile set ([Tileset.Walk]), which is the same for the same
// seed. [Ingest] sends changes to a source, [Live] listens to what changes, and [Freshness] follows changes to
// the tiles that show them. Each measures what comes back.
//
// It is a client for one's own server: options are refused whose server is not on this machine unless that is
// asked for. Everything is bounded: targets, connections, streams, the bytes of an answer, the time of a
// request. A result belongs to its caller.
package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// Bounds of a run.
const (
	MaxTargets     = 1_000_000
	MaxConnections = 4096
	MaxRate        = 10_000_000 // a second
	maxAnswer      = 64 << 20   // bytes of one answer
	requestTimeout = time.Minute
)

// Options say what to ask for and how.
type Options struct {
	// Targets are the URLs, asked for in order and then from the start again.
	Targets []string
	// Connections is how many requests are under way at once, 1 to [MaxConnections].
	Connections int
	// Count is how many requests are made, Duration how long; the run ends with the first that is
	// reached. 0 stands for no limit; one of them is set.
	Count    int64
	Duration time.Duration
	// Rate is how many requests a second are due, up to [MaxRate]; 0 makes each as soon as a connection is free.
	// With a rate latencies count from when a request was due, so that those who wait for a slow
	// server are not left out.
	Rate float64
	// Conditional sends the ETag that a target last had, so that what has not changed is 304.
	Conditional bool
	// Encoding is what the client accepts: "gzip", "zstd", "br" or "" for no compression.
	Encoding string
	// Remote lets targets be on other machines.
	Remote bool
}

// ErrRemote says that a target is not on this machine.
var ErrRemote = errors.New("load: not on this machine")

// Validate returns every problem of o at once, joined, or nil.
func (o *Options) Validate() error {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf("load: "+format, args...)) }
	if n := len(o.Targets); n < 1 || n > MaxTargets {
		fail("%d targets are not 1 to %d", n, MaxTargets)
	}
	if o.Connections < 1 || o.Connections > MaxConnections {
		fail("%d connections are not 1 to %d", o.Connections, MaxConnections)
	}
	if o.Count < 0 || o.Duration < 0 || o.Count == 0 && o.Duration == 0 {
		fail("a run needs a number of requests or a duration")
	}
	if !(o.Rate >= 0 && o.Rate <= MaxRate) {
		fail("a rate of %v a second is not 0 to %d", o.Rate, MaxRate)
	}
	switch o.Encoding {
	case "", "gzip", "zstd", "br":
	default:
		fail("no encoding %q: the encodings are gzip, zstd and br", o.Encoding)
	}
	for _, target := range o.Targets {
		if err := CheckTarget(target, o.Remote); err != nil {
			errs = append(errs, err)
			break // the others are mostly alike
		}
	}
	return errors.Join(errs...)
}

// CheckTarget says what is wrong with a URL to ask for, or nil. Unless remote is set its host must be
// localhost or a loopback address; the error is [ErrRemote] otherwise. No name is looked up.
func CheckTarget(target string, remote bool) error {
	u, err := url.Parse(target)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("load: %q is not an http or https URL", target)
	}
	ip := net.ParseIP(u.Hostname())
	if !remote && u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("%w: %s", ErrRemote, u.Host)
	}
	return nil
}

// NewClient returns a client of at most so many connections that neither asks for compression by
// itself nor follows redirects.
func NewClient(connections int) *http.Client {
	return &http.Client{
		Timeout: requestTimeout,
		Transport: &http.Transport{
			MaxConnsPerHost: connections, MaxIdleConnsPerHost: connections, DisableCompression: true,
			DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext, TLSHandshakeTimeout: 10 * time.Second,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Run asks for the targets until the run is over or ctx is done, which is no error: the result then
// says that it was stopped. The error is about the options.
func Run(ctx context.Context, client *http.Client, o Options) (*Result, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	r := &runner{options: o, client: client, tags: make([]atomic.Pointer[string], len(o.Targets))}
	cpu := spending(ctx, client, o.Targets[0])
	inner, cancel := ctx, context.CancelFunc(func() {})
	if o.Duration > 0 {
		inner, cancel = context.WithTimeout(ctx, o.Duration)
	}
	defer cancel()
	r.pacer = newPacer(o.Rate, o.Count, o.Duration)
	parts := make([]*tally, o.Connections)
	var wg sync.WaitGroup
	for i := range parts {
		parts[i] = newTally()
		wg.Go(func() { r.ask(inner, parts[i]) })
	}
	wg.Wait()
	ended := time.Now()
	total := newTally()
	for _, part := range parts {
		total.merge(part)
	}
	result := total.result(ended.Sub(r.pacer.start))
	result.Stopped = ctx.Err() != nil
	result.Missed = r.pacer.missed(ended)
	result.ServerCPU = cpu.each(ctx, result.Requests)
	return result, nil
}

// runner is one run.
type runner struct {
	options Options
	client  *http.Client
	pacer   *pacer
	tags    []atomic.Pointer[string] // the last ETag of each target
}

// ask makes requests until there are enough or ctx is done.
func (r *runner) ask(ctx context.Context, t *tally) {
	buf := make([]byte, 64<<10)
	for {
		n, due, ok := r.pacer.turn(ctx)
		if !ok {
			return
		}
		answer, err := r.request(ctx, int(n%int64(len(r.options.Targets))), buf)
		if ctx.Err() != nil {
			r.pacer.taken.Add(-1) // cut off by the end of the run
			return
		}
		t.add(answer, time.Since(due), err)
	}
}

// answer is what came back of one request.
type answer struct {
	status   int
	bytes    int64 // of the body as it was sent
	encoding string
}

// request asks for target i and reads its answer to the end.
func (r *runner) request(ctx context.Context, i int, buf []byte) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.options.Targets[i], nil)
	if err != nil {
		return answer{}, err
	}
	if r.options.Encoding != "" {
		req.Header.Set("Accept-Encoding", r.options.Encoding)
	}
	if tag := r.tags[i].Load(); r.options.Conditional && tag != nil {
		req.Header.Set("If-None-Match", *tag)
	}
	res, err := r.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	n, err := io.CopyBuffer(onlyWriter{io.Discard}, io.LimitReader(res.Body, maxAnswer+1), buf)
	err = errors.Join(err, res.Body.Close())
	if err == nil && n > maxAnswer {
		err = fmt.Errorf("load: an answer of more than %d bytes", maxAnswer)
	}
	if tag := res.Header.Get("ETag"); r.options.Conditional && tag != "" && len(tag) < 1024 {
		r.tags[i].Store(&tag)
	}
	return answer{res.StatusCode, n, res.Header.Get("Content-Encoding")}, err
}

// onlyWriter hides what else a writer can do, so that a copy uses the buffer it is given.
type onlyWriter struct{ io.Writer }
