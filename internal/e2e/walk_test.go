package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/maptile"
)

// layerInfo is what tests read of /layers/{name}.
type layerInfo struct {
	Name    string
	Title   string
	Role    string // of a map; "" for data
	Count   int
	Located int
	Extent  []float64
	IDField string `json:"id_field"`
	MinZoom uint32
	MaxZoom uint32
	Fields  []struct{ Name, Type string }
}

// layers returns the list of layers.
func (s *server) layers(t *testing.T) []layerInfo {
	t.Helper()
	var list struct{ Layers []layerInfo }
	a := s.get(t, "/layers")
	if err := json.Unmarshal(a.body, &list); err != nil {
		t.Fatalf("/layers: %v in %.300s", err, a.body)
	}
	return list.Layers
}

// layer returns one layer.
func (s *server) layer(t *testing.T, name string) layerInfo {
	t.Helper()
	var l layerInfo
	a := s.get(t, "/layers/"+name)
	if err := json.Unmarshal(a.body, &l); err != nil || a.StatusCode != http.StatusOK {
		t.Fatalf("/layers/%s: %d %v in %.300s", name, a.StatusCode, err, a.body)
	}
	return l
}

// decode returns the only layer of a tile's bytes.
func decode(t *testing.T, data []byte, name string) *mvt.Layer {
	t.Helper()
	list, err := mvt.Unmarshal(data)
	if err != nil {
		t.Fatalf("the tile does not decode: %v", err)
	}
	if len(list) != 1 || list[0].Name != name || list[0].Version != 2 {
		t.Fatalf("got a tile with layers %v, want only %s in version 2", list, name)
	}
	return list[0]
}

// union returns how often each feature of a layer is in the tiles of one zoom, not counting points in
// buffers, by id field. It decodes every tile from the layer's lowest zoom down that meets its extent.
func (s *server) union(t *testing.T, l layerInfo, zoom uint32) map[string]int {
	t.Helper()
	found := map[string]int{}
	extent := orb.Bound{Min: orb.Point{l.Extent[0], l.Extent[1]}, Max: orb.Point{l.Extent[2], l.Extent[3]}}
	level := []maptile.Tile{maptile.New(0, 0, 0)}
	for z := range zoom + 1 {
		var next []maptile.Tile
		for _, tile := range level {
			if z < l.MinZoom {
				for _, child := range tile.Children() {
					if child.Bound(0.02).Intersects(extent) {
						next = append(next, child)
					}
				}
				continue
			}
			path := fmt.Sprintf("/tiles/%s/%d/%d/%d.mvt", l.Name, tile.Z, tile.X, tile.Y)
			a := s.get(t, path)
			switch a.StatusCode {
			case http.StatusNoContent:
			case http.StatusOK:
				layer := decode(t, a.body, l.Name)
				if z == zoom {
					tally(t, found, layer, l.IDField)
				}
			default:
				t.Fatalf("%s: got %d %s", path, a.StatusCode, a.body)
			}
			for _, child := range tile.Children() {
				if z < zoom && child.Bound(0.02).Intersects(extent) {
					next = append(next, child)
				}
			}
			if dropped := a.Header.Get("Hutong-Dropped"); z == zoom && strings.HasPrefix(dropped, "features=") && !strings.HasPrefix(dropped, "features=0") {
				t.Fatalf("%s: dropped %s: the union cannot be whole", path, dropped)
			}
		}
		level = next
	}
	return found
}

// tally counts the features whose points lie in the tile itself, and all lines and polygons.
func tally(t *testing.T, found map[string]int, layer *mvt.Layer, idField string) {
	t.Helper()
	extent := float64(layer.Extent)
	for _, f := range layer.Features {
		if f.Geometry == nil {
			t.Fatalf("feature %v has no geometry", f.ID)
		}
		if p, ok := f.Geometry.(orb.Point); ok && (p[0] < 0 || p[1] < 0 || p[0] >= extent || p[1] >= extent) {
			continue
		}
		id, ok := f.Properties[idField].(string)
		if !ok {
			t.Fatalf("a feature has no text in %q: %v", idField, f.Properties)
		}
		found[id]++
	}
}

// wantUnion fails unless the tiles of a zoom hold every located feature of l: of points exactly once.
func (s *server) wantUnion(t *testing.T, l layerInfo, zoom uint32, points bool) {
	t.Helper()
	found := s.union(t, l, zoom)
	for id, n := range found {
		if n != 1 && points {
			t.Errorf("%s: feature %s is in %d tiles of zoom %d, not one", l.Name, id, n, zoom)
		}
	}
	if len(found) != l.Located {
		t.Errorf("%s: got %d features in the tiles of zoom %d, want %d", l.Name, len(found), zoom, l.Located)
	}
}
