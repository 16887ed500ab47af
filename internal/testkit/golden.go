package testkit

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the goldens in testdata")

// Update reports whether -update is set, for tests whose goldens are no texts.
func Update() bool { return *update }

// Golden compares got, which may be text or bytes, with a file of the package's testdata. With -update
// it writes the file first.
func Golden(t testing.TB, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil { //nolint:gosec // committed files are public
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; make it with -update", err)
	}
	want := string(b)
	switch {
	case got == want:
	case utf8.ValidString(got) && utf8.ValidString(want):
		t.Errorf("%s differs (-want +got); rewrite it with -update:\n%s", file, cmp.Diff(want, got))
	default:
		t.Errorf("%s differs: %d bytes, want %d; rewrite it with -update", file, len(got), len(want))
	}
}
