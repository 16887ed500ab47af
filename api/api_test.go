package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"hutong/internal/telemetry"
)

// fixture is a ready server with a few routes, its log and its metrics.
type fixture struct {
	*Server
	log     *bytes.Buffer
	metrics *telemetry.Metrics
}

func newFixture(t *testing.T) fixture {
	t.Helper()
	var log bytes.Buffer
	m := telemetry.NewMetrics()
	s := NewServer(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), m, []Route{
		{Pattern: "/hello/{name}", Label: "hello", Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			SendJSON(w, r, "application/json", map[string]string{"hello": r.PathValue("name")})
		})},
		{Pattern: "/panic", Label: "panic", Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			panic("the secret is 42")
		})},
		{Pattern: "/late", Label: "late", Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusOK)
			panic("after the headers")
		})},
		{Pattern: "/livez", Label: "livez", Operational: true, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			SendNothing(w)
		})},
	})
	s.Ready()
	return fixture{s, &log, m}
}

func (f fixture) do(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w
}

func (f fixture) get(target string) *httptest.ResponseRecorder {
	return f.do(httptest.NewRequest(http.MethodGet, target, nil))
}

// wantProblem fails unless w holds a whole problem with this status and code.
func wantProblem(t *testing.T, w *httptest.ResponseRecorder, status int, code Code) {
	t.Helper()
	if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("got content type %q, want application/problem+json", got)
	}
	var p problem
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatalf("the body %q is no problem: %v", w.Body.String(), err)
	}
	if w.Code != status || p.Status != status || p.Code != code || p.Title == "" || p.Type != "urn:hutong:problem:"+string(code) {
		t.Errorf("got %d %+v, want %d %s", w.Code, p, status, code)
	}
}

func TestServerProblems(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, method, target string
		status               int
		code                 Code
	}{
		{"no route", "GET", "/nowhere", 404, CodeNotFound},
		{"root", "GET", "/", 404, CodeNotFound},
		{"unclean path", "GET", "//hello/x", 404, CodeNotFound},
		{"dot segments", "GET", "/hello/../livez", 404, CodeNotFound},
		{"slash at the end", "GET", "/hello/x/", 404, CodeNotFound},
		{"method", "POST", "/hello/x", 405, CodeMethodNotAllowed},
		{"method of nowhere", "DELETE", "/nowhere", 405, CodeMethodNotAllowed},
		{"panic", "GET", "/panic", 500, CodeInternal},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			w := f.do(httptest.NewRequest(c.method, c.target, nil))
			wantProblem(t, w, c.status, c.code)
			if strings.Contains(w.Body.String(), "42") {
				t.Error("the client sees an internal message")
			}
			if c.status == 405 && w.Header().Get("Allow") != "GET, HEAD, OPTIONS" {
				t.Errorf("got Allow %q", w.Header().Get("Allow"))
			}
		})
	}
}

func TestEveryCodeHasAKind(t *testing.T) {
	t.Parallel()
	for code, k := range kinds {
		if k.status < 400 || k.title == "" || strings.ToLower(string(code)) != string(code) {
			t.Errorf("%s: got %+v, want an error status and a title", code, k)
		}
	}
	w := httptest.NewRecorder()
	Refuse(w, httptest.NewRequest(http.MethodGet, "/", nil), "no such code", "detail")
	wantProblem(t, w, http.StatusInternalServerError, CodeInternal)
}

func TestPanicAfterHeadersCutsTheConnection(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	defer func() {
		got := recover()
		if err, ok := got.(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
			t.Errorf("got panic %v, want http.ErrAbortHandler", got)
		}
		if !strings.Contains(f.log.String(), "panic while answering") {
			t.Errorf("the log %q does not tell of the panic", f.log.String())
		}
	}()
	f.get("/late")
}

// TestDiscreetRoutesKeepPathsOutOfTheLog: what a discreet route has in its path is not in the log, and neither is
// it of a request that was meant for one and missed it.
func TestDiscreetRoutesKeepPathsOutOfTheLog(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("id") == "panic-5550123" {
			panic("on purpose")
		}
	})
	s := NewServer(slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), telemetry.NewMetrics(),
		[]Route{{Pattern: "/people/{id}", Label: "people", Discreet: true, Handler: answer}, {Pattern: "/hello/{id}", Label: "hello", Handler: answer}})
	s.Ready()
	for _, c := range []struct{ method, path, want string }{
		{"GET", "/people/5550123", "/people/{id}"},
		{"GET", "/people/panic-5550123", "/people/{id}"},
		{"DELETE", "/people/5550123", "/people/{id}"},
		{"GET", "/people/5550123/7", "/people/…"},
		{"GET", "//people/5550123", "/people/…"},
		{"GET", "/hello/x", "/hello/x"},
		{"GET", "/nowhere/x", "/nowhere/x"},
	} {
		log.Reset()
		s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(c.method, c.path, nil))
		if !strings.Contains(log.String(), `"path":"`+c.want+`"`) || strings.Contains(log.String(), "5550123") {
			t.Errorf("%s %s: got log %s, want the path %s", c.method, c.path, &log, c.want)
		}
	}
}

func TestAccessLogAndMetrics(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.get("/hello/a%2Fb?key=secret")
	f.get("/nowhere/" + strings.Repeat("x", 1000))
	var line struct {
		Msg, Method, Path, Route string
		Status, Bytes            int
		Seconds                  float64
	}
	if err := json.NewDecoder(bytes.NewReader(f.log.Bytes())).Decode(&line); err != nil {
		t.Fatal(err)
	}
	if line.Msg != "request" || line.Method != http.MethodGet || line.Path != "/hello/a%2Fb" || line.Route != "hello" ||
		line.Status != 200 || line.Bytes != len("{\"hello\":\"a/b\"}\n") {
		t.Errorf("got log line %+v", line)
	}
	if strings.Contains(f.log.String(), "secret") {
		t.Error("the query is in the log")
	}
	if strings.Contains(f.log.String(), strings.Repeat("x", 300)) {
		t.Error("a path of 1,000 bytes is in the log")
	}
	w := httptest.NewRecorder()
	f.metrics.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, want := range []string{
		`hutong_http_requests_total{route="hello",status="2xx"} 1`,
		`hutong_http_requests_total{route="none",status="4xx"} 1`,
		`hutong_http_requests_in_flight 0`,
	} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	if strings.Contains(w.Body.String(), "nowhere") {
		t.Error("what a client typed is in the metrics")
	}
}

func TestIsClean(t *testing.T) {
	t.Parallel()
	for p, want := range map[string]bool{
		"/": true, "/a": true, "/a/": true, "/a/b": true, "/.a": true, "/a.": true, "/a/..b": true, "/%2e%2e": true, "/...": true,
		"": false, "*": false, "a": false, "//": false, "//a": false, "/a//b": false, "/a//": false,
		"/.": false, "/..": false, "/./a": false, "/../a": false, "/a/.": false, "/a/..": false, "/a/./b": false, "/a/../b": false,
	} {
		if got := isClean(p); got != want {
			t.Errorf("isClean(%q) = %v, want %v", p, got, want)
		}
	}
}

// TestQuietLog: at level info only what failed is worth a line.
func TestQuietLog(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	var log bytes.Buffer
	f.Server.log = slog.New(slog.NewJSONHandler(&log, nil))
	f.get("/hello/x")
	f.get("/nowhere")
	if log.Len() > 0 {
		t.Errorf("got %s, want nothing", log.String())
	}
	f.ready.Store(false)
	f.get("/hello/x")
	if !strings.Contains(log.String(), `"status":503`) {
		t.Errorf("got %s, want a line about the 503", log.String())
	}
}

func TestLoading(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.ready.Store(false)
	w := f.get("/hello/x")
	wantProblem(t, w, http.StatusServiceUnavailable, CodeLoading)
	if w.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	if w := f.get("/livez"); w.Code != http.StatusNoContent {
		t.Errorf("an operational route: got %d while loading, want 204", w.Code)
	}
	f.Ready()
	if w := f.get("/hello/x"); w.Code != http.StatusOK {
		t.Errorf("got %d once ready, want 200", w.Code)
	}
}

func TestCORS(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, target := range []string{"/hello/x", "/nowhere"} {
		if got := f.get(target).Header().Get("Access-Control-Allow-Origin"); got != "*" {
			t.Errorf("%s: got Access-Control-Allow-Origin %q, want *", target, got)
		}
	}
	if got := f.get("/livez").Header().Get("Access-Control-Allow-Origin"); got != "" {
		t.Errorf("an operational route allows origin %q", got)
	}
	r := httptest.NewRequest(http.MethodOptions, "/hello/x", nil)
	r.Header.Set("Origin", "https://example.org")
	r.Header.Set("Access-Control-Request-Method", "GET")
	r.Header.Set("Access-Control-Request-Headers", "if-none-match")
	w := f.do(r)
	if w.Code != http.StatusNoContent || w.Header().Get("Access-Control-Allow-Methods") == "" ||
		!strings.Contains(w.Header().Get("Access-Control-Allow-Headers"), "If-None-Match") {
		t.Errorf("preflight: got %d %v", w.Code, w.Header())
	}
}

func TestBodyLimit(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	r := httptest.NewRequest(http.MethodGet, "/hello/x", io.LimitReader(zeros{}, MaxBodyBytes+1))
	r.ContentLength = MaxBodyBytes + 1
	w := f.do(r)
	wantProblem(t, w, http.StatusRequestEntityTooLarge, CodeBodyTooLarge)
	if w.Header().Get("Connection") != "close" {
		t.Error("the connection stays open")
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func TestBase(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodGet, "http://city.example:8080/layers", nil)
	r.Header.Set("X-Forwarded-Host", "evil.example")
	r.Header.Set("X-Forwarded-Proto", "https")
	if got, want := (Base{}).URL(r), "http://city.example:8080"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := (Base{PublicURL: "https://maps.example/city/"}).URL(r), "https://maps.example/city"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
