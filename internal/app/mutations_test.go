package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMutations checks that each line of the list of make mutations still says one place of the tree, so that a
// change of the redaction takes the list along. The mutations themselves take minutes.
func TestMutations(t *testing.T) {
	t.Parallel()
	list, err := os.ReadFile(filepath.Join("testdata", "mutations.txt"))
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(list)) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		n++
		parts := strings.Split(line, "\t")
		if len(parts) != 4 {
			t.Errorf("%q has %d parts, want 4: name, file, what stands there, what then does", line, len(parts))
			continue
		}
		text, err := os.ReadFile(filepath.Join("..", "..", filepath.FromSlash(parts[1])))
		if err != nil {
			t.Error(err)
			continue
		}
		if got := strings.Count(string(text), parts[2]); got != 1 {
			t.Errorf("%s: %s has %d times %q, want once", parts[0], parts[1], got, parts[2])
		}
	}
	if n < 10 {
		t.Errorf("%d mutations, want at least 10", n)
	}
}
