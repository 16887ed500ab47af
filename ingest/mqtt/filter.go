package mqtt

import (
	"fmt"
	"strings"
)

// Filter is a topic filter (§4.7): levels between slashes, of which "+" stands for any one level and
// "#", which is the last, for any number of them, none included.
type Filter struct {
	text   string
	levels []string // without the "#"
	rest   bool     // there is one
}

// maxFilterLevels is the most levels of a filter. A filter of the config has a handful.
const maxFilterLevels = 128

// ParseFilter reads a topic filter. The error says what is wrong and where.
func ParseFilter(s string) (Filter, error) {
	fail := func(format string, args ...any) (Filter, error) {
		return Filter{}, fmt.Errorf("mqtt: topic filter %q: "+format, append([]any{s}, args...)...)
	}
	switch problem := textProblem(s); {
	case s == "":
		return fail("it is empty: \"#\" takes every topic")
	case problem != "":
		return fail("it %s", problem)
	case len(s) > maxText:
		return fail("it has %d bytes: want at most %d", len(s), maxText)
	case strings.Count(s, "/") >= maxFilterLevels:
		return fail("it has %d levels: want at most %d", strings.Count(s, "/")+1, maxFilterLevels)
	}
	f := Filter{text: s, levels: strings.Split(s, "/")}
	for i, level := range f.levels {
		last := i == len(f.levels)-1
		switch {
		case level == "#" && !last:
			return fail("level %d is \"#\", which only the last may be", i+1)
		case level == "#":
			f.levels, f.rest = f.levels[:i], true
		case level != "+" && strings.ContainsAny(level, "+#"):
			return fail("level %d is %q: \"+\" and \"#\" stand alone in their level", i+1, level)
		}
	}
	return f, nil
}

// String returns the filter as it was written.
func (f Filter) String() string { return f.text }

// Match reports whether a topic name matches, and returns what its wildcards stand for, in their order:
// of "+" the level, of "#" the levels with the slashes between them, "" for none. A filter that begins
// with a wildcard does not match a topic that begins with "$" (§4.7.2). A zero Filter matches nothing.
func (f Filter) Match(topic string) (wild []string, ok bool) {
	if f.text == "" || topic == "" || topic[0] == '$' && (f.text[0] == '+' || f.text[0] == '#') {
		return nil, false
	}
	rest, more := topic, true // more: there is a level in rest, even if it is empty
	for _, want := range f.levels {
		if !more {
			return nil, false
		}
		var level string
		level, rest, more = strings.Cut(rest, "/")
		switch want {
		case "+":
			wild = append(wild, level)
		case level:
		default:
			return nil, false
		}
	}
	if f.rest {
		return append(wild, rest), true // "a/#" matches "a", and rest is "" then
	}
	return wild, !more
}
