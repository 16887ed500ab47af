package mqtt

import (
	"errors"
	"fmt"
)

// maxRoutes bounds what [Router.Route] looks at for a message.
const maxRoutes = 10_000

// Route gives the messages of the topics that match a filter to a source.
type Route struct {
	Filter string // as in [ParseFilter]
	Source string // its name in the config
}

// Match is a source that takes a topic.
type Match struct {
	Source string
	// Levels are what the wildcards of the filter stand for, as [Filter.Match] returns them.
	Levels []string
}

// Router says which sources take a topic. It never changes.
type Router struct {
	sources []string // in the order of the routes
	filters [][]Filter
}

// NewRouter returns a router over routes. The error names every route that cannot be.
func NewRouter(routes []Route) (*Router, error) {
	if len(routes) > maxRoutes {
		return nil, fmt.Errorf("mqtt: %d topic filters: want at most %d", len(routes), maxRoutes)
	}
	r := &Router{}
	index := map[string]int{}
	var problems []error
	for _, route := range routes {
		f, err := ParseFilter(route.Filter)
		if err != nil {
			problems = append(problems, fmt.Errorf("source %s: %w", route.Source, err))
			continue
		}
		i, ok := index[route.Source]
		if !ok {
			i = len(r.sources)
			index[route.Source] = i
			r.sources = append(r.sources, route.Source)
			r.filters = append(r.filters, nil)
		}
		r.filters[i] = append(r.filters[i], f)
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return r, nil
}

// Route returns the sources that take a topic, in the order in which the routes name them first, each
// once, by the first of its filters that matches. There may be several, and there may be none.
func (r *Router) Route(topic string) []Match {
	var found []Match
	for i, filters := range r.filters {
		for _, f := range filters {
			if levels, ok := f.Match(topic); ok {
				found = append(found, Match{Source: r.sources[i], Levels: levels})
				break
			}
		}
	}
	return found
}
