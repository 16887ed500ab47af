package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hutong/internal/testkit"
)

// traced runs the city's server below strace with these options, until it is ready. What strace writes
// goes to the file that is returned.
func (c *city) traced(t *testing.T, options ...string) (s *server, trace string) {
	t.Helper()
	strace := testkit.Tool(t, "strace", "strace")
	trace = filepath.Join(t.TempDir(), "trace")
	// With -D the server is our child, and gets our signals. --seccomp-bpf stops it at the calls that count only.
	args := append([]string{"-D", "-f", "--seccomp-bpf", "-y", "-s", "40", "-o", trace}, options...)
	p := launchAs(t, nil, strace, append(args, binary, "serve", "--config", c.config, "--listen", "127.0.0.1:0")...)
	s, ok := p.ready()
	if text := p.stderr.String(); !ok && (strings.Contains(text, "ptrace") || strings.Contains(text, "PTRACE")) {
		testkit.Missing(t, "strace may not trace here: %s", text)
	} else if !ok {
		t.Fatalf("it was never ready; stderr:\n%s", text)
	}
	return s, trace
}

// block returns the file of the log that is written to.
func (c *city) block(t *testing.T) string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(c.folder, "log", "jetstream", "$G", "streams", "hutong", "msgs", "*.blk"))
	if err != nil || len(all) != 1 {
		t.Fatalf("got blocks %v, %v, want one", all, err)
	}
	return all[0]
}

// TestSyncedBeforeAcknowledged looks at the system calls of a push: its record is written to the log's file, and
// that file synced, before the answer is written to the socket (S7).
func TestSyncedBeforeAcknowledged(t *testing.T) {
	t.Parallel()
	c := newCity(t, killable)
	c.serve(t).kill(t) // makes the log
	s, trace := c.traced(t, "-e", "trace=write,writev,pwrite64,fsync,fdatasync")
	c.mustPush(t, s, "hotline", `{"no": "1", "lon": 116.4, "lat": 39.9, "at": "2026-01-01T00:00:00Z", "note": "a"}`)
	s.kill(t)
	text, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	const none = -1
	written, synced, answered := none, none, none
	syncing := map[string]bool{} // threads in a sync of the block that the trace has in two lines
	name := "<" + c.block(t) + ">"
	for i, line := range strings.Split(string(text), "\n") {
		thread, call, _ := strings.Cut(line, " ")
		call = strings.TrimSpace(call)
		isSync := strings.HasPrefix(call, "fsync(") || strings.HasPrefix(call, "fdatasync(")
		switch {
		case strings.Contains(call, name) && strings.HasPrefix(call, "pwrite64("), strings.Contains(call, name) && strings.HasPrefix(call, "write("):
			written, synced = i, none // the last one counts
		case isSync && strings.Contains(call, name) && strings.HasSuffix(call, "= 0"):
			synced = i
		case isSync && strings.Contains(call, name):
			syncing[thread] = true
		case syncing[thread] && strings.Contains(call, "sync resumed>"):
			delete(syncing, thread)
			synced = i
		case answered == none && strings.Contains(call, `"HTTP/1.1 200 OK`):
			answered = i
		}
		if answered != none {
			break
		}
	}
	if written == none || synced < written || answered < synced {
		t.Errorf("written in line %d, synced in line %d, answered in line %d of\n%s", written, synced, answered, text)
	}
}

// TestFaults has writes and syncs of the log fail. Whoever pushes is told, whoever looks still sees, and after a
// restart on a disk that works all is there that was acknowledged, and nothing half.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{
		"fsync,fdatasync:error=EIO", "fsync,fdatasync:error=ENOSPC", "pwrite64,write:error=EIO", "pwrite64,write:error=ENOSPC",
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			c := newCity(t, killable)
			c.serve(t).kill(t)
			calls, _, _ := strings.Cut(fault, ":")
			s, _ := c.traced(t, "-e", "trace="+calls, "-P", c.block(t), "-e", "inject="+fault+":when=8+")
			acknowledged := pushUntilRefused(t, c, s, "unavailable")
			if acknowledged == 0 {
				t.Error("nothing was acknowledged before the fault")
			}
			if strings.HasSuffix(fault, "EIO") {
				s.kill(t)
			} else if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			s.wait()
			c.holds(t, acknowledged)
		})
	}
}

// TestCheckpointFaults has a checkpoint fail: nobody is refused, the log has it all, and what was begun is gone.
func TestCheckpointFaults(t *testing.T) {
	t.Parallel()
	c := newCity(t, killable)
	s := c.serve(t)
	seq := c.mustPush(t, s, "hotline", string(pair(0))).Seq
	s.stop(t)
	name := fmt.Sprintf("reports.%d.parquet", seq+1)
	file := filepath.Join(c.folder, "checkpoints", "files", name)
	s, _ = c.traced(t, "-e", "trace=fsync", "-P", file+".tmp", "-e", "inject=fsync:error=EIO:when=1+")
	c.mustPush(t, s, "hotline", string(pair(1)))
	if a := s.get(t, "/readyz"); a.StatusCode != http.StatusOK {
		t.Errorf("got %d %s, want that it is ready", a.StatusCode, a.body)
	}
	s.stop(t)
	if text := s.stderr.String(); !strings.Contains(text, "checkpoint was written; the") || !strings.Contains(text, name) {
		t.Errorf("the log does not say that a checkpoint failed, and where:\n%s", text)
	}
	if left, err := filepath.Glob(file + "*"); err != nil || len(left) > 0 {
		t.Errorf("got %v, %v, want no file of what failed", left, err)
	}
	c.holds(t, 2)
}

// pushUntilRefused pushes reports 0, 1, 2 … with as many features of one all-or-nothing request each, and
// returns how many were acknowledged before one was refused. The server must say so as this problem, and go on
// answering everything else.
func pushUntilRefused(t *testing.T, c *city, s *server, codes ...string) (acknowledged int) {
	t.Helper()
	const enough = 500
	for ; ; acknowledged++ {
		if acknowledged == enough {
			t.Fatal("nothing was refused")
		}
		p, err := c.push(t.Context(), s, http.MethodPost, "hotline?atomic=true", asJSON, pair(acknowledged))
		if err != nil {
			t.Fatal(err)
		}
		if p.Status == http.StatusOK {
			continue
		}
		refusedAs(t, s, p, codes...)
		break
	}
	// It stays so, at once.
	for _, r := range []struct{ method, path, media, body string }{
		{http.MethodPost, "hotline", asNDJSON, `{"no": "x", "lon": 116.4, "lat": 39.9, "at": "2026-01-01T00:00:00Z"}`},
		{http.MethodPost, "hotline", asJSON, `{"no": "y", "lon": "far"}`}, // a refused record has to be kept, too
		{http.MethodDelete, "hotline/0-0?observed=2027-01-01T00:00:00Z", "", ""},
	} {
		p, err := c.push(t.Context(), s, r.method, r.path, r.media, []byte(r.body))
		if err != nil || p.Status == http.StatusOK {
			t.Errorf("%s %s: got %+v, %v", r.method, r.path, p, err)
		}
	}
	if a := s.get(t, "/layers/reports/features/0-0"); acknowledged > 0 && a.StatusCode != http.StatusOK {
		t.Errorf("reads: got %d %s", a.StatusCode, a.body)
	}
	if a := s.get(t, "/tiles/reports/0/0/0.mvt"); acknowledged > 0 && a.StatusCode != http.StatusOK {
		t.Errorf("tiles: got %d", a.StatusCode)
	}
	if a := s.get(t, "/livez"); a.StatusCode != http.StatusOK {
		t.Errorf("livez: got %d", a.StatusCode)
	}
	return acknowledged
}

// refusedAs checks how a push was refused, and that /readyz says the same and why.
func refusedAs(t *testing.T, s *server, p pushed, codes ...string) {
	t.Helper()
	for _, code := range codes {
		if p.Code != code {
			continue
		}
		if p.Status != http.StatusServiceUnavailable || p.Detail == "" {
			t.Errorf("got %+v, want 503 and why", p)
		}
		a := s.get(t, "/readyz")
		if a.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(a.body), `"code":"`+code+`"`) || !strings.Contains(string(a.body), "Nothing can be accepted: ") {
			t.Errorf("readyz: got %d %s, want %s and why", a.StatusCode, a.body, code)
		}
		return
	}
	t.Fatalf("got %+v, want one of %v", p, codes)
}

// pair is a request with two features.
func pair(n int) []byte {
	return fmt.Appendf(nil, `[{"no": "%[1]d-0", "lon": 116.4, "lat": 39.9, "at": "2026-01-01T00:00:00Z", "note": "first of %[1]d"},`+
		`{"no": "%[1]d-1", "lon": 116.4, "lat": 39.9, "at": "2026-01-01T00:00:00Z", "note": "second of %[1]d"}]`, n)
}

// holds starts the server again. It has all that was acknowledged, the request that was refused as a whole or
// not at all, and it takes more.
func (c *city) holds(t *testing.T, acknowledged int) {
	t.Helper()
	s := c.serve(t)
	var paths []string
	for n := range acknowledged + 1 {
		paths = append(paths, fmt.Sprintf("/layers/reports/features/%d-0", n), fmt.Sprintf("/layers/reports/features/%d-1", n))
	}
	got := s.bodies(t, paths)
	there := func(i int) bool { return strings.HasPrefix(got[i], "200 ") }
	for i := range 2 * acknowledged {
		if !there(i) {
			t.Errorf("%s was acknowledged: got %s", paths[i], got[i])
		}
	}
	last := 2 * acknowledged
	if there(last) != there(last+1) {
		t.Errorf("one half of a request is there: %s, %s", got[last], got[last+1])
	}
	c.mustPush(t, s, "hotline", string(pair(acknowledged)))
	if got, want := s.count(t, "reports"), 2*(acknowledged+1); got != want {
		t.Errorf("got %d features, want %d", got, want)
	}
	s.stop(t)
}
