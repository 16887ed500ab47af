package e2e

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"hutong/internal/testkit"
)

// newestKey makes a key and returns it with the lines for a config.
func newestKey(t *testing.T, scopes ...string) (key, lines string) {
	t.Helper()
	args := []string{"key", "new", "--name", "gateway"}
	for _, s := range scopes {
		args = append(args, "--scope", s)
	}
	p := launch(t, nil, args...)
	if status := p.wait(); status != 0 {
		t.Fatalf("got status %d: %s", status, p.stderr)
	}
	key, lines, found := strings.Cut(p.stdout.String(), "\n\n")
	if !found || !strings.HasPrefix(key, "hk_") {
		t.Fatalf("got %s, want a key and lines for a config", p.stdout)
	}
	return key, lines
}

const pushable = `
city: A city
layers:
  reports: {title: Reports, licence: CC0-1.0, time: at, fields: {state: {type: string, keep: true}, at: {type: time}, phone: {type: string, private: true, max_length: 11}}}
sources:
  hotline:
    layer: reports
    push: {position: {lon: lon, lat: lat}, limits: {body: 65536}}
    delete: {from: op, values: [delete]}
    id: "{no}"
    fields: {state: state, at: at, phone: phone}
`

// TestPush pushes with curl: the tile changes; what is refused is told, and listed and replayed by the command.
func TestPush(t *testing.T) {
	t.Parallel()
	curl := testkit.Tool(t, "curl", "curl")
	key, lines := newestKey(t, "ingest:hotline")
	dir := write(t, map[string]string{"city.yaml": pushable + lines, "key": key + "\n", "header": "Authorization: Bearer " + key + "\n"})
	s := run(t, "serve", "--config", filepath.Join(dir, "city.yaml"))
	send := func(media, body string) string {
		return outputOf(t, curl,
			"--silent", "--show-error", "--header", "@"+filepath.Join(dir, "header"), "--header", "Content-Type: "+media, "--data-binary", body,
			"--write-out", " %{http_code}", s.url+"/ingest/hotline")
	}
	const tile = "/tiles/reports/0/0/0.mvt"
	if a := s.get(t, tile); a.StatusCode != http.StatusNoContent {
		t.Fatalf("got %d for the tile of an empty layer, want 204", a.StatusCode)
	}
	got := send("application/json", `[{"no": 1, "lon": 116.4, "lat": 39.9, "state": "new", "at": "2026-01-01T00:00:00Z", "phone": "13800138000"}, {"no": 2, "phone": "+8613800138000"}]`)
	for _, want := range []string{`"applied":1`, `"refused":1`, `"reason":"too_long","field":"phone","value":"(private)"`, " 200"} {
		if !strings.Contains(got, want) {
			t.Errorf("got %s, want %s in it", got, want)
		}
	}
	first := s.get(t, tile)
	if first.StatusCode != http.StatusOK || !bytes.Contains(first.body, []byte("new")) || bytes.Contains(first.body, []byte("13800138000")) {
		t.Errorf("got %d, %q, want a tile with the new report and without its private value", first.StatusCode, first.body)
	}
	if got := send("text/csv", "no,lon,lat,state,at,phone\n1,116.4,39.9,closed,2026-01-02T00:00:00Z,\n"); !strings.HasSuffix(got, " 200") {
		t.Errorf("got %s", got)
	}
	second := s.get(t, tile, "If-None-Match", first.Header.Get("ETag"))
	if second.StatusCode != http.StatusOK || !bytes.Contains(second.body, []byte("closed")) {
		t.Errorf("got %d, %q, want the changed tile", second.StatusCode, second.body)
	}
	for name, c := range map[string][3]string{
		"no type": {"415", "text/plain", "{}"},
		"broken":  {"400", "application/json", "[{"}, "too large": {"413", "application/json", strings.Repeat(" ", 70_000)},
	} {
		if got := send(c[1], c[2]); !strings.HasSuffix(got, " "+c[0]) {
			t.Errorf("%s: got %s, want %s", name, got, c[0])
		}
	}
	if a, err := s.do(http.MethodPost, "/ingest/hotline"); err != nil || a.StatusCode != http.StatusUnauthorized || a.Header.Get("WWW-Authenticate") == "" {
		t.Errorf("without a key: got %v, %v; want 401", a.Response, err)
	}
	if a, err := s.do(http.MethodDelete, "/ingest/hotline/1", "X-Api-Key", key); err != nil || a.StatusCode != http.StatusOK {
		t.Errorf("delete: got %v, %v", a.Response, err)
	}
	if a := s.get(t, tile); a.StatusCode != http.StatusNoContent {
		t.Errorf("after the delete: got %d, want an empty tile", a.StatusCode)
	}
	refused := launch(t, []string{"HUTONG_KEY=" + key}, "ingest", "refused", "--server", s.url, "--source", "hotline")
	if status := refused.wait(); status != 0 || !strings.Contains(refused.stdout.String(), "too_long") || !strings.Contains(refused.stdout.String(), "+8613800138000") {
		t.Errorf("ingest refused: got %d, %s%s", status, refused.stdout, refused.stderr)
	}
	replay := launch(t, nil, "ingest", "replay", "--server", s.url, "--source", "hotline", "--key-file", filepath.Join(dir, "key"))
	if status := replay.wait(); status != 0 || !strings.Contains(replay.stdout.String(), "hotline: 1 replayed, 0 accepted, 1 refused") {
		t.Errorf("ingest replay: got %d, %s%s", status, replay.stdout, replay.stderr)
	}
	if logged := s.stderr.String() + s.stdout.String(); strings.Contains(logged, key) || strings.Contains(logged, "13800138000") {
		t.Errorf("the log shows a key or a private value: %s", logged)
	}
}

// TestDocumentedPush pushes what the README and the example say to the example, with a key of its own.
func TestDocumentedPush(t *testing.T) {
	t.Parallel()
	curl := testkit.Tool(t, "curl", "curl")
	const example = "examples/hotline.yaml"
	texts := map[string]string{"README.md": "", example: ""}
	for path := range texts {
		text, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		texts[path] = string(text)
	}
	key, lines := newestKey(t, "ingest:hotline")
	keys := regexp.MustCompile(`(?m)^keys:\n(  .*\n)+`)
	if !keys.MatchString(texts[example]) {
		t.Fatalf("%s has no keys to replace", example)
	}
	dir := write(t, map[string]string{"city.yaml": keys.ReplaceAllString(texts[example], lines), "header": "Authorization: Bearer " + key + "\n"})
	p := launch(t, []string{"HUTONG_JOURNAL_FOLDER=" + filepath.Join(dir, "data")}, "serve", "--config", filepath.Join(dir, "city.yaml"), "--listen", "127.0.0.1:0")
	s, ok := p.ready()
	if !ok {
		t.Fatalf("it was never ready: %s", p.stderr)
	}
	command := regexp.MustCompile(`http://127\.0\.0\.1:8080(/ingest/hotline) \\\n#? *--data '([^']*)'`)
	for path, text := range texts {
		said := command.FindStringSubmatch(text)
		if said == nil {
			t.Errorf("%s pushes nothing with curl", path)
			continue
		}
		got := outputOf(t, curl, "--silent", "--show-error", "--header", "@"+filepath.Join(dir, "header"), "--header", "Content-Type: application/json", s.url+said[1], "--data", said[2])
		if !strings.Contains(got, `"refused":0`) || !strings.Contains(got, `"id":"2026-17"`) {
			t.Errorf("%s: got %s, want the report taken", path, got)
		}
	}
}
