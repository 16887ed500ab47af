// Package styles writes the MapLibre styles that say how layers are drawn, in version 8 of the
// MapLibre style specification. A style is made from schemas, from what owners say of their layers
// ([Drawing]) and from which values fields are known to have ([Known]); nothing here reads a feature.
//
// There is one style for each [Theme] and [Lang], see [Variants]. All of them draw, the undermost
// first, the ground: archives of a known schema and layers with a role, by role; then data: fills,
// outlines and lines; the names of the ground; the points of data as circles, above which only the
// names of places stand; and, from zoom 14, these points as symbols with their icons and texts. Within
// each of these the layers keep their order.
//
// Where tiles hold cells in place of features, see [CellKind], these are drawn as the fills or circles of
// data and give way to the features at the zoom from which tiles have them.
//
// A style draws exactly what its tiles contain: an expression reads a field only at zooms at which
// tiles have it, compares it with values only that it is known to have, and every kind of geometry of
// a layer is drawn. A style names each layer's TileJSON by URL, so zooms, bounds and attribution stay
// the server's to say. All functions are pure and safe from any goroutine; equal input gives equal
// bytes. docs/formats/styles.md describes what comes out.
package styles

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/paulmach/orb"

	"hutong/layers"
)

// Input is what a style is made from.
type Input struct {
	// Name is the style's name as people read it; "" means "Hutong".
	Name string
	// BaseURL is the server's absolute http or https URL as its clients see it, with or without a
	// trailing slash; the tiles of layers are expected at BaseURL/tiles/NAME,NAME/{z}/{x}/{y}.mvt.
	BaseURL string
	// Theme is the colours; "" is [Light]. Lang is the language of names and titles; "" is [EN].
	Theme Theme
	Lang  Lang
	// TimeZone is the zone in which a page shows times; nil leaves it to the reader's own.
	TimeZone *time.Location
	// Layers are all layers there are, in their order. Their places among all give them their colours, and
	// the most crowded of all glows, so a layer of data looks the same in a style of all and in one of some.
	// Of the ground, borders have their names only in a style without places.
	Layers []Layer
	// Only, unless it is nil, names the layers to draw.
	Only []layers.Name
	// Together is the most layers that the server has in one tile. With less than two each layer of the
	// ground has a source of its own.
	Together int
	// Archives are the archives that may be drawn as ground: those of a schema that is known here are.
	Archives []Archive
	// Fonts are the font files that texts are drawn with; Glyphs says that the server has ranges of
	// glyphs. With neither there are no texts.
	Fonts  []FontFile
	Glyphs bool
	// SpriteName is the name of the sprite; "" is default.
	SpriteName string
	// Sprite says that the server has images. Without, points are circles at all zooms.
	Sprite bool
	// Center is where a map starts, lon/lat in degrees; nil leaves that to the map.
	Center *orb.Point
	// Zoom is the zoom at which a map starts, 0…24; it counts only with a Center.
	Zoom float64
	// Bounds, when Center was worked out and not chosen by anyone, is what it was worked out from,
	// lon/lat degrees: our page fits them to its window instead of taking Center and Zoom. Else nil.
	Bounds *orb.Bound
}

// FontFile is a font that the server has.
type FontFile struct {
	// Path is where on the server it is, such as "/assets/sans-1A2B.woff".
	Path string
	// Ranges are the code points that it is for, such as "U+0-FF".
	Ranges []string
}

// Keys of our own in metadata.
const (
	TitleKey   = "hutong:title"   // of a style layer: the title of what it draws
	LayerKey   = "hutong:layer"   // of a style layer: the layer's name
	ArchiveKey = "hutong:archive" // of a style layer: the archive's name
	ThemeKey   = "hutong:theme"   // of the style: light or dark
	LangKey    = "hutong:lang"    // of the style: en or zh
	BoundsKey  = "hutong:bounds"  // of the style: west, south, east, north in degrees
	ZoneKey    = "hutong:zone"    // of the style: the time zone of the city, by its IANA name
	LayersKey  = "hutong:layers"  // of the style: what it draws, with legends
)

// fontName is the one font of all texts.
const fontName = "Noto Sans Regular"

// Make returns the style of in as one line of JSON. The error names everything that is wrong with in.
func Make(in Input) ([]byte, error) {
	base, err := in.check()
	if err != nil {
		return nil, fmt.Errorf("styles: %w", err)
	}
	out := in.head(base)
	p := newPainter(&in, in.layerSources(base, out.Sources))
	for i := range in.Archives {
		if a := &in.Archives[i]; p.archive(a) {
			out.Sources.add(a.source(), source{Type: "vector", URL: base + "/archives/" + a.Name + ".json"})
		}
	}
	told := []described{}
	for i := range in.Layers {
		l := &in.Layers[i]
		if !in.draws(l.Name) {
			p.skip(l)
			continue
		}
		one := p.layer(l)
		if in.hides(l) {
			one.Shown = new(bool)
		}
		told = append(told, one)
	}
	out.Layers = p.stacked()
	for i := range told {
		told[i].IDs = idsOf(out.Layers, told[i].Name)
		if told[i].Shown != nil {
			hide(out.Layers, told[i].Name)
		}
		if cells := told[i].Cells; cells != nil {
			cells.IDs = slices.DeleteFunc(slices.Clone(told[i].IDs), func(id string) bool {
				return !strings.HasPrefix(id, string(told[i].Name)+cellSuffix)
			})
		}
	}
	out.Metadata[LayersKey] = told
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(out); err != nil {
		return nil, fmt.Errorf("styles: %w", err)
	}
	return buf.Bytes(), nil
}

// hides reports whether a layer that is drawn is not to be seen until somebody asks for it, as those have done
// who name the layers to draw.
func (in *Input) hides(l *Layer) bool { return l.Drawing.Hidden && in.Only == nil }

// head returns a style that draws nothing yet.
func (in *Input) head(base string) style {
	out := style{
		Version: 8, Name: in.Name,
		Metadata: map[string]any{ThemeKey: in.theme(), LangKey: in.lang()},
		Sources:  &sources{},
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
	if in.TimeZone != nil {
		out.Metadata[ZoneKey] = in.TimeZone.String()
	}
	if in.Sprite {
		out.Sprite = base + "/sprites/" + cmp.Or(in.SpriteName, "default")
	}
	if in.Glyphs {
		out.Glyphs = base + "/fonts/{fontstack}/{range}.pbf"
	}
	for _, f := range in.Fonts {
		if out.FontFaces == nil {
			out.FontFaces = map[string][]fontFace{}
		}
		out.FontFaces[fontName] = append(out.FontFaces[fontName], fontFace{URL: base + f.Path, Ranges: f.Ranges})
	}
	return out
}

// draws reports whether a layer is to be drawn.
func (in *Input) draws(name layers.Name) bool {
	return in.Only == nil || slices.Contains(in.Only, name)
}

func (in *Input) theme() Theme {
	if in.Theme == "" {
		return Light
	}
	return in.Theme
}

func (in *Input) lang() Lang {
	if in.Lang == "" {
		return EN
	}
	return in.Lang
}

// check returns the base URL without a trailing slash, or every problem of in, joined.
func (in *Input) check() (string, error) {
	errs := []error{in.checkBase(), in.checkNames(), in.checkStart()}
	if t := in.theme(); t != Light && t != Dark {
		errs = append(errs, fmt.Errorf("theme %q is neither light nor dark", t))
	}
	if l := in.lang(); l != EN && l != ZH {
		errs = append(errs, fmt.Errorf("language %q is neither en nor zh", l))
	}
	return strings.TrimSuffix(in.BaseURL, "/"), errors.Join(errs...)
}

func (in *Input) checkBase() error {
	u, err := url.Parse(in.BaseURL)
	switch {
	case err != nil:
		return fmt.Errorf("base url: %w", err)
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return fmt.Errorf("base url %q is not an absolute http or https url", in.BaseURL)
	case u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return fmt.Errorf("base url %q has more than scheme, host and path", u.Redacted())
	}
	return nil
}

func (in *Input) checkNames() error {
	var errs []error
	seen := make(map[layers.Name]bool, len(in.Layers))
	for _, l := range in.Layers {
		if err := l.Name.Validate(); err != nil {
			errs = append(errs, err)
		}
		if seen[l.Name] {
			errs = append(errs, fmt.Errorf("layer %q stands twice", l.Name))
		}
		if l.Cells != "" && l.Cells != Hexes && l.Cells != Clusters && l.Cells != Hotspots {
			errs = append(errs, fmt.Errorf("layer %q: cells %q are none of hexes, clusters, hotspots", l.Name, l.Cells))
		}
		seen[l.Name] = true
	}
	for _, name := range in.Only {
		if !seen[name] {
			errs = append(errs, fmt.Errorf("there is no layer %q to draw", name))
		}
	}
	return errors.Join(errs...)
}

func (in *Input) checkStart() error {
	var errs []error
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
	return errors.Join(errs...)
}

// isPlace reports whether p is lon/lat in degrees. It is written so that NaN is none.
func isPlace(p orb.Point) bool {
	return p.Lon() >= -180 && p.Lon() <= 180 && p.Lat() >= -90 && p.Lat() <= 90
}
