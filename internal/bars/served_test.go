package bars

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/paulmach/orb/maptile"

	"hutong/ingest/synthetic"
	"hutong/internal/app"
	"hutong/internal/telemetry"
	"hutong/internal/testkit"
)

// Bars on a tile of about 20 kB that is in the cache, against a bare net/http handler that writes
// the same bytes and headers.
const (
	servedRate  = 0.85 // of its requests a second
	servedCPU   = 1.2  // of its CPU a request
	connections = 64
	tileBytes   = 20_000 // as gzip, or the nearest there is
)

// childServe serves the synthetic city as `hutong demo --live=false` does and, on another port, one answer of it
// again and again: both in one process, so that its CPU between two looks is that of the one that was asked.
func childServe(s size, _ figures) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	city, err := app.Demo(s.features, 1, 0)
	if err != nil {
		return err
	}
	a, err := app.New(city, app.Options{
		Listen: "127.0.0.1:0", Metrics: telemetry.NewMetrics(),
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelInfo})),
	})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	urls := make(chan string, 1)
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, func(url string) { urls <- url }) }()
	var ours string
	select {
	case ours = <-urls:
	case err := <-ended:
		return err
	}
	bare := &bareHandler{from: ours}
	server := &http.Server{Handler: bare}
	go func() { _ = server.Serve(listener) }()
	fmt.Println(ours, "http://"+listener.Addr().String())
	_, err = io.Copy(io.Discard, os.Stdin) // until the parent has seen enough
	cancel()
	return errors.Join(err, <-ended, server.Close())
}

// bareHandler answers every request with one answer of another server, which it fetches when it is
// first asked for a path.
type bareHandler struct {
	from   string
	path   string
	header http.Header
	body   []byte
	tag    string
}

// ServeHTTP answers. The first request of a path comes before any other, see serving.start.
func (h *bareHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if h.path != r.URL.Path {
		if err := h.fetch(r.URL.Path); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
	}
	notModified := r.Header.Get("If-None-Match") == h.tag
	for name, values := range h.header {
		if notModified && (name == "Content-Type" || name == "Content-Length" || name == "Content-Encoding") {
			continue
		}
		w.Header().Set(name, values[0])
	}
	if notModified {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write(h.body)
}

func (h *bareHandler) fetch(path string) error {
	header, body, err := fetch(h.from + path)
	if err != nil {
		return err
	}
	header.Del("Date")
	h.path, h.header, h.body, h.tag = path, header, body, header.Get("ETag")
	return nil
}

// fetch returns what a server says to a client that takes gzip.
func fetch(url string) (http.Header, []byte, error) {
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("Accept-Encoding", "gzip")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if res.StatusCode >= 300 {
		err = errors.Join(err, fmt.Errorf("%s: %s", url, res.Status))
	}
	return res.Header, body, err
}

// serving is a child that serves.
type serving struct {
	pid        int
	ours, bare string
}

func startServing(t *testing.T) serving {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-bars.child=serve", "-bars="+strconv.FormatBool(*runBars))
	cmd.Stderr = os.Stderr
	in, errIn := cmd.StdinPipe()
	out, errOut := cmd.StdoutPipe()
	if err := errors.Join(errIn, errOut, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_, _ = io.Copy(io.Discard, out)
		if err := cmd.Wait(); err != nil {
			t.Errorf("the server: %v", err)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	urls := strings.Fields(line)
	if err != nil || len(urls) != 2 {
		t.Fatalf("the server said %q: %v", line, err)
	}
	return serving{cmd.Process.Pid, urls[0], urls[1]}
}

// cpu returns the seconds of CPU that the server has used so far.
func (s serving) cpu(t *testing.T) float64 {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.pid))
	if err != nil {
		t.Fatal(err)
	}
	// The second field is a name in brackets that may hold spaces; utime and stime are the 14th and
	// 15th, in ticks of 10 ms.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	user, errUser := strconv.ParseFloat(fields[11], 64)
	system, errSystem := strconv.ParseFloat(fields[12], 64)
	if err := errors.Join(errUser, errSystem); err != nil {
		t.Fatal(err)
	}
	return (user + system) / 100
}

// tile returns the path and the ETag of the tile around the centre whose gzip is nearest to tileBytes.
func (s serving) tile(t *testing.T) (path, tag string) {
	t.Helper()
	best := -1
	for z := maptile.Zoom(11); z < 18; z++ {
		for i := range uint32(9) {
			at := maptile.At(synthetic.Center, z)
			at.X, at.Y = at.X+i%3-1, at.Y+i/3-1
			p := fmt.Sprintf("/tiles/complaints/%d/%d/%d.mvt", at.Z, at.X, at.Y)
			header, body, err := fetch(s.ours + p)
			if err != nil {
				t.Fatal(err)
			}
			off := max(len(body)-tileBytes, tileBytes-len(body))
			if len(body) > 0 && (best < 0 || off < best) {
				best, path, tag = off, p, header.Get("ETag")
			}
		}
	}
	return path, tag
}

var wrkRate = regexp.MustCompile(`Requests/sec:\s+([0-9.]+)`)

// wrkLoad is what a run of wrk measured.
type wrkLoad struct{ rate, cpu float64 } // requests a second; seconds of the server's CPU a request

// wrk runs wrk against a URL with these headers.
func (s serving) wrk(t *testing.T, url string, seconds int, headers ...string) wrkLoad {
	t.Helper()
	args := []string{"-t1", "-c" + strconv.Itoa(connections), fmt.Sprintf("-d%ds", seconds), "-H", "Accept-Encoding: gzip"}
	for _, h := range headers {
		args = append(args, "-H", h)
	}
	before := s.cpu(t)
	out, err := exec.CommandContext(t.Context(), "wrk", append(args, url)...).CombinedOutput()
	used := s.cpu(t) - before
	m := wrkRate.FindSubmatch(out)
	if err != nil || m == nil || strings.Contains(string(out), "Non-2xx") || strings.Contains(string(out), "Socket errors") {
		t.Fatalf("wrk %s: %v: %s", url, err, out)
	}
	rate, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		t.Fatal(err)
	}
	return wrkLoad{rate, used / (rate * float64(seconds))}
}

// barServed asks the server and the bare handler in turn.
func barServed(t *testing.T, s size, r *Report) {
	if _, err := exec.LookPath("wrk"); err != nil {
		r.Add("served", "not measured: wrk is not installed")
		testkit.Missing(t, "wrk is not installed: on Debian, apt-get install wrk")
	}
	server := startServing(t)
	path, tag := server.tile(t)
	ourHeader, ourBody, err := fetch(server.ours + path)
	if err != nil {
		t.Fatal(err)
	}
	bareHeader, bareBody, err := fetch(server.bare + path)
	if err != nil {
		t.Fatal(err)
	}
	ourHeader.Del("Date")
	bareHeader.Del("Date")
	if !slices.Equal(ourBody, bareBody) || fmt.Sprint(ourHeader) != fmt.Sprint(bareHeader) {
		t.Fatalf("they do not write the same: %v and %v", ourHeader, bareHeader)
	}
	rounds, seconds := s.rounds, 4
	if !s.full() {
		rounds, seconds = 1, 1
	}
	r.Add("served: the tile", "%s, %d bytes as gzip, %d connections", path, len(ourBody), connections)
	for _, c := range []struct {
		what    string
		headers []string
	}{{"200", nil}, {"304", []string{"If-None-Match: " + tag}}} {
		var rates, cpus []float64
		var ours, bare wrkLoad
		for i := range rounds + 1 {
			runtime.GC()
			ours = server.wrk(t, server.ours+path, seconds, c.headers...)
			bare = server.wrk(t, server.bare+path, seconds, c.headers...)
			if i > 0 || !s.full() { // the first round warms both up
				rates, cpus = append(rates, ours.rate/bare.rate), append(cpus, ours.cpu/bare.cpu)
			}
		}
		r.Add("served: "+c.what+", last round", "%.0f against %.0f requests/s, %.1f against %.1f µs of CPU",
			ours.rate, bare.rate, ours.cpu*1e6, bare.cpu*1e6)
		r.AtLeast("served: "+c.what+": requests/s of a bare handler's", median(rates), servedRate, "%.2f ×")
		r.AtMost("served: "+c.what+": CPU of a bare handler's", median(cpus), servedCPU, "%.2f ×")
	}
}
