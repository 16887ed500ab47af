package admin

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"hutong/api"
	"hutong/internal/auth"
	"hutong/internal/telemetry"
	"hutong/journal/backup"
	"hutong/journal/checkpoint"
	"hutong/layers"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// backedUp is a server with the route of backups over a folder of checkpoints, and a key for it.
func backedUp(t *testing.T, pin func(context.Context) (*checkpoint.Pinned, error)) (url string, key, other auth.Secret, m *telemetry.Metrics) {
	t.Helper()
	key, other, m = auth.NewSecret(), auth.NewSecret(), telemetry.NewMetrics()
	keys, err := auth.New([]auth.Key{
		{Name: "night", Hash: key.Hash(), Scopes: []auth.Scope{{Action: auth.Backup}}},
		{Name: "gateway", Hash: other.Hash(), Scopes: []auth.Scope{{Action: auth.Ingest, Name: auth.Any}, {Action: auth.Erase, Name: auth.Any}}},
	}, auth.Options{Metrics: m})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	s := api.NewServer(log, m, BackupRoutes(Backups{Keys: keys, Pin: pin, Log: log, Metrics: m}))
	s.Ready()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	return server.URL + "/admin/backup", key, other, m
}

// store returns checkpoints, one of them of an empty layer, in a folder.
func store(t *testing.T) (s *checkpoint.Store, folder string) {
	t.Helper()
	folder = t.TempDir()
	s, err := checkpoint.Open(folder, checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	l, err := layers.New(&layers.Schema{Name: "reports"}, layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Write(t.Context(), checkpoint.Content{Seq: 3, Epoch: "log", Layers: []layers.State{l.State()}}); err != nil {
		t.Fatal(err)
	}
	return s, folder
}

// reply is a response that was read to its end.
type reply struct {
	status int
	header http.Header
}

func ask(t *testing.T, method, url string, key auth.Secret) (reply, string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if !key.IsZero() {
		r.Header.Set("Authorization", "Bearer "+key.Reveal())
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(res.Body)
	return reply{res.StatusCode, res.Header}, string(b), errors.Join(err, res.Body.Close())
}

func TestBackup(t *testing.T) {
	t.Parallel()
	s, folder := store(t)
	url, key, other, _ := backedUp(t, func(context.Context) (*checkpoint.Pinned, error) { return s.Pin() })
	res, body, err := ask(t, http.MethodPost, url, key)
	if err != nil || res.status != http.StatusOK || res.header.Get("Content-Type") != BackupType || res.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("got %d %v, %v", res.status, res.header, err)
	}
	if got := res.header.Get("Content-Disposition"); !strings.HasSuffix(got, `Z-3.tar"`) {
		t.Errorf("got %s, want a name with the state", got)
	}
	if c, err := backup.Copy(t.Context(), io.Discard, strings.NewReader(body), nil); err != nil || c.Seq != 3 {
		t.Errorf("got %+v, %v", c, err)
	}
	for _, c := range []struct {
		method string
		key    auth.Secret
		want   int
	}{
		{http.MethodPost, auth.Secret{}, 401}, {http.MethodPost, auth.NewSecret(), 401}, {http.MethodPost, other, 403}, {http.MethodGet, key, 405},
	} {
		if res, _, err := ask(t, c.method, url, c.key); err != nil || res.status != c.want || res.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: got %d, %v; want %d", c.method, res.status, err, c.want)
		}
	}
	files, err := filepath.Glob(filepath.Join(folder, "files", "*.parquet"))
	if err != nil || len(files) != 1 {
		t.Fatalf("got %v, %v", files, err)
	}
	if err := os.Truncate(files[0], 10); err != nil {
		t.Fatal(err)
	}
	if _, _, err := ask(t, http.MethodPost, url, key); err == nil {
		t.Error("a backup that broke off ends as if it were whole")
	}
}

// TestBackupOneAtOnce: a second backup is told to wait, and a client that goes away lets the next one in.
func TestBackupOneAtOnce(t *testing.T) {
	t.Parallel()
	s, _ := store(t)
	began, goOn := make(chan struct{}, 1), make(chan struct{})
	url, key, _, _ := backedUp(t, func(context.Context) (*checkpoint.Pinned, error) {
		began <- struct{}{}
		<-goOn
		return s.Pin()
	})
	first := make(chan int)
	go func() {
		res, _, _ := ask(t, http.MethodPost, url, key)
		first <- res.status
	}()
	<-began
	if res, body, err := ask(t, http.MethodPost, url, key); err != nil || res.status != http.StatusServiceUnavailable || res.header.Get("Retry-After") == "" || !strings.Contains(body, `"busy"`) {
		t.Errorf("got %d %s, %v", res.status, body, err)
	}
	close(goOn)
	if got := <-first; got != http.StatusOK {
		t.Errorf("the first one: got %d", got)
	}
	if res, _, err := ask(t, http.MethodPost, url, key); err != nil || res.status != http.StatusOK {
		t.Errorf("the next one: got %d, %v", res.status, err)
	}
}

func TestNoBackup(t *testing.T) {
	t.Parallel()
	url, key, _, _ := backedUp(t, nil)
	if res, body, _ := ask(t, http.MethodPost, url, key); res.status != http.StatusNotFound || !strings.Contains(body, "no journal") {
		t.Errorf("without a journal: got %d %s", res.status, body)
	}
	url, key, _, m := backedUp(t, func(context.Context) (*checkpoint.Pinned, error) { return nil, errors.New("secret path") })
	if res, body, _ := ask(t, http.MethodPost, url, key); res.status != http.StatusServiceUnavailable || strings.Contains(body, "secret") {
		t.Errorf("without a checkpoint: got %d %s", res.status, body)
	}
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if !strings.Contains(w.Body.String(), `hutong_backups_total{outcome="failed"} 1`) {
		t.Errorf("got %s, want the failure counted", w.Body)
	}
}
