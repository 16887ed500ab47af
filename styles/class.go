package styles

import (
	"slices"
	"strings"

	"hutong/layers/column"
)

// The classes of roads, places, parcels and parks, the largest first.
var (
	roadClasses   = []string{"motorway", "ring", "avenue", "street", "lane", "path"}
	placeClasses  = []string{"city", "district", "town", "neighbourhood"}
	parcelClasses = []string{"residential", "commercial", "industrial", "civic", "farm"}
	parkClasses   = []string{"park", "wood"}
)

// The classes that values are drawn as which name none.
const (
	middleRoad   = "street"
	middlePlace  = "town"
	middleParcel = "residential"
	middlePark   = "park"
)

// also are other words for classes, in lower case.
var also = map[string]string{
	"freeway": "motorway", "expressway": "motorway", "highway": "motorway", "interstate": "motorway", "trunk": "motorway",
	"motorway_link": "street", "primary": "avenue", "arterial": "avenue", "major": "avenue", "boulevard": "avenue",
	"principal": "avenue", "secondary": "street", "tertiary": "street", "collector": "street", "minor": "street",
	"residential": "lane", "service": "lane", "alley": "lane", "hutong": "lane", "local": "lane", "living_street": "lane",
	"footway": "path", "track": "path", "trail": "path", "cycleway": "path", "bike": "path", "steps": "path", "pedestrian": "path",
	"village": "town", "suburb": "neighbourhood", "neighborhood": "neighbourhood", "quarter": "neighbourhood",
	"borough": "district", "county": "district", "retail": "commercial", "office": "commercial", "public": "civic",
	"institutional": "civic", "farmland": "farm", "agricultural": "farm", "housing": "residential",
	"forest": "wood", "mountain": "wood", "woodland": "wood",
}

// classOf returns the class of classes that a value names, "" if none: by itself, by another word for
// it, or by its first word.
func classOf(value string, classes []string) string {
	whole := strings.ToLower(strings.TrimSpace(value))
	first, _, _ := strings.Cut(whole, " ")
	for _, word := range []string{whole, first} {
		for _, name := range []string{word, also[word]} {
			if slices.Contains(classes, name) {
				return name
			}
		}
	}
	return ""
}

// classes is which class a feature of the ground is of, in the order of the largest first.
type classes struct {
	// input is the expression that the class is read from; nil when all are of the middle class.
	input any
	// names are all classes, values by class what input is then.
	names  []string
	values map[string][]string
	middle string
}

// classesOf returns the classes of a layer by the field that says so. Of its known values each counts
// for the class it names; while none is known, classes count by their own names.
func (l *Layer) classesOf(names []string, middle string) *classes {
	c := &classes{names: names, values: map[string][]string{}, middle: middle}
	zoom, ok := l.has(l.Drawing.Class, column.String)
	if !ok || zoom > 0 {
		return c
	}
	c.input = get(l.Drawing.Class)
	known := l.values(l.Drawing.Class)
	if len(known) == 0 {
		known = names
	}
	for _, v := range known {
		if name := classOf(v, names); name != "" {
			c.values[name] = append(c.values[name], v)
		}
	}
	return c
}

// each is the expression of what of gives for a feature's class.
func (c *classes) each(of func(class string) any) any {
	if c.input == nil {
		return of(c.middle)
	}
	var arms []arm
	for _, name := range c.names {
		if name != c.middle {
			arms = append(arms, arm{c.values[name], of(name)})
		}
	}
	return match(c.input, arms, of(c.middle))
}

// rank is the expression that is the higher the larger a feature's class is.
func (c *classes) rank() any {
	return c.each(func(class string) any { return c.rankOf(class) })
}

// rankOf is the higher the larger a class is, at least 1.
func (c *classes) rankOf(class string) int { return len(c.names) - slices.Index(c.names, class) }

// shown is the filter that lets each class through from its zoom on; nil lets all through. No zoom of
// a class may be below that of a larger one.
func (c *classes) shown(zooms map[string]float64) []any {
	if c.input == nil {
		return nil
	}
	filter := []any{"step", []any{"zoom"}}
	var hidden []string
	for _, name := range c.names {
		if zooms[name] > 0 {
			hidden = append(hidden, name)
		}
	}
	filter = append(filter, c.not(hidden))
	for len(hidden) > 0 {
		at := zooms[hidden[0]]
		for len(hidden) > 0 && zooms[hidden[0]] == at {
			hidden = hidden[1:]
		}
		filter = append(filter, at, c.not(hidden))
	}
	if len(filter) == 3 {
		return nil
	}
	return filter
}

// not is whether a feature is of none of some classes.
func (c *classes) not(hidden []string) any {
	if len(hidden) == 0 {
		return true
	}
	return c.each(func(class string) any { return !slices.Contains(hidden, class) })
}
