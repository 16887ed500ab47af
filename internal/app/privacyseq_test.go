package app

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hutong/journal"
	"hutong/journal/record"
	"hutong/layers"
	"hutong/layers/column"
)

// What numbers of states and times of changes tell: of the privacy suite.

// asNobody asks as somebody without a key; of a stream it returns how it begins.
func (c *pastCity) asNobody(path string) (status int, body string, header http.Header) {
	return (&private{App: c.app}).ask(path)
}

// TestPrivacyObserved: the times by which changes count are told of a layer only if everybody sees the field that has
// them, and of a view only if it shows it.
func TestPrivacyObserved(t *testing.T) {
	t.Parallel()
	const (
		hidden  = "09:11:22.333Z"
		records = `[{"no":"1","x":116.4,"y":39.9,"state":"open","at":"2026-08-01T10:00:00Z","phone":"1","called":"2026-08-01T` + hidden + `"}]`
	)
	for _, tt := range []struct {
		name, field, mapping, views string
		told                        []string // the layers that tell it
	}{
		{name: "a private field", field: ", called: {type: time, private: true}", mapping: "observed: called\n    fields: {called: called, "},
		{name: "no field of the layer", mapping: "observed: called\n    fields: {"},
		{
			name: "a field that a view does not show", field: ", called: {type: time}", mapping: "observed: called\n    fields: {called: called, ",
			views: "views: {few: {layer: reports, audience: public, title: Few, fields: [state, at]}, more: {layer: reports, audience: public, title: More, fields: [at, called]}}\n",
			told:  []string{"reports", "more"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newPastCity(t)
			c.text = strings.Replace(c.text, "phone: {type: string, private: true}", "phone: {type: string, private: true}"+tt.field, 1)
			c.text = strings.Replace(c.text, "fields: {state: state, at: at", tt.mapping+"state: state, at: at", 1) + tt.views
			c.start()
			c.push("hotline", records)
			names := []string{"reports"}
			if tt.views != "" {
				names = append(names, "few", "more")
			}
			for _, name := range names {
				_, body, _ := c.asNobody("/layers/" + name)
				_, tileJSON, _ := c.asNobody("/tiles/" + name + ".json")
				_, _, header := c.asNobody("/tiles/" + name + "/0/0/0.mvt")
				lag := strings.Contains(header.Get("Hutong-Freshness"), "event-lag")
				want := slices.Contains(tt.told, name)
				if got := strings.Contains(body, hidden); got != want || strings.Contains(tileJSON, hidden) != want || lag != want ||
					strings.Contains(body, "event_lag") != want {
					t.Errorf("%s: told %v, want %v: %s\n%s\n%v", name, got, want, body, tileJSON, header)
				}
			}
		})
	}
}

// TestPrivacyDelayOfNothing: of what came and went before it was old enough to be shown nobody learns that it was there,
// nor of what changed there and back.
func TestPrivacyDelayOfNothing(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		changes []layers.Change
		told    int
	}{
		{"came and went", []layers.Change{point("x", 116.31, 39.91), {Op: layers.Delete, Feature: layers.Feature{ID: "x"}}}, 0},
		{"there and back", []layers.Change{point("1", 116.9, 39.91), point("1", 116.3, 39.9)}, 0},
		{"there", []layers.Change{point("1", 116.9, 39.91), point("1", 116.3, 39.95)}, 1},
		{"came", []layers.Change{point("x", 116.31, 39.91)}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newClocked(t)
			c.publish(t, point("1", 116.3, 39.9))
			c.pass(t, 130*time.Second)
			c.told = nil
			seq, changed := c.v.view.Now().Seq(), c.v.fresh.Changed()
			for _, change := range tt.changes {
				c.publish(t, change)
			}
			c.pass(t, 70*time.Second)
			moved := c.v.view.Now().Seq() != seq
			if len(c.told) != tt.told || moved != (tt.told > 0) || !c.v.fresh.Changed().Equal(changed) != (tt.told > 0) {
				t.Errorf("got %d changes told, another state %v, changed at %v instead of %v; want %d", len(c.told), moved, c.v.fresh.Changed(), changed, tt.told)
			}
		})
	}
}

// TestPrivacyTogether: the number of a layer's state is that of its own last message, also when messages of hidden layers
// were made visible with it.
func TestPrivacyTogether(t *testing.T) {
	t.Parallel()
	c := newPastCity(t)
	c.text = strings.Replace(c.text, "reports: {title: Reports,", "reports: {title: Reports, public: false,", 1)
	c.start()
	s := c.app.store
	seq := s.seqNow()
	var entries []reading
	for i, name := range []layers.Name{"other", "reports", "reports"} {
		change := point(layers.FeatureID(strconv.Itoa(i)), 116.4, 39.9)
		change.Feature.Values = make([]column.Value, len(s.layers[name].Schema().Fields))
		entries = append(entries, reading{Entry: journal.Entry{
			Seq: seq + layers.Seq(i) + 1, Batches: []record.Batch{{Source: "x", Batch: layers.Batch{Layer: name, Changes: []layers.Change{change}}}},
		}})
	}
	if err := s.applyAll(entries, true); err != nil {
		t.Fatal(err)
	}
	if got := s.layers["other"].Snapshot().Seq(); got != seq+1 {
		t.Errorf("got state %d, want %d", got, seq+1)
	}
	if got := s.seqNow(); got != seq+3 {
		t.Errorf("got state %d of all, want %d", got, seq+3)
	}
}

// newPartlyHidden is a city whose reports only officers see, and the layer other everybody.
func newPartlyHidden(t *testing.T) *pastCity {
	t.Helper()
	c := newPastCity(t)
	c.text = strings.Replace(c.text, "reports: {title: Reports,", "reports: {title: Reports, public: false,", 1)
	c.text = strings.Replace(c.text, ", retention: 1h", "", 1)
	c.text = strings.Replace(c.text, `"ingest:*"`, `"ingest:*", "audience:officer"`, 1)
	c.text += "views: {staff: {layer: reports, audience: officer, title: Staff}}\n"
	c.start()
	return c
}

// report pushes n hidden reports, each in a message of its own, and returns the number of the last.
func (c *pastCity) report(n int) (seq layers.Seq) {
	c.t.Helper()
	for range n {
		seq = c.push("hotline", fmt.Sprintf(`[{"no":"%d","x":116.4,"y":39.9,"state":"open","at":"2026-08-01T10:00:00Z","phone":"1"}]`, c.app.store.seqNow()))
	}
	return seq
}

// asOf returns what the surfaces answer to a moment of the layer that everybody sees, without the moment.
func (c *pastCity) asOf(moment string) string {
	var all strings.Builder
	for _, path := range []string{"/tiles/other/0/0/0.mvt", "/tiles/other.json"} {
		status, body, header := c.asNobody(path + "?asof=" + moment)
		header.Del("X-Request-Id")
		if strings.HasSuffix(path, ".json") { // the body has the moment
			header.Del("ETag")
			header.Del("Content-Length")
		}
		body = instantText.ReplaceAllString(strings.ReplaceAll(body, "asof="+moment, "asof="), "")
		fmt.Fprintln(&all, status, body, header)
	}
	return all.String()
}

var instantText = regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+Z`)

// TestPrivacyAsOf: the past of a layer tells nothing of the messages to a hidden one: neither how many there were nor when
// they came, by no answer to a number or a time.
func TestPrivacyAsOf(t *testing.T) {
	t.Parallel()
	c := newPartlyHidden(t)
	c.checkpoint()
	c.push("desk", `[{"no":"1","x":116.4,"y":39.9,"state":"open"}]`)
	shown := c.app.store.layers["other"].Snapshot().Seq()
	numbers := func() (all []string) {
		for n := layers.Seq(1); n < shown+20; n++ {
			all = append(all, c.asOf(strconv.FormatUint(uint64(n), 10)))
		}
		return append(all, c.asOf("18446744073709551615"))
	}
	before := numbers()
	if !strings.Contains(before[shown-1], "200") || !strings.Contains(before[shown], "400") {
		t.Fatalf("got %s, want the layer up to %d", before, shown)
	}
	var times []time.Time
	for range 3 {
		times = append(times, time.Now())
		c.report(1)
		times = append(times, time.Now())
	}
	if after := numbers(); !slices.Equal(before, after) {
		t.Errorf("hidden messages changed what numbers are answered:\n%s\n%s", before, after)
	}
	first := c.asOf(times[0].UTC().Format(time.RFC3339Nano))
	if !strings.Contains(first, "200") {
		t.Errorf("got %s, want the layer", first)
	}
	for _, at := range times {
		if got := c.asOf(at.UTC().Format(time.RFC3339Nano)); got != first {
			t.Errorf("before and behind hidden messages times are answered otherwise:\n%s\n%s", first, got)
		}
	}
	if _, body, _ := c.asNobody("/tiles/other.json?asof=" + times[1].UTC().Format(time.RFC3339Nano)); !strings.Contains(body, times[1].UTC().Format(time.RFC3339Nano)) {
		t.Errorf("got %s, want tiles of the time", body)
	}

	// A snapshot is of the message that changed its layers, not of the newest.
	c.want(http.MethodPut, "/admin/snapshots/now?layers=other", http.StatusCreated, "")
	c.want(http.MethodPut, "/admin/snapshots/then?layers=other&asof="+times[3].UTC().Format(time.RFC3339Nano), http.StatusCreated, "")
	for _, name := range []string{"now", "then"} {
		if _, body, _ := c.asNobody("/snapshots/" + name); !strings.Contains(body, fmt.Sprintf(`"sequence":%d,"log"`, shown)) || !strings.Contains(body, fmt.Sprintf("(state %d)", shown)) {
			t.Errorf("got %s, want state %d", body, shown)
		}
	}

	// The earliest moment is one of the layer's, too.
	for range 3 {
		c.report(1)
		c.checkpoint()
	}
	_, body, _ := c.asNobody("/tiles/other/0/0/0.mvt?asof=1")
	if !strings.Contains(body, fmt.Sprintf(`"earliest":{"sequence":%d,`, shown)) || !strings.Contains(body, fmt.Sprintf("that is kept is %d,", shown)) {
		t.Errorf("got %s, want %d as the earliest", body, shown)
	}
	if got := numbers(); !strings.Contains(got[shown-1], "200") || !strings.Contains(got[shown], "400") {
		t.Errorf("got %s, want the layer at %d still", got, shown)
	}
}

// hello returns how a live stream begins, for who has the city's key or for everybody.
func (c *pastCity) hello(query string, keyed bool) string {
	ctx, cancel := context.WithCancel(c.t.Context())
	cancel()
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/live?"+query, http.NoBody)
	if keyed {
		r.Header.Set("Authorization", "Bearer "+c.key.Reveal())
	}
	w := httptest.NewRecorder()
	c.app.Handler().ServeHTTP(w, r)
	return retryText.ReplaceAllString(instantText.ReplaceAllString(w.Body.String(), ""), "")
}

var retryText = regexp.MustCompile(`retry: \d+`)

// TestPrivacyLive: neither how a stream begins nor how one goes on tells of changes that only others hear of.
func TestPrivacyLive(t *testing.T) {
	t.Parallel()
	c := newPartlyHidden(t)
	told := func(query string, seq layers.Seq) string {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); { // the hub tells a moment after a change is visible
			if got := c.hello(query, true); strings.Contains(got, fmt.Sprintf(`"seq":%d,"time"`, seq)) {
				return got
			}
		}
		t.Fatalf("%d was not told", seq)
		return ""
	}
	queries := []string{"layers=other", ""}
	shown := c.push("desk", `[{"no":"1","x":116.4,"y":39.9,"state":"open"}]`)
	id := regexp.MustCompile(`id: (\S+)`).FindStringSubmatch(told("layers=other", shown))[1]
	queries = append(queries, "layers=other&since="+id, "since="+id)
	for n := range shown + 10 {
		epoch := id[:strings.IndexByte(id, '.')]
		queries = append(queries, fmt.Sprintf("layers=other&since=%s-%d", epoch, n), fmt.Sprintf("since=%s-%d", epoch, n))
	}
	look := func() (all []string) {
		for _, query := range queries {
			all = append(all, query+": "+c.hello(query, false))
		}
		return all
	}
	before := look()
	told("layers=staff", c.report(3))
	if diff := cmp.Diff(before, look()); diff != "" {
		t.Errorf("behind hidden messages (-before +after):\n%s", diff)
	}
	if !strings.Contains(before[0], fmt.Sprintf(`"seq":%d,"time"`, shown)) || strings.Contains(before[2], "reset") {
		t.Errorf("got %q and %q, want state %d and no reset", before[0], before[2], shown)
	}

	// A view of counts is in no log, and takes the number of what everybody sees.
	c.stop()
	c.text = strings.Replace(c.text, "title: Staff}}", "title: Staff}, counts: {layer: reports, audience: public, title: Counts, place: counts, k: 2, resolutions: [6], by: none}}", 1)
	c.start()
	if got := c.hello("layers=counts", false); !strings.Contains(got, fmt.Sprintf(`"seq":%d,"time"`, shown)) {
		t.Errorf("got %q, want state %d", got, shown)
	}
}
