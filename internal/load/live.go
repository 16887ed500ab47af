package load

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// Bounds of a run of live streams.
const (
	MaxClients   = 60_000 // what one address of a client has ports for
	openAtOnce   = 64
	openWait     = 90 * time.Second // for all clients to be open
	trailingWait = 2 * time.Second  // at most, for the events of the last changes
	livePoll     = 20 * time.Millisecond
)

// LiveOptions say how many clients listen, to what, and what changes meanwhile.
type LiveOptions struct {
	// Server is the URL of the server's root.
	Server string
	// Layers are the names that each client listens to.
	Layers []string
	// Clients is how many streams are open, 1 to [MaxClients], each on a connection of its own.
	Clients int
	// Duration is how long they listen once all are open.
	Duration time.Duration
	// Changes are sent meanwhile; nil sends none, and then no latency is measured. Their Count and Duration are not used,
	// their server is Server.
	Changes *IngestOptions
	// Remote lets the server be on another machine.
	Remote bool

	trailing time.Duration // at most, for the events of the last changes; 0 stands for trailingWait
}

// Validate returns every problem of o at once, joined, or nil.
func (o *LiveOptions) Validate() error {
	errs := []error{CheckServer(o.Server, o.Remote)}
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf("load: "+format, args...)) }
	if n := len(o.Layers); n < 1 || n > maxFields {
		fail("%d layers are not 1 to %d", n, maxFields)
	}
	if o.Clients < 1 || o.Clients > MaxClients {
		fail("%d clients are not 1 to %d", o.Clients, MaxClients)
	}
	if o.Duration <= 0 {
		fail("a run needs a duration")
	}
	if o.Changes != nil {
		errs = append(errs, o.changes().Validate())
	}
	return errors.Join(errs...)
}

// changes returns the options of the changes.
func (o *LiveOptions) changes() *IngestOptions {
	c := *o.Changes
	c.Server, c.Remote, c.Count, c.Duration = o.Server, o.Remote, 0, o.Duration
	return &c
}

// Live opens streams, waits until they are open, then sends changes and measures what arrives, until the time is over
// or ctx is done, which is no error: the result then says that it was stopped. The error is about the
// options, or says that no stream could be opened.
func Live(ctx context.Context, client *http.Client, o LiveOptions) (*LiveResult, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	all, err := newStreams(o.Server, o.Layers, openAtOnce)
	if err != nil {
		return nil, err
	}
	result := &LiveResult{Clients: o.Clients}
	result.RSSBefore = residentOf(ctx, client, o.Server)
	ownBefore := ownMemory()
	connections := 1
	if o.Changes != nil {
		connections = o.Changes.Connections
	}
	arrived := newArrivals(connections)

	listening, stop := context.WithCancel(context.WithoutCancel(ctx)) // what is open at the end is counted, whatever ends it
	defer stop()
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	told := make([]atomic.Uint64, o.Clients) // up to which sequence each knows everything
	for i := range told {
		wg.Go(func() {
			all.follow(listening, false, func(e event) {
				last := told[i].Load()
				if e.kind == kindChange {
					arrived.arrived(arrival{last, e.seq, time.Now()})
				}
				told[i].Store(max(last, e.seq))
			})
		})
	}
	began := time.Now()
	for all.open.Load() < int64(o.Clients) && time.Since(began) < openWait {
		if !pause(ctx, livePoll) {
			break
		}
	}
	result.OpenSeconds = time.Since(began).Seconds()
	if all.reached.Load() == 0 && ctx.Err() == nil {
		return nil, fmt.Errorf("load: no stream could be opened: %s", all.first())
	}
	result.OwnBytes = max(ownMemory()-ownBefore, 0) / float64(o.Clients)
	result.RSSOpen = residentOf(ctx, client, o.Server)
	eventsBefore, start := all.events.Load(), time.Now()
	if o.Changes != nil && ctx.Err() == nil {
		c := o.changes()
		c.hooks.sent = arrived.sending
		c.hooks.answered = func(connection int, _ *record, r *receipt, _, at time.Time) {
			seq := uint64(0)
			if r != nil {
				seq = r.Seq
			}
			arrived.acked(connection, seq, at)
		}
		if result.Changes, err = Ingest(ctx, client, *c); err != nil {
			return nil, err
		}
		trail(ctx, told, arrived.newest(), cmp.Or(o.trailing, trailingWait))
	} else {
		pause(ctx, o.Duration)
	}
	result.Seconds = time.Since(start).Seconds()
	result.Stopped = ctx.Err() != nil
	result.RSSEnd = residentOf(ctx, client, o.Server)
	result.Open = int(all.open.Load())
	result.Events = all.events.Load() - eventsBefore
	stop()
	wg.Wait()
	arrived.finish()
	result.read(all, arrived)
	return result, nil
}

// trail waits until all clients know everything up to a sequence, for a time at most.
func trail(ctx context.Context, told []atomic.Uint64, seq uint64, most time.Duration) {
	began := time.Now()
	for i := 0; i < len(told); {
		if told[i].Load() >= seq {
			i++
		} else if time.Since(began) >= most || !pause(ctx, livePoll) {
			return
		}
	}
}

// residentOf returns the resident memory of a server in bytes, nil when it tells none. It asks even when ctx is
// over.
func residentOf(ctx context.Context, client *http.Client, server string) *float64 {
	rss, err := serverMetric(context.WithoutCancel(ctx), client, server, metricRSS)
	if err != nil {
		return nil
	}
	return &rss
}

// ownMemory returns the bytes that this process has from the system, once it has given back what it can.
func ownMemory() float64 {
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.Sys - m.HeapReleased)
}
