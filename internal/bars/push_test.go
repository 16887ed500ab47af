package bars

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"hutong/internal/compress"
	"hutong/internal/load"
)

// Bars on changes that are pushed to a built server with a journal that syncs before it acknowledges, client and server on
// the same processors.
const (
	pushedBatches   = 100_000 // changes a second, in batches of batchSize
	pushedSingles   = 2_000   // requests a second of one change each, by pushSingleCount clients
	freshP50        = 120.0   // ms from the acknowledgement to the bytes of the tile, under load
	freshP99        = 250.0
	loneP50         = 40.0 // ms, of changes that come alone
	loadedTiles     = 2.0  // p99 of tiles under load, of that at rest
	streamP99       = 500.0
	streamBytes     = 40e3 // of the server's memory a stream
	startClean      = 3.0  // s to ready
	startKilled     = 6.0
	pushClients     = 2
	pushSingleCount = 64
	pushMoving      = 10_000 // ids of the first batches, which move again and again
	// pushIDs and pushFill: so many changes of so many ids, drawn at random, leave a million features and some more.
	pushIDs        = 1_300_000
	pushFill       = 2_000_000
	pushRate       = 2_000 // changes a second of the load
	pushTiles      = 200   // tiles a second beside
	pushStreams    = 5_000
	pushLength     = 30 * time.Second
	pushRest       = 10 * time.Second
	pushStarts     = 3
	pushMinFeature = 1_000_000
)

// pushConfig is a city whose layer is pushed to; what follows are keys.
const pushConfig = `city: A city
journal: {folder: %q}
layers:
  reports:
    title: Reports
    licence: CC0-1.0
    time: reported
    fields:
      category: {type: string, keep: true}
      status: {type: string, keep: true}
      district: {type: string}
      title: {type: string, detail: true}
      votes: {type: int}
      reported: {type: time}
sources:
  desk:
    layer: reports
    push: {}
    id: "{id}"
    fields: {category: category, status: status, district: district, title: title, votes: votes, reported: reported}

%s
`

// pushed is a built server that takes changes, on a folder of its own.
type pushed struct {
	binary, config, key string
	url                 string
	cmd                 *exec.Cmd
}

// newPushed builds the command and describes a city; nothing runs yet.
func newPushed(t *testing.T) *pushed {
	t.Helper()
	dir := t.TempDir()
	p := &pushed{binary: filepath.Join(dir, "hutong"), config: filepath.Join(dir, "city.yaml")}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", p.binary, "./cmd/hutong")
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	made, err := exec.CommandContext(t.Context(), p.binary, "key", "new", "--name", "desk", "--scope", "ingest:desk").Output()
	key, lines, found := strings.Cut(string(made), "\n\n")
	if err != nil || !found {
		t.Fatalf("no key: %v in %q", err, made)
	}
	p.key = key
	folder := filepath.Join(dir, "data")
	if err := errors.Join(os.Mkdir(folder, 0o700), os.WriteFile(p.config, fmt.Appendf(nil, pushConfig, folder, lines), 0o600)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.stop(t, syscall.SIGKILL) })
	return p
}

// start starts the server and returns the seconds until it was ready.
func (p *pushed) start(t *testing.T) float64 {
	t.Helper()
	began := time.Now()
	p.cmd = exec.Command(p.binary, "serve", "--config", p.config, "--listen", "127.0.0.1:0", "--log-level", "warn")
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err = errors.Join(err, p.cmd.Start()); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(io.LimitReader(out, 4096)).ReadString('\n')
	url, ready := strings.CutPrefix(strings.TrimSpace(line), "ready ")
	if err != nil || !ready {
		t.Fatalf("the server said %q: %v", line, err)
	}
	p.url = url
	return time.Since(began).Seconds()
}

// stop ends the server, if it runs, and waits for it.
func (p *pushed) stop(t *testing.T, how syscall.Signal) {
	t.Helper()
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Signal(how)
	if err := p.cmd.Wait(); err != nil && how != syscall.SIGKILL {
		t.Errorf("the server: %v", err)
	}
	p.cmd = nil
}

// changes are options to send changes of so many ids.
func (p *pushed) changes(t *testing.T, client *http.Client, ids int) load.IngestOptions {
	t.Helper()
	layer, err := load.DescribeLayer(t.Context(), client, p.url, "reports")
	if err != nil {
		t.Fatal(err)
	}
	return load.IngestOptions{
		Server: p.url, Source: "desk", Key: p.key, Batch: batchSize, Connections: pushClients,
		Changes: load.Changes{
			Format: load.FormatNDJSON, ID: "{n}", IDProperty: "id", First: 1, Features: ids, Observed: layer.TimeField, Fields: layer.Fields,
			Bounds: [4]float64{Extent.Min[0], Extent.Min[1], Extent.Max[0], Extent.Max[1]}, Seed: citySeed,
		},
	}
}

// barPush pushes to a server until it has a million features, follows changes to tiles, and starts the server again after
// a stop and after a kill. It runs at full size only: internal/load runs the same client against a small server.
func barPush(t *testing.T, s size, r *Report) {
	if !s.full() {
		return
	}
	p := newPushed(t)
	p.start(t)
	client := load.NewClient(load.MaxConnections)
	defer client.CloseIdleConnections()
	batches := p.changes(t, client, pushMoving)
	batches.Duration = pushRest
	moved := mustIngest(t, client, batches)
	r.AtLeast("push: changes/s, batches of 1,000, synced, 10,000 features", moved.PerSecond, pushedBatches, "%.0f")
	r.Add("push:   of these", "answered %s ms, %s", moved.Latency, cpuEach(moved.ServerCPU))
	filling := p.changes(t, client, pushIDs)
	filling.Count = pushFill
	filled := mustIngest(t, client, filling)
	r.Add("push: changes/s while the layer grows to 1 M features", "%.0f, answered %s ms, %s", filled.PerSecond, filled.Latency, cpuEach(filled.ServerCPU))
	var layer struct{ Count int }
	text, err := plain(p.url + "/layers/reports")
	if err = errors.Join(err, json.Unmarshal(text, &layer)); err != nil || layer.Count < pushMinFeature {
		t.Fatalf("got %d features, %v, want %d", layer.Count, err, pushMinFeature)
	}

	singles := p.changes(t, client, pushIDs)
	singles.Batch, singles.Connections, singles.Duration = 1, pushSingleCount, pushRest
	one := mustIngest(t, client, singles)
	r.AtLeast("push: requests/s, one change each, 64 clients, synced", one.RequestsPerSecond, pushedSingles, "%.0f")
	r.Add("push:   of these", "answered %s ms, %s", one.Latency, cpuEach(one.ServerCPU))

	freshnessUnderLoad(t, p, client, r)
	for range pushStarts {
		p.stop(t, syscall.SIGTERM)
		r.AtMost("push: s from a clean start to ready, 1 M features", p.start(t), startClean, "%.2f")
	}
	for range pushStarts {
		rest := p.changes(t, client, pushIDs)
		rest.Duration = time.Second
		mustIngest(t, client, rest) // so that there is something behind the checkpoint
		p.stop(t, syscall.SIGKILL)
		r.AtMost("push: s to ready after kill -9, 1 M features", p.start(t), startKilled, "%.2f")
	}
	p.stop(t, syscall.SIGTERM)
}

// freshnessUnderLoad follows changes of a load, and lone ones.
func freshnessUnderLoad(t *testing.T, p *pushed, client *http.Client, r *Report) {
	t.Helper()
	c := p.changes(t, client, pushIDs)
	c.Rate, c.Batch, c.Duration = pushRate, pushRate/20, pushLength
	targets, err := load.LayerWalk(p.url, "reports", 10, 14, c.Changes.Bounds, int(pushTiles*pushLength.Seconds()), citySeed)
	if err != nil {
		t.Fatal(err)
	}
	o := load.FreshnessOptions{
		Changes: c, Layer: "reports", Zoom: 14, Idle: pushLength,
		Tiles: load.Options{Targets: targets, Connections: 8, Rate: pushTiles, Encoding: "gzip"},
	}
	got := mustFollow(t, client, o)
	r.AtMost("fresh: ms from acknowledged to the tile, p50, 2,000 changes/s", got.Fresh.P50, freshP50, "%.1f")
	r.AtMost("fresh: ms from acknowledged to the tile, p99, 2,000 changes/s", got.Fresh.P99, freshP99, "%.1f")
	r.Add("fresh:   of these", "told %s ms, fetched %s ms, %d 304s first", got.Told, got.Fetched, got.NotYet)
	if got.Ratio == nil {
		t.Fatalf("no tiles: %+v and %+v", got.Idle, got.Loaded)
	}
	r.AtMost("fresh: p99 of tiles meanwhile, of that at rest", *got.Ratio, loadedTiles, "%.2f ×")
	r.Add("fresh:   of these", "p50 %.2f ms, p99 %.2f ms at rest; p50 %.2f ms, p99 %.2f ms meanwhile", got.Idle.P50, got.Idle.P99, got.Loaded.P50, got.Loaded.P99)

	o.Changes.Rate, o.Tiles.Rate, o.Pause, o.Changes.Duration = 0, 0, 300*time.Millisecond, pushLength
	alone := mustFollow(t, client, o)
	r.AtMost("fresh: ms from acknowledged to the tile, p50, a lone change", alone.Fresh.P50, loneP50, "%.1f")
}

// barStreams opens streams of a fresh server with one change a second. It runs at full size only.
func barStreams(t *testing.T, s size, r *Report) {
	if !s.full() {
		return
	}
	p := newPushed(t)
	p.start(t)
	client := load.NewClient(pushClients)
	defer client.CloseIdleConnections()
	c := p.changes(t, client, 1000)
	c.Batch, c.Rate, c.Connections, c.Duration = 1, 1, 1, pushLength
	got, err := load.Live(t.Context(), client, load.LiveOptions{
		Server: p.url, Layers: []string{"reports"}, Clients: pushStreams, Duration: pushLength, Changes: &c,
	})
	if err != nil || got.PerClient == nil {
		t.Fatalf("got %+v, %v", got, err)
	}
	if want := got.Changes.Requests * pushStreams; got.Open != pushStreams || got.Received.Count != want || got.Resets != 0 {
		t.Errorf("got %d streams and %d events with %d resets, want %d and %d", got.Open, got.Received.Count, got.Resets, pushStreams, want)
	}
	r.AtMost("streams: ms to 5,000 clients, p99, a change a second", got.Received.P99, streamP99, "%.1f")
	r.AtMost("streams: bytes of the server's memory each", *got.PerClient, streamBytes, "%.0f")
	r.Add("streams:   of these", "received %s ms, open after %.1f s, %.0f bytes of the client's each", got.Received, got.OpenSeconds, got.OwnBytes)
	p.stop(t, syscall.SIGTERM)
}

// plain returns a document of a server, decompressed.
func plain(url string) ([]byte, error) {
	header, text, err := fetch(url)
	if err == nil && header.Get("Content-Encoding") == "gzip" {
		text, err = compress.GunzipWithin(nil, text, 1<<20)
	}
	return text, err
}

// mustIngest sends changes, of which none may get lost or be refused.
func mustIngest(t *testing.T, client *http.Client, o load.IngestOptions) *load.IngestResult {
	t.Helper()
	got, err := load.Ingest(t.Context(), client, o)
	if err != nil || got.Sent == 0 || got.Acknowledged != got.Sent {
		t.Fatalf("got %+v, %v", got, err)
	}
	return got
}

// mustFollow follows changes, of which each must be seen.
func mustFollow(t *testing.T, client *http.Client, o load.FreshnessOptions) *load.FreshnessResult {
	t.Helper()
	got, err := load.Freshness(t.Context(), client, o)
	if err != nil || got.Fresh.Count == 0 || got.Untold+got.Unshown > 0 {
		t.Fatalf("got %+v, %v", got, err)
	}
	return got
}

// cpuEach says what a change took of the server's processor time.
func cpuEach(ms *float64) string {
	if ms == nil {
		return "no processor time told"
	}
	return fmt.Sprintf("%.1f µs of CPU a change", *ms*1e3)
}
