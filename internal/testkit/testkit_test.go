package testkit

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/paulmach/orb"
)

// recorder stands for a test and keeps how it ended.
type recorder struct {
	testing.TB
	ended string
}

func (r *recorder) Helper() {}

func (r *recorder) end(how, text string) {
	r.ended = how + ": " + text
	runtime.Goexit()
}

func (r *recorder) Skipf(format string, args ...any) { r.end("skipped", fmt.Sprintf(format, args...)) }

func (r *recorder) Fatalf(format string, args ...any) { r.end("failed", fmt.Sprintf(format, args...)) }
func (r *recorder) Fatal(args ...any)                 { r.end("failed", fmt.Sprint(args...)) }
func (r *recorder) Errorf(format string, args ...any) {
	r.ended = "failed: " + fmt.Sprintf(format, args...)
}

// record returns how a test ended, "" if it passed.
func record(fn func(t testing.TB)) string {
	r := &recorder{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		fn(r)
	}()
	<-done
	return r.ended
}

func wantEnd(t *testing.T, got, want string) {
	t.Helper()
	if want == "" && got != "" || !strings.HasPrefix(got, want) {
		t.Errorf("the test ended with %q, want %q", got, want)
	}
}

func TestTool(t *testing.T) {
	dir := t.TempDir()
	tool := filepath.Join(dir, "hutong-tool")
	if err := os.WriteFile(tool, nil, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	for _, ci := range []string{"", "true"} {
		t.Setenv("CI", ci)
		wantEnd(t, record(func(tb testing.TB) {
			if got := Tool(tb, "hutong-tool", "none"); got != tool {
				t.Errorf("got %q, want %q", got, tool)
			}
		}), "")
		end := map[string]string{"": "skipped", "true": "failed"}[ci]
		wantEnd(t, record(func(tb testing.TB) { Tool(tb, "hutong-none", "gdal-bin") }), end+": hutong-none is not installed: on Debian, apt-get install gdal-bin")
	}
}

func TestData(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a", "b.csv")
	if err := os.Mkdir(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HUTONG_DATA", dir)
	for _, names := range [][]string{{"a", "b.csv"}, {"a/b.csv"}} {
		wantEnd(t, record(func(tb testing.TB) {
			if got := Data(tb, names...); got != file {
				t.Errorf("%q: got %q, want %q", names, got, file)
			}
		}), "")
	}
	wantEnd(t, record(func(tb testing.TB) {
		if got := Data(tb); got != dir {
			t.Errorf("got %q, want %q", got, dir)
		}
	}), "")
	wantEnd(t, record(func(tb testing.TB) { Data(tb, "a", "none") }), "failed: the data folder is there, but: ")
	wantEnd(t, record(func(tb testing.TB) { FindData(tb, "none") }), "failed: the data folder is there, but: ")

	none := filepath.Join(dir, "none")
	t.Setenv("HUTONG_DATA", none)
	wantEnd(t, record(func(tb testing.TB) { Data(tb, "a") }), "skipped: real data is missing: there is no folder "+none+" (set HUTONG_DATA)")
	wantEnd(t, record(func(tb testing.TB) {
		if path, ok := FindData(tb, "a"); ok {
			t.Errorf("got %q, want none", path)
		}
	}), "")

	project, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for env, want := range map[string]string{
		"": filepath.Join(filepath.Dir(project), "shared", "data"), "docs": filepath.Join(project, "docs"),
	} {
		t.Setenv("HUTONG_DATA", env)
		if got := dataFolder(t); got != want {
			t.Errorf("HUTONG_DATA=%q: got %q, want %q", env, got, want)
		}
	}
}

// TestGolden writes and compares text and bytes. Not parallel: it sets -update.
func TestGolden(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("testdata", 0o700); err != nil {
		t.Fatal(err)
	}
	golden := func(name, got string) string {
		return record(func(tb testing.TB) { Golden(tb, name, got) })
	}
	was := *update
	t.Cleanup(func() { *update = was })
	for _, c := range []struct {
		update         bool
		name, got, end string
	}{
		{false, "a.txt", "one\n", "failed: open testdata"},
		{true, "a.txt", "one\n", ""},
		{false, "a.txt", "one\n", ""},
		{false, "a.txt", "two\n", "failed: " + filepath.Join("testdata", "a.txt") + " differs (-want +got)"},
		{true, "b", "\xff\x00", ""},
		{false, "b", "\xff\x00", ""},
		{false, "b", "\xff", "failed: " + filepath.Join("testdata", "b") + " differs: 1 bytes, want 2"},
		{false, "b", "", "failed"},
		{true, "none/c", "", "failed: open"},
	} {
		*update = c.update
		wantEnd(t, golden(c.name, c.got), c.end)
	}
}

func TestSeeds(t *testing.T) {
	var runs atomic.Uint64
	t.Setenv("HUTONG_SEED", "")
	for _, want := range [][]uint64{{0, 1, 2}, {3, 4, 5}} {
		if got := Seeds(t, &runs, 3); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	t.Setenv("HUTONG_SEED", "100")
	if got, want := Seeds(t, &runs, 2), []uint64{104, 105}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	t.Setenv("HUTONG_SEED", "x")
	wantEnd(t, record(func(tb testing.TB) { Seeds(tb, &runs, 1) }), "failed: HUTONG_SEED: ")
}

func TestPositions(t *testing.T) {
	t.Parallel()
	line := orb.LineString{{1, 2}, {3, 4}}
	ring := orb.Ring{{0, 0}, {1, 0}, {1, 1}, {0, 0}}
	for _, c := range []struct {
		g    orb.Geometry
		want int
	}{
		{nil, 0},
		{orb.Point{1, 2}, 1},
		{orb.MultiPoint{{1, 2}, {3, 4}}, 2},
		{line, 2},
		{orb.MultiLineString{line, line}, 4},
		{ring, 4},
		{orb.Polygon{ring, ring}, 8},
		{orb.MultiPolygon{{ring}, {ring, ring}}, 12},
		{orb.Collection{orb.Point{1, 2}, line, orb.Collection{line}}, 5},
	} {
		if n := len(Positions(c.g)); n != c.want {
			t.Errorf("%v: got %d positions, want %d", c.g, n, c.want)
		}
	}
	g := orb.MultiPolygon{{slices.Clone(ring)}, {slices.Clone(ring)}}
	for _, p := range Positions(g) {
		p[0]++
	}
	moved := orb.Ring{{1, 0}, {2, 0}, {2, 1}, {1, 0}}
	if !orb.Equal(g, orb.MultiPolygon{{moved}, {moved}}) {
		t.Errorf("got %v, want it moved by 1", g)
	}
}

func TestFeatures(t *testing.T) {
	t.Parallel()
	const text = `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[1,2]}}]}`
	path := filepath.Join(t.TempDir(), "a.geojson")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := Features(t, path); len(got) != 1 || !orb.Equal(got[0].Geometry, orb.Point{1, 2}) {
		t.Errorf("got %v, want one point", got)
	}
	wards, ok := FindData(t, "boundaries/dc/ward-2012.geojson.gz")
	if ok && len(Features(t, wards)) != 8 {
		t.Error("want the eight wards of Washington")
	}
}
