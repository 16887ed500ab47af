package admin

import (
	"context"
	"errors"
	"net/http"
	"time"

	"hutong/api"
	"hutong/ingest"
	"hutong/internal/auth"
	"hutong/internal/erasure"
	"hutong/layers"
)

// EraseTimeout is how long an erasure may take: it reads all checkpoints and searches the data folder.
const EraseTimeout = 10 * time.Minute

// Eraser removes a feature from all that is kept. The error is [layers.ErrLayer], one of package ingest's, or
// an [*erasure.IncompleteError], with which there is a report.
type Eraser func(ctx context.Context, layer layers.Name, id layers.FeatureID) (*erasure.Report, error)

// EraseRoute returns the route that erases features for holders of keys. erase logs what goes wrong.
func EraseRoute(erase Eraser, keys *auth.Keys, base api.Base) api.Route {
	serve := func(w http.ResponseWriter, r *http.Request) {
		layer, id := r.PathValue("layer"), r.PathValue("id")
		var scopes []auth.Scope
		if scope, err := auth.ParseScope(string(auth.Erase) + ":" + layer); err == nil && layer != auth.Any {
			scopes = append(scopes, scope)
		}
		if !api.Authorize(w, r, base, keys, scopes...) {
			return
		}
		if len(id) > layers.MaxID {
			api.Refuse(w, r, api.CodeParameterInvalid, "An id has at most 512 bytes.")
			return
		}
		// The server's own deadline is for requests that are answered at once. A writer without one is a test's.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(EraseTimeout))
		ctx, cancel := context.WithTimeout(r.Context(), EraseTimeout)
		defer cancel()
		report, err := erase(ctx, layers.Name(layer), layers.FeatureID(id))
		if err != nil {
			refuseErasure(w, r, report, err)
			return
		}
		api.Reply(w, r, http.StatusOK, report)
	}
	return api.Route{
		Pattern: "/admin/erase/{layer}/{id}", Label: "erase", Methods: []string{http.MethodDelete},
		Keyed: true, Discreet: true, Handler: http.HandlerFunc(serve),
	}
}

// refuseErasure says why a feature is not erased. Whatever was done is done; asking again finishes it.
func refuseErasure(w http.ResponseWriter, r *http.Request, report *erasure.Report, err error) {
	const again = " The feature may still be kept somewhere: erase it again."
	retry := func(code api.Code, wait time.Duration, detail string) {
		api.RetryAfter(w.Header(), wait)
		api.Refuse(w, r, code, detail+again)
	}
	var incomplete *erasure.IncompleteError
	switch {
	case errors.As(err, &incomplete):
		api.RefuseWith(w, r, api.CodeErasure, incomplete.Error()+".", report)
	case errors.Is(err, layers.ErrLayer): // only somebody with a key for all layers gets here
		api.Refuse(w, r, api.CodeLayerNotFound, "There is no layer of this name.")
	case errors.Is(err, ingest.ErrReadOnly):
		retry(api.CodeReadOnly, 30*time.Second, "The server is short of room and takes no changes.")
	case errors.Is(err, ingest.ErrUnavailable):
		retry(api.CodeUnavailable, 5*time.Second, "The server cannot make changes durable at the moment.")
	case errors.Is(err, ingest.ErrBusy):
		retry(api.CodeBusy, time.Second, "Another erasure is under way, or the server has too much to do.")
	case r.Context().Err() != nil:
		api.Refuse(w, r, api.CodeCancelled, "")
	case errors.Is(err, context.DeadlineExceeded):
		retry(api.CodeBusy, time.Minute, "It took too long.")
	default: // which the eraser has logged
		api.Refuse(w, r, api.CodeInternal, "")
	}
}
