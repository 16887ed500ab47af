package catalog

import (
	"net/http"
	"runtime"
	"time"

	"hutong/api"
	"hutong/internal/telemetry"
)

// lookWait is how long a query waits for its turn.
const lookWait = 2 * time.Second

// looks bounds the queries that read many features: one a processor at once, two at least, of which half may have a
// filter. Such a one can be made to take all the time that there is.
type looks struct {
	turns    api.Turns
	filtered bool // the query has one
}

func newLooks(m *telemetry.Metrics) looks {
	late := m.Counter("hutong_query_refused_total", "Queries refused because too many others were under way.")
	return looks{turns: api.NewTurns(max(2, runtime.GOMAXPROCS(0)), lookWait, late.With())}
}

// by returns l for a query that has a filter or none.
func (l looks) by(filtered bool) looks {
	l.filtered = filtered
	return l
}

// answer is answerAs for GeoJSON.
func (l looks) answer(w http.ResponseWriter, r *http.Request, look func() []byte) {
	l.answerAs(w, r, geoJSON, look)
}

// answerAs waits for a turn, makes a body with look in it, and sends that once the turn is over: a client
// may take its time to read.
func (l looks) answerAs(w http.ResponseWriter, r *http.Request, contentType string, look func() []byte) {
	if !l.enter(w, r) {
		return
	}
	prepared, ok := l.prepare(r, contentType, look)
	if !ok {
		api.Refuse(w, r, api.CodeCancelled, "")
		return
	}
	prepared.Send(w, r)
}

// prepare makes an answer and ends the turn; ok is false when the client has gone.
func (l looks) prepare(r *http.Request, contentType string, look func() []byte) (prepared api.Answer, ok bool) {
	defer l.turns.Leave(l.filtered)
	body := look()
	if r.Context().Err() != nil {
		return api.Answer{}, false
	}
	return api.Prepare(r, contentType, body), true
}

// enter waits for a turn; when there is none it answers the request and returns false.
func (l looks) enter(w http.ResponseWriter, r *http.Request) bool {
	if l.turns.Enter(r.Context(), l.filtered) {
		return true
	}
	if r.Context().Err() != nil {
		api.Refuse(w, r, api.CodeCancelled, "")
		return false
	}
	w.Header().Set("Retry-After", "1")
	api.Refuse(w, r, api.CodeBusy, "Too many queries are under way.")
	return false
}
