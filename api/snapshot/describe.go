package snapshot

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"

	"hutong/api"
	"hutong/journal/snapshot"
	"hutong/layers"
)

// document is what GET /snapshots/{name} says.
type document struct {
	Name string `json:"name"`
	// State is whole, gone after an erasure, or hidden when some of its layers are.
	State    string      `json:"state"`
	Sequence layers.Seq  `json:"sequence"`
	Log      string      `json:"log"`
	Time     time.Time   `json:"time"`
	Pinned   time.Time   `json:"pinned"`
	Hutong   string      `json:"hutong"`
	Rules    int         `json:"tile_rules"`
	Gone     *goneState  `json:"gone,omitempty"`
	Cite     string      `json:"cite"`
	URL      string      `json:"url"`
	Layers   []layerLine `json:"layers"`
}

// goneState says when and why a snapshot went.
type goneState struct {
	At    time.Time   `json:"at"`
	Layer layers.Name `json:"layer"`
	Why   string      `json:"why"`
}

// layerLine is a layer of a snapshot. Of one that has what is hidden now nothing is said but its name: a title and a
// count are not for everybody when all of it is hidden, and by its length and hash a guess of a private value can be tried.
type layerLine struct {
	Name   layers.Name `json:"name"`
	Hidden bool        `json:"hidden,omitempty"`
	*layerFacts
}

// layerFacts are what everybody may know of a layer.
type layerFacts struct {
	Title       string     `json:"title"`
	Licence     string     `json:"licence,omitempty"`
	Attribution string     `json:"attribution,omitempty"`
	Sequence    layers.Seq `json:"sequence"`
	Features    int        `json:"features"`
	Bytes       int64      `json:"bytes"`
	SHA256      string     `json:"sha256"`
	TileJSON    string     `json:"tilejson,omitempty"`
}

// list answers GET /snapshots.
func (s *Surface) list(w http.ResponseWriter, r *http.Request) {
	all := struct {
		Snapshots []document `json:"snapshots"`
	}{[]document{}}
	for _, m := range s.source.List() {
		all.Snapshots = append(all.Snapshots, s.describe(m, r))
	}
	api.SendJSON(w, r, "application/json", all)
}

// show answers GET /snapshots/{name}, also for one that is gone.
func (s *Surface) show(w http.ResponseWriter, r *http.Request) {
	m, err := s.source.Find(r.PathValue("name"))
	if err != nil {
		s.refuse(w, r, r.PathValue("name"), err)
		return
	}
	api.SendJSON(w, r, "application/json", s.describe(m, r))
}

// describe describes a snapshot.
func (s *Surface) describe(m *snapshot.Meta, r *http.Request) document {
	url := s.base.URL(r) + "/snapshots/" + m.Name
	d := document{
		Name: m.Name, State: "whole", Sequence: m.Seq, Log: m.Epoch, Time: m.Time, Pinned: m.Pinned,
		Hutong: m.Hutong, Rules: m.TileRules, URL: url, Layers: []layerLine{},
	}
	var titles []string
	for i := range m.Layers {
		l := &m.Layers[i]
		if s.source.Hidden(l) {
			d.State = "hidden"
			titles = append(titles, string(l.Name))
			d.Layers = append(d.Layers, layerLine{Name: l.Name, Hidden: true})
			continue
		}
		facts := &layerFacts{
			Title: cmp.Or(l.Title, string(l.Name)), Licence: l.Licence, Attribution: l.Attribution,
			Sequence: l.Seq, Features: l.Features, Bytes: l.Bytes, SHA256: l.SHA256,
		}
		if m.Gone == nil {
			facts.TileJSON = url + "/tiles/" + string(l.Name) + ".json"
		}
		titles = append(titles, facts.Title)
		d.Layers = append(d.Layers, layerLine{Name: l.Name, layerFacts: facts})
	}
	if m.Gone != nil {
		d.State = "gone"
		d.Gone = &goneState{m.Gone.At, m.Gone.Layer, "A feature that it had was erased from all that is kept."}
	}
	d.Cite = fmt.Sprintf("%s, as of %s (state %d), snapshot %s, %s", strings.Join(titles, "; "), m.Time.Format(time.RFC3339Nano), m.Seq, m.Name, url)
	return d
}

// tileJSON answers GET /snapshots/{name}/tiles/{layers}.json.
func (s *Surface) tileJSON(w http.ResponseWriter, r *http.Request) {
	list, ok := strings.CutSuffix(r.PathValue("file"), ".json")
	if !ok {
		api.Refuse(w, r, api.CodeNotFound, "A layer's TileJSON ends in .json.")
		return
	}
	m, names := s.find(w, r, list)
	if m == nil {
		return
	}
	states, err := s.source.Pinned(r.Context(), m, names)
	if err != nil {
		s.refuse(w, r, m.Name, err)
		return
	}
	d := api.NewTileJSON(s.base.URL(r) + "/snapshots/" + m.Name + "/tiles/" + join(names) + "/{z}/{x}/{y}.mvt")
	for i, state := range states {
		l := m.Layer(names[i])
		d.Add(api.VectorLayer{
			ID: l.Name, Description: cmp.Or(l.Title, string(l.Name)), MinZoom: l.Tiles.MinZoom, MaxZoom: l.Tiles.MaxZoom,
			Fields: api.FieldsIn(state.Tiles, map[string]string{}),
		}, l.Attribution)
	}
	for _, state := range states {
		if b, ok := state.View.Extent(); ok {
			d.Fit(b)
		}
	}
	d.Description = "As of " + m.Time.Format(time.RFC3339Nano) + ", snapshot " + m.Name + "."
	api.SendJSON(w, r, "application/json", d)
}

// join returns names as they stand in an address.
func join(names []layers.Name) string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = string(name)
	}
	return strings.Join(list, ",")
}
