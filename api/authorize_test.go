package api

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"hutong/internal/auth"
	"hutong/internal/telemetry"
)

// keyed returns a server with one keyed route of POST whose body may have 100 bytes, and a key for it.
func keyed(t *testing.T) (*Server, auth.Secret) {
	t.Helper()
	secret := auth.NewSecret()
	m := telemetry.NewMetrics()
	keys, err := auth.New([]auth.Key{{Name: "k", Hash: secret.Hash(), Scopes: []auth.Scope{{Action: auth.Ingest, Name: "a"}}}}, auth.Options{Metrics: m})
	if err != nil {
		t.Fatal(err)
	}
	s := NewServer(slog.New(slog.DiscardHandler), m, []Route{{
		Pattern: "/in/{source}", Label: "in", Methods: []string{http.MethodPost}, Body: 100, Keyed: true,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !Authorize(w, r, Base{}, keys, auth.Scope{Action: auth.Ingest, Name: r.PathValue("source")}) {
				return
			}
			if n, err := io.Copy(io.Discard, r.Body); err != nil {
				Refuse(w, r, CodeBodyTooLarge, err.Error())
			} else {
				Reply(w, r, http.StatusOK, map[string]any{"read": n, "rest": strings.Repeat("x", 2000)})
			}
		}),
	}})
	s.Ready()
	return s, secret
}

func TestAuthorize(t *testing.T) {
	t.Parallel()
	s, secret := keyed(t)
	for _, c := range []struct {
		name, path, header, value string
		status                    int
		code                      Code
		challenge                 string
	}{
		{"known", "/in/a", "Authorization", "Bearer " + secret.Reveal(), 200, "", ""},
		{"none", "/in/a", "Accept", "*/*", 401, CodeUnauthorized, `Bearer realm="hutong"`},
		{"unknown", "/in/a", "X-Api-Key", "hk_x", 401, CodeUnauthorized, `Bearer realm="hutong", error="invalid_token"`},
		{"another source", "/in/b", "X-Api-Key", secret.Reveal(), 403, CodeForbidden, `Bearer realm="hutong", error="insufficient_scope", scope="ingest:b"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodPost, c.path, strings.NewReader("{}"))
			r.Header.Set(c.header, c.value)
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if w.Code != c.status || w.Header().Get("WWW-Authenticate") != c.challenge || !strings.Contains(w.Body.String(), string(c.code)) {
				t.Errorf("got %d, %q, %s; want %d, %q, %s", w.Code, w.Header().Get("WWW-Authenticate"), w.Body, c.status, c.challenge, c.code)
			}
			if strings.Contains(w.Body.String(), "hk_x") || strings.Contains(w.Body.String(), secret.Reveal()) {
				t.Errorf("%s shows the key", w.Body)
			}
			if origin := w.Header().Get("Access-Control-Allow-Origin"); origin != "" {
				t.Errorf("pages of %s may read it", origin)
			}
		})
	}
}

// TestAttemptsAreTold: unknown keys from one address end in 429 with Retry-After.
func TestAttemptsAreTold(t *testing.T) {
	t.Parallel()
	s, _ := keyed(t)
	for i := range auth.Burst + 1 {
		r := httptest.NewRequest(http.MethodPost, "/in/a", http.NoBody)
		r.Header.Set("X-Api-Key", "hk_x")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		want := http.StatusUnauthorized
		if i == auth.Burst {
			want = http.StatusTooManyRequests
		}
		if w.Code != want || (w.Header().Get("Retry-After") != "") != (i == auth.Burst) {
			t.Fatalf("attempt %d: got %d, %v; want %d", i+1, w.Code, w.Header(), want)
		}
	}
}

func TestMethodsAndBodiesOfARoute(t *testing.T) {
	t.Parallel()
	s, secret := keyed(t)
	send := func(method, body string, length int64) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, "/in/a", strings.NewReader(body))
		r.ContentLength = length
		r.Header.Set("X-Api-Key", secret.Reveal())
		r.Header.Set("Accept-Encoding", "gzip")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w
	}
	if w := send(http.MethodPost, strings.Repeat("x", 100), 100); w.Code != 200 || w.Header().Get("Content-Encoding") != "gzip" || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("the most: got %d, %v", w.Code, w.Header())
	}
	wantProblem(t, send(http.MethodPost, strings.Repeat("x", 101), 101), http.StatusRequestEntityTooLarge, CodeBodyTooLarge)
	wantProblem(t, send(http.MethodPost, strings.Repeat("x", 101), -1), http.StatusRequestEntityTooLarge, CodeBodyTooLarge)
	w := send(http.MethodGet, "", 0)
	wantProblem(t, w, http.StatusMethodNotAllowed, CodeMethodNotAllowed)
	if got := w.Header().Get("Allow"); got != "POST, OPTIONS" {
		t.Errorf("Allow: got %s, want POST, OPTIONS", got)
	}
	if w := send(http.MethodOptions, "", 0); w.Code != http.StatusNoContent || w.Header().Get("Allow") != "POST, OPTIONS" {
		t.Errorf("OPTIONS: got %d, %v", w.Code, w.Header())
	}
}

func TestRefuseWith(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	RefuseWith(w, httptest.NewRequest(http.MethodPost, "/", http.NoBody), CodeRecordsRefused, "One.", struct {
		Refused int `json:"refused"`
	}{1})
	const want = `{"type":"urn:hutong:problem:records_refused","title":"Records were refused","status":422,"code":"records_refused","detail":"One.","refused":1}`
	if got := w.Body.String(); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestClient(t *testing.T) {
	t.Parallel()
	b := Base{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
	for _, c := range []struct {
		name, remote string
		headers      []string
		want         string
	}{
		{"direct", "192.0.2.1:5000", []string{"X-Forwarded-For", "192.0.2.9"}, "192.0.2.1"},
		{"over IPv6", "[2001:db8::1%eth0]:5000", nil, "2001:db8::1"},
		{"a proxy", "10.0.0.1:5000", []string{"X-Forwarded-For", "192.0.2.9"}, "192.0.2.9"},
		{"a proxy that says nothing", "10.0.0.1:5000", nil, "10.0.0.1"},
		{"a client's own word", "10.0.0.1:5000", []string{"X-Forwarded-For", "192.0.2.7, 192.0.2.9"}, "192.0.2.9"},
		{"two proxies", "10.0.0.1:5000", []string{"X-Forwarded-For", "192.0.2.7", "X-Forwarded-For", "192.0.2.9,10.0.0.2"}, "192.0.2.9"},
		{"forwarded", "10.0.0.1:5000", []string{"Forwarded", `for=192.0.2.7, for="[2001:db8::9]:80"`}, "2001:db8::9"},
		{"malformed", "10.0.0.1:5000", []string{"Forwarded", `for="x`, "X-Forwarded-For", "192.0.2.9"}, "10.0.0.1"},
		{"hidden", "10.0.0.1:5000", []string{"Forwarded", "for=_x"}, "10.0.0.1"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		r.RemoteAddr = c.remote
		for i := 0; i < len(c.headers); i += 2 {
			r.Header.Add(c.headers[i], c.headers[i+1])
		}
		if got := b.Client(r).String(); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}
