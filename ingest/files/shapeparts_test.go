package files

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSidecars(t *testing.T) {
	t.Parallel()
	for path, want := range map[string][]string{
		"a/lanes.shp":     {"a/lanes.dbf", "a/lanes.DBF", "a/lanes.cpg", "a/lanes.CPG", "a/lanes.prj", "a/lanes.PRJ"},
		"LANES.SHP":       {"LANES.dbf", "LANES.DBF", "LANES.cpg", "LANES.CPG", "LANES.prj", "LANES.PRJ"},
		"a.b/*.[sS]hp":    {"a.b/*.dbf", "a.b/*.DBF", "a.b/*.cpg", "a.b/*.CPG", "a.b/*.prj", "a.b/*.PRJ"},
		"a/lanes.shp.zip": nil,
		"a/lanes.ZIP":     nil,
	} {
		if diff := cmp.Diff(want, Sidecars(path)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}
