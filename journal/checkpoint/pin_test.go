package checkpoint

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"hutong/journal/envelope"
	"hutong/layers"
)

// pinnable writes checkpoint seq of a layer whose state is another one each time.
func pinnable(t *testing.T, s *Store, l *layers.Layer, seq layers.Seq) {
	t.Helper()
	change := layers.Change{Feature: cases()[int(seq)%len(cases())]}
	change.Feature.ID = layers.FeatureID(string(rune('a' + seq)))
	if _, err := l.Apply(layers.Batch{Layer: l.Name(), Seq: seq, Changes: []layers.Change{change}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Write(t.Context(), Content{Seq: seq, Epoch: "log", Layers: []layers.State{l.State()}}); err != nil {
		t.Fatal(err)
	}
}

// TestPinnedFilesStay: what is pinned is there, byte for byte, after so many checkpoints that it is pruned, and gone
// with its release.
func TestPinnedFilesStay(t *testing.T) {
	t.Parallel()
	s := open(t, newFolder(t), Options{Keep: 1})
	if _, err := s.Pin(); !errors.Is(err, ErrNone) {
		t.Errorf("of no checkpoint: got %v, want ErrNone", err)
	}
	schema := casesSchema("reports")
	schema.Observed, schema.Version = "", ""
	l := newLayer(t, schema)
	pinnable(t, s, l, 1)
	p, err := s.Pin()
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.Pin()
	if err != nil {
		t.Fatal(err)
	}
	again.Release()
	again.Release() // counts once
	for seq := layers.Seq(2); seq < 5; seq++ {
		pinnable(t, s, l, seq)
	}
	files := p.Files()
	if p.Info.Seq != 1 || len(files) != 2 || files[0].Name != ManifestName(1) || !IsFile(files[1].Name) || envelope.Sum(p.Manifest()) != files[0].SHA256 {
		t.Fatalf("got %+v of %d", files, p.Info.Seq)
	}
	f, err := p.Open(files[1].Name)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(f)
	if err := errors.Join(err, f.Close()); err != nil || envelope.Sum(b) != files[1].SHA256 || int64(len(b)) != files[1].Bytes {
		t.Errorf("got %d bytes, %v; want those of the checkpoint", len(b), err)
	}
	for _, name := range []string{"files/other.1.parquet", "../lock", ""} {
		if _, err := p.Open(name); err == nil {
			t.Errorf("%q is opened", name)
		}
	}
	p.Release()
	if _, err := os.Stat(filepath.Join(s.folder, files[1].Name)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("after the release: got %v, want the file to be gone", err)
	}
}

// TestPinAt: the checkpoint at or before a sequence is pinned with the log behind it, and loads as it was.
func TestPinAt(t *testing.T) {
	t.Parallel()
	s := open(t, newFolder(t), Options{Keep: 2})
	schema := casesSchema("reports")
	schema.Observed, schema.Version = "", ""
	l := newLayer(t, schema)
	for _, seq := range []layers.Seq{2, 4} {
		pinnable(t, s, l, seq)
	}
	if _, err := s.PinAt(1); !errors.Is(err, ErrNone) {
		t.Errorf("before the first: got %v, want ErrNone", err)
	}
	p, err := s.PinAt(3)
	if err != nil || p.Info.Seq != 2 {
		t.Fatalf("got %v, %v, want checkpoint 2", p, err)
	}
	for seq := layers.Seq(5); seq < 8; seq++ {
		pinnable(t, s, l, seq)
	}
	if got := s.Oldest(); got != 2 {
		t.Errorf("the log goes from %d, and 2 is pinned", got)
	}
	past := newLayer(t, schema)
	if _, err := p.Load(t.Context(), []*layers.Layer{past}); err != nil || past.Snapshot().Seq() != 2 || past.Snapshot().Count() != 1 {
		t.Errorf("got state %d of %d features, %v, want state 2 of one", past.Snapshot().Seq(), past.Snapshot().Count(), err)
	}
	if err := os.WriteFile(filepath.Join(s.folder, p.Files()[1].Name), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Load(t.Context(), []*layers.Layer{newLayer(t, schema)}); !errors.Is(err, ErrBroken) {
		t.Errorf("a damaged file: got %v, want ErrBroken", err)
	}
	p.Release()
	if got := s.Oldest(); got != 6 {
		t.Errorf("after the release: the log goes from %d, want 6", got)
	}
}

func TestIsFile(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"files/reports.12.parquet": true, "files/reports.12.2.tombstones.parquet": true,
		"reports.12.parquet": false, "files/../reports.12.parquet": false, "files/reports.12.parquet.tmp": false, "files/": false, "": false,
	} {
		if got := IsFile(name); got != want {
			t.Errorf("%q: got %t", name, got)
		}
	}
}
