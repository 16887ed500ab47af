package files

import (
	"fmt"
	"path/filepath"
	"slices"
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

	FormatShapefile  Format = "shapefile"  // ESRI's .shp with the .dbf beside it, or both in a .zip
	FormatGeoPackage Format = "gpkg"       // one table of a GeoPackage (OGC 12-128r18)
	FormatGeoParquet Format = "geoparquet" // Parquet with geometry (GeoParquet 1.0, 1.1)
)

var formats = [...]Format{FormatCSV, FormatGeoJSON, FormatNDJSON, FormatShapefile, FormatGeoPackage, FormatGeoParquet}

// Formats returns the formats that a config may name.
func Formats() []Format { return slices.Clone(formats[:]) }

// ParseFormat returns the format that a config calls name, "" being [FormatAuto]; the error lists
// those there are.
func ParseFormat(name string) (Format, error) {
	if f := Format(name); f == FormatAuto || slices.Contains(formats[:], f) {
		return f, nil
	}
	return FormatAuto, fmt.Errorf("no format %q: the formats are %s", name, listFormats("and"))
}

// listFormats names all formats.
func listFormats(and string) string {
	var b strings.Builder
	for i, f := range formats {
		switch i {
		case 0:
		case len(formats) - 1:
			b.WriteString(" " + and + " ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(string(f))
	}
	return b.String()
}

// tabular reports whether f is a table that is read in place: not text, and not compressed.
func (f Format) tabular() bool {
	return f == FormatShapefile || f == FormatGeoPackage || f == FormatGeoParquet
}

// compressed are the endings of files that are read through a decompressor.
var compressed = [...]string{".gz", ".zst"}

// formatOf returns the format that a file's name tells, with or without .gz or .zst, and whether its
// cells are delimited by tabs. The error lists the formats.
func formatOf(path string) (f Format, tabs bool, err error) {
	name := strings.ToLower(filepath.Base(path))
	for _, ending := range compressed {
		name = strings.TrimSuffix(name, ending)
	}
	switch filepath.Ext(name) {
	case ".csv":
		return FormatCSV, false, nil
	case ".tsv":
		return FormatCSV, true, nil
	case ".geojson", ".json":
		return FormatGeoJSON, false, nil
	case ".ndjson", ".jsonl", ".geojsonl", ".geojsons", ".geojsonseq", ".ndgeojson":
		return FormatNDJSON, false, nil
	case ".shp":
		return FormatShapefile, false, nil
	case ".gpkg":
		return FormatGeoPackage, false, nil
	case ".parquet", ".geoparquet":
		return FormatGeoParquet, false, nil
	case ".zip":
		if strings.HasSuffix(name, ".shp.zip") {
			return FormatShapefile, false, nil
		}
	}
	return FormatAuto, false, fmt.Errorf("the format does not show in the name %q: say format %s", filepath.Base(path), listFormats("or"))
}
