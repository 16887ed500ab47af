package checkpoint

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hutong/internal/telemetry"
	"hutong/layers"
	"hutong/layers/column"
)

func scrape(t testing.TB, m *telemetry.Metrics) string {
	t.Helper()
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return w.Body.String()
}

// tree lists the files of a folder, without folders.
func tree(t testing.TB, folder string) (out []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			name, _ := filepath.Rel(folder, path)
			out = append(out, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestLifeOfAFolder follows checkpoints as they come and go: which files there are, which are shared, what
// the log is still needed for.
func TestLifeOfAFolder(t *testing.T) {
	t.Parallel()
	folder := newFolder(t)
	m := telemetry.NewMetrics()
	s := open(t, folder, Options{Metrics: m})
	a, b := newLayer(t, smallSchema("a")), newLayer(t, smallSchema("b"))
	want := func(when string, oldest layers.Seq, files ...string) {
		t.Helper()
		if diff := cmp.Diff(files, tree(t, folder)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
		if got := s.Oldest(); got != oldest {
			t.Errorf("%s: oldest %d, want %d", when, got, oldest)
		}
	}
	manifestOf := func(seq layers.Seq) string { return manifestName(seq) }
	want("nothing written", 0)
	fill(t, a, 1, layers.Feature{ID: "1"})
	write(t, s, content(5, a, b))
	want("the first", 0, manifestOf(5), "files/a.1.parquet", "files/b.0.parquet")
	fill(t, b, 6, layers.Feature{ID: "1"})
	write(t, s, content(7, b, a))
	want("a unchanged", 5, manifestOf(5), manifestOf(7), "files/a.1.parquet", "files/b.0.parquet", "files/b.6.parquet")
	write(t, s, content(8, a, b))
	want("both unchanged", 7, manifestOf(7), manifestOf(8), "files/a.1.parquet", "files/b.6.parquet")
	if info := write(t, s, content(8, a, b)); info.Seq != 8 {
		t.Errorf("info %+v", info)
	}
	want("nothing new", 7, manifestOf(7), manifestOf(8), "files/a.1.parquet", "files/b.6.parquet")
	c := content(8, a, b)
	c.Notes = map[string]json.RawMessage{"x": json.RawMessage("1")}
	write(t, s, c)
	want("another note", 7, manifestOf(7), manifestOf(8), "files/a.1.parquet", "files/b.6.parquet")
	if got := load(t, s, newLayer(t, smallSchema("a"))); string(got.Notes["x"]) != "1" {
		t.Errorf("notes %s, want x", got.Notes)
	}
	c = content(9, a, b)
	c.Epoch = "second"
	write(t, s, c)
	want("another log", 8, manifestOf(8), manifestOf(9), "files/a.1.2.parquet", "files/a.1.parquet", "files/b.6.2.parquet", "files/b.6.parquet")
	c = content(10, a)
	c.Epoch = "second"
	write(t, s, c)
	want("b gone", 9, manifestOf(9), manifestOf(10), "files/a.1.2.parquet", "files/b.6.2.parquet")
	overwrite(t, filepath.Join(folder, "files/a.1.2.parquet"), []byte("torn"))
	c.Seq = 11
	write(t, s, c)
	want("a damaged file is not shared", 10, manifestOf(10), manifestOf(11), "files/a.1.2.parquet", "files/a.1.parquet")
	back := newLayer(t, smallSchema("a"))
	if got := load(t, s, back); got.Seq != 11 || dump(back.Snapshot()) != dump(a.Snapshot()) {
		t.Errorf("loaded %+v", got)
	}
	for _, line := range []string{
		`hutong_checkpoint_writes_total{outcome="written"} 7`, `hutong_checkpoint_writes_total{outcome="unchanged"} 1`,
		`hutong_checkpoint_files_total{outcome="reused"} 8`, `hutong_checkpoint_files_total{outcome="written"} 6`,
		`hutong_checkpoint_files_total{outcome="damaged"} 1`, "hutong_checkpoint_sequence 11", "hutong_checkpoint_timestamp_seconds 1.772353800123e+09",
	} {
		if text := scrape(t, m); !strings.Contains(text, line) {
			t.Errorf("no line %s in\n%s", line, text)
		}
	}
}

// TestSweep opens a folder with what an interrupted write and others left.
func TestSweep(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	before := tree(t, p.folder)
	for _, name := range []string{manifestName(30) + temporary, "files/a.30.parquet" + temporary, "files/a.30.parquet", "files/b.9.tombstones.parquet"} {
		overwrite(t, filepath.Join(p.folder, name), []byte("left"))
	}
	others := []string{"README", "files/notes.txt", "files/A.parquet", "1.json"}
	for _, name := range others {
		overwrite(t, filepath.Join(p.folder, name), []byte("somebody's"))
	}
	p.check(t, p.new, 0)
	for _, name := range others {
		if err := os.Remove(filepath.Join(p.folder, name)); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff(before, tree(t, p.folder)); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
	// Files of a manifest that cannot be read stay until a newer checkpoint is there.
	overwrite(t, filepath.Join(p.folder, manifestName(20)), []byte("torn"))
	p.check(t, p.old, 1)
	if got := tree(t, p.folder); len(got) != len(before) {
		t.Errorf("files %v, want %v", got, before)
	}
}

// TestWriteRefuses gives what no checkpoint may hold: nothing is left of it.
func TestWriteRefuses(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	l := newLayer(t, smallSchema("a"))
	fill(t, l, 30, layers.Feature{ID: "1"})
	odd := smallSchema("odd")
	odd.Fields[0].Name = "\xff"
	tombstone := func(dead ...layers.Tombstone) func(*Content) {
		return func(c *Content) { c.Layers[0].Tombstones = dead }
	}
	before := tree(t, p.folder)
	m := telemetry.NewMetrics()
	s := open(t, p.folder, Options{Metrics: m})
	for _, test := range []struct {
		name string
		edit func(c *Content)
		want string
	}{
		{"behind", func(c *Content) { c.Seq, c.Layers = 19, nil }, "behind the newest one: that is 20"},
		{"sequence 0", func(c *Content) { c.Seq = 0 }, "behind"},
		{"layer ahead", func(c *Content) { c.Seq = 29 }, `layer "a": its state 30 is newer`},
		{"layer twice", func(c *Content) { c.Layers = append(c.Layers, c.Layers[0]) }, "stands twice"},
		{"no snapshot", func(c *Content) { c.Layers[0].Snapshot = nil }, "no snapshot"},
		{"epoch", func(c *Content) { c.Epoch = strings.Repeat("e", 257) }, "at most 256 bytes"},
		{"note", func(c *Content) { c.Notes = map[string]json.RawMessage{"n": json.RawMessage("{")} }, `note "n" is no JSON`},
		{"notes", func(c *Content) {
			c.Notes = map[string]json.RawMessage{"n": json.RawMessage(`"` + strings.Repeat("n", 1<<20) + `"`)}
		}, "want at most 1048576"},
		{"field name", func(c *Content) { c.Layers = append(c.Layers, layers.State{Snapshot: newLayer(t, odd).Snapshot()}) }, "not UTF-8"},
		{"tombstone's id", tombstone(layers.Tombstone{}), "an id of 0 bytes"},
		{"tombstone's time", tombstone(layers.Tombstone{ID: "x"}, layers.Tombstone{ID: "y", Observed: column.IntOf(1)}), "tombstone 1: its time is a int"},
		{"tombstone's version", tombstone(layers.Tombstone{ID: "x", Version: column.IntOf(1)}), "its version is a int"},
		{"pruned", func(c *Content) { c.Layers[0].Pruned = column.IntOf(1) }, "is a int"},
		{"state 0", func(c *Content) {
			c.Layers = []layers.State{{Snapshot: newLayer(t, smallSchema("a")).Snapshot(), Pruned: column.MicrosOf(1)}}
		}, "at sequence 0 that is not empty"},
	} {
		c := content(30, l)
		test.edit(&c)
		if _, err := s.Write(t.Context(), c); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %q", test.name, err, test.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Write(ctx, content(30, l)); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: error %v", err)
	}
	if diff := cmp.Diff(before, tree(t, p.folder)); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
	if text := scrape(t, m); !strings.Contains(text, `hutong_checkpoint_writes_total{outcome="failed"} 15`) {
		t.Errorf("metrics: %s", text)
	}
	if _, err := Open(p.folder, Options{Keep: -1}); err == nil {
		t.Error("a store that keeps −1 checkpoints opens")
	}
}

// TestLoadRefuses gives layers that cannot be loaded into, and a folder without a checkpoint.
func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	s := open(t, p.folder, Options{})
	used := newLayer(t, smallSchema("a"))
	fill(t, used, 1)
	b := newLayer(t, smallSchema("b"))
	if _, err := s.Load(t.Context(), []*layers.Layer{b, used}); !errors.Is(err, layers.ErrNotEmpty) {
		t.Errorf("error %v, want %v", err, layers.ErrNotEmpty)
	}
	if _, err := s.Load(t.Context(), []*layers.Layer{b, b}); err == nil || !strings.Contains(err.Error(), "stands twice") {
		t.Errorf("error %v, want one of a layer that stands twice", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Load(ctx, []*layers.Layer{b}); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: error %v", err)
	}
	if b.Snapshot().Seq() != 0 {
		t.Errorf("state %d after loads that failed", b.Snapshot().Seq())
	}
	if got := load(t, s, b); got.Seq != 20 || b.Snapshot().Count() != 1 {
		t.Errorf("loaded %+v", got)
	}
	if got := load(t, open(t, newFolder(t), Options{}), newLayer(t, smallSchema("a"))); got.Seq != 0 || len(got.Skipped)+len(got.Changes) != 0 {
		t.Errorf("loaded %+v of nothing", got)
	}
}
