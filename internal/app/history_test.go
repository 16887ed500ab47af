package app

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"hutong/internal/auth"
	"hutong/internal/config"
	"hutong/internal/testkit"
	"hutong/journal/checkpoint"
	"hutong/layers"
	"hutong/layers/view"
	"hutong/tiles/past"
)

const pastConfig = `city: A city
journal: {folder: "%[1]s/data", low_disk: 1048576, retention: 1h}
layers:
  reports: {title: Reports, licence: CC0-1.0, time: at, fields: {state: {type: string, keep: true}, at: {type: time}, phone: {type: string, private: true}}}
  other: {title: Other, licence: CC0-1.0, fields: {state: {type: string}}}
keys:
  gateway: {hash_file: "%[1]s/hash", scopes: ["ingest:*", "erase:*", pin, backup]}
sources:
  hotline:
    layer: reports
    push: {position: {lon: x, lat: y}}
    delete: {from: op, values: [delete]}
    id: "{no}"
    fields: {state: state, at: at, phone: phone}
  desk: {layer: other, push: {position: {lon: x, lat: y}}, id: "{no}", fields: {state: state}}
`

// pastCity is a city whose past is kept.
type pastCity struct {
	t         *testing.T
	dir, text string
	key       auth.Secret
	past      past.Options
	app       *App
	log       *testkit.Buffer
	stop      func()
}

func newPastCity(t *testing.T) *pastCity {
	t.Helper()
	c := &pastCity{t: t, dir: t.TempDir(), key: auth.NewSecret()}
	c.text = fmt.Sprintf(pastConfig, c.dir)
	if err := os.WriteFile(filepath.Join(c.dir, "hash"), []byte(c.key.Hash().String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *pastCity) load() *City {
	c.t.Helper()
	path := filepath.Join(c.dir, "city.yaml")
	if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
		c.t.Fatal(err)
	}
	read, err := config.Load(path, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	city, err := FromConfig(read)
	if err != nil {
		c.t.Fatal(err)
	}
	if city.Data != nil {
		city.Data.Past = c.past
	}
	return city
}

func (c *pastCity) start() {
	c.t.Helper()
	c.app, c.log, c.stop = served(c.t, c.load())
}

func (c *pastCity) do(method, path string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, http.NoBody)
	r.Header.Set("Authorization", "Bearer "+c.key.Reveal())
	w := httptest.NewRecorder()
	c.app.Handler().ServeHTTP(w, r)
	return w
}

// get returns the body of an answer, which must have a status, and for a problem a code.
func (c *pastCity) want(method, path string, status int, code string) string {
	c.t.Helper()
	w := c.do(method, path)
	var p struct{ Code string }
	if status >= 400 {
		_ = json.Unmarshal(w.Body.Bytes(), &p)
	}
	if w.Code != status || p.Code != code {
		c.t.Fatalf("%s %s: got %d %q, want %d %q: %s", method, path, w.Code, p.Code, status, code, w.Body)
	}
	return w.Body.String()
}

// push pushes records and returns the sequence at which they are.
func (c *pastCity) push(source, body string) layers.Seq {
	c.t.Helper()
	w := pushTo(c.app.Handler(), c.key, "/ingest/"+source, body)
	if w.Code != http.StatusOK {
		c.t.Fatalf("push: got %d, %s", w.Code, w.Body)
	}
	return c.app.store.seqNow()
}

func (c *pastCity) checkpoint() {
	c.t.Helper()
	if err := c.app.durable.request(c.t.Context(), c.app.durable.checkpoint); err != nil {
		c.t.Fatal(err)
	}
}

// shown are tiles as they were at a moment.
type shown struct {
	seq   layers.Seq
	at    time.Time
	tiles map[string]string // by path
}

var pastTiles = []string{"reports/0/0/0", "other/0/0/0", "other,reports/4/13/6", "reports/12/3373/1551"}

func (c *pastCity) look(seq layers.Seq) shown {
	s := shown{seq: seq, at: time.Now(), tiles: map[string]string{}}
	for _, path := range pastTiles {
		w := c.do(http.MethodGet, "/tiles/"+path+".mvt")
		s.tiles[path] = strconv.Itoa(w.Code) + w.Body.String()
	}
	return s
}

// wantPast checks that tiles are as they were.
func (c *pastCity) wantPast(s shown, asof string) {
	c.t.Helper()
	for path, want := range s.tiles {
		w := c.do(http.MethodGet, "/tiles/"+path+".mvt?asof="+url.QueryEscape(asof))
		if got := strconv.Itoa(w.Code) + w.Body.String(); got != want {
			c.t.Errorf("%s as of %s (sequence %d): got %.300q, want %.300q", path, asof, s.seq, got, want)
		}
	}
}

// history pushes, and looks at tiles after each push, with checkpoints in between.
func (c *pastCity) history(r *rand.Rand, rounds int) (all []shown) {
	c.t.Helper()
	for round := range rounds {
		var records []string
		for range 1 + r.IntN(30) {
			op := ""
			if r.IntN(4) == 0 {
				op = "delete"
			}
			records = append(records, fmt.Sprintf(`{"no": "r%d", "x": %v, "y": %v, "state": "s%d", "at": "2026-01-01T00:00:%02dZ", "phone": "%d", "op": %q}`,
				r.IntN(20), 116.4+r.Float64()/10, 39.9+r.Float64()/10, r.IntN(5), r.IntN(60), r.IntN(100), op))
		}
		var seq layers.Seq
		if r.IntN(3) == 0 {
			seq = c.push("desk", `[{"no": "d`+strconv.Itoa(r.IntN(5))+`", "x": 116.4, "y": 39.9, "state": "`+strconv.Itoa(round)+`"}]`)
		} else {
			seq = c.push("hotline", "["+strings.Join(records, ",")+"]")
		}
		all = append(all, c.look(seq))
		if round%5 == 4 {
			c.checkpoint()
		}
	}
	return all
}

// TestAsOf: tiles as of a sequence, or a time, are the bytes that were served then: from checkpoints and log, from the
// layers where they have not changed, and after another start.
func TestAsOf(t *testing.T) {
	t.Parallel()
	c := newPastCity(t)
	c.past.States = 4 // so that most have to be made again
	c.start()
	c.checkpoint() // of nothing
	r := testRand(1)
	all := c.history(r, 17)
	ask := func() {
		t.Helper()
		for _, i := range r.Perm(len(all)) {
			c.wantPast(all[i], strconv.Itoa(int(all[i].seq)))
			if i%4 == 0 {
				c.wantPast(all[i], all[i].at.Format(time.RFC3339Nano))
				c.wantPast(all[i], all[i].at.In(time.FixedZone("", 8*3600)).Format(time.RFC3339Nano))
			}
		}
	}
	ask()
	c.stop()
	c.start()
	all = append(all, c.history(r, 3)...)
	ask()
	last := all[len(all)-1]
	for path, got := range c.look(last.seq).tiles {
		if got != last.tiles[path] {
			t.Errorf("%s as it is, when its past was asked for: got %.300q, want %.300q", path, got, last.tiles[path])
		}
	}

	tileJSON := c.want(http.MethodGet, "/tiles/reports.json?asof="+url.QueryEscape(all[3].at.Format(time.RFC3339Nano)), http.StatusOK, "")
	if want := `/tiles/reports/{z}/{x}/{y}.mvt?asof=` + all[3].at.UTC().Format(time.RFC3339Nano) + `"`; !strings.Contains(tileJSON, want) {
		t.Errorf("got %s, want %s", tileJSON, want)
	}
	path := "/tiles/reports/0/0/0.mvt?asof=" + strconv.Itoa(int(all[3].seq))
	w := c.do(http.MethodGet, path)
	if h := w.Header(); h.Get("Cache-Control") != "no-cache" || h.Get("ETag") == "" || h.Get("Hutong-Freshness") != "" {
		t.Errorf("got %v", h)
	}
	req := httptest.NewRequest(http.MethodHead, path, http.NoBody)
	req.Header.Set("If-None-Match", w.Header().Get("ETag"))
	again := httptest.NewRecorder()
	if c.app.Handler().ServeHTTP(again, req); again.Code != http.StatusNotModified {
		t.Errorf("asked again: got %d", again.Code)
	}
	future := strconv.Itoa(int(c.app.store.seqNow()) + 1)
	for query, code := range map[string]string{
		"asof=" + future: "parameter_invalid", "asof=2199-01-01T00:00:00Z": "parameter_invalid", "asof=yesterday": "parameter_invalid", "asof=": "parameter_invalid",
		"asof=1&asof=2": "parameter_invalid", "asof=2&datetime=..": "parameter_invalid", "asof=0": "parameter_invalid", "asof=-1": "parameter_invalid",
		"asof=99999999999999999999": "parameter_invalid", "asof=0001-01-01T00:00:00Z": "parameter_invalid", "asof=%zz": "parameter_invalid",
	} {
		c.want(http.MethodGet, "/tiles/reports/0/0/0.mvt?"+query, http.StatusBadRequest, code)
	}
	c.want(http.MethodGet, "/tiles/reports/23/0/0.mvt?asof=2", http.StatusNotFound, "tile_out_of_range")
	c.want(http.MethodGet, "/tiles/none/0/0/0.mvt?asof=2", http.StatusNotFound, "layer_not_found")
	gone := c.want(http.MethodGet, "/tiles/reports/0/0/0.mvt?asof=2001-01-01T00:00:00Z", http.StatusGone, "past_gone")
	var p struct {
		Earliest struct {
			Sequence layers.Seq
			Time     time.Time
		}
	}
	if err := json.Unmarshal([]byte(gone), &p); err != nil || p.Earliest.Sequence != 1 || p.Earliest.Time.IsZero() {
		t.Errorf("got %s", gone)
	}
	c.want(http.MethodGet, "/tiles/reports/0/0/0.mvt?asof="+url.QueryEscape(p.Earliest.Time.Format(time.RFC3339Nano)), http.StatusNoContent, "")
}

// TestAsOfWhileItChanges: whoever asks while changes come, checkpoints are written and old ones go gets the bytes of then,
// or is told that they are gone.
func TestAsOfWhileItChanges(t *testing.T) {
	t.Parallel()
	c := newPastCity(t)
	c.text = strings.Replace(c.text, ", retention: 1h", "", 1)
	c.past.States = 2
	c.start()
	c.checkpoint()
	var mu sync.Mutex
	var all []shown
	done := make(chan struct{})
	var readers sync.WaitGroup
	answered := 0
	for reader := range 2 {
		readers.Go(func() {
			r := rand.New(rand.NewPCG(7, uint64(reader)))
			for {
				select {
				case <-done:
					return
				default:
				}
				mu.Lock()
				var s shown
				if len(all) > 0 {
					s = all[r.IntN(len(all))]
				}
				mu.Unlock()
				for path, want := range s.tiles {
					w := c.do(http.MethodGet, "/tiles/"+path+".mvt?asof="+strconv.Itoa(int(s.seq)))
					got := strconv.Itoa(w.Code) + w.Body.String()
					if w.Code != http.StatusGone && w.Code != http.StatusServiceUnavailable && got != want {
						t.Errorf("%s as of %d: got %.200q, want %.200q", path, s.seq, got, want)
					}
					mu.Lock()
					if w.Code < 300 {
						answered++
					}
					mu.Unlock()
				}
			}
		})
	}
	r := testRand(3)
	for range 6 {
		next := c.history(r, 5)
		mu.Lock()
		all = append(all, next...)
		mu.Unlock()
	}
	close(done)
	readers.Wait()
	if answered == 0 {
		t.Error("nobody was answered")
	}
	if first := c.app.durable.journal.First(); first < 5 {
		t.Errorf("the log still begins at %d", first)
	}
	c.want(http.MethodGet, "/tiles/reports/0/0/0.mvt?asof=1", http.StatusGone, "past_gone")
}

// TestNoPast: a server that keeps nothing says so, and so does one whose layer is not for everybody as it is.
func TestNoPast(t *testing.T) {
	t.Parallel()
	c := newPastCity(t)
	kept := c.text
	c.text = strings.Replace(kept, fmt.Sprintf("journal: {folder: \"%s/data\", low_disk: 1048576, retention: 1h}\n", c.dir), "", 1)
	c.start()
	for _, path := range []string{"/tiles/reports/0/0/0.mvt?asof=1", "/tiles/reports.json?asof=1", "/snapshots", "/snapshots/a"} {
		c.want(http.MethodGet, path, http.StatusNotFound, "past_not_kept")
	}
	c.want(http.MethodPut, "/admin/snapshots/a", http.StatusNotFound, "past_not_kept")
	c.want(http.MethodGet, "/tiles/reports/0/0/0.mvt?other=asof", http.StatusNoContent, "")
	c.stop()

	c.text = kept
	c.start()
	seq := c.push("hotline", `[{"no": "1", "x": 116.4, "y": 39.9, "at": "2026-01-01T00:00:00Z"}]`)
	c.push("hotline", `[{"no": "1", "x": 116.4, "y": 39.9, "at": "2026-01-02T00:00:00Z"}]`)
	c.checkpoint()
	c.app.store.public.Named("reports").View = view.Public(c.app.store.layers["reports"].Layer) // another than the layer's whole
	c.want(http.MethodGet, fmt.Sprintf("/tiles/reports/0/0/0.mvt?asof=%d", seq), http.StatusNotFound, "past_not_kept")
	c.want(http.MethodPut, "/admin/snapshots/a?layers=reports", http.StatusNotFound, "past_not_kept")
	c.want(http.MethodPut, "/admin/snapshots/a", http.StatusCreated, "")
	if got := c.want(http.MethodGet, "/snapshots/a", http.StatusOK, ""); strings.Contains(got, "reports") {
		t.Errorf("it was pinned all the same: %s", got)
	}
}

// TestPastIsBounded: a state that takes more than all may is refused, and a layer that a checkpoint does not have has no past.
func TestPastIsBounded(t *testing.T) {
	t.Parallel()
	c := newPastCity(t)
	c.past.Memory = 1
	c.start()
	c.checkpoint()
	first := c.push("hotline", `[{"no": "1", "x": 116.4, "y": 39.9, "at": "2026-01-01T00:00:00Z"}]`)
	c.push("hotline", `[{"no": "1", "x": 116.4, "y": 39.9, "at": "2026-01-02T00:00:00Z"}]`)
	c.want(http.MethodGet, fmt.Sprintf("/tiles/reports/0/0/0.mvt?asof=%d", first), http.StatusInsufficientStorage, "past_too_large")
	c.want(http.MethodPut, "/admin/snapshots/a", http.StatusInsufficientStorage, "past_too_large")
	c.stop()

	c.past = past.Options{}
	c.text = strings.Replace(c.text, "  other: {", "  third: {title: Third, licence: CC0-1.0, fields: {state: {type: string}}}\n  other: {", 1)
	c.text = strings.Replace(c.text, "  desk: {layer: other", "  new: {layer: third, push: {position: {lon: x, lat: y}}, id: \"{no}\", fields: {state: state}}\n  desk: {layer: other", 1)
	c.start()
	c.push("new", `[{"no": "1", "x": 116.4, "y": 39.9, "state": "s"}]`)
	c.checkpoint()
	c.push("new", `[{"no": "1", "x": 116.4, "y": 39.9, "state": "t"}]`)
	got := c.want(http.MethodGet, fmt.Sprintf("/tiles/third/0/0/0.mvt?asof=%d", first), http.StatusGone, "past_gone")
	if !strings.Contains(got, `"earliest":{"sequence":`) {
		t.Errorf("got %s", got)
	}
	if infos, err := checkpoint.Verify(t.Context(), filepath.Join(c.dir, "data", "checkpoints")); err != nil || len(infos) < 2 {
		t.Errorf("got %v, %v", infos, err)
	}
}

// testRand is random in the same way each time.
func testRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 5)) }
