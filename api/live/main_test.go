package live

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/paulmach/orb"
	"go.uber.org/goleak"

	"hutong/api"
	"hutong/internal/telemetry"
	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/view"
	"hutong/tiles"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// secret is in every private value.
const secret = "s3cret-number"

// fixture is a hub over two layers, its server and their store.
type fixture struct {
	*Hub
	t       testing.TB
	metrics *telemetry.Metrics
	server  *api.Server
	stores  map[layers.Name]*layers.Layer
	public  []*api.Layer
	seq     layers.Seq
}

// newFixture makes the layers a and b, b with tiles up to zoom 10.
func newFixture(t testing.TB, opts Options) *fixture {
	t.Helper()
	f := &fixture{t: t, metrics: telemetry.NewMetrics(), stores: map[layers.Name]*layers.Layer{}}
	var list []*api.Layer
	for _, name := range []layers.Name{"a", "b"} {
		store, err := layers.New(&layers.Schema{Name: name, Fields: []layers.Field{
			{Name: "phone", Kind: column.String, Private: true},
		}}, layers.Options{})
		if err != nil {
			t.Fatal(err)
		}
		tileOptions := tiles.Defaults()
		if name == "b" {
			tileOptions.MaxZoom, tileOptions.Buffer, tileOptions.Extent = 10, 16, 1024
		}
		v := view.Public(store)
		builder, err := tiles.New(v.Schema(), tileOptions)
		if err != nil {
			t.Fatal(err)
		}
		f.stores[name] = store
		list = append(list, &api.Layer{View: v, Tiles: builder, Fresh: api.NewFreshness(name, nil)})
	}
	registry, err := api.NewRegistry(list)
	if err != nil {
		t.Fatal(err)
	}
	if opts.Epoch == "" {
		opts.Epoch = "e1"
	}
	f.public = list
	f.Hub = New(list, registry.Layers(nil, api.Base{}), f.metrics, opts)
	f.server = api.NewServer(slog.New(slog.DiscardHandler), f.metrics, f.Routes())
	f.server.Ready()
	return f
}

// run runs the hub until the end of the test, or until stop is called.
func (f *fixture) run() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	f.Start("")
	wg.Go(func() { _ = f.Run(ctx) }) // it has no error
	stop = func() { cancel(); wg.Wait() }
	f.t.Cleanup(stop)
	return stop
}

// put upserts a feature at a place and tells the hub.
func (f *fixture) put(name layers.Name, id layers.FeatureID, lon, lat float64) {
	f.t.Helper()
	f.seq++
	f.putAt(f.seq, name, id, lon, lat)
}

// putAt is put with a sequence, which another layer may have too.
func (f *fixture) putAt(seq layers.Seq, name layers.Name, id layers.FeatureID, lon, lat float64) {
	f.t.Helper()
	f.seq = max(f.seq, seq)
	delta, err := f.stores[name].Apply(layers.Batch{Layer: name, Seq: seq, Changes: []layers.Change{{Feature: layers.Feature{
		ID: id, Geometry: orb.Point{lon, lat}, Values: []column.Value{column.StringOf(secret + string(id))},
	}}}})
	if err != nil {
		f.t.Fatal(err)
	}
	f.Notify(delta)
}

// metric returns the value of a metric with its labels, "" when there is none.
func (f *fixture) metric(name string) string {
	for line := range strings.Lines(testkit.Ask(f.metrics.Handler(), http.MethodGet, "/metrics").Body.String()) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// event is one that a client got.
type event struct {
	ID, Event, Data, Retry, Comment string
}

// decode reads events strictly as the standard says (WHATWG HTML §9.2.6), with the blocks that are none.
func decode(stream string) ([]event, error) {
	var list []event
	blocks := strings.Split(stream, "\n\n")
	if blocks[len(blocks)-1] != "" {
		return nil, fmt.Errorf("an unfinished event: %q", blocks[len(blocks)-1])
	}
	for _, block := range blocks[:len(blocks)-1] {
		var e event
		for line := range strings.SplitSeq(block, "\n") {
			name, value, ok := strings.Cut(line, ":")
			value = strings.TrimPrefix(value, " ")
			field, known := map[string]*string{"id": &e.ID, "event": &e.Event, "data": &e.Data, "retry": &e.Retry, "": &e.Comment}[name]
			if !ok || !known || *field != "" {
				return nil, fmt.Errorf("line %q of %q", line, block)
			}
			*field = value
		}
		list = append(list, e)
	}
	return list, nil
}

// changeData is the data of a change, as clients read it.
type changeData struct {
	Seq    layers.Seq
	Layers map[layers.Name]struct {
		Zoom           uint8
		Extent, Buffer uint32
		Cells          [][2]uint32
		Box            []uint32
		All            bool
	}
}

// client is a stream in this process.
type client struct {
	t      *testing.T
	cancel context.CancelFunc
	header http.Header
	gate   chan struct{} // unless it is nil, each write takes one from it
	ended  chan struct{}

	mu     sync.Mutex
	status int
	body   bytes.Buffer
}

var _ http.ResponseWriter = (*client)(nil)

func (c *client) Header() http.Header { return c.header }

func (c *client) WriteHeader(status int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.status = status
}

func (c *client) Write(p []byte) (int, error) {
	if c.gate != nil {
		<-c.gate
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.body.Write(p)
}

func (c *client) FlushError() error { return nil }

// open opens a stream; gate, unless it is nil, holds up its writes.
func (f *fixture) open(target string, gate chan struct{}, headers ...string) *client {
	ctx, cancel := context.WithCancel(context.Background())
	c := &client{t: f.t.(*testing.T), cancel: cancel, header: http.Header{}, gate: gate, ended: make(chan struct{})}
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	go func() {
		defer close(c.ended)
		f.server.ServeHTTP(c, r)
	}()
	f.t.Cleanup(c.close)
	return c
}

func (c *client) close() {
	c.cancel()
	if c.gate != nil {
		close(c.gate)
		c.gate = nil
	}
	<-c.ended
}

// events takes what came since the last time.
func (c *client) events() []event {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	list, err := decode(c.body.String())
	if err != nil {
		c.t.Fatal(err)
	}
	if strings.Contains(c.body.String(), "phone") || strings.Contains(c.body.String(), secret) {
		c.t.Errorf("something private is in the stream: %s", c.body.String())
	}
	c.body.Reset()
	return list
}

// change decodes the data of a change.
func (e event) change() (data changeData, err error) {
	if e.Event != eventChange {
		return data, errors.New("got event " + e.Event)
	}
	decoder := json.NewDecoder(strings.NewReader(e.Data))
	decoder.DisallowUnknownFields()
	return data, decoder.Decode(&data)
}
