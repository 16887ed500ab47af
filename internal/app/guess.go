package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"hutong/ingest/files"
	"hutong/internal/config"
	"hutong/internal/guess"
	"hutong/layers"
)

// GuessedName is what problems call a config that was guessed and is in no file yet.
const GuessedName = "guessed config"

// Guess looks at files, each a path or a pattern, and returns the config of a city with a layer for each
// of them: as text, which [config.Parse] read, and as it was read. The error names every file that
// cannot be served. log takes what was guessed.
func Guess(patterns []string, env config.Env, log *slog.Logger) (*config.Config, []byte, error) {
	paths, err := files.Match(patterns)
	if err != nil {
		return nil, nil, err
	}
	var list []*guess.Layer
	var errs []error
	taken := map[layers.Name]bool{}
	for _, path := range paths {
		s, err := sample(context.Background(), path, files.TableOf(path), "", guess.Limits{})
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if strings.Contains(path, "${") {
			errs = append(errs, fmt.Errorf("%s: a config would read ${ in its name as a variable: rename it", path))
			continue
		}
		l := guess.Propose(s, taken)
		if err := l.Usable(); err != nil {
			errs = append(errs, err)
			continue
		}
		taken[l.Name] = true
		list = append(list, l)
		tell(log, s, l)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, nil, err
	}
	city := list[0].Title
	if len(list) > 1 {
		city = fmt.Sprintf("%s and %d more", city, len(list)-1)
	}
	text := guess.Config(city, list)
	c, err := config.Parse(GuessedName, text, env)
	return c, text, err
}

// tell logs a guess.
func tell(log *slog.Logger, s *guess.Sample, l *guess.Layer) {
	named := func(is func(p *guess.Proposal) bool) []string {
		names := []string{}
		for i := range l.Fields {
			if is(&l.Fields[i]) {
				names = append(names, l.Fields[i].Name)
			}
		}
		return names
	}
	log.Info("layer guessed", slog.String("layer", string(l.Name)), slog.String("file", s.Path), slog.String("format", string(s.Format)),
		slog.Int("records", s.Records), slog.Bool("whole", s.Whole), slog.String("id", l.ID), slog.String("id_why", l.IDWhy),
		slog.String("time", l.Time), slog.Int("fields", len(l.Fields)),
		slog.Any("keep", named(func(p *guess.Proposal) bool { return p.Keep })),
		slog.Any("detail", named(func(p *guess.Proposal) bool { return p.Detail })),
		slog.Any("private", named(func(p *guess.Proposal) bool { return p.Private })),
		slog.String("licence", guess.UnknownLicence))
}
