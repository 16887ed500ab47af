package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"

	"hutong/ingest"
	"hutong/layers"
)

// filesNote is the name under which a checkpoint says which files its layers were read from: for each layer
// a digest of the config and of its files' names, sizes and times. A layer whose digest is another one at
// the next start is read again while it is served, as when a file changes.
const filesNote = "files"

// unread returns the sources whose layers no checkpoint had.
func (d *durable) unread(sources []ingest.Source) []ingest.Source {
	var list []ingest.Source
	for _, s := range sources {
		if !d.recovered[s.Layer()] {
			list = append(list, s)
		}
	}
	return list
}

// noteFiles has the watcher read again what has changed since the checkpoint, and notes what was read now.
// read are the sources that were read at this start.
func (d *durable) noteFiles(ctx context.Context, w *watcher, read []ingest.Source) error {
	if w == nil {
		return nil
	}
	known := d.knownFiles()
	fresh := map[layers.Name]bool{}
	for _, s := range read {
		fresh[s.Layer()] = true
	}
	for _, name := range w.order {
		switch digest := w.digest(name); {
		case fresh[name]:
			known[name] = digest
		case known[name] != digest:
			w.stamps[name].done = nil // as if its files had changed
		}
	}
	d.note(filesNote, known)
	w.reread = d.noteReread(w, known)
	if len(d.recovered) == 0 {
		return nil
	}
	// What was read from files is in no message of the log: an empty batch gives the layer a number that the
	// next checkpoint has, too.
	for _, name := range slices.Sorted(maps.Keys(fresh)) {
		if _, err := d.store.Accept(ctx, filesNote, layers.Batch{Layer: name}); err != nil {
			return err
		}
	}
	return nil
}

// knownFiles returns the digests of the checkpoint.
func (d *durable) knownFiles() map[layers.Name]string {
	d.mu.Lock()
	defer d.mu.Unlock()
	known := map[layers.Name]string{}
	if text := d.notes[filesNote]; text != nil {
		if err := json.Unmarshal(text, &known); err != nil {
			return map[layers.Name]string{} // so that all are read again
		}
	}
	return known
}

// noteReread returns what notes that a layer was read again, beside the digests that are known.
func (d *durable) noteReread(w *watcher, known map[layers.Name]string) func(layers.Name) {
	return func(name layers.Name) {
		next := maps.Clone(known)
		next[name] = w.digest(name)
		known = next
		d.note(filesNote, known)
	}
}

// digest is the state of the config and of a layer's files, as they were last read.
func (w *watcher) digest(name layers.Name) string {
	h := sha256.New()
	if text, err := os.ReadFile(w.watch.Config); err == nil {
		_, _ = h.Write(text)
	}
	done := w.stamps[name].done
	for _, path := range slices.Sorted(maps.Keys(done)) {
		if info := done[path]; info != nil {
			fmt.Fprintf(h, "%q %d %d\n", path, info.Size(), info.ModTime().UnixNano())
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
