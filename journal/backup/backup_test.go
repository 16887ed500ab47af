package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hutong/journal"
	"hutong/journal/checkpoint"
	"hutong/journal/record"
	"hutong/layers"
)

// TestRoundTrip: a backup has the same bytes each time, is taken by Copy as it is, and what is restored of it has the
// same checkpoint; the log that is begun there goes on behind it.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	data := folderOf(t, 300)
	b := backupOf(t, data)
	if again := backupOf(t, data); !bytes.Equal(again, b) {
		t.Error("the backup has other bytes the second time")
	}
	var copied bytes.Buffer
	c, err := Copy(t.Context(), &copied, io.MultiReader(bytes.NewReader(b), bytes.NewReader(make([]byte, 8192))), nil)
	if err != nil || !bytes.HasPrefix(copied.Bytes(), b) || c.Seq != 1 || len(c.Members) != 2 {
		t.Fatalf("copied %d of %d bytes, %+v, %v", copied.Len(), len(b), c, err)
	}
	target := filepath.Join(t.TempDir(), "new", "data")
	var p Progress
	r, err := Restore(t.Context(), bytes.NewReader(b), target, &p)
	if err != nil || r.Seq != c.Seq || p.Read() != p.Total() || p.Total() != c.Bytes() {
		t.Fatalf("restored %+v, %d of %d, %v", r, p.Read(), p.Total(), err)
	}
	if again := backupOf(t, target); !bytes.Equal(again, b) {
		t.Error("a backup of what was restored is another one")
	}
	l, err := layers.New(reports(), layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := checkpoint.Open(filepath.Join(target, checkpoints), checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if loaded, err := s.Load(t.Context(), []*layers.Layer{l}); err != nil || loaded.Seq != 1 || l.Snapshot().Count() != 300 {
		t.Errorf("loaded %+v, %d features, %v", loaded.Info, l.Snapshot().Count(), err)
	}
	if _, err := Restore(t.Context(), bytes.NewReader(b), target, nil); !errors.Is(err, ErrNotEmpty) {
		t.Errorf("into a folder that is not empty: got %v, want ErrNotEmpty", err)
	}
	j, err := journal.Open(t.Context(), journal.Options{
		Folder: target, Schemas: map[layers.Name]*layers.Schema{"reports": reports()}, First: func() (layers.Seq, error) { return c.Seq + 1, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if j.Epoch() == c.Epoch || j.GoesOnFrom(c.Epoch, c.Seq) != nil {
		t.Errorf("the log %s does not go on from checkpoint %d of %s", j.Epoch(), c.Seq, c.Epoch)
	}
	seq, _, err := j.Append(t.Context(), record.Batch{Source: "hotline", Batch: upserts(1)})
	if err != nil || seq <= c.Seq {
		t.Errorf("the next entry is %d, %v; want it behind %d", seq, err, c.Seq)
	}
	if err := j.GoesOnFrom(c.Epoch, seq); !errors.Is(err, journal.ErrOtherLog) {
		t.Errorf("a checkpoint of the other log at %d: got %v, want ErrOtherLog", seq, err)
	}
	if err := j.GoesOnFrom(j.Epoch(), seq); err != nil {
		t.Error(err)
	}
}

// TestFolderIsRefused: a folder that would make a backup with something missing makes none.
func TestFolderIsRefused(t *testing.T) {
	t.Parallel()
	data := folderOf(t, 3)
	j, err := journal.Open(t.Context(), journal.Options{Folder: data, Schemas: map[layers.Name]*layers.Schema{"reports": reports()}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := OpenFolder(t.Context(), data, nil); !errors.Is(err, journal.ErrLocked) {
		t.Errorf("open elsewhere: got %v, want ErrLocked", err)
	}
	if _, _, err := j.Append(t.Context(), record.Batch{Source: "hotline", Batch: upserts(1)}); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenFolder(t.Context(), data, nil); !errors.Is(err, ErrBehind) {
		t.Errorf("with an entry behind the checkpoint: got %v, want ErrBehind", err)
	}
	if err := os.RemoveAll(filepath.Join(data, "log")); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenFolder(t.Context(), data, nil); err == nil || !strings.Contains(err.Error(), "cluster") {
		t.Errorf("with the log elsewhere: got %v", err)
	}
	if _, err := OpenFolder(t.Context(), t.TempDir(), nil); !errors.Is(err, checkpoint.ErrNone) {
		t.Errorf("of an empty folder: got %v, want ErrNone", err)
	}
}

// TestFileChangedOnDisk: bytes that changed since the checkpoint was written make no backup.
func TestFileChangedOnDisk(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func([]byte) []byte{
		"flipped": func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
		"short":   func(b []byte) []byte { return b[:len(b)-1] },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := folderOf(t, 100)
			f, err := OpenFolder(t.Context(), data, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			path := filepath.Join(data, checkpoints, filepath.FromSlash(f.Files()[1].Name))
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, change(b), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Write(t.Context(), io.Discard, f.Pinned, f.Snapshots, f, nil); !errors.Is(err, ErrDamaged) {
				t.Errorf("got %v, want ErrDamaged", err)
			}
		})
	}
}

// archive returns the members of a tar, and pack makes one of them.
func archive(t *testing.T, b []byte) (headers []*tar.Header, texts [][]byte) {
	t.Helper()
	in := tar.NewReader(bytes.NewReader(b))
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return headers, texts
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		headers, texts = append(headers, h), append(texts, text)
	}
}

func pack(t *testing.T, headers []*tar.Header, texts [][]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	out := tar.NewWriter(&b)
	for i, h := range headers {
		if h.Typeflag == tar.TypeReg {
			h.Size = int64(len(texts[i]))
		}
		if err := out.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := out.Write(texts[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestDamagedBackups: nothing of a backup that is not as it was written looks like a data folder, and a good one can be
// restored into the same place.
func TestDamagedBackups(t *testing.T) {
	t.Parallel()
	good := backupOf(t, folderOf(t, 200))
	repacked := func(change func(c *Contents, headers *[]*tar.Header, texts *[][]byte)) []byte {
		headers, texts := archive(t, good)
		c, err := decodeContents(texts[0])
		if err != nil {
			t.Fatal(err)
		}
		change(c, &headers, &texts)
		if texts[0], err = json.Marshal(c); err != nil {
			t.Fatal(err)
		}
		return pack(t, headers, texts)
	}
	manifest := bytes.Index(good, []byte(`"sha256":"`))
	flip := func(at int) []byte {
		b := slices.Clone(good)
		b[at] ^= 1
		return b
	}
	for _, c := range []struct {
		name string
		text []byte
		want error
	}{
		{"empty", nil, ErrDamaged},
		{"no tar", bytes.Repeat([]byte("no tar "), 500), ErrDamaged},
		{"another tar", pack(t, []*tar.Header{{Name: "a", Typeflag: tar.TypeReg, Mode: 0o600}}, [][]byte{[]byte("b")}), ErrDamaged},
		{"cut in the middle", good[:len(good)/2], ErrDamaged},
		{"cut behind a member", good[:len(good)-1024-512], ErrDamaged},
		{"flipped in the manifest", flip(manifest), ErrDamaged},
		{"flipped in a layer", flip(len(good) - 4096), ErrDamaged},
		{"flipped in a header", flip(5), ErrDamaged},
		{"more behind it", append(slices.Clone(good), 'x'), ErrDamaged},
		{"zeros without end", append(slices.Clone(good), make([]byte, maxPadding+1<<16)...), ErrDamaged},
		{"newer", repacked(func(c *Contents, _ *[]*tar.Header, _ *[][]byte) { c.Version = 4 }), ErrNewer},
		{"no version", repacked(func(c *Contents, _ *[]*tar.Header, _ *[][]byte) { c.Version = 0 }), ErrDamaged},
		{"another sequence", repacked(func(c *Contents, _ *[]*tar.Header, _ *[][]byte) { c.Seq = 9 }), ErrDamaged},
		{"another log", repacked(func(c *Contents, _ *[]*tar.Header, _ *[][]byte) { c.Epoch = "x" }), ErrDamaged},
		{"another time", repacked(func(c *Contents, _ *[]*tar.Header, _ *[][]byte) { c.Written = c.Written.Add(1) }), ErrDamaged},
		{"no members", repacked(func(c *Contents, _ *[]*tar.Header, _ *[][]byte) { c.Members = nil }), ErrDamaged},
		{"a file of the manifest is missing", repacked(func(c *Contents, h *[]*tar.Header, x *[][]byte) {
			c.Members, *h, *x = c.Members[:1], (*h)[:2], (*x)[:2]
		}), ErrDamaged},
		{"a member is missing", repacked(func(_ *Contents, h *[]*tar.Header, x *[][]byte) { *h, *x = (*h)[:2], (*x)[:2] }), ErrDamaged},
		{"a member twice", repacked(func(_ *Contents, h *[]*tar.Header, x *[][]byte) {
			*h, *x = append(*h, (*h)[2]), append(*x, (*x)[2])
		}), ErrDamaged},
		{"a name that leads out", repacked(func(c *Contents, h *[]*tar.Header, _ *[][]byte) {
			c.Members[1].Name = "checkpoints/files/../../../evil.1.parquet"
			(*h)[2].Name = c.Members[1].Name
		}), ErrDamaged},
		{"a name that is absolute", repacked(func(c *Contents, h *[]*tar.Header, _ *[][]byte) {
			c.Members[1].Name = "/tmp/evil.1.parquet"
			(*h)[2].Name = c.Members[1].Name
		}), ErrDamaged},
		{"a link", repacked(func(_ *Contents, h *[]*tar.Header, x *[][]byte) {
			(*h)[2].Typeflag, (*h)[2].Linkname, (*h)[2].Size, (*x)[2] = tar.TypeSymlink, "/etc/passwd", 0, nil
		}), ErrDamaged},
		{"a size below 0", repacked(func(c *Contents, _ *[]*tar.Header, _ *[][]byte) { c.Members[1].Bytes = -1 }), ErrDamaged},
		{"sizes beyond all", repacked(func(c *Contents, _ *[]*tar.Header, _ *[][]byte) {
			c.Members[0].Bytes, c.Members[1].Bytes = 1<<62, 1<<63-1
		}), ErrDamaged},
		{"another size", repacked(func(c *Contents, _ *[]*tar.Header, _ *[][]byte) { c.Members[1].Bytes++ }), ErrDamaged},
		{"no checksum", repacked(func(c *Contents, _ *[]*tar.Header, _ *[][]byte) { c.Members[1].SHA256 = "" }), ErrDamaged},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			data := filepath.Join(t.TempDir(), "data")
			if _, err := Restore(t.Context(), bytes.NewReader(c.text), data, nil); !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if _, err := os.Stat(filepath.Join(data, checkpoints)); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("there are checkpoints: %v", err)
			}
			if err := CheckFolder(data); !errors.Is(err, ErrUnfinished) {
				t.Errorf("got %v, want ErrUnfinished", err)
			}
			if left, err := os.ReadDir(filepath.Join(data, restoring)); err != nil || len(left) > 0 {
				t.Errorf("%d things are left, %v", len(left), err)
			}
			if _, err := Restore(t.Context(), bytes.NewReader(good), data, nil); err != nil {
				t.Errorf("a good one afterwards: %v", err)
			}
			if err := CheckFolder(data); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestStopped: a backup and a restore end with their context.
func TestStopped(t *testing.T) {
	t.Parallel()
	data := folderOf(t, 10)
	good := backupOf(t, data)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Restore(ctx, bytes.NewReader(good), filepath.Join(t.TempDir(), "data"), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("restore: got %v", err)
	}
	f, err := OpenFolder(t.Context(), data, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := Write(ctx, io.Discard, f.Pinned, f.Snapshots, f, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("write: got %v", err)
	}
}

// FuzzRead: no bytes make the reader panic, or take something for whole that its checksums do not say.
func FuzzRead(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("no tar"))
	var small bytes.Buffer
	out := tar.NewWriter(&small)
	text := []byte(`{"version":1,"hutong":"","epoch":"a","sequence":1,"written":"2026-01-01T00:00:00Z","members":[{"name":"checkpoints/00000000000000000001.json","bytes":1,"sha256":"2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"}]}`)
	_ = out.WriteHeader(&tar.Header{Name: contentsName, Typeflag: tar.TypeReg, Size: int64(len(text)), Mode: 0o600})
	_, _ = out.Write(text)
	_ = out.WriteHeader(&tar.Header{Name: "checkpoints/00000000000000000001.json", Typeflag: tar.TypeReg, Size: 1, Mode: 0o600})
	_, _ = out.Write([]byte("x"))
	_ = out.Close()
	f.Add(small.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := Copy(t.Context(), io.Discard, bytes.NewReader(b), nil)
		if err != nil {
			return
		}
		if c.validate() != nil || c.Bytes() > int64(len(b)) {
			t.Errorf("taken: %+v of %d bytes", c, len(b))
		}
	})
}
