package api

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"hutong/internal/auth"
	"hutong/internal/telemetry"
	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/view"
)

// layerFor returns an empty layer for an audience.
func layerFor(t *testing.T, name layers.Name, audience view.Audience) *Layer {
	t.Helper()
	live, err := layers.New(&layers.Schema{Name: name}, layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return &Layer{View: view.Public(live), Audience: audience}
}

// guarded returns the layers a, b and c, of which b is for officers and c for partners, and a key for officers.
func guarded(t *testing.T) (ls *Layers, key auth.Secret) {
	t.Helper()
	registry, err := NewRegistry([]*Layer{layerFor(t, "a", ""), layerFor(t, "b", view.Officer), layerFor(t, "c", view.Partner)})
	if err != nil {
		t.Fatal(err)
	}
	key = auth.NewSecret()
	keys, err := auth.New([]auth.Key{{Name: "desk", Hash: key.Hash(), Scopes: []auth.Scope{{Action: auth.Audience, Name: "officer"}}}},
		auth.Options{Metrics: telemetry.NewMetrics()})
	if err != nil {
		t.Fatal(err)
	}
	return registry.Layers(keys, Base{}), key
}

func namesOf(list []*Layer) string {
	names := make([]string, len(list))
	for i, l := range list {
		names[i] = string(l.Name())
	}
	return strings.Join(names, ",")
}

// TestFindList: all of a list or nothing, each layer once, in the order of the list.
func TestFindList(t *testing.T) {
	t.Parallel()
	ls, key := guarded(t)
	for _, c := range []struct {
		list   string
		key    auth.Secret
		want   string
		status int
	}{
		{"a", auth.Secret{}, "a", 200},
		{"a,a", auth.Secret{}, "a", 200},
		{"b,a,b", key, "b,a", 200},
		{"a,b", auth.Secret{}, "", 401},
		{"a,b,c", key, "", 403},
		{"c", key, "", 403},
		{"", key, "", 404},
		{"a,", key, "", 404},
		{"b,nowhere", auth.Secret{}, "", 404},
	} {
		w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
		if !c.key.IsZero() {
			r.Header.Set("X-Api-Key", c.key.Reveal())
		}
		seen, ok := ls.FindList(w, r, c.list)
		if got := namesOf(seen.Layers); got != c.want || ok != (c.status == 200) || w.Code != c.status {
			t.Errorf("%q: got %q, %d; want %q, %d", c.list, got, w.Code, c.want, c.status)
		}
	}
}

// TestNobodyOpensWithoutKeys: layers that nobody has said keys of open to nobody.
func TestNobodyOpensWithoutKeys(t *testing.T) {
	t.Parallel()
	ls, err := NewLayers([]*Layer{layerFor(t, "a", view.Everybody), layerFor(t, "b", "anybody")})
	if err != nil {
		t.Fatal(err)
	}
	w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("X-Api-Key", auth.NewSecret().Reveal())
	if seen, ok := ls.Visible(w, r); !ok || namesOf(seen.Layers) != "a" {
		t.Errorf("got %q, %d", namesOf(seen.Layers), w.Code)
	}
	if l := ls.Find(w, r, "b"); l != nil || w.Code != http.StatusUnauthorized {
		t.Errorf("got %v, %d; want 401", l, w.Code)
	}
}

// careless answers about whatever is asked for, and forgets that it may not be public.
func careless(ls *Layers) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if ls.Find(w, r, r.URL.Query().Get("of")) == nil {
			return
		}
		h := w.Header()
		h.Set("Cache-Control", "public, max-age=3600")
		h.Set("ETag", `"x"`)
		if r.URL.RawQuery == "of=b&status=204" {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		_, _ = w.Write([]byte("query=" + r.URL.RawQuery))
	})
}

// TestObserverKeepsPrivate: a surface that says otherwise does not get what is not public into a cache.
func TestObserverKeepsPrivate(t *testing.T) {
	t.Parallel()
	ls, key := guarded(t)
	s := NewServer(slog.New(slog.DiscardHandler), telemetry.NewMetrics(), []Route{{Pattern: "/x", Label: "x", Handler: careless(ls)}})
	s.Ready()
	for _, path := range []string{"/x?of=b", "/x?of=b&status=204"} {
		w := testkit.Ask(s, http.MethodGet, path, "Authorization", "Bearer "+key.Reveal())
		if w.Code >= 300 || w.Header().Get("Cache-Control") != privateNoStore || w.Header().Get("ETag") != "" {
			t.Errorf("%s: got %d %v", path, w.Code, w.Header())
		}
	}
	if w := testkit.Ask(s, http.MethodGet, "/x?of=a"); w.Header().Get("Cache-Control") != "public, max-age=3600" {
		t.Errorf("what is public: got %v", w.Header())
	}
}

// TestTokenLeavesTheURL: surfaces see a URL without it, however it is spelt there.
func TestTokenLeavesTheURL(t *testing.T) {
	t.Parallel()
	ls, key := guarded(t)
	s := NewServer(slog.New(slog.DiscardHandler), telemetry.NewMetrics(), []Route{
		{Pattern: "/x", Label: "x", Handler: careless(ls)},
		{Pattern: "/keyed", Label: "keyed", Keyed: true, Handler: careless(ls)},
	})
	s.Ready()
	secret := key.Reveal()
	for query, want := range map[string]string{
		"of=a&token=ht1.x":            "query=of=a",
		"token=&of=a":                 "query=of=a",
		"of=a&%74oken=anything&b=%zz": "query=of=a&b=%zz",
		"of=a&token=%zz":              "query=of=a",
		"of=a&tokens=1":               "query=of=a&tokens=1",
		"of=a&token=1&token=2":        "token stands 2 times",
		"of=a&token=" + secret:        "A key must not stand in a URL",
		"of=a&token=%68k_x":           "A key must not stand in a URL",
		"of=a&token=1&token=hk_x":     "A key must not stand in a URL",
	} {
		w := testkit.Ask(s, http.MethodGet, "/x?"+query)
		if body := w.Body.String(); !strings.Contains(body, want) || strings.Contains(body, secret) || strings.HasPrefix(want, "query") && body != want {
			t.Errorf("%s: got %d %s, want %s", query, w.Code, body, want)
		}
		if private := w.Header().Get("Cache-Control") == privateNoStore; private != (w.Code == http.StatusBadRequest) {
			t.Errorf("%s: got %d %v, want what is refused for its token kept by nobody", query, w.Code, w.Header())
		}
	}
	if w := testkit.Ask(s, http.MethodGet, "/keyed?of=a&token=1"); w.Body.String() != "query=of=a&token=1" {
		t.Errorf("a route for keys, which takes no tokens: got %s", w.Body)
	}
}

// TestKeyInURL: no route answers to a URL with a key of ours, whatever it is called there, also when the request would be
// refused for something else; and nobody is told what may be one.
func TestKeyInURL(t *testing.T) {
	t.Parallel()
	metrics := telemetry.NewMetrics()
	s := NewServer(slog.New(slog.DiscardHandler), metrics, []Route{
		{Pattern: "/x", Label: "x", Handler: echo},
		{Pattern: "/direct/{a}/{b}", Label: "direct", Direct: Direct{First: "/direct/", Segments: 2}, Handler: echo},
		{Pattern: "/keyed", Label: "keyed", Keyed: true, Methods: []string{http.MethodPost}, Handler: echo},
		{Pattern: "/livez", Label: "livez", Operational: true, Handler: echo},
	})
	s.Ready()
	key := auth.NewSecret().Reveal()
	asked := 0
	for _, route := range [][2]string{
		{http.MethodGet, "/x"}, {http.MethodHead, "/x"}, {http.MethodDelete, "/x"}, {http.MethodGet, "/direct/1/2"}, {http.MethodPost, "/keyed"}, {http.MethodGet, "/livez"}, {http.MethodGet, "/nowhere"},
	} {
		for _, query := range []string{
			"key=" + key, "a=1&api_key=" + key + "&b=%zz", "access_token=" + key, "token=" + key, "token=1&token=" + key, "authorization=Bearer%20" + key, "x=a," + key + ",b", key, "%6bey=" + key,
		} {
			asked++
			w := testkit.Ask(s, route[0], route[1]+"?"+query)
			h := w.Header()
			if w.Code != http.StatusBadRequest || h.Get("Cache-Control") != privateNoStore || h.Get("Referrer-Policy") != "no-referrer" ||
				strings.Contains(w.Body.String(), key) || route[0] != http.MethodHead && !strings.Contains(w.Body.String(), "A key must not stand in a URL") {
				t.Errorf("%s?%s: got %d %v %s", route, query, w.Code, h, w.Body)
			}
		}
		if w := testkit.Ask(s, http.MethodOptions, route[1]+"?key="+key); w.Code != http.StatusNoContent {
			t.Errorf("OPTIONS %s: got %d, want what a page may ask", route[1], w.Code)
		}
	}
	for _, query := range []string{"", "key=hk_x", "key=" + key[:len(key)-1], "key=" + key + "x", "layers=hk_parks,hk_" + strings.Repeat("roads_", 9)} {
		if w := testkit.Ask(s, http.MethodGet, "/x?"+query); w.Code != http.StatusOK || w.Body.String() != query {
			t.Errorf("%s, which has none: got %d %s", query, w.Code, w.Body)
		}
	}
	w := httptest.NewRecorder()
	metrics.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if want := fmt.Sprintf(`hutong_http_refused_total{reason="key_in_url"} %d`, asked); !strings.Contains(w.Body.String(), want) {
		t.Errorf("the metrics lack %s", want)
	}
}

// echo answers with the query.
var echo = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(r.URL.RawQuery)) })

// TestKeyWithBody: where a key is in the URL the body is not waited for.
func TestKeyWithBody(t *testing.T) {
	t.Parallel()
	s := NewServer(slog.New(slog.DiscardHandler), telemetry.NewMetrics(), []Route{{Pattern: "/keyed", Label: "keyed", Keyed: true, Methods: []string{http.MethodPost}, Handler: echo}})
	s.Ready()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/keyed?key="+auth.NewSecret().Reveal(), strings.NewReader("[]")))
	if w.Code != http.StatusBadRequest || w.Header().Get("Connection") != "close" {
		t.Errorf("got %d %v, want 400 and the end of the connection", w.Code, w.Header())
	}
}
