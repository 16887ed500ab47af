package api

import (
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"strings"
	"time"

	"hutong/internal/auth"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/derive"
	"hutong/layers/hexgrid"
	"hutong/layers/view"
	"hutong/styles"
	"hutong/tiles"
)

// Layer is one layer as the surfaces serve it: its view and what its owner says about it.
type Layer struct {
	// View is what its audience may see of it.
	View *view.Layer
	// Audience is who that is; "" is everybody. Every surface asks before it serves, lists or names the layer.
	Audience view.Audience
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
	// Counted is what is counted of it by H3 cell; nil when nothing is.
	Counted *Counted
	// Cells is what of cells its tiles hold: those of the zooms of Overview, or of all zooms where there is
	// none; "" is no cells.
	Cells styles.CellKind
	// Of is the layer whose features the cells count; "" is this one.
	Of layers.Name
	// Tables says which tables of counts it is made of; nil for all layers but views of counts.
	Tables *Tables
	// Breaks gives where classes of the count of cells meet at a zoom, see [styles.Layer]; nil where there
	// are no cells or none that are counted. It may be called from any goroutine and waits for nothing.
	Breaks func(zoom uint8) []float64
	// Analysis returns how the layer was computed last; nil for a layer that is not computed.
	Analysis func() *derive.Analysis
}

// Counted is what is counted of a layer by H3 cell.
type Counted struct {
	// Min and Max are the coarsest and the finest resolution that are served.
	Min, Max hexgrid.Resolution
	// Schema is that of cells, none of whose fields is private.
	Schema *layers.Schema
	// Now returns what returns the cells of a resolution, those of all resolutions in one state of the layer: the newest.
	Now func() func(hexgrid.Resolution) layers.Reader
	// Of returns the cells of a resolution that count rows of blocks alone, which are of a state of the layer's View with the
	// number seq, see [view.View.Selected].
	Of func(seq layers.Seq, blocks iter.Seq2[*layers.Block, column.Bits], r hexgrid.Resolution) layers.Reader
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

// Layers are what surfaces know of the layers: each request is handed only what it may see. A layer that is not
// public opens to who brings a key or a token for it, as docs/formats/access.md says. They never change; what is
// on them does.
type Layers struct {
	*doors
	keys *auth.Keys // nil opens nothing that is not public
	base Base
}

// doors is what all copies of Layers share.
type doors struct {
	byName map[layers.Name]*Layer
	single map[string]Seen // of each public layer, so that who asks for one makes no list
	all    []*Layer
	public []*Layer
}

// NewLayers returns the layers of list, in its order, of which the public ones open. The error names a layer that
// stands twice.
func NewLayers(list []*Layer) (*Layers, error) {
	r, err := NewRegistry(list)
	if err != nil {
		return nil, err
	}
	return r.Layers(nil, Base{}), nil
}

// Seen is what a request may see of what it asked for.
type Seen struct {
	// Layers are not empty unless there are none. Read only.
	Layers []*Layer
	// Private says that some of them are not public. The answer is marked so already: Send and Refuse keep it
	// out of every cache.
	Private bool
	// Until is when the right to see them ends; the zero time is never.
	Until time.Time
	// token is that of the URL, if the layers are not public.
	token string
}

// Counts reports whether one of the layers is a view of counts.
func (s *Seen) Counts() bool {
	return slices.ContainsFunc(s.Layers, func(l *Layer) bool { return l.Tables != nil })
}

// Query returns what must stand behind ? in the URL of l so that whoever gets the answer may follow it: the token that
// this request brought in its URL, where l needs one, else "".
func (s *Seen) Query(l *Layer) string {
	if s.token == "" || l.Audience.Open() {
		return ""
	}
	return tokenParameter + "=" + s.token
}

// Find returns the layer called name. When there is none, or none for this request, it answers the request with a
// problem and returns nil. An answer about a layer that is not public is marked as private from here on.
func (ls *Layers) Find(w http.ResponseWriter, r *http.Request, name string) *Layer {
	seen, ok := ls.FindList(w, r, name)
	if !ok {
		return nil
	}
	return seen.Layers[0]
}

// FindList is [Layers.Find] for names joined by commas: the layers in their order, each once, all of them or none. The
// caller bounds their number.
func (ls *Layers) FindList(w http.ResponseWriter, r *http.Request, list string) (seen Seen, ok bool) {
	if one, ok := ls.single[list]; ok {
		return one, true
	}
	for name := range strings.SplitSeq(list, ",") {
		l := ls.byName[layers.Name(name)]
		switch {
		case l == nil:
			RefuseLayer(w, r, name)
			return Seen{}, false
		case slices.Contains(seen.Layers, l):
			continue
		}
		seen.Layers = append(seen.Layers, l)
		seen.Private = seen.Private || !l.Audience.Open()
	}
	if !seen.Private {
		return seen, true
	}
	keepPrivate(w)
	pass, err := ls.pass(r)
	if errors.Is(err, auth.ErrMissing) && ls.keys != nil {
		ls.keys.Refused(err)
	}
	for _, l := range seen.Layers {
		switch {
		case l.Audience.Open():
		case err != nil:
			refuseView(w, r, l, err)
			return Seen{}, false
		case !pass.Allows(scopesOf(l)...):
			ls.keys.Refused(auth.ErrScope)
			refuseView(w, r, l, auth.ErrScope)
			return Seen{}, false
		}
	}
	seen.Until, seen.token = pass.Until, linkToken(r)
	return seen, true
}

// Visible returns the layers that the request may see, in order: those that are public, and what its key or token
// opens. When it brings one that is not good, it answers the request with a problem and ok is false: a list that is
// shorter than the client thinks would be no answer.
func (ls *Layers) Visible(w http.ResponseWriter, r *http.Request) (seen Seen, ok bool) {
	seen.Layers = ls.public
	if len(ls.public) == len(ls.all) {
		return seen, true
	}
	w.Header()["Vary"] = varyCredential
	pass, err := ls.pass(r)
	switch {
	case errors.Is(err, auth.ErrMissing):
		return seen, true
	case err != nil:
		keepPrivate(w)
		refuseView(w, r, nil, err)
		return Seen{}, false
	}
	visible := ls.allowed(&pass)
	if len(visible) == len(ls.public) {
		return seen, true
	}
	keepPrivate(w)
	return Seen{Layers: visible, Private: true, Until: pass.Until, token: linkToken(r)}, true
}

// Reachable returns the layers that the request may see, in order, as [Layers.Visible] does, and those that are public
// where it brings a key or token that is not good. It answers nothing.
func (ls *Layers) Reachable(r *http.Request) []*Layer {
	if len(ls.public) == len(ls.all) {
		return ls.public
	}
	pass, err := ls.pass(r)
	if err != nil {
		return ls.public
	}
	return ls.allowed(&pass)
}

// allowed returns the public layers and those that pass opens, in order.
func (ls *Layers) allowed(pass *auth.Pass) []*Layer {
	visible := make([]*Layer, 0, len(ls.all))
	for _, l := range ls.all {
		if l.Audience.Open() || pass.Allows(scopesOf(l)...) {
			visible = append(visible, l)
		}
	}
	return visible
}

// Public returns the layers that everybody may see, in order. Read only.
func (ls *Layers) Public() []*Layer { return ls.public }

// Beside returns the public layers and those of list, which the request may see, in the order of all.
func (ls *Layers) Beside(list []*Layer) []*Layer {
	both := make([]*Layer, 0, len(ls.public)+len(list))
	for _, l := range ls.all {
		if l.Audience.Open() || slices.Contains(list, l) {
			both = append(both, l)
		}
	}
	return both
}

// RefuseLayer answers that there is no layer of a name that was asked for.
func RefuseLayer(w http.ResponseWriter, r *http.Request, name string) {
	Refuse(w, r, CodeLayerNotFound, fmt.Sprintf("There is no layer %.64q; /layers lists those there are.", name))
}
