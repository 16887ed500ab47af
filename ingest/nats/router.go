package nats

import (
	"errors"
	"fmt"
)

// maxRoutes bounds what [Router.Route] looks at for a message.
const maxRoutes = 10_000

// Route gives the messages of the subjects that match a filter to a source.
type Route struct {
	Filter string // as in [ParseFilter]
	Source string // its name in the config
}

// Match is a source that takes a subject.
type Match struct {
	Source string
	// Tokens are what the wildcards of the filter stand for, as [Filter.Match] returns them.
	Tokens []string
}

// Router says which sources take a subject. It never changes.
type Router struct{ routes []route }

// route is a Route that was read.
type route struct {
	filter Filter
	source string
}

// NewRouter returns a router over routes. The error names every route that cannot be.
func NewRouter(routes []Route) (*Router, error) {
	if len(routes) > maxRoutes {
		return nil, fmt.Errorf("nats: %d subjects: want at most %d", len(routes), maxRoutes)
	}
	r := &Router{}
	var problems []error
	for _, one := range routes {
		f, err := ParseFilter(one.Filter)
		if err != nil {
			problems = append(problems, fmt.Errorf("source %s: %w", one.Source, err))
			continue
		}
		r.routes = append(r.routes, route{f, one.Source})
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return r, nil
}

// Route returns the sources that take a subject, in the order of the routes, each once, by the first of its
// filters that matches. There may be several, and there may be none.
func (r *Router) Route(subject string) []Match {
	var found []Match
next:
	for i := range r.routes {
		for _, m := range found {
			if m.Source == r.routes[i].source {
				continue next
			}
		}
		if tokens, ok := r.routes[i].filter.Match(subject); ok {
			found = append(found, Match{r.routes[i].source, tokens})
		}
	}
	return found
}
