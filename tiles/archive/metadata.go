package archive

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// Metadata is what an archive says about itself (spec/v3, Metadata). Its texts are whatever the
// archive's maker wrote: Attribution is meant to be HTML and is not safe to show as it is.
type Metadata struct {
	Name, Description, Attribution, Version, Type string
	// VectorLayers describe the layers inside vector tiles.
	VectorLayers []VectorLayer
}

// VectorLayer describes one layer inside vector tiles (TileJSON 3.0.0 §3.3).
type VectorLayer struct {
	ID          string            `json:"id"`
	Description string            `json:"description,omitempty"`
	MinZoom     *float64          `json:"minzoom,omitempty"`
	MaxZoom     *float64          `json:"maxzoom,omitempty"`
	Fields      map[string]string `json:"fields"`
}

// parseMetadata decodes the metadata as it is stored. Members that the specification does not know
// are left out; of those it does, texts that are none are too.
func parseMetadata(stored []byte, c Compression) (Metadata, error) {
	plain, err := decompress(stored, c, MaxPlainMetadataBytes)
	if err != nil {
		return Metadata{}, fmt.Errorf("metadata: %w", err)
	}
	if !utf8.Valid(plain) {
		return Metadata{}, fmt.Errorf("%w: not UTF-8", ErrMetadata)
	}
	if !bytes.HasPrefix(bytes.TrimLeft(plain, " \t\r\n"), []byte("{")) {
		return Metadata{}, fmt.Errorf("%w: no JSON object", ErrMetadata)
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(plain, &members); err != nil {
		return Metadata{}, fmt.Errorf("%w: %w", ErrMetadata, err)
	}
	var m Metadata
	for name, to := range map[string]*string{
		"name": &m.Name, "description": &m.Description, "attribution": &m.Attribution, "version": &m.Version, "type": &m.Type,
	} {
		if json.Unmarshal(members[name], to) != nil {
			*to = ""
		}
	}
	if raw := members["vector_layers"]; raw != nil {
		if err := json.Unmarshal(raw, &m.VectorLayers); err != nil {
			return Metadata{}, fmt.Errorf("%w: vector_layers: %w", ErrMetadata, err)
		}
	}
	if n := len(m.VectorLayers); n > MaxVectorLayers {
		return Metadata{}, fmt.Errorf("%w: %d vector layers; at most %d", ErrTooLarge, n, MaxVectorLayers)
	}
	for i := range m.VectorLayers {
		if m.VectorLayers[i].ID == "" {
			return Metadata{}, fmt.Errorf("%w: vector_layers[%d] has no id", ErrMetadata, i)
		}
		if m.VectorLayers[i].Fields == nil {
			m.VectorLayers[i].Fields = map[string]string{}
		}
	}
	return m, nil
}
