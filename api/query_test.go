package api

import (
	"net/url"
	"strings"
	"testing"
)

func TestParseQuery(t *testing.T) {
	t.Parallel()
	got, err := ParseQuery("a=1&b=x%2Cy&a=&c")
	if err != nil || len(got) != 3 || got["a"][0] != "1" || got["a"][1] != "" || got.Get("b") != "x,y" || !got.Has("c") {
		t.Errorf("got %v, %v, want a, b and c", got, err)
	}
	for _, raw := range []string{"a=%zz", "%zz", "a=1;b=2", "a=1&b=%"} {
		if got, err := ParseQuery(raw); err == nil {
			t.Errorf("%s: got %v, want an error", raw, got)
		}
	}
}

func TestSingle(t *testing.T) {
	t.Parallel()
	if got, err := Single("k", []string{""}); err != nil || got != "" {
		t.Errorf("got %q, %v, want the value", got, err)
	}
	for _, values := range [][]string{nil, {"1", "1"}} {
		if got, err := Single("k", values); err == nil || !strings.HasPrefix(err.Error(), "k stands") {
			t.Errorf("%v: got %q, %v, want an error", values, got, err)
		}
	}
}

func TestAccept(t *testing.T) {
	t.Parallel()
	query := url.Values{"b": {"1"}, "a": {"1"}}
	for _, tt := range []struct {
		names []string
		want  string
	}{
		{[]string{"a", "b", "c"}, ""},
		{[]string{"a", "c"}, `there is no parameter "b"; accepted are a, c`},
		{[]string{"b"}, `there is no parameter "a"; accepted is b`},
		{[]string{"c"}, `there is no parameter "a"; accepted is c`},
	} {
		got := ""
		if err := Accept(query, tt.names...); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.names, got, tt.want)
		}
	}
}
