package backup

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hutong/journal/snapshot"
	"hutong/layers"
	"hutong/layers/view"
)

// TestSnapshots: a backup has the snapshots, and what is restored of it has them again; one with a byte changed is none.
func TestSnapshots(t *testing.T) {
	t.Parallel()
	data := folderOf(t, 50)
	store, err := snapshot.Open(data, snapshot.Options{})
	if err != nil {
		t.Fatal(err)
	}
	l, err := layers.New(reports(), layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Apply(upserts(20)); err != nil {
		t.Fatal(err)
	}
	v := view.Public(l).Now()
	for _, name := range []string{"a", "b"} {
		copied, err := snapshot.Copy(t.Context(), v, 1)
		if err != nil {
			t.Fatal(err)
		}
		meta := snapshot.Meta{Name: name, Epoch: "log", Seq: 1, Pinned: time.Unix(1, 0).UTC(), Layers: []snapshot.Layer{{Name: "reports", Schema: snapshot.SchemaOf(v.Schema())}}}
		if _, err := store.Pin(t.Context(), meta, []*layers.Layer{copied}); err != nil {
			t.Fatal(err)
		}
	}
	text := backupOf(t, data)
	restored := filepath.Join(t.TempDir(), "data")
	c, err := Restore(t.Context(), bytes.NewReader(text), restored, nil)
	if err != nil || c.Version != 3 || len(c.Members) != 2+2*3 {
		t.Fatalf("got %+v, %v", c, err)
	}
	again, err := snapshot.Open(restored, snapshot.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(store.List(), again.List()); diff != "" {
		t.Error(diff)
	}
	if got, err := again.Load(t.Context(), "b", []layers.Name{"reports"}); err != nil || got[0].Snapshot().Count() != 20 {
		t.Errorf("got %v, %v", got, err)
	}

	// Broken off between the snapshots and the checkpoint: it is no data folder, and can be restored into again.
	if err := os.Rename(filepath.Join(restored, checkpoints), filepath.Join(restored, restoring)); err != nil {
		t.Fatal(err)
	}
	if err := CheckFolder(restored); !errors.Is(err, ErrUnfinished) {
		t.Errorf("got %v, want ErrUnfinished", err)
	}
	if _, err := Restore(t.Context(), bytes.NewReader(text), restored, nil); err != nil {
		t.Error(err)
	}
	if _, err := Restore(t.Context(), bytes.NewReader(text), restored, nil); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("got %v, want ErrNotEmpty", err)
	}

	if err := os.RemoveAll(filepath.Join(data, snapshot.Folder, "a", "checkpoint", "files")); err != nil {
		t.Fatal(err)
	}
	f, err := OpenFolder(t.Context(), data, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := Write(t.Context(), &bytes.Buffer{}, f.Pinned, f.Snapshots, f, nil); err == nil {
		t.Error("a backup was written of a snapshot without its files")
	}
}
