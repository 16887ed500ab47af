// Package testkit is what the tests of several packages share: where real data and external programs
// are, files to compare with, seeds, and small readings of geometries. Only tests import it, and it
// imports nothing of ours, so that every package's tests may.
package testkit

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Missing ends a test that lacks something of the machine, which the message names: it is skipped, but
// fails where CI is "true", because a full run skips nothing.
func Missing(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// Tool returns the path of an external program. Where it is not installed, the test is [Missing] it;
// debianPackage is what to install.
func Tool(t testing.TB, name, debianPackage string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, dir := range []string{"/usr/sbin", "/sbin"} { // not on everybody's path
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path
		}
	}
	Missing(t, "%s is not installed: on Debian, apt-get install %s", name, debianPackage)
	return ""
}
