package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hutong/internal/auth"
)

// viewedConfig writes a config with a view for officers, and the secret that it names.
func viewedConfig(t *testing.T, tokens string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"secret": strings.Repeat("nobody-can-guess-it-", 2) + "\n",
		"city.yaml": "city: A\nlayers: {reports: {title: R, licence: L, fields: {}}}\n" +
			"views: {desk: {layer: reports, audience: officer, title: Desk}}\n" + strings.ReplaceAll(tokens, "DIR", dir),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "city.yaml")
}

func TestToken(t *testing.T) {
	t.Parallel()
	city := viewedConfig(t, "tokens: {secret_file: DIR/secret}\n")
	status, stdout, stderr := call(t, "token", "--config", city, "--view", "desk", "--for", "30d")
	if status != exitDone || !auth.IsToken(strings.TrimSuffix(stdout, "\n")) || !strings.HasPrefix(stdout, "ht1.view.desk.") {
		t.Fatalf("got %d %q: %s", status, stdout, stderr)
	}
	if strings.Contains(stderr, "ht1.") || !strings.Contains(stderr, "It opens view:desk until 2") {
		t.Errorf("got %s", stderr)
	}
	var got struct {
		Token, Scope string
		Expires      time.Time
	}
	_, stdout, _ = call(t, "token", "--config", city, "--audience", "officer", "--for", "1h", "--json")
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || !auth.IsToken(got.Token) || got.Scope != "audience:officer" {
		t.Errorf("got %s, %v", stdout, err)
	}
	if left := time.Until(got.Expires); left > time.Hour || left < 50*time.Minute {
		t.Errorf("got %s left", left)
	}
}

func TestTokenRefuses(t *testing.T) {
	t.Parallel()
	city, bare := viewedConfig(t, "tokens: {secret_file: DIR/secret}\n"), viewedConfig(t, "")
	lost, open := viewedConfig(t, "tokens: {secret_file: DIR/none}\n"), viewedConfig(t, "tokens: {secret_file: DIR/secret}\n")
	if err := os.Chmod(filepath.Join(filepath.Dir(open), "secret"), 0o644); err != nil { //nolint:gosec // what must be refused
		t.Fatal(err)
	}
	for _, c := range []struct {
		status int
		args   []string
		want   string
	}{
		{exitUsage, []string{"--view", "desk", "--for", "1h"}, "needs --config"},
		{exitUsage, []string{"--config", city, "--for", "1h"}, "needs one of --view and --audience"},
		{exitUsage, []string{"--config", city, "--view", "desk", "--audience", "officer", "--for", "1h"}, "needs one of"},
		{exitUsage, []string{"--config", city, "--view", "desk"}, "needs --for"},
		{exitUsage, []string{"--config", city, "--view", "desk", "--for", "soon"}, `--for: "soon" is no duration`},
		{exitUsage, []string{"--config", city, "--view", "desk", "--for", "367d"}, "a token lasts from 1s to 366d"},
		{exitUsage, []string{"--config", city, "--view", "desk", "--for", "200000d"}, "a token lasts from 1s to 366d"},
		{exitUsage, []string{"--config", city, "--view", "desk", "--for", "-1h"}, "a token lasts from 1s to 366d"},
		{exitFailed, []string{"--config", city, "--view", "disk", "--for", "1h"}, `did you mean "desk"?`},
		{exitFailed, []string{"--config", city, "--view", "*", "--for", "1h"}, `no view that is not public "*"`},
		{exitFailed, []string{"--config", city, "--view", "reports", "--for", "1h"}, `no view that is not public "reports"`},
		{exitFailed, []string{"--config", bare, "--view", "desk", "--for", "1h"}, "the config has no tokens"},
		{exitFailed, []string{"--config", lost, "--view", "desk", "--for", "1h"}, "none"},
		{exitFailed, []string{"--config", open, "--view", "desk", "--for", "1h"}, "others than its owner may open it (mode 0644)"},
	} {
		status, stdout, stderr := call(t, append([]string{"token"}, c.args...)...)
		if status != c.status || stdout != "" || !strings.Contains(stderr, c.want) {
			t.Errorf("%q: got %d, %q, %q; want %d and %s", c.args, status, stdout, stderr, c.status, c.want)
		}
	}
}
