package app

import (
	"errors"
	"fmt"
	"slices"

	"hutong/api"
	surface "hutong/api/push"
	"hutong/ingest"
	"hutong/ingest/push"
	"hutong/internal/config"
	"hutong/layers"
)

// pushOf describes a source of a config that takes what is sent to it. Who takes its changes is left open.
func pushOf(s *config.Source) push.Options {
	return push.Options{
		Name: s.Name, Layer: s.Layer, Formats: s.Push.Formats, Records: s.Push.Records, Delimiter: s.Push.Delimiter,
		Limits: s.Push.Limits, Mapping: s.Mapping,
	}
}

// newFeeds makes the push sources of the city ready: their changes go to, and what they refuse to letters.
func (a *App) newFeeds(to ingest.Acceptor, letters ingest.DeadLetters) error {
	budget := push.NewBudget(0, a.opts.Metrics)
	var errs []error
	for _, o := range a.city.Push {
		o.To, o.Letters, o.Budget, o.Meters = to, letters, budget, a.store.meters()
		if l := a.store.layers[o.Layer]; l != nil && a.city.sourcesOf(o.Layer) == 1 {
			o.State = l.Snapshot
		}
		f, err := push.New(o)
		if err == nil && a.store.layers[f.Layer()] == nil {
			err = fmt.Errorf("app: source %s feeds layer %s, which does not exist", f.Name(), f.Layer())
		}
		errs = append(errs, err)
		a.feeds = append(a.feeds, f)
	}
	return errors.Join(errs...)
}

// letterBox is where dead letters are kept: in memory until the data folder is open.
type letterBox struct{ ingest.DeadLetters }

// pushRoutes are the routes of the push sources; none when there are none.
func (a *App) pushRoutes(base api.Base) []api.Route {
	if len(a.feeds) == 0 {
		return nil
	}
	return surface.New(a.feeds, a.keys, base, a.opts.Log).Routes()
}

// meters are the counters of what is pushed, which the other sources share.
func (s *Store) meters() push.Meters {
	return push.Meters{Accepted: s.records, Refused: s.refused}
}

// sourcesOf counts the sources that feed a layer, of whatever kind.
func (c *City) sourcesOf(name layers.Name) (n int) {
	for _, s := range slices.Concat(c.Sources, c.Live) {
		if s.Layer() == name {
			n++
		}
	}
	for i := range c.Push {
		if c.Push[i].Layer == name {
			n++
		}
	}
	return n
}

// pushedTo reports whether records are pushed to a layer.
func (c *City) pushedTo(name layers.Name) bool {
	for i := range c.Push {
		if c.Push[i].Layer == name {
			return true
		}
	}
	return false
}
