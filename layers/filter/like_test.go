package filter

import (
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"unicode"
	"unicode/utf8"

	"hutong/internal/testkit"
)

var likeRuns atomic.Uint64

// TestLikeAgainstExpressions compares patterns with regular expressions.
func TestLikeAgainstExpressions(t *testing.T) {
	t.Parallel()
	letters := []string{"a", "b", "街", "%", "%", "_", `\%`, `\\`}
	matched := 0
	for _, seed := range testkit.Seeds(t, &likeRuns, 2000) {
		rng := rand.New(rand.NewPCG(seed, 5))
		var written, text strings.Builder
		for range rng.IntN(8) {
			written.WriteString(letters[rng.IntN(len(letters))])
		}
		for range rng.IntN(8) {
			text.WriteString([]string{"a", "b", "街", "%", `\`}[rng.IntN(5)])
		}
		p, err := parsePattern(written.String())
		if err != nil {
			t.Fatal(err)
		}
		got, want := p.match(text.String()), likeExpression(written.String()).MatchString(text.String())
		if got != want {
			t.Errorf("seed %d: %q LIKE %q: got %v, want %v", seed, text.String(), written.String(), got, want)
		}
		if got {
			matched++
			if !strings.HasPrefix(text.String(), p.prefix()) {
				t.Errorf("seed %d: %q LIKE %q: does not start with %q", seed, text.String(), written.String(), p.prefix())
			}
		}
		again, err := parsePattern(p.String())
		if err != nil || again.String() != p.String() || again.match(text.String()) != got {
			t.Errorf("seed %d: %q becomes %q, which becomes %q (%v)", seed, written.String(), p.String(), again.String(), err)
		}
	}
	if matched < 50 {
		t.Errorf("only %d patterns match", matched)
	}
}

// TestFold checks every letter: those that differ in case only become the same one, which stays.
func TestFold(t *testing.T) {
	t.Parallel()
	for r := rune(0); r <= 0x1FFFF; r++ { // no letter beyond has cases
		if !utf8.ValidRune(r) {
			continue
		}
		f := foldRune(r)
		if foldRune(f) != f || foldRune(unicode.SimpleFold(r)) != f {
			t.Fatalf("%U becomes %U, that %U, and %U becomes %U", r, f, foldRune(f), unicode.SimpleFold(r), foldRune(unicode.SimpleFold(r)))
		}
	}
	for text, want := range map[string]string{"STRAẞE Kα 街": "straße kα 街", "Main ST": "main st", "\xff A": "\uFFFD a", "": ""} {
		if got, appended := fold(text), string(appendFolded(nil, text)); got != want || appended != want {
			t.Errorf("%q: got %q and %q, want %q", text, got, appended, want)
		}
	}
}
