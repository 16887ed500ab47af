// Package archive serves PMTiles archives, raw and decoded.
//
// # Routes
//
//	GET /archives                              what archives there are
//	GET /archives/{name}.pmtiles               the archive's bytes: ranges, If-Range, HEAD
//	GET /archives/{name}.json                  TileJSON 3.0.0
//	GET /archives/{name}/{z}/{x}/{y}.{ext}     a tile, with the extension of its type
//
// A tile goes out as it is stored when the client takes its compression, else decompressed. A tile
// that is not in the archive is 204, one outside the grid or the archive's zooms 404, and an address
// that is none 400. An archive that cannot be read now is 503, one that is broken 500: what exactly is
// wrong stands in the log, once for each kind until the archive is in order again, and how often in
// hutong_archive_errors_total.
//
// A name in a path is only looked up among the names of the config, never made a path of.
package archive

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"hutong/api"
	"hutong/internal/telemetry"
	"hutong/tiles/archive"
)

// Entry is one archive as it is served.
type Entry struct {
	// Name stands in paths: a-z, 0-9, _ and -.
	Name string
	// Title is its name for people; "" means its name.
	Title string
	// Description says in a sentence or two what it holds.
	Description string
	// Licence is the licence of its data: an SPDX identifier, a URL or a phrase.
	Licence string
	// Attribution is what a map that shows it must print, as plain text; "" means what the archive says.
	Attribution string
	// Archive is where it lies. The caller closes it.
	Archive *archive.Archive
}

// Options bound the work on one archive. The zero value is the defaults.
type Options struct {
	// Tiles is the most tiles that are read at the same time; 0 means 16. Each may take
	// archive.MaxTileBytes and archive.MaxPlainTileBytes.
	Tiles int
	// Streams is the most raw answers under way; 0 means 64. Each takes 256 kB.
	Streams int
	// Wait is the longest that a request waits for its turn; 0 means 5 s.
	Wait time.Duration
}

func (o Options) withDefaults() Options {
	if o.Tiles <= 0 {
		o.Tiles = 16
	}
	if o.Streams <= 0 {
		o.Streams = 64
	}
	if o.Wait <= 0 {
		o.Wait = 5 * time.Second
	}
	return o
}

// served is an archive with its bounds and metrics.
type served struct {
	Entry
	tiles, streams api.Gate
	errors         map[string]telemetry.Count // by kind
	health         health
}

// heading returns the archive's title, or its name when it has none.
func (e *served) heading() string {
	if e.Title == "" {
		return e.Name
	}
	return e.Title
}

// Archives answers for all archives. It may be used from any goroutine.
type Archives struct {
	base   api.Base
	log    *slog.Logger
	list   []*served
	byName map[string]*served
	now    func() time.Time // replaced in tests
}

// New returns the surface over list, in its order. The error names an archive that stands twice.
func New(list []Entry, base api.Base, log *slog.Logger, m *telemetry.Metrics, o Options) (*Archives, error) {
	o = o.withDefaults()
	s := &Archives{base: base, log: log, byName: make(map[string]*served, len(list)), now: time.Now}
	refused := m.Counter("hutong_archive_refused_total", "Requests refused because too many others read the archive.", "archive", "what")
	errors := m.Counter("hutong_archive_errors_total", "Reads of an archive that failed, by kind.", "archive", "kind")
	for _, entry := range list {
		if s.byName[entry.Name] != nil {
			return nil, fmt.Errorf("archive: %s stands twice", entry.Name)
		}
		e := &served{
			Entry: entry, errors: map[string]telemetry.Count{},
			tiles:   api.NewGate(o.Tiles, o.Wait, refused.With(entry.Name, "tile")),
			streams: api.NewGate(o.Streams, o.Wait, refused.With(entry.Name, "raw")),
		}
		for _, kind := range archive.Kinds() {
			e.errors[kind] = errors.With(entry.Name, kind)
		}
		s.list = append(s.list, e)
		s.byName[entry.Name] = e
	}
	s.observe(m)
	return s, nil
}

// observe registers what archives tell of themselves.
func (s *Archives) observe(m *telemetry.Metrics) {
	each := func(name, help string, of func(archive.Stats) int) {
		m.Sample(name, help, []string{"archive"}, func(emit func(float64, ...string)) {
			for _, e := range s.list {
				emit(float64(of(e.Archive.Stats())), e.Name)
			}
		})
	}
	each("hutong_archive_open", "Whether an archive is open.", func(s archive.Stats) int {
		if s.Open {
			return 1
		}
		return 0
	})
	each("hutong_archive_reopened", "How often an archive was replaced while open.", func(s archive.Stats) int { return s.Reopened })
	each("hutong_archive_directory_hits", "Leaf directories found in memory.", func(s archive.Stats) int { return s.Hits })
	each("hutong_archive_directory_misses", "Leaf directories read.", func(s archive.Stats) int { return s.Misses })
	each("hutong_archive_directory_bytes", "Memory of leaf directories.", func(s archive.Stats) int { return s.CacheBytes })
}

// Routes returns the routes of archives.
func (s *Archives) Routes() []api.Route {
	return []api.Route{
		{Pattern: "/archives", Label: "archives", Handler: http.HandlerFunc(s.index)},
		{Pattern: "/archives/{file}", Label: "archive", Handler: http.HandlerFunc(s.file)},
		{Pattern: "/archives/{name}/{z}/{x}/{file}", Label: "archive_tile", Handler: http.HandlerFunc(s.tile)},
	}
}

// file answers for a name with an extension.
func (s *Archives) file(w http.ResponseWriter, r *http.Request) {
	file := r.PathValue("file")
	if name, ok := strings.CutSuffix(file, ".pmtiles"); ok {
		if e := s.find(w, r, name); e != nil {
			s.raw(w, r, e)
		}
		return
	}
	if name, ok := strings.CutSuffix(file, ".json"); ok {
		if e := s.find(w, r, name); e != nil {
			s.tileJSON(w, r, e)
		}
		return
	}
	api.Refuse(w, r, api.CodeNotFound, "An archive ends in .pmtiles, its TileJSON in .json.")
}

// find returns the archive called name. When there is none it answers with a problem and returns nil.
func (s *Archives) find(w http.ResponseWriter, r *http.Request, name string) *served {
	e := s.byName[name]
	if e == nil {
		api.Refuse(w, r, api.CodeArchiveNotFound, "There is no archive of this name; /archives lists those there are.")
	}
	return e
}

// retryAfter is what a client is told to wait, in seconds: archives are tried again after 1 to 30.
const retryAfter = "5"

// fail answers for an archive that could not be read. The client learns which of three things
// happened; the log and the metric learn what.
func (s *Archives) fail(w http.ResponseWriter, r *http.Request, e *served, err error) {
	if r.Context().Err() != nil {
		api.Refuse(w, r, api.CodeCancelled, "")
		return
	}
	s.note(e, err)
	if archive.Broken(err) {
		api.Refuse(w, r, api.CodeArchiveBroken, "The archive holds something that cannot be served; the server's log says what.")
		return
	}
	w.Header().Set("Retry-After", retryAfter)
	api.Refuse(w, r, api.CodeArchiveAway, "The archive cannot be read where it lies; it is tried again.")
}

// note counts an error, and logs the first of its kind.
func (s *Archives) note(e *served, err error) {
	kind := archive.Kind(err)
	if count, ok := e.errors[kind]; ok {
		count.Add(1)
	}
	if e.health.fails(kind, s.now()) {
		s.log.Warn("archive cannot be read", slog.String("archive", e.Name), slog.String("kind", kind), slog.String("error", err.Error()))
	}
}

// works takes note that an archive was read.
func (s *Archives) works(e *served) {
	if failures, recovered := e.health.works(s.now()); recovered {
		s.log.Info("archive can be read again", slog.String("archive", e.Name), slog.Int("failures", failures))
	}
}

// busy answers for a request that waited too long for its turn, or whose client went away.
func busy(w http.ResponseWriter, r *http.Request) {
	if r.Context().Err() != nil {
		api.Refuse(w, r, api.CodeCancelled, "")
		return
	}
	w.Header().Set("Retry-After", "1")
	api.Refuse(w, r, api.CodeBusy, "Too many requests read this archive.")
}
