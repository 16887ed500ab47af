package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// city is a config with a data folder, and what goes with it.
type city struct {
	config string // its path
	folder string // of the data
	key    string
}

// newCity writes a config: text with the data folder in the place of %s, and a key for all sources.
func newCity(t *testing.T, text string) *city {
	t.Helper()
	key, lines := newestKey(t, "ingest:*")
	folder := filepath.Join(t.TempDir(), "data")
	dir := write(t, map[string]string{"city.yaml": fmt.Sprintf(text, strconv.Quote(folder)) + lines})
	return &city{config: filepath.Join(dir, "city.yaml"), folder: folder, key: key}
}

// fresh is the same city with an empty data folder, and old in its config replaced.
func (c *city) fresh(t *testing.T, old, replacement string) *city {
	t.Helper()
	text, err := os.ReadFile(c.config)
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "data")
	changed := strings.Replace(strings.ReplaceAll(string(text), c.folder, folder), old, replacement, 1)
	dir := write(t, map[string]string{"city.yaml": changed})
	return &city{config: filepath.Join(dir, "city.yaml"), folder: folder, key: c.key}
}

// copied is the same city with a copy of its data folder, which no process may have open.
func (c *city) copied(t *testing.T) *city {
	t.Helper()
	next := c.fresh(t, "", "")
	if err := os.CopyFS(next.folder, os.DirFS(c.folder)); err != nil {
		t.Fatal(err)
	}
	return next
}

// rewrite replaces old, which must be there, in the config.
func (c *city) rewrite(t *testing.T, old, replacement string) {
	t.Helper()
	text, err := os.ReadFile(c.config)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), old, replacement, 1)
	if changed == string(text) {
		t.Fatalf("the config has no %q", old)
	}
	if err := os.WriteFile(c.config, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
}

// serve runs the city's server until it is ready.
func (c *city) serve(t *testing.T, args ...string) *server {
	t.Helper()
	return run(t, append([]string{"serve", "--config", c.config}, args...)...)
}

// refuses runs the city's server, which must end with status 1 and say all of wants.
func (c *city) refuses(t *testing.T, wants ...string) {
	t.Helper()
	p := launch(t, nil, "serve", "--config", c.config, "--listen", "127.0.0.1:0")
	if status := p.wait(); status != 1 {
		t.Errorf("got exit status %d, want 1", status)
	}
	if out := p.stdout.String(); out != "" {
		t.Errorf("it was ready: %s", out)
	}
	for _, want := range wants {
		if !strings.Contains(p.stderr.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, p.stderr)
		}
	}
}

// kill kills a server, as nothing but kill -9 and a power cut do.
func (s *server) kill(t *testing.T) {
	t.Helper()
	_ = s.cmd.Process.Kill() // it may be over already
	s.wait()
}

// stop ends a server in good order.
func (s *server) stop(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if status := s.wait(); status != 0 {
		t.Fatalf("got exit status %d, want 0:\n%s", status, s.stderr)
	}
}

// pushed is the answer to a push.
type pushed struct {
	Code                                               string
	Detail                                             string
	Seq                                                uint64
	Records, Applied, Duplicate, Late, Refused, Status int
	TooLate                                            int `json:"too_late"`
}

// push sends a body to a path below /ingest/.
func (c *city) push(ctx context.Context, s *server, method, path, media string, body []byte) (p pushed, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, s.url+"/ingest/"+path, bytes.NewReader(body))
	if err != nil {
		return p, err
	}
	req.Header.Set("Authorization", "Bearer "+c.key)
	if media != "" {
		req.Header.Set("Content-Type", media)
	}
	res, err := client.Do(req)
	if err != nil {
		return p, err
	}
	text, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return p, err
	}
	if err := json.Unmarshal(text, &p); err != nil {
		return p, fmt.Errorf("%d %.200s: %w", res.StatusCode, text, err)
	}
	p.Status = res.StatusCode // not the member of a problem, which says the same
	return p, nil
}

// mustPush is push of JSON that must be accepted.
func (c *city) mustPush(t *testing.T, s *server, source, body string) pushed {
	t.Helper()
	p, err := c.push(t.Context(), s, http.MethodPost, source, "application/json", []byte(body))
	if err != nil || p.Status != http.StatusOK || p.Refused > 0 {
		t.Fatalf("got %+v, %v", p, err)
	}
	return p
}

// count returns how many features a layer has.
func (s *server) count(t *testing.T, layer string) int {
	t.Helper()
	var l struct{ Count int }
	if err := json.Unmarshal(s.get(t, "/layers/"+layer).body, &l); err != nil {
		t.Fatal(err)
	}
	return l.Count
}

// says waits until a server has logged all of wants: what it logs comes on another way than its answers.
func (s *server) says(t *testing.T, wants ...string) {
	t.Helper()
	for _, want := range wants {
		until(t, fmt.Sprintf("log %q", want), func() bool { return strings.Contains(s.stderr.String(), want) })
	}
}

// metric returns the value of a metric without labels.
func (s *server) metric(t *testing.T, name string) float64 {
	t.Helper()
	v, found := s.metrics(t)[name]
	if !found {
		t.Fatalf("there is no metric %s", name)
	}
	return v
}

// metrics returns the values of all metrics by their names with labels.
func (s *server) metrics(t *testing.T) map[string]float64 {
	t.Helper()
	out := map[string]float64{}
	for line := range strings.Lines(string(s.get(t, "/metrics").body)) {
		at := strings.LastIndexByte(line, ' ')
		if at < 0 || strings.HasPrefix(line, "#") {
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(line[at:]), 64)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		out[line[:at]] = v
	}
	return out
}

// bodies asks for all paths and returns status and body of each.
func (s *server) bodies(t *testing.T, paths []string) []string {
	t.Helper()
	out := make([]string, len(paths))
	const askers = 8
	var wg sync.WaitGroup
	for asker := range askers {
		wg.Go(func() {
			for i := asker; i < len(paths); i += askers {
				a, err := s.do(http.MethodGet, paths[i])
				if err != nil {
					t.Errorf("%s: %v", paths[i], err)
					return
				}
				out[i] = fmt.Sprintf("%d %s", a.StatusCode, strings.ReplaceAll(string(a.body), s.url, ""))
			}
		})
	}
	wg.Wait()
	return out
}

// same compares what two servers answer. It tells of the first few differences.
func same(t *testing.T, what string, paths, got, want []string) {
	t.Helper()
	different := 0
	for i := range paths {
		if got[i] == want[i] {
			continue
		}
		if different++; different <= 3 {
			t.Errorf("%s: %s: got %.300q, want %.300q", what, paths[i], got[i], want[i])
		}
	}
	if different > 0 {
		t.Errorf("%s: %d of %d answers differ", what, different, len(paths))
	}
}

// until waits until done is true, asking again and again.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("it never came to that: %s", what)
		}
	}
}
