package snapshot

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"hutong/api"
	"hutong/internal/auth"
	"hutong/layers"
)

// PinTimeout is how long pinning may take: it makes states of all layers and writes them.
const PinTimeout = 10 * time.Minute

// admin answers PUT and DELETE /admin/snapshots/{name}.
func (s *Surface) admin(w http.ResponseWriter, r *http.Request) {
	if !api.Authorize(w, r, s.base, s.keys, auth.Scope{Action: auth.Pin}) {
		return
	}
	if s.source == nil {
		api.Refuse(w, r, api.CodeNoPast, "This server keeps nothing, so there is nothing to pin: its config has no journal.")
		return
	}
	// The server's own deadline is for requests that are answered at once. A writer without one is a test's.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(PinTimeout))
	name := r.PathValue("name")
	if r.Method == http.MethodDelete {
		if err := s.source.Unpin(r.Context(), name); err != nil {
			s.refuse(w, r, name, err)
			return
		}
		w.WriteHeader(http.StatusNoContent)
		return
	}
	names, moment, err := pinQuery(r)
	if err != nil {
		api.Refuse(w, r, api.CodeParameterInvalid, err.Error()+".")
		return
	}
	m, err := s.source.Pin(r.Context(), name, names, moment)
	if err != nil {
		s.refuse(w, r, name, err)
		return
	}
	api.Reply(w, r, http.StatusCreated, s.describe(m, r))
}

// pinQuery reads the parameters layers and asof, of which each may be missing.
func pinQuery(r *http.Request) (names []layers.Name, m Moment, err error) {
	query, err := api.ParseQuery(r.URL.RawQuery)
	if err == nil {
		err = api.Accept(query, "layers", "asof")
	}
	if err != nil {
		return nil, m, err
	}
	if values := query["layers"]; len(values) > 0 {
		list, err := api.Single("layers", values)
		if err != nil {
			return nil, m, err
		}
		for name := range strings.SplitSeq(list, ",") {
			if err := layers.Name(name).Validate(); err != nil {
				return nil, m, err
			}
			names = append(names, layers.Name(name))
		}
		slices.Sort(names)
		names = slices.Compact(names)
	}
	if values := query["asof"]; len(values) > 0 {
		text, err := api.Single("asof", values)
		if err != nil {
			return nil, m, err
		}
		if m, err = ParseMoment(text); err != nil {
			return nil, m, err
		}
	}
	return names, m, nil
}
