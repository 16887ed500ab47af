package load

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"hutong/internal/testkit"
)

// TestLive listens with several clients to changes of its own.
func TestLive(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	changes := c.changes()
	changes.Batch, changes.Rate = 1, 50
	client := NewClient(2)
	defer client.CloseIdleConnections()
	r, err := Live(t.Context(), client, LiveOptions{
		Server: c.URL, Layers: []string{"a"}, Clients: 20, Duration: time.Second, Changes: &changes, trailing: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	if n := r.Changes.Requests; n == 0 || r.Events != 20*n || r.Received.Count != r.Events || r.Foreign != 0 || r.Received.Max > 60_000 {
		t.Errorf("got %+v and %+v, want each change once for each of 20 clients", r, r.Changes)
	}
	if r.Open != 20 || r.Heartbeats != 20 || r.Reconnects != 0 || r.Refusals != 0 || r.Resets != 0 || r.Stopped {
		t.Errorf("got %+v", r)
	}
	if r.PerClient == nil || *r.PerClient != 10_000 || *r.RSSBefore != 1e6 || *r.RSSOpen != 1.2e6 {
		t.Errorf("got %v, want 10 kB a client", r.PerClient)
	}
}

// TestTrail waits for the last client, and no longer than it should.
func TestTrail(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		told := make([]atomic.Uint64, 2)
		told[0].Store(5)
		start := time.Now()
		time.AfterFunc(livePoll*5/2, func() { told[1].Store(6) })
		if trail(t.Context(), told, 5, time.Minute); time.Since(start) != 3*livePoll {
			t.Errorf("got %v until all knew, want 3 looks", time.Since(start))
		}
		start = time.Now()
		if trail(t.Context(), told, 6, time.Minute); time.Since(start) != time.Minute {
			t.Errorf("got %v while one does not know, want a minute", time.Since(start))
		}
	})
}

// TestLiveComesBack: a stream that ends is opened again behind its last event, and nothing is missed.
func TestLiveComesBack(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	c.cut = 2
	all, err := newStreams(c.URL, []string{"a"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	changes := c.changes()
	changes.Batch, changes.Connections, changes.Count = 1, 1, 5
	client := NewClient(1)
	defer client.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	want := uint64(1)
	all.follow(ctx, false, func(e event) {
		switch {
		case e.kind == kindHello && want == 1:
			if _, err := Ingest(ctx, client, changes); err != nil {
				t.Error(err)
			}
		case e.kind == kindChange && e.seq != want:
			t.Errorf("got sequence %d, want %d", e.seq, want)
			cancel()
		case e.kind == kindChange:
			if want++; want > 5 {
				cancel()
			}
		}
	})
	if want != 6 || all.reconnects.Load() != 2 || all.open.Load() != 0 || all.reached.Load() != 1 {
		t.Errorf("got %d events, %d reconnects, %d open, %d reached", want-1, all.reconnects.Load(), all.open.Load(), all.reached.Load())
	}
}

// TestLiveRefused says why no stream was opened.
func TestLiveRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"a refusal": {func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, `{"title":"Too many","detail":"Streams."}`, http.StatusServiceUnavailable)
		}, "503: Too many: Streams."},
		"another document": {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "text/html") }, "no stream of events"},
		"a long head":      {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("x", 2*maxHead)) }, "head"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(c.answer)
			defer s.Close()
			all, err := newStreams(s.URL, []string{"a"}, 1)
			if err != nil {
				t.Fatal(err)
			}
			_, err = all.once(t.Context(), &events{}, func() { t.Error("opened") }, func(event) { t.Error("an event") })
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// TestLiveIsStopped ends a run that would take an hour, when its streams are open.
func TestLiveIsStopped(t *testing.T) {
	t.Parallel()
	c := newCity(t)
	client := NewClient(1)
	defer client.CloseIdleConnections()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c.measured = func(times int) {
		if times == 2 { // the first time was before there were streams
			cancel()
		}
	}
	r, err := Live(ctx, client, LiveOptions{Server: c.URL, Layers: []string{"a"}, Clients: 3, Duration: time.Hour})
	if err != nil || !r.Stopped || r.Open != 3 || r.RSSEnd == nil {
		t.Errorf("got %+v, %v, want what there was", r, err)
	}
}

func TestLiveOptions(t *testing.T) {
	t.Parallel()
	o := LiveOptions{Server: "http://map.example/", Clients: MaxClients + 1, Changes: &IngestOptions{}}
	err := o.Validate()
	for _, want := range []string{"not on this machine", "0 layers", "clients", "a duration", "batch of 0"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q too", err, want)
		}
	}
}

func TestWriteLive(t *testing.T) {
	t.Parallel()
	before, open, end, each := 100e6, 250e6, 260e6, 32e3
	r := LiveResult{
		Clients: 5000, Open: 4999, OpenSeconds: 0.75, Seconds: 12, Stopped: true, Events: 50_000, Resets: 3, Heartbeats: 5000, Bytes: 9_100_000,
		Received: Latency{50_000, 29.5, 74.75, 87, 121.5}, Foreign: 5, Unmeasured: 7, Reconnects: 1, Refusals: 2, FirstError: "503: Busy",
		RSSBefore: &before, RSSOpen: &open, RSSEnd: &end, PerClient: &each, OwnBytes: 12_900,
	}
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	b.WriteString("\n")
	if err := (&LiveResult{Clients: 1, Changes: &IngestResult{Acknowledged: 1, Sent: 1}}).Write(&b); err != nil {
		t.Fatal(err)
	}
	testkit.Golden(t, "live.txt", b.String())
}
