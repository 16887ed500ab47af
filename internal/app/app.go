// Package app is the only place where everything is wired together: a [City] (layers and the sources
// that feed them) becomes a [Store] of live layers, surfaces over it, and one HTTP server.
//
// # How a server lives
//
//  1. [New] makes the empty layers, their tile builders and the routes; nothing runs yet.
//  2. [App.Run] listens. From now on /livez answers, everything else says that it is loading.
//  3. The archives are opened; one of a local file that cannot be read ends the server.
//     Then the sources fill the layers, layers side by side, the sources of one layer in their order.
//  4. Everything answers. The live sources begin to publish into the layers, and one that fails is run
//     again; then the ready function is called, once.
//  5. When its context is done, the live sources and the streams of changes end, the server stops
//     accepting, lets requests under way finish within [DrainTimeout], and Run returns nil.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"hutong/api"
	"hutong/api/admin"
	"hutong/api/catalog"
	"hutong/api/cells"
	"hutong/api/live"
	"hutong/api/snapshot"
	"hutong/api/style"
	"hutong/api/tile"
	"hutong/ingest"
	"hutong/ingest/expiry"
	"hutong/ingest/push"
	"hutong/internal/auth"
	"hutong/internal/telemetry"
	"hutong/journal"
	"hutong/styles"
	"hutong/tiles/cache"
	"hutong/web"
)

// Bounds of the HTTP server.
const (
	// DrainTimeout is how long requests under way may take once the server was told to stop.
	DrainTimeout = 10 * time.Second

	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second // answers have no limit but boundConn's
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 32 << 10 // the longest filter as text fits, each of its bytes escaped as three
	maxStreams        = 100      // of an HTTP/2 connection, at once
)

// Options are what an [App] needs beside its city.
type Options struct {
	// Listen is the host:port to listen on; port 0 takes a free one.
	Listen string
	// Log takes what is worth a line: at debug every request, at info those that failed or took a second.
	Log *slog.Logger
	// Metrics takes all metrics.
	Metrics *telemetry.Metrics
	// Tiles bounds the tiles that are kept and the work on them; its zero value is the defaults.
	Tiles cache.Options
	// Watch, unless it is nil, makes the server read files again that have changed.
	Watch *Watch
	// WatchTick says when to look; nil means every [WatchInterval].
	WatchTick <-chan time.Time
	// DrainTimeout replaces [DrainTimeout] unless it is 0.
	DrainTimeout time.Duration
}

// App is one city being served. Run may be called once.
type App struct {
	city     *City
	opts     Options
	store    *Store
	archives *archiveSet
	letters  *letterBox
	durable  *durable // nil without a data folder, and before it is open
	tiles    *cache.Cache
	history  *history // nil without a data folder
	hub      *live.Hub
	keys     *auth.Keys
	doors    *api.Layers // what surfaces know of the layers
	feeds    []*push.Feed
	server   *api.Server
	patterns []string // of all routes
	draining atomic.Bool
	erasing  sync.Mutex // held by the one erasure under way
	erasures *telemetry.Counts
}

// New makes the layers and routes of city. It opens nothing but the files with hashes of keys and the secret of views. The error lists what is wrong with the
// city.
func New(city *City, opts Options) (*App, error) { return newApp(city, opts) }

// newApp is New with more routes than the surfaces have.
func newApp(city *City, opts Options, more ...api.Route) (*App, error) {
	if opts.DrainTimeout == 0 {
		opts.DrainTimeout = DrainTimeout
	}
	store, err := NewStore(city, opts.Metrics)
	if err != nil {
		return nil, err
	}
	if err := store.hideByFile(city.SecretFile); err != nil {
		return nil, err
	}
	if city.Data == nil && store.needSecret() {
		return nil, errNoSecret
	}
	set, err := newArchives(city, opts.Log, opts.Metrics)
	if err != nil {
		return nil, err
	}
	if opts.Tiles.Bytes == 0 {
		opts.Tiles.Bytes = city.CacheBytes
	}
	kept, err := newCache(store, opts)
	if err != nil {
		return nil, err
	}
	keys, err := newKeys(city, opts.Metrics)
	if err != nil {
		return nil, err
	}
	doors := store.Public().Layers(keys, city.base())
	hub := live.New(store.Public().All(), doors, opts.Metrics, live.Options{})
	store.tell = hub.Notify
	a := &App{city: city, opts: opts, store: store, archives: set, tiles: kept, hub: hub, keys: keys, doors: doors, erasures: erasures(opts.Metrics)}
	a.history = newHistory(a, opts.Metrics)
	a.letters = &letterBox{ingest.NewLetters(ingest.LettersOptions{Metrics: opts.Metrics})}
	if err := a.newFeeds(store, a.letters); err != nil {
		return nil, err
	}
	routes := append(a.routes(), more...)
	for _, r := range routes {
		a.patterns = append(a.patterns, r.Pattern)
	}
	a.server = api.NewServer(opts.Log, opts.Metrics, routes)
	return a, nil
}

// newCache returns the cache of the tiles of all layers.
func newCache(store *Store, opts Options) (*cache.Cache, error) {
	var list []cache.Layer
	for _, l := range store.Public().All() {
		list = append(list, cache.Layer{View: l.View, Tiles: l.Tiles, Overview: l.Overview})
	}
	return cache.New(list, store.Versions(), opts.Metrics, opts.Tiles)
}

// Store returns the live layers.
func (a *App) Store() *Store { return a.store }

// Handler answers all routes.
func (a *App) Handler() http.Handler { return a.server }

// base says under which URL clients reach the server.
func (c *City) base() api.Base {
	return api.Base{PublicURL: c.PublicURL, TrustedProxies: c.TrustedProxies}
}

// routes puts the routes of all surfaces together, which hand each request the layers that it may see.
func (a *App) routes() []api.Route {
	base, ls := a.city.base(), a.doors
	page := web.Handler()
	routes := []api.Route{
		{Pattern: "/{$}", Label: "page", Operational: true, Handler: page},
		{Pattern: "/assets/", Label: "assets", Operational: true, Handler: page},
		{Pattern: "/live.js", Label: "live_script", Handler: page},
	}
	routes = append(routes, admin.Routes(a.readiness, a.opts.Metrics.Handler(), a.keys, base)...)
	routes = append(routes, a.backupRoutes(base)...)
	filters := api.NewFilters(a.opts.Metrics)
	routes = append(routes, catalog.New(ls, filters, base, a.opts.Metrics).Routes()...)
	routes = append(routes, cells.New(ls, filters, a.opts.Metrics).Routes()...)
	back := snapshot.New(a.history.source(), a.keys, base)
	routes = append(routes, back.Routes()...)
	served := tile.New(ls, a.tiles, filters, base)
	if a.history != nil {
		served = served.WithPast(back)
	}
	routes = append(routes, served.Routes()...)
	routes = append(routes, a.hub.Routes()...)
	routes = append(routes, a.archives.surface.Routes()...)
	routes = append(routes, a.pushRoutes(base)...)
	if len(a.city.Keys) > 0 {
		routes = append(routes, admin.EraseRoute(a.Erase, a.keys, base))
	}
	write := fonts()
	routes = append(routes, style.NewSprites(images(), ls).Routes()...)
	routes = append(routes, style.NewFonts(a.opts.Metrics, write...).Routes()...)
	return append(routes, style.New(ls, base, style.Options{
		Name: styles.Words{EN: a.city.Title, ZH: a.city.TitleZH}, TimeZone: a.city.TimeZone,
		Start: style.Start{Center: a.city.Center, Zoom: a.city.Zoom}, Archives: a.archives.vector,
		Fonts: mapFonts(), Glyphs: len(write) > 0, Sprite: true,
	}).Routes()...)
}

// readiness says why the server should get no traffic; the code is "" when it should.
func (a *App) readiness() (code api.Code, detail string) {
	switch {
	case !a.server.IsReady() || a.draining.Load():
		return api.CodeLoading, "The layers are not served yet, or not any more."
	case a.durable == nil:
		return "", ""
	}
	switch state, reason := a.durable.journal.Health(); state {
	case journal.StateOK:
		return "", ""
	case journal.StateReadOnly:
		return api.CodeReadOnly, "Nothing can be accepted: " + reason + "."
	default:
		return api.CodeUnavailable, "Nothing can be accepted: " + reason + "."
	}
}

// Run listens, loads and serves until ctx is done, then drains and returns nil. ready is called with
// the server's URL once it answers everything. An error means that it could not listen, that a
// source could not be read, or that the listener broke.
func (a *App) Run(ctx context.Context, ready func(url string)) error {
	server, scheme, err := a.newServer()
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", a.opts.Listen)
	if err != nil {
		return fmt.Errorf("app: listen: %w", err)
	}
	broken := make(chan error, 1)
	go func() {
		bounded := bound(listener, maxConnections, a.opts.Metrics)
		if server.TLSConfig != nil {
			broken <- server.ServeTLS(bounded, "", "")
			return
		}
		broken <- server.Serve(bounded)
	}()
	err = a.serve(ctx, broken, func() { ready(urlOf(scheme, a.opts.Listen, listener.Addr())) })
	err = errors.Join(err, a.drain(server))
	if a.durable != nil {
		err = errors.Join(err, a.durable.finish())
	}
	return errors.Join(err, a.archives.close())
}

// newServer returns the HTTP server, with TLS and HTTP/2 if the city has a certificate, and the
// scheme of its URLs.
func (a *App) newServer() (server *http.Server, scheme string, err error) {
	server = &http.Server{
		Handler:           a.server,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
		ErrorLog:          slog.NewLogLogger(a.opts.Log.Handler(), slog.LevelWarn),
	}
	server.TLSConfig, err = listenWith(a.city.TLS, a.opts.Log)
	switch {
	case err != nil:
		return nil, "", err
	case server.TLSConfig == nil:
		return server, "http", nil
	}
	return server, "https", nil
}

// serve loads, then waits for the end.
func (a *App) serve(ctx context.Context, broken <-chan error, ready func()) error {
	var watcher *watcher
	if a.opts.Watch != nil { // it takes note of the files as they are before they are read
		watcher = newWatcher(a.city, a.opts.Watch, a.store, a.opts.Log, a.opts.Metrics)
	}
	if err := a.load(ctx, watcher); err != nil {
		if ctx.Err() != nil {
			return nil // told to stop while loading
		}
		return err
	}
	a.store.hot.first(ctx, a.opts.Log)
	if err := a.store.counts.first(ctx, a.opts.Log); err != nil {
		return err
	}
	a.hub.Start(a.epoch())
	a.server.Ready()
	ctx, cancel := context.WithCancel(ctx)
	var background sync.WaitGroup
	defer background.Wait()
	defer cancel()
	// Both end with ctx, and never with an error. With the hub end the streams, so that draining does not
	// wait for them.
	background.Go(func() { _ = a.tiles.Run(ctx) })
	background.Go(func() { _ = a.hub.Run(ctx) })
	if a.history != nil {
		background.Go(func() { _ = a.history.states.Run(ctx) })
	}
	background.Go(func() { a.store.hot.run(ctx, a.opts.Log) })
	background.Go(func() { a.store.counts.run(ctx, a.opts.Log) })
	if watcher != nil {
		background.Go(func() { watcher.run(ctx, a.opts.WatchTick) })
	}
	if len(a.store.aged) > 0 {
		background.Go(func() { a.store.turnAges(ctx) })
	}
	if a.store.late() {
		background.Go(func() { a.store.showLate(ctx, a.opts.Log) })
	}
	agers, err := a.agers()
	if err != nil {
		return err
	}
	sensors, err := a.newMQTT(ctx)
	if err != nil {
		return err
	}
	if sensors != nil {
		background.Go(func() { _ = sensors.Run(ctx) }) // ends with ctx
	}
	subjects, err := a.newNATS(ctx)
	if err != nil {
		return err
	}
	if subjects != nil {
		background.Go(func() { _ = subjects.Run(ctx) }) // ends with ctx
	}
	for _, ager := range agers {
		background.Go(func() { _ = ager.Run(ctx) }) // ends with ctx
	}
	for _, source := range a.city.Live {
		background.Go(func() { a.store.Follow(ctx, source, a.opts.Log) })
	}
	ready()
	select {
	case <-ctx.Done():
		return nil
	case err := <-broken:
		return fmt.Errorf("app: serve: %w", err)
	case err := <-a.failed():
		return err
	}
}

// failed tells when the log cannot be followed any more.
func (a *App) failed() <-chan error {
	if a.durable == nil {
		return nil
	}
	return a.durable.failed
}

// agers returns what ages the features of the layers that have a TTL.
func (a *App) agers() ([]*expiry.Ager, error) {
	var list []*expiry.Ager
	for i := range a.city.Layers {
		l := &a.city.Layers[i]
		if l.TTL == (TTL{}) {
			continue
		}
		live := a.store.layers[l.Schema.Name]
		ager, err := expiry.New(live.Layer, a.store, a.opts.Log, live.aging)
		if err != nil {
			return nil, err
		}
		list = append(list, ager)
	}
	return list, nil
}

// load fills the store, from the data folder what that has and from files the rest, and gives what loading
// took beyond it back to the system.
func (a *App) load(ctx context.Context, w *watcher) error {
	if err := a.archives.open(ctx, a.opts.Log); err != nil {
		return err
	}
	return a.loadLayers(ctx, w)
}

// loadLayers is load without the archives.
func (a *App) loadLayers(ctx context.Context, w *watcher) error {
	start := time.Now()
	sources := a.city.Sources
	if a.city.Data != nil {
		var err error
		if a.durable, err = openDurable(ctx, *a.city.Data, a.store, a.opts.Log, a.opts.Metrics); err != nil {
			return err
		}
		if a.letters.DeadLetters, err = a.durable.journal.DeadLetters(ctx, journal.LetterLimits{}); err != nil {
			return err
		}
		a.durable.putLetters(ctx, a.letters.DeadLetters)
		if a.durable.restored {
			if err := a.store.counts.beginBehind(a.store.clock(), a.opts.Log); err != nil {
				return err
			}
		}
		sources = a.durable.unread(sources)
	}
	if err := a.store.Load(ctx, sources, a.opts.Log); err != nil {
		return err
	}
	debug.FreeOSMemory()
	a.opts.Log.Info("layers loaded", slog.Int("layers", len(a.city.Layers)), slog.Int("sources", len(sources)),
		slog.Float64("seconds", time.Since(start).Seconds()))
	if a.durable == nil {
		return nil
	}
	if err := a.durable.start(ctx); err != nil {
		return err
	}
	return a.durable.noteFiles(ctx, w, sources)
}

// drain stops accepting and waits for requests under way.
func (a *App) drain(server *http.Server) error {
	a.draining.Store(true)
	// The context that ended the server cannot bound its end.
	ctx, cancel := context.WithTimeout(context.Background(), a.opts.DrainTimeout)
	defer cancel()
	err := server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		a.opts.Log.Warn("requests were cut off", slog.Duration("after", a.opts.DrainTimeout))
		err = server.Close()
	}
	if err != nil {
		return fmt.Errorf("app: stop: %w", err)
	}
	a.opts.Log.Info("stopped")
	return nil
}

// urlOf is the URL of a server that was asked to listen on asked and does so on addr: the host as it
// was asked for, this machine when it was all interfaces, and the port there is.
func urlOf(scheme, asked string, addr net.Addr) string {
	_, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return scheme + "://" + addr.String()
	}
	host, _, err := net.SplitHostPort(asked)
	if err != nil || host == "" {
		host = "127.0.0.1"
	} else if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}
