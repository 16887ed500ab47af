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

// looks bounds the queries that read many features: one a processor at once.
type looks struct{ gate api.Gate }

func newLooks(m *telemetry.Metrics) looks {
	late := m.Counter("hutong_query_refused_total", "Queries refused because too many others were under way.")
	return looks{api.NewGate(runtime.GOMAXPROCS(0), lookWait, late.With())}
}

// enter waits for a turn and returns what ends it; when there is none it answers the request.
func (l looks) enter(w http.ResponseWriter, r *http.Request) (leave func(), ok bool) {
	if l.gate.Enter(r.Context()) {
		return l.gate.Leave, true
	}
	if r.Context().Err() != nil {
		api.Refuse(w, r, api.CodeCancelled, "")
		return nil, false
	}
	w.Header().Set("Retry-After", "1")
	api.Refuse(w, r, api.CodeBusy, "Too many queries are under way.")
	return nil, false
}
