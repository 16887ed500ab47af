package app

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"hutong/ingest/files"
	"hutong/internal/guess"
	"hutong/tiles/archive"
	"hutong/tiles/mvt/inspect"
)

// Inspection is what [Inspect] found: one of its parts is set.
type Inspection struct {
	// Name is the file as it was named, "-" for standard input.
	Name string `json:"name"`
	// Compression is what was around a tile: gzip, zstd or "".
	Compression string `json:"compression,omitempty"`
	// Tile is what a vector tile is made of.
	Tile *inspect.Tile `json:"tile,omitempty"`
	// File is what the start of a data file holds, and Layer what it could be served as.
	File  *guess.Sample `json:"file,omitempty"`
	Layer *guess.Layer  `json:"proposal,omitempty"`
	// Archive is what a walk through a PMTiles archive found.
	Archive *archive.Summary `json:"archive,omitempty"`
}

// Problems counts what is wrong with what was inspected.
func (i *Inspection) Problems() int {
	if i.Archive != nil {
		return len(i.Archive.Problems)
	}
	if i.Tile != nil {
		return len(i.Tile.Problems) + i.Tile.MoreProblems
	}
	return i.File.Faults()
}

// Write writes i for people.
func (i *Inspection) Write(w io.Writer) error {
	if i.Archive != nil {
		return i.Archive.Write(w)
	}
	if i.File != nil {
		return guess.Write(w, i.File, i.Layer)
	}
	around := ""
	if i.Compression != "" {
		around = " in " + i.Compression
	}
	_, err := fmt.Fprintf(w, "%s%s: ", i.Name, around)
	return errors.Join(err, i.Tile.Write(w))
}

// Inspect looks at a file, or at stdin when its name is "-": a vector tile, plain or compressed, is taken
// apart; all directories of a PMTiles archive, which may also be an address (https://, s3://), are walked
// through; of a data file the start is looked at. What it is shows in its content and name.
func Inspect(ctx context.Context, name string, stdin io.Reader) (*Inspection, error) {
	if isArchive(name, nil) {
		return inspectArchive(ctx, name)
	}
	if format := files.TableOf(name); format != files.FormatAuto {
		found, err := sample(ctx, name, format, "", guess.Limits{})
		if err != nil {
			return nil, err
		}
		return inspectFile(name, found), nil
	}
	r := stdin
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer func() { _ = file.Close() }()
		r = file
	}
	buffered := bufio.NewReader(r)
	start, err := buffered.Peek(16)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if isArchive("", start) {
		if name == "-" {
			return nil, errors.New("a PMTiles archive is not read from standard input: name its file or address")
		}
		return inspectArchive(ctx, name)
	}
	text, compression, err := guess.Decompress(buffered)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	defer func() { _ = text.Close() }()
	plain := bufio.NewReader(text)
	start, err = plain.Peek(1)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if isTile(name, start) {
		return inspectTile(name, compression, plain)
	}
	sample, err := guess.Read(name, plain, guess.Limits{})
	if err != nil {
		return nil, err
	}
	sample.Compression = compression
	return inspectFile(name, sample), nil
}

// inspectFile says what is proposed for a file, without values of fields that should be private.
func inspectFile(name string, found *guess.Sample) *Inspection {
	l := guess.Propose(found, nil)
	l.Conceal(found)
	return &Inspection{Name: name, File: found, Layer: l}
}

// isArchive reports whether a file is a PMTiles archive, by its name or its start.
func isArchive(name string, start []byte) bool {
	return strings.HasSuffix(strings.ToLower(name), ".pmtiles") || bytes.HasPrefix(start, []byte("PMTiles"))
}

// inspectArchive takes an archive apart.
func inspectArchive(ctx context.Context, name string) (*Inspection, error) {
	found, err := archive.Inspect(ctx, name, archive.InspectOptions{})
	if err != nil {
		return nil, err
	}
	return &Inspection{Name: name, Archive: found}, nil
}

// isTile reports whether a file is a vector tile: by its name, or because its first byte is the tag of a
// layer, with which no text starts.
func isTile(name string, start []byte) bool {
	name = strings.ToLower(name)
	for _, ext := range []string{".gz", ".zst"} {
		name = strings.TrimSuffix(name, ext)
	}
	return strings.HasSuffix(name, ".mvt") || strings.HasSuffix(name, ".pbf") || bytes.HasPrefix(start, []byte{0x1a})
}

// inspectTile takes a tile apart.
func inspectTile(name, compression string, text io.Reader) (*Inspection, error) {
	b, err := io.ReadAll(io.LimitReader(text, inspect.MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(b) > inspect.MaxBytes {
		return nil, fmt.Errorf("%s: the tile has more than %d bytes uncompressed", name, inspect.MaxBytes)
	}
	return &Inspection{Name: name, Compression: compression, Tile: inspect.Read(b)}, nil
}
