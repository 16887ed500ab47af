package checkpoint

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"hutong/internal/telemetry"
	"hutong/internal/testkit"
	"hutong/layers"
	"hutong/layers/column"
)

var damageRuns atomic.Uint64

// pair is a folder with two checkpoints of two layers, of which the newer one shares a file.
type pair struct {
	folder   string
	old, new map[layers.Name]string // dumps
}

func newPair(t testing.TB) pair {
	t.Helper()
	p := pair{newFolder(t), map[layers.Name]string{}, map[layers.Name]string{}}
	s := open(t, p.folder, Options{})
	a, b := newLayer(t, smallSchema("a")), newLayer(t, smallSchema("b"))
	fill(t, a, 1, layers.Feature{ID: "one", Geometry: pointOf(1), Values: []column.Value{column.StringOf("first")}})
	fill(t, b, 2, layers.Feature{ID: "shared", Geometry: pointOf(2)})
	c := content(10, a, b)
	c.Layers[0].Tombstones = []layers.Tombstone{{ID: "gone"}}
	write(t, s, c)
	p.old["a"], p.old["b"] = dump(a.Snapshot()), dump(b.Snapshot())
	fill(t, a, 15, layers.Feature{ID: "one", Geometry: pointOf(1), Values: []column.Value{column.StringOf("second")}})
	c = content(20, a, b)
	c.Layers[0].Tombstones = []layers.Tombstone{{ID: "gone"}, {ID: "too"}}
	write(t, s, c)
	p.new["a"], p.new["b"] = dump(a.Snapshot()), dump(b.Snapshot())
	return p
}

func smallSchema(name layers.Name) *layers.Schema {
	return &layers.Schema{Name: name, Observed: "at", Fields: []layers.Field{
		{Name: "text", Kind: column.String}, {Name: "at", Kind: column.Time},
	}}
}

// files returns the paths of the files of one checkpoint or the other, manifest first.
func (p *pair) files(t testing.TB, seq layers.Seq) []string {
	t.Helper()
	path := filepath.Join(p.folder, manifestName(seq))
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m, err := decodeManifest(text)
	if err != nil {
		t.Fatal(err)
	}
	out := []string{path}
	for _, f := range m.files() {
		out = append(out, filepath.Join(p.folder, filesFolder, f.File))
	}
	return out
}

// check loads the folder, which must give want as a whole.
func (p *pair) check(t testing.TB, want map[layers.Name]string, skipped int) Loaded {
	t.Helper()
	a, b := newLayer(t, smallSchema("a")), newLayer(t, smallSchema("b"))
	got := load(t, open(t, p.folder, Options{}), a, b)
	if dump(a.Snapshot()) != want["a"] || dump(b.Snapshot()) != want["b"] {
		t.Errorf("loaded %d: not what was written:\n%s%s", got.Seq, dump(a.Snapshot()), dump(b.Snapshot()))
	}
	if len(got.Skipped) != skipped {
		t.Errorf("loaded %d past %v, want %d passed over", got.Seq, got.Skipped, skipped)
	}
	return got
}

func overwrite(t testing.TB, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, fileMode); err != nil {
		t.Fatal(err)
	}
}

// TestDamage changes files of the newer checkpoint that the older one does not have: it must be passed
// over, as a whole.
func TestDamage(t *testing.T) {
	t.Parallel()
	for _, seed := range testkit.Seeds(t, &damageRuns, 2) {
		r := rand.New(rand.NewPCG(seed, 3))
		p := newPair(t)
		p.check(t, p.new, 0)
		old := strings.Join(p.files(t, 10), " ")
		for _, path := range p.files(t, 20) {
			if strings.Contains(old, path) {
				continue
			}
			whole, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for range 10 {
				flipped := bytes.Clone(whole)
				at, bit := r.IntN(len(whole)), r.IntN(8)
				flipped[at] ^= 1 << bit
				overwrite(t, path, flipped)
				p.check(t, p.old, 1)
				length := r.IntN(len(whole))
				overwrite(t, path, whole[:length])
				p.check(t, p.old, 1)
				overwrite(t, path, append(bytes.Clone(whole), whole[:1+r.IntN(9)]...))
				p.check(t, p.old, 1)
				if t.Failed() {
					t.Fatalf("seed %d: %s: bit %d of byte %d, length %d", seed, filepath.Base(path), bit, at, length)
				}
			}
			if filepath.Ext(path) != ".json" { // without a manifest there is no checkpoint
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
				if got := p.check(t, p.old, 1); !strings.Contains(fmt.Sprint(got.Skipped), filepath.Base(path)) {
					t.Errorf("skipped %v, which does not name %s", got.Skipped, path)
				}
			}
			overwrite(t, path, whole)
			p.check(t, p.new, 0)
		}
	}
}

// TestAnyFlipInAManifest flips every bit of a manifest, and cuts it off everywhere.
func TestAnyFlipInAManifest(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	whole, err := os.ReadFile(filepath.Join(p.folder, manifestName(20)))
	if err != nil {
		t.Fatal(err)
	}
	for at := range whole {
		for bit := range 8 {
			flipped := bytes.Clone(whole)
			flipped[at] ^= 1 << bit
			if _, err := decodeManifest(flipped); err == nil {
				t.Errorf("bit %d of byte %d, %q, is not noticed", bit, at, whole[at])
			}
		}
		if _, err := decodeManifest(whole[:at]); err == nil {
			t.Errorf("the first %d bytes do for a manifest", at)
		}
	}
}

// TestEveryDamaged refuses to start, says why and what to do, and leaves the layers empty.
func TestEveryDamaged(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	for _, seq := range []layers.Seq{10, 20} {
		for _, path := range p.files(t, seq) {
			if strings.Contains(path, "b.2") { // both have it
				overwrite(t, path, []byte("torn"))
			}
		}
	}
	var log strings.Builder
	m := telemetry.NewMetrics()
	s := open(t, p.folder, Options{Log: slog.New(slog.NewTextHandler(&log, nil)), Metrics: m})
	a, b := newLayer(t, smallSchema("a")), newLayer(t, smallSchema("b"))
	_, err := s.Load(t.Context(), []*layers.Layer{a, b})
	if !errors.Is(err, ErrDamaged) {
		t.Fatalf("error %v, want %v", err, ErrDamaged)
	}
	for _, want := range []string{"20: file b.2.parquet", "10: file b.2.parquet", "restore a backup", p.folder} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not say %q", err, want)
		}
	}
	if n := strings.Count(log.String(), "level=ERROR"); n != 2 || !strings.Contains(log.String(), "reason=checksum") {
		t.Errorf("%d lines of errors in the log, want 2 of checksums:\n%s", n, log.String())
	}
	if text := scrape(t, m); !strings.Contains(text, `hutong_checkpoint_damaged_total{reason="checksum"} 2`) {
		t.Errorf("metrics: %s", text)
	}
	if s.Oldest() != 0 {
		t.Errorf("oldest %d of none that is whole", s.Oldest())
	}
	// The layers take what the log has from its start, and the next checkpoint replaces the damaged ones.
	fill(t, a, 5, layers.Feature{ID: "again"})
	fill(t, b, 6)
	write(t, s, content(6, a, b))
	if got := s.List(); len(got) != 1 || got[0].Seq != 6 {
		t.Errorf("checkpoints %+v, want that of 6", got)
	}
}

// TestContentOfAnotherKind has files that are as the manifest says, and the manifest is wrong.
func TestContentOfAnotherKind(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		edit func(m *manifest)
		want string
	}{
		{"rows", func(m *manifest) { m.Layers[0].Features.Rows++ }, "rows"},
		{"tombstones", func(m *manifest) { m.Layers[0].Tombstones.Rows-- }, "rows"},
		{"swapped files", func(m *manifest) {
			l := &m.Layers[0]
			l.Features, *l.Tombstones = *l.Tombstones, l.Features
		}, "column"},
		{"another schema", func(m *manifest) {
			s := &m.Layers[0].Schema
			s.Fields[0].Type = "int"
			m.Layers[0].SchemaHash = s.hash()
		}, "column"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t)
			path := filepath.Join(p.folder, manifestName(20))
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			m, err := decodeManifest(text)
			if err != nil {
				t.Fatal(err)
			}
			test.edit(m)
			if text, err = m.encode(); err != nil {
				t.Fatal(err)
			}
			overwrite(t, path, text)
			schema := smallSchema("a")
			if test.name == "another schema" {
				schema.Fields[0].Kind = column.Int // else the schema is refused before the file is read
			}
			a, b := newLayer(t, schema), newLayer(t, smallSchema("b"))
			got, err := open(t, p.folder, Options{}).Load(t.Context(), []*layers.Layer{a, b})
			if test.name == "another schema" {
				var refused *SchemaError // of the older one, which is what it says
				if !errors.As(err, &refused) || a.Snapshot().Count()+b.Snapshot().Count() != 0 {
					t.Errorf("error %v, want one of a schema and empty layers", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Skipped) != 1 || !strings.Contains(got.Skipped[0].Reason, test.want) || dump(a.Snapshot()) != p.old["a"] {
				t.Errorf("skipped %v, want one with %q", got.Skipped, test.want)
			}
		})
	}
}

// TestManifestsRefused edits a manifest that then has a right checksum.
func TestManifestsRefused(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	text, err := os.ReadFile(filepath.Join(p.folder, manifestName(20)))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, old, new, want string }{
		{"newer", `"version": 1`, `"version": 3`, "run the newer Hutong"},
		{"version 0", `"version": 1`, `"version": 0`, "version 0"},
		{"no sequence", `"sequence": 20`, `"sequence": 0`, "sequence 0"},
		{"layer ahead", `"sequence": 15`, `"sequence": 21`, "above the checkpoint's"},
		{"unknown field", `"epoch"`, `"epochs"`, "unknown field"},
		{"path", `"a.15.parquet"`, `"../a.15.parquet"`, "no file of the layer"},
		{"other layer's file", `"a.15.parquet"`, `"b.2.parquet"`, "no file of the layer"},
		{"one file twice", `"a.15.tombstones.parquet"`, `"a.15.parquet"`, "stands twice"},
		{"layers out of order", `"name": "a"`, `"name": "c"`, "no file of the layer"},
		{"type", `"type": "time"`, `"type": "date"`, "no type"},
		{"schema", `"type": "time"`, `"type": "int"`, "of event times"},
		{"column", `"column": "text"`, `"column": "t"`, "want \"text\""},
		{"id column", `"id_column": "id"`, `"id_column": "ids"`, "id column"},
		{"negative", `"rows": 2`, `"rows": -2`, "-2 rows"},
		{"checksum", `"schema_sha256": "`, `"schema_sha256": "00`, "the schema's checksum"},
		{"two", "\n}", "\n} {}", "after top-level value"},
		{"no object", "{", "[", "invalid character"},
	} {
		document, err := manifestFile.Open(text)
		if err != nil {
			t.Fatal(err)
		}
		body := string(document)
		edited := strings.Replace(body, test.old, test.new, 1)
		if edited == body {
			t.Errorf("%s: there is no %s in %s", test.name, test.old, body)
		}
		if _, err = decodeManifest(manifestFile.Seal([]byte(edited))); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want one with %q", test.name, err, test.want)
		}
		if errors.Is(err, ErrNewer) != (test.name == "newer") {
			t.Errorf("%s: error %v", test.name, err)
		}
	}
}

// TestNewerVersion refuses to go on beside a checkpoint that a newer Hutong wrote, and leaves it be.
func TestNewerVersion(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	body := `{"version": 3, "what": "ever"}`
	path := filepath.Join(p.folder, manifestName(30))
	overwrite(t, path, manifestFile.Seal([]byte(body)))
	overwrite(t, filepath.Join(p.folder, filesFolder, "c.30.parquet"), []byte("of the newer one"))
	s := open(t, p.folder, Options{Keep: 1})
	a := newLayer(t, smallSchema("a"))
	if _, err := s.Load(t.Context(), []*layers.Layer{a}); !errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), manifestName(30)) {
		t.Errorf("error %v, want %v that names the manifest", err, ErrNewer)
	}
	if _, err := s.Write(t.Context(), content(31, a)); !errors.Is(err, ErrNewer) {
		t.Errorf("error %v, want %v", err, ErrNewer)
	}
	for _, name := range []string{path, filepath.Join(p.folder, filesFolder, "c.30.parquet")} {
		if _, err := os.Stat(name); err != nil {
			t.Error(err)
		}
	}
	if _, err := Verify(t.Context(), p.folder); !errors.Is(err, ErrNewer) {
		t.Errorf("verify: error %v, want %v", err, ErrNewer)
	}
}

// TestVerify names every damaged file of every checkpoint.
func TestVerify(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	got, err := Verify(t.Context(), p.folder)
	if err != nil || len(got) != 2 || got[0].Seq != 20 || got[0].Bytes == 0 || got[0].Damaged != "" {
		t.Errorf("%+v, error %v", got, err)
	}
	overwrite(t, filepath.Join(p.folder, filesFolder, "b.2.parquet"), []byte("torn"))
	if err := os.Remove(filepath.Join(p.folder, filesFolder, "a.1.parquet")); err != nil {
		t.Fatal(err)
	}
	if got, err = Verify(t.Context(), p.folder); err == nil || len(got) != 2 {
		t.Fatalf("%+v, error %v", got, err)
	}
	for _, want := range []string{"checkpoint 20: file b.2.parquet", "checkpoint 10: ", "a.1.parquet"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not say %q", err, want)
		}
	}
	if got[0].Damaged == "" || got[1].Damaged == "" {
		t.Errorf("%+v: want both damaged", got)
	}
	if _, err := Verify(t.Context(), filepath.Join(p.folder, "nowhere")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: error %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Verify(ctx, p.folder); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: error %v", err)
	}
}

// FuzzManifest decodes anything: what passes must say the same when it is encoded again.
func FuzzManifest(f *testing.F) {
	p := newPair(f)
	for _, seq := range []layers.Seq{10, 20} {
		text, err := os.ReadFile(filepath.Join(p.folder, manifestName(seq)))
		if err != nil {
			f.Fatal(err)
		}
		document, err := manifestFile.Open(text)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(document)
	}
	f.Add([]byte(`{"version":1,"sequence":1,"layers":[{"name":"a","features":{"file":"a.0.parquet"}}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, err := decodeManifest(body); err == nil {
			t.Error("a manifest without its checksum passes")
		}
		m, err := decodeManifest(manifestFile.Seal(body))
		if err != nil {
			return
		}
		again, err := m.encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := decodeManifest(again)
		if err != nil {
			t.Fatal(err)
		}
		if twice, err := back.encode(); err != nil || !bytes.Equal(again, twice) {
			t.Errorf("%s\nbecame\n%s\nerror %v", again, twice, err)
		}
	})
}
