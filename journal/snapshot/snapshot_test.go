package snapshot

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/paulmach/orb"
	"go.uber.org/goleak"

	"hutong/internal/erasure"
	"hutong/internal/telemetry"
	"hutong/internal/testkit"
	"hutong/journal/envelope"
	"hutong/layers"
	"hutong/layers/column"
	"hutong/layers/view"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	secret = "13800138000"
	victim = "H-secret-4711"
)

// city is a live layer of points, polygons and a feature without a place, with a private field.
func city(t testing.TB, name layers.Name) *layers.Layer {
	t.Helper()
	live, err := layers.New(&layers.Schema{
		Name: name, IDField: "ref", TimeField: "at", Observed: "at",
		Fields: []layers.Field{
			{Name: "phone", Kind: column.String, Private: true},
			{Name: "state", Kind: column.String, Keep: true, MaxLength: 40},
			{Name: "n", Kind: column.Int, Priority: 2, FromZoom: 3},
			{Name: "at", Kind: column.Time},
		},
	}, layers.Options{MinRows: 4, MaxRows: 16})
	if err != nil {
		t.Fatal(err)
	}
	b := layers.Batch{Layer: name, Seq: 7}
	add := func(id string, g orb.Geometry, n int) {
		b.Changes = append(b.Changes, layers.Change{Feature: layers.Feature{ID: layers.FeatureID(id), Geometry: g, Values: []column.Value{
			column.StringOf(secret), column.StringOf(fmt.Sprintf("state %d", n%3)), column.IntOf(int64(n)), column.MicrosOf(int64(n)),
		}}})
	}
	for i := range 100 {
		f := float64(i)
		add(strconv.Itoa(i), orb.Point{116 + f/100, 39.9}, i)
		add(fmt.Sprintf("p%d", i), orb.Polygon{{{f / 10, 0}, {f/10 + f*f/500 + 0.01, 0}, {f / 10, 1}, {f / 10, 0}}}, i)
	}
	add("nowhere", nil, 1)
	add(victim, orb.Point{116.4, 39.9}, 5)
	if _, err := live.Apply(b); err != nil {
		t.Fatal(err)
	}
	return live
}

// metaOf describes a snapshot of a layer's public view.
func metaOf(name string, of ...*layers.Layer) Meta {
	m := Meta{Name: name, Hutong: "1", TileRules: 1, Epoch: "log", Seq: 9, Time: time.Unix(1, 0).UTC(), Pinned: time.Unix(2, 0).UTC()}
	for _, l := range of {
		m.Layers = append(m.Layers, Layer{Name: l.Name(), Title: "T", Schema: SchemaOf(view.Public(l).Schema()), Tiles: Tiles{MaxZoom: 14, Extent: 4096, Buffer: 64, Budget: 1000}})
	}
	return m
}

func pin(t testing.TB, s *Store, name string, of ...*layers.Layer) (*Meta, error) {
	t.Helper()
	var copies []*layers.Layer
	for _, l := range of {
		c, err := Copy(t.Context(), view.Public(l).Now(), l.Snapshot().Seq())
		if err != nil {
			t.Fatal(err)
		}
		copies = append(copies, c)
	}
	return s.Pin(t.Context(), metaOf(name, of...), copies)
}

func opened(t testing.TB, data string, o Options) *Store {
	t.Helper()
	s, err := Open(data, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// features returns what a layer shows, in order.
func features(l *layers.Layer) (list []layers.Feature) {
	view.Public(l).Now().Scan(nil, func(f layers.Feature) bool {
		list = append(list, f)
		return true
	})
	return list
}

var compare = cmp.AllowUnexported(column.Value{})

// rowsWith returns in how many rows of layer a's features an id is the id, and in how many rows it is in a text.
func rowsWith(t testing.TB, s *Store, layer layers.Name, id layers.FeatureID) (found, mentions int) {
	t.Helper()
	var proof erasure.Proof
	if _, err := s.Search(t.Context(), layer, id, erasure.NewPattern(id), &proof); err != nil {
		t.Fatal(err)
	}
	return proof.Found.Count, proof.Mentions.Count
}

// TestPin: what is pinned loads as it was, without private fields, whatever happens to the layer, and again after
// another start.
func TestPin(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := opened(t, data, Options{Metrics: telemetry.NewMetrics()})
	a, b := city(t, "a"), city(t, "b-2")
	want := features(a)
	m, err := pin(t, s, "2026-07", a, b)
	if err != nil {
		t.Fatal(err)
	}
	if l := m.Layer("a"); l == nil || l.Features != 202 || l.Seq != 7 || l.Bytes == 0 || !strings.HasPrefix(l.File, "files/a.") || m.Layer("b-2").File == l.File {
		t.Errorf("got %+v", l)
	}
	if found, mentions := rowsWith(t, s, "a", secret); found > 0 || mentions > 0 {
		t.Errorf("%d rows have a private value", found+mentions)
	}
	if _, err := a.Apply(layers.Batch{Layer: "a", Seq: 8, Changes: []layers.Change{{Op: layers.Delete, Feature: layers.Feature{ID: "1"}}}}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		got, err := s.Load(t.Context(), "2026-07", []layers.Name{"a"})
		if err != nil || got[0].Snapshot().Seq() != 7 {
			t.Fatalf("got %v, %v", got, err)
		}
		if diff := cmp.Diff(want, features(got[0]), compare); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(view.Public(a).Schema(), got[0].Schema()); diff != "" {
			t.Error(diff)
		}
		s = opened(t, data, Options{})
		if list := s.List(); len(list) != 1 || !cmp.Equal(list[0], m) {
			t.Errorf("got %s", cmp.Diff(m, list[0]))
		}
	}
	if _, err := s.Load(t.Context(), "2026-07", []layers.Name{"c"}); !errors.Is(err, ErrNotFound) {
		t.Errorf("a layer that it does not have: got %v", err)
	}
	if err := s.Unpin("2026-07"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load(t.Context(), "2026-07", []layers.Name{"a"}); !errors.Is(err, ErrNotFound) {
		t.Errorf("unpinned: got %v", err)
	}
	if err := s.Unpin("2026-07"); !errors.Is(err, ErrNotFound) {
		t.Errorf("unpinned twice: got %v", err)
	}
	if left, err := os.ReadDir(filepath.Join(data, Folder)); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

// TestRefused: names, number and room are bounded, and a refused pin leaves nothing.
func TestRefused(t *testing.T) {
	t.Parallel()
	data, free := t.TempDir(), int64(1<<40)
	s := opened(t, data, Options{Limit: 2, LowDisk: 1000, Free: func(string) (int64, error) { return free, nil }})
	l := city(t, "a")
	for _, name := range []string{"", "A", "-a", "../a", "a.b", "a/b", strings.Repeat("a", 65)} {
		if _, err := pin(t, s, name, l); !errors.Is(err, ErrName) {
			t.Errorf("%q: got %v, want ErrName", name, err)
		}
	}
	if _, err := pin(t, s, "1a", l); err != nil {
		t.Fatal(err)
	}
	if _, err := pin(t, s, "1a", l); !errors.Is(err, ErrExists) {
		t.Errorf("got %v, want ErrExists", err)
	}
	free = 1001
	if _, err := pin(t, s, "b", l); !errors.Is(err, ErrLowDisk) {
		t.Errorf("got %v, want ErrLowDisk", err)
	}
	free = 1 << 40
	if _, err := pin(t, s, strings.Repeat("b", 64), l); err != nil {
		t.Fatal(err)
	}
	if _, err := pin(t, s, "c", l); !errors.Is(err, ErrFull) {
		t.Errorf("got %v, want ErrFull", err)
	}
	if left, err := os.ReadDir(filepath.Join(data, Folder)); err != nil || len(left) != 2 {
		t.Errorf("left %v, %v, want two", left, err)
	}
}

// TestErase: a snapshot that has the feature is gone, says so, and nothing of the feature is left; others stay.
func TestErase(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := opened(t, data, Options{})
	a, b := city(t, "a"), city(t, "b")
	for name, of := range map[string][]*layers.Layer{"both": {a, b}, "just-a": {a}, "just-b": {b}} {
		if _, err := pin(t, s, name, of...); err != nil {
			t.Fatal(err)
		}
	}
	if found, mentions := rowsWith(t, s, "a", victim); found != 2 || mentions != 2 {
		t.Errorf("the id is in %d and %d rows, want 2 and 2", found, mentions)
	}
	p, at := erasure.NewPattern(victim), time.Unix(9, 0).UTC()
	if gone, err := s.Erase(t.Context(), "a", "no-such-id", erasure.NewPattern("no-such-id"), at); err != nil || len(gone) > 0 {
		t.Errorf("got %v, %v, want none gone", gone, err)
	}
	gone, err := s.Erase(t.Context(), "a", victim, p, at)
	if err != nil || !slices.Equal(gone, []string{"both", "just-a"}) {
		t.Fatalf("got %v, %v", gone, err)
	}
	var proof erasure.Proof
	if mentioned, err := s.Search(t.Context(), "a", victim, p, &proof); err != nil || proof.Found.Count > 0 || len(mentioned) != 1 || proof.Rows == 0 {
		t.Errorf("got %v, %+v, %v", mentioned, proof, err)
	}
	for range 2 {
		m, err := s.Find("both")
		if err != nil || m.Gone == nil || !m.Gone.At.Equal(at) || m.Gone.Layer != "a" || len(m.Layers) != 2 {
			t.Errorf("got %+v, %v", m, err)
		}
		if _, err := s.Load(t.Context(), "both", []layers.Name{"b"}); !errors.Is(err, ErrGone) {
			t.Errorf("got %v, want ErrGone", err)
		}
		if _, err := s.Load(t.Context(), "just-b", []layers.Name{"b"}); err != nil {
			t.Error(err)
		}
		if found, mentions := rowsWith(t, s, "a", victim); found != 0 || mentions != 1 {
			t.Errorf("the id is in %d and %d rows, want the one of another layer", found, mentions)
		}
		if _, err := os.Stat(filepath.Join(data, Folder, "both", checkpointFolder)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("got %v, want no files", err)
		}
		s = opened(t, data, Options{})
	}
}

// TestUnpinnedMeanwhile: who opens a snapshot that was unpinned since it was found leaves nothing, so that the name is free.
func TestUnpinnedMeanwhile(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s, l := opened(t, data, Options{}), city(t, "a")
	for range 2 {
		if _, err := pin(t, s, "one", l); err != nil {
			t.Fatal(err)
		}
		if err := s.Unpin("one"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.checkpoint("one"); !errors.Is(err, ErrDamaged) { // as Load goes on
			t.Errorf("got %v, want ErrDamaged", err)
		}
		if _, err := os.Stat(filepath.Join(data, Folder, "one")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("got %v, want no folder", err)
		}
	}
}

// TestLeftovers: what a kill leaves half done is finished or removed at the next start, and damage is told.
func TestLeftovers(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := opened(t, data, Options{})
	l := city(t, "a")
	for _, name := range []string{"gone", "bent", "cut", "other", "fine"} {
		if _, err := pin(t, s, name, l); err != nil {
			t.Fatal(err)
		}
	}
	folder := filepath.Join(data, Folder)
	// An erasure that wrote its word and was killed.
	m, err := s.Find("gone")
	if err != nil {
		t.Fatal(err)
	}
	next := *m
	next.Gone = &Gone{At: time.Unix(3, 0).UTC(), Layer: "a"}
	text, err := next.encode()
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.WriteFile(filepath.Join(folder, "gone", metaName), text, 0o600))
	bent, err := os.ReadFile(filepath.Join(folder, "bent", metaName))
	must(err)
	bent[len(bent)/2] ^= 1
	must(os.WriteFile(filepath.Join(folder, "bent", metaName), bent, 0o600))
	must(os.Rename(filepath.Join(folder, "other"), filepath.Join(folder, "renamed")))
	must(os.MkdirAll(filepath.Join(folder, "x"+pinning, checkpointFolder), 0o700))
	must(os.MkdirAll(filepath.Join(folder, "y"+removing), 0o700))
	m, err = s.Find("cut")
	must(err)
	must(os.Truncate(filepath.Join(folder, "cut", checkpointFolder, m.Layers[0].File), 100))

	s = opened(t, data, Options{})
	if _, err := os.Stat(filepath.Join(folder, "gone", checkpointFolder)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want the files of what is gone to be gone", err)
	}
	for _, name := range []string{"x" + pinning, "y" + removing} {
		if _, err := os.Stat(filepath.Join(folder, name)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: got %v, want it to be gone", name, err)
		}
	}
	for name, want := range map[string]error{"bent": ErrDamaged, "renamed": ErrDamaged, "gone": ErrGone, "cut": ErrDamaged, "fine": nil, "other": ErrNotFound} {
		if _, err := s.Load(t.Context(), name, []layers.Name{"a"}); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", name, err, want)
		}
	}
	if err := Verify(t.Context(), data); !errors.Is(err, ErrDamaged) {
		t.Errorf("got %v, want that some are damaged", err)
	}
	var proof erasure.Proof
	if _, err := s.Erase(t.Context(), "a", victim, erasure.NewPattern(victim), time.Now()); err == nil {
		t.Error("a snapshot that cannot be read was passed over")
	}
	must(s.Unpin("cut"))
	if _, err := s.Search(t.Context(), "a", victim, erasure.NewPattern(victim), &proof); err != nil || len(proof.Unsearched) != 2 {
		t.Errorf("got %+v, %v, want two that were not searched", proof.Unsearched, err)
	}
	must(s.Unpin("bent"))
	must(s.Unpin("renamed"))
	if err := Verify(t.Context(), data); err != nil {
		t.Error(err)
	}
}

// TestMembers: every file of a snapshot is a member with its checksum.
func TestMembers(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := opened(t, data, Options{})
	if list, err := s.Members(t.Context()); err != nil || len(list) > 0 {
		t.Errorf("got %v, %v", list, err)
	}
	if _, err := pin(t, s, "one", city(t, "a")); err != nil {
		t.Fatal(err)
	}
	list, err := s.Members(t.Context())
	if err != nil || len(list) != 3 {
		t.Fatalf("got %v, %v, want three", list, err)
	}
	for _, m := range list {
		f, err := s.OpenMember(m.Name)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(f)
		if err := errors.Join(err, f.Close()); err != nil || int64(len(b)) != m.Bytes || envelope.Sum(b) != m.SHA256 {
			t.Errorf("%s: %d bytes, %v", m.Name, len(b), err)
		}
	}
	for name, want := range map[string]bool{
		"snapshots/a/snapshot.json": true, "snapshots/a/checkpoint/00000000000000000007.json": true, "snapshots/a/checkpoint/files/a.7.parquet": true,
		"snapshots/../snapshot.json": false, "snapshots/a/other.json": false, "snapshots/a/checkpoint/7.json": false, "checkpoints/a": false,
		"snapshots/a.pinning/snapshot.json": false, "snapshots/a/checkpoint/files/../a": false, "snapshots/a": false, "snapshots/a/checkpoint/snapshot.json": false,
	} {
		if got := IsMember(name); got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
	if _, err := s.OpenMember("../lock"); err == nil {
		t.Error("it was opened")
	}
}

// TestMetaBytes: snapshot.json is written as ever, and read again.
func TestMetaBytes(t *testing.T) {
	t.Parallel()
	m := metaOf("one", city(t, "a"))
	m.Version, m.Layers[0].Title, m.Layers[0].SHA256 = 1, "Calls & <reports> 热线", strings.Repeat("0f", 32)
	text, err := m.encode()
	if err != nil {
		t.Fatal(err)
	}
	testkit.Golden(t, "snapshot.json", string(text))
	if got, err := decode(text); err != nil || !cmp.Equal(got, &m) {
		t.Errorf("got %v, %v, want %v", got, err, m)
	}
}

// TestLargeMeta: of a snapshot.json that is longer than any can be no more is read than shows that.
func TestLargeMeta(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s := opened(t, data, Options{})
	if _, err := pin(t, s, "one", city(t, "a")); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(filepath.Join(data, Folder, "one", metaName), 100*maxMeta); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Members(t.Context()); err == nil || !strings.Contains(err.Error(), "want at most 8388608") {
		t.Errorf("error %v", err)
	}
	if _, err := opened(t, data, Options{}).Find("one"); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "want at most 8388608") {
		t.Errorf("error %v, want %v", err, ErrDamaged)
	}
}

// FuzzDecode: what is decoded is what is encoded again.
func FuzzDecode(f *testing.F) {
	l := city(f, "a")
	m := metaOf("one", l)
	m.Version = 1
	m.Layers[0].SHA256 = envelope.Sum(nil)
	text, err := m.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"sha256":"`))
	f.Fuzz(func(t *testing.T, b []byte) {
		// Nothing would get past the checksum: the body is tried as well.
		for _, b := range [][]byte{b, metaFile.Seal(b)} {
			m, err := decode(b)
			if err != nil {
				if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrNewer) {
					t.Errorf("got %v", err)
				}
				continue
			}
			again, err := m.encode()
			if err != nil {
				t.Fatal(err)
			}
			if got, err := decode(again); err != nil || !cmp.Equal(got, m) {
				t.Errorf("got %v, %v, want %v", got, err, m)
			}
		}
	})
}
