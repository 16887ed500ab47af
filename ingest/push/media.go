package push

import (
	"fmt"
	"mime"
	"slices"
	"strings"

	"hutong/internal/compress"
)

// Format is how the records of a body are written.
type Format string

// The formats, as a config spells them.
const (
	JSON    Format = "json"    // one object, a list, or an object with a list; features are taken, too
	GeoJSON Format = "geojson" // a Feature or FeatureCollection
	NDJSON  Format = "ndjson"  // one JSON object or Feature a line, or a text sequence
	CSV     Format = "csv"     // with a header
)

// Formats returns every format there is.
func Formats() []Format { return []Format{JSON, GeoJSON, NDJSON, CSV} }

// mediaTypes are those of each format; the first is the one that is told.
var mediaTypes = map[Format][]string{
	JSON:    {"application/json"},
	GeoJSON: {"application/geo+json", "application/vnd.geo+json"},
	NDJSON: {
		"application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines",
		"application/geo+json-seq", "application/json-seq",
	},
	CSV: {"text/csv"},
}

// MediaError says that a body is in a media type, charset or content coding that is not taken.
type MediaError struct {
	Got string // shortened; "" when there was none
	// Want lists what is taken.
	Want []string
	// Coding is set when it is the content coding.
	Coding bool
}

// Error names what came and what is taken.
func (e *MediaError) Error() string {
	got := "no Content-Type"
	if e.Got != "" {
		got = fmt.Sprintf("%q", e.Got)
	}
	return fmt.Sprintf("%s is not taken; accepted are %s", got, strings.Join(e.Want, ", "))
}

// MediaTypes lists the media types that the feed takes, one for each format.
func (f *Feed) MediaTypes() []string {
	var list []string
	for _, format := range f.opts.Formats {
		list = append(list, mediaTypes[format][0])
	}
	return list
}

// format returns the format that a Content-Type names. The error is a [*MediaError].
func (f *Feed) format(contentType string) (Format, error) {
	refused := &MediaError{Got: shorten(contentType), Want: f.MediaTypes()}
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return "", refused
	}
	for _, format := range f.opts.Formats {
		if !slices.Contains(mediaTypes[format], media) {
			continue
		}
		if charset, there := params["charset"]; there && !strings.EqualFold(charset, "utf-8") && !strings.EqualFold(charset, "us-ascii") {
			return "", &MediaError{Got: "charset=" + shorten(charset), Want: []string{"UTF-8"}}
		}
		if params["header"] == "absent" { // RFC 4180 §3
			return "", &MediaError{Got: "header=absent", Want: []string{"CSV with a header"}}
		}
		return format, nil
	}
	return "", refused
}

// coding returns the content coding that headers name. The error is a [*MediaError].
func coding(headers []string) (compress.Encoding, error) {
	named := strings.ToLower(strings.TrimSpace(strings.Join(headers, ",")))
	switch named {
	case "", "identity":
		return compress.Identity, nil
	case "gzip", "x-gzip":
		return compress.Gzip, nil
	case "zstd":
		return compress.Zstd, nil
	}
	return 0, &MediaError{Got: shorten(named), Want: []string{"gzip", "zstd", "identity"}, Coding: true}
}

// shorten cuts what a client sent to a length that people read.
func shorten(s string) string {
	const most = 80
	if len(s) > most {
		s = s[:most] + "…"
	}
	return strings.ToValidUTF8(s, "�")
}
