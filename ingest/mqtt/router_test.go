package mqtt

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRouter(t *testing.T) {
	t.Parallel()
	r, err := NewRouter([]Route{
		{"sensors/+/reading", "air"},
		{"gates/#", "gates"},
		{"sensors/#", "archive"},
		{"sensors/+/+", "air"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for topic, want := range map[string][]Match{
		"sensors/7/reading": {{"air", []string{"7"}}, {"archive", []string{"7/reading"}}},
		"sensors/7/battery": {{"air", []string{"7", "battery"}}, {"archive", []string{"7/battery"}}},
		"sensors":           {{"archive", []string{""}}},
		"gates":             {{"gates", []string{""}}},
		"doors/1":           nil,
		"$SYS/x":            nil,
	} {
		if diff := cmp.Diff(want, r.Route(topic)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", topic, diff)
		}
	}
	_, err = NewRouter([]Route{{"a/#/b", "one"}, {"ok", "two"}, {"x+", "three"}})
	for _, want := range []string{`source one: mqtt: topic filter "a/#/b"`, `source three: mqtt: topic filter "x+"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to say %q", err, want)
		}
	}
	if _, err := NewRouter(make([]Route, maxRoutes+1)); err == nil || !strings.Contains(err.Error(), "10001 topic filters") {
		t.Errorf("got %v, want a bound", err)
	}
}
