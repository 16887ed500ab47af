package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hutong/internal/config"
)

// TestSidecarsAreWatched touches each part of a Shapefile, some of which were not there before.
func TestSidecarsAreWatched(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ shp, pattern, other string }{
		{"lanes.shp", "lanes.shp", "lanes.dbf lanes.prj lanes.cpg lanes.DBF lanes.PRJ lanes.CPG"},
		{"LANES.SHP", "LANES.SHP", "LANES.DBF LANES.PRJ LANES.CPG LANES.dbf"},
		{"lanes.shp", "*.shp", "lanes.shp lanes.prj lanes.DBF"},
	} {
		t.Run(c.pattern, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			at := time.Now().Add(-time.Hour)
			touch := func(name string) {
				t.Helper()
				at = at.Add(time.Second)
				path := filepath.Join(dir, name)
				if err := os.WriteFile(path, nil, 0o600); err != nil {
					t.Fatal(err)
				}
				if err := os.Chtimes(path, at, at); err != nil {
					t.Fatal(err)
				}
			}
			touch(c.shp)
			patterns := watchedFiles(&config.Source{Format: config.Shapefile, Files: []string{filepath.Join(dir, c.pattern)}})
			w := watched{done: look(patterns)}
			w.last = w.done
			settled := func() bool {
				first := w.due(patterns) // a change, which has not come to rest
				return w.due(patterns) || first
			}
			if settled() {
				t.Error("nothing has changed")
			}
			for name := range strings.FieldsSeq(c.other) {
				touch(name)
				if !settled() {
					t.Errorf("%s came: not seen", name)
				}
				touch(name)
				if !settled() {
					t.Errorf("%s was written: not seen", name)
				}
				if name == c.shp {
					continue
				}
				if err := os.Remove(filepath.Join(dir, name)); err != nil {
					t.Fatal(err)
				}
				if !settled() {
					t.Errorf("%s went: not seen", name)
				}
			}
		})
	}
}
