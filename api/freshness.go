package api

import (
	"math"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"hutong/internal/telemetry"
	"hutong/layers"
)

// HeaderFreshness tells how fresh a tile's layers are, as a dictionary of RFC 9651: changed is when
// something last changed on one of them, event-lag and tile-lag are the seconds that this change took
// from its event time, and from when it came here, until tiles showed it.
//
//	Hutong-Freshness: changed=@1767679200, event-lag=2.310, tile-lag=0.043
const HeaderFreshness = "Hutong-Freshness"

// recentBatches is of how many batches a layer's lags are known.
const recentBatches = 512

// Passage is a batch on its way to the map. Times that nobody knows are zero.
type Passage struct {
	// Observed is the newest event time of its changes.
	Observed time.Time
	// Private says that Observed is a private value: metrics count it, which are for operators, and nobody else is told (S10).
	Private bool
	// Received is when it came, the first of those that became visible together; Durable when it was in the journal, Visible when a tile showed it.
	Received, Durable, Visible time.Time
}

// LagMetrics are the histograms of all layers' lags.
type LagMetrics struct{ event, receipt, tile *telemetry.Histograms }

// Bounds of the histograms' buckets in seconds.
var (
	eventBuckets = []float64{0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 6 * 3600, 86400, 7 * 86400}
	shortBuckets = []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10}
)

// NewLagMetrics registers the histograms.
func NewLagMetrics(m *telemetry.Metrics) *LagMetrics {
	return &LagMetrics{
		event: m.Histogram("hutong_layer_event_lag_seconds",
			"From the newest event time of a batch until tiles show it.", eventBuckets, "layer"),
		receipt: m.Histogram("hutong_layer_receipt_lag_seconds",
			"From the receipt of a batch until it is durable and may be acknowledged.", shortBuckets, "layer"),
		tile: m.Histogram("hutong_layer_tile_lag_seconds",
			"From the receipt of a batch until tiles show it.", shortBuckets, "layer"),
	}
}

// Freshness knows how fresh a layer is. A nil Freshness knows nothing. It may be used from any goroutine.
type Freshness struct {
	measured             bool // the histograms are there
	event, receipt, tile telemetry.Histogram
	changed, turned      atomic.Int64 // Unix microseconds; 0 before the first change
	header               atomic.Pointer[[]string]

	mu       sync.Mutex
	observed time.Time
	lags     [3]lags              // event, receipt, tile
	down     map[string]time.Time // sources that fail, since when
}

// NewFreshness returns the freshness of a layer that has not changed yet. m may be nil.
func NewFreshness(name layers.Name, m *LagMetrics) *Freshness {
	f := &Freshness{down: map[string]time.Time{}}
	if m != nil {
		f.measured = true
		f.event, f.receipt, f.tile = m.event.With(string(name)), m.receipt.With(string(name)), m.tile.With(string(name))
	}
	return f
}

// Loaded notes that the layer was filled from files or a checkpoint, which has no lag.
func (f *Freshness) Loaded(now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changed.Store(now.UnixMicro())
	f.header.Store(nil) // it would be of a change before
}

// Passed notes a batch that has become visible and changed something.
func (f *Freshness) Passed(p Passage) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changed.Store(p.Visible.UnixMicro())
	header := "changed=@" + strconv.FormatInt(p.Visible.Unix(), 10)
	note := func(i int, h telemetry.Histogram, name string, from, to time.Time) {
		if from.IsZero() || to.IsZero() {
			return
		}
		lag := max(to.Sub(from), 0)
		if f.measured {
			h.Observe(lag.Seconds())
		}
		if i == 0 && p.Private {
			return
		}
		f.lags[i].add(lag)
		if name != "" {
			header += ", " + name + "=" + strconv.FormatFloat(lag.Seconds(), 'f', 3, 64)
		}
	}
	if !p.Private && p.Observed.After(f.observed) {
		f.observed = p.Observed
	}
	note(0, f.event, "event-lag", p.Observed, p.Visible)
	note(1, f.receipt, "", p.Received, p.Durable)
	note(2, f.tile, "tile-lag", p.Received, p.Visible)
	f.header.Store(&[]string{header})
}

// Turned notes that all of the layer is shown anew though no feature changed: its ages are counted from another moment.
func (f *Freshness) Turned(now time.Time) { f.turned.Store(now.UnixMicro()) }

// Down notes that a source of the layer cannot be read: what is shown may be out of date.
func (f *Freshness) Down(source string, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, known := f.down[source]; !known {
		f.down[source] = now
	}
}

// Up notes that a source of the layer delivers.
func (f *Freshness) Up(source string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.down, source)
}

// Changed returns when features last changed in this process, the first load included; the zero time
// before that.
func (f *Freshness) Changed() time.Time {
	if f == nil {
		return time.Time{}
	}
	return timeOf(f.changed.Load())
}

// LastTurn returns when ages last turned in this process ([Freshness.Turned]); the zero time before that.
func (f *Freshness) LastTurn() time.Time {
	if f == nil {
		return time.Time{}
	}
	return timeOf(f.turned.Load())
}

// Shown returns when what tiles show last changed in this process: with the features, or with their ages. It is the zero
// time before that.
func (f *Freshness) Shown() time.Time {
	changed, turned := f.Changed(), f.LastTurn()
	if changed.After(turned) {
		return changed
	}
	return turned
}

// timeOf returns the time of Unix microseconds, the zero time of 0.
func timeOf(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us)
}

// Header returns the value of [HeaderFreshness], nil when the layer was loaded since its last change. Read only.
func (f *Freshness) Header() []string {
	if f == nil {
		return nil
	}
	if h := f.header.Load(); h != nil {
		return *h
	}
	return nil
}

// FreshnessState is a freshness at one moment, as JSON.
type FreshnessState struct {
	// Changed is when features last changed, Observed the newest event time since the start, StaleSince
	// since when a source of the layer has failed; RFC 3339, "" when there is nothing to say.
	Changed    string `json:"changed,omitempty"`
	Observed   string `json:"observed,omitempty"`
	StaleSince string `json:"stale_since,omitempty"`
	// Event, Receipt and Tile are the lags of the last batches, nil when there were none.
	Event   *Lag `json:"event_lag_seconds,omitempty"`
	Receipt *Lag `json:"receipt_lag_seconds,omitempty"`
	Tile    *Lag `json:"tile_lag_seconds,omitempty"`
}

// Lag is the distribution of a lag over the last batches, in seconds.
type Lag struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
}

// State returns the freshness as it is now; nil when nothing is known.
func (f *Freshness) State() *FreshnessState {
	if f == nil {
		return nil
	}
	s := &FreshnessState{Changed: Instant(f.Changed())}
	f.mu.Lock()
	defer f.mu.Unlock()
	s.Observed = Instant(f.observed)
	var since time.Time
	for _, t := range f.down {
		if since.IsZero() || t.Before(since) {
			since = t
		}
	}
	s.StaleSince = Instant(since)
	s.Event, s.Receipt, s.Tile = f.lags[0].lag(), f.lags[1].lag(), f.lags[2].lag()
	if *s == (FreshnessState{}) {
		return nil
	}
	return s
}

// Instant returns a time as answers write it: RFC 3339 in UTC with milliseconds, "" for the zero time.
func Instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z07:00")
}

// lags are the last ones of a layer.
type lags struct {
	ring [recentBatches]float32 // seconds
	n    int                    // so far
}

func (l *lags) add(d time.Duration) {
	l.ring[l.n%recentBatches] = float32(d.Seconds())
	l.n++
}

// lag returns the quantiles, nil when there are none.
func (l *lags) lag() *Lag {
	sorted := slices.Clone(l.ring[:min(l.n, recentBatches)])
	if len(sorted) == 0 {
		return nil
	}
	slices.Sort(sorted)
	at := func(q float64) float64 {
		seconds := float64(sorted[int(math.Ceil(q*float64(len(sorted))))-1])
		return math.Round(seconds*1e4) / 1e4
	}
	return &Lag{P50: at(0.5), P99: at(0.99)}
}
