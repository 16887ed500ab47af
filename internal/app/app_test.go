package app

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"hutong/api"
	"hutong/api/snapshot"
	"hutong/ingest"
	"hutong/internal/telemetry"
	"hutong/layers"
)

func TestRunServesAndStops(t *testing.T) {
	t.Parallel()
	a, log := newTestApp(t, newCity(), nil)
	r := start(t, a)
	for path, want := range map[string]int{
		"/": 200, "/livez": 200, "/readyz": 200, "/metrics": 200, "/layers": 200, "/layers/complaints": 200,
		"/layers/complaints/features/b": 200, "/layers/complaints/features?number=1": 200,
		"/tiles/complaints.json": 200, "/tiles/complaints/0/0/0.mvt": 200, "/tiles/empty/0/0/0.mvt": 204,
		"/styles/default.json": 200, "/assets/nothing.js": 404, "/nothing": 404,
	} {
		status, body, err := r.get(path)
		if err != nil || status != want {
			t.Errorf("%s: got %d %.200s, %v, want %d", path, status, body, err, want)
		}
	}
	r.stop()
	if err := <-r.result; err != nil {
		t.Errorf("Run: %v, want nil after it was told to stop", err)
	}
	if _, _, err := r.get("/livez"); err == nil {
		t.Error("it still answers after it stopped")
	}
	for _, want := range []string{`"msg":"source read"`, `"accepted":2`, `"msg":"layers loaded"`, `"msg":"stopped"`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %s: %s", want, log)
		}
	}
}

func TestWhileLoading(t *testing.T) {
	t.Parallel()
	loading, release := make(chan struct{}), make(chan struct{})
	city := newCity(&fakeSource{name: "slow", layer: "complaints", before: func(ctx context.Context) error {
		close(loading)
		select {
		case <-release:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}})
	a, _ := newTestApp(t, city, nil)
	status := func(path string) int {
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w.Code
	}
	check := func(want map[string]int) {
		t.Helper()
		for path, want := range want {
			if got := status(path); got != want {
				t.Errorf("%s: got %d, want %d", path, got, want)
			}
		}
	}
	go func() {
		<-loading
		check(map[string]int{"/": 200, "/livez": 200, "/readyz": 503, "/metrics": 200, "/layers": 503, "/tiles/complaints/0/0/0.mvt": 503})
		close(release)
	}()
	r := start(t, a)
	check(map[string]int{"/livez": 200, "/readyz": 200, "/layers": 200, "/tiles/complaints/0/0/0.mvt": 204})
	r.stop()
	if err := <-r.result; err != nil {
		t.Error(err)
	}
	check(map[string]int{"/readyz": 503}) // it drains
}

func TestStopWhileLoading(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	a, _ := newTestApp(t, newCity(&fakeSource{name: "slow", layer: "complaints", before: func(ctx context.Context) error {
		cancel()
		<-ctx.Done()
		return ctx.Err()
	}}), nil)
	if err := a.Run(ctx, func(string) { t.Error("it said that it is ready") }); err != nil {
		t.Errorf("got %v, want nil", err)
	}
}

func TestSourceThatCannotBeRead(t *testing.T) {
	t.Parallel()
	broken := errors.New("no such file")
	a, _ := newTestApp(t, newCity(
		&fakeSource{name: "good", layer: "complaints", changes: []layers.Change{point("1", 116, 39)}},
		&fakeSource{name: "bad", layer: "complaints", err: broken},
		&fakeSource{name: "never", layer: "complaints", before: func(context.Context) error {
			t.Error("a source after the broken one was read")
			return nil
		}},
	), nil)
	err := a.Run(t.Context(), func(string) { t.Error("it said that it is ready") })
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "layer complaints: source bad") {
		t.Errorf("got %v, want the error with its layer and source", err)
	}
	if n := a.Store().Public().All()[0].View.Now().Count(); n != 0 {
		t.Errorf("%d features of a load that failed are visible", n)
	}
}

func TestAddressInUse(t *testing.T) {
	t.Parallel()
	var config net.ListenConfig
	other, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	a, _ := newTestApp(t, newCity(), func(o *Options) { o.Listen = other.Addr().String() })
	if err := a.Run(t.Context(), func(string) {}); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("got %v, want address in use", err)
	}
}

// slowRoute answers after release was closed and says on entered that it began.
func slowRoute(entered chan<- struct{}, release <-chan struct{}) api.Route {
	return api.Route{Pattern: "/slow", Label: "slow", Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		entered <- struct{}{}
		<-release
		_, _ = io.WriteString(w, "whole")
	})}
}

func TestDrainLetsRequestsFinish(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}), make(chan struct{})
	a, _ := newTestApp(t, newCity(), nil, slowRoute(entered, release))
	r := start(t, a)
	body := make(chan string, 1)
	go func() {
		_, got, err := r.get("/slow")
		if err != nil {
			got = err.Error()
		}
		body <- got
	}()
	<-entered
	r.stop()
	for _, _, err := r.get("/livez"); err == nil; _, _, err = r.get("/livez") {
		continue // until it accepts nobody any more
	}
	close(release)
	if got := <-body; got != "whole" {
		t.Errorf("the request under way got %q, want its whole answer", got)
	}
	if err := <-r.result; err != nil {
		t.Error(err)
	}
}

func TestDrainHasADeadline(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}), make(chan struct{})
	a, log := newTestApp(t, newCity(), func(o *Options) { o.DrainTimeout = time.Millisecond }, slowRoute(entered, release))
	r := start(t, a)
	failed := make(chan error, 1)
	go func() {
		_, _, err := r.get("/slow")
		failed <- err
	}()
	<-entered
	r.stop()
	if err := <-r.result; err != nil {
		t.Errorf("Run: %v, want nil", err)
	}
	if err := <-failed; err == nil {
		t.Error("a request that takes for ever was answered")
	}
	close(release)
	if !strings.Contains(log.String(), "requests were cut off") {
		t.Errorf("the log does not say so: %s", log)
	}
}

// lookBack has an app make a past, a state of which it returns the sequence, and pins it.
func lookBack(t *testing.T, a *App) string {
	t.Helper()
	if err := a.durable.request(t.Context(), a.durable.checkpoint); err != nil {
		t.Fatal(err)
	}
	var seqs []layers.Seq
	for _, id := range []layers.FeatureID{"c", "d"} {
		if err := publish(t.Context(), a.store, layers.Batch{Layer: "complaints", Changes: []layers.Change{point(id, 116.5, 39.9)}}); err != nil {
			t.Fatal(err)
		}
		seqs = append(seqs, a.store.seqNow())
	}
	if _, err := a.history.Pin(t.Context(), "pinned", nil, snapshot.Moment{Seq: seqs[0]}); err != nil {
		t.Fatal(err)
	}
	return strconv.FormatUint(uint64(seqs[0]), 10)
}

// TestPrivateFieldsLeaveByNoDoor asks every route there is (S10).
func TestPrivateFieldsLeaveByNoDoor(t *testing.T) {
	t.Parallel()
	city := newCity(&fakeSource{
		name: "hotline", layer: "complaints",
		changes: []layers.Change{point("1", 116.3, 39.9), point("b", 116.4, 39.95)},
		refuse:  []ingest.Refusal{{Reason: ingest.ReasonType, Field: "phone", Value: "(private)", Want: "text"}},
	})
	city.Data = &Data{Folder: t.TempDir()}
	a, log := newTestApp(t, city, func(o *Options) { o.Watch = &Watch{} })
	r := start(t, a)
	defer stopped(t, r)
	past := lookBack(t, a)
	targets := map[string][]string{
		"/{$}":                           {"/"},
		"/assets/":                       {"/assets/"},
		"/livez":                         {"/livez"},
		"/live":                          {"/live?layers=nobody"}, // see TestStreams
		"/live.js":                       {"/live.js"},
		"/readyz":                        {"/readyz"},
		"/metrics":                       {"/metrics"},
		"/admin/backup":                  {"/admin/backup"},
		"/layers":                        {"/layers", "/layers?detail=brief"},
		"/layers/{name}":                 {"/layers/complaints"},
		"/layers/{name}/features":        {"/layers/complaints/features?number=1", "/layers/complaints/features?near=116.3,39.9&k=100", "/layers/complaints/features?bbox=116,39,117,40"},
		"/search":                        {"/search?q=" + secret, "/search?q=b", "/search?q=b&filter=status='open'", "/search?q=b&filter=votes%3E1"},
		"/layers/{name}/histogram":       {"/layers/complaints/histogram", "/layers/complaints/histogram?bins=3&bbox=116,39,117,40"},
		"/layers/{name}/features/{id}":   {"/layers/complaints/features/b", "/layers/complaints/features/" + secret},
		"/tiles/{file}":                  {"/tiles/complaints.json", "/tiles/complaints.json?asof=" + past},
		"/tiles/{layers}/metadata.json":  {"/tiles/complaints/metadata.json"},
		"/tiles/{layers}/{z}/{x}/{file}": {"/tiles/complaints/0/0/0.mvt", "/tiles/complaints/8/210/96.pbf", "/tiles/complaints,empty/0/0/0.mvt", "/tiles/complaints/0/0/0.mvt?asof=" + past},
		"/admin/snapshots/{name}":        {"/admin/snapshots/pinned"},
		"/snapshots":                     {"/snapshots"},
		"/snapshots/{name}":              {"/snapshots/pinned"},
		"/snapshots/{name}/tiles/{file}": {"/snapshots/pinned/tiles/complaints.json"},
		"/snapshots/{name}/tiles/{layers}/{z}/{x}/{file}": {"/snapshots/pinned/tiles/complaints/0/0/0.mvt"},
		"/styles/{file}":                  {"/styles/default.json"},
		"/sprites/{file}":                 {"/sprites/default.json", "/sprites/default@2x.png"},
		"/fonts/{stack}/{range}":          {"/fonts/Noto%20Sans%20Regular/0-255.pbf"},
		"/h3/{layer}":                     {"/h3/complaints"},
		"/h3/{layer}/{resolution}":        {"/h3/complaints/8", "/h3/complaints/11?f=csv", "/h3/complaints/4?f=arrow"},
		"/archives":                       {"/archives"},
		"/archives/{file}":                {"/archives/none.json"},
		"/archives/{name}/{z}/{x}/{file}": {"/archives/none/0/0/0.mvt"},
	}
	for _, route := range a.patterns {
		if targets[route] == nil {
			t.Errorf("no request for %s: add one", route)
		}
		for _, target := range targets[route] {
			status, body, err := r.get(target)
			if err != nil {
				t.Fatal(err)
			}
			if status >= 500 || strings.Contains(body, secret) || strings.Contains(body, "phone") {
				t.Errorf("%s: got %d and a private field or value in %.500s", target, status, body)
			}
			if isPast := strings.HasPrefix(target, "/snapshots") || strings.Contains(target, "asof"); isPast && status != http.StatusOK {
				t.Errorf("%s: got %d, which shows nothing of the past", target, status)
			}
		}
	}
	if strings.Contains(strings.ReplaceAll(log.String(), "/layers/complaints/features/"+secret, ""), secret) {
		t.Errorf("a private value is in the log: %s", log)
	}
}

func TestURLOf(t *testing.T) {
	t.Parallel()
	addr := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4711}
	for asked, want := range map[string]string{
		"127.0.0.1:0":    "http://127.0.0.1:4711",
		"localhost:0":    "http://localhost:4711",
		":0":             "http://127.0.0.1:4711",
		"0.0.0.0:0":      "http://127.0.0.1:4711",
		"[::]:0":         "http://127.0.0.1:4711",
		"[::1]:0":        "http://[::1]:4711",
		"city.test:8080": "http://city.test:4711",
	} {
		if got := urlOf("http", asked, addr); got != want {
			t.Errorf("urlOf(%q) = %s, want %s", asked, got, want)
		}
	}
}

// TestRoutesWithIDsAreDiscreet: the log of requests has no feature's id, which may be somebody's number.
func TestRoutesWithIDsAreDiscreet(t *testing.T) {
	t.Parallel()
	city, _, _, _ := pushCity(t)
	a, _ := newTestApp(t, city, nil)
	a.opts.Metrics = telemetry.NewMetrics() // each set of routes registers its own
	found := 0
	for _, r := range a.routes() {
		if !strings.Contains(r.Pattern, "{id}") {
			continue
		}
		if found++; !r.Discreet {
			t.Errorf("the paths of %s are logged", r.Pattern)
		}
	}
	if found < 3 { // of features, of deletes and of erasures
		t.Errorf("got %d routes with an id, want 3 at least", found)
	}
}
