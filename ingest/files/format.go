package files

import (
	"fmt"
	"path/filepath"
	"strings"
)

// Format is a file format. The zero Format is [FormatAuto].
type Format string

// The formats, as a config spells them.
const (
	FormatAuto    Format = ""         // by the file's name
	FormatCSV     Format = "csv"      // comma-separated values (RFC 4180) with a header
	FormatGeoJSON Format = "geojson"  // one GeoJSON FeatureCollection (RFC 7946)
	FormatNDJSON  Format = "geojsonl" // one GeoJSON Feature a line, or a text sequence (RFC 8142)
)

// Formats returns the formats that a config may name.
func Formats() []Format { return []Format{FormatCSV, FormatGeoJSON, FormatNDJSON} }

// ParseFormat returns the format that a config calls name, "" being [FormatAuto]; the error lists
// those there are.
func ParseFormat(name string) (Format, error) {
	switch f := Format(name); f {
	case FormatAuto, FormatCSV, FormatGeoJSON, FormatNDJSON:
		return f, nil
	}
	return FormatAuto, fmt.Errorf("no format %q: the formats are %s, %s and %s", name, FormatCSV, FormatGeoJSON, FormatNDJSON)
}

// formatOf returns the format that a file's name tells, with or without .gz, and whether its cells
// are delimited by tabs.
func formatOf(path string) (f Format, tabs bool, err error) {
	name := strings.TrimSuffix(strings.ToLower(filepath.Base(path)), ".gz")
	switch filepath.Ext(name) {
	case ".csv":
		return FormatCSV, false, nil
	case ".tsv":
		return FormatCSV, true, nil
	case ".geojson", ".json":
		return FormatGeoJSON, false, nil
	case ".ndjson", ".jsonl", ".geojsonl", ".geojsons", ".geojsonseq", ".ndgeojson":
		return FormatNDJSON, false, nil
	}
	return FormatAuto, false, fmt.Errorf("the format does not show in the name %q: say format %s, %s or %s",
		filepath.Base(path), FormatCSV, FormatGeoJSON, FormatNDJSON)
}
