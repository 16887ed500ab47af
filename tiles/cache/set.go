package cache

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"hutong/layers"
)

// MaxLayers is the most layers of a composite.
const MaxLayers = 16

// ErrTooMany means that a list names more than [MaxLayers].
var ErrTooMany = errors.New("cache: too many layers")

// LayerError means that a list names a layer that there is not.
type LayerError struct{ Name string }

// Error says which.
func (e *LayerError) Error() string { return fmt.Sprintf("cache: no layer %.64q", e.Name) }

// Set is the layers of a tile: one, or several for a composite. It never changes.
type Set struct {
	name    string    // the names, sorted, each once, joined by commas
	sources []*source // in that order
}

// Set returns the layers that a list of names joined by commas stands for, in whatever order and
// however often each is named. The error is a *[LayerError] or [ErrTooMany].
func (c *Cache) Set(list string) (*Set, error) {
	if s := c.singles[list]; s != nil {
		return s, nil
	}
	if strings.Count(list, ",") >= MaxLayers {
		return nil, fmt.Errorf("%w: more than %d", ErrTooMany, MaxLayers)
	}
	names := strings.Split(list, ",")
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) == 1 && c.singles[names[0]] != nil {
		return c.singles[names[0]], nil
	}
	set := &Set{name: strings.Join(names, ",")}
	for _, name := range names {
		s := c.layers[layers.Name(name)]
		if s == nil {
			return nil, &LayerError{name}
		}
		set.sources = append(set.sources, s)
	}
	return set, nil
}

// Name returns the canonical name: the names of the layers, sorted, joined by commas.
func (s *Set) Name() string { return s.name }

// Layers returns the names of the layers, sorted.
func (s *Set) Layers() []layers.Name {
	names := make([]layers.Name, len(s.sources))
	for i := range s.sources {
		names[i] = s.sources[i].name
	}
	return names
}

// Zooms returns the lowest and the highest zoom at which one of the layers has tiles.
func (s *Set) Zooms() (lowest, highest uint8) {
	lowest = s.sources[0].opts.MinZoom
	for _, l := range s.sources {
		lowest, highest = min(lowest, l.opts.MinZoom), max(highest, l.opts.MaxZoom)
	}
	return lowest, highest
}

// covers reports whether one of the layers has tiles at a zoom.
func (s *Set) covers(zoom uint8) bool {
	return slices.ContainsFunc(s.sources, func(l *source) bool { return l.covers(zoom) })
}

// covers reports whether the layer has tiles at a zoom.
func (s *source) covers(zoom uint8) bool { return zoom >= s.opts.MinZoom && zoom <= s.opts.MaxZoom }
