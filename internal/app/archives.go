package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"hutong/api"
	archives "hutong/api/archive"
	"hutong/internal/telemetry"
	"hutong/styles"
	"hutong/tiles/archive"
)

// archiveSet is a city's archives and their surface.
type archiveSet struct {
	list    []archives.Entry
	surface *archives.Archives
}

// newArchives makes the archives of city. It opens none.
func newArchives(city *City, log *slog.Logger, m *telemetry.Metrics) (*archiveSet, error) {
	s := &archiveSet{}
	for i := range city.Archives {
		a := &city.Archives[i]
		s.list = append(s.list, archives.Entry{
			Name: a.Name, Title: a.Title, Description: a.Description, Licence: a.Licence, Attribution: a.Attribution,
			Archive: archive.New(a.Location, archive.Options{}),
		})
	}
	var err error
	s.surface, err = archives.New(s.list, api.Base{PublicURL: city.PublicURL, TrustedProxies: city.TrustedProxies}, log, m, archives.Options{})
	return s, err
}

// open opens all archives. A file that is missing or broken is an error: it will not get better by
// itself, and the operator is there to see it. A server may be down while others are needed: its
// archive answers 503 and is tried again by whoever asks for it.
func (s *archiveSet) open(ctx context.Context, log *slog.Logger) error {
	var errs []error
	for _, e := range s.list {
		err := e.Archive.Load(ctx)
		switch {
		case err == nil:
			info := e.Archive.Known()
			if info == nil {
				continue // replaced this very moment
			}
			log.Info("archive opened", slog.String("archive", e.Name), slog.String("place", e.Archive.Location().String()),
				slog.String("type", info.Type.String()), slog.Int64("bytes", info.Bytes))
		case ctx.Err() != nil:
			return ctx.Err()
		case e.Archive.Location().Local():
			errs = append(errs, fmt.Errorf("app: archive %s: %w", e.Name, err))
		default:
			log.Warn("archive cannot be read", slog.String("archive", e.Name), slog.String("kind", archive.Kind(err)), slog.String("error", err.Error()))
		}
	}
	return errors.Join(errs...)
}

// vector returns the archives of vector tiles that are open now, with what is inside their tiles.
func (s *archiveSet) vector() []styles.Archive {
	var list []styles.Archive
	for _, e := range s.list {
		info := e.Archive.Known()
		if info == nil || info.Type != archive.TypeMVT {
			continue
		}
		a := styles.Archive{Name: e.Name, Title: e.Title}
		for _, l := range info.Metadata.VectorLayers {
			a.Layers = append(a.Layers, styles.ArchiveLayer{Name: l.ID, Fields: slices.Sorted(maps.Keys(l.Fields))})
		}
		list = append(list, a)
	}
	return list
}

// close closes all archives.
func (s *archiveSet) close() error {
	var errs []error
	for _, e := range s.list {
		if err := e.Archive.Close(); err != nil {
			errs = append(errs, fmt.Errorf("app: archive %s: %w", e.Name, err))
		}
	}
	return errors.Join(errs...)
}
