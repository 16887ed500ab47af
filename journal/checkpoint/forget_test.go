package checkpoint

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hutong/internal/erasure"
	"hutong/layers"
	"hutong/layers/column"
)

// TestForget erases a feature between two checkpoints: with the older one gone nothing has its id.
func TestForget(t *testing.T) {
	t.Parallel()
	const id = "13800138000"
	l, other := newLayer(t, casesSchema("cases")), newLayer(t, casesSchema("others"))
	fill(t, l, 5, layers.Feature{ID: id}, layers.Feature{ID: "talks of it", Values: []column.Value{column.StringOf("call 13800138000 back")}})
	fill(t, other, 5, layers.Feature{ID: id})
	s := open(t, newFolder(t), Options{})
	full := func(seq layers.Seq) Content {
		return Content{Seq: seq, Epoch: "first", Layers: []layers.State{l.State(), other.State()}}
	}
	write(t, s, full(5))
	pinned, err := s.Pin() // as for a backup under way
	if err != nil {
		t.Fatal(err)
	}
	p := erasure.NewPattern(id)
	search := func() (erasure.Proof, map[string]bool) {
		var proof erasure.Proof
		mentioned, err := s.Search(t.Context(), "cases", id, p, &proof)
		if err != nil {
			t.Fatal(err)
		}
		return proof, mentioned
	}
	if proof, _ := search(); proof.Found.Count != 1 || proof.Found.Places[0] != "checkpoint file cases.5.parquet" || proof.Checkpoints != 2 || proof.Rows != 3 {
		t.Errorf("before: got %+v", proof)
	}
	if _, err := l.Apply(layers.Batch{Layer: "cases", Seq: 6, Salt: goldenSalt, Changes: []layers.Change{{Op: layers.Erase, Feature: layers.Feature{
		ID: id, Values: []column.Value{{}, {}, {}, {}, column.MicrosOf(7)},
	}}}}); err != nil {
		t.Fatal(err)
	}
	info := write(t, s, full(6))
	if info.Layers[0].Erased != 1 || info.Layers[0].Tombstones != 0 {
		t.Errorf("got %+v, want one erased id", info.Layers[0])
	}
	if _, err := s.Forget(t.Context(), 7); err == nil || len(s.List()) != 2 {
		t.Errorf("a checkpoint that is not there: got %v, and %d left", err, len(s.List()))
	}
	removed, err := s.Forget(t.Context(), 6)
	if diff := cmp.Diff([]layers.Seq{5}, removed); err != nil || diff != "" {
		t.Fatalf("got %v (-want +got):\n%s", err, diff)
	}
	if proof, _ := search(); proof.Found.Count != 1 || !strings.Contains(proof.Found.Places[0], "cases.5.parquet, which a backup under way keeps") {
		t.Errorf("while it is pinned: got %+v", proof.Found)
	}
	pinned.Release()
	proof, mentioned := search()
	if proof.Found.Count != 0 || proof.Mentions.Count != 2 || !mentioned["cases.6.parquet"] || !mentioned["others.5.parquet"] || mentioned["cases.6.erased.parquet"] {
		t.Errorf("after: got %+v, mentions in %v", proof, mentioned)
	}
	if _, err := os.Stat(filepath.Join(s.folder, filesFolder, "cases.5.parquet")); !os.IsNotExist(err) {
		t.Errorf("the older file: got %v, want it gone", err)
	}
	// Again is no error, and the next start has the same.
	if removed, err := s.Forget(t.Context(), 6); err != nil || len(removed) > 0 {
		t.Errorf("again: got %v, %v", removed, err)
	}
	next := newLayer(t, casesSchema("cases"))
	load(t, open(t, s.folder, Options{}), next, newLayer(t, casesSchema("others")))
	state := next.State()
	if len(state.Tombstones) != 1 || state.Tombstones[0].ID != goldenSalt.Hash(id) || !state.Tombstones[0].Erased || state.Salt != goldenSalt {
		t.Errorf("loaded: got %+v, salt %v", state.Tombstones, state.Salt)
	}
}

// TestForgetReadsFirst: the older checkpoint stays when the newer one is damaged.
func TestForgetReadsFirst(t *testing.T) {
	t.Parallel()
	l := newLayer(t, casesSchema("cases"))
	fill(t, l, 5, layers.Feature{ID: "a"})
	s := open(t, newFolder(t), Options{})
	write(t, s, content(5, l))
	fill(t, l, 6, layers.Feature{ID: "b"})
	write(t, s, content(6, l))
	path := filepath.Join(s.folder, filesFolder, "cases.6.parquet")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Forget(t.Context(), 6); err == nil || !strings.Contains(err.Error(), "damaged") || len(s.List()) != 2 {
		t.Errorf("got %v and %d checkpoints, want both", err, len(s.List()))
	}
}
