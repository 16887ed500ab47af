package app

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"hutong/ingest"
)

// How long a live source that has failed waits before it is run again: at first, and at most. The wait
// doubles with each failure until a batch is accepted. A random part of up to a half is taken off, so that
// sources that fail together do not come back together.
const (
	firstRetry = time.Second
	lastRetry  = time.Minute
)

// countEvery is how often what a live source has refused is counted while it runs.
const countEvery = time.Second

// Follow runs a live source into the store until ctx is done or the source ends without an error, again
// and again when it fails. What it publishes is counted as it comes, what it refuses within a second.
func (s *Store) Follow(ctx context.Context, source ingest.Source, log *slog.Logger) {
	log = log.With(slog.String("source", source.Name()), slog.String("layer", string(source.Layer())))
	to := publisher{store: s, source: source.Name()}
	log.Info("source runs")
	for retry := firstRetry; ; retry = min(2*retry, lastRetry) {
		sum, err := s.run(ctx, source, to, log)
		l := s.layers[source.Layer()]
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			if l != nil {
				l.up(source.Name())
			}
			log.Info("source ended")
			return
		case sum.Accepted > 0:
			retry = firstRetry
		}
		if l != nil {
			l.down(source.Name(), s.now())
		}
		wait := retry - rand.N(retry/2) //nolint:gosec // nobody gains by guessing it
		s.restarts.With(source.Name()).Add(1)
		log.Warn("source failed and is run again", slog.Any("error", err), slog.Duration("in", wait))
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// run runs a source once. Of what it refuses the log tells when a reason first occurs, and all at the end.
func (s *Store) run(ctx context.Context, source ingest.Source, to ingest.Publisher, log *slog.Logger) (ingest.Summary, error) {
	var report ingest.Report
	refused := newRefusals(s.refused, source)
	ended := make(chan struct{})
	var counter sync.WaitGroup
	counter.Go(func() {
		ticker := time.NewTicker(countEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				logRefused(log, refused.count(report.Summary()))
			case <-ended:
				return
			}
		}
	})
	err := source.Run(ctx, to, &report)
	close(ended)
	counter.Wait()
	sum := report.Summary()
	refused.count(sum)
	logRefused(log, sum.Reasons)
	return sum, err
}
