package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"hutong/internal/auth"
)

// TestErase asks a server that answers as ours does.
func TestErase(t *testing.T) {
	t.Parallel()
	key := auth.NewSecret()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+key.Reveal() || r.Method != http.MethodDelete {
			t.Errorf("got %s without the key", r.Method)
		}
		switch r.URL.EscapedPath() {
		case "/admin/erase/reports/a%20b%2Fc":
			_, _ = w.Write([]byte(`{"layer": "reports", "hash": "00ff", "at": "2026-01-02T03:04:05Z", "sequence": 9, "feature": true, "remembered": true,
				"letters": [{"source": "hotline", "count": 2}], "checkpoint": 11, "checkpoints_removed": [3, 7], "log_truncated": 10,
				"proof": {"messages": 1, "checkpoint_files": 2, "rows": 40, "letters": 5, "plain": true, "files": 12, "bytes": 3456,
				"mentions": {"count": 1, "places": ["message 12 of the log"]}, "found": {"count": 0}, "unsearched": ["the moon"]}}`))
		case "/admin/erase/reports/left":
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = w.Write([]byte(`{"title": "The feature is not erased everywhere", "detail": "erasure: the feature is still in message 9 of the log."}`))
		default:
			t.Errorf("asked for %s", r.URL.EscapedPath())
		}
	}))
	t.Cleanup(server.Close)
	env := func(name string) (string, bool) { return key.Reveal(), name == keyVariable }
	missing := filepath.Join(t.TempDir(), "city.yaml")
	for _, c := range []struct {
		name           string
		args           []string
		status         int
		stdout, stderr string
	}{
		{"text", []string{"reports", "a b/c", "--server", server.URL}, exitDone, `erased from reports at 2026-01-02T03:04:05Z, as 00ff
  layer        removed, state 9
  refused      2 records of hotline removed
  checkpoints  11 written, 2 older ones removed
  log          removed up to message 10
  reports      from before that time are refused as late
  searched     the layer, 1 messages of the log, 40 rows of 2 checkpoint files, 5 refused records
               and all 3456 bytes of 12 files: not found
  not searched the moon
  left         1 texts of other features that have the id in them:
               message 12 of the log
`, ""},
		{"JSON", []string{"reports", "a b/c", "--json", "--server", server.URL}, exitDone, `"log_truncated": 10`, ""},
		{"left", []string{"reports", "left", "--server", server.URL}, exitFailed, "", "still in message 9 of the log"},
		{"no id", []string{"reports"}, exitUsage, "", "erase LAYER ID"},
		{"an empty id", []string{"reports", ""}, exitUsage, "", "1 to 512 bytes"},
		{"no layer", []string{"Reports", "1"}, exitUsage, "", "no name of a layer"},
		{"both", []string{"reports", "1", "--server", server.URL, "--config", missing}, exitUsage, "", "not both"},
		{"a key for a folder", []string{"reports", "1", "--key-file", missing, "--config", missing}, exitUsage, "", "not both"},
		{"folder alone", []string{"reports", "1", "--folder", "x"}, exitUsage, "", "--folder needs --config"},
		{"no config", []string{"reports", "1", "--config", missing}, exitFailed, "", "city.yaml"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			status := run(t.Context(), append([]string{"erase"}, c.args...), env, &stdout, &stderr)
			if status != c.status || !strings.Contains(stdout.String(), c.stdout) || !strings.Contains(stderr.String(), c.stderr) || c.stdout == "" && stdout.Len() > 0 {
				t.Errorf("got %d, %s\n%s\nwant %d, %s\n%s", status, &stdout, &stderr, c.status, c.stdout, c.stderr)
			}
			if strings.Contains(stdout.String()+stderr.String(), key.Reveal()) {
				t.Error("the key is shown")
			}
		})
	}
}
