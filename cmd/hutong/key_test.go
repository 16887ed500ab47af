package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hutong/internal/auth"
	"hutong/internal/config"
)

func TestKeyNew(t *testing.T) {
	t.Parallel()
	status, stdout, stderr := call(t, "key", "new", "--name", "gateway", "--scope", "ingest:hotline", "--scope", "refused:*")
	text, lines, _ := strings.Cut(stdout, "\n\n")
	key, err := auth.ParseSecret(text)
	if status != exitDone || err != nil {
		t.Fatalf("got status %d, %v: %s", status, err, stderr)
	}
	if strings.Contains(lines+stderr, text) {
		t.Errorf("the key is shown more than once: %s%s", stdout, stderr)
	}
	// The lines go into a config as they are.
	c, err := config.Parse("f", []byte("city: A\nlayers: {a: {title: A, licence: B, fields: {}}}\n"+
		"sources: {hotline: {layer: a, push: {}, id: '{id}', fields: {}}}\n"+lines), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Keys) != 1 || c.Keys[0].Name != "gateway" || c.Keys[0].Hash != key.Hash() || len(c.Keys[0].Scopes) != 2 {
		t.Errorf("got %+v, want the key", c.Keys)
	}
	var cmd bytes.Buffer
	hash := newKeyHash()
	hash.SetIn(strings.NewReader(text + "\n"))
	hash.SetOut(&cmd)
	if err := hash.Execute(); err != nil || strings.TrimSpace(cmd.String()) != key.Hash().String() {
		t.Errorf("key hash: got %s, %v; want %s", &cmd, err, key.Hash())
	}
	var got struct{ Name, Key, Hash string }
	_, stdout, _ = call(t, "key", "new", "--name", "a", "--scope", "erase:*", "--json")
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || got.Name != "a" || !strings.HasPrefix(got.Key, "hk_") || got.Key == text {
		t.Errorf("got %s, %v", stdout, err)
	}
}

func TestKeyUsage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"key"}, "say what to do"},
		{[]string{"key", "new", "--scope", "ingest:a"}, `--name ""`},
		{[]string{"key", "new", "--name", "A", "--scope", "ingest:a"}, `--name "A"`},
		{[]string{"key", "new", "--name", "a"}, "needs --scope"},
		{[]string{"key", "new", "--name", "a", "--scope", "read:a"}, `"read" is no action`},
		{[]string{"ingest"}, "say what to do"},
		{[]string{"ingest", "replay"}, `--source "" is no name`},
		{[]string{"ingest", "replay", "--source", "a"}, "HUTONG_KEY"},
		{[]string{"ingest", "refused", "--source", "a", "--limit", "0"}, "--limit 0"},
		{[]string{"ingest", "replay", "--source", "a", "--key", "hk_x"}, "unknown flag"},
	} {
		status, stdout, stderr := call(t, c.args...)
		if status != exitUsage || stdout != "" || !strings.Contains(stderr, c.want) {
			t.Errorf("%q: got %d, %q, %q; want %d and %s", c.args, status, stdout, stderr, exitUsage, c.want)
		}
	}
}

// TestKeyIsNotShown: what is no key is refused without saying what it was.
func TestKeyIsNotShown(t *testing.T) {
	t.Parallel()
	const almost = "hk_almost-a-key-that-somebody-cut"
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(almost), 0o600); err != nil {
		t.Fatal(err)
	}
	env := func(name string) (string, bool) { return almost, name == keyVariable }
	for _, args := range [][]string{{"ingest", "replay", "--source", "a"}, {"ingest", "replay", "--source", "a", "--key-file", path}} {
		var stdout, stderr bytes.Buffer
		status := run(t.Context(), args, env, &stdout, &stderr)
		if status != exitFailed || !strings.Contains(stderr.String(), "no key: a key starts with hk_") || strings.Contains(stderr.String(), almost) {
			t.Errorf("%q: got %d, %s", args, status, &stderr)
		}
	}
}
