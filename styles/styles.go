// Package styles writes the MapLibre styles that say how layers are drawn, in version 8 of the
// MapLibre style specification. So far there is one: the plain default style, which draws every
// layer it is given on a light ground and nothing else: polygons as fills with outlines, lines as
// lines, points as circles. Over all layers fills are undermost, then outlines, lines and circles, so
// that no polygon hides a point; within each of these the layers keep their order.
//
// A style names each layer's TileJSON by URL, so zooms, bounds and attribution stay the server's to
// say. Nothing here reads a feature: a style says the same to everyone who may see the layers'
// names. All functions are pure and safe from any goroutine; equal input gives equal bytes.
package styles

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/paulmach/orb"

	"hutong/layers"
)

// Input is what a style is made from.
type Input struct {
	// Name is the style's name as people read it; "" means "Hutong".
	Name string
	// BaseURL is the server's absolute http or https URL as its clients see it, with or without a
	// trailing slash; the TileJSON of a layer is expected at BaseURL/tiles/NAME.json.
	BaseURL string
	// Layers are drawn in this order, the first undermost among what has its kind.
	Layers []Layer
	// Center is where a map starts, lon/lat in degrees; nil leaves that to the map.
	Center *orb.Point
	// Zoom is the zoom at which a map starts, 0…24; it counts only with a Center.
	Zoom float64
	// Bounds, when Center was worked out and not chosen by anyone, is what it was worked out from,
	// lon/lat degrees: our page fits them to its window instead of taking Center and Zoom. Else nil.
	Bounds *orb.Bound
}

// Layer is one layer to draw.
type Layer struct {
	// Name is the layer's name: the source, the style layer of its points and the layer inside the
	// tiles have it too. Its other style layers are NAME:line, NAME:outline and NAME:fill, which are
	// nobody's name, for a name holds no ':'.
	Name layers.Name
	// Title is the layer's name for people; "" means Name.
	Title string
	// Points, Lines and Polygons say what is drawn, each with its multis. With none set all are: a
	// layer that is empty now may get any.
	Points, Lines, Polygons bool
	// Coverage says that its polygons cover the map: they are drawn by their edges, with hardly a fill.
	Coverage bool
}

// Keys of our own in metadata.
const (
	TitleKey  = "hutong:title"  // of a style layer: the layer's title
	BoundsKey = "hutong:bounds" // of the style: west, south, east, north in degrees
)

// style is the root of a style, its members in the order in which they are written.
type style struct {
	Version  int               `json:"version"`
	Name     string            `json:"name"`
	Metadata map[string]any    `json:"metadata"`
	Center   *orb.Point        `json:"center,omitempty"`
	Zoom     *float64          `json:"zoom,omitempty"`
	Sources  map[string]source `json:"sources"`
	Layers   []layer           `json:"layers"`
}

// source is a vector source that is described by a TileJSON.
type source struct {
	Type string `json:"type"`
	URL  string `json:"url"`
}

// layer is one style layer.
type layer struct {
	ID          string            `json:"id"`
	Type        string            `json:"type"`
	Metadata    map[string]string `json:"metadata,omitempty"`
	Source      string            `json:"source,omitempty"`
	SourceLayer string            `json:"source-layer,omitempty"`
	Filter      []any             `json:"filter,omitempty"`
	Layout      map[string]any    `json:"layout,omitempty"`
	Paint       map[string]any    `json:"paint"`
}

// Default returns the plain style of in.Layers as one line of JSON. It needs no sprite and no
// glyphs. The error names everything that is wrong with in.
func Default(in Input) ([]byte, error) {
	base, err := in.check()
	if err != nil {
		return nil, fmt.Errorf("styles: default: %w", err)
	}
	out := style{
		Version:  8,
		Name:     in.Name,
		Metadata: map[string]any{"hutong:style": "default"},
		Sources:  make(map[string]source, len(in.Layers)),
		Layers: []layer{{
			ID: backgroundID, Type: "background",
			Paint: map[string]any{"background-color": backgroundColour},
		}},
	}
	if out.Name == "" {
		out.Name = "Hutong"
	}
	if in.Center != nil {
		out.Center, out.Zoom = in.Center, &in.Zoom
	}
	if b := in.Bounds; b != nil {
		out.Metadata[BoundsKey] = [4]float64{b.Min.Lon(), b.Min.Lat(), b.Max.Lon(), b.Max.Lat()}
	}
	for _, l := range in.Layers {
		out.Sources[string(l.Name)] = source{Type: "vector", URL: base + "/tiles/" + string(l.Name) + ".json"}
	}
	out.Layers = append(out.Layers, draw(in.Layers)...)
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(out); err != nil {
		return nil, fmt.Errorf("styles: default: %w", err)
	}
	return buf.Bytes(), nil
}

// check returns the base URL without a trailing slash, or every problem of in, joined.
func (in Input) check() (string, error) {
	var errs []error
	u, err := url.Parse(in.BaseURL)
	switch {
	case err != nil:
		errs = append(errs, fmt.Errorf("base url: %w", err))
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		errs = append(errs, fmt.Errorf("base url %q is not an absolute http or https url", in.BaseURL))
	case u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		errs = append(errs, fmt.Errorf("base url %q has more than scheme, host and path", u.Redacted()))
	}
	seen := make(map[layers.Name]bool, len(in.Layers))
	for _, l := range in.Layers {
		if err := l.Name.Validate(); err != nil {
			errs = append(errs, err)
		}
		if seen[l.Name] {
			errs = append(errs, fmt.Errorf("layer %q stands twice", l.Name))
		}
		seen[l.Name] = true
	}
	if c := in.Center; c != nil {
		if !isPlace(*c) {
			errs = append(errs, fmt.Errorf("center %v is not a place", *c))
		}
		if !(in.Zoom >= 0 && in.Zoom <= layers.MaxZoom) {
			errs = append(errs, fmt.Errorf("zoom %v is not 0 to %d", in.Zoom, layers.MaxZoom))
		}
	}
	if b := in.Bounds; b != nil && (!isPlace(b.Min) || !isPlace(b.Max)) {
		errs = append(errs, fmt.Errorf("bounds %v are not on the earth", *b))
	}
	return strings.TrimSuffix(in.BaseURL, "/"), errors.Join(errs...)
}

// isPlace reports whether p is lon/lat in degrees. It is written so that NaN is none.
func isPlace(p orb.Point) bool {
	return p.Lon() >= -180 && p.Lon() <= 180 && p.Lat() >= -90 && p.Lat() <= 90
}
