package e2e

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// The clients of a third, beside a station that stays connected and a live stream that stays open.
const (
	flatSenders  = 3
	flatReaders  = 2
	flatStreams  = 4
	flatStations = 500 // of which a tenth publish in each second, while those of before expire
	flatRefused  = 40  // records of a request, beside one that is taken
)

// flat is a server under all kinds of load.
type flat struct {
	t       *testing.T
	city    *city
	s       *server
	clients killing // what senders ask: killed is true once they are to leave
	senders []*sender
	station mqtt.Client
	paths   []string // of tiles
	start   time.Time
	peak    peak // of this third
	done    struct{ changes, busy atomic.Int64 }
}

// newFlat runs a server. A live stream is open and a station connected until the test ends, so that what a
// server would pile up for one client shows as well.
func newFlat(t *testing.T, seed uint64) *flat {
	t.Helper()
	f := &flat{t: t, city: newCity(t, flatter), paths: tilesOf(), start: time.Now()}
	f.s = f.city.serve(t)
	f.clients = killing{t: t, city: f.city}
	for n := range flatSenders {
		f.senders = append(f.senders, &sender{k: &f.clients, number: n, rng: rand.New(rand.NewPCG(seed, uint64(100+n))), endless: true})
	}
	f.station = station(t, f.s, f.city.key)
	t.Cleanup(func() { f.station.Disconnect(0) })
	ctx, cancel := context.WithCancel(t.Context())
	open, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		lines := 0
		err := f.stream(ctx, func() bool {
			if lines++; lines == 1 {
				close(open)
			}
			return true
		})
		if ctx.Err() == nil {
			t.Errorf("the stream that was to stay open ended: %v", err)
		}
	}()
	t.Cleanup(func() { cancel(); <-over })
	select {
	case <-open:
	case <-over:
		t.FailNow()
	}
	return f
}

// load has all clients at work for so long, and then leave.
func (f *flat) load(long time.Duration, rng *rand.Rand) {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), long)
	f.clients.killed.Store(false)
	var wg sync.WaitGroup
	defer func() {
		f.clients.killed.Store(true)
		cancel()
		wg.Wait()
	}()
	work := func(clients int, run func(ctx context.Context, rng *rand.Rand) error) {
		for range clients {
			rng := rand.New(rand.NewPCG(rng.Uint64(), 0))
			wg.Go(func() {
				for ctx.Err() == nil && !f.t.Failed() {
					if err := run(ctx, rng); err != nil && ctx.Err() == nil {
						f.t.Error(err)
						return
					}
				}
			})
		}
	}
	for _, c := range f.senders {
		wg.Go(func() { c.run(f.s) })
	}
	work(1, f.refuse)
	work(1, f.publish)
	work(flatReaders, f.readTile)
	work(1, f.query)
	work(flatStreams, f.cutStream)
	f.peak = peak{}
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		f.peak.add(f.s.metrics(f.t), f.city.size(f.t))
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// refuse pushes records that are refused, and one that is not.
func (f *flat) refuse(ctx context.Context, rng *rand.Rand) error {
	c := &sender{rng: rng, endless: true}
	one := func(bad bool) []byte {
		r := request{media: asNDJSON, bad: bad, records: []record{c.record(false, c.anyReport())}}
		return r.body()
	}
	var body bytes.Buffer
	for range flatRefused {
		body.Write(one(true))
	}
	body.Write(one(false))
	p, err := f.city.push(ctx, f.s, http.MethodPost, "hotline", asNDJSON, body.Bytes())
	if err == nil && (p.Status != http.StatusOK || p.Refused != flatRefused) {
		err = fmt.Errorf("got %+v, want %d refused", p, flatRefused)
	}
	return err
}

// publish publishes as stations until ctx is done. Some messages are refused.
func (f *flat) publish(ctx context.Context, rng *rand.Rand) error {
	publishAll(f.station, func() (topic, payload string, acknowledged func()) {
		if ctx.Err() != nil {
			return "", "", nil
		}
		const each = flatStations / 10
		second := int(time.Since(f.start) / time.Second)
		topic = fmt.Sprintf("air/g%d/pm25", second%10*each+rng.IntN(each))
		payload = reading(rng.IntN(100), time.Now())
		if rng.IntN(200) == 0 {
			payload = payload[:len(payload)/2]
		}
		return topic, payload, func() {}
	})
	if !f.station.IsConnectionOpen() {
		return fmt.Errorf("the station was disconnected")
	}
	return nil
}

// readTile asks for a tile, now and then with a tag that it may still have.
func (f *flat) readTile(_ context.Context, rng *rand.Rand) error {
	path := f.paths[rng.IntN(len(f.paths))]
	pairs := [][]string{nil, {"Accept-Encoding", "gzip"}}[rng.IntN(2)]
	a, err := f.read(path, pairs...)
	if err == nil && rng.IntN(4) == 0 {
		_, err = f.read(path, append(pairs, "If-None-Match", a.Header.Get("ETag"))...)
	}
	return err
}

// query asks for a layer, a page of its features, a feature, or what has a word.
func (f *flat) query(_ context.Context, rng *rand.Rand) error {
	const page = "/layers/reports/features?bbox=%f,39,117,40&limit=%d"
	path := []string{
		"/layers", "/layers/reports", "/layers/air", fmt.Sprintf(page, areaWest+areaSize*rng.Float64(), 1+rng.IntN(1000)),
		fmt.Sprintf("/layers/reports/features/r%d", rng.IntN(sharedIDs)), fmt.Sprintf("/search?q=r%d", rng.IntN(sharedIDs)),
	}[rng.IntN(6)]
	_, err := f.read(path)
	return err
}

// read asks for a path. That a feature is not there, or the server too busy for another tile or query, is an
// answer.
func (f *flat) read(path string, pairs ...string) (answer, error) {
	a, err := f.s.do(http.MethodGet, path, pairs...)
	if err != nil {
		return a, err
	}
	switch a.StatusCode {
	case http.StatusOK, http.StatusNoContent, http.StatusNotModified, http.StatusNotFound:
	case http.StatusServiceUnavailable:
		f.done.busy.Add(1)
	default:
		return a, fmt.Errorf("%s: got %d %.300s", path, a.StatusCode, a.body)
	}
	return a, nil
}

// cutStream opens a live stream and cuts it after some lines.
func (f *flat) cutStream(ctx context.Context, rng *rand.Rand) error {
	lines := rng.IntN(40)
	return f.stream(ctx, func() bool { lines--; return lines >= 0 })
}

// streaming is a client without a limit of time, whose connections are those of its streams.
var streaming = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// stream reads a live stream of all layers as long as more is true, which is asked after each line.
func (f *flat) stream(ctx context.Context, more func() bool) error {
	ctx, cancel := context.WithCancel(ctx) // which cuts it
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.s.url+"/live", nil)
	if err != nil {
		return err
	}
	res, err := streaming.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("/live: got %d", res.StatusCode)
	}
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "event: change") {
			f.done.changes.Add(1)
		}
		if !more() {
			return nil
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("/live: %w", err)
	}
	return fmt.Errorf("/live: the server ended it")
}
