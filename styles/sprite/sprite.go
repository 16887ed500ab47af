// Package sprite makes the sheets of icons that maps draw points with, as MapLibre's "sprite" URL gives
// them: a picture and an index of what is where in it.
//
// Every image is a signed distance field (see [hutong/styles/sdf]) in the picture's alpha channel, so a
// style gives it any colour and halo. There are our own shapes, named "shape-circle" and so on, and the
// icons that a [Set] is made with, SVG as Maki and Temaki publish it.
//
// A Set may be used from any goroutine. The same images make the same picture.
package sprite

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"hutong/styles/sdf"
)

// Common are icons of Maki that a style may draw without any layer naming them.
var Common = []string{
	"bicycle", "bus", "caution", "circle", "construction", "drinking-water", "fire-station", "home", "hospital",
	"information", "library", "marker", "park", "parking", "police", "post", "rail-metro", "recycling", "restaurant", "school",
	"shop", "star", "toilet", "town-hall", "waste-basket", "water",
}

// Set is the images that there are.
type Set struct {
	icons map[string]string
	names []string
}

// New returns a set of our shapes and icons: SVG by name, which is not parsed before it is drawn.
func New(icons map[string]string) *Set {
	s := &Set{icons: icons}
	for name := range shapes {
		s.names = append(s.names, prefix+name)
	}
	s.names = slices.AppendSeq(s.names, maps.Keys(icons))
	slices.Sort(s.names)
	return s
}

// Names returns the names of all images in order. The caller must not change them.
func (s *Set) Names() []string { return s.names }

// Icons returns how many images are not our own shapes.
func (s *Set) Icons() int { return len(s.icons) }

// Has reports whether there is an image of this name.
func (s *Set) Has(name string) bool {
	_, ok := slices.BinarySearch(s.names, name)
	return ok
}

// Chosen returns the names of our shapes, of the Common icons and of those of names, each once and
// those that the set has, in order.
func (s *Set) Chosen(names []string) []string {
	chosen := slices.Concat(Common, names)
	for name := range shapes {
		chosen = append(chosen, prefix+name)
	}
	slices.Sort(chosen)
	return slices.DeleteFunc(slices.Compact(chosen), func(name string) bool { return !s.Has(name) })
}

// outline returns the shape of an image in a square of Size.
func (s *Set) outline(name string) (*sdf.Outline, error) {
	if draw := shapes[strings.TrimPrefix(name, prefix)]; draw != nil && strings.HasPrefix(name, prefix) {
		o := sdf.New(tolerance)
		draw(o)
		return o, nil
	}
	text, ok := s.icons[name]
	if !ok {
		return nil, fmt.Errorf("sprite: there is no image %q", name)
	}
	o, err := parseSVG(text)
	if err != nil {
		return nil, fmt.Errorf("sprite: %s: %w", name, err)
	}
	return o, nil
}
