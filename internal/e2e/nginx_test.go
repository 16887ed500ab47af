package e2e

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"hutong/internal/testkit"
)

// nginxHead is how a config of nginx begins. %[1]s is its folder, %[3]s a line about its user; of what follows %[2]s
// is the server before which it stands.
const nginxHead = `daemon off;
master_process off;
pid %[1]s/nginx.pid;
error_log stderr warn;
%[3]s
events { worker_connections 64; }
http {
	access_log off;
	client_body_temp_path %[1]s/body;
	proxy_temp_path %[1]s/proxy;
	fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi;
	scgi_temp_path %[1]s/scgi;
`

// nginxConfig is a caching proxy before the server: it keeps every answer for a second, then asks
// whether it is still good. no-cache would keep it from storing anything, so it is told to ignore
// that.
const nginxConfig = nginxHead + `	proxy_cache_path %[1]s/cache keys_zone=tiles:1m;
	server {
		listen unix:%[1]s/nginx.sock;
		location / {
			proxy_pass %[2]s;
			proxy_http_version 1.1;
			proxy_cache tiles;
			proxy_cache_revalidate on;
			proxy_ignore_headers Cache-Control;
			proxy_cache_valid 200 204 1s;
			proxy_set_header Host inner.example;
			proxy_set_header X-Forwarded-Host maps.example;
			proxy_set_header X-Forwarded-Proto https;
			proxy_set_header X-Forwarded-Prefix /city;
			add_header X-Cache $upstream_cache_status always;
		}
	}
}
`

// TestNginx puts nginx before the server: ETag, 304 and Vary do what a cache expects of them, and a
// trusted proxy is believed about the public URL.
func TestNginx(t *testing.T) {
	t.Parallel()
	nginx := testkit.Tool(t, "nginx", "nginx")
	s := servePlaces(t, "", "")
	proxy := startNginx(t, nginx, nginxConfig, s.url)

	first := proxy.get(t, placesTile, "Accept-Encoding", "gzip")
	second := proxy.get(t, placesTile, "Accept-Encoding", "gzip")
	if first.Header.Get("X-Cache") != "MISS" || second.Header.Get("X-Cache") != "HIT" || string(first.body) != string(second.body) {
		t.Errorf("got %s then %s, want MISS then HIT with the same bytes", first.Header.Get("X-Cache"), second.Header.Get("X-Cache"))
	}
	if first.Header.Get("Content-Encoding") != "gzip" || first.Header.Get("ETag") == "" || first.Header.Get("Vary") != "Accept, Accept-Encoding" {
		t.Errorf("got %v through the proxy", first.Header)
	}
	for coding, want := range map[string]string{"zstd": "zstd", "identity": ""} {
		a := proxy.get(t, placesTile, "Accept-Encoding", coding)
		if a.Header.Get("Content-Encoding") != want || a.Header.Get("ETag") == first.Header.Get("ETag") {
			t.Errorf("a client that takes %s: got %v, want a variant of its own", coding, a.Header)
		}
	}
	if a := proxy.get(t, placesTile, "Accept-Encoding", "gzip", "If-None-Match", first.Header.Get("ETag")); a.StatusCode != http.StatusNotModified {
		t.Errorf("a client that has it: got %d, want 304", a.StatusCode)
	}
	// Once a second has passed the proxy asks again and hears that nothing changed.
	for {
		a := proxy.get(t, placesTile, "Accept-Encoding", "gzip")
		if a.StatusCode != http.StatusOK || string(a.body) != string(first.body) || a.Header.Get("ETag") != first.Header.Get("ETag") {
			t.Fatalf("got %d %v, want what came first", a.StatusCode, a.Header)
		}
		if state := a.Header.Get("X-Cache"); state == "REVALIDATED" {
			break
		} else if state != "HIT" {
			t.Fatalf("got X-Cache %s, want HIT until REVALIDATED", state)
		}
	}
	if m := s.get(t, "/metrics"); !strings.Contains(string(m.body), `hutong_tile_cache_requests_total{outcome="match"} 1`) {
		t.Error("the proxy's question was not answered by ETag alone")
	}
	if a := proxy.get(t, "/tiles/places/3/0/7.mvt"); a.StatusCode != http.StatusNoContent || a.Header.Get("X-Cache") != "MISS" {
		t.Errorf("an empty tile: got %d %s, want 204", a.StatusCode, a.Header.Get("X-Cache"))
	}
	if a := proxy.get(t, "/tiles/places.json"); !strings.Contains(string(a.body), `"https://maps.example/city/tiles/places/{z}/{x}/{y}.mvt"`) {
		t.Errorf("TileJSON behind the proxy: got %s, want its public URL", a.body)
	}
	if a := s.get(t, "/tiles/places.json"); strings.Contains(string(a.body), "maps.example") {
		t.Errorf("TileJSON without the proxy: got %s", a.body)
	}
}

// nginxAround holds the location that docs/operation.md tells people to write, without the cache.
const nginxAround = nginxHead + `	server {
		listen unix:%[1]s/nginx.sock;
`

// TestDocumentedProxy runs what docs/operation.md says about nginx: the public URL is the one that was asked
// for, whatever a client claims, and ETags and encodings come through.
func TestDocumentedProxy(t *testing.T) {
	t.Parallel()
	nginx := testkit.Tool(t, "nginx", "nginx")
	text, err := os.ReadFile(filepath.Join(root, "docs/operation.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```nginx\n")
	location, _, ok := strings.Cut(rest, "```")
	const documented = "proxy_pass http://127.0.0.1:8080;"
	if !ok || !strings.Contains(location, documented) {
		t.Fatalf("docs/operation.md has no location with %s", documented)
	}
	s := servePlaces(t, "", "")
	proxy := startNginx(t, nginx, nginxAround+strings.Replace(location, documented, "proxy_pass %[2]s;", 1)+"}\n}\n", s.url)
	a := proxy.get(t, "/tiles/places.json", "Forwarded", "host=evil.example;proto=https", "X-Forwarded-Host", "evil.example", "X-Forwarded-Prefix", "/evil")
	if !strings.Contains(string(a.body), `"http://maps.example/tiles/places/{z}/{x}/{y}.mvt"`) {
		t.Errorf("TileJSON behind the proxy: got %s, want the URL that was asked for", a.body)
	}
	first := proxy.get(t, placesTile, "Accept-Encoding", "zstd")
	if first.StatusCode != http.StatusOK || first.Header.Get("Content-Encoding") != "zstd" {
		t.Errorf("a tile: got %d %v, want 200 in zstd", first.StatusCode, first.Header)
	}
	if a := proxy.get(t, placesTile, "Accept-Encoding", "zstd", "If-None-Match", first.Header.Get("ETag")); a.StatusCode != http.StatusNotModified {
		t.Errorf("a client that has it: got %d, want 304", a.StatusCode)
	}
}

// proxied is nginx before a server.
type proxied struct{ client *http.Client }

// startNginx starts nginx with a config like nginxConfig.
func startNginx(t *testing.T, nginx, format, upstream string) proxied {
	t.Helper()
	dir, err := os.MkdirTemp("", "nginx") // short: a socket's path has 107 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	user := ""
	if os.Geteuid() == 0 {
		user = "user root;"
	}
	config := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, format, dir, upstream, user), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(nginx, "-c", config, "-p", dir)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // it is killed, or stderr says why it ended
		close(ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // one process: see master_process
		<-ended
		_ = os.RemoveAll(dir)
	})
	var dialer net.Dialer
	p := proxied{&http.Client{Timeout: patience, Transport: &http.Transport{
		DisableCompression: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", filepath.Join(dir, "nginx.sock"))
		},
	}}}
	t.Cleanup(p.client.CloseIdleConnections)
	for { // until it listens
		res, err := p.client.Get("http://maps.example/livez")
		if err == nil {
			_ = res.Body.Close()
			return p
		}
		select {
		case <-ended:
			t.Fatalf("nginx ended: %s", stderr.String())
		case <-t.Context().Done():
			t.Fatal("nginx never answered")
		default:
		}
	}
}

func (p proxied) get(t *testing.T, path string, pairs ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://maps.example"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		req.Header.Set(pairs[i], pairs[i+1])
	}
	res, err := p.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	return answer{res, body}
}
