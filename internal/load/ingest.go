package load

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Bounds of a run that sends changes.
const (
	// MaxBatch is the most changes of a request, as servers take them.
	MaxBatch = 100_000
	// settleTime is how long requests under way have to be answered once a run was interrupted.
	settleTime = 5 * time.Second
)

// IngestOptions say what changes to send and how.
type IngestOptions struct {
	// Server is the URL of the server's root, Source the name of a source of it that takes what is pushed.
	Server, Source string
	// Key is sent with each request, and is in no result or error; "" sends none.
	Key string
	// Changes are what is sent.
	Changes Changes
	// Batch is how many changes a request has, 1 to [MaxBatch].
	Batch int
	// Connections is how many requests are under way at once, 1 to [MaxConnections].
	Connections int
	// Count is how many changes are sent, a last batch whole, Duration how long; the run ends with the first
	// that is reached. 0 stands for no limit; one of them is set.
	Count    int64
	Duration time.Duration
	// Rate is how many changes a second are due, up to [MaxRate], sent in whole batches; 0 sends each batch as soon
	// as a connection is free. With a rate latencies count from when a request was due.
	Rate float64
	// Remote lets the server be on another machine.
	Remote bool

	hooks hooks
}

// hooks let another run look on. All may be nil, and are called by several goroutines.
type hooks struct {
	// prepare returns the first record of a connection's next request, or nil for one like all others. It is
	// called before the request is due.
	prepare func(ctx context.Context, w *writer) *record
	// sent says that a connection begins to send, answered that it has its answer, nil if it has none.
	sent     func(connection int, at time.Time)
	answered func(connection int, first *record, r *receipt, due, at time.Time)
	// answers is what the server is asked to answer record by record; "refused" when it is "".
	answers string
}

// Validate returns every problem of o at once, joined, or nil.
func (o *IngestOptions) Validate() error {
	errs := []error{CheckServer(o.Server, o.Remote), o.Changes.validate()}
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf("load: "+format, args...)) }
	if o.Source == "" || len(o.Source) > 200 {
		fail("the source %.200q is no name", o.Source)
	}
	if o.Batch < 1 || o.Batch > MaxBatch {
		fail("a batch of %d is not 1 to %d", o.Batch, MaxBatch)
	}
	if o.Connections < 1 || o.Connections > MaxConnections {
		fail("%d connections are not 1 to %d", o.Connections, MaxConnections)
	}
	if o.Count < 0 || o.Duration < 0 || o.Count == 0 && o.Duration == 0 {
		fail("a run needs a number of changes or a duration")
	}
	if !(o.Rate >= 0 && o.Rate <= MaxRate) {
		fail("a rate of %v a second is not 0 to %d", o.Rate, MaxRate)
	}
	return errors.Join(errs...)
}

// Ingest sends changes until the run is over or ctx is done, which is no error: requests under way are waited for
// a few seconds, and the result says that it was stopped. A request that the server says is wrong ends the run;
// the result has it as its first error. The error is about the options.
func Ingest(ctx context.Context, client *http.Client, o IngestOptions) (*IngestResult, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	answers := o.hooks.answers
	if answers == "" {
		answers = "refused"
	}
	batches := (o.Count + int64(o.Batch) - 1) / int64(o.Batch)
	r := &ingestRun{
		options: &o,
		poster: poster{
			client: client, url: below(o.Server, "ingest", o.Source) + "?answers=" + answers, media: mediaTypes[o.Changes.Format], key: o.Key,
		},
	}
	cpu := spending(ctx, client, o.Server) // before the clock of the run starts
	run, end := context.WithCancel(ctx)
	defer end()
	if o.Duration > 0 {
		var cancel context.CancelFunc
		run, cancel = context.WithTimeout(run, o.Duration)
		defer cancel()
	}
	// A request that was sent is waited for, so that as little as can be is left without an answer.
	sending, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(settleTime, stop) })()
	r.pacer = newPacer(o.Rate/float64(o.Batch), batches, o.Duration)
	parts := make([]*posts, o.Connections)
	var wg sync.WaitGroup
	for i := range parts {
		parts[i] = newPosts()
		wg.Go(func() {
			if err := r.work(run, sending, i, parts[i]); err != nil {
				end()
			}
		})
	}
	wg.Wait()
	ended := time.Now()
	total := newPosts()
	for _, part := range parts {
		total.merge(part)
	}
	result := total.result(ended.Sub(r.pacer.start))
	result.Stopped = ctx.Err() != nil
	result.Missed = r.pacer.missed(ended) * int64(o.Batch)
	result.ServerCPU = cpu.each(ctx, result.Acknowledged)
	return result, nil
}

// ingestRun is one run.
type ingestRun struct {
	options *IngestOptions
	poster  poster
	pacer   *pacer
}

// work sends requests of one connection until run is over. The error is errRefused or errStrange.
func (r *ingestRun) work(run, sending context.Context, connection int, t *posts) error {
	o := r.options
	w := o.Changes.newWriter(connection, o.Connections)
	for {
		var first *record
		if o.hooks.prepare != nil {
			first = o.hooks.prepare(run, w)
		}
		_, due, ok := r.pacer.turn(run)
		if !ok {
			return nil
		}
		now := time.Now()
		body := w.write(now, o.Batch, first)
		if o.hooks.sent != nil {
			o.hooks.sent(connection, now)
		}
		got, err := r.poster.post(sending, run, t, body)
		at := time.Now()
		t.settle(int64(o.Batch), got, at.Sub(due), err)
		if o.hooks.answered != nil {
			o.hooks.answered(connection, first, got, due, at)
		}
		if errors.Is(err, errRefused) || errors.Is(err, errStrange) {
			return err
		}
	}
}
