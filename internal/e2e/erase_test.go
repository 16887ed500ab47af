package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const erasable = `
city: A city
journal: {folder: DATA, low_disk: 1048576}
layers:
  reports: {title: Reports, licence: CC0-1.0, time: at, fields: {state: {type: string, keep: true}, at: {type: time}, phone: {type: string, private: true, max_length: 11}}}
sources:
  hotline:
    layer: reports
    push: {position: {lon: lon, lat: lat}}
    id: "{no}"
    fields: {state: state, at: at, phone: phone}
`

// filesWith returns the files below a folder that have a text, as it is.
func filesWith(t *testing.T, folder, text string) (with []string, all int) {
	t.Helper()
	if err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		all++
		if bytes.Contains(b, []byte(text)) {
			with = append(with, path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return with, all
}

// TestErase pushes, erases, kills the server right after and starts it again: the feature is gone, from every
// file, too; the same report stays out and a newer one comes in. Then once more where no server runs.
func TestErase(t *testing.T) {
	t.Parallel()
	const id = "H-13800138000"
	key, lines := newestKey(t, "ingest:hotline", "erase:reports")
	dir := write(t, map[string]string{"city.yaml": "", "key": key + "\n"})
	config, data := filepath.Join(dir, "city.yaml"), filepath.Join(dir, "data")
	if err := os.WriteFile(config, []byte(strings.Replace(erasable, "DATA", data, 1)+lines), 0o600); err != nil {
		t.Fatal(err)
	}
	s := run(t, "serve", "--config", config, "--log-level", "debug")
	push := func(body string) string {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/ingest/hotline", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Api-Key", key)
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var text bytes.Buffer
		if _, err := text.ReadFrom(res.Body); err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("got %d, %s, %v", res.StatusCode, &text, err)
		}
		return text.String()
	}
	report := func(id, at, phone string) string {
		return fmt.Sprintf(`[{"no": %q, "lon": 116.4, "lat": 39.9, "state": "new", "at": %q, "phone": %q}]`, id, at, phone)
	}
	there := func(id string) bool {
		a, err := s.do(http.MethodGet, "/layers/reports/features/"+id)
		if err != nil || a.StatusCode != http.StatusOK && a.StatusCode != http.StatusNotFound {
			t.Fatalf("got %v, %v", a.Response, err)
		}
		return a.StatusCode == http.StatusOK
	}
	old := report(id, "2026-01-01T00:00:00Z", "1")
	push(old)
	push(report(id, "2026-01-01T00:00:00Z", "+8613800138000")) // refused
	push(report("other", "2026-01-01T00:00:00Z", "2"))
	if !there(id) {
		t.Fatal("the feature is not there")
	}
	if with, _ := filesWith(t, data, id); len(with) == 0 {
		t.Fatal("the id is in no file")
	}
	p := launch(t, nil, "erase", "reports", id, "--server", s.url, "--key-file", filepath.Join(dir, "key"), "--json")
	if status := p.wait(); status != 0 {
		t.Fatalf("erase: got %d, %s%s", status, p.stdout, p.stderr)
	}
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	s.wait()
	var got struct {
		Feature bool
		Letters []struct{ Count int }
		Proof   struct {
			Files int
			Found struct{ Count int }
		}
	}
	if err := json.Unmarshal([]byte(p.stdout.String()), &got); err != nil || !got.Feature || len(got.Letters) != 1 || got.Letters[0].Count != 1 || got.Proof.Files == 0 || got.Proof.Found.Count != 0 {
		t.Errorf("got %s, %v", p.stdout, err)
	}
	if with, all := filesWith(t, data, id); len(with) > 0 || all < 5 {
		t.Errorf("of %d files %v have the id", all, with)
	}
	told := false
	for line := range strings.Lines(s.stderr.String()) { // those of what this test has asked for have it
		if strings.Contains(line, "erase") {
			told = true
			if strings.Contains(line, id) {
				t.Errorf("the log has the id: %s", line)
			}
		}
	}
	if !told {
		t.Errorf("the log has no erasure: %s", s.stderr)
	}
	s = run(t, "serve", "--config", config)
	if there(id) || !there("other") {
		t.Errorf("after the kill: got it there: %v, the other: %v", there(id), there("other"))
	}
	if out := push(old); !strings.Contains(out, `"late":1`) || there(id) {
		t.Errorf("resent: got %s", out)
	}
	if out := push(report(id, time.Now().UTC().Format(time.RFC3339Nano), "3")); !strings.Contains(out, `"applied":1`) || !there(id) {
		t.Errorf("newer: got %s", out)
	}
	locked := launch(t, nil, "erase", "reports", id, "--config", config)
	if status := locked.wait(); status != 1 || !strings.Contains(locked.stderr.String(), "in use") {
		t.Errorf("beside a server: got %d, %s", status, locked.stderr)
	}
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	s.wait()
	p = launch(t, nil, "erase", "reports", id, "--config", config)
	if status := p.wait(); status != 0 || !strings.Contains(p.stdout.String(), "not found") || strings.Contains(p.stdout.String(), id) {
		t.Fatalf("erase in the folder: got %d, %s%s", status, p.stdout, p.stderr)
	}
	if with, _ := filesWith(t, data, id); len(with) > 0 {
		t.Errorf("%v have the id", with)
	}
	s = run(t, "serve", "--config", config)
	if there(id) || !there("other") {
		t.Errorf("in the end: got it there: %v, the other: %v", there(id), there("other"))
	}
}
