package styles

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"slices"
	"strings"

	"hutong/layers"
)

// groundSource is the source of the ground's layers; a layer's name holds no ':'.
const groundSource = "hutong:ground"

// source is a vector source, described here or by the TileJSON at URL.
type source struct {
	Type        string   `json:"type"`
	URL         string   `json:"url,omitempty"`
	Tiles       []string `json:"tiles,omitempty"`
	MinZoom     *uint8   `json:"minzoom,omitempty"`
	MaxZoom     *uint8   `json:"maxzoom,omitempty"`
	Attribution string   `json:"attribution,omitempty"` // HTML
	// PromoteID names by layer the property that is the id of what it holds.
	PromoteID map[string]string `json:"promoteId,omitempty"`
}

// sources are the sources of a style in the order in which a map asks for their tiles.
type sources struct {
	names  []string
	byName map[string]source
}

func (s *sources) add(name string, one source) {
	if s.byName == nil {
		s.byName = map[string]source{}
	}
	s.names = append(s.names, name)
	s.byName[name] = one
}

// MarshalJSON writes an object with its members in order.
func (s *sources) MarshalJSON() ([]byte, error) {
	var buf bytes.Buffer
	buf.WriteByte('{')
	for i, name := range s.names {
		if i > 0 {
			buf.WriteByte(',')
		}
		one, err := json.Marshal(s.byName[name])
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&buf, "%q:", name)
		buf.Write(one)
	}
	buf.WriteByte('}')
	return buf.Bytes(), nil
}

// layerSource is the source of the tiles of some layers of one query. It is described here, not by its TileJSON: a map
// would ask for that before the first tile. It has no bounds, since a map asks for no tiles outside of
// them and a layer may grow.
func layerSource(base string, list []*Layer) source {
	names := make([]string, len(list))
	lowest, highest := list[0].MinZoom, list[0].MaxZoom
	var attributions []string
	var promoted map[string]string
	for i, l := range list {
		if id := l.promoted(); id != "" {
			if promoted == nil {
				promoted = map[string]string{}
			}
			promoted[string(l.Name)] = id
		}
		names[i] = string(l.Name)
		lowest, highest = min(lowest, l.MinZoom), max(highest, l.MaxZoom)
		if a := html.EscapeString(l.Attribution); a != "" && !slices.Contains(attributions, a) {
			attributions = append(attributions, a)
		}
	}
	slices.Sort(names)
	address := base + "/tiles/" + strings.Join(names, ",") + "/{z}/{x}/{y}.mvt"
	if query := list[0].Query; query != "" {
		address += "?" + query
	}
	return source{
		Type: "vector", Tiles: []string{address},
		MinZoom: &lowest, MaxZoom: &highest, Attribution: strings.Join(attributions, ", "),
		PromoteID: promoted,
	}
}

// layerSources adds the sources of the layers that are drawn and returns which each of them is in. A layer
// of data has one of its own, in order, so that a change in it loads no other again. The ground changes
// rarely and is much: it comes together, which is one request where there were a dozen. What has another
// deepest zoom than the first of it, is for others, or has no room in a composite, has its own.
func (in *Input) layerSources(base string, to *sources) map[layers.Name]string {
	of := map[layers.Name]string{}
	var ground []*Layer
	for i := range in.Layers {
		switch l := &in.Layers[i]; {
		case !in.draws(l.Name):
		case l.Drawing.Role != Data && in.Together > 1 && len(ground) < in.Together && (len(ground) == 0 || ground[0].joins(l)):
			ground = append(ground, l)
			of[l.Name] = groundSource
		default:
			to.add(string(l.Name), layerSource(base, []*Layer{l}))
			of[l.Name] = string(l.Name)
		}
	}
	if len(ground) > 0 {
		to.add(groundSource, layerSource(base, ground))
	}
	return of
}

// joins reports whether the tiles of two layers may come together.
func (l *Layer) joins(other *Layer) bool {
	return l.MaxZoom == other.MaxZoom && l.Private == other.Private && l.Query == other.Query
}
