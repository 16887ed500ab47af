package topic

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// prefix matches the names that begin with it, and stands for the rest.
type prefix string

func (p prefix) Match(name string) ([]string, bool) {
	rest, ok := strings.CutPrefix(name, string(p))
	return []string{rest}, ok
}

func parsePrefix(text string) (prefix, error) {
	if text == "" {
		return "", fmt.Errorf("the prefix %q is none", text)
	}
	return prefix(text), nil
}

func TestRouter(t *testing.T) {
	t.Parallel()
	r, err := NewRouter(map[string][]string{"gates": {"gate/"}, "archive": {"sensor/"}, "air": {"sensor/7/", "sensor/"}}, parsePrefix)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]Match{
		"sensor/7/pm": {{"air", []string{"pm"}}, {"archive", []string{"7/pm"}}},
		"sensor/8/pm": {{"air", []string{"8/pm"}}, {"archive", []string{"8/pm"}}},
		"gate/":       {{"gates", []string{""}}},
		"door/1":      nil,
	} {
		if diff := cmp.Diff(want, r.Route(name)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	_, err = NewRouter(map[string][]string{"one": {""}, "two": {"ok"}, "three": {"x", ""}}, parsePrefix)
	for _, want := range []string{`source one: the prefix "" is none`, `source three: the prefix "" is none`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to say %q", err, want)
		}
	}
	many := make([]string, maxFilters+1)
	for i := range many {
		many[i] = "x"
	}
	if _, err := NewRouter(map[string][]string{"one": many}, parsePrefix); err == nil || !strings.Contains(err.Error(), "10001 filters: want at most 10000") {
		t.Errorf("got %v, want a bound", err)
	}
}
