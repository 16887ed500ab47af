package app

import (
	"context"
	"io/fs"
	"log/slog"
	"os"
	"reflect"
	"slices"
	"sync/atomic"
	"time"

	"hutong/ingest"
	"hutong/ingest/files"
	"hutong/internal/config"
	"hutong/internal/telemetry"
	"hutong/layers"
)

// WatchInterval is how often a server looks whether its files have changed.
const WatchInterval = 2 * time.Second

// unsettled is how often in a row a file may be found changed before it is read although it does not
// come to rest.
const unsettled = 10

// Feed is a source that can be read again.
type Feed struct {
	Name  string
	Layer layers.Name
	// Patterns are its files.
	Patterns []string
	// Open returns the source, to be run once; it counts in read, unless that is nil, the bytes that it has read.
	Open func(read *atomic.Int64) (ingest.Source, error)
}

// Watch says what is watched beside the feeds of a city.
type Watch struct {
	// Config is the path of the config that the city was made of; "" when there is none.
	Config string
	// Read reads it again.
	Read func() (*config.Config, error)
	// Old is the config that is served.
	Old *config.Config
}

// watcher looks for changed files, one goroutine's.
type watcher struct {
	store   *Store
	log     *slog.Logger
	watch   *Watch
	feeds   map[layers.Name][]Feed
	order   []layers.Name
	stamps  map[layers.Name]*watched
	config  watched
	reloads *telemetry.Counts
	// reread is told of a layer that was read again as a whole; nil when nobody wants to know.
	reread func(layers.Name)
	// pushed reports whether a layer has other features than those of its files.
	pushed func(layers.Name) bool
	// into returns where the changes of a source go.
	into func(source string) ingest.Publisher
	// told is told what became of a source's records, in the layer or, unless kept, in the run before.
	told func(source ingest.Source, sum ingest.Summary, took time.Duration, kept bool)
	// read counts the bytes that were read; nil when nobody asks.
	read *atomic.Int64
}

// watched is what is known of a group of files.
type watched struct {
	done    stamps // when they were last read, or tried
	last    stamps // when they were last looked at
	changes int    // how often in a row they were found changed
}

// stamps are files as they were at one moment, by path.
type stamps map[string]fs.FileInfo

// equal reports whether nothing was added, removed, replaced or written.
func (s stamps) equal(o stamps) bool {
	if len(s) != len(o) {
		return false
	}
	for path, a := range s {
		b, ok := o[path]
		if !ok || (a == nil) != (b == nil) {
			return false
		}
		if a != nil && (a.Size() != b.Size() || !a.ModTime().Equal(b.ModTime()) || !os.SameFile(a, b)) {
			return false
		}
	}
	return true
}

// look takes the stamps of the files that patterns match; a file that is no regular one, and a
// pattern that matches nothing, have a nil one.
func look(patterns []string) stamps {
	s := stamps{}
	for _, pattern := range patterns {
		paths, err := files.Match([]string{pattern})
		if err != nil {
			paths = []string{pattern}
		}
		for _, path := range paths {
			info, err := os.Stat(path)
			if err != nil || !info.Mode().IsRegular() {
				info = nil // a pipe changes all the time
			}
			s[path] = info
		}
	}
	return s
}

// newWatcher takes the stamps of all files as they are now, before they are read.
func newWatcher(city *City, watch *Watch, store *Store, log *slog.Logger, m *telemetry.Metrics) *watcher {
	w := &watcher{
		store: store, log: log, watch: watch, pushed: city.pushedTo, feeds: map[layers.Name][]Feed{}, stamps: map[layers.Name]*watched{},
		reloads: m.Counter("hutong_reloads_total", "Times that a changed file was read again, by outcome.", "what", "outcome"),
	}
	w.into = func(source string) ingest.Publisher { return publisher{store: store, source: source, snapshot: true} }
	w.told = func(source ingest.Source, sum ingest.Summary, took time.Duration, kept bool) {
		if kept {
			store.report(log, source, sum, took)
		}
	}
	for _, feed := range city.Feeds {
		if w.feeds[feed.Layer] == nil {
			w.order = append(w.order, feed.Layer)
		}
		w.feeds[feed.Layer] = append(w.feeds[feed.Layer], feed)
	}
	for _, name := range w.order {
		now := look(w.patterns(name))
		w.stamps[name] = &watched{done: now, last: now}
	}
	if watch.Config != "" {
		now := look([]string{watch.Config})
		w.config = watched{done: now, last: now}
	}
	return w
}

// patterns returns those of all feeds of a layer.
func (w *watcher) patterns(name layers.Name) []string {
	var patterns []string
	for _, feed := range w.feeds[name] {
		patterns = append(patterns, feed.Patterns...)
	}
	return patterns
}

// run looks at every tick until ctx is done; a nil tick stands for one every [WatchInterval].
func (w *watcher) run(ctx context.Context, tick <-chan time.Time) {
	if tick == nil {
		ticker := time.NewTicker(WatchInterval)
		defer ticker.Stop()
		tick = ticker.C
	}
	for {
		select {
		case <-tick:
			w.step(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// step looks at everything once.
func (w *watcher) step(ctx context.Context) {
	if w.watch.Config != "" && w.config.due([]string{w.watch.Config}) {
		w.rereadConfig()
	}
	for _, name := range w.order {
		if ctx.Err() == nil && w.stamps[name].due(w.patterns(name)) {
			w.reload(ctx, name)
		}
	}
}

// due looks at files and reports whether they have changed since they were read and have come to rest.
func (f *watched) due(patterns []string) bool {
	now := look(patterns)
	rest := now.equal(f.last)
	f.last = now
	if now.equal(f.done) {
		f.changes = 0
		return false
	}
	if f.changes++; !rest && f.changes < unsettled {
		return false
	}
	f.done, f.changes = now, 0
	return true
}

// rereadConfig reads the config again and says what it would change: a running server changes nothing.
func (w *watcher) rereadConfig() {
	c, err := w.watch.Read()
	if err != nil {
		w.reloads.With("config", "refused").Add(1)
		w.log.Warn("the config has changed and cannot be used; the old one stays", slog.String("file", w.watch.Config), slog.Any("error", err))
		return
	}
	changed := differences(w.watch.Old, c)
	if len(changed) == 0 {
		w.reloads.With("config", "unchanged").Add(1)
		w.log.Info("the config was written anew and says the same", slog.String("file", w.watch.Config))
		return
	}
	w.reloads.With("config", "restart").Add(1)
	w.log.Warn("restart needed: the config has changed", slog.String("file", w.watch.Config), slog.Any("changed", changed))
}

// differences returns the places of two configs that differ, each by its outermost key below layers and
// sources.
func differences(a, b *config.Config) []string {
	var changed []string
	add := func(path string, x, y any) {
		if !reflect.DeepEqual(x, y) && !slices.Contains(changed, path) {
			changed = append(changed, path)
		}
	}
	add("city", a.City, b.City)
	add("city_zh", a.CityZH, b.CityZH)
	add("time_zone", a.TimeZone, b.TimeZone)
	add("listen", a.Listen, b.Listen)
	add("public_url", a.PublicURL, b.PublicURL)
	add("trusted_proxies", a.TrustedProxies, b.TrustedProxies)
	add("tls", a.TLS, b.TLS)
	add("journal", a.Journal, b.Journal)
	add("mqtt", a.MQTT, b.MQTT)
	add("nats", a.NATS, b.NATS)
	add("cache", a.CacheBytes, b.CacheBytes)
	add("secret_file", a.SecretFile, b.SecretFile)
	add("tokens", a.Tokens, b.Tokens)
	add("archives", a.Archives, b.Archives)
	add("center", a.Center, b.Center)
	add("zoom", a.Zoom, b.Zoom)
	layersA, namesA := map[string]config.Layer{}, []string{}
	layersB, namesB := map[string]config.Layer{}, []string{}
	for _, l := range a.Layers {
		layersA[string(l.Schema.Name)], namesA = l, append(namesA, string(l.Schema.Name))
	}
	for _, l := range b.Layers {
		layersB[string(l.Schema.Name)], namesB = l, append(namesB, string(l.Schema.Name))
	}
	for _, name := range append(slices.Clone(namesA), namesB...) {
		add(config.At("layers", name), layersA[name], layersB[name])
	}
	viewsA, viewNamesA := map[string]config.View{}, []string{}
	viewsB, viewNamesB := map[string]config.View{}, []string{}
	for _, v := range a.Views {
		viewsA[string(v.Policy.Name)], viewNamesA = v, append(viewNamesA, string(v.Policy.Name))
	}
	for _, v := range b.Views {
		viewsB[string(v.Policy.Name)], viewNamesB = v, append(viewNamesB, string(v.Policy.Name))
	}
	for _, name := range append(slices.Clone(viewNamesA), viewNamesB...) {
		add(config.At("views", name), viewsA[name], viewsB[name])
	}
	sourcesA, orderA := map[string]config.Source{}, []string{}
	sourcesB, orderB := map[string]config.Source{}, []string{}
	for _, s := range a.Sources {
		sourcesA[s.Name], orderA = bare(s), append(orderA, s.Name)
	}
	for _, s := range b.Sources {
		sourcesB[s.Name], orderB = bare(s), append(orderB, s.Name)
	}
	for _, name := range append(slices.Clone(orderA), orderB...) {
		add(config.At("sources", name), sourcesA[name], sourcesB[name])
	}
	keysA, namesOfA := map[string]config.Key{}, []string{}
	keysB, namesOfB := map[string]config.Key{}, []string{}
	for _, k := range a.Keys {
		keysA[k.Name], namesOfA = k, append(namesOfA, k.Name)
	}
	for _, k := range b.Keys {
		keysB[k.Name], namesOfB = k, append(namesOfB, k.Name)
	}
	for _, name := range append(namesOfA, namesOfB...) {
		add(config.At("keys", name), keysA[name], keysB[name])
	}
	if len(changed) == 0 {
		add("the order of layers", namesA, namesB)
		add("the order of views", viewNamesA, viewNamesB)
		add("the order of sources", orderA, orderB)
	}
	return changed
}

// bare returns a source without its layer's schema, whose changes are the layer's.
func bare(s config.Source) config.Source {
	if s.Mapping != nil {
		m := *s.Mapping
		m.Schema = nil
		s.Mapping = &m
	}
	return s
}
