package snapshot

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"hutong/api"
	"hutong/internal/auth"
	"hutong/internal/telemetry"
	"hutong/internal/testkit"
	"hutong/journal/snapshot"
	"hutong/layers"
	"hutong/tiles"
	"hutong/tiles/cache"
	"hutong/tiles/past"
)

func TestParseMoment(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]Moment{
		"1": {Seq: 1}, "18446744073709551615": {Seq: 1<<64 - 1}, "007": {Seq: 7},
		"2026-07-01T12:00:00Z": {Time: noon}, "2026-07-01T20:00:00+08:00": {Time: noon}, "2026-07-01T20:00:00 08:00": {Time: noon},
		"2026-07-01T12:00:00.000000001Z": {Time: noon.Add(1)},
		"":                               {}, "0": {}, "-1": {}, "1.5": {}, "now": {}, "2026-07-01": {}, "2026-07-01T12:00:00": {}, "18446744073709551616": {}, "0001-01-01T00:00:00Z": {}, "9999-01-01T00:00:00Z": {},
	} {
		got, err := ParseMoment(text)
		if got != want || (err != nil) != want.IsZero() {
			t.Errorf("%q: got %+v, %v, want %+v", text, got, err, want)
		}
	}
}

// FuzzParseMoment: what is a moment is one, of one kind, that reads the same when it is written.
func FuzzParseMoment(f *testing.F) {
	for _, text := range []string{"1", "2026-07-01T12:00:00Z", "2026-07-01T20:00:00 08:00", "x"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, err := ParseMoment(text)
		if err != nil {
			return
		}
		if m.IsZero() || m.Seq > 0 && !m.Time.IsZero() {
			t.Errorf("%q: got %+v", text, m)
		}
		if m.Seq == 0 {
			if again, err := ParseMoment(m.Time.Format(time.RFC3339Nano)); err != nil || !again.Time.Equal(m.Time) {
				t.Errorf("%q: got %+v, %v", text, again, err)
			}
		}
	})
}

// failing is a source whose every answer is an error, but for one snapshot by other rules.
type failing struct {
	Source
	err error
}

func (f failing) Seq(context.Context, Moment, []layers.Name) (layers.Seq, error) { return 1, nil }

func (f failing) AsOf(context.Context, layers.Seq, []layers.Name) ([]*past.State, error) {
	return nil, f.err
}

func (f failing) Hidden(l *snapshot.Layer) bool { return l.Name == "hidden" }

func (f failing) Find(name string) (*snapshot.Meta, error) {
	if name == "newer" {
		return &snapshot.Meta{Name: name, Hutong: "9", TileRules: tiles.Rules + 1, Layers: []snapshot.Layer{{Name: "a"}}}, nil
	}
	if name == "gone" {
		return &snapshot.Meta{Name: name, Gone: &snapshot.Gone{Layer: "a"}, Layers: []snapshot.Layer{{Name: "a", SHA256: "of a"}, {Name: "hidden", Title: "secret", SHA256: "secret"}}}, nil
	}
	return nil, f.err
}

// TestErrors: each error of the source is a problem with a code of its own, and 503 says when to come back.
func TestErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		code api.Code
	}{
		{&FutureError{Last: 7}, api.CodeParameterInvalid},
		{&EarlierError{}, api.CodePastGone},
		{&EarlierError{Seq: 3, Time: time.Unix(1, 0)}, api.CodePastGone},
		{ErrView, api.CodeNoPast},
		{layers.ErrLayer, api.CodeLayerNotFound},
		{past.ErrBusy, api.CodeBusy},
		{past.ErrHeld, api.CodeBusy},
		{past.ErrTooLarge, api.CodePastLarge},
		{cache.ErrBusy, api.CodeBusy},
		{tiles.ErrZoom, api.CodeTileOutOfRange},
		{ErrReadOnly, api.CodeReadOnly},
		{snapshot.ErrLowDisk, api.CodeReadOnly},
		{context.Canceled, api.CodeCancelled},
		{snapshot.ErrNotFound, api.CodeSnapshotNotFound},
		{snapshot.ErrGone, api.CodeSnapshotGone},
		{&HiddenError{Layers: []layers.Name{"a", "b"}}, api.CodeSnapshotHidden},
		{snapshot.ErrName, api.CodeParameterInvalid},
		{snapshot.ErrExists, api.CodeSnapshotExists},
		{snapshot.ErrFull, api.CodeSnapshotLimit},
		{snapshot.ErrDamaged, api.CodeSnapshotBroken},
		{snapshot.ErrNewer, api.CodeSnapshotBroken},
	} {
		s := New(failing{err: c.err}, nil, api.Base{})
		w := httptest.NewRecorder()
		s.refuse(w, httptest.NewRequest(http.MethodGet, "/", nil), "a", c.err)
		var p struct{ Code api.Code }
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Code != c.code || w.Code != c.code.Status() {
			t.Errorf("%v: got %d %q, want %q", c.err, w.Code, p.Code, c.code)
		}
		if (w.Header().Get("Retry-After") != "") != (w.Code == http.StatusServiceUnavailable) {
			t.Errorf("%v: %d with Retry-After %q", c.err, w.Code, w.Header().Get("Retry-After"))
		}
	}
	defer func() {
		if got, ok := recover().(error); !ok || got.Error() != "unknown" {
			t.Errorf("got %v, want the panic of an error that nobody knows", got)
		}
	}()
	New(failing{}, nil, api.Base{}).refuse(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil), "a", errors.New("unknown"))
}

// newFailing returns a server of snapshots that cannot be shown.
func newFailing(t *testing.T) *api.Server {
	t.Helper()
	m := telemetry.NewMetrics()
	keys, err := auth.New(nil, auth.Options{Metrics: m})
	if err != nil {
		t.Fatal(err)
	}
	server := api.NewServer(slog.New(slog.DiscardHandler), m, New(failing{}, keys, api.Base{}).Routes())
	server.Ready()
	return server
}

// TestOtherRules: a snapshot whose tiles would be other bytes now gives none, and still says what it is.
func TestOtherRules(t *testing.T) {
	t.Parallel()
	server := newFailing(t)
	for path, want := range map[string]int{"/snapshots/newer": http.StatusOK, "/snapshots/newer/tiles/a/0/0/0.mvt": http.StatusNotImplemented, "/snapshots/newer/tiles/a.json": http.StatusNotImplemented} {
		if w := testkit.Ask(server, http.MethodGet, path+"?other=1"); w.Code != want {
			t.Errorf("%s: got %d, want %d: %s", path, w.Code, want, w.Body)
		}
		// Nobody is given all of a snapshot who asks for some of it, or for another time.
		for _, query := range []string{"filter=a%3D1", "filter-lang=cql2-json", "datetime=2026-01-01", "asof=1", "datum=gcj02"} {
			w := testkit.Ask(server, http.MethodGet, path+"?"+query)
			if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), string(api.CodeParameterInvalid)) || !strings.Contains(w.Body.String(), "/tiles/{layers}/{z}/{x}/{y}.mvt accepts") {
				t.Errorf("%s?%s: got %d %s, want 400 with what takes it", path, query, w.Code, w.Body)
			}
		}
	}
}

// TestGoneAndHidden: a snapshot that is gone says what it was, but not of a layer that is hidden by now.
func TestGoneAndHidden(t *testing.T) {
	t.Parallel()
	server := newFailing(t)
	w := httptest.NewRecorder()
	server.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/snapshots/gone", nil))
	got := w.Body.String()
	for _, want := range []string{`"state":"gone"`, `{"name":"a","title":"a",`, `"sha256":"of a"`, `{"name":"hidden","hidden":true}`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	if strings.Contains(got, "secret") {
		t.Errorf("it tells of what is hidden: %s", got)
	}
}
