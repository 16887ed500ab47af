// Package api is what all HTTP surfaces share: routes and how they are dispatched, problems
// (RFC 9457), representations with their encodings and ETags (RFC 9110), the list of layers, and
// what every request gets around it: limits, CORS, recovery, metrics and a log line, at debug unless it
// failed or took a second.
//
// A surface is a package below this one. It exports what makes its [Route]s and knows nothing of
// the others; internal/app hands all routes to [NewServer]. A surface answers with [Send] or
// [Refuse] and writes to the ResponseWriter itself only for what those cannot say.
//
// A [*Server] and a [*Layers] may be used from any goroutine.
package api

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"

	"hutong/internal/telemetry"
)

// MaxBodyBytes is the most bytes of a request's body, unless its route says otherwise. It keeps clients
// from sending more than the server would care to skip.
const MaxBodyBytes = 64 << 10

// Route is one place that answers.
type Route struct {
	// Pattern is a [http.ServeMux] pattern without a method: whole segments only, since ServeMux
	// knows no pattern like {layer}.json.
	Pattern string
	// Label names the route in logs and metrics, from a set as closed as the program's text.
	Label string
	// Handler answers Methods; for HEAD the body is thrown away.
	Handler http.Handler
	// Methods are what the route answers beside OPTIONS; GET stands for HEAD, too. None means GET.
	Methods []string
	// Body is the most bytes of a request's body; 0 means [MaxBodyBytes].
	Body int64
	// Direct, unless it is zero, leads to the handler without ServeMux, which takes as long to match a
	// path of five segments as the rest of a cached answer. The handler then finds no path values.
	Direct Direct
	// Stream answers for as long as the client listens, so that how long it takes tells nothing.
	Stream bool
	// Operational routes (liveness, metrics, the page) answer while layers are still loading, and pages of
	// other origins may not read them.
	Operational bool
	// Keyed routes are for holders of a key only, see [Authorize]: pages of other origins may not call them.
	Keyed bool
	// Discreet routes have in their paths what the log must not have: it gets their patterns.
	Discreet bool
}

// Direct is the paths that start with First, such as "/tiles/", and have a number of segments behind
// it, none of them with an escape. They must be paths of the route's pattern and of no other's.
type Direct struct {
	First    string
	Segments int
}

// has reports whether the path of u is one of d's.
func (d Direct) has(u *url.URL) bool {
	rest, ok := strings.CutPrefix(u.Path, d.First)
	return ok && u.RawPath == "" && strings.Count(rest, "/") == d.Segments-1
}

// Server dispatches requests to routes. Until [Server.Ready] it answers only operational ones.
type Server struct {
	mux      *http.ServeMux
	log      *slog.Logger
	metrics  *metrics
	direct   []directRoute
	discreet []string // what stands before the first wildcard in the patterns of discreet routes
	nowhere  *meters  // of requests that reached no route
	ready    atomic.Bool
}

// directRoute is a wrapped handler and its paths.
type directRoute struct {
	Direct
	handler http.Handler
}

// NewServer returns a server of routes. It panics when two patterns clash or one is malformed:
// routes are constants of the program.
func NewServer(log *slog.Logger, m *telemetry.Metrics, routes []Route) *Server {
	s := &Server{mux: http.NewServeMux(), log: log, metrics: newMetrics(m)}
	s.nowhere = s.metrics.route("none")
	for _, r := range routes {
		m := s.metrics.route(r.Label)
		if r.Discreet {
			m.path = r.Pattern
			start, _, _ := strings.Cut(r.Pattern, "{")
			s.discreet = append(s.discreet, start)
		}
		wrapped := s.wrap(r, m)
		s.mux.Handle(r.Pattern, wrapped)
		if r.Direct != (Direct{}) {
			s.direct = append(s.direct, directRoute{r.Direct, wrapped})
		}
	}
	s.mux.Handle("/", s.wrap(Route{Handler: http.HandlerFunc(noRoute)}, s.nowhere))
	return s
}

// Ready lets all routes answer from now on.
func (s *Server) Ready() { s.ready.Store(true) }

// IsReady reports whether all routes answer.
func (s *Server) IsReady() bool { return s.ready.Load() }

// ServeHTTP answers one request: it observes, recovers and limits, then hands over to the route.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o := s.observe(w)
	defer o.finish(r)
	o.Header()["X-Content-Type-Options"] = noSniff
	// ServeMux would answer a path such as //layers with a redirect that escapes it twice.
	if !isClean(r.URL.EscapedPath()) {
		noRoute(o, r)
		return
	}
	for i := range s.direct {
		if s.direct[i].has(r.URL) {
			s.direct[i].handler.ServeHTTP(o, r)
			return
		}
	}
	s.mux.ServeHTTP(o, r)
}

// isClean reports whether p starts with a slash and has one slash between segments and no dot
// segments; a slash at the end is fine.
func isClean(p string) bool {
	if p == "" || p[0] != '/' {
		return false
	}
	for i := 0; i < len(p); i++ {
		if p[i] != '/' {
			continue
		}
		switch rest := p[i+1:]; {
		case strings.HasPrefix(rest, "/"), rest == ".", strings.HasPrefix(rest, "./"), rest == "..", strings.HasPrefix(rest, "../"):
			return false
		}
	}
	return true
}

// answered lists the methods that a route answers.
func (r *Route) answered() []string {
	list := make([]string, 0, len(r.Methods)+3)
	for _, m := range r.Methods {
		if list = append(list, m); m == http.MethodGet {
			list = append(list, http.MethodHead)
		}
	}
	if len(list) == 0 {
		list = append(list, http.MethodGet, http.MethodHead)
	}
	return append(list, http.MethodOptions)
}

// boundBody keeps a request's body within limit; ok is false once it refused the request.
func (s *Server) boundBody(w http.ResponseWriter, r *http.Request, limit int64) (ok bool) {
	if r.ContentLength > limit {
		s.metrics.refused.With("body").Add(1)
		w.Header().Set("Connection", "close")
		Refuse(w, r, CodeBodyTooLarge, fmt.Sprintf("A request's body may have %d bytes.", limit))
		return false
	}
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = http.MaxBytesReader(w, r.Body, limit)
	}
	return true
}

// wrap wraps a route's handler with what its answer depends on: the method, CORS, that no key stands in the URL, and
// whether the layers are there. The request counts for m.
func (s *Server) wrap(route Route, m *meters) http.Handler {
	answered := route.answered()
	methods := strings.Join(answered, ", ")
	limit := cmp.Or(route.Body, MaxBodyBytes)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if o, ok := w.(*observer); ok {
			o.route, o.stream = m, route.Stream
		}
		if !route.Operational && !route.Keyed {
			allowOrigins(w.Header())
		}
		if !s.boundBody(w, r, limit) {
			return
		}
		if r.Method == http.MethodOptions {
			answerOptions(w, r, methods)
			return
		}
		if keyInQuery(r.URL.RawQuery) {
			s.refuseKey(w, r)
			return
		}
		if !slices.Contains(answered, r.Method) {
			w.Header().Set("Allow", methods)
			Refuse(w, r, CodeMethodNotAllowed, "This route answers "+methods+".")
			return
		}
		if !route.Operational && !s.ready.Load() {
			w.Header().Set("Retry-After", "1")
			Refuse(w, r, CodeLoading, "The layers are still loading.")
			return
		}
		if !route.Operational && !route.Keyed && r.URL.RawQuery != "" {
			var ok bool
			if r, ok = s.takeToken(w, r); !ok {
				return
			}
		}
		route.Handler.ServeHTTP(w, r)
	})
}

func noRoute(w http.ResponseWriter, r *http.Request) {
	Refuse(w, r, CodeNotFound, "There is nothing at this path.")
}

// allowOrigins lets pages of every origin read an answer: what non-operational routes serve is public, or for who
// brings a key or token with the request, which no browser adds by itself.
func allowOrigins(h http.Header) {
	h["Access-Control-Allow-Origin"] = anyOrigin
	h["Access-Control-Expose-Headers"] = exposed
}

// answerOptions answers OPTIONS, a CORS preflight among them (Fetch standard, §3.2.2).
func answerOptions(w http.ResponseWriter, r *http.Request, methods string) {
	h := w.Header()
	h.Set("Allow", methods)
	if r.Header.Get("Access-Control-Request-Method") != "" && h.Get("Access-Control-Allow-Origin") != "" {
		h.Set("Access-Control-Allow-Methods", methods)
		h.Set("Access-Control-Allow-Headers", "Accept, Authorization, Cache-Control, If-Match, If-None-Match, If-Range, Last-Event-ID, Range, X-Api-Key")
		h.Set("Access-Control-Max-Age", "86400")
	}
	w.WriteHeader(http.StatusNoContent)
}
