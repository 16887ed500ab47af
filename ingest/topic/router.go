// Package topic is what the protocols by which sensors publish have in common: which sources take a topic of MQTT or
// a subject of NATS, and what its name adds to a record.
package topic

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// maxFilters bounds what [Router.Route] looks at for a message.
const maxFilters = 10_000

// Filter is a topic filter of a protocol.
type Filter interface {
	// Match reports whether a name matches, and returns what the wildcards of the filter stand for, in their order.
	Match(name string) (wild []string, ok bool)
}

// Match is a source that takes a topic.
type Match struct {
	Source string
	// Wild are what the wildcards of the filter stand for, as [Filter.Match] returns them.
	Wild []string
}

// Router says which sources take a topic. It never changes.
type Router struct{ sources []source }

type source struct {
	name    string
	filters []Filter
}

// NewRouter returns a router over the filters of each source, in the order of the sources' names. parse reads a filter.
// The error names every one that cannot be read.
func NewRouter[F Filter](filters map[string][]string, parse func(text string) (F, error)) (*Router, error) {
	r := &Router{}
	n := 0
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(filters)) {
		s := source{name: name}
		for _, text := range filters[name] {
			n++
			f, err := parse(text)
			if err != nil {
				problems = append(problems, fmt.Errorf("source %s: %w", name, err))
				continue
			}
			s.filters = append(s.filters, f)
		}
		r.sources = append(r.sources, s)
	}
	if n > maxFilters {
		problems = append(problems, fmt.Errorf("topic: %d filters: want at most %d", n, maxFilters))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return r, nil
}

// Route returns the sources that take a topic, in the order of their names, each once, by the first of its filters that
// matches. There may be several, and there may be none.
func (r *Router) Route(name string) []Match {
	var found []Match
	for i := range r.sources {
		for _, f := range r.sources[i].filters {
			if wild, ok := f.Match(name); ok {
				found = append(found, Match{Source: r.sources[i].name, Wild: wild})
				break
			}
		}
	}
	return found
}
