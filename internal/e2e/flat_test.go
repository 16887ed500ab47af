package e2e

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hutong/internal/testkit"
)

var (
	flatSeconds = flag.Int("flat.seconds", 10, "for how long TestFlat loads its server; make soak says 600")
	flatSeeds   atomic.Uint64
)

// flatFor is from how long a run on its heap is judged. In a shorter one it still grows to its bounds, so that
// it is only told.
const flatFor = time.Minute

// What a server at rest may have more than after the first third of a run.
const (
	// moreGoroutines are for what comes and goes by itself: timers of the log's store, the Go runtime's own, a
	// connection that is being closed. A leak for each stream, request or checkpoint is hundreds in 10 s.
	moreGoroutines = 8
	// moreFiles are for blocks of the log's store, which it opens to write or to read and closes when they were
	// not used for a while.
	moreFiles = 6
	// moreHeap is in bytes of heapGoal, so half of it is of the heap, and more than the second third of the run
	// had. Runs without a leak differ by a tenth of that to a third. In a run of 600 s it is what 10 kB/s leave
	// behind, which would be a gigabyte a day.
	moreHeap = 4e6
)

// flatIdle is how long a heap is watched: the log's store keeps what it has read and written lately in memory
// until it was not used for 10 s.
const flatIdle = 15 * time.Second

// What bounds the data folder.
const (
	flatKeep    = 2       // checkpoints
	dueBytes    = 1 << 20 // of the log, after which a checkpoint is due
	keptLetters = 10_000  // refused records of a source
	letterBytes = 1 << 10 // of one of those here, more than it takes
	blockBytes  = 8 << 20 // of a file of the log's store, whose start may be cut already
)

// flatter is killable with a layer of sensors, whose features expire, and with bounds that are met
// within a run.
var flatter = strings.NewReplacer(
	"every: 10s", fmt.Sprintf("every: 10s, keep: %d", flatKeep),
	"\nlayers:\n", `
cache: {bytes: 4194304}
mqtt: {listen: "127.0.0.1:0"}
layers:
  air:
    title: Air
    licence: CC0-1.0
    time: at
    ttl: {stale: 1s, expired: 2s}
    fields: {value: {type: float}, at: {type: time}}
`,
	"\nsources:\n", `
sources:
  stations:
    layer: air
    push: {topics: ["air/+/pm25"], position: {lon: lon, lat: lat}}
    id: "{$1}"
    fields: {value: pm25, at: at}
`,
	"    time: at\n", "    time: at\n    ttl: {stale: 2s}\n",
).Replace(killable)

// TestFlat runs all at once against a server: batches, single changes, deletes, refusals, MQTT, expiry, live
// streams, tiles, queries, checkpoints. Clients leave after each third of the time, so that what is left can be
// compared: goroutines, files, the heap, the data folder.
func TestFlat(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &flatSeeds, 1) {
		t.Run(fmt.Sprintf("HUTONG_SEED=%d", seed), func(t *testing.T) {
			t.Parallel()
			f := newFlat(t, seed)
			whole, idle := time.Duration(*flatSeconds)*time.Second, time.Duration(0)
			if whole >= flatFor {
				idle = flatIdle
			}
			limits := resting{math.Inf(1), math.Inf(1), math.Inf(1)}
			var over []string // told at the end: clients of a test that has failed leave
			for third := range 3 {
				f.load(whole/3, rand.New(rand.NewPCG(seed, uint64(third))))
				f.leave()
				got := f.rest(limits, idle)
				t.Logf("third %d: %s; at rest %s", third+1, f.peak, got)
				if got.goroutines > limits.goroutines || got.files > limits.files || got.heap > limits.heap {
					over = append(over, fmt.Sprintf("third %d: got %s at rest, want at most %s", third+1, got, limits))
				}
				switch third {
				case 0:
					limits.goroutines, limits.files = got.goroutines+moreGoroutines, got.files+moreFiles
				case 1:
					if whole >= flatFor {
						limits.heap = got.heap + moreHeap
					}
				}
			}
			f.within()
			f.busy(whole >= flatFor)
			for _, what := range over {
				t.Error(what)
			}
		})
	}
}

// resting is what a server has while nobody asks anything of it.
type resting struct{ goroutines, files, heap float64 }

func (r resting) String() string {
	return fmt.Sprintf("%v goroutines, %v files, %.1f MB of heap", r.goroutines, r.files, r.heap/1e6)
}

// heapGoal is the metric of the heap at which the next collection is due: twice what the last one found
// alive, and some for stacks. Unlike what is in use it does not depend on when it is read.
const heapGoal = "go_memstats_next_gc_bytes"

// peak is the most that was seen.
type peak struct{ goroutines, files, heap, resident, log, folder float64 }

func (p *peak) add(m map[string]float64, folder int64) {
	p.goroutines = max(p.goroutines, m["go_goroutines"])
	p.files = max(p.files, m["process_open_fds"])
	p.heap = max(p.heap, m["go_memstats_heap_inuse_bytes"])
	p.resident = max(p.resident, m["process_resident_memory_bytes"])
	p.log = max(p.log, m["hutong_journal_bytes"])
	p.folder = max(p.folder, float64(folder))
}

func (p peak) String() string {
	return fmt.Sprintf("at most %v goroutines, %v files, %.1f MB of heap in use, %.1f MB resident, %.1f MB of log, %.1f MB in the data folder",
		p.goroutines, p.files, p.heap/1e6, p.resident/1e6, p.log/1e6, p.folder/1e6)
}

// size returns what the files of the data folder have. Files come and go meanwhile.
func (c *city) size(t *testing.T) (bytes int64) {
	t.Helper()
	err := filepath.WalkDir(c.folder, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return ignoreGone(err)
		}
		info, err := d.Info()
		if err == nil {
			bytes += info.Size()
		}
		return ignoreGone(err)
	})
	if err != nil {
		t.Fatal(err)
	}
	return bytes
}

func ignoreGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// leave waits until the server has seen that its clients left, and all features of sensors have expired.
func (f *flat) leave() {
	f.t.Helper()
	most := map[string]float64{ // the stream and the station that stay, and who asks
		"hutong_live_clients":                1,
		"hutong_http_requests_in_flight":     2,
		"hutong_http_connections":            2,
		`hutong_layer_features{layer="air"}`: 0,
		"hutong_tile_builds_in_flight":       0,
		"hutong_mqtt_buffered_bytes":         0,
		"hutong_push_held_bytes":             0,
	}
	var over map[string]float64
	defer func() {
		if len(over) > 0 {
			f.t.Errorf("there is still %v", over)
		}
	}()
	until(f.t, "at rest", func() bool {
		client.CloseIdleConnections() // one may come of a request that got another meanwhile
		m := f.s.metrics(f.t)
		over = map[string]float64{}
		for name, limit := range most {
			if v, found := m[name]; !found || v > limit {
				over[name] = v
			}
		}
		return len(over) == 0
	})
}

// rest watches a server that nobody asks anything until it is within limits, for a minute at most, and for no
// less than long. It returns the least that it saw.
func (f *flat) rest(limits resting, long time.Duration) resting {
	f.t.Helper()
	least := resting{math.Inf(1), math.Inf(1), math.Inf(1)}
	begin, seen := time.Now(), 0
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for ; ; <-tick.C {
		m := f.s.metrics(f.t) // which allocates enough for a collection in a second or two
		seen++
		least.goroutines = min(least.goroutines, m["go_goroutines"])
		least.files = min(least.files, m["process_open_fds"])
		least.heap = min(least.heap, m[heapGoal])
		within := least.goroutines <= limits.goroutines && least.files <= limits.files && least.heap <= limits.heap
		if took := time.Since(begin); took > patience || seen >= 20 && took >= long && within {
			return least
		}
	}
}

// within judges the data folder, after as many checkpoints as are kept: the log behind the oldest of them is cut.
func (f *flat) within() {
	f.t.Helper()
	c := &sender{rng: rand.New(rand.NewPCG(1, 2)), endless: true}
	for range flatKeep {
		r := request{media: asCSV} // of between one and two times what a checkpoint is due after
		for range 5000 {
			r.records = append(r.records, c.record(false, c.anyReport()))
		}
		p, err := f.city.push(f.t.Context(), f.s, http.MethodPost, r.source()+"?answers=none", r.media, r.body())
		if err != nil || p.Status != http.StatusOK {
			f.t.Fatalf("got %+v, %v", p, err)
		}
		until(f.t, "a checkpoint", func() bool { return f.s.metric(f.t, "hutong_checkpoint_sequence") >= float64(p.Seq) })
	}
	var m map[string]float64
	until(f.t, "a log that is cut", func() bool {
		m = f.s.metrics(f.t)
		return m["hutong_journal_bytes"] <= 2*flatKeep*dueBytes
	})
	letters := min(m["hutong_journal_letters_total"], 2*keptLetters) // of two sources
	limit := 2*flatKeep*dueBytes + (flatKeep+1)*m["hutong_checkpoint_bytes"] + letters*letterBytes + 2*blockBytes
	got := float64(f.city.size(f.t))
	f.t.Logf("%.1f MB in the data folder of at most %.1f MB; %v checkpoints, %.1f MB of %.1f MB in the log, %v refused records kept",
		got/1e6, limit/1e6, m[`hutong_checkpoint_writes_total{outcome="written"}`], m["hutong_journal_bytes"]/1e6, m["hutong_journal_appended_bytes_total"]/1e6, letters)
	if got > limit {
		f.t.Errorf("the data folder has %.0f bytes, want at most %.0f", got, limit)
	}
}

// busy tells of all that is to leave no trace. In a long run there must be some of each; in a short one on a
// slow machine what is rare may be missing.
func (f *flat) busy(long bool) {
	f.t.Helper()
	m := f.s.metrics(f.t)
	happened := map[string]float64{
		"changes on streams": float64(f.done.changes.Load()),
		"refused records":    m[`hutong_ingest_refused_total{reason="type",source="hotline"}`],
		"refused messages":   m[`hutong_ingest_refused_total{reason="json",source="stations"}`],
		"checkpoints":        m[`hutong_checkpoint_writes_total{outcome="written"}`],
	}
	for source, outcomes := range map[string][]string{"hotline": {"applied", "late", "duplicate"}, "desk": {"applied"}, "stations": {"applied"}, "expiry": {"applied"}} {
		for _, outcome := range outcomes {
			name := fmt.Sprintf("hutong_ingest_outcomes_total{outcome=%q,source=%q}", outcome, source)
			happened[name] = m[name]
		}
	}
	for _, route := range []string{"tile", "live", "layer", "layers", "feature", "features", "search", "ingest", "ingest_delete"} {
		sum := 0.0
		for _, status := range []string{"2xx", "3xx"} {
			sum += m[fmt.Sprintf("hutong_http_requests_total{route=%q,status=%q}", route, status)]
		}
		happened["requests of route "+route] = sum
	}
	for what, n := range happened {
		if n == 0 && long {
			f.t.Errorf("there were no %s", what)
		}
	}
	f.t.Logf("%v; %d times too busy", happened, f.done.busy.Load())
}
