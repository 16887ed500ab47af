package web

import (
	"io/fs"
	"path"
	"testing"

	"hutong/internal/testkit"
)

// pageBudget is how many bytes the page may be on the wire, without tiles, fonts and licences, and
// without what the server makes: style, catalogue and sprite, which a test of the binary adds.
const pageBudget = 560_000

// TestPageWeight adds up what a browser loads to show the page, compressed as it is sent.
func TestPageWeight(t *testing.T) {
	t.Parallel()
	if !Built() {
		testkit.Missing(t, "web/dist holds no bundle: run npm ci && npm run build in web/")
	}
	total := 0
	for _, pattern := range []string{"dist/index.html", "dist/assets/main-*.js", "dist/assets/worker-*.js", "dist/assets/style-*.css"} {
		names, err := fs.Glob(dist, pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			n := sentBytes(t, name)
			t.Logf("%7d %s", n, path.Base(name))
			total += n
		}
	}
	t.Logf("%7d altogether, of %d", total, pageBudget)
	if total > pageBudget {
		t.Errorf("the page weighs %d bytes, more than %d", total, pageBudget)
	}
	if total < 100_000 {
		t.Errorf("the page weighs %d bytes: something of it was not found", total)
	}
}

// sentBytes is the size of a file of the bundle as it is sent to a browser that takes gzip.
func sentBytes(t *testing.T, name string) int {
	t.Helper()
	for _, candidate := range []string{name + ".gz", name} {
		if info, err := fs.Stat(dist, candidate); err == nil {
			return int(info.Size())
		}
	}
	t.Fatalf("%s is not in the bundle", name)
	return 0
}
