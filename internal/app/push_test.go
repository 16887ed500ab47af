package app

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hutong/internal/auth"
	"hutong/internal/config"
	"hutong/internal/telemetry"
)

// pushConfig is a city with one source that is pushed to and one file; %s are the hash of a key and the file.
const pushConfig = `city: A city
layers:
  reports:
    title: Reports
    licence: CC0-1.0
    time: at
    fields: {state: {type: string}, at: {type: time}, phone: {type: string, private: true, max_length: 30}}
keys:
  gateway: {hash_file: "%s", scopes: ["ingest:hotline"]}
sources:
  hotline:
    layer: reports
    push: {position: {lon: x, lat: y}}
    delete: {from: op, values: [delete]}
    version: rev
    id: "{no}"
    fields: {state: state, at: at, phone: phone}
  desk:
    layer: reports
    files: ["%s"]
    csv: {lon: lon, lat: lat}
    id: "{no}"
    fields: {state: state}
`

// pushCity returns that city with a file of one feature, its key and where its file and config are.
func pushCity(t *testing.T) (city *City, c *config.Config, key auth.Secret, dir string) {
	t.Helper()
	dir = t.TempDir()
	key = auth.NewSecret()
	for name, text := range map[string]string{
		"hash": key.Hash().String() + "\n", "desk.csv": "no,lon,lat,state\nd1,116.4,39.9,open\n",
		"city.yaml": fmt.Sprintf(pushConfig, filepath.Join(dir, "hash"), filepath.Join(dir, "desk.csv")),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := config.Load(filepath.Join(dir, "city.yaml"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if city, err = FromConfig(c); err != nil {
		t.Fatal(err)
	}
	return city, c, key, dir
}

// pushTo sends a JSON body with a key.
func pushTo(h http.Handler, key auth.Secret, target, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+key.Reveal())
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestPush: what is pushed is on the layer beside what files have, and what is secret leaves by no door.
func TestPush(t *testing.T) {
	t.Parallel()
	city, _, key, _ := pushCity(t)
	a, log := newTestApp(t, city, nil)
	r := start(t, a)
	tile := func() string {
		_, body, err := r.get("/tiles/reports/0/0/0.mvt")
		if err != nil {
			t.Fatal(err)
		}
		return body
	}
	before := tile()
	body := `[{"no": "h1", "x": 116.3, "y": 39.8, "state": "new", "at": "2026-01-02T03:04:05Z", "phone": "` + secret + `", "rev": 1},
		{"no": "h2", "phone": "` + strings.Repeat(secret, 3) + `"}]`
	w := pushTo(a.Handler(), key, "/ingest/hotline", body)
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"applied":1`) || !strings.Contains(w.Body.String(), `"refused":1`) {
		t.Fatalf("got %d, %s", w.Code, w.Body)
	}
	if after := tile(); after == before || !strings.Contains(after, "new") || strings.Contains(after, "$") {
		t.Errorf("the tile before is %q, after it %q", before, after)
	}
	if got := a.Store().layers["reports"].Snapshot().Count(); got != 2 {
		t.Errorf("got %d features, want 2", got)
	}
	answers := []string{w.Body.String()}
	for _, path := range []string{"/layers/reports", "/layers/reports/features/h1", "/layers/reports/features/h2", "/tiles/reports/0/0/0.mvt", "/tiles/reports.json", "/metrics"} {
		_, body, err := r.get(path)
		if err != nil {
			t.Fatal(err)
		}
		if path != "/metrics" { // Go's own metrics have many words
			answers = append(answers, body)
			continue
		}
		for _, line := range []string{
			`hutong_ingest_accepted_total{source="hotline"} 1`, `hutong_ingest_outcomes_total{outcome="applied",source="hotline"} 1`,
			`hutong_ingest_refused_total{reason="too_long",source="hotline"} 1`, `hutong_ingest_letters{source="hotline"} 1`,
		} {
			if !strings.Contains(body, line+"\n") {
				t.Errorf("the metrics have no %s", line)
			}
		}
	}
	for _, word := range []string{secret, key.Reveal(), "$observed", "$version"} {
		if strings.Contains(strings.Join(answers, "")+log.String(), word) {
			t.Errorf("%q leaves", word)
		}
	}
	r.stop()
	if err := <-r.result; err != nil {
		t.Error(err)
	}
}

// TestPushedFeaturesStay: a file that is read again adds and changes, and takes nothing away that may have
// been pushed.
func TestPushedFeaturesStay(t *testing.T) {
	t.Parallel()
	city, c, key, dir := pushCity(t)
	a, log := newTestApp(t, city, nil)
	watcher := newWatcher(city, &Watch{Old: c}, a.Store(), a.opts.Log, telemetry.NewMetrics())
	if err := a.load(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	a.server.Ready()
	if w := pushTo(a.Handler(), key, "/ingest/hotline", `{"no": "h1"}`); w.Code != http.StatusOK {
		t.Fatalf("got %d, %s", w.Code, w.Body)
	}
	if err := os.WriteFile(filepath.Join(dir, "desk.csv"), []byte("no,lon,lat,state\nd2,116.4,39.9,open\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 3 { // it changed, it has come to rest, it is read
		watcher.step(t.Context())
	}
	var ids []string
	for block := range a.Store().layers["reports"].Snapshot().All() {
		for row := range block.Len() {
			ids = append(ids, string(block.ID(row)))
		}
	}
	if got := strings.Join(ids, " "); got != "h1 d1 d2" && got != "h1 d2 d1" {
		t.Errorf("got features %s, want h1 d1 d2; log:\n%s", got, log)
	}
}

// TestSnapshotsOverPush: a source that is the only one of its layer may say all there is; beside a file it may not.
func TestSnapshotsOverPush(t *testing.T) {
	t.Parallel()
	city, _, key, _ := pushCity(t)
	shared, _ := newTestApp(t, city, nil)
	shared.server.Ready()
	if w := pushTo(shared.Handler(), key, "/ingest/hotline?snapshot=true", `{"no": "h1"}`); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "other sources") {
		t.Errorf("beside a file: got %d, %s", w.Code, w.Body)
	}
	city.Sources, city.Feeds = nil, nil
	a, _ := newTestApp(t, city, nil)
	a.server.Ready()
	for _, c := range []struct{ body, want string }{
		{`[{"no": "h1", "at": "2026-01-01T00:00:00Z"}, {"no": "h2", "at": "2026-01-01T00:00:00Z"}]`, `"applied":2`},
		{`[{"no": "h2", "at": "2026-01-01T00:00:00Z"}]`, `"deleted":1`},
	} {
		if w := pushTo(a.Handler(), key, "/ingest/hotline?snapshot=true", c.body); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), c.want) {
			t.Errorf("got %d, %s; want %s", w.Code, w.Body, c.want)
		}
	}
	if got := a.Store().layers["reports"].Snapshot().Count(); got != 1 {
		t.Errorf("got %d features, want 1", got)
	}
}

func TestKeysOfFiles(t *testing.T) {
	t.Parallel()
	key := auth.NewSecret()
	good, bad := file(t, "hash", key.Hash().String()), file(t, "hash", key.Reveal())
	if _, err := newKeys(&City{Keys: []Key{{auth.Key{Name: "a"}, good}}}, telemetry.NewMetrics()); err != nil {
		t.Error(err)
	}
	_, err := newKeys(&City{Keys: []Key{{auth.Key{Name: "a"}, bad}, {auth.Key{Name: "b"}, bad + ".none"}}}, telemetry.NewMetrics())
	if err == nil || !strings.Contains(err.Error(), "app: key a: "+bad+": this is a key and not its hash") || !strings.Contains(err.Error(), "app: key b: open") {
		t.Errorf("got %v, want both files named", err)
	}
	if strings.Contains(fmt.Sprint(err), key.Reveal()) {
		t.Errorf("%v shows the key", err)
	}
}

func TestCheckOfPush(t *testing.T) {
	t.Parallel()
	const source = "push: {}, id: '{code}', fields: {code: code}"
	problems, warnings := checked(t, source)
	if want := "sources.lanes.push: no key has the scope ingest:lanes, so nobody can send records to this source\n"; problems != "" || warnings != want {
		t.Errorf("got %q, %q; want no problem and %q", problems, warnings, want)
	}
	_, warnings = checked(t, source+"}\nmqtt: {listen: ':1883'")
	if want := "mqtt: no source has topics, push: {topics: [...]}, so every message that is published becomes a refused one\n"; !strings.Contains(warnings, want) {
		t.Errorf("got %q; want %q", warnings, want)
	}
	_, warnings = checked(t, strings.Replace(source, "push: {}", "push: {topics: [a]}", 1)+"}\nmqtt: {listen: ':1883'")
	if strings.Contains(warnings, "mqtt") {
		t.Errorf("got %q; want no warning of mqtt", warnings)
	}
	_, warnings = checked(t, source+"}\nnats: {listen: ':4222'")
	if want := "nats: no source has subjects, push: {subjects: [...]}, so nobody is let in\n"; !strings.Contains(warnings, want) {
		t.Errorf("got %q; want %q", warnings, want)
	}
	_, warnings = checked(t, strings.Replace(source, "push: {}", "push: {subjects: [a]}", 1)+"}\nnats: {listen: ':4222'")
	if strings.Contains(warnings, "nats") {
		t.Errorf("got %q; want no warning of nats", warnings)
	}
	one := auth.NewSecret().Hash().String()
	path := file(t, "hash", one)
	problems, warnings = checked(t, source+"}\nkeys:\n  a: {hash: '"+one+"', scopes: ['ingest:lanes']}\n  b: {hash_file: "+path+", scopes: ['ingest:lanes']}\n"+
		"  c: {hash_file: "+path+".none, scopes: ['ingest:*']")
	want := "keys.b.hash_file: is the same key as that of a: each holder gets a key of its own\nkeys.c.hash_file: open " + path + ".none: no such file or directory\n"
	if problems != want || warnings != "" {
		t.Errorf("got %q, %q; want %q and no warning", problems, warnings, want)
	}
}
