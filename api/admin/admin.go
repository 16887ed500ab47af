// Package admin serves what whoever runs Hutong asks of it: whether the process lives, whether it is
// ready for traffic, its metrics in Prometheus's text format, and that a feature be erased.
//
// # Routes
//
//	GET /livez     200 as long as the process answers at all
//	GET /readyz    200 once every layer is loaded, while changes can be accepted and until the server
//	               drains; 503 otherwise
//	GET /metrics   for everybody, or, where a key has the scope metrics, with such a key
//	DELETE /admin/erase/{layer}/{id}   removes a feature from all that is kept, with a key of the scope
//	               erase of the layer
package admin

import (
	"net/http"

	"hutong/api"
	"hutong/internal/auth"
)

// Routes returns the routes of an operator. ready says why the server should get no traffic, with the code
// "" when it should; it is called from any goroutine. keys says who may read metrics, and base where a client is.
func Routes(ready func() (code api.Code, detail string), metrics http.Handler, keys *auth.Keys, base api.Base) []api.Route {
	return []api.Route{
		{Pattern: "/livez", Label: "livez", Operational: true, Handler: http.HandlerFunc(live)},
		{Pattern: "/readyz", Label: "readyz", Operational: true, Handler: readiness(ready)},
		{Pattern: "/metrics", Label: "metrics", Operational: true, Handler: guarded(metrics, keys, base)},
	}
}

// guarded answers by metrics, to holders of a key of the scope metrics only if there is one: they tell how many features
// each layer and view has, also of those that are not public.
func guarded(metrics http.Handler, keys *auth.Keys, base api.Base) http.Handler {
	scope := auth.Scope{Action: auth.Metrics}
	if !keys.Guard(scope) {
		return metrics
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "private, no-store")
		if api.Authorize(w, r, base, keys, scope) {
			metrics.ServeHTTP(w, r)
		}
	})
}

func live(w http.ResponseWriter, _ *http.Request) { answer(w, "live\n") }

func readiness(ready func() (api.Code, string)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if code, detail := ready(); code != "" {
			w.Header().Set("Retry-After", "1")
			api.Refuse(w, r, code, detail)
			return
		}
		answer(w, "ready\n")
	})
}

// answer says one word to a probe; nobody may cache it.
func answer(w http.ResponseWriter, word string) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(word)) // the probe went away: nobody is left to tell
}
