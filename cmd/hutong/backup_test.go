package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestBackupIsUsedWrongly(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "no.tar")
	if err := os.WriteFile(file, []byte("no tar"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args   []string
		status int
		stderr string
	}{
		{[]string{"backup"}, exitUsage, "a key is needed"},
		{[]string{"pin"}, exitUsage, "say which snapshot: pin NAME"},
		{[]string{"pin", "A b"}, exitUsage, "a name has"},
		{[]string{"pin", "a"}, exitUsage, "a key is needed"},
		{[]string{"unpin"}, exitUsage, "say which snapshot: unpin NAME"},
		{[]string{"unpin", "../a"}, exitUsage, "a name has"},
		{[]string{"unpin", "a"}, exitUsage, "a key is needed"},
		{[]string{"backup", "--folder", dir, "--server", "http://127.0.0.1:1"}, exitUsage, "not both"},
		{[]string{"backup", "--folder", dir, "--out", "-", "--json"}, exitUsage, "--json is for a backup in a file"},
		{[]string{"backup", "--folder", filepath.Join(dir, "missing")}, exitFailed, "is no data folder"},
		{[]string{"restore", file}, exitUsage, "--folder"},
		{[]string{"restore", "--folder", dir}, exitUsage, "accepts 1 arg"},
		{[]string{"restore", filepath.Join(dir, "missing.tar"), "--folder", filepath.Join(dir, "new")}, exitFailed, "no such file"},
		{[]string{"restore", file, "--folder", dir}, exitFailed, "is not empty"},
		{[]string{"restore", file, "--folder", filepath.Join(dir, "data")}, exitFailed, "damaged"},
	} {
		status, stdout, stderr := call(t, c.args...)
		if status != c.status || stdout != "" || !strings.Contains(stderr, c.stderr) {
			t.Errorf("%q: got %d, stdout %q, stderr %q; want %d and %q", c.args, status, stdout, stderr, c.status, c.stderr)
		}
	}
}
