package checkpoint

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"hutong/journal/envelope"
	"hutong/layers"
	"hutong/layers/column"
)

// formatVersion is the newest version of the format. Version 2 has erased ids beside tombstones; a checkpoint
// of layers from which nothing was ever erased is still written as version 1, which an older Hutong reads.
const (
	formatVersion = 2
	plainVersion  = 1
)

// Bounds of a manifest.
const (
	maxManifest = 64 << 20 // bytes
	maxNotes    = 1 << 20  // bytes of all notes
	maxEpoch    = 256      // bytes
)

// manifest is a checkpoint's table of contents. Its fields are the format: docs/formats/checkpoints.md.
type manifest struct {
	Version int                        `json:"version"`
	Seq     layers.Seq                 `json:"sequence"`
	Epoch   string                     `json:"epoch"`
	Written time.Time                  `json:"written"`
	Layers  []layerRecord              `json:"layers"`
	Notes   map[string]json.RawMessage `json:"notes,omitempty"`
}

// layerRecord is a layer in a manifest.
type layerRecord struct {
	Name       layers.Name  `json:"name"`
	Seq        layers.Seq   `json:"sequence"`
	Schema     schemaRecord `json:"schema"`
	SchemaHash string       `json:"schema_sha256"`
	IDColumn   string       `json:"id_column"`
	Features   fileRecord   `json:"features"`
	// Tombstones is nil when there are none.
	Tombstones *fileRecord `json:"tombstones,omitempty"`
	// Erased has the hashes of erased ids, nil when there are none; Salt is what they were made with, in
	// hexadecimal, "" when nothing was ever erased.
	Erased *fileRecord `json:"erased,omitempty"`
	Salt   string      `json:"salt,omitempty"`
	// Pruned is in microseconds since 1970 in UTC, nil when no tombstone was let go.
	Pruned *int64 `json:"pruned_microseconds,omitempty"`
}

// fileRecord is a file in a manifest.
type fileRecord struct {
	File   string `json:"file"` // in the folder "files"
	Rows   int    `json:"rows"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// manifestFile is the envelope of a manifest.
var manifestFile = envelope.Format{Name: "checkpoint", Most: maxManifest, Version: formatVersion}

// encode returns the bytes of a manifest's file.
func (m *manifest) encode() ([]byte, error) { return manifestFile.Encode(m) }

// decodeManifest reads what encode returned. The error is [ErrNewer] for a version that is not known.
func decodeManifest(b []byte) (*manifest, error) {
	m := new(manifest)
	err := manifestFile.Decode(b, m)
	if newer, ok := errors.AsType[*envelope.NewerError](err); ok {
		return nil, fmt.Errorf("%w: %w: run the newer Hutong, or move the folder away and restore a backup that this one wrote", ErrNewer, newer)
	}
	if err != nil {
		return nil, err
	}
	if err := m.validate(); err != nil {
		return nil, err
	}
	return m, nil
}

// validate says what a manifest cannot be, or nil.
func (m *manifest) validate() error {
	switch {
	case m.Version < plainVersion:
		return fmt.Errorf("version %d: want %d to %d", m.Version, plainVersion, formatVersion)
	case m.Seq == 0:
		return errors.New("sequence 0")
	case len(m.Epoch) > maxEpoch:
		return fmt.Errorf("an epoch of %d bytes: want at most %d", len(m.Epoch), maxEpoch)
	}
	last := layers.Name("")
	used := map[string]bool{}
	for i := range m.Layers {
		l := &m.Layers[i]
		if err := l.validate(m.Seq); err != nil {
			return fmt.Errorf("layer %q: %w", l.Name, err)
		}
		if l.Salt != "" && m.Version == plainVersion {
			return fmt.Errorf("layer %q has erased ids, which version %d has not", l.Name, plainVersion)
		}
		if i > 0 && l.Name <= last {
			return fmt.Errorf("layer %q stands twice or out of order", l.Name)
		}
		last = l.Name
	}
	for _, f := range m.files() {
		if used[f.File] {
			return fmt.Errorf("file %q stands twice", f.File)
		}
		used[f.File] = true
	}
	return nil
}

func (l *layerRecord) validate(most layers.Seq) error {
	if err := l.Name.Validate(); err != nil {
		return err
	}
	if l.Seq > most {
		return fmt.Errorf("sequence %d, above the checkpoint's %d", l.Seq, most)
	}
	if err := l.Schema.validate(); err != nil {
		return err
	}
	if got := l.Schema.hash(); got != l.SchemaHash {
		return fmt.Errorf("the schema's checksum is %s, not %s", got, l.SchemaHash)
	}
	if l.IDColumn != l.Schema.idColumn() {
		return fmt.Errorf("id column %q: want %q", l.IDColumn, l.Schema.idColumn())
	}
	if err := l.Features.validate(l.Name); err != nil {
		return err
	}
	if l.Tombstones != nil {
		if err := l.Tombstones.validate(l.Name); err != nil {
			return err
		}
	}
	if _, err := l.salt(); err != nil {
		return err
	}
	if l.Erased != nil {
		if l.Salt == "" {
			return errors.New("erased ids without a salt")
		}
		if err := l.Erased.validate(l.Name); err != nil {
			return err
		}
	}
	if l.Seq == 0 && (l.Features.Rows > 0 || l.Tombstones != nil || l.Pruned != nil || l.Salt != "") {
		return errors.New("a layer at sequence 0 that is not empty")
	}
	return nil
}

func (f *fileRecord) validate(layer layers.Name) error {
	switch {
	case !isFileName(f.File) || !strings.HasPrefix(f.File, string(layer)+"."):
		return fmt.Errorf("no file of the layer may be called %q", f.File)
	case f.Rows < 0 || f.Rows > math.MaxInt32 || f.Bytes < 0:
		return fmt.Errorf("file %q: %d rows in %d bytes", f.File, f.Rows, f.Bytes)
	case !envelope.IsSum(f.SHA256):
		return fmt.Errorf("file %q: %q is no SHA-256", f.File, f.SHA256)
	}
	return nil
}

// files returns the layers' files.
func (m *manifest) files() []*fileRecord {
	var out []*fileRecord
	for i := range m.Layers {
		l := &m.Layers[i]
		out = append(out, &l.Features)
		if l.Tombstones != nil {
			out = append(out, l.Tombstones)
		}
		if l.Erased != nil {
			out = append(out, l.Erased)
		}
	}
	return out
}

// layer returns the record of a layer, or nil.
func (m *manifest) layer(name layers.Name) *layerRecord {
	for i := range m.Layers {
		if m.Layers[i].Name == name {
			return &m.Layers[i]
		}
	}
	return nil
}

func (m *manifest) info() Info {
	info := Info{Seq: m.Seq, Epoch: m.Epoch, Time: m.Written}
	for i := range m.Layers {
		l := &m.Layers[i]
		li := LayerInfo{Name: l.Name, Seq: l.Seq, Features: l.Features.Rows, Bytes: l.Features.Bytes}
		if l.Tombstones != nil {
			li.Tombstones = l.Tombstones.Rows
			li.Bytes += l.Tombstones.Bytes
		}
		if l.Erased != nil {
			li.Erased = l.Erased.Rows
			li.Bytes += l.Erased.Bytes
		}
		info.Bytes += li.Bytes
		info.Layers = append(info.Layers, li)
	}
	return info
}

// pruned returns the value that a layer's state has.
func (l *layerRecord) pruned() column.Value {
	if l.Pruned == nil {
		return column.Value{}
	}
	return column.MicrosOf(*l.Pruned)
}

// salt returns the salt that a layer's state has, zero for none.
func (l *layerRecord) salt() (layers.Salt, error) {
	var salt layers.Salt
	if l.Salt == "" {
		return salt, nil
	}
	b, err := hex.DecodeString(l.Salt)
	if err != nil || len(b) != len(salt) || layers.Salt(b) == salt {
		return salt, fmt.Errorf("%q is no salt", l.Salt)
	}
	return layers.Salt(b), nil
}

var fileNames = regexp.MustCompile(`^[a-z][a-z0-9_-]*\.(0|[1-9][0-9]{0,19})(\.[1-9][0-9]{0,8})?(\.tombstones|\.erased)?\.parquet$`)

// isFileName reports whether a file of a layer may have a name.
func isFileName(name string) bool { return fileNames.MatchString(name) }

// manifestName returns the name of the manifest of a sequence: names sort as sequences do.
func manifestName(seq layers.Seq) string { return fmt.Sprintf("%020d.json", uint64(seq)) }

// parseManifestName is the reverse of manifestName.
func parseManifestName(name string) (layers.Seq, bool) {
	digits, ok := strings.CutSuffix(name, ".json")
	n, err := strconv.ParseUint(digits, 10, 64)
	if !ok || err != nil || manifestName(layers.Seq(n)) != name {
		return 0, false
	}
	return layers.Seq(n), true
}

// scan reads the manifests of a folder, newest first. One that cannot be used is an entry that says why.
func scan(f filesystem, folder string) ([]entry, error) {
	all, err := names(f, folder)
	if err != nil {
		return nil, err
	}
	var out []entry
	for _, name := range slices.Backward(all) {
		seq, ok := parseManifestName(name)
		if !ok {
			continue
		}
		e := entry{seq: seq}
		b, err := readManifest(f, filepath.Join(folder, name))
		if environment(err) {
			return nil, fmt.Errorf("checkpoint: %w", err)
		}
		var m *manifest
		if err == nil {
			m, err = decodeManifest(b)
		}
		if err == nil && m.Seq != seq {
			err = fmt.Errorf("it is of sequence %d", m.Seq)
		}
		if err != nil {
			e.err = &damage{reasonManifest, fmt.Errorf("manifest %s: %w", name, err)}
		} else {
			e.manifest, e.bytes = m, int64(len(b))
		}
		out = append(out, e)
	}
	return out, nil
}

// readManifest reads the bytes of a manifest.
func readManifest(f filesystem, path string) ([]byte, error) {
	in, err := f.Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	return manifestFile.Read(in)
}
