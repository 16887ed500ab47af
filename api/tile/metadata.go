package tile

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"hutong/api"
	"hutong/tiles"
)

// metadata is what GDAL's MVT driver reads beside {z}/{x}/{y}.pbf, in the form that tippecanoe and
// mb-util write: the metadata table of MBTiles 1.3 as an object, so every value is a string.
type metadata struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
	Attribution string `json:"attribution,omitempty"`
	Version     string `json:"version"`
	Type        string `json:"type"`
	Format      string `json:"format"`
	MinZoom     string `json:"minzoom"`
	MaxZoom     string `json:"maxzoom"`
	Bounds      string `json:"bounds"`           // west,south,east,north in degrees
	Center      string `json:"center,omitempty"` // lon,lat,zoom
	JSON        string `json:"json"`             // {"vector_layers": …} again as text
}

func (t *Tiles) metadata(w http.ResponseWriter, r *http.Request) {
	set, seen := t.find(w, r, r.PathValue("layers"))
	if set == nil {
		return
	}
	d := describe(set, seen, "", func(_ int, l *api.Layer) *tiles.Overview { return l.Overview })
	inner, err := json.Marshal(map[string]any{"vector_layers": d.VectorLayers})
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	m := metadata{
		Name: d.Name, Description: d.Description, Attribution: d.Attribution,
		Version: "2", Type: "overlay", Format: "pbf",
		MinZoom: strconv.Itoa(int(d.MinZoom)), MaxZoom: strconv.Itoa(int(d.MaxZoom)),
		Bounds: joinNumbers(d.Bounds[:]), JSON: string(inner),
	}
	if d.Center != nil {
		m.Center = joinNumbers(d.Center[:])
	}
	api.SendJSON(w, r, "application/json", m)
}

// joinNumbers writes numbers in decimal, joined by commas.
func joinNumbers(list []float64) string {
	parts := make([]string, len(list))
	for i, v := range list {
		parts[i] = strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strings.Join(parts, ",")
}
