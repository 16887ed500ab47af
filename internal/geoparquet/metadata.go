package geoparquet

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// geoKey is the key of the file's metadata that makes Parquet GeoParquet.
const geoKey = "geo"

// maxMetadata is the most bytes of the value of that key.
const maxMetadata = 4 << 20

// CRS is a coordinate reference system as a file names it. The axes of every GeoParquet file are x,
// then y, whatever the authority says.
type CRS struct {
	Authority string // such as "EPSG" or "OGC"; "" when it has no code
	Code      string // such as "4326" or "CRS84"
	Name      string // for people
}

// crs84 is what a file means that says nothing.
var crs84 = CRS{Authority: "OGC", Code: "CRS84", Name: "WGS 84 (CRS84)"}

// The encodings of geometry that are read.
const (
	encodingWKB   = "WKB"
	encodingPoint = "point"
)

// fileMetadata is the value of the key "geo".
type fileMetadata struct {
	Version       string                     `json:"version"`
	PrimaryColumn string                     `json:"primary_column"`
	Columns       map[string]*columnMetadata `json:"columns"`
}

// columnMetadata describes one geometry column.
type columnMetadata struct {
	Encoding      string          `json:"encoding"`
	GeometryTypes []string        `json:"geometry_types"`
	CRS           json.RawMessage `json:"crs,omitempty"`
	BBox          []float64       `json:"bbox,omitempty"`
	Covering      *covering       `json:"covering,omitempty"`
}

// covering names the columns with a feature's box.
type covering struct {
	BBox coveringBox `json:"bbox"`
}

type coveringBox struct {
	XMin []string `json:"xmin"`
	YMin []string `json:"ymin"`
	XMax []string `json:"xmax"`
	YMax []string `json:"ymax"`
}

// parseMetadata reads the value of the key "geo". The column it returns is the primary one.
func parseMetadata(text string) (name string, column *columnMetadata, crs CRS, err error) {
	fail := func(format string, args ...any) (string, *columnMetadata, CRS, error) {
		return "", nil, CRS{}, fmt.Errorf("metadata %q: %w", geoKey, fmt.Errorf(format, args...))
	}
	if len(text) > maxMetadata {
		return fail("%d bytes are more than %d", len(text), maxMetadata)
	}
	var m fileMetadata
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		return fail("%w", err)
	}
	if !strings.HasPrefix(m.Version, "1.0") && !strings.HasPrefix(m.Version, "1.1") {
		return fail("version %.20q: want 1.0 or 1.1", m.Version)
	}
	column = m.Columns[m.PrimaryColumn]
	if m.PrimaryColumn == "" || column == nil {
		return fail("the primary column %.100q is not described", m.PrimaryColumn)
	}
	if column.Encoding != encodingWKB && column.Encoding != encodingPoint {
		return fail("column %q has the encoding %.40q: want WKB or point", m.PrimaryColumn, column.Encoding)
	}
	crs, err = parseCRS(column.CRS)
	if err != nil {
		return fail("column %q: %w", m.PrimaryColumn, err)
	}
	return m.PrimaryColumn, column, crs, nil
}

// parseCRS reads a PROJJSON object, of which the code or the name is taken.
func parseCRS(raw json.RawMessage) (CRS, error) {
	switch string(raw) {
	case "":
		return crs84, nil
	case "null":
		return CRS{}, errors.New("crs is null: nobody knows where the positions are")
	}
	var p struct {
		Name string `json:"name"`
		ID   struct {
			Authority string          `json:"authority"`
			Code      json.RawMessage `json:"code"`
		} `json:"id"`
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		return CRS{}, fmt.Errorf("crs: want an object of PROJJSON: %w", err)
	}
	return CRS{Authority: p.ID.Authority, Code: strings.Trim(string(p.ID.Code), `"`), Name: p.Name}, nil
}

// String returns the code, or the name where there is none.
func (c CRS) String() string {
	if c.Authority == "" {
		return c.Name
	}
	return c.Authority + ":" + c.Code
}
