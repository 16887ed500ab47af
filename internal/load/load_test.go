package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"hutong/internal/testkit"
	"hutong/tiles/grid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tileServer answers /z/x/y with its path, an ETag and, once asked for, gzip in name only. Its metrics
// say that each request took 2 ms of processor time.
func tileServer(t *testing.T) (*httptest.Server, *atomic.Int64) {
	t.Helper()
	var requests atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/metrics":
			fmt.Fprintf(w, "# HELP x\nprocess_cpu_seconds_total %g\n", 5+float64(requests.Load())*0.002)
			return
		case "/set.json":
			fmt.Fprintf(w, `{"tiles":["http://%s/{z}/{x}/{y}"],"minzoom":3,"maxzoom":12,"bounds":[-77.2,38.7,-76.8,39.1]}`, r.Host)
			return
		}
		requests.Add(1)
		tag := `"` + r.URL.Path + `"`
		w.Header().Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		if e := r.Header.Get("Accept-Encoding"); e != "" {
			w.Header().Set("Content-Encoding", e)
		}
		if r.URL.Path == "/9/9/9" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		fmt.Fprint(w, "0123456789")
	}))
	t.Cleanup(s.Close)
	return s, &requests
}

func TestRun(t *testing.T) {
	t.Parallel()
	s, requests := tileServer(t)
	client := NewClient(4)
	defer client.CloseIdleConnections()
	o := Options{
		Targets: []string{s.URL + "/1/1/1", s.URL + "/1/0/1", s.URL + "/9/9/9", s.URL + "/2/1/1"}, Connections: 4, Count: 40, Encoding: "gzip",
	}
	r, err := Run(t.Context(), client, o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Requests != 40 || requests.Load() != 40 || r.Errors != 0 || r.Stopped || r.Bytes != 400 {
		t.Errorf("got %+v, want 40 requests of 10 bytes", r)
	}
	if r.Statuses["200"] != 30 || r.Statuses["503"] != 10 || r.Encodings["gzip"] != 40 {
		t.Errorf("got statuses %v, encodings %v", r.Statuses, r.Encodings)
	}
	if r.ServerCPU == nil || *r.ServerCPU < 1.999 || *r.ServerCPU > 2.001 {
		t.Errorf("got server CPU %v, want 2 ms", r.ServerCPU)
	}
	if !(r.P50 > 0 && r.P50 <= r.P95 && r.P95 <= r.P99 && r.P99 <= r.Max) || r.PerSecond <= 0 {
		t.Errorf("got latencies %v %v %v %v, %v/s", r.P50, r.P95, r.P99, r.Max, r.PerSecond)
	}
}

func TestConditional(t *testing.T) {
	t.Parallel()
	s, _ := tileServer(t)
	client := NewClient(1)
	defer client.CloseIdleConnections()
	r, err := Run(t.Context(), client, Options{
		Targets: []string{s.URL + "/1/1/1", s.URL + "/1/0/1"}, Connections: 1, Count: 10, Conditional: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	if r.Statuses["200"] != 2 || r.Statuses["304"] != 8 || r.NotModified != 0.8 || r.Encodings["identity"] != 10 {
		t.Errorf("got %+v, want each tile whole once and then 304", r)
	}
}

// TestStopped ends a run from outside, at a request that would not end by itself.
func TestStopped(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var n atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/metrics" {
			http.NotFound(w, r)
			return
		}
		if n.Add(1) == 4 {
			cancel()
			<-r.Context().Done()
		}
	}))
	defer s.Close()
	client := NewClient(1)
	defer client.CloseIdleConnections()
	r, err := Run(ctx, client, Options{Targets: []string{s.URL}, Connections: 1, Duration: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if !r.Stopped || r.Requests != 3 || r.Errors != 0 || r.ServerCPU != nil {
		t.Errorf("got %+v, want what there was: 3 requests", r)
	}
}

func TestErrorsAreCounted(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, "short")
	}))
	defer s.Close()
	client := NewClient(1)
	defer client.CloseIdleConnections()
	r, err := Run(t.Context(), client, Options{Targets: []string{s.URL}, Connections: 1, Count: 3})
	if err != nil {
		t.Fatal(err)
	}
	if r.Requests != 0 || r.Errors != 3 || !strings.Contains(r.FirstError, "EOF") {
		t.Errorf("got %+v, want 3 errors about the end", r)
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	o := Options{Connections: MaxConnections + 1, Count: -1, Encoding: "deflate"}
	err := o.Validate()
	for _, want := range []string{"0 targets", "connections", "number of requests", "deflate"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q too", err, want)
		}
	}
	for target, want := range map[string]string{
		"http://127.0.0.1:1/": "", "http://localhost/": "", "https://[::1]/x": "",
		"http://tiles.example/": "not on this machine", "http://10.0.0.1/": "not on this machine", "http://localhost.example/": "not on this machine",
		"ftp://localhost/": "no", "127.0.0.1:8080/x": "no", "http://": "no",
	} {
		err := CheckTarget(target, false)
		if (err == nil) != (want == "") || want == "not on this machine" && !errors.Is(err, ErrRemote) {
			t.Errorf("%s: got %v, want %q", target, err, want)
		}
		if want == "not on this machine" && CheckTarget(target, true) != nil {
			t.Errorf("%s: refused although remote targets are allowed", target)
		}
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	s, _ := tileServer(t)
	client := NewClient(1)
	defer client.CloseIdleConnections()
	set, err := Describe(t.Context(), client, s.URL+"/set.json")
	if err != nil {
		t.Fatal(err)
	}
	want := &Tileset{Template: s.URL + "/{z}/{x}/{y}", MinZoom: 3, MaxZoom: 12, Bounds: [4]float64{-77.2, 38.7, -76.8, 39.1}}
	if diff := cmp.Diff(want, set); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if set, err = Describe(t.Context(), client, "http://h/{z}/{x}/{y}.mvt"); err != nil || set.MaxZoom != 18 || set.Bounds != World {
		t.Errorf("got %+v, %v", set, err)
	}
	for _, bad := range []string{
		"http://h/{z}/{x}", `{"tiles":[]}`, `{"tiles":["a"]}`, `[]`, `{"tiles":["{z}{x}{y}"],"minzoom":9,"maxzoom":3}`,
		`{"tiles":["{z}{x}{y}"],"bounds":[10,0,-10,5]}`, `{"tiles":["{z}{x}{y}"],"maxzoom":200}`,
	} {
		if strings.HasPrefix(bad, "http") {
			_, err = Describe(t.Context(), client, bad)
		} else {
			_, err = parseTileJSON([]byte(bad))
		}
		if err == nil {
			t.Errorf("%s: want an error", bad)
		}
	}
}

// TestWalk looks at a walk: the same for a seed, inside the set, and mostly from a tile to the next.
func TestWalk(t *testing.T) {
	t.Parallel()
	whole := &Tileset{Template: "/{z}/{x}/{y}", MaxZoom: 18, Bounds: World}
	set, err := whole.Narrow(10, 13, [4]float64{-77.12, 38.79, -76.91, 39})
	if err != nil {
		t.Fatal(err)
	}
	walk := set.Walk(300, 1)
	if !slices.Equal(walk, set.Walk(300, 1)) || slices.Equal(walk, set.Walk(300, 2)) {
		t.Error("a walk does not follow from its seed")
	}
	zooms, different := map[uint8]int{}, map[grid.Tile]bool{}
	for _, tile := range walk {
		if !tile.Valid() || !set.meets(tile) {
			t.Fatalf("%v is not in the set", tile)
		}
		zooms[tile.Z]++
		different[tile] = true
	}
	if len(zooms) != 4 || zooms[10] == 0 || zooms[13] == 0 || len(different) < 50 {
		t.Errorf("got zooms %v and %d different tiles", zooms, len(different))
	}
	var b strings.Builder
	for _, tile := range walk[:20] {
		b.WriteString(tile.String() + "\n")
	}
	testkit.Golden(t, "walk.txt", b.String())
	if _, err := set.Narrow(14, 15, World); err == nil {
		t.Error("want an error for zooms that the set does not have")
	}
	if _, err := set.Narrow(0, 18, [4]float64{10, 10, 20, 20}); err == nil {
		t.Error("want an error for bounds beside the set")
	}
	one := &Tileset{Template: "/{z}/{x}/{y}", Bounds: [4]float64{0, 0, 0, 0}}
	if got := one.Walk(3, 1); !slices.Equal(got, []grid.Tile{{}, {}, {}}) {
		t.Errorf("got %v, want the only tile there is", got)
	}
}

func TestReadList(t *testing.T) {
	t.Parallel()
	set := &Tileset{Template: "http://h/{z}/{x}/{y}.mvt"}
	got, err := ReadList(strings.NewReader("# tiles\n\n 12/656/1582 \nhttp://h/x\n"), set)
	if want := []string{"http://h/12/656/1582.mvt", "http://h/x"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	for text, want := range map[string]string{
		"1/1/1\n1/2/1\n": "line 2", "1/1": "line 1", "a/b/c": "line 1", strings.Repeat("x", maxLine+1): "line 1",
	} {
		if _, err := ReadList(strings.NewReader(text), set); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: got %v, want %q", text, err, want)
		}
	}
}

func FuzzReadList(f *testing.F) {
	for _, seed := range []string{"1/1/1\n", "http://h/x", "# no\n\n", "1/1/1/1", "\x00/\xff/1"} {
		f.Add(seed)
	}
	set := &Tileset{Template: "http://h/{z}/{x}/{y}"}
	f.Fuzz(func(t *testing.T, text string) {
		targets, err := ReadList(strings.NewReader(text), set)
		if err != nil && targets != nil {
			t.Fatal("both targets and an error")
		}
		for _, target := range targets {
			if !strings.HasPrefix(target, "http") {
				t.Fatalf("%q is no URL", target)
			}
		}
	})
}

func FuzzTileJSON(f *testing.F) {
	f.Add([]byte(`{"tiles":["http://h/{z}/{x}/{y}"],"minzoom":3,"maxzoom":12,"bounds":[-77.2,38.7,-76.8,39.1]}`))
	f.Add([]byte(`{"tiles":["{z}{x}{y}"],"bounds":[1]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		set, err := parseTileJSON(body)
		if err != nil {
			return
		}
		for _, tile := range set.Walk(20, 1) {
			if !tile.Valid() || tile.Z < set.MinZoom || tile.Z > set.MaxZoom {
				t.Fatalf("%v of %+v", tile, set)
			}
		}
	})
}

// TestHistogram holds quantiles against sorted durations.
func TestHistogram(t *testing.T) {
	t.Parallel()
	const seed = 3
	rng := rand.New(rand.NewPCG(seed, 0))
	var h, half histogram
	all := make([]time.Duration, 10_000)
	for i := range all {
		all[i] = time.Duration(1 << rng.IntN(40)).Truncate(time.Microsecond)
		all[i] += time.Duration(rng.IntN(1000)) * time.Microsecond
		if i%2 == 0 {
			h.add(all[i])
		} else {
			half.add(all[i])
		}
	}
	h.merge(&half)
	slices.Sort(all)
	for _, q := range []float64{0, 0.01, 0.5, 0.95, 0.99, 1} {
		want := all[min(max(int(q*float64(len(all))+0.5)-1, 0), len(all)-1)]
		got := h.quantile(q)
		if got < want || got > want+want/50+time.Microsecond {
			t.Errorf("seed %d: quantile %v: got %v, want %v to 2 %%", seed, q, got, want)
		}
	}
	for i := range uint64(1 << 16) {
		if b := bucketOf(i * i); upper(b) < i*i || b > 0 && upper(b-1) >= i*i {
			t.Fatalf("%d µs is in bucket %d, which ends at %d", i*i, b, upper(b))
		}
	}
	if new(histogram).quantile(0.5) != 0 {
		t.Error("an empty histogram has a quantile")
	}
	h.add(1 << 62) // beyond the last bucket
}

func TestWrite(t *testing.T) {
	t.Parallel()
	cpu := 0.53
	r := Result{
		Requests: 600, Errors: 2, FirstError: "connection refused", Stopped: true, Seconds: 0.5, PerSecond: 1200, P50: 0.39, P95: 3.17, P99: 5.12, Max: 6,
		Bytes: 1200, Statuses: map[string]int64{"200": 438, "304": 162}, Encodings: map[string]int64{"gzip": 438, "identity": 162},
		NotModified: 0.27, ServerCPU: &cpu,
	}
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	testkit.Golden(t, "result.txt", b.String())
}

func FuzzMetric(f *testing.F) {
	f.Add([]byte("process_cpu_seconds_total 1.5 123\n"))
	f.Add([]byte("x 1\n"))
	f.Fuzz(func(_ *testing.T, text []byte) { _, _ = metricOf(bytes.NewReader(text), metricCPU) })
}
