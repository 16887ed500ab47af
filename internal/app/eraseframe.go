package app

import (
	"context"
	"encoding/json"
	"fmt"

	"hutong/ingest"
	"hutong/journal/checkpoint"
	"hutong/layers"
)

// frame returns what the files of the data folder say whatever features, messages and refused records there are, in parts:
// an erasure cannot look for a word of that among their bytes.
func (a *App) frame(ctx context.Context) ([][]byte, error) {
	d := a.durable
	if d == nil {
		return nil, nil // nothing is searched as bytes
	}
	var schemas []*layers.Schema
	var names []byte
	for _, l := range a.store.layers {
		schemas = append(schemas, l.Schema())
		for _, v := range l.views {
			schemas = append(schemas, v.view.Schema())
		}
	}
	for _, f := range a.feeds {
		names = fmt.Appendln(names, f.Name())
	}
	names = fmt.Appendln(names, eraseSource, shownNote, historyNote, filesNote, erasedNote)
	checkpoints, err := checkpoint.Frame(ctx, schemas)
	if err != nil {
		return nil, err
	}
	log, err := d.journal.Frame()
	if err != nil {
		return nil, err
	}
	letter, err := json.Marshal(ingest.Letter{Cut: true, Refusal: ingest.Refusal{File: "0", Line: 1, Feature: 1, Field: "0", Value: "0"}})
	if err != nil {
		return nil, fmt.Errorf("app: erase: %w", err)
	}
	pinned, err := json.Marshal(d.snapshots.List())
	if err != nil {
		return nil, fmt.Errorf("app: erase: %w", err)
	}
	return [][]byte{names, checkpoints, log, letter, pinned}, nil
}
