package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestReload changes a file of a running server: the layer follows.
func TestReload(t *testing.T) {
	dir := write(t, map[string]string{"city.yaml": importable, "desk.csv": "no,lon,lat,state\n1,-77,38.9,open\n2,-77,38.9,open\n"})
	t.Setenv("HUTONG_DATA", dir)
	s := run(t, "serve", "--config", filepath.Join(dir, "city.yaml"))
	if l := s.layer(t, "reports"); l.Count != 2 {
		t.Fatalf("got %d features, want 2", l.Count)
	}
	// As editors do: a new file takes the old one's place.
	next := filepath.Join(dir, "next")
	if err := os.WriteFile(next, []byte("no,lon,lat,state\n2,-77,38.9,closed\n3,-77,38.9,open\n4,-77,38.9,open\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, filepath.Join(dir, "desk.csv")); err != nil {
		t.Fatal(err)
	}
	for reloaded := false; !reloaded; {
		select {
		case line := <-s.stderr.lines:
			reloaded = strings.Contains(line, `"msg":"layer reloaded"`)
		case <-time.After(patience):
			t.Fatalf("the file was not read again; stderr:\n%s", s.stderr)
		}
	}
	if l := s.layer(t, "reports"); l.Count != 3 {
		t.Errorf("got %d features, want 3", l.Count)
	}
	if a := s.get(t, "/layers/reports/features/2"); !strings.Contains(string(a.body), "closed") {
		t.Errorf("got %s, want the new state", a.body)
	}
	if a := s.get(t, "/layers/reports/features/1"); a.StatusCode != http.StatusNotFound {
		t.Errorf("got %d for a feature that is gone, want 404", a.StatusCode)
	}
}
