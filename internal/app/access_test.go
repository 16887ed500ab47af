package app

import (
	"bytes"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hutong/internal/auth"
	"hutong/internal/config"
	"hutong/internal/testkit"
	"hutong/layers/view"
	"hutong/tiles"
)

// marker is in all that only officers may see: the values, and the title of their view.
const marker = "s3cret"

// door says what paths of a route are about. Each route must have one.
type door struct {
	// named paths are of a layer, which LAYER stands for, listed ones of whatever the request may see, and open ones of
	// no layer.
	named, listed, open []string
	// apart says why the route needs no look: it is for keys, or for the operator, of whom the proxy knows.
	apart string
}

const (
	forKeys     = "for keys"
	forOperator = "for the operator"
)

// doors are the decisions on all routes.
var doors = map[string]door{
	"/{$}":     {apart: forOperator},
	"/assets/": {apart: forOperator},
	"/live.js": {open: []string{"/live.js"}},
	"/livez":   {apart: forOperator},
	"/readyz":  {apart: forOperator},
	"/metrics": {apart: forOperator},

	"/admin/backup":             {apart: forKeys},
	"/admin/erase/{layer}/{id}": {apart: forKeys},
	"/admin/snapshots/{name}":   {apart: forKeys},
	"/ingest/{source}":          {apart: forKeys},
	"/ingest/{source}/{id}":     {apart: forKeys},
	"/ingest/{source}/refused":  {apart: forKeys},
	"/ingest/{source}/replay":   {apart: forKeys},

	"/layers":        {listed: []string{"/layers", "/layers?detail=brief"}},
	"/layers/{name}": {named: []string{"/layers/LAYER"}},
	"/layers/{name}/features": {named: []string{
		"/layers/LAYER/features?bbox=116,39,117,40", "/layers/LAYER/features?near=116.3,39.9", "/layers/LAYER/features?number=1",
		"/layers/LAYER/features?number=99", "/layers/LAYER/features", "/layers/LAYER/features?bbox=116,39,117,40&status=open",
	}},
	"/layers/{name}/features/{id}": {named: []string{"/layers/LAYER/features/1", "/layers/LAYER/features/none"}},
	"/layers/{name}/histogram":     {named: []string{"/layers/LAYER/histogram", "/layers/LAYER/histogram?bins=3&bbox=116,39,117,40", "/layers/LAYER/histogram?bins=0"}},
	"/search": {
		named: []string{
			"/search?q=open&layers=LAYER", "/search?q=open&layers=empty,LAYER", "/search?q=open&layers=LAYER&filter=status='open'",
			"/search?q=open&layers=empty,LAYER&filter=state='open'", "/search?q=open&layers=LAYER&datetime=2026-01-02",
		},
		listed: []string{"/search?q=open", "/search?q=number", "/search?q=open&filter=status='open'", "/search?q=open&filter=state='open'", "/search?q=open&datetime=2026-01-02"},
	},
	"/tiles/{file}":                 {named: []string{"/tiles/LAYER.json", "/tiles/empty,LAYER.json", "/tiles/LAYER,LAYER.json"}},
	"/tiles/{layers}/metadata.json": {named: []string{"/tiles/LAYER/metadata.json", "/tiles/LAYER,empty/metadata.json"}},
	"/tiles/{layers}/{z}/{x}/{file}": {named: []string{
		"/tiles/LAYER/0/0/0.mvt", "/tiles/LAYER/0/0/0.pbf", "/tiles/empty,LAYER/0/0/0.mvt", "/tiles/LAYER/18/0/0.mvt",
		"/tiles/LAYER/0/0/1.mvt", "/tiles/LAYER/a/0/0.mvt", "/tiles/LAYER/19/0/0.mvt",
	}},
	"/h3/{layer}":              {named: []string{"/h3/LAYER"}},
	"/h3/{layer}/{resolution}": {named: []string{"/h3/LAYER/8", "/h3/LAYER/8?f=csv"}},
	// A snapshot is of what everybody may see.
	"/snapshots":                     {open: []string{"/snapshots"}},
	"/snapshots/{name}":              {open: []string{"/snapshots/none"}},
	"/snapshots/{name}/tiles/{file}": {open: []string{"/snapshots/none/tiles/complaints.json"}},
	"/snapshots/{name}/tiles/{layers}/{z}/{x}/{file}": {
		open: []string{"/snapshots/none/tiles/complaints/0/0/0.mvt"},
	},
	"/live": {named: []string{"/live?layers=LAYER", "/live?layers=empty,LAYER"}, listed: []string{"/live"}},
	"/styles/{file}": {
		named:  []string{"/styles/default.json?layers=LAYER", "/styles/dark.json?layers=empty,LAYER"},
		listed: []string{"/styles/default.json", "/styles/dark-zh.json"},
	},
	"/sprites/{file}":                 {open: []string{"/sprites/default.json", "/sprites/default@2x.png"}},
	"/fonts/{stack}/{range}":          {open: []string{"/fonts/Noto%20Sans%20Regular/0-255.pbf"}},
	"/archives":                       {open: []string{"/archives"}},
	"/archives/{file}":                {open: []string{"/archives/none.json"}},
	"/archives/{name}/{z}/{x}/{file}": {open: []string{"/archives/none/0/0/0.mvt"}},
}

// viewedCity has a public layer, a view of it for officers and one for partners, and keys and tokens for both.
type viewedCity struct {
	*App
	log    *testkit.Buffer
	signer *auth.Signer
	key    auth.Secret // opens the officers' view
	all    auth.Secret // opens all views
	other  auth.Secret // opens the partners' view
}

func newViewedCity(t *testing.T) *viewedCity {
	t.Helper()
	c := &viewedCity{log: &testkit.Buffer{}, key: auth.NewSecret(), all: auth.NewSecret(), other: auth.NewSecret()}
	secret := []byte(strings.Repeat("nobody-can-guess-it-", 2))
	file := file(t, "signing", string(secret))
	city := newCity()
	city.Layers[0].Cells = nil // no view is counted, and doors are to answer alike
	city.Tokens = &TokenFiles{Secret: file}
	for _, k := range []struct {
		name   string
		secret auth.Secret
		scope  auth.Scope
	}{
		{"officer", c.key, auth.Scope{Action: auth.View, Name: "complaints_officer"}},
		{"all", c.all, auth.Scope{Action: auth.View, Name: auth.Any}},
		{"partner", c.other, auth.Scope{Action: auth.Audience, Name: "partner"}},
	} {
		city.Keys = append(city.Keys, Key{Key: auth.Key{Name: k.name, Hash: k.secret.Hash(), Scopes: []auth.Scope{k.scope}}})
	}
	for _, v := range []View{
		{Audience: view.Officer, Policy: view.Policy{Name: "complaints_officer", Fields: []string{"status", "phone"}}, Title: marker + " title"},
		{Audience: view.Partner, Policy: view.Policy{Name: "yard", Fields: []string{"status"}}, Title: "Yard"},
	} {
		v.Layer, v.Licence, v.Tiles = "complaints", "CC0-1.0", tiles.Defaults()
		city.Views = append(city.Views, v)
	}
	c.App, _ = newTestApp(t, city, func(o *Options) {
		o.Log = slog.New(slog.NewJSONHandler(c.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	if err := c.load(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	c.server.Ready()
	t.Cleanup(func() { _ = c.archives.close() })
	var err error
	if c.signer, err = auth.NewSigner(secret, nil); err != nil {
		t.Fatal(err)
	}
	return c
}

// token signs a token that lasts for an hour from now on.
func (c *viewedCity) token(t *testing.T, action auth.Action, name string, now time.Time) string {
	t.Helper()
	text, err := c.signer.Sign(auth.Scope{Action: action, Name: name}, now.Add(time.Hour), now)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// credential is what a request brings, and the status that it gets where only officers may look; 0 is what
// everybody gets on a public layer.
type credential struct {
	name   string
	header []string
	token  string // in the URL
	status int
	list   int // the same of lists, where a public layer's status is 200
}

func (c *viewedCity) credentials(t *testing.T) []credential {
	t.Helper()
	now := time.Now()
	officer, other := c.token(t, auth.View, "complaints_officer", now), c.token(t, auth.View, "yard", now)
	expired, audience := c.token(t, auth.View, "complaints_officer", now.Add(-2*time.Hour)), c.token(t, auth.Audience, "officer", now)
	stranger, err := auth.NewSigner([]byte(strings.Repeat("another secret here ", 2)), nil)
	if err != nil {
		t.Fatal(err)
	}
	rotated, err := stranger.Sign(auth.Scope{Action: auth.View, Name: "complaints_officer"}, now.Add(time.Hour), now)
	if err != nil {
		t.Fatal(err)
	}
	bearer := func(text string) []string { return []string{"Authorization", "Bearer " + text} }
	apiKey := func(text string) []string { return []string{"X-Api-Key", text} }
	return []credential{
		{"none", nil, "", 401, 0},
		{"of a proxy", []string{"Authorization", "Basic YTpi"}, "", 401, 0},
		{"unknown key", bearer(auth.NewSecret().Reveal()), "", 401, 401},
		{"anything", nil, "hello%20world", 401, 401},
		{"forged token", nil, officer[:len(officer)-4] + "AAAA", 401, 401},
		{"token by another secret", nil, rotated, 401, 401},
		{"expired token in the URL", nil, expired, 401, 401},
		{"expired token in a header", bearer(expired), "", 401, 401},
		{"token of another view", bearer(other), "", 403, 0},
		{"token of another view in the URL", nil, other, 403, 0},
		{"key of another audience", apiKey(c.other.Reveal()), "", 403, 0},
		{"key in the URL", nil, c.key.Reveal(), 400, 400},
		{"token as bearer", bearer(officer), "", 0, 0},
		{"token as api key", apiKey(officer), "", 0, 0},
		{"token in the URL", nil, officer, 0, 0},
		{"token of the audience", nil, audience, 0, 0},
		{"key as bearer", bearer(c.key.Reveal()), "", 0, 0},
		{"key as api key", apiKey(c.key.Reveal()), "", 0, 0},
		{"key of all views", bearer(c.all.Reveal()), "", 0, 0},
	}
}

// opens reports whether the credential is good for the officers' view.
func (c *credential) opens() bool { return c.status == 0 }

// asks counts requests, so that each has an address of its own and none is refused for those before it.
var asks = make(chan int, 1)

// ask asks for a path with a credential. Streams answer that they have not begun.
func (c *viewedCity) ask(path string, by *credential, header ...string) *httptest.ResponseRecorder {
	if by.token != "" {
		path += map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")] + "token=" + by.token
	}
	r := httptest.NewRequest(http.MethodGet, "http://city.example"+path, http.NoBody)
	n := <-asks
	asks <- n + 1
	r.RemoteAddr = fmt.Sprintf("10.0.%d.%d:1", n/250, n%250)
	header = append(slices.Clone(by.header), header...)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	c.Handler().ServeHTTP(w, r)
	return w
}

// TestEveryRouteIsDecided: a route that nobody has thought about fails here.
func TestEveryRouteIsDecided(t *testing.T) {
	t.Parallel()
	city, _, _, _ := pushCity(t)
	a, _ := newTestApp(t, city, nil)
	for _, pattern := range a.patterns {
		if _, ok := doors[pattern]; !ok {
			t.Errorf("nobody has said what %s may show to whom", pattern)
		}
	}
	for _, pattern := range slices.Sorted(maps.Keys(doors)) {
		if d := doors[pattern]; !slices.Contains(a.patterns, pattern) {
			t.Errorf("there is no route %s", pattern)
		} else if (d.apart == "") == (len(d.named)+len(d.listed)+len(d.open) == 0) {
			t.Errorf("%s: want paths or a reason", pattern)
		}
	}
}

// TestPrivacyOfAccess asks every route with every credential, about what everybody and what only officers may see.
func TestPrivacyOfAccess(t *testing.T) {
	t.Parallel()
	asks <- 0
	c := newViewedCity(t)
	nobody := &credential{}
	for _, by := range c.credentials(t) {
		t.Run(by.name, func(t *testing.T) {
			t.Parallel()
			for _, pattern := range slices.Sorted(maps.Keys(doors)) {
				d := doors[pattern]
				for _, path := range d.named {
					c.checkNamed(t, path, &by, c.ask(strings.ReplaceAll(path, "LAYER", "complaints"), nobody))
				}
				for _, path := range d.listed {
					c.checkList(t, path, &by, c.ask(path, nobody))
				}
				for _, path := range d.open {
					public := c.ask(path, nobody)
					c.checkPublic(t, path, &by, c.ask(path, &by), public)
				}
			}
		})
	}
}

// checkNamed asks for a path of the officers' view, and of the public layer, of which it knows the answer.
func (c *viewedCity) checkNamed(t *testing.T, path string, by *credential, public *httptest.ResponseRecorder) {
	t.Helper()
	c.checkPublic(t, path, by, c.ask(strings.ReplaceAll(path, "LAYER", "complaints"), by), public)
	path = strings.ReplaceAll(path, "LAYER", "complaints_officer")
	w := c.ask(path, by, "If-None-Match", "*")
	want := by.status
	if want == 0 {
		want = public.Code
	}
	if w.Code != want {
		t.Errorf("%s: got %d %s, want %d", path, w.Code, w.Body, want)
	}
	wantPrivate(t, path, w)
	if shown := strings.Contains(w.Body.String(), marker); shown && !by.opens() {
		t.Errorf("%s shows what only officers may see: %s", path, w.Body)
	}
	if want == http.StatusUnauthorized && !strings.HasPrefix(w.Header().Get("WWW-Authenticate"), "Bearer ") {
		t.Errorf("%s: got WWW-Authenticate %q", path, w.Header().Get("WWW-Authenticate"))
	}
	wantToken(t, path, by, w)
}

// checkList asks for a list: it has what the credential opens, and not even the name of anything else.
func (c *viewedCity) checkList(t *testing.T, path string, by *credential, public *httptest.ResponseRecorder) {
	t.Helper()
	w := c.ask(path, by)
	want := by.list
	if want == 0 {
		want = public.Code
	}
	body := w.Body.String()
	if w.Code != want || !by.opens() && (strings.Contains(body, marker) || strings.Contains(body, "complaints_officer")) {
		t.Errorf("%s: got %d %s, want %d and nothing of the officers' view", path, w.Code, body, want)
	}
	if named := strings.HasPrefix(path, "/layers") || strings.HasPrefix(path, "/styles"); named && by.opens() && !strings.Contains(body, "complaints_officer") {
		t.Errorf("%s: got %s, want the officers' view too", path, body)
	}
	switch {
	case by.opens(), by.list != 0, strings.Contains(by.name, "another"):
		wantPrivate(t, path, w)
	case body != public.Body.String() && !strings.Contains(path, "brief") || w.Header().Get("Cache-Control") != public.Header().Get("Cache-Control"):
		t.Errorf("%s: got %v %s, want what everybody gets", path, w.Header(), body)
	}
	if vary := strings.Join(w.Header()["Vary"], ", "); want < 400 && !strings.Contains(vary, "Authorization, X-Api-Key") {
		t.Errorf("%s: got Vary %s, want what the list depends on", path, vary)
	}
	wantToken(t, path, by, w)
}

// checkPublic: what everybody may see comes whatever is sent with the request, but for a key in the URL.
func (c *viewedCity) checkPublic(t *testing.T, path string, by *credential, w, public *httptest.ResponseRecorder) {
	t.Helper()
	want := public.Code
	if by.status == http.StatusBadRequest {
		want = by.status
		wantPrivate(t, path, w)
	} else if got := w.Header().Get("Cache-Control"); got != public.Header().Get("Cache-Control") || strings.Contains(got, "private") {
		t.Errorf("%s of a public layer: got Cache-Control %s", path, got)
	}
	if w.Code != want || strings.Contains(w.Body.String(), marker) {
		t.Errorf("%s of a public layer: got %d %s, want %d", path, w.Code, w.Body, want)
	}
	if by.token != "" && strings.Contains(w.Body.String(), by.token) {
		t.Errorf("%s of a public layer: the token is in the answer", path)
	}
}

// wantPrivate fails unless no cache may keep an answer.
func wantPrivate(t *testing.T, path string, w *httptest.ResponseRecorder) {
	t.Helper()
	if h := w.Header(); len(h["Cache-Control"]) != 1 || h.Get("Cache-Control") != "private, no-store" || h.Get("ETag") != "" || w.Code == http.StatusNotModified {
		t.Errorf("%s: got %d %v, want private, no-store and no ETag", path, w.Code, h)
	}
}

// wantToken fails if an answer shows a key, or a token that was not good or did not come in the URL.
func wantToken(t *testing.T, path string, by *credential, w *httptest.ResponseRecorder) {
	t.Helper()
	all := fmt.Sprint(w.Header(), w.Body)
	if strings.Contains(all, "hk_") && !strings.Contains(all, "hk_…") || by.token == "" && strings.Contains(strings.ReplaceAll(all, "ht1.…", ""), "ht1.") {
		t.Errorf("%s: a key or token is shown: %s", path, all)
	}
	if by.token == "" {
		return
	}
	if w.Header().Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("%s: got Referrer-Policy %q", path, w.Header().Get("Referrer-Policy"))
	}
	if shown := strings.Contains(all, by.token); shown && w.Code != http.StatusOK {
		t.Errorf("%s: a token that is not good is shown: %s", path, all)
	}
	linked := strings.HasSuffix(path, ".json") && (strings.HasPrefix(path, "/tiles/") && !strings.Contains(path, "metadata") || strings.HasPrefix(path, "/styles/default"))
	if by.opens() && linked && !strings.Contains(w.Body.String(), ".mvt?token="+by.token) {
		t.Errorf("%s: got %s, want the token in the addresses of tiles", path, w.Body)
	}
}

// TestPrivacyOfPublicTiles: in a style for a holder the sources of public layers stay those of everybody.
func TestPrivacyOfPublicTiles(t *testing.T) {
	t.Parallel()
	c := newViewedCity(t)
	token := c.token(t, auth.View, "complaints_officer", time.Now())
	w := testkit.Ask(c.Handler(), http.MethodGet, "http://city.example/styles/default.json?token="+token)
	body := w.Body.String()
	for _, want := range []string{"/tiles/complaints/{z}/{x}/{y}.mvt\"", "/tiles/complaints_officer/{z}/{x}/{y}.mvt?token=" + token + `"`, "/sprites/all\""} {
		if !strings.Contains(body, want) {
			t.Errorf("got %s, want %s in it", body, want)
		}
	}
	if strings.Count(body, token) != 1 {
		t.Errorf("the token stands %d times in %s", strings.Count(body, token), body)
	}
}

// TestPrivacyOfSharedTiles: what a holder's request left in the server's cache reaches nobody else.
func TestPrivacyOfSharedTiles(t *testing.T) {
	t.Parallel()
	c := newViewedCity(t)
	ask := func(list string, header ...string) *httptest.ResponseRecorder {
		return testkit.Ask(c.Handler(), http.MethodGet, "http://city.example/tiles/"+list+"/0/0/0.mvt", header...)
	}
	holder := []string{"X-Api-Key", c.key.Reveal()}
	for range 2 { // built, then cached
		for _, list := range []string{"complaints_officer", "complaints_officer,empty", "complaints,complaints_officer"} {
			if w := ask(list, holder...); w.Code != http.StatusOK || !bytes.Contains(w.Body.Bytes(), []byte(marker)) {
				t.Errorf("%s: got %d, want what officers may see", list, w.Code)
			}
			if w := ask(list); w.Code != http.StatusUnauthorized {
				t.Errorf("%s: got %d, want 401", list, w.Code)
			}
		}
		for _, list := range []string{"complaints", "complaints,empty"} {
			for _, header := range [][]string{nil, holder} {
				if w := ask(list, header...); w.Code != http.StatusOK || bytes.Contains(w.Body.Bytes(), []byte(marker)) || w.Header().Get("ETag") == "" {
					t.Errorf("%s: got %d %v, want the public tile", list, w.Code, w.Header())
				}
			}
		}
	}
}

// TestPrivacyOfTokens: neither the log nor the metrics have what requests brought.
func TestPrivacyOfTokens(t *testing.T) {
	t.Parallel()
	c := newViewedCity(t)
	token := c.token(t, auth.View, "complaints_officer", time.Now())
	for _, path := range []string{"/tiles/complaints_officer.json?token=", "/nowhere?token=", "/tiles/complaints_officer/0/0/0.mvt?a=b&token=", "/layers?detail=none&token=", "/metrics?token=", "/?token="} {
		for _, text := range []string{token, c.key.Reveal(), token[:len(token)-4] + "AAAA"} {
			testkit.Ask(c.Handler(), http.MethodGet, "http://city.example"+path+text, "Authorization", "Bearer "+text)
		}
	}
	metrics := testkit.Ask(c.Handler(), http.MethodGet, "http://city.example/metrics").Body.String()
	for where, text := range map[string]string{"the log": c.log.String(), "the metrics": metrics} {
		if strings.Contains(text, token[:40]) || strings.Contains(text, c.key.Reveal()) {
			t.Errorf("%s: got %s", where, text)
		}
	}
	for _, want := range []string{`hutong_http_refused_total{reason="key_in_url"}`, `hutong_auth_failures_total{reason="unknown"}`} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
}

func TestSigningFiles(t *testing.T) {
	t.Parallel()
	good := file(t, "good", strings.Repeat("nobody-can-guess-it-", 2)+"\n")
	for name, c := range map[string]struct {
		files TokenFiles
		want  string
	}{
		"short":    {TokenFiles{Secret: file(t, "a", "too short\n")}, "has 9 bytes: want 32 to 4096"},
		"none":     {TokenFiles{Secret: filepath.Join(t.TempDir(), "none")}, "no such file"},
		"both":     {TokenFiles{Secret: file(t, "a", "x"), Previous: filepath.Join(t.TempDir(), "none")}, "no such file"},
		"previous": {TokenFiles{Secret: good, Previous: file(t, "a", "x")}, "has 1 bytes"},
		"the same": {TokenFiles{Secret: good, Previous: file(t, "a", strings.Repeat("nobody-can-guess-it-", 2))}, "are the same"},
	} {
		if _, err := c.files.signer(); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "too short") {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
	if _, err := (&TokenFiles{Secret: good}).signer(); err != nil {
		t.Error(err)
	}
}

// TestCheckOfAudiences: what a config says of views and tokens is held against its files and keys.
func TestCheckOfAudiences(t *testing.T) {
	t.Parallel()
	const head = "city: A city\nlayers: {lanes: {title: Lanes, licence: CC0-1.0, fields: {}}}\n" +
		"views: {desk: {layer: lanes, audience: officer, title: Desk}, all: {layer: lanes, audience: public, title: All}}\n"
	key := func(scope string) string {
		return "keys: {k: {hash: '" + auth.NewSecret().Hash().String() + "', scopes: ['" + scope + "']}}\n"
	}
	const told = "views.desk.audience: no key has the scope metrics"
	const nobody = "views.desk: no key has the scope view:desk or audience:officer, and there are no tokens, so nobody can see it"
	for name, c := range map[string]struct{ text, problem, warning string }{
		"nobody":       {"", "", nobody},
		"another key":  {key("erase:lanes"), "", nobody},
		"a key":        {key("view:*"), "", ""},
		"an audience":  {key("audience:officer"), "", ""},
		"a scraper":    {key("metrics"), "", nobody},
		"tokens":       {"tokens: {secret_file: " + file(t, "s", strings.Repeat("nobody-can-guess-it-", 2)) + "}\n", "", ""},
		"short secret": {"tokens: {secret_file: " + file(t, "s", "short") + "}\n", "has 5 bytes", ""},
		"no secret":    {"tokens: {secret_file: " + filepath.Join(t.TempDir(), "none") + "}\n", "tokens: open ", ""},
	} {
		parsed, err := config.Parse("city.yaml", []byte(head+c.text), nil)
		if err != nil {
			t.Fatal(err)
		}
		found := Check(parsed)
		var problems, warnings strings.Builder
		for _, p := range found.Problems {
			fmt.Fprintf(&problems, "%s: %s\n", p.Path, p.Message)
		}
		for _, p := range found.Warnings {
			fmt.Fprintf(&warnings, "%s: %s\n", p.Path, p.Message)
		}
		if got := problems.String(); (got == "") != (c.problem == "") || !strings.Contains(got, c.problem) {
			t.Errorf("%s: got problems %s, want %s", name, got, c.problem)
		}
		if got := warnings.String(); strings.Contains(got, told) != (name != "a scraper") {
			t.Errorf("%s: got warnings %s, want one of metrics unless there is a key for them", name, got)
		}
		if got := warnings.String(); strings.Contains(got, nobody) != (c.warning != "") || strings.Contains(got, "views.all") {
			t.Errorf("%s: got warnings %s, want %s", name, got, c.warning)
		}
	}
}
