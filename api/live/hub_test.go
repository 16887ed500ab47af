package live

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"hutong/api"
	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/view"
)

// plain is an id without its set.
func plain(id string) string {
	at, ok := parseID(id)
	if !ok {
		return id
	}
	return at.epoch + "-" + strconv.FormatUint(uint64(at.seq), 10)
}

// brief is an event as a test compares it: its kind and what it is about.
func brief(t *testing.T, list []event) []string {
	t.Helper()
	var out []string
	for _, e := range list {
		switch e.Event {
		case eventChange:
			data, err := e.change()
			if err != nil {
				t.Fatal(err)
			}
			text := plain(e.ID) + " change"
			for _, name := range []layers.Name{"a", "b"} {
				l, ok := data.Layers[name]
				switch {
				case !ok:
				case l.All:
					text += " " + string(name) + " all"
				case l.Box != nil:
					text += " " + string(name) + " box"
				default:
					text += " " + string(name) + " " + strconv.Itoa(len(l.Cells))
				}
			}
			out = append(out, text)
		case eventReset:
			var data struct{ Reason string }
			if err := json.Unmarshal([]byte(e.Data), &data); err != nil {
				t.Fatal(err)
			}
			out = append(out, plain(e.ID)+" reset "+data.Reason)
		case eventHello:
			out = append(out, plain(e.ID)+" hello")
		default:
			out = append(out, plain(e.ID)+" beat")
		}
	}
	return out
}

// want compares what a client got since the last time.
func (c *client) want(what string, want ...string) {
	c.t.Helper()
	synctest.Wait()
	if diff := cmp.Diff(want, brief(c.t, c.events())); diff != "" {
		c.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestStream(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Options{})
		f.put("a", "1", 116.4, 39.9)
		stop := f.run()
		synctest.Wait()
		all, a, b := f.open("/live", nil), f.open("/live?layers=a", nil, "Accept", "text/event-stream"), f.open("/live?layers=b,b", nil)
		for _, c := range []*client{all, a} {
			c.want("at the start", "e1-1 hello")
		}
		b.want("at the start, nothing of a", "e1-0 hello")
		if got := []string{f.metric("hutong_live_clients"), f.metric("hutong_live_sets")}; !cmp.Equal(got, []string{"3", "3"}) {
			t.Errorf("got %q clients and sets, want 3 of each", got)
		}
		for name, want := range map[string]string{
			"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no",
			"Content-Encoding": "", "Access-Control-Allow-Origin": "*",
		} {
			if got := all.header.Get(name); got != want {
				t.Errorf("%s: got %q, want %q", name, got, want)
			}
		}
		time.Sleep(time.Second)
		f.put("a", "2", 116.41, 39.9)
		a.want("the first change at once", "e1-2 change a 1")
		all.want("the first change at once", "e1-2 change a 1")
		f.put("b", "1", 116.4, 39.9)
		f.put("a", "3", 117, 39.9)
		f.put("a", "3", 117, 39.9) // to where it is already, which is a change of the feature all the same
		a.want("within the window")
		time.Sleep(minWindow)
		a.want("after the window", "e1-5 change a 1")
		b.want("what is about it only", "e1-3 change b 1")
		all.want("both together", "e1-5 change a 1 b 1")
		f.Notify(layers.Delta{Layer: "nobody", Seq: 6})
		f.Notify(layers.Delta{Layer: "a", Seq: 6})
		time.Sleep(time.Second)
		all.want("nothing changed")
		time.Sleep(heartbeat * 5 / 4)
		all.want("after a while", "e1-6 beat")
		b.want("after a while, nothing of a", "e1-3 beat")
		stop()
		for _, c := range []*client{all, a, b} {
			<-c.ended // which the end of the hub brings about
		}
		if got := f.metric("hutong_live_clients"); got != "0" {
			t.Errorf("got %s clients at the end, want none", got)
		}
		if w := testkit.Ask(f.server, http.MethodGet, "/live"); w.Code != http.StatusServiceUnavailable {
			t.Errorf("after the end: got status %d, want 503", w.Code)
		}
	})
}

func TestHello(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Options{})
		f.put("a", "1", 116.4, 39.9)
		f.public[0].Fresh.Loaded(time.Now())
		f.run()
		time.Sleep(time.Second)
		c := f.open("/live", nil)
		synctest.Wait()
		got := c.events()[0]
		want := `{"epoch":"e1","seq":1,"time":"2000-01-01T00:00:01.000Z","layers":{"a":{"seq":1,"changed":"2000-01-01T00:00:00.000Z"},"b":{"seq":0}}}`
		if diff := cmp.Diff(want, got.Data); diff != "" {
			t.Errorf("hello (-want +got):\n%s", diff)
		}
		f.public[1].Fresh.Turned(time.Now()) // as behind a turn of its ages, of which a tile may be from before
		c = f.open("/live?layers=b", nil)
		synctest.Wait()
		want = `{"epoch":"e1","seq":0,"time":"2000-01-01T00:00:01.000Z","layers":{"b":{"seq":0,"changed":"2000-01-01T00:00:01.000Z"}}}`
		if diff := cmp.Diff(want, c.events()[0].Data); diff != "" {
			t.Errorf("hello of a layer whose ages turned (-want +got):\n%s", diff)
		}
		if ms, err := strconv.Atoi(got.Retry); err != nil || ms < 1500 || ms > 2500 {
			t.Errorf("got retry %q, want 1500 to 2500", got.Retry)
		}
	})
}

func TestResume(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Options{Recent: 4})
		f.put("a", "0", 116.4, 39.9)
		f.run()
		synctest.Wait()
		next := func(name layers.Name, seq layers.Seq, lon float64) {
			t.Helper()
			f.putAt(seq, name, "1", lon, 39.9)
			time.Sleep(time.Second)
		}
		next("a", 5, 100)
		next("b", 5, 100) // of the same state, in another window
		next("a", 6, 101)
		for _, tt := range []struct {
			name, target, last string
			want               []string
		}{
			{"from nowhere", "/live", "", []string{"e1-6 hello"}},
			{"up to date", "/live?since=e1-6", "", []string{"e1-6 hello"}},
			// The place where 1 was is a change too.
			{"one behind, perhaps with a part of the state before", "/live?since=e1-5", "", []string{"e1-6 hello", "e1-6 change a 2 b 1"}},
			{"all behind", "/live?since=e1-1", "", []string{"e1-6 hello", "e1-6 change a 3 b 1"}},
			{"of a layer", "/live?since=e1-1&layers=b", "", []string{"e1-5 hello", "e1-5 change b 1"}},
			{"the header counts", "/live?since=e1-1", "e1-6", []string{"e1-6 hello"}},
			{"older than what there was", "/live?since=e1-0", "", []string{"e1-6 hello", "e1-6 reset old"}},
			{"another epoch", "/live?since=e2-6", "", []string{"e1-6 hello", "e1-6 reset epoch"}},
			{"from what is to come", "/live?since=e1-7", "", []string{"e1-6 hello", "e1-6 reset epoch"}},
			{"an id of somebody else", "/live", "17", []string{"e1-6 hello", "e1-6 reset epoch"}},
		} {
			c := f.open(tt.target, nil, "Last-Event-ID", tt.last)
			c.want(tt.name, tt.want...)
			c.close()
		}
		next("a", 7, 102)
		for seq, want := range map[string][]string{
			"1": {"e1-7 hello", "e1-7 reset old"},
			"4": {"e1-7 hello", "e1-7 change a 3 b 1"},
			"5": {"e1-7 hello", "e1-7 change a 3 b 1"},
			"6": {"e1-7 hello", "e1-7 change a 2"},
		} {
			c := f.open("/live?since=e1-"+seq, nil)
			c.want("from "+seq+" when the first was dropped", want...)
			c.close()
		}
		next("a", 8, 103)
		c := f.open("/live?since=e1-5", nil)
		c.want("when the first part of a state was dropped", "e1-8 hello", "e1-8 change a 4 b 1")
		c.close()
		next("a", 9, 104)
		c = f.open("/live?since=e1-5", nil)
		c.want("when its second part was dropped", "e1-9 hello", "e1-9 reset old")
	})
}

// TestResumeWhileWindowsGo merges what a client missed though the windows have been dropped since they were found.
func TestResumeWhileWindowsGo(t *testing.T) {
	t.Parallel()
	l := &layer{Layer: &api.Layer{}, name: "a", zoom: 16}
	r := recent{most: 3, mostCells: 100}
	h := &Hub{recent: map[view.Audience]*recent{"": &r}}
	list := []*layer{l}
	add := func(seq layers.Seq) {
		l.told = seq
		w := window{tick: uint64(seq), moved: map[*layer]move{l: {seq - 1, seq}}}
		w.of(l).add(span{cell{uint32(seq), 1}, cell{uint32(seq), 1}})
		r.add(w)
	}
	for seq := layers.Seq(1); seq <= 3; seq++ {
		add(seq)
	}
	missed, ok := h.since(1, list, list)
	for seq := layers.Seq(4); seq <= 20; seq++ {
		add(seq)
	}
	all := merged(missed, list)
	if want := []cell{{2, 1}, {3, 1}}; !ok || !cmp.Equal(all.dirty[l].order, want, cmp.AllowUnexported(cell{})) {
		t.Errorf("got %v, %v, want %v", all.dirty[l].order, ok, want)
	}
	for i := range cap(r.windows) {
		if at := r.windows[:cap(r.windows)][i]; (i < r.first || i >= len(r.windows)) && at.dirty != nil {
			t.Errorf("the window up to %d is held though it was dropped", at.tick)
		}
	}
}

func TestSlowClient(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Options{})
		f.run()
		synctest.Wait()
		gate := make(chan struct{}, 1000)
		gate <- struct{}{} // for hello
		slow, quick := f.open("/live?layers=a", gate), f.open("/live?layers=a", nil)
		slow.want("hello", "e1-0 hello")
		quick.want("hello", "e1-0 hello")
		tell := func(n int) {
			for range n {
				f.put("a", layers.FeatureID(strconv.Itoa(int(f.seq))), 116, 39)
				time.Sleep(time.Second)
			}
		}
		tell(queueEvents + 1) // the first is being written, the others fit into the queue
		if got := f.metric("hutong_live_queued_events"); got != strconv.Itoa(queueEvents+1) {
			t.Errorf("got %s events in queues, want %d", got, queueEvents+1)
		}
		if got := len(quick.events()); got != queueEvents+1 {
			t.Errorf("the quick client got %d events, want %d", got, queueEvents+1)
		}
		for range queueEvents + 1 {
			gate <- struct{}{}
		}
		synctest.Wait()
		if got := slow.events(); len(got) != queueEvents+1 || plain(got[queueEvents].ID) != "e1-"+strconv.Itoa(queueEvents+1) {
			t.Errorf("got %d events, want %d", len(got), queueEvents+1)
		}
		tell(queueEvents + 2)
		gate <- struct{}{}
		slow.want("the one that was being written", "e1-"+strconv.Itoa(queueEvents+2)+" change a 1")
		gate <- struct{}{}
		slow.want("the others did not fit", "e1-"+strconv.Itoa(2*queueEvents+3)+" reset overflow")
		if got := f.metric(`hutong_live_resets_total{reason="overflow"}`); got != "1" {
			t.Errorf("got %s resets, want 1", got)
		}
		if got := f.metric("hutong_live_queued_events"); got != "0" {
			t.Errorf("got %s events in queues, want none", got)
		}
		tell(1)
		gate <- struct{}{}
		slow.want("it goes on", "e1-"+strconv.Itoa(2*queueEvents+4)+" change a 1")
	})
}

// TestWindow lets more than a tenth of the clients fall behind.
func TestWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Options{})
		f.run()
		synctest.Wait()
		gate := make(chan struct{}, 1000)
		gate <- struct{}{}
		c := f.open("/live?layers=a", gate)
		synctest.Wait()
		window := func(want string) {
			t.Helper()
			f.put("a", layers.FeatureID(strconv.Itoa(int(f.seq))), 116, 39)
			time.Sleep(maxWindow)
			synctest.Wait()
			if got := f.metric("hutong_live_window_seconds"); got != want {
				t.Errorf("got a window of %s, want %s", got, want)
			}
		}
		window("0.05")
		window("0.1")
		window("0.2")
		window("0.2")
		for range 4 {
			gate <- struct{}{}
		}
		synctest.Wait()
		window("0.1")
		gate <- struct{}{}
		synctest.Wait()
		window("0.05")
		c.close()
		if got := f.metric("hutong_live_queued_events"); got != "0" {
			t.Errorf("got %s events in queues when nobody is there, want none", got)
		}
	})
}

func TestBounds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Options{Clients: 3, Sets: 2})
		f.run()
		synctest.Wait()
		first := f.open("/live?layers=a", nil)
		first.want("first", "e1-0 hello")
		f.open("/live?layers=b", nil).want("second", "e1-0 hello")
		w := testkit.Ask(f.server, http.MethodGet, "/live?layers=a,b")
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || !strings.Contains(w.Body.String(), "different sets") {
			t.Errorf("a third set: got %d %q %s", w.Code, w.Header(), w.Body)
		}
		f.open("/live?layers=a", nil).want("third", "e1-0 hello")
		w = testkit.Ask(f.server, http.MethodGet, "/live?layers=a")
		if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "streams of clients") {
			t.Errorf("a fourth client: got %d %s", w.Code, w.Body)
		}
		for _, bound := range []string{boundClients, boundSets} {
			if got := f.metric(`hutong_live_refused_total{bound="` + bound + `"}`); got != "1" {
				t.Errorf("%s: got %q refused, want 1", bound, got)
			}
		}
		first.close()
		f.open("/live?layers=a", nil).want("when one has gone", "e1-0 hello")
	})
}

func TestRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t, Options{})
	f.run()
	for _, tt := range []struct {
		name, target, accept string
		status               int
		text                 string
	}{
		{"unknown layer", "/live?layers=a,nobody", "", http.StatusNotFound, "nobody"},
		{"empty list", "/live?layers=", "", http.StatusNotFound, "layer_not_found"},
		{"two lists", "/live?layers=a&layers=b", "", http.StatusBadRequest, "2 times"},
		{"long list", "/live?layers=a" + strings.Repeat(",a", 256), "", http.StatusBadRequest, "256 layers"},
		{"other parameter", "/live?layer=a", "", http.StatusBadRequest, "accepted are layers, since"},
		{"since what", "/live?since=12", "", http.StatusBadRequest, "EPOCH.SET-SEQ"},
		{"since where", "/live?since=e1-012", "", http.StatusBadRequest, "EPOCH.SET-SEQ"},
		{"since too far", "/live?since=e1-99999999999999999999", "", http.StatusBadRequest, "EPOCH.SET-SEQ"},
		{"since long", "/live?since=" + strings.Repeat("e", 200) + "-1", "", http.StatusBadRequest, "EPOCH.SET-SEQ"},
		{"two sinces", "/live?since=e1-1&since=e1-2", "", http.StatusBadRequest, "2 times"},
		{"no query", "/live?%zz", "", http.StatusBadRequest, "name=value"},
		{"JSON", "/live", "application/json", http.StatusNotAcceptable, "text/event-stream"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var headers []string
			if tt.accept != "" {
				headers = []string{"Accept", tt.accept}
			}
			w := testkit.Ask(f.server, http.MethodGet, tt.target, headers...)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.text) {
				t.Errorf("got %d %s, want %d with %q", w.Code, w.Body, tt.status, tt.text)
			}
		})
	}
	w := testkit.Ask(f.server, http.MethodHead, "/live", "Accept", "text/html, */*;q=0.1")
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != contentType {
		t.Errorf("HEAD: got %d %q, want a stream's headers", w.Code, w.Header())
	}
	before := newFixture(t, Options{})
	if w := testkit.Ask(before.server, http.MethodGet, "/live"); w.Code != http.StatusServiceUnavailable {
		t.Errorf("before the hub runs: got %d, want 503", w.Code)
	}
}

func FuzzParseID(f *testing.F) {
	for _, id := range []string{"e1-1", "e1.x-1", ".-1", "a.b.c-1", "a-b-18446744073709551615", "-1", "e1-", "e1-01", "e1-+1"} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		at, ok := parseID(id)
		set := at.set
		if strings.Contains(id, ".") {
			set = "." + set
		}
		if ok && at.epoch+set+"-"+strconv.FormatUint(uint64(at.seq), 10) != id {
			t.Errorf("%q was read as %+v", id, at)
		}
	})
}
