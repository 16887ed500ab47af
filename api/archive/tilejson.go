package archive

import (
	"html"
	"net/http"
	"strings"

	"hutong/api"
	"hutong/tiles/archive"
)

// tileJSON is a TileJSON 3.0.0 document (github.com/mapbox/tilejson-spec), its members in the order
// of the specification.
type tileJSON struct {
	TileJSON     string                `json:"tilejson"`
	Tiles        []string              `json:"tiles"`
	VectorLayers []archive.VectorLayer `json:"vector_layers"`
	Attribution  string                `json:"attribution,omitempty"`
	Bounds       *[4]float64           `json:"bounds,omitempty"` // west, south, east, north in degrees
	Center       *[3]float64           `json:"center,omitempty"` // lon, lat, zoom
	Description  string                `json:"description,omitempty"`
	MinZoom      uint8                 `json:"minzoom"`
	MaxZoom      uint8                 `json:"maxzoom"`
	Name         string                `json:"name"`
	Scheme       string                `json:"scheme"`
	Version      string                `json:"version,omitempty"`
	Licence      string                `json:"licence,omitempty"` // not in the specification, which allows others
}

func (s *Archives) tileJSON(w http.ResponseWriter, r *http.Request, e *served) {
	info, err := e.Archive.Info(r.Context())
	if err != nil {
		s.fail(w, r, e, err)
		return
	}
	s.works(e)
	f, ok := formats[info.Type]
	if !ok {
		api.Refuse(w, r, api.CodeNotFound, "The type of this archive's tiles is unknown; they can be read raw only.")
		return
	}
	m := &info.Metadata
	d := tileJSON{
		TileJSON:     "3.0.0",
		Tiles:        []string{s.base.URL(r) + "/archives/" + e.Name + "/{z}/{x}/{y}." + f.extensions[0]},
		VectorLayers: m.VectorLayers,
		// TileJSON's attribution is HTML and ours is plain text.
		Attribution: html.EscapeString(e.attribution(info)),
		Bounds:      info.Bounds, Center: info.Center,
		Description: firstOf(e.Description, m.Description),
		MinZoom:     info.MinZoom, MaxZoom: info.MaxZoom,
		Name: firstOf(e.Title, m.Name, e.Name), Scheme: "xyz", Version: m.Version, Licence: e.Licence,
	}
	if d.VectorLayers == nil {
		d.VectorLayers = []archive.VectorLayer{}
	}
	api.SendJSON(w, r, "application/json", d)
}

// firstOf returns the first text that is not empty.
func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// attribution returns what the operator wrote, else what the archive says, as plain text: an archive
// comes from somebody else, and its HTML would run in the page of whoever shows the map.
func (e *served) attribution(info *archive.Info) string {
	if e.Attribution != "" || info == nil {
		return e.Attribution
	}
	return textOf(info.Metadata.Attribution)
}

// textOf returns the text in HTML: without tags, entities resolved, spaces as one.
func textOf(s string) string {
	var b strings.Builder
	for {
		before, tag, found := strings.Cut(s, "<")
		b.WriteString(before)
		if !found {
			break
		}
		b.WriteByte(' ')
		_, s, _ = strings.Cut(tag, ">")
	}
	return strings.Join(strings.Fields(html.UnescapeString(b.String())), " ")
}
