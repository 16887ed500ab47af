package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// pushVisit is what web/e2e/live.mjs saw.
type pushVisit struct {
	Shared, HandedOver, Beside int       // streams of the server
	Took                       []float64 // milliseconds from a file that was read until all pages showed it
	Away, Old, Back            string
	Shift                      float64 // pixels that the line grew
	PlainAway, PlainBack       string
	Same                       bool
	Complaints                 []string
}

// plainPage is a page of somebody else's that shows a layer and knows nothing of us but /live.js.
const plainPage = `<!doctype html><title>A partner</title><link rel="icon" href="data:,">
<style>#map { position: absolute; inset: 0; }</style><link rel="stylesheet" href="/maplibre-gl.css"><div id="map"></div>
<script type="module">
import { Map, setWorkerUrl } from "/maplibre-gl.mjs";
import { hutongLive } from "%[1]s/live.js";
setWorkerUrl("/maplibre-gl-worker.mjs");
window.map = new Map({
  container: "map", center: [-77, 38.9], zoom: 14,
  style: {
    version: 8,
    sources: { city: { type: "vector", url: "%[1]s/tiles/reports.json" } },
    layers: [{ id: "reports", type: "circle", source: "city", "source-layer": "reports" }],
  },
});
hutongLive(window.map, { onstate: ({ state }) => (window.state = state) });
</script>`

// TestBrowserLive watches pages in a real browser while the server tells them what changes.
func TestBrowserLive(t *testing.T) {
	tools := findBrowser(t)
	tools.script = filepath.Join(root, "web", "e2e", "live.mjs")
	dir := write(t, map[string]string{"city.yaml": importable})
	t.Setenv("HUTONG_DATA", dir)
	publish := func(n int) {
		text := strings.Builder{}
		text.WriteString("no,lon,lat,state\n")
		for i := range n {
			_, _ = fmt.Fprintf(&text, "%d,%v,38.9,open\n", i+1, -77+0.004*float64(i))
		}
		next := filepath.Join(dir, "next")
		if err := os.WriteFile(next, []byte(text.String()), 0o600); err != nil {
			t.Error(err)
		}
		if err := os.Rename(next, filepath.Join(dir, "desk.csv")); err != nil {
			t.Error(err)
		}
	}
	publish(1)
	args := []string{"serve", "--config", filepath.Join(dir, "city.yaml")}
	s := run(t, args...)
	at := strings.TrimPrefix(s.url, "http://")
	process := s.process
	control := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/data":
			n, err := strconv.Atoi(r.URL.Query().Get("n"))
			if err != nil {
				t.Error(err)
			}
			publish(n)
			for process.alive() {
				select {
				case line := <-process.stderr.lines:
					if strings.Contains(line, `"msg":"layer reloaded"`) {
						return
					}
				case <-time.After(patience):
					http.Error(w, "the file was not read", http.StatusInternalServerError)
					return
				}
			}
		case "/kill":
			_ = process.cmd.Process.Kill() // it may be over already
			<-process.exited
		case "/start":
			process = launch(t, nil, append(args, "--listen", at)...)
			select {
			case <-process.stdout.lines:
			case <-time.After(patience):
				http.Error(w, "it did not start", http.StatusInternalServerError)
			}
		}
	}))
	t.Cleanup(control.Close)
	partner := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = fmt.Fprintf(w, plainPage, s.url) // the test cannot be told of a client that went away
			return
		}
		w.Header().Set("Content-Type", map[string]string{".css": "text/css", ".mjs": "text/javascript"}[filepath.Ext(r.URL.Path)])
		http.ServeFile(w, r, filepath.Join(root, "web", "node_modules", "maplibre-gl", "dist", filepath.Base(r.URL.Path)))
	}))
	t.Cleanup(partner.Close)
	var v pushVisit
	visitPage(t, tools, s.url, artifacts(t), map[string]any{
		"plain": partner.URL, "control": control.URL, "hash": "#14/38.9/-77",
	}, &v)
	t.Logf("from the file being read until it was on the maps: %.0f ms", v.Took)
	if v.Shared != 1 || v.HandedOver != 1 || v.Beside != 2 {
		t.Errorf("got %d streams for two tabs, %d when one had closed, %d with a page of another site; want 1, 1, 2", v.Shared, v.HandedOver, v.Beside)
	}
	if v.Away != "正在重新连接…" || !regexp.MustCompile(`^数据截至 \d\d:\d\d$`).MatchString(v.Old) || strings.Contains(v.Back, "数据") {
		t.Errorf("without its server the page says %q, then %q, and afterwards %q", v.Away, v.Old, v.Back)
	}
	if v.Shift != 0 {
		t.Errorf("the line grows by %v pixels", v.Shift)
	}
	if v.PlainAway != "reconnecting" || v.PlainBack != "live" {
		t.Errorf("the other page was told %q, then %q", v.PlainAway, v.PlainBack)
	}
	if !v.Same {
		t.Error("a page was loaded again")
	}
	for _, complaint := range v.Complaints {
		// The browser complains of the server that was away, and the other page is of another origin.
		if !strings.Contains(complaint, "Failed to load resource") && !strings.Contains(complaint, "another origin") &&
			!strings.Contains(complaint, "status 503") && !strings.Contains(complaint, "AJAXError") && !strings.Contains(complaint, "Failed to fetch") {
			t.Errorf("the page or the browser complains: %s", complaint)
		}
	}
}

// alive reports whether the process has not ended.
func (p *process) alive() bool {
	select {
	case <-p.exited:
		return false
	default:
		return true
	}
}
