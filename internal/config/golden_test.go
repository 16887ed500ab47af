package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hutong/internal/testkit"
)

// environment is an environment for tests.
func environment(pairs ...string) Env {
	return func(name string) (string, bool) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	}
}

// TestBroken reads a config that is wrong all over and lists everything that is found.
func TestBroken(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(filepath.Join("testdata", "broken.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = Parse("broken.yaml", data, environment(EnvPublicURL, "map.example"))
	var problems Problems
	if !errors.As(err, &problems) {
		t.Fatalf("got %v, want problems", err)
	}
	lines := strings.Split(string(data), "\n")
	var b strings.Builder
	for _, p := range problems {
		b.WriteString(p.String() + "\n")
		if p.Line > len(lines) || p.Line > 0 && p.Column > len(lines[p.Line-1])+1 {
			t.Errorf("%s: no such place in the file", p)
		}
	}
	testkit.Golden(t, "broken.txt", b.String())
}
