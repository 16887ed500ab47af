package archive

import (
	"net/http"

	"hutong/api"
)

// description is an archive as JSON.
type description struct {
	Name        string      `json:"name"`
	Title       string      `json:"title"`
	Description string      `json:"description,omitempty"`
	Licence     string      `json:"licence,omitempty"`
	Attribution string      `json:"attribution,omitempty"`
	Available   bool        `json:"available"`
	Type        string      `json:"type,omitempty"`
	Compression string      `json:"compression,omitempty"` // of tiles
	Bytes       int64       `json:"bytes,omitempty"`
	Tiles       uint64      `json:"tiles,omitempty"`  // as the header says
	Bounds      *[4]float64 `json:"bounds,omitempty"` // west, south, east, north in degrees
	MinZoom     *uint8      `json:"minzoom,omitempty"`
	MaxZoom     *uint8      `json:"maxzoom,omitempty"`
	Links       []link      `json:"links"`
}

// link is a link to another resource (RFC 8288).
type link struct {
	Rel  string `json:"rel"`
	Href string `json:"href"`
	Type string `json:"type"`
}

// index lists the archives as they were opened last; it waits for none.
func (s *Archives) index(w http.ResponseWriter, r *http.Request) {
	base := s.base.URL(r)
	out := struct {
		Archives []description `json:"archives"`
		Links    []link        `json:"links"`
	}{[]description{}, []link{{"self", base + "/archives", "application/json"}}}
	for _, e := range s.list {
		out.Archives = append(out.Archives, describe(e, base+"/archives/"+e.Name))
	}
	api.SendJSON(w, r, "application/json", out)
}

func describe(e *served, self string) description {
	info := e.Archive.Known()
	d := description{
		Name: e.Name, Title: e.heading(), Description: e.Description, Licence: e.Licence, Attribution: e.attribution(info),
		Available: info != nil,
		Links:     []link{{"item", self + ".pmtiles", contentType}},
	}
	if info == nil {
		return d
	}
	d.Description = firstOf(e.Description, info.Metadata.Description)
	d.Type, d.Compression, d.Bytes, d.Tiles = info.Type.String(), info.Compression.String(), info.Bytes, info.Addressed
	d.Bounds, d.MinZoom, d.MaxZoom = info.Bounds, &info.MinZoom, &info.MaxZoom
	if f, ok := formats[info.Type]; ok {
		d.Links = append(
			d.Links,
			link{"tilejson", self + ".json", "application/json"},
			link{"tiles", self + "/{z}/{x}/{y}." + f.extensions[0], f.contentType},
		)
	}
	return d
}
