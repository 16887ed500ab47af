// Package inspect takes a vector tile apart and holds it against the format MVT 2.1
// (https://github.com/mapbox/vector-tile-spec/tree/master/2.1): its layers, what their features are and
// how many bytes each part takes, and everything that the specification forbids.
//
// It is for people who look at a tile, its own or somebody else's, so it takes any bytes: what is wrong
// is a [Problem], never an error or a panic, and reading goes on behind it where it can. Work and memory
// are linear in the bytes, of which there are at most [MaxBytes].
//
// A Tile belongs to its caller.
package inspect

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxBytes is the size of the largest tile that is read, uncompressed.
const MaxBytes = 16 << 20

// Bounds of what is kept of a tile.
const (
	maxLayers   = 1000 // further ones are counted
	maxKeys     = 1000 // of a layer
	maxProblems = 100  // different ones
	maxExamples = 3    // values of a key
	maxText     = 60   // bytes of a text that is shown
)

// Version is the version of the format that tiles are held against. Layers of version 1 are taken, too:
// the rules are the same but for what version 2 made clear.
const Version = 2

// Tile is what a tile is made of.
type Tile struct {
	// Bytes is its size, uncompressed.
	Bytes int `json:"bytes"`
	// Layers are in the order of the tile; MoreLayers counts those beyond a thousand.
	Layers     []*Layer `json:"layers"`
	MoreLayers int      `json:"more_layers,omitempty"`
	// Problems are what the specification forbids, in the order in which they were met, the same ones of
	// a layer once. MoreProblems counts those that came when there were too many different ones.
	Problems     []*Problem `json:"problems"`
	MoreProblems int        `json:"more_problems,omitempty"`

	seen map[string]*Problem
}

// Layer is one layer of a tile.
type Layer struct {
	// Name is its name, shortened if it is very long.
	Name    string `json:"name"`
	Version uint64 `json:"version"`
	Extent  uint64 `json:"extent"`
	// Features counts all of them, Geometries those of each type, IDs those that have an id.
	Features   int            `json:"features"`
	Geometries map[string]int `json:"geometries"`
	IDs        int            `json:"ids"`
	// Vertices counts positions, a ring's first one once.
	Vertices int `json:"vertices"`
	// Keys are the attributes, in the order of the layer; MoreKeys counts those beyond a thousand.
	Keys     []*Key `json:"keys"`
	MoreKeys int    `json:"more_keys,omitempty"`
	// Values counts the entries of the value table.
	Values int   `json:"values"`
	Bytes  Bytes `json:"bytes"`
}

// Bytes splits the size of a layer. Total has the layer's own header and everything below.
type Bytes struct {
	Total    int `json:"total"`
	Features int `json:"features"`
	// Geometries and Tags are parts of Features.
	Geometries int `json:"geometries"`
	Tags       int `json:"tags"`
	Keys       int `json:"keys"`
	Values     int `json:"values"`
}

// Key is one attribute of a layer.
type Key struct {
	Name string `json:"name"`
	// Features counts those that have it, Types their values by type.
	Features int            `json:"features"`
	Types    map[string]int `json:"types"`
	// Examples are the first different values.
	Examples []string `json:"examples"`
}

// Problem is something that the specification forbids.
type Problem struct {
	// Layer is the name of the layer, "" for the tile itself.
	Layer string `json:"layer,omitempty"`
	// Feature is the position in its layer of the first feature with the problem, from 1; 0 when it is
	// none of a feature.
	Feature int `json:"feature,omitempty"`
	// Count is how often it occurs in the layer.
	Count   int    `json:"count"`
	Message string `json:"message"`
}

// String returns the problem in one line.
func (p *Problem) String() string {
	var b strings.Builder
	if p.Layer != "" {
		fmt.Fprintf(&b, "layer %q: ", p.Layer)
	}
	if p.Feature > 0 {
		fmt.Fprintf(&b, "feature %d: ", p.Feature)
	}
	b.WriteString(p.Message)
	if p.Count > 1 {
		fmt.Fprintf(&b, " (%d times)", p.Count)
	}
	return b.String()
}

// Read takes a tile apart. b is not kept. More than [MaxBytes] of it are a problem and not read.
func Read(b []byte) *Tile {
	t := &Tile{Bytes: len(b), Layers: []*Layer{}, Problems: []*Problem{}, seen: map[string]*Problem{}}
	if len(b) > MaxBytes {
		t.problem("", 0, fmt.Sprintf("the tile has %d bytes; not more than %d are read", len(b), MaxBytes))
		return t
	}
	names := map[string]bool{}
	for m := (message{b: b}); !m.done(); {
		f, err := m.next()
		switch {
		case err != nil:
			t.problem("", 0, err.Error())
			return t
		case f.number != tileLayers:
			t.problem("", 0, fmt.Sprintf("the tile has a field %d, which the format does not know", f.number))
		case f.wire != delimited:
			t.problem("", 0, "a layer is "+wireName(f.wire)+", not a message")
		default:
			t.layer(f.bytes, f.size, names)
		}
	}
	return t
}

// problem notes a problem, once for a layer.
func (t *Tile) problem(layer string, feature int, text string) {
	key := layer + "\x00" + text
	if p := t.seen[key]; p != nil {
		p.Count++
		return
	}
	if len(t.Problems) == maxProblems {
		t.MoreProblems++
		return
	}
	p := &Problem{Layer: layer, Feature: feature, Count: 1, Message: text}
	t.seen[key] = p
	t.Problems = append(t.Problems, p)
}

// shorten cuts a text to a length that people read, into valid UTF-8.
func shorten(b []byte) string {
	s := string(b[:min(len(b), maxText+1)])
	if len(s) <= maxText {
		return strings.ToValidUTF8(s, "�")
	}
	cut := maxText
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return strings.ToValidUTF8(s[:cut], "�") + "…"
}
