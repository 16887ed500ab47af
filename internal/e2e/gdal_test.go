package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/maptile"

	"hutong/internal/testkit"
)

var mvtID = regexp.MustCompile(`mvt_id \(Integer64\) = ([0-9]+)`)

// TestGDAL opens a layer with GDAL's MVT driver: over HTTP as it is served, and from a tree of files
// as curl would save it, metadata.json beside the zooms.
func TestGDAL(t *testing.T) {
	t.Parallel()
	ogrinfo := testkit.Tool(t, "ogrinfo", "gdal-bin")
	s := run(t, "demo", "--live=false", "--features", "1500", "--seed", "7")
	const zoom = 10 // the first above the overview
	dir := t.TempDir()
	save := func(path string, body []byte) {
		t.Helper()
		file := filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	save("metadata.json", s.get(t, "/tiles/complaints/metadata.json").body)
	l := s.layer(t, "complaints")
	from := maptile.At(orb.Point{l.Extent[0], l.Extent[3]}, zoom)
	to := maptile.At(orb.Point{l.Extent[2], l.Extent[1]}, zoom)
	for x := from.X; x <= to.X; x++ {
		for y := from.Y; y <= to.Y; y++ {
			path := fmt.Sprintf("%d/%d/%d.pbf", zoom, x, y)
			if a := s.get(t, "/tiles/complaints/"+path); a.StatusCode == http.StatusOK {
				save(path, a.body)
			}
		}
	}
	for _, source := range []string{"MVT:" + filepath.Join(dir, strconv.Itoa(zoom)), "MVT:" + s.url + "/tiles/complaints/" + strconv.Itoa(zoom)} {
		out := outputOf(t, ogrinfo, "-ro", "-geom=NO", source, "complaints")
		ids := map[string]bool{}
		for _, m := range mvtID.FindAllStringSubmatch(out, -1) {
			ids[m[1]] = true
		}
		if len(ids) != l.Located {
			t.Errorf("%s: got %d features, want %d: %.2000s", source, len(ids), l.Located, out)
		}
		for _, want := range []string{"category: String", "votes: Real", "ZOOM_LEVEL=10", "WGS 84 / Pseudo-Mercator", "category (String) = "} {
			if !strings.Contains(out, want) {
				t.Errorf("%s: the output lacks %q: %.2000s", source, want, out)
			}
		}
	}
}
