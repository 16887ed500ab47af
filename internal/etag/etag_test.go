package etag

import (
	"strings"
	"testing"
)

func TestConditions(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		headers      []string
		tag          string
		weak, strong bool
	}{
		{nil, `"a"`, false, false},
		{[]string{`"a"`}, `"a"`, true, true},
		{[]string{`W/"a"`}, `"a"`, true, false},
		{[]string{`"b", W/"a" , "c"`}, `"a"`, true, false},
		{[]string{`"b"`, `"a"`}, `"a"`, true, true},
		{[]string{"*"}, `"a"`, true, true},
		{[]string{" * "}, `"a"`, true, true},
		{[]string{`"a,*,b"`}, `"a"`, false, false},
		{[]string{`"a,*,b"`}, `"a,*,b"`, true, true},
		{[]string{`*, "b"`}, `"a"`, false, false},
		{[]string{`a, "a"`}, `"a"`, true, true},
		{[]string{`"a`}, `"a"`, false, false},
		{[]string{`"b""a"`}, `"a"`, true, true},
		{[]string{`,, ,"a"`}, `"a"`, true, true},
		{[]string{""}, `"a"`, false, false},
	} {
		if got := Weak(c.headers, c.tag); got != c.weak {
			t.Errorf("%q weakly names %s: %v, want %v", c.headers, c.tag, got, c.weak)
		}
		if got := Strong(c.headers, c.tag); got != c.strong {
			t.Errorf("%q strongly names %s: %v, want %v", c.headers, c.tag, got, c.strong)
		}
	}
}

func TestOf(t *testing.T) {
	t.Parallel()
	if got, want := Of([]byte("a")), `"ypeBEsobvcr6wjGzmiPcTQ"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// FuzzFind reads any header: it ends, and gives tags in quotes that stand in the header, or "*".
func FuzzFind(f *testing.F) {
	for _, s := range []string{`"a"`, `W/"a", *`, "*", `"a,b`, `W/`, `""`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) {
		Find([]string{header}, func(tag string, _ bool) bool {
			if tag != "*" && (len(tag) < 2 || tag[0] != '"' || tag[len(tag)-1] != '"') || !strings.Contains(header, tag) {
				t.Errorf("%q gives %q", header, tag)
			}
			return false
		})
	})
}
