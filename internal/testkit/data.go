package testkit

import (
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/paulmach/orb/geojson"
)

// Data returns the path of a file or folder of the real data, or of all of it. The names are parts of
// the path, as for [filepath.Join]. The data stands in the folder that the environment calls
// HUTONG_DATA, from the project's root, and without it in shared/data beside the project. Where that
// folder is missing the test is skipped; where only the named thing is, it fails.
func Data(t testing.TB, names ...string) string {
	t.Helper()
	path, ok := FindData(t, names...)
	if !ok {
		t.Skipf("real data is missing: there is no folder %s (set HUTONG_DATA)", dataFolder(t))
	}
	return path
}

// FindData is [Data] for tests that do without: ok is false where the folder is missing.
func FindData(t testing.TB, names ...string) (path string, ok bool) {
	t.Helper()
	folder := dataFolder(t)
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		return "", false
	}
	path = filepath.Join(append([]string{folder}, names...)...)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("the data folder is there, but: %v", err)
	}
	return path, true
}

func dataFolder(t testing.TB) string {
	t.Helper()
	folder := os.Getenv("HUTONG_DATA")
	if folder == "" {
		folder = filepath.Join("..", "shared", "data")
	}
	if !filepath.IsAbs(folder) {
		folder = filepath.Join(root(t), folder)
	}
	return folder
}

// root returns the folder of go.mod.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Fatal("no go.mod above the working directory")
		}
		dir = parent
	}
}

// Features reads a GeoJSON file with orb, through gzip if its name ends in .gz.
func Features(t testing.TB, path string) []*geojson.Feature {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if filepath.Ext(path) == ".gz" {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	fc, err := geojson.UnmarshalFeatureCollection(text)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return fc.Features
}
