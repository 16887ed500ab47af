package app

import (
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"hutong/ingest"
	"hutong/internal/config"
	"hutong/internal/telemetry"
	"hutong/internal/testkit"
)

// watchedCity is a server of two CSV files of one layer, and a watcher that the test makes look.
type watchedCity struct {
	t       *testing.T
	dir     string
	app     *App
	log     *testkit.Buffer
	watcher *watcher
	tick    chan time.Time // of the server's own watcher
	at      time.Time      // of the last write
}

const watchedConfig = `city: A city
layers:
  reports:
    title: Reports
    licence: CC0-1.0
    fields: {state: {type: string}}
sources:
  a: {layer: reports, files: ["%[1]s/a*.csv"], id: "{no}", csv: {lon: lon, lat: lat}, fields: {state: state}}
  b: {layer: reports, files: ["%[1]s/b.csv"], id: "{no}", csv: {lon: lon, lat: lat}, fields: {state: state}}
`

// rows is a CSV file of features with ids from…to-1 in a state.
func rows(from, to int, state string) string {
	var b strings.Builder
	b.WriteString("no,lon,lat,state\n")
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, "%d,-77,38.9,%s\n", i, state)
	}
	return b.String()
}

func newWatched(t *testing.T) *watchedCity {
	t.Helper()
	w := &watchedCity{t: t, dir: t.TempDir(), tick: make(chan time.Time), at: time.Now().Add(-time.Hour)}
	w.write("a1.csv", rows(0, 3000, "open"))
	w.write("b.csv", rows(2999, 3002, "closed")) // 2999 stands in both: the later source counts
	w.write("city.yaml", fmt.Sprintf(watchedConfig, w.dir))
	path := filepath.Join(w.dir, "city.yaml")
	read := func() (*config.Config, error) { return config.Load(path, nil) }
	c, err := read()
	if err != nil {
		t.Fatal(err)
	}
	city, err := FromConfig(c)
	if err != nil {
		t.Fatal(err)
	}
	watch := &Watch{Config: path, Read: read, Old: c}
	w.app, w.log = newTestApp(t, city, func(o *Options) { o.Watch, o.WatchTick = watch, w.tick })
	r := start(t, w.app)
	w.watcher = newWatcher(city, watch, w.app.Store(), slog.New(slog.NewJSONHandler(w.log, nil)), telemetry.NewMetrics())
	t.Cleanup(func() {
		r.stop()
		if err := <-r.result; err != nil {
			t.Error(err)
		}
	})
	return w
}

// write writes a file, each one later than the one before.
func (w *watchedCity) write(name, text string) {
	w.t.Helper()
	w.at = w.at.Add(time.Second)
	path := filepath.Join(w.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	if err := os.Chtimes(path, w.at, w.at); err != nil {
		w.t.Fatal(err)
	}
}

// look makes the watcher look n times.
func (w *watchedCity) look(n int) {
	for range n {
		w.watcher.step(w.t.Context())
	}
}

// states counts the features by state.
func (w *watchedCity) states() string {
	counts := map[string]int{}
	s := w.app.Store().layers["reports"].Snapshot()
	for b := range s.All() {
		for i := range b.Len() {
			counts[b.Column(0).Value(i).Text()]++
		}
	}
	return fmt.Sprint(counts)
}

// want checks the states, and that the log has a part.
func (w *watchedCity) want(states, logged string) {
	w.t.Helper()
	if got := w.states(); got != states {
		w.t.Errorf("got %s, want %s", got, states)
	}
	if !strings.Contains(w.log.String(), logged) {
		w.t.Errorf("the log lacks %q:\n%s", logged, w.log)
	}
}

func TestChangedFilesAreReloaded(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.want("map[closed:3 open:2999]", "")
	w.look(3)
	if strings.Contains(w.log.String(), "reload") {
		t.Error("files were read again that did not change")
	}
	w.write("a1.csv", rows(100, 3000, "open"))
	w.look(2)
	w.want("map[closed:3 open:2899]", `"msg":"layer reloaded","layer":"reports","features":2902,"deleted":100`)

	w.write("a2.csv", rows(0, 10, "new")) // one more file of the pattern
	w.look(2)
	w.want("map[closed:3 new:10 open:2899]", `"features":2912`)

	if err := os.Remove(filepath.Join(w.dir, "a2.csv")); err != nil {
		t.Fatal(err)
	}
	w.look(2)
	w.want("map[closed:3 open:2899]", `"deleted":10`)
}

// TestReadersNeverSeeALayerWithoutFeatures counts while every feature is replaced by another.
func TestReadersNeverSeeALayerWithoutFeatures(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	done, fewest := make(chan struct{}), make(chan int)
	go func() {
		least := math.MaxInt
		for {
			select {
			case <-done:
				fewest <- least
				return
			default:
				least = min(least, w.app.Store().layers["reports"].Snapshot().Count())
			}
		}
	}()
	w.write("a1.csv", rows(10_000, 13_000, "new"))
	w.look(2)
	close(done)
	if least := <-fewest; least < 3002 {
		t.Errorf("a reader saw %d features, want never less than there were before and after: 3002", least)
	}
	w.want("map[closed:3 new:3000]", `"deleted":2999`)
}

// TestServerWatches lets the server's own watcher look: a tick is taken once the one before is over.
func TestServerWatches(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	w.write("a1.csv", rows(0, 7, "new"))
	for range 4 {
		w.tick <- time.Time{}
	}
	w.want("map[closed:3 new:7]", "layer reloaded")
}

func TestHalfWrittenFilesChangeNothing(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	const old = "map[closed:3 open:2999]"
	w.write("a1.csv", rows(0, 5, "new")+"6,\"never closed")
	w.look(2)
	w.want(old, "is never closed")
	w.look(5)
	if n := strings.Count(w.log.String(), "cannot be used"); n != 1 {
		t.Errorf("got %d warnings, want one for one change", n)
	}
	w.write("a1.csv", "no,lon,lat,state\n")
	w.write("b.csv", "no,lon,lat,state\n")
	w.look(2)
	w.want(old, "would leave the layer empty")
	if err := os.Remove(filepath.Join(w.dir, "b.csv")); err != nil {
		t.Fatal(err)
	}
	w.look(2)
	w.want(old, "no file matches")
	w.write("a1.csv", rows(0, 5, "new"))
	w.write("b.csv", rows(2999, 3002, "closed"))
	w.look(2)
	w.want("map[closed:3 new:5]", "layer reloaded")
}

// TestPipesAreReadOnce changes a file beside a pipe, which would block whoever read it again.
func TestPipesAreReadOnce(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	if err := syscall.Mkfifo(filepath.Join(w.dir, "a2.csv"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.write("a1.csv", rows(0, 5, "new"))
	w.look(2)
	w.want("map[closed:3 open:2999]", "restart needed: "+filepath.Join(w.dir, "a2.csv"))
}

// TestFilesThatChangeBetweenTheRuns replaces a file once it was found in order and before it is read into
// the layer: what only the new version has must not be deleted, nor what only the old one had be for good.
func TestFilesThatChangeBetweenTheRuns(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	feeds, opened := w.watcher.feeds["reports"], 0
	open := feeds[0].Open
	feeds[0].Open = func(read *atomic.Int64) (ingest.Source, error) {
		if opened++; opened == 2 {
			w.write("a1.csv", rows(5000, 5010, "new"))
		}
		return open(read)
	}
	w.write("a1.csv", rows(100, 3000, "open"))
	w.look(2)
	w.want("map[closed:3 new:10 open:2999]", "a file changed while it was read")
	w.look(2)
	w.want("map[closed:3 new:10]", `"deleted":2999`)
}

// TestFilesComeToRest writes a file before every look: it is read once it rests, or after ten of them.
func TestFilesComeToRest(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	for i := range unsettled - 1 {
		w.write("a1.csv", rows(0, 10+i, "new"))
		w.look(1)
	}
	w.want("map[closed:3 open:2999]", "")
	w.write("a1.csv", rows(0, 20, "new"))
	w.look(1)
	w.want("map[closed:3 new:20]", "layer reloaded")
}

func TestChangedConfigNeedsARestart(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	text := fmt.Sprintf(watchedConfig, w.dir)
	w.write("city.yaml", "# a comment\n"+text)
	w.look(2)
	w.want("map[closed:3 open:2999]", "says the same")
	w.write("city.yaml", strings.Replace(text, "licence", "license", 1))
	w.look(2)
	w.want("map[closed:3 open:2999]", `did you mean \"licence\"?`)
	w.write("city.yaml", strings.Replace(strings.Replace(text, "Reports", "Complaints", 1), "b.csv", "c.csv", 1))
	w.look(2)
	w.want("map[closed:3 open:2999]", `"restart needed: the config has changed"`)
	if want := `"changed":["layers.reports","sources.b"]`; !strings.Contains(w.log.String(), want) {
		t.Errorf("the log lacks %s:\n%s", want, w.log)
	}
}

func TestDifferences(t *testing.T) {
	t.Parallel()
	parse := func(text string) *config.Config {
		c, err := config.Parse("city.yaml", []byte(text), nil)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	base := fmt.Sprintf(watchedConfig, "data")
	for _, c := range []struct {
		old, new string
		want     []string
	}{
		{"", "", nil},
		{"A city", "B city", []string{"city"}},
		{"city: A city", "city: A city\nzoom: 3\ncenter: [1, 2]", []string{"center", "zoom"}},
		{"city: A city", "city: A city\ntrusted_proxies: [10.0.0.0/8]\ncache: {bytes: 2000000}", []string{"trusted_proxies", "cache"}},
		{"city: A city", "city: A city\ntls: {cert: a.pem, key: b.pem}", []string{"tls"}},
		{"city: A city", "city: A city\narchives: {base: {url: a.pmtiles, title: A, licence: none}}", []string{"archives"}},
		{"fields: {state: {type: string}}", "fields: {state: {type: string, keep: true}}", []string{"layers.reports"}},
		{"a*.csv", "c*.csv", []string{"sources.a"}},
		{"  a: {", "  c: {", []string{"sources.a", "sources.c"}},
	} {
		got := differences(parse(base), parse(strings.Replace(base, c.old, c.new, 1)))
		if !slices.Equal(got, c.want) {
			t.Errorf("%q → %q: got %v, want %v", c.old, c.new, got, c.want)
		}
	}
}

// TestDifferencesOfEveryField changes each field of a config by itself: none may be forgotten.
func TestDifferencesOfEveryField(t *testing.T) {
	t.Parallel()
	fields := reflect.TypeFor[config.Config]()
	for i := range fields.NumField() {
		f := fields.Field(i)
		if !f.IsExported() {
			continue // where the file has what: no part of what it says
		}
		var changed config.Config
		fill(reflect.ValueOf(&changed).Elem().Field(i), 3)
		if got := differences(&config.Config{}, &changed); len(got) != 1 {
			t.Errorf("%s changed: got %q, want one place that differs", f.Name, got)
		}
	}
}

// fill sets v, and what is in it down to a depth, to what is not its zero value.
func fill(v reflect.Value, depth int) {
	switch {
	case depth == 0 || !v.CanSet():
	case v.Kind() == reflect.String:
		v.SetString("x")
	case v.CanInt():
		v.SetInt(1)
	case v.CanUint():
		v.SetUint(1)
	case v.CanFloat():
		v.SetFloat(1)
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), depth)
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), depth)
	case v.Kind() == reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
	case v.Kind() == reflect.Struct:
		for _, f := range v.Fields() {
			fill(f, depth-1)
		}
	}
}
