package testkit

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Contents are what the tiles of one layer hold, for [StyleProblems].
type Contents struct {
	// Fields are the zooms from which tiles have a field.
	Fields map[string]float64
	// Values are all values that a text field is known to have; a field without is not known.
	Values map[string][]string
	// Kinds are the geometries that there are: Point, LineString, Polygon.
	Kinds []string
	// Everywhere says that each kind must be drawn at all zooms, not only at some.
	Everywhere bool
	// Named says that texts alone draw points, as names do places.
	Named bool
	// Cells is what tiles hold instead at the zooms below Below; nil is none. A style layer may draw either,
	// and neither at a zoom of the other. Whether there is a field of cells may be asked at all zooms.
	Cells *Contents
	Below float64
}

// StyleProblems holds a MapLibre style against what its tiles hold and returns where it draws anything
// else: a source layer or field that is not there at a zoom at which it is read, a text that no feature
// has, a geometry that nothing draws or that a style layer cannot get. Contents are by source and,
// with a slash, source layer.
func StyleProblems(style []byte, contents map[string]Contents) ([]string, error) {
	var doc struct {
		Sources map[string]styleSource
		Layers  []styleLayer
	}
	if err := json.Unmarshal(style, &doc); err != nil {
		return nil, err
	}
	c := styleCheck{contents: contents, drawn: map[string][]zooms{}}
	ids := map[string]bool{}
	for i := range doc.Layers {
		l := &doc.Layers[i]
		if ids[l.ID] {
			c.fail(l, "its id stands twice")
		}
		ids[l.ID] = true
		if l.Source == "" {
			continue
		}
		source, ok := doc.Sources[l.Source]
		if !ok {
			c.fail(l, "there is no source %q", l.Source)
			continue
		}
		c.layer(l, source.holds(l.Source, l.SourceLayer))
	}
	c.everythingDrawn()
	return c.problems, nil
}

// styleSource is what the check reads of a source.
type styleSource struct {
	URL   string
	Tiles []string
}

// holds returns the key of the contents that a source called name has as sourceLayer: of tiles of layers
// those that their address names, of an archive whatever it has.
func (s styleSource) holds(name, sourceLayer string) string {
	if s.URL != "" {
		return name + "/" + sourceLayer
	}
	for _, address := range s.Tiles {
		_, list, _ := strings.Cut(address, "/tiles/")
		list, _, _ = strings.Cut(list, "/")
		if slices.Contains(strings.Split(list, ","), sourceLayer) {
			return sourceLayer + "/" + sourceLayer
		}
	}
	return ""
}

// styleLayer is what the check reads of a style layer.
type styleLayer struct {
	ID, Type, Source string
	SourceLayer      string `json:"source-layer"`
	MinZoom, MaxZoom *float64
	Filter           any
	Layout, Paint    map[string]any
}

// zooms are those from from on that are below to.
type zooms struct{ from, to float64 }

// cellsKey stands behind the key of contents for their cells.
const cellsKey = " cells"

// knows reports whether there is a field of a name.
func (c *Contents) knows(name string) bool {
	_, ok := c.Fields[name]
	return ok
}

// topZoom is beyond all zooms of a map.
const topZoom = 25

type styleCheck struct {
	contents map[string]Contents
	drawn    map[string][]zooms // by contents and kind
	problems []string
}

func (c *styleCheck) fail(l *styleLayer, format string, args ...any) {
	c.problems = append(c.problems, l.ID+": "+fmt.Sprintf(format, args...))
}

// draws are the kinds that a type of style layer can draw; symbols draw points by their images.
var draws = map[string][]string{
	"circle": {"Point"}, "heatmap": {}, "fill": {"Polygon"}, "line": {"LineString", "Polygon"}, "symbol": {"Point"},
}

func (c *styleCheck) layer(l *styleLayer, key string) {
	holds, ok := c.contents[key]
	if !ok {
		c.fail(l, "the source %q has no layer %q", l.Source, l.SourceLayer)
		return
	}
	at := zooms{0, topZoom}
	if l.MinZoom != nil {
		at.from = *l.MinZoom
	}
	if l.MaxZoom != nil {
		at.to = *l.MaxZoom
	}
	if holds.Cells != nil {
		switch {
		case at.to <= holds.Below:
			key, holds = key+cellsKey, *holds.Cells
		case at.from < holds.Below:
			c.fail(l, "draws zooms %v to %v, of cells below %v and of features from there on", at.from, at.to, holds.Below)
			return
		}
	}
	c.walk(l, &holds, at, l.Filter)
	for _, group := range []map[string]any{l.Layout, l.Paint} {
		for _, e := range group {
			c.walk(l, &holds, at, e)
		}
	}
	types := typesIn(l.Filter)
	if types == nil {
		types = holds.Kinds
	}
	met := false
	for _, kind := range types {
		met = met || slices.Contains(holds.Kinds, kind)
		if slices.Contains(draws[l.Type], kind) {
			if l.Type == "symbol" && l.Layout["icon-image"] == nil && !holds.Named {
				continue
			}
			c.drawn[key+" "+kind] = append(c.drawn[key+" "+kind], at)
		}
	}
	if !met {
		c.fail(l, "draws %v, and there are %v", types, holds.Kinds)
	}
}

// everythingDrawn finds kinds that nothing draws, or where all zooms count, that are not drawn at one.
func (c *styleCheck) everythingDrawn() {
	for key, holds := range c.contents {
		at := zooms{0, topZoom}
		if holds.Cells != nil {
			at.from = holds.Below
			c.allDrawn(key+cellsKey, holds.Cells, zooms{0, holds.Below})
		}
		c.allDrawn(key, &holds, at)
	}
	slices.Sort(c.problems)
}

// allDrawn finds kinds of what tiles of some zooms hold that nothing draws.
func (c *styleCheck) allDrawn(key string, holds *Contents, at zooms) {
	for _, kind := range holds.Kinds {
		list := c.drawn[key+" "+kind]
		slices.SortFunc(list, func(a, b zooms) int { return cmp.Compare(a.from, b.from) })
		reached := at.from
		for _, z := range list {
			if z.from <= reached {
				reached = math.Max(reached, z.to)
			}
		}
		if len(list) == 0 || holds.Everywhere && reached < at.to {
			c.problems = append(c.problems, fmt.Sprintf("%s: nothing draws %s from zoom %v on", key, kind, reached))
		}
	}
}

// walk checks the fields and texts of an expression that is read at some zooms.
func (c *styleCheck) walk(l *styleLayer, holds *Contents, at zooms, e any) {
	list, ok := e.([]any)
	if !ok || len(list) == 0 {
		return
	}
	switch list[0] {
	case "has":
		if name, _ := list[1].(string); holds.Cells != nil && holds.Cells.knows(name) {
			return
		}
		c.field(l, holds, at, list[1])
		return
	case "get":
		c.field(l, holds, at, list[1])
		return
	case "literal":
		return
	case "step":
		if input, ok := list[1].([]any); ok && len(input) == 1 && input[0] == "zoom" {
			c.steps(l, holds, at, list)
			return
		}
	case "match":
		c.match(l, holds, list)
		c.walk(l, holds, at, list[1])
		for i := 3; i < len(list); i += 2 {
			c.walk(l, holds, at, list[i])
		}
		c.walk(l, holds, at, list[len(list)-1])
		return
	}
	for _, part := range list[1:] {
		c.walk(l, holds, at, part)
	}
}

// steps checks each output of a step over the zoom at the zooms at which it is read.
func (c *styleCheck) steps(l *styleLayer, holds *Contents, at zooms, list []any) {
	from := at.from
	for i := 2; i < len(list); i += 2 {
		to := at.to
		if i+1 < len(list) {
			if stop, ok := list[i+1].(float64); ok {
				to = math.Min(to, stop)
			}
		}
		if from < to {
			c.walk(l, holds, zooms{from, to}, list[i])
			from = to
		}
	}
}

func (c *styleCheck) field(l *styleLayer, holds *Contents, at zooms, name any) {
	text, _ := name.(string)
	from, ok := holds.Fields[text]
	switch {
	case !ok:
		c.fail(l, "there is no field %q", text)
	case from > at.from:
		c.fail(l, "field %q is read from zoom %v on, and in tiles from zoom %v on", text, at.from, from)
	}
}

// match checks that the labels of a match over a field are values it has.
func (c *styleCheck) match(l *styleLayer, holds *Contents, list []any) {
	input, ok := list[1].([]any)
	if !ok || len(input) != 2 || input[0] != "get" {
		return
	}
	name, _ := input[1].(string)
	known := holds.Values[name]
	if known == nil {
		return
	}
	for i := 2; i+1 < len(list); i += 2 {
		labels, isList := list[i].([]any)
		if !isList {
			labels = []any{list[i]}
		}
		for _, label := range labels {
			if text, _ := label.(string); !slices.Contains(known, text) {
				c.fail(l, "field %q never is %q", name, text)
			}
		}
	}
}

// typesIn returns the types that a filter lets through, nil for all, without multis.
func typesIn(filter any) []string {
	list, ok := filter.([]any)
	if !ok || len(list) < 2 {
		return nil
	}
	if list[0] == "all" {
		for _, part := range list[1:] {
			if types := typesIn(part); types != nil {
				return types
			}
		}
		return nil
	}
	input, ok := list[1].([]any)
	if list[0] != "match" || !ok || len(input) != 1 || input[0] != "geometry-type" {
		return nil
	}
	var types []string
	let, _ := list[2].([]any)
	for _, t := range []string{"Point", "LineString", "Polygon"} {
		if slices.Contains(let, any(t)) {
			types = append(types, t)
		}
	}
	return types
}
