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

// addNamed adds what differs in a section of things with names, which it returns in their order.
func addNamed[T any](add func(path string, x, y any), section string, a, b []T, name func(*T) string) (namesA, namesB []string) {
	named := func(list []T) (map[string]*T, []string) {
		byName, names := make(map[string]*T, len(list)), make([]string, len(list))
		for i := range list {
			names[i] = name(&list[i])
			byName[names[i]] = &list[i]
		}
		return byName, names
	}
	inA, namesA := named(a)
	inB, namesB := named(b)
	for _, n := range slices.Concat(namesA, namesB) {
		add(config.At(section, n), inA[n], inB[n])
	}
	return namesA, namesB
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
	layersA, layersB := addNamed(add, "layers", a.Layers, b.Layers, func(l *config.Layer) string { return string(l.Schema.Name) })
	derivedA, derivedB := addNamed(add, "derived", a.Derived, b.Derived, func(d *config.Derived) string { return string(d.Name) })
	viewsA, viewsB := addNamed(add, "views", a.Views, b.Views, func(v *config.View) string { return string(v.Policy.Name) })
	countsA, countsB := addNamed(add, "views", a.Counts, b.Counts, func(v *config.CountView) string { return string(v.Name) })
	sourcesA, sourcesB := addNamed(add, "sources", bare(a.Sources), bare(b.Sources), func(s *config.Source) string { return s.Name })
	addNamed(add, "keys", a.Keys, b.Keys, func(k *config.Key) string { return k.Name })
	if len(changed) == 0 {
		add("the order of layers", layersA, layersB)
		add("the order of derived layers", derivedA, derivedB)
		add("the order of views", viewsA, viewsB)
		add("the order of views of counts", countsA, countsB)
		add("the order of sources", sourcesA, sourcesB)
	}
	return changed
}

// bare returns sources without their layers' schemas, whose changes are the layers'.
func bare(list []config.Source) []config.Source {
	list = slices.Clone(list)
	for i := range list {
		if list[i].Mapping != nil {
			m := *list[i].Mapping
			m.Schema = nil
			list[i].Mapping = &m
		}
	}
	return list
}
