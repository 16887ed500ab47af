package tile

import (
	"net/http"
	"strings"

	"hutong/api"
	"hutong/layers"
	"hutong/tiles/grid"
)

// Past serves layers as they were, to requests with the parameter asof. It may be used from any goroutine.
type Past interface {
	// Tile answers a request for a tile of layers as they were then.
	Tile(w http.ResponseWriter, r *http.Request, names []layers.Name, t grid.Tile, asof string)
	// Moment returns asof as it stands in the address of a tile, with nothing that would have to be escaped there. If
	// there is no such moment it answers the request with a problem, and ok is false.
	Moment(w http.ResponseWriter, r *http.Request, names []layers.Name, asof string) (canonical string, ok bool)
}

// WithPast lets t serve the past, too. It is called before t is used.
func (t *Tiles) WithPast(p Past) *Tiles {
	t.past = p
	return t
}

// alone are parameters that asof goes with none of: they are about layers as they are.
var alone = []string{"filter", "filter-lang", "filter-crs", "datetime", "datum"}

// asof returns the value of the parameter asof, "" when there is none. If it is none that can be it answers the
// request with a problem, and ok is false.
func (t *Tiles) asof(w http.ResponseWriter, r *http.Request) (asof string, ok bool) {
	if !strings.Contains(r.URL.RawQuery, "asof") { // as nearly every request
		return "", true
	}
	query, err := api.ParseQuery(r.URL.RawQuery)
	if err == nil {
		if len(query["asof"]) == 0 {
			return "", true
		}
		asof, err = api.Single("asof", query["asof"])
	}
	switch {
	case err != nil:
		api.Refuse(w, r, api.CodeParameterInvalid, "The query: "+err.Error()+".")
		return "", false
	case asof == "":
		api.Refuse(w, r, api.CodeParameterInvalid, "asof is empty; it is a time such as 2026-07-01T12:00:00Z, or a sequence number.")
		return "", false
	case t.past == nil:
		api.Refuse(w, r, api.CodeNoPast, "This server keeps no past: its config has no journal.")
		return "", false
	}
	for _, name := range alone {
		if len(query[name]) > 0 {
			api.Refuse(w, r, api.CodeParameterInvalid, "asof cannot be combined with "+name+".")
			return "", false
		}
	}
	return asof, true
}
