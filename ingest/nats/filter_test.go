package nats

import (
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats-server/v2/server"

	"hutong/internal/testkit"
)

func TestFilterRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ filter, want string }{
		{"", `subject "": it is empty: ">" takes every subject`},
		{"a..b", `subject "a..b": token 2 is empty`},
		{".a", `subject ".a": token 1 is empty`},
		{"a.", `subject "a.": token 2 is empty`},
		{"a.>.b", `subject "a.>.b": token 2 is ">", which only the last may be`},
		{"a.b*", `subject "a.b*": token 2 is "b*": "*" and ">" stand alone between dots`},
		{"a b", `it holds a space`},
		{"a.\x01", `it holds a space or a control character`},
		{"a.\xff", `it is not UTF-8`},
		{"$SYS.>", `it begins with "$"`},
		{"_INBOX.>", `it begins with "_"`},
		{strings.Repeat("a", maxFilter+1), `it has 1025 bytes: want at most 1024`},
		{strings.Repeat("a.", maxFilterTokens) + "a", `it has 33 tokens: want at most 32`},
	} {
		if _, err := ParseFilter(test.filter); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: got %v, want %s", test.filter, err, test.want)
		}
	}
}

func TestFilterMatch(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		filter, subject string
		want            []string
		ok              bool
	}{
		{"a.b", "a.b", nil, true},
		{"a.b", "a", nil, false},
		{"a.b", "a.b.c", nil, false},
		{"a.*", "a.b", []string{"b"}, true},
		{"*.x.*", "a.x.b", []string{"a", "b"}, true},
		{"a.>", "a.b.c", []string{"b.c"}, true},
		{"a.>", "a", nil, false},
		{"a.*.>", "a.b.c.d", []string{"b", "c.d"}, true},
		{">", "a", []string{"a"}, true},
		{">", "$JS.API.INFO", nil, false},
		{"*.b", "_INBOX.b", nil, false},
		{"", "a", nil, false},
	} {
		f, err := ParseFilter(test.filter)
		if err != nil && test.filter != "" {
			t.Fatal(err)
		}
		got, ok := f.Match(test.subject)
		if ok != test.ok || ok && !cmp.Equal(got, test.want) {
			t.Errorf("%q of %q: got %q, %t, want %q, %t", test.filter, test.subject, got, ok, test.want, test.ok)
		}
	}
}

// TestFilterAgrees: what matches here matches in the server, whose permissions are made of the same texts.
func TestFilterAgrees(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &agreements, 4) {
		agree(t, seed)
	}
}

var agreements atomic.Uint64

func agree(t *testing.T, seed uint64) {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 0))
	tokens := []string{"a", "b", "ab"}
	text := func(more ...string) string {
		list := make([]string, 1+rng.IntN(4))
		for i := range list {
			list[i] = append(tokens, more...)[rng.IntN(len(tokens)+len(more))]
		}
		return strings.Join(list, ".")
	}
	for range 2000 {
		filter, subject := text("*", ">"), text()
		f, err := ParseFilter(filter)
		if (err == nil) != server.IsValidSubject(filter) {
			t.Fatalf("seed %d: %q: got %v, the server says %t", seed, filter, err, server.IsValidSubject(filter))
		}
		if err != nil {
			continue
		}
		if _, ok := f.Match(subject); ok != server.SubjectsCollide(filter, subject) {
			t.Fatalf("seed %d: %q of %q: got %t", seed, filter, subject, ok)
		}
	}
}

func FuzzFilter(f *testing.F) {
	for _, seed := range []string{"a.*.>", "", "a..b", "$a", "a.b*", "ü.>"} {
		f.Add(seed, "a.b.c")
	}
	f.Fuzz(func(t *testing.T, text, subject string) {
		filter, err := ParseFilter(text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "nats: subject ") {
				t.Errorf("got %v", err)
			}
			return
		}
		if !server.IsValidSubject(text) {
			t.Errorf("%q is taken, and not by the server", text)
		}
		if wild, ok := filter.Match(subject); ok {
			if want := strings.Count(text, "*") + strings.Count(text, ">"); len(wild) != want {
				t.Errorf("%q of %q: got %q, want %d texts", text, subject, wild, want)
			}
		}
	})
}
