// Package push takes what senders push: a body of records becomes changes of one layer, each record with an
// answer of its own. It knows nothing of HTTP but what a body is called: media types and content codings.
//
// # What becomes of a body
//
//  1. [Feed.Take] admits the request: so many at once, so many a second.
//  2. The body is read and decompressed within its bounds. All that is held of all bodies is bounded by a
//     [Budget].
//  3. It is cut into records. What is no body at all, such as JSON that breaks off, or one with too many
//     records, is refused as a whole before anything of it is published.
//  4. Records go through mapping and gate, in batches to the [ingest.Acceptor], and the refused ones to the
//     dead letters. An atomic request is one batch, or nothing.
//  5. Each record has an [Answer].
//
// Formats: RFC 8259 (JSON), RFC 7946 (GeoJSON), RFC 8142 (JSON text sequences), one JSON text a line
// (NDJSON), RFC 4180 (CSV); RFC 1952 (gzip), RFC 8878 (Zstandard).
//
// A [*Feed] may be used from any goroutine.
package push

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"hutong/ingest"
	"hutong/internal/telemetry"
	"hutong/layers"
)

// Defaults of [Limits], and what a config may ask for at most.
const (
	DefaultBody     = 16 << 20
	DefaultRecords  = 100_000
	DefaultRequests = 256
	DefaultRate     = 10_000

	MaxBody     = 256 << 20
	MaxRecords  = 1_000_000
	MaxRequests = 4096
	MaxRate     = 1_000_000
)

// MaxAnswers is the most answers that a result holds. All records beyond them are counted, and the refused
// ones are among the dead letters like all others.
const MaxAnswers = 10_000

// Limits bound one source; 0 means the default.
type Limits struct {
	// Body is the most bytes of a body, both as it is sent and decompressed.
	Body int
	// Records is the most records of a request.
	Records int
	// Requests is how many requests may be under way at once.
	Requests int
	// Rate is how many requests a second are taken, after as many at once.
	Rate int
}

func (l Limits) withDefaults() Limits {
	return Limits{
		Body: cmp.Or(l.Body, DefaultBody), Records: cmp.Or(l.Records, DefaultRecords),
		Requests: cmp.Or(l.Requests, DefaultRequests), Rate: cmp.Or(l.Rate, DefaultRate),
	}
}

// Validate returns every problem of l at once, joined, or nil.
func (l Limits) Validate() error {
	l = l.withDefaults()
	var errs []error
	for _, v := range []struct {
		name      string
		v, lo, hi int
	}{
		{"body", l.Body, 1 << 10, MaxBody},
		{"records", l.Records, 1, MaxRecords},
		{"requests", l.Requests, 1, MaxRequests},
		{"rate", l.Rate, 1, MaxRate},
	} {
		if v.v < v.lo || v.v > v.hi {
			errs = append(errs, fmt.Errorf("push: limit of %s %d is not %d to %d", v.name, v.v, v.lo, v.hi))
		}
	}
	return errors.Join(errs...)
}

// Meters count records. A nil one counts nothing. What becomes of those accepted is counted where changes are
// applied.
type Meters struct {
	Accepted *telemetry.Counts // by source
	Refused  *telemetry.Counts // by source and reason
}

// Options describe one source.
type Options struct {
	// Name names the source, and Layer the layer that it feeds.
	Name  string
	Layer layers.Name
	// Formats are those that it takes; none means all.
	Formats []Format
	// Records leads to the records in a JSON body, see [ingest.CutJSON]; "" is as CutJSON finds them.
	Records string
	// Delimiter stands between the cells of CSV: one byte of ASCII; 0 means a comma. The place of a row
	// comes from Mapping.Place.
	Delimiter byte
	// Mapping makes features of records. Its schema is the layer's.
	Mapping *ingest.Mapping
	// Limits bound requests.
	Limits Limits
	// To takes the changes, and Letters what was refused.
	To      ingest.Acceptor
	Letters ingest.DeadLetters
	// State returns the layer as it is now, for snapshots; nil when it has features of other sources, too.
	State func() *layers.Snapshot
	// Budget bounds the memory of all feeds together.
	Budget *Budget
	// Meters count.
	Meters Meters
	// Now is the clock; nil means [time.Now].
	Now func() time.Time
}

// Feed is one source that records are pushed to.
type Feed struct {
	opts    Options
	mapper  *ingest.Mapper
	parsers sync.Pool // of *ingest.Parser
	door    door
	// replaying is held by the replay that is under way, and telling by the snapshot.
	replaying, telling sync.Mutex
}

// New checks opts, all at once, and returns a feed.
func New(opts Options) (*Feed, error) {
	var errs []error
	fail := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if opts.Name == "" {
		fail("there is no name")
	}
	if opts.To == nil || opts.Letters == nil || opts.Budget == nil {
		fail("there is nobody to take changes or letters, or no budget")
	}
	for _, f := range opts.Formats {
		if !slices.Contains(Formats(), f) {
			fail("no format %q", f)
		}
	}
	if opts.Delimiter == 0 {
		opts.Delimiter = ','
	}
	if d := opts.Delimiter; d == '"' || d == '\r' || d == '\n' || d >= 0x80 {
		fail("delimiter %q is not one byte of ASCII, or is a quote or a line end", string(rune(d)))
	}
	if err := opts.Limits.Validate(); err != nil {
		errs = append(errs, err)
	}
	if err := ingest.CheckRecordsPath(opts.Records); err != nil {
		errs = append(errs, err)
	}
	f := &Feed{}
	if opts.Mapping == nil {
		fail("there is no mapping")
	} else {
		mapper, err := opts.Mapping.Compile()
		switch {
		case err != nil:
			errs = append(errs, err)
		case mapper.Schema().Name != opts.Layer:
			fail("the mapping is for layer %q, not %q", mapper.Schema().Name, opts.Layer)
		case opts.Mapping.Place.Geometry != "" && slices.Contains(opts.Formats, CSV):
			fail("a row of CSV has no property with a geometry; it can have WKT")
		}
		f.mapper = mapper
	}
	if len(errs) > 0 {
		return nil, fmt.Errorf("push: source %q: %w", opts.Name, errors.Join(errs...))
	}
	if len(opts.Formats) == 0 {
		opts.Formats = Formats()
		if opts.Mapping.Place.Geometry != "" {
			opts.Formats = slices.DeleteFunc(opts.Formats, func(f Format) bool { return f == CSV })
		}
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	opts.Limits = opts.Limits.withDefaults()
	f.opts = opts
	f.door = door{slots: opts.Limits.Requests, every: time.Second / time.Duration(opts.Limits.Rate), burst: opts.Limits.Rate}
	f.parsers.New = func() any { return f.mapper.NewParser() }
	return f, nil
}

// Name returns the source's name.
func (f *Feed) Name() string { return f.opts.Name }

// Layer returns the name of the layer that it feeds.
func (f *Feed) Layer() layers.Name { return f.opts.Layer }

// Limits returns the limits, defaults put in.
func (f *Feed) Limits() Limits { return f.opts.Limits }
