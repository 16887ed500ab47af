package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// write writes files into a folder of the test and returns the folder.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestBadConfigIsReportedWhole(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"city.yaml": `
city: A city
listne: 127.0.0.1:1
layers:
  complaints:
    title: Complaints
    licence: CC0-1.0
    zooms: [3, 99]
    fields:
      status: {type: txet}
`})
	p := launch(t, nil, "serve", "--config", filepath.Join(dir, "city.yaml"))
	if got := p.wait(); got != 1 {
		t.Errorf("got exit status %d, want 1", got)
	}
	for _, want := range []string{"city.yaml:3:", "listne", "listen", "city.yaml:8:", "99", "city.yaml:10:", "txet"} {
		if !strings.Contains(p.stderr.String(), want) {
			t.Errorf("stderr lacks %q:\n%s", want, p.stderr)
		}
	}
	if p.stdout.String() != "" {
		t.Errorf("got stdout %q, want nothing", p.stdout)
	}
}

func TestSourceThatDoesNotExist(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"city.yaml": `
city: A city
layers:
  complaints: {title: Complaints, licence: CC0-1.0, fields: {}}
sources:
  hotline: {layer: complaints, files: ["${HUTONG_DATA}/no-such-file.geojson"], id: "{no}", fields: {}}
`})
	p := launch(t, []string{"HUTONG_DATA=" + dir}, "serve", "--config", filepath.Join(dir, "city.yaml"), "--listen", "127.0.0.1:0")
	if got := p.wait(); got != 1 {
		t.Errorf("got exit status %d, want 1", got)
	}
	for _, want := range []string{"hotline", filepath.Join(dir, "no-such-file.geojson")} {
		if !strings.Contains(p.stderr.String(), want) {
			t.Errorf("stderr lacks %q:\n%s", want, p.stderr)
		}
	}
	if p.stdout.String() != "" {
		t.Errorf("got stdout %q, want nothing: it never answered", p.stdout)
	}
}

// TestPrivateValuesLeaveByNoDoor seeds a secret and looks for it in all that the binary says (S10).
func TestPrivateValuesLeaveByNoDoor(t *testing.T) {
	const secret = "555-0199"
	var rows strings.Builder
	rows.WriteString("no,lon,lat,state,phone,shoe\n")
	for i := range 50 {
		fmt.Fprintf(&rows, "%d,%.4f,38.9,open,%s,%d\n", i, -77+float64(i)/1000, secret, i)
	}
	// Refused, with the secret where the report gives the value at fault.
	fmt.Fprintf(&rows, "90,-77,38.9,open,%s,%s\n", strings.Repeat(secret, 20), secret)
	fmt.Fprintf(&rows, "91,-77,38.9,open,%s\n", secret)
	dir := write(t, map[string]string{"rows.csv": rows.String(), "city.yaml": `
city: A city
layers:
  people:
    title: People
    licence: CC0-1.0
    id: {name: ref}
    fields:
      state: {type: string, keep: true}
      phone: {type: string, private: true, max_length: 20}
      shoe: {type: int, private: true}
sources:
  rows:
    layer: people
    files: ["${HUTONG_DATA}/rows.csv"]
    id: "{no}"
    csv: {lon: lon, lat: lat}
    fields: {state: state, phone: phone, shoe: shoe}
`})
	t.Setenv("HUTONG_DATA", dir)
	s := run(t, "serve", "--config", filepath.Join(dir, "city.yaml"))
	if l := s.layer(t, "people"); l.Count != 50 {
		t.Errorf("got %d features, want the 50 good rows; stderr:\n%s", l.Count, s.stderr)
	}
	for _, path := range []string{
		"/", "/metrics", "/layers", "/layers/people", "/layers/people/features/7", "/layers/people/features?number=7",
		"/layers/people/features?near=-77,38.9&k=100", "/tiles/people.json", "/tiles/people/0/0/0.mvt", "/tiles/people/16/18750/25067.mvt",
		"/styles/default.json", "/layers/people/features?phone=1", "/nothing", "/layers?detail=brief",
		"/layers/people/features?bbox=-78,38,-76,40&limit=1000", "/search?q=open", "/search?q=7",
	} {
		a := s.get(t, path)
		if a.StatusCode >= http.StatusInternalServerError {
			t.Errorf("%s: got %d", path, a.StatusCode)
		}
		for _, private := range []string{secret, "phone", "shoe"} {
			if strings.Contains(string(a.body), private) {
				t.Errorf("%s: the body holds %s: %.300q", path, private, a.body)
			}
		}
	}
	// A private value finds nothing, whole or in part.
	for _, path := range []string{"/search?q=" + secret, "/search?q=555", "/search?q=open+0199"} {
		if a := s.get(t, path); a.StatusCode != http.StatusOK || !strings.Contains(string(a.body), `"features":[],"numberReturned":0,"complete":true`) {
			t.Errorf("%s: got %d %.300s, want that nothing is found", path, a.StatusCode, a.body)
		}
	}
	// A private field is as unknown as one that there is not.
	private := s.get(t, "/layers/people/features?bbox=-78,38,-76,40&phone="+secret)
	none := s.get(t, "/layers/people/features?bbox=-78,38,-76,40&phony="+secret)
	if private.StatusCode != http.StatusBadRequest || strings.ReplaceAll(string(private.body), "phone", "phony") != string(none.body) {
		t.Errorf("a filter by a private field: got %d %s, want %s", private.StatusCode, private.body, none.body)
	}
	if strings.Contains(s.stderr.String(), secret) {
		t.Errorf("the log holds a private value:\n%s", s.stderr)
	}
}
