package push

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"hutong/api"
	"hutong/ingest"
	"hutong/ingest/push"
	"hutong/internal/auth"
	"hutong/internal/telemetry"
	"hutong/layers"
	"hutong/layers/column"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fixture is a server with a source "hotline", a gateway's key for it, a clerk's for what it refuses, and
// one for everything.
type fixture struct {
	http.Handler
	gateway, clerk, all string
	taken               []layers.Change
	fail                error
	log                 strings.Builder
}

func (f *fixture) Accept(_ context.Context, _ string, b layers.Batch) (ingest.Receipt, error) {
	if f.fail != nil {
		return ingest.Receipt{}, f.fail
	}
	f.taken = append(f.taken, b.Changes...)
	return ingest.Receipt{Seq: 7}, nil
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{}
	m := telemetry.NewMetrics()
	secrets := [3]auth.Secret{auth.NewSecret(), auth.NewSecret(), auth.NewSecret()}
	f.gateway, f.clerk, f.all = secrets[0].Reveal(), secrets[1].Reveal(), secrets[2].Reveal()
	keys, err := auth.New([]auth.Key{
		{Name: "gateway", Hash: secrets[0].Hash(), Scopes: []auth.Scope{{Action: auth.Ingest, Name: "hotline"}}},
		{Name: "clerk", Hash: secrets[1].Hash(), Scopes: []auth.Scope{{Action: auth.Refused, Name: "hotline"}}},
		{Name: "all", Hash: secrets[2].Hash(), Scopes: []auth.Scope{{Action: auth.Ingest, Name: auth.Any}}},
	}, auth.Options{Metrics: m})
	if err != nil {
		t.Fatal(err)
	}
	id, err := ingest.ParseTemplate("{id}")
	if err != nil {
		t.Fatal(err)
	}
	feed, err := push.New(push.Options{
		Name: "hotline", Layer: "reports", To: f, Letters: ingest.NewLetters(ingest.LettersOptions{Metrics: m}), Budget: push.NewBudget(0, m),
		Limits: push.Limits{Body: 10_000, Records: 100},
		Mapping: &ingest.Mapping{
			Schema: &layers.Schema{Name: "reports", Observed: "at", Fields: []layers.Field{
				{Name: "votes", Kind: column.Int}, {Name: "phone", Kind: column.Int, Private: true}, {Name: "at", Kind: column.Time},
			}},
			ID: id, Fields: []ingest.FieldMapping{{From: "votes"}, {From: "phone"}, {From: "at"}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(&f.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	server := api.NewServer(log, m, New([]*push.Feed{feed}, keys, api.Base{}, log).Routes())
	server.Ready()
	f.Handler = server
	return f
}

// send sends a request with a key; headers are names and values in turn.
func (f *fixture) send(method, target, key, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w
}

func document(t *testing.T, w *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	var d map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil {
		t.Fatalf("%s: %v", w.Body, err)
	}
	return d
}

func TestTake(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	w := f.send("POST", "/ingest/hotline", f.gateway, `[{"id": 1}, {"id": 2, "votes": "x"}]`)
	d := document(t, w)
	delete(d, "received")
	want := map[string]any{
		"source": "hotline", "layer": "reports", "seq": 7., "records": 2., "applied": 1., "duplicate": 0., "late": 0., "too_late": 0., "refused": 1.,
		"answers": []any{
			map[string]any{"index": 0., "line": 1., "id": "1", "outcome": "applied"},
			map[string]any{"index": 1., "line": 1., "id": "2", "outcome": "refused", "reason": "type", "field": "votes", "value": "x", "want": "a whole number within ±2⁶³"},
		},
	}
	if diff := cmp.Diff(want, d); w.Code != http.StatusOK || diff != "" {
		t.Errorf("got %d, %s", w.Code, diff)
	}
	if h := w.Header(); h.Get("Cache-Control") != "no-store" || h.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("got headers %v", h)
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, method, target, body string
		headers                    []string
		fail                       error
		status                     int
		code, detail, retry        string
	}{
		{"no media type", "POST", "/ingest/hotline", "{}", []string{"Content-Type", ""}, nil, 415, "media_type_not_accepted", "no Content-Type is not taken; accepted are application/json", ""},
		{"a coding", "POST", "/ingest/hotline", "{}", []string{"Content-Encoding", "br"}, nil, 415, "media_type_not_accepted", `"br" is not taken; accepted are gzip, zstd, identity.`, ""},
		{"broken", "POST", "/ingest/hotline", "[\n{", nil, nil, 400, "body_malformed", "At line 2, byte 4: want a quoted name.", ""},
		{"no gzip", "POST", "/ingest/hotline", "{}", []string{"Content-Encoding", "gzip"}, nil, 400, "body_malformed", "not in the coding", ""},
		{"too large", "POST", "/ingest/hotline", strings.Repeat(" ", 10_001), nil, nil, 413, "body_too_large", "A body of this source may have 10000 bytes.", ""},
		{"too many", "POST", "/ingest/hotline", "[" + strings.Repeat("1,", 100) + "1]", nil, nil, 413, "body_too_large", "may have 100 records", ""},
		{"a parameter", "POST", "/ingest/hotline?atomik=1", "{}", nil, nil, 400, "parameter_invalid", `no parameter "atomik"`, ""},
		{"no choice", "POST", "/ingest/hotline?answers=some", "{}", nil, nil, 400, "parameter_invalid", "answers is all, refused or none", ""},
		{"no boolean", "POST", "/ingest/hotline?atomic=1", "{}", nil, nil, 400, "parameter_invalid", "atomic is true or false", ""},
		{"no snapshot", "POST", "/ingest/hotline?snapshot=1", "{}", nil, nil, 400, "parameter_invalid", "snapshot is true or false", ""},
		{"half a snapshot", "POST", "/ingest/hotline?snapshot=true&atomic=false", "{}", nil, nil, 400, "parameter_invalid", "takes all records or none", ""},
		{"a snapshot beside others", "POST", "/ingest/hotline?snapshot=true", `{"id": 1}`, nil, nil, 400, "parameter_invalid", "snapshot: the layer reports has features of other sources", ""},
		{"atomic", "POST", "/ingest/hotline?atomic=true", `[{"id": 1}, {}]`, nil, nil, 422, "records_refused", "Nothing was published", ""},
		{"busy", "POST", "/ingest/hotline", `{"id": 1}`, nil, fmt.Errorf("x: %w", ingest.ErrBusy), 503, "busy", "Nothing of the request counts as accepted", "1"},
		{"too many for one batch", "POST", "/ingest/hotline", `{"id": 1}`, nil, fmt.Errorf("x: %w", ingest.ErrTooLarge), 413, "body_too_large", "send fewer in a request", ""},
		{"read-only", "POST", "/ingest/hotline", `{"id": 1}`, nil, ingest.ErrReadOnly, 503, "read_only", "short of room", "30"},
		{"away", "POST", "/ingest/hotline", `{"id": 1}`, nil, ingest.ErrUnavailable, 503, "unavailable", "durable", "5"},
		{"a deadline", "POST", "/ingest/hotline", `{"id": 1}`, nil, context.DeadlineExceeded, 503, "busy", "too much to do", "1"},
		{"a fault", "POST", "/ingest/hotline", `{"id": 1}`, nil, errors.New("secret 42"), 500, "internal", "", ""},
		{"another method", "PUT", "/ingest/hotline", "{}", nil, nil, 405, "method_not_allowed", "POST, OPTIONS", ""},
		{"another source", "POST", "/ingest/forms", "{}", nil, nil, 404, "source_not_found", "no source of this name", ""},
		{"a star", "POST", "/ingest/*", "{}", nil, nil, 404, "source_not_found", "no source of this name", ""},
		{"no name of a source", "POST", "/ingest/Hot%22line", "{}", nil, nil, 404, "source_not_found", "no source of this name", ""},
		{"a time", "DELETE", "/ingest/hotline/1?observed=now", "", nil, nil, 400, "parameter_invalid", "observed: want a time as in RFC 3339, such as 2016-08-03T20:47:11Z.", ""},
		{"an empty time", "DELETE", "/ingest/hotline/1?observed=", "", nil, nil, 400, "parameter_invalid", "observed is empty", ""},
		{"a limit", "GET", "/ingest/hotline/refused?limit=0", "", nil, nil, 400, "parameter_invalid", "limit is a whole number from 1 to 1000", ""},
		{"ids", "POST", "/ingest/hotline/replay?ids=1,a", "", nil, nil, 400, "parameter_invalid", "ids are numbers of letters", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.fail = c.fail
			w := f.send(c.method, c.target, f.all, c.body, c.headers...)
			d := document(t, w)
			detail, _ := d["detail"].(string)
			if w.Code != c.status || d["code"] != c.code || !strings.Contains(detail, c.detail) || w.Header().Get("Retry-After") != c.retry {
				t.Errorf("got %d, %v, %q, retry %q; want %d, %s, %q, retry %q",
					w.Code, d["code"], detail, w.Header().Get("Retry-After"), c.status, c.code, c.detail, c.retry)
			}
			if strings.Contains(w.Body.String(), "secret") || len(f.taken) > 0 {
				t.Errorf("got %s and %d changes", w.Body, len(f.taken))
			}
		})
	}
}

// TestAtomicTellsRecords: the problem names the records that were refused.
func TestAtomicTellsRecords(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	d := document(t, f.send("POST", "/ingest/hotline?atomic=true&answers=refused", f.gateway, `[{"id": 1}, {}]`))
	list, _ := d["answers"].([]any)
	if len(list) != 1 || d["refused"] != 1. || d["records"] != 2. {
		t.Errorf("got %v, want one refused record of two", d)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, c := range []struct {
		name, method, target, key string
		want                      int
	}{
		{"nobody pushes", "POST", "/ingest/hotline", "", 401},
		{"the clerk pushes", "POST", "/ingest/hotline", f.clerk, 403},
		{"the clerk deletes", "DELETE", "/ingest/hotline/1", f.clerk, 403},
		{"the clerk deletes what is called so", "DELETE", "/ingest/hotline/refused", f.clerk, 403},
		{"the clerk looks", "GET", "/ingest/hotline/refused", f.clerk, 200},
		{"the clerk replays", "POST", "/ingest/hotline/replay", f.clerk, 200},
		{"the gateway looks", "GET", "/ingest/hotline/refused", f.gateway, 200},
		{"nobody looks", "GET", "/ingest/hotline/refused", "", 401},
		{"a source that is not there, for nobody", "POST", "/ingest/forms", "", 401},
		{"a source that is not there, for a key of another", "POST", "/ingest/forms", f.gateway, 403},
		{"all sources, for a key of one", "POST", "/ingest/*", f.gateway, 403},
		{"no name of a source, for a key of one", "POST", "/ingest/Hotline", f.gateway, 403},
	} {
		w := f.send(c.method, c.target, c.key, "[]")
		if w.Code != c.want {
			t.Errorf("%s: got %d, %s; want %d", c.name, w.Code, w.Body, c.want)
		}
	}
	if len(f.taken) > 0 {
		t.Errorf("%d changes came through", len(f.taken))
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, target := range []string{"/ingest/hotline/a%2Fb?observed=2026-01-01T00:00:00Z", "/ingest/hotline/refused", "/ingest/hotline/replay"} {
		if w := f.send("DELETE", target, f.gateway, ""); w.Code != http.StatusOK {
			t.Errorf("%s: got %d, %s", target, w.Code, w.Body)
		}
	}
	var ids []layers.FeatureID
	for _, c := range f.taken {
		if c.Op == layers.Delete {
			ids = append(ids, c.Feature.ID)
		}
	}
	if want := []layers.FeatureID{"a/b", "refused", "replay"}; !cmp.Equal(ids, want) {
		t.Errorf("got %v, want %v", ids, want)
	}
}

func TestLettersAndReplay(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.send("POST", "/ingest/hotline", f.gateway, `[{"id": 1, "votes": "x", "phone": 13800138000}, {"votes": 3}]`)
	f.send("POST", "/ingest/hotline", f.gateway, "{\"id\": \"\xff\"}")
	first := document(t, f.send("GET", "/ingest/hotline/refused?limit=2", f.clerk, ""))
	list, _ := first["letters"].([]any)
	if len(list) != 2 || first["next"] != 2. {
		t.Fatalf("got %v, want two letters and more behind 2", first)
	}
	letter, _ := list[0].(map[string]any)
	if letter["raw"] != `{"id": 1, "votes": "x", "phone": 13800138000}` || letter["type"] != "application/json" || letter["id"] != 1. {
		t.Errorf("got %v", letter)
	}
	second := document(t, f.send("GET", "/ingest/hotline/refused?after=2", f.clerk, ""))
	list, _ = second["letters"].([]any)
	letter, _ = list[0].(map[string]any)
	if len(list) != 1 || second["next"] != nil || letter["raw_base64"] != "eyJpZCI6ICL/In0=" || letter["raw"] != "" {
		t.Errorf("got %v, want one letter in base64 and no more", second)
	}
	replayed := document(t, f.send("POST", "/ingest/hotline/replay?ids=2,9", f.clerk, ""))
	if replayed["letters"] != 1. || replayed["refused"] != 1. || !cmp.Equal(replayed["missing"], []any{9.}) {
		t.Errorf("got %v, want one refused again and 9 missing", replayed)
	}
	if strings.Contains(f.log.String(), "13800138000") || strings.Contains(f.log.String(), "hk_") {
		t.Errorf("the log has a private value or a key: %s", &f.log)
	}
}

// TestExpectContinue: who asks before sending a body is told to go on only with a key.
func TestExpectContinue(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	server := httptest.NewServer(f)
	defer server.Close()
	for key, want := range map[string]string{"hk_wrong": "HTTP/1.1 401 Unauthorized", f.gateway: "HTTP/1.1 100 Continue"} {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, err = fmt.Fprintf(conn, "POST /ingest/hotline HTTP/1.1\r\nHost: x\r\nX-Api-Key: %s\r\nContent-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n", key)
		if err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(conn).ReadString('\n')
		if err != nil || strings.TrimSpace(line) != want {
			t.Errorf("got %q, %v; want %s", line, err, want)
		}
		_ = conn.Close()
	}
}

// slow is a body that does not come in time.
type slow struct{}

func (slow) Read([]byte) (int, error) {
	return 0, &net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}
}

// gone is a body that breaks off.
type gone struct{}

func (gone) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestBodiesThatDoNotCome(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for name, c := range map[string]struct {
		body io.Reader
		code string
		want int
	}{"slow": {slow{}, "body_timeout", 408}, "gone": {gone{}, "body_malformed", 400}} {
		r := httptest.NewRequest(http.MethodPost, "/ingest/hotline", c.body)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Api-Key", f.gateway)
		w := httptest.NewRecorder()
		f.ServeHTTP(w, r)
		if d := document(t, w); w.Code != c.want || d["code"] != c.code {
			t.Errorf("%s: got %d, %v; want %d, %s", name, w.Code, d["code"], c.want, c.code)
		}
	}
}

// TestIDsAreNotLogged: an id may be somebody's number, and a log is read by others than the layer's clerks.
func TestIDsAreNotLogged(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, path := range []string{"/ingest/hotline/5550123", "/ingest/hotline/555%2F5550123", "/ingest/hotline/555/5550123"} {
		f.send(http.MethodDelete, path, f.gateway, "")
	}
	if strings.Contains(f.log.String(), "5550123") || strings.Count(f.log.String(), "/ingest/") != 3 {
		t.Errorf("got log %s, want three requests without the id", &f.log)
	}
}
