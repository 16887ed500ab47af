package snapshot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"hutong/api"
	"hutong/journal/snapshot"
	"hutong/layers"
	"hutong/tiles"
	"hutong/tiles/cache"
	"hutong/tiles/past"
)

// earliest is what a problem says of the earliest moment that can be asked for.
type earliest struct {
	Sequence layers.Seq `json:"sequence"`
	Time     *time.Time `json:"time,omitempty"`
}

// gone is what a problem says of a snapshot that is no more.
type gone struct {
	Name  string      `json:"snapshot"`
	At    time.Time   `json:"gone_at"`
	Layer layers.Name `json:"layer"`
}

// refuseGone answers for a snapshot that an erasure touched.
func refuseGone(w http.ResponseWriter, r *http.Request, m *snapshot.Meta) {
	api.RefuseWith(w, r, api.CodeSnapshotGone, fmt.Sprintf(
		"An erasure touched it: at %s a feature of its layer %s was erased from all that is kept, and with it the snapshot. /snapshots/%s says what it was.",
		m.Gone.At.Format(time.RFC3339), m.Gone.Layer, m.Name), gone{m.Name, m.Gone.At, m.Gone.Layer})
}

// hidden is what a problem says of layers of a snapshot that have what is hidden now: their names, which were asked for.
type hidden struct {
	Name   string        `json:"snapshot"`
	Layers []layers.Name `json:"layers"`
}

// refuseHidden answers for them. Whether all of a layer is hidden or some fields, and which, is not said.
func refuseHidden(w http.ResponseWriter, r *http.Request, name string, e *HiddenError) {
	api.RefuseWith(w, r, api.CodeSnapshotHidden, fmt.Sprintf(
		"What the snapshot has of %s was for everybody when it was pinned, and not all of it is now. Its other layers stay: /snapshots/%s lists them.",
		join(e.Layers), name), hidden{name, e.Layers})
}

// refuse answers for what could not be had. Whatever is not known is a fault of ours.
func (s *Surface) refuse(w http.ResponseWriter, r *http.Request, name string, err error) {
	later := func(code api.Code, wait time.Duration, detail string) {
		api.RetryAfter(w.Header(), wait)
		api.Refuse(w, r, code, detail)
	}
	var future *FutureError
	var early *EarlierError
	switch {
	case errors.As(err, &future):
		api.Refuse(w, r, api.CodeParameterInvalid, fmt.Sprintf("asof is later than now: it is %s here, and the newest sequence is %d.",
			future.Now.UTC().Format(time.RFC3339), future.Last))
	case errors.As(err, &early):
		refuseEarly(w, r, early)
	case errors.Is(err, layers.ErrLayer):
		api.Refuse(w, r, api.CodeLayerNotFound, "There is no layer of one of these names; /layers lists those there are.")
	case errors.Is(err, ErrView):
		api.Refuse(w, r, api.CodeNoPast, "The past is served of layers that are for everybody as they are, and not of those that are derived from others or redacted.")
	case errors.Is(err, past.ErrBusy):
		later(api.CodeBusy, 5*time.Second, "Too many past states are being made.")
	case errors.Is(err, past.ErrHeld):
		later(api.CodeBusy, 5*time.Second, "Something is being erased from the past.")
	case errors.Is(err, cache.ErrBusy):
		later(api.CodeBusy, time.Second, "Too many tiles are being built.")
	case errors.Is(err, past.ErrTooLarge):
		api.Refuse(w, r, api.CodePastLarge, "The layers take more memory than past states may: ask for fewer of them at once.")
	case errors.Is(err, tiles.ErrZoom):
		api.Refuse(w, r, api.CodeTileOutOfRange, "There are no tiles at this zoom.")
	case errors.Is(err, ErrReadOnly), errors.Is(err, snapshot.ErrLowDisk):
		later(api.CodeReadOnly, time.Minute, "The server is short of room and keeps nothing more.")
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		api.Refuse(w, r, api.CodeCancelled, "")
	default:
		s.refuseSnapshot(w, r, name, err)
	}
}

// refuseEarly answers for a moment that is not kept any more.
func refuseEarly(w http.ResponseWriter, r *http.Request, e *EarlierError) {
	if e.Seq == 0 {
		api.Refuse(w, r, api.CodePastGone, "Nothing of the past is kept yet.")
		return
	}
	first, detail := earliest{Sequence: e.Seq}, fmt.Sprintf("The earliest sequence that is kept is %d", e.Seq)
	if !e.Time.IsZero() {
		t := e.Time.UTC()
		first.Time = &t
		detail += ", of " + t.Format(time.RFC3339)
	}
	api.RefuseWith(w, r, api.CodePastGone, detail+".", map[string]earliest{"earliest": first})
}

// refuseSnapshot is refuse for what is wrong with a snapshot.
func (s *Surface) refuseSnapshot(w http.ResponseWriter, r *http.Request, name string, err error) {
	var hides *HiddenError
	switch {
	case errors.As(err, &hides):
		refuseHidden(w, r, name, hides)
	case errors.Is(err, snapshot.ErrNotFound):
		api.Refuse(w, r, api.CodeSnapshotNotFound, fmt.Sprintf("There is no snapshot %.64q; /snapshots lists those there are.", name))
	case errors.Is(err, snapshot.ErrGone): // since it was found
		if m, found := s.source.Find(name); found == nil && m.Gone != nil {
			refuseGone(w, r, m)
			return
		}
		api.Refuse(w, r, api.CodeSnapshotGone, "An erasure touched it.")
	case errors.Is(err, snapshot.ErrName):
		api.Refuse(w, r, api.CodeParameterInvalid, "A snapshot's name has 1 to 64 of a-z, 0-9, '_' and '-', and starts with a letter or digit.")
	case errors.Is(err, snapshot.ErrExists):
		api.Refuse(w, r, api.CodeSnapshotExists, "There is a snapshot of this name, and one that may have been cited is not replaced: choose another.")
	case errors.Is(err, snapshot.ErrFull):
		api.Refuse(w, r, api.CodeSnapshotLimit, "There are as many snapshots as may be: unpin one.")
	case errors.Is(err, snapshot.ErrDamaged), errors.Is(err, snapshot.ErrNewer):
		api.Refuse(w, r, api.CodeSnapshotBroken, "The snapshot's files are not as they were written; the server's log says more.")
	default:
		panic(err) // becomes a 500 and a log line
	}
}
