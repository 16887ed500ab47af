package e2e

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"hutong/internal/testkit"
)

// upgradable is the config with which the data folders in testdata were written. It does not change: a config that
// becomes another one is another test.
const upgradable = `
city: A city
journal: {folder: %s, low_disk: 1048576}
layers:
  reports:
    title: Reports
    licence: CC0-1.0
    time: at
    fields: {state: {type: string, keep: true}, votes: {type: int}, score: {type: float}, open: {type: bool}, at: {type: time}, phone: {type: string, private: true}}
  stalls: {title: Stalls, licence: CC0-1.0, fields: {state: {type: string}}}
sources:
  hotline:
    layer: reports
    push: {position: {geometry: place}}
    delete: {from: op, values: [delete]}
    id: "{no}"
    fields: {state: state, votes: votes, score: score, open: open, at: at, phone: phone}
  desk: {layer: stalls, push: {position: {lon: lon, lat: lat}}, id: "{no}", fields: {state: state}}
`

// thisFolder is the format of data folders that this version writes. When it becomes another one, the next number
// stands here, and go test ./internal/e2e -run TestUpgrade -update writes its archive beside those of all versions
// before, which stay as they are.
const thisFolder = "folder-2"

// maxArchive is the most bytes of an archive in testdata.
const maxArchive = 50_000

// makeFolder lets this version write a data folder with checkpoints, a log behind them, tombstones and a refused
// record, as kill -9 leaves it.
func makeFolder(t *testing.T) string {
	t.Helper()
	c := newCity(t, upgradable)
	s := c.serve(t)
	for _, body := range []string{
		`[{"no": "1", "place": {"type": "Point", "coordinates": [116.4, 39.9]}, "state": "open", "votes": -3, "score": 2.5, "open": true, "at": "2026-01-01T08:00:00.25+08:00", "phone": "1380"},
		  {"no": "2", "place": {"type": "LineString", "coordinates": [[116.4, 39.9], [116.5, 39.95]]}, "state": "永安里", "at": "2026-01-01T00:00:00Z"},
		  {"no": "3", "place": {"type": "Point", "coordinates": [116.4, 39.9]}, "at": "2026-01-01T00:00:00Z"},
		  {"no": "4", "place": {"type": "Polygon", "coordinates": [[[116.4, 39.9], [116.5, 39.9], [116.5, 40], [116.4, 39.9]]]}, "state": "", "at": "2026-01-01T00:00:00Z"}]`,
		`{"no": "3", "op": "delete", "at": "2026-01-02T00:00:00Z"}`,
	} {
		c.mustPush(t, s, "hotline", body)
	}
	c.mustPush(t, s, "desk", `{"no": "007", "lon": -77.0365, "lat": 38.8977, "state": "shut"}`)
	s.stop(t)
	s = c.serve(t)
	c.mustPush(t, s, "hotline", `[{"no": "2", "place": {"type": "Point", "coordinates": [116.41, 39.91]}, "state": "closed", "at": "2026-01-03T00:00:00Z"},
		{"no": "5", "place": {"type": "Point", "coordinates": [116.42, 39.92]}, "votes": 9007199254740991, "at": "2026-01-03T00:00:00Z"}]`)
	c.mustPush(t, s, "hotline", `{"no": "4", "op": "delete", "at": "2026-01-04T00:00:00Z"}`)
	c.mustPush(t, s, "desk", `{"no": "008", "lon": -77.0365, "lat": 38.8977, "state": "open"}`)
	if p, err := c.push(t.Context(), s, http.MethodPost, "hotline", asJSON, []byte(`{"no": "6", "votes": "many", "at": "2026-01-03T00:00:00Z"}`)); err != nil || p.Refused != 1 {
		t.Fatalf("got %+v, %v", p, err)
	}
	s.kill(t)
	return c.folder
}

// packFolder writes a folder into an archive, without the lock.
func packFolder(t *testing.T, folder, archive string) {
	t.Helper()
	if err := os.Remove(filepath.Join(folder, "lock")); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(archive), 0o750); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(archive)
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(f)
	w := tar.NewWriter(z)
	if err := errors.Join(w.AddFS(os.DirFS(folder)), w.Close(), z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
}

// unpackFolder reads an archive of ours into a folder.
func unpackFolder(t *testing.T, archive, folder string) {
	t.Helper()
	f, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(folder, filepath.FromSlash(h.Name)) //nolint:gosec // an archive of ours
		if h.FileInfo().IsDir() {
			err = os.MkdirAll(path, 0o750)
		} else {
			var b []byte
			if b, err = io.ReadAll(r); err == nil {
				err = errors.Join(os.MkdirAll(filepath.Dir(path), 0o750), os.WriteFile(path, b, 0o600))
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestUpgrade opens the data folder of each version there was. All of it is there, and it goes on.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	const folders = "testdata/folders"
	this := filepath.Join(folders, thisFolder+".tar.gz")
	if _, err := os.Stat(this); errors.Is(err, fs.ErrNotExist) && testkit.Update() {
		packFolder(t, makeFolder(t), this)
	}
	all, err := filepath.Glob(filepath.Join(folders, "*.tar.gz"))
	if err != nil || len(all) == 0 {
		t.Fatalf("got %v, %v, want archives: -update makes that of this version", all, err)
	}
	for _, archive := range all {
		t.Run(strings.TrimSuffix(filepath.Base(archive), ".tar.gz"), func(t *testing.T) {
			t.Parallel()
			if info, err := os.Stat(archive); err != nil || info.Size() > maxArchive {
				t.Errorf("got %d bytes, %v, want at most %d", info.Size(), err, maxArchive)
			}
			c := newCity(t, upgradable)
			unpackFolder(t, archive, c.folder)
			s := c.serve(t)
			c.asWritten(t, s)
			// The one that is in it is kept for 30 days from when the archive was made.
			if a, err := s.do(http.MethodGet, "/ingest/hotline/refused", "X-Api-Key", c.key); err != nil || a.StatusCode != http.StatusOK {
				t.Errorf("refused: got %d %s, %v", a.StatusCode, a.body, err)
			}
			// Deletes are remembered, of the checkpoint and of the log; 30 days later only up to when.
			for _, body := range []string{`{"no": "3", "at": "2026-01-01T12:00:00Z"}`, `{"no": "4", "at": "2026-01-03T12:00:00Z"}`} {
				if p := c.mustPush(t, s, "hotline", body); p.Late+p.TooLate != 1 {
					t.Errorf("%s: got %+v, want that it is late or too late", body, p)
				}
			}
			s.stop(t) // with a checkpoint of today
			s = c.serve(t)
			c.asWritten(t, s)
		})
	}
}

// asWritten checks that a server has what makeFolder has written.
func (c *city) asWritten(t *testing.T, s *server) {
	t.Helper()
	type feature struct {
		Geometry   map[string]any
		Properties map[string]any
	}
	point := func(x, y float64) map[string]any { return map[string]any{"type": "Point", "coordinates": []any{x, y}} }
	const day = "2026-01-03T00:00:00Z"
	for path, want := range map[string]*feature{
		"reports/features/1":  {point(116.4, 39.9), map[string]any{"state": "open", "votes": -3.0, "score": 2.5, "open": true, "at": "2026-01-01T00:00:00.25Z"}},
		"reports/features/2":  {point(116.41, 39.91), map[string]any{"state": "closed", "votes": nil, "score": nil, "open": nil, "at": day}},
		"reports/features/5":  {point(116.42, 39.92), map[string]any{"state": nil, "votes": 9007199254740991.0, "score": nil, "open": nil, "at": day}},
		"stalls/features/007": {point(-77.0365, 38.8977), map[string]any{"state": "shut"}},
		"stalls/features/008": {point(-77.0365, 38.8977), map[string]any{"state": "open"}},
		"reports/features/3":  nil,
		"reports/features/4":  nil,
		"reports/features/6":  nil,
	} {
		a := s.get(t, "/layers/"+path)
		if want == nil {
			if a.StatusCode != http.StatusNotFound {
				t.Errorf("%s: got %d %s, want none", path, a.StatusCode, a.body)
			}
			continue
		}
		var got feature
		if err := json.Unmarshal(a.body, &got); err != nil {
			t.Errorf("%s: %v in %s", path, err, a.body)
		}
		if diff := cmp.Diff(*want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
	if got := [2]int{s.count(t, "reports"), s.count(t, "stalls")}; got != [2]int{3, 2} {
		t.Errorf("got %v reports and stalls, want 3 and 2", got)
	}
}
