// Package snapshot keeps states of layers that somebody pinned under a name, so that they can be cited: what
// everybody may see of some layers at one sequence, with all that their tiles depend on. They stay whatever
// becomes of the layers, the config or the log; only an erasure, or whoever pinned them, ends them. Whether everybody may
// see them is not known here: what the config hides later its owner does not show.
//
//	snapshots/
//	  2026-07/
//	    snapshot.json    what it is, with a checksum; says so, too, when it is gone
//	    checkpoint/      a checkpoint of the layers, without their private fields
//
// docs/formats/past.md has the format. A snapshot is written under another name and renamed, so it is there as a
// whole or not at all.
//
// A [Store] may be used from any goroutine. Only one process may have a data folder open, which its owner sees to.
package snapshot

import (
	"errors"
	"fmt"
	"time"

	"hutong/journal/envelope"
	"hutong/layers"
	"hutong/layers/column"
)

// formatVersion is the newest version of the format.
const formatVersion = 1

// Bounds of what is read.
const (
	maxMeta   = 8 << 20 // bytes of snapshot.json
	maxName   = 64
	maxLayers = 256
	maxText   = 16 << 10 // bytes of a title and the like
)

// The reasons for which a snapshot cannot be had or made.
var (
	ErrName     = errors.New("snapshot: a name has 1 to 64 of a-z, 0-9, '_' and '-', and starts with a letter or digit")
	ErrNotFound = errors.New("snapshot: there is none of this name")
	ErrExists   = errors.New("snapshot: there is one of this name")
	ErrFull     = errors.New("snapshot: there are as many as may be")
	ErrLowDisk  = errors.New("snapshot: too little room is left on the disk")
	ErrGone     = errors.New("snapshot: an erasure touched it")
	ErrDamaged  = errors.New("snapshot: damaged")
	ErrNewer    = errors.New("snapshot: written by a newer Hutong")
)

// Meta is what a snapshot is.
type Meta struct {
	Version int    `json:"version"`
	Name    string `json:"name"`
	// Hutong is the version of the program that wrote it, and TileRules that of the rules by which its tiles
	// are drawn.
	Hutong    string `json:"hutong"`
	TileRules int    `json:"tile_rules"`
	// Epoch names the log that Seq counts. The layers are as they were at Seq.
	Epoch string     `json:"epoch"`
	Seq   layers.Seq `json:"sequence"`
	// Time is a moment at which they were, and Pinned when the snapshot was made, both in UTC.
	Time   time.Time `json:"time"`
	Pinned time.Time `json:"pinned"`
	// Layers are in the order of their names.
	Layers []Layer `json:"layers"`
	// Gone says that nothing is left of it but this; nil while all is there.
	Gone *Gone `json:"gone,omitempty"`
}

// Layer is a layer in a snapshot.
type Layer struct {
	Name        layers.Name `json:"name"`
	Title       string      `json:"title,omitempty"`
	Description string      `json:"description,omitempty"`
	Licence     string      `json:"licence,omitempty"`
	Attribution string      `json:"attribution,omitempty"`
	// Seq is that of the layer's state, Features how many it has.
	Seq      layers.Seq `json:"sequence"`
	Features int        `json:"features"`
	Schema   Schema     `json:"schema"`
	Tiles    Tiles      `json:"tiles"`
	// File is its GeoParquet, below checkpoint/, with its length and checksum.
	File   string `json:"file"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Schema is what tiles depend on of a layer's schema. It has no private fields.
type Schema struct {
	Fields     []Field `json:"fields"`
	IDField    string  `json:"id_field,omitempty"`
	IDFromZoom uint8   `json:"id_from_zoom,omitempty"`
	Coverage   bool    `json:"coverage,omitempty"`
	TimeField  string  `json:"time_field,omitempty"`
}

// Field is one of its fields.
type Field struct {
	Name      string `json:"name"`
	Type      string `json:"type"`
	Keep      bool   `json:"keep,omitempty"`
	Priority  int    `json:"priority,omitempty"`
	FromZoom  uint8  `json:"from_zoom,omitempty"`
	MaxLength int    `json:"max_length,omitempty"`
}

// Tiles are the options of its tiles. Each means what it means in package tiles.
type Tiles struct {
	MinZoom  uint8          `json:"min_zoom"`
	MaxZoom  uint8          `json:"max_zoom"`
	Extent   uint32         `json:"extent"`
	Buffer   uint32         `json:"buffer"`
	Budget   int            `json:"budget"`
	Distinct map[string]int `json:"distinct,omitempty"`
	Tiny     uint8          `json:"tiny,omitempty"`
	Vertices int            `json:"vertices,omitempty"`
}

// Gone says why a snapshot is no more.
type Gone struct {
	// At is when a feature of the layer was erased that the snapshot had.
	At    time.Time   `json:"at"`
	Layer layers.Name `json:"layer"`
}

// ValidName returns [ErrName], or nil for a name that a snapshot may have.
func ValidName(name string) error {
	for i := range len(name) {
		c := name[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && (i == 0 || c != '_' && c != '-') {
			return ErrName
		}
	}
	if name == "" || len(name) > maxName {
		return ErrName
	}
	return nil
}

// Layer returns a layer of the snapshot, or nil.
func (m *Meta) Layer(name layers.Name) *Layer {
	for i := range m.Layers {
		if m.Layers[i].Name == name {
			return &m.Layers[i]
		}
	}
	return nil
}

// SchemaOf returns what a snapshot keeps of the schema of a view.
func SchemaOf(s *layers.Schema) Schema {
	out := Schema{Fields: []Field{}, IDField: s.IDField, IDFromZoom: s.IDFromZoom, Coverage: s.Coverage, TimeField: s.TimeField}
	for i := range s.Fields {
		f := &s.Fields[i]
		out.Fields = append(out.Fields, Field{f.Name, f.Kind.String(), f.Keep, f.Priority, f.FromZoom, f.MaxLength})
	}
	return out
}

// Layers returns the schema of a layer that holds what the snapshot has.
func (s *Schema) Layers(name layers.Name) (*layers.Schema, error) {
	out := &layers.Schema{Name: name, IDField: s.IDField, IDFromZoom: s.IDFromZoom, Coverage: s.Coverage, TimeField: s.TimeField}
	for i := range s.Fields {
		f := &s.Fields[i]
		kind, err := column.ParseKind(f.Type)
		if err != nil {
			return nil, fmt.Errorf("field %q: %w", f.Name, err)
		}
		out.Fields = append(out.Fields, layers.Field{
			Name: f.Name, Kind: kind, Keep: f.Keep, Priority: f.Priority, FromZoom: f.FromZoom, MaxLength: f.MaxLength,
		})
	}
	return out, out.Validate()
}

// metaFile is the envelope of snapshot.json. Texts are escaped, as they were from the first version on.
var metaFile = envelope.Format{Name: "snapshot", Most: maxMeta, Version: formatVersion, Escape: true}

// encode returns the bytes of snapshot.json.
func (m *Meta) encode() ([]byte, error) {
	if err := m.validate(); err != nil {
		return nil, err
	}
	return metaFile.Encode(m)
}

// decode reads what encode returned. The error is [ErrNewer] or [ErrDamaged].
func decode(b []byte) (*Meta, error) {
	m := new(Meta)
	err := metaFile.Decode(b, m)
	if newer, ok := errors.AsType[*envelope.NewerError](err); ok {
		return nil, fmt.Errorf("%w: %w", ErrNewer, newer)
	}
	if err == nil {
		err = m.validate()
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return m, nil
}

// validate says what a snapshot cannot be, or nil.
func (m *Meta) validate() error {
	switch {
	case m.Version < 1:
		return fmt.Errorf("version %d: want 1 to %d", m.Version, formatVersion)
	case m.Seq == 0:
		return errors.New("sequence 0")
	case len(m.Layers) == 0 || len(m.Layers) > maxLayers:
		return fmt.Errorf("%d layers: want 1 to %d", len(m.Layers), maxLayers)
	case len(m.Epoch) > maxText || len(m.Hutong) > maxText:
		return errors.New("its texts are too long")
	}
	if err := ValidName(m.Name); err != nil {
		return err
	}
	for i := range m.Layers {
		l := &m.Layers[i]
		if i > 0 && l.Name <= m.Layers[i-1].Name {
			return fmt.Errorf("layer %q stands twice or out of order", l.Name)
		}
		if l.Seq > m.Seq || l.Features < 0 || l.Bytes < 0 {
			return fmt.Errorf("layer %q: state %d of %d features in %d bytes", l.Name, l.Seq, l.Features, l.Bytes)
		}
		for _, text := range []string{l.Title, l.Description, l.Licence, l.Attribution} {
			if len(text) > maxText {
				return fmt.Errorf("layer %q: its texts are too long", l.Name)
			}
		}
		if _, err := l.Schema.Layers(l.Name); err != nil {
			return fmt.Errorf("layer %q: %w", l.Name, err)
		}
		if !envelope.IsSum(l.SHA256) {
			return fmt.Errorf("layer %q: %q is no SHA-256", l.Name, l.SHA256)
		}
	}
	return nil
}
