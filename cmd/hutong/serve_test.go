package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWriteConfigNeverOverwrites(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "city.yaml")
	for _, c := range []struct {
		text  string
		force bool
		want  string // what the file holds
		fails bool
	}{{"first", false, "first", false}, {"second", false, "first", true}, {"third", true, "third", false}} {
		err := writeConfig(path, []byte(c.text), c.force)
		if (err != nil) != c.fails || c.fails && !strings.Contains(err.Error(), "--force") {
			t.Errorf("%s: got %v", c.text, err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != c.want {
			t.Errorf("%s: the file holds %q, %v, want %q", c.text, got, err, c.want)
		}
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("got %v, %v, want one file", entries, err)
	}
}

func TestServeIsUsedWrongly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args   []string
		status int
		stderr string
	}{
		{[]string{"serve", "testdata/desk.csv", "--config", "testdata/city.yaml"}, exitUsage, "not both"},
		{[]string{"serve", "--config", "testdata/city.yaml", "--write-config", "x"}, exitUsage, "--write-config"},
		{[]string{"serve", "testdata/desk.csv", "--force"}, exitUsage, "--force"},
		{[]string{"serve", "testdata/desk.csv", "--accept-loss"}, exitUsage, "--accept-loss is for --config"},
		{[]string{"serve", "--config", "testdata/city.yaml", "--accept-loss"}, exitUsage, "has none"},
		{[]string{"demo", "--features", "0"}, exitUsage, "--features 0 is not 1 to 5000000"},
		{[]string{"demo", "--features", "5000001"}, exitUsage, "--features 5000001 is not"},
		{[]string{"demo", "--speed", "3601"}, exitUsage, "--speed 3601 is not"},
		{[]string{"demo", "--log-level", "loud"}, exitUsage, "loud"},
		{[]string{"serve", "testdata/none.csv"}, exitFailed, "none.csv"},
		{[]string{"serve", "testdata/desk.csv", "--write-config", "testdata/city.yaml"}, exitFailed, "is there already"},
	} {
		status, stdout, stderr := call(t, c.args...)
		if status != c.status || stdout != "" || !strings.Contains(stderr, c.stderr) {
			t.Errorf("%q: got %d, stdout %q, stderr %q; want %d and %q", c.args, status, stdout, stderr, c.status, c.stderr)
		}
	}
}
