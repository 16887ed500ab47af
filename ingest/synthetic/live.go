package synthetic

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"hutong/ingest"
	"hutong/layers"
	"hutong/layers/column"
)

// How a city lives.
//
//  1. Its clock starts at the end of the history and runs [LiveOptions.Speed] times as fast as ours. All
//     layers share it.
//  2. Everything that happens is a function of the city's options and its time: a stream yields the events
//     of any span of time, the same ones however it is cut into smaller spans. Nothing is drawn from
//     what happened before, or from when somebody looked.
//  3. A few times a second each source asks its stream for what has happened since it last did, makes the
//     whole features of it and publishes them in their order. One that is late, as after an error, goes
//     through what it missed in spans of liveSpan, so that it never holds more events than one has.
//  4. The city keeps its size. For each complaint that comes the oldest one leaves, once it has ended and
//     stayed for three days; that is up to a year after it came. More complaints come than in the
//     history if that had fewer than [leastAnHour], but no more in a month than the city has: it is never
//     more than a tenth larger, unless it has so few that one counts. All other features stay for ever.

// The speeds of a city's clock: city seconds in a second.
const (
	DefaultSpeed = 60
	MaxSpeed     = 3600
)

const (
	liveTick = 500 * time.Millisecond // between two looks at the clock
	liveSpan = 600                    // city seconds that are made at once, at most
)

// LiveOptions say how a city lives.
type LiveOptions struct {
	// Speed is how many times as fast as ours the city's clock runs, 1 to [MaxSpeed]; 0 is
	// [DefaultSpeed].
	Speed int
}

// Validate says what is wrong with o, or nil.
func (o LiveOptions) Validate() error {
	if o.Speed < 0 || o.Speed > MaxSpeed {
		return fmt.Errorf("synthetic: a clock %d times as fast is not 0 to %d", o.Speed, MaxSpeed)
	}
	return nil
}

// Live returns new sources that go on where those of [City.Sources] end: one for each layer on which
// something happens. Their clock starts when the first of them runs. They run until their context is
// done and return its error; after another error Run may be called again and goes on where it was, with
// the batch that was not taken. Options out of range are taken as the nearest that are in it.
func (c *City) Live(opts LiveOptions) []ingest.Source {
	clock := &clock{speed: int64(min(max(opts.Speed, 0), MaxSpeed))}
	if clock.speed == 0 {
		clock.speed = DefaultSpeed
	}
	streams := c.streams()
	var sources []ingest.Source
	for i := range c.layers {
		schema := c.layers[i].Schema
		if open := streams[schema.Name]; open != nil {
			sources = append(sources, &live{schema: schema, clock: clock, open: open})
		}
	}
	return sources
}

// streams open what happens on each layer on which something does, from a moment on.
func (c *City) streams() map[layers.Name]func(from instant) liveStream {
	return map[layers.Name]func(from instant) liveStream{
		"complaints": func(from instant) liveStream { return newComplaintStream(c, from) },
		"vendors":    func(from instant) liveStream { return newVendorStream(c, from) },
		"markets":    func(from instant) liveStream { return newMarketStream(c, from) },
		"sensors":    func(from instant) liveStream { return newSensorStream(c, from) },
	}
}

// clock is the city's time, shared by its sources.
type clock struct {
	speed int64
	once  sync.Once
	start time.Time
}

// now returns the city's time; the first call starts it.
func (c *clock) now() instant {
	c.once.Do(func() { c.start = time.Now() })
	return historyEnd + instant(time.Since(c.start).Milliseconds()*c.speed/1000)
}

// event is something that happens to a feature.
type event struct {
	instant
	index int  // of the feature
	order int8 // of several events of a feature at one moment
	gone  bool // the feature leaves
}

// compare orders events by time, then by feature.
func (e event) compare(o event) int {
	switch {
	case e.instant != o.instant:
		return int(min(max(e.instant-o.instant, -1), 1))
	case e.index != o.index:
		return e.index - o.index
	default:
		return int(e.order - o.order)
	}
}

// sortEvents sorts events.
func sortEvents(list []event) { slices.SortFunc(list, event.compare) }

// liveStream yields what happens on one layer. It belongs to one goroutine.
type liveStream interface {
	// until appends what happens after the end of the last call, or the stream's start, and not after
	// t, in the order of [event.compare].
	until(dst []event, t instant) []event
	// feature fills the feature of an event as it is at the event's time, all of it or only the ID when
	// it is gone. The values are null.
	feature(r *random, e event, f *layers.Feature)
}

// live publishes what happens on one layer of a city. Run owns it.
type live struct {
	schema *layers.Schema
	clock  *clock
	open   func(from instant) liveStream

	stream liveStream // nil before the first run
	until  instant    // what happened up to here was asked for
	events []event    // asked for and not yet published
	random random
}

var _ ingest.Source = (*live)(nil)

// Name returns "live-" and the layer's name.
func (l *live) Name() string { return "live-" + string(l.schema.Name) }

// Layer returns the layer's name.
func (l *live) Layer() layers.Name { return l.schema.Name }

// Run publishes what happens until ctx is done; see [City.Live].
func (l *live) Run(ctx context.Context, to ingest.Publisher, report *ingest.Report) error {
	if l.stream == nil {
		l.clock.now()
		l.until = historyEnd
		l.stream = l.open(l.until)
	}
	ticker := time.NewTicker(liveTick)
	defer ticker.Stop()
	for {
		if err := l.catchUp(ctx, to, report); err != nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// catchUp publishes all that has happened by now.
func (l *live) catchUp(ctx context.Context, to ingest.Publisher, report *ingest.Report) error {
	for {
		if err := l.flush(ctx, to, report); err != nil {
			return err
		}
		now := l.clock.now()
		if l.until >= now {
			return nil
		}
		l.until = min(now, l.until+liveSpan)
		l.events = l.stream.until(l.events[:0], l.until)
	}
}

// flush publishes the events that were asked for, batch by batch.
func (l *live) flush(ctx context.Context, to ingest.Publisher, report *ingest.Report) error {
	fields := len(l.schema.Fields)
	for len(l.events) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		events := l.events[:min(len(l.events), ingest.MaxBatch)]
		changes := make([]layers.Change, len(events))
		values := make([]column.Value, len(events)*fields)
		for i, e := range events {
			change := &changes[i]
			if e.gone {
				change.Op = layers.Delete
			} else {
				change.Feature.Values = values[i*fields : (i+1)*fields : (i+1)*fields]
			}
			l.stream.feature(&l.random, e, &change.Feature)
		}
		if err := to.Publish(ctx, layers.Batch{Layer: l.schema.Name, Changes: changes}); err != nil {
			return err
		}
		report.Accept(len(events))
		l.events = l.events[len(events):]
	}
	return nil
}
