package api

import (
	"fmt"
	"net/http"

	"hutong/layers"
	"hutong/layers/derive"
	"hutong/layers/view"
	"hutong/styles"
	"hutong/tiles"
)

// Layer is one layer as the surfaces serve it: its view and what its owner says about it.
type Layer struct {
	// View is what everybody may see of it.
	View *view.Layer
	// Title is its name for people; "" means its name.
	Title string
	// Description says in a sentence or two what is on it.
	Description string
	// Licence is the licence of its data: an SPDX identifier, a URL or a phrase.
	Licence string
	// Attribution is what a map that shows it must print, as plain text.
	Attribution string
	// Drawing says how it is shown, see [styles.Drawing.Chosen]: nothing in it is left open.
	Drawing styles.Drawing
	// Fresh says how fresh it is; nil when nobody knows.
	Fresh *Freshness
	// Tiles builds its tiles; made for the schema of View.
	Tiles *tiles.Builder
	// Overview is what the tiles of its lower zooms are built from; nil when that is View, too.
	Overview *tiles.Overview
	// Analysis returns how the layer was computed last; nil for a layer that is not computed.
	Analysis func() *derive.Analysis
}

// Name returns the layer's name.
func (l *Layer) Name() layers.Name { return l.View.Name() }

// Heading returns the layer's title, or its name when it has none.
func (l *Layer) Heading() string {
	if l.Title == "" {
		return string(l.Name())
	}
	return l.Title
}

// Layers are all layers of the server, in the order of the config. They never change; what is on
// them does.
type Layers struct {
	list   []*Layer
	byName map[layers.Name]*Layer
}

// NewLayers returns the layers of list, in its order. The error names a layer that stands twice.
func NewLayers(list []*Layer) (*Layers, error) {
	ls := &Layers{list: list, byName: make(map[layers.Name]*Layer, len(list))}
	for _, l := range list {
		if ls.byName[l.Name()] != nil {
			return nil, fmt.Errorf("api: layer %s stands twice", l.Name())
		}
		ls.byName[l.Name()] = l
	}
	return ls, nil
}

// All returns the layers in order. Read only.
func (ls *Layers) All() []*Layer { return ls.list }

// Find returns the layer called name. When there is none it answers the request with a problem and
// returns nil.
func (ls *Layers) Find(w http.ResponseWriter, r *http.Request, name string) *Layer {
	l := ls.byName[layers.Name(name)]
	if l == nil {
		RefuseLayer(w, r, name)
	}
	return l
}

// Named returns the layer called name, or nil.
func (ls *Layers) Named(name layers.Name) *Layer { return ls.byName[name] }

// RefuseLayer answers that there is no layer of a name that was asked for.
func RefuseLayer(w http.ResponseWriter, r *http.Request, name string) {
	Refuse(w, r, CodeLayerNotFound, fmt.Sprintf("There is no layer %.64q; /layers lists those there are.", name))
}
