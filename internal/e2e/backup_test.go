package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// kept is a city with a data folder: reports are pushed to, and shops are in a file.
const kept = `
city: A city
journal: {folder: "DATA"}
layers:
  reports: {title: Reports, licence: CC0-1.0, time: at, fields: {state: {type: string, keep: true}, at: {type: time}, phone: {type: string, private: true}}}
  shops: {title: Shops, licence: CC0-1.0, fields: {state: {type: string}}}
sources:
  hotline: {layer: reports, push: {position: {lon: lon, lat: lat}}, id: "{no}", fields: {state: state, at: at, phone: phone}}
  desk: {layer: shops, files: ["FILES/desk.csv"], csv: {lon: lon, lat: lat}, id: "{no}", fields: {state: state}}
`

// keptCity is such a city, its key and where its things are.
type keptCity struct {
	t        *testing.T
	dir, key string
}

func newKeptCity(t *testing.T) *keptCity {
	t.Helper()
	key, lines := newestKey(t, "ingest:hotline", "backup")
	dir := write(t, map[string]string{
		"city.yaml": kept + lines, "key": key + "\n",
		"desk.csv": "no,lon,lat,state\n1,116.4,39.9,open\n2,116.5,39.9,open\n",
	})
	return &keptCity{t, dir, key}
}

// config is the config with a data folder of this name.
func (k *keptCity) config(data string) string {
	k.t.Helper()
	text, err := os.ReadFile(filepath.Join(k.dir, "city.yaml"))
	if err != nil {
		k.t.Fatal(err)
	}
	path := filepath.Join(k.dir, data+".yaml")
	text = []byte(strings.NewReplacer("DATA", filepath.Join(k.dir, data), "FILES", k.dir).Replace(string(text)))
	if err := os.WriteFile(path, text, 0o600); err != nil {
		k.t.Fatal(err)
	}
	return path
}

// command runs the binary to its end and returns what it says.
func (k *keptCity) command(status int, args ...string) string {
	k.t.Helper()
	p := launch(k.t, []string{"HUTONG_KEY=" + k.key}, args...)
	if got := p.wait(); got != status {
		k.t.Fatalf("%q: got status %d, want %d: %s%s", args, got, status, p.stdout, p.stderr)
	}
	if strings.Contains(p.stdout.String()+p.stderr.String(), k.key) {
		k.t.Errorf("%q shows the key", args)
	}
	return p.stdout.String() + p.stderr.String()
}

// push sends a body.
func (k *keptCity) push(s *server, body string) error {
	req, err := http.NewRequest(http.MethodPost, s.url+"/ingest/hotline", strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Api-Key", k.key)
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusOK {
		return fmt.Errorf("got %s, %w", res.Status, err)
	}
	return nil
}

var stateIn = regexp.MustCompile(`"state":"([^"]*)"`)

// state returns the state of a report, "" when there is none.
func state(t *testing.T, s *server, id string) string {
	t.Helper()
	if found := stateIn.FindSubmatch(s.get(t, "/layers/reports/features/"+id).body); found != nil {
		return string(found[1])
	}
	return ""
}

// TestBackup: backups that are made while reports come are each the state of one moment; one of a folder that was stopped
// is all that was accepted; a server goes on from what is restored, with the same tiles; damage is refused.
func TestBackup(t *testing.T) {
	t.Parallel()
	k := newKeptCity(t)
	s := run(t, "serve", "--config", k.config("data"))
	pair := func(n int) string {
		const one = `{"no": "%s", "lon": 116.4, "lat": 39.9, "state": "s%d", "at": "2026-01-02T%02d:%02d:00Z", "phone": "13800138000"}`
		return fmt.Sprintf("["+one+","+one+"]", "p1", n, n/60, n%60, "p2", n, n/60, n%60)
	}
	if err := k.push(s, pair(0)); err != nil {
		t.Fatal(err)
	}
	var pushing sync.WaitGroup
	stop := make(chan struct{})
	pushing.Go(func() {
		for n := 1; n < 1000; n++ {
			select {
			case <-stop:
				return
			default:
			}
			if err := k.push(s, pair(n)); err != nil {
				t.Error(err)
				return
			}
		}
	})
	one, two := filepath.Join(k.dir, "one.tar"), filepath.Join(k.dir, "two.tar")
	k.command(0, "backup", "--server", s.url, "--out", one)
	if got := k.command(0, "backup", "--server", s.url, "--key-file", filepath.Join(k.dir, "key"), "--out", two, "--json"); !strings.Contains(got, `"sequence"`) {
		t.Errorf("got %s", got)
	}
	close(stop)
	pushing.Wait()
	if info, err := os.Stat(one); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v; want a file for its owner only", info, err)
	}
	if got := k.command(1, "backup", "--folder", filepath.Join(k.dir, "data"), "--out", one); !strings.Contains(got, "in use") {
		t.Errorf("of a folder that a server has: got %s", got)
	}
	const tile = "/tiles/reports,shops/12/3372/1552.mvt"
	last, want := state(t, s, "p1"), s.get(t, tile)
	s.stop(t)
	three := filepath.Join(k.dir, "three.tar")
	k.command(0, "backup", "--folder", filepath.Join(k.dir, "data"), "--out", three)

	for i, file := range []string{one, two, three} {
		data := fmt.Sprintf("restored%d", i)
		k.command(0, "restore", file, "--folder", filepath.Join(k.dir, data))
		s := run(t, "serve", "--config", k.config(data))
		if p1, p2 := state(t, s, "p1"), state(t, s, "p2"); p1 == "" || p1 != p2 || file == three && p1 != last {
			t.Errorf("%s: got %q and %q, which came together; the last was %q", file, p1, p2, last)
		}
		if got := s.get(t, tile); file == three && (got.StatusCode != http.StatusOK || !bytes.Equal(got.body, want.body)) {
			t.Errorf("got %d, %d bytes; want the %d bytes of the tile before", got.StatusCode, len(got.body), len(want.body))
		}
		if err := k.push(s, `{"no": "p1", "lon": 116.4, "lat": 39.9, "state": "after", "at": "2026-01-20T00:00:00Z"}`); err != nil {
			t.Error(err)
		}
		if got := state(t, s, "p1"); got != "after" {
			t.Errorf("%s: got %q after a restore, want what was pushed", file, got)
		}
		s.stop(t)
	}
	if got := k.command(1, "restore", three, "--folder", filepath.Join(k.dir, "restored0")); !strings.Contains(got, "is not empty") {
		t.Errorf("into a data folder: got %s", got)
	}
	good, err := os.ReadFile(three)
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(good)
	flipped[len(flipped)-3000] ^= 4
	for name, b := range map[string][]byte{"flipped": flipped, "short": good[:len(good)/2], "none": nil} {
		path, data := filepath.Join(k.dir, name+".tar"), filepath.Join(k.dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := k.command(1, "restore", path, "--folder", data); !strings.Contains(got, "damaged") {
			t.Errorf("%s: got %s", name, got)
		}
		if got := k.command(1, "serve", "--config", k.config(name), "--listen", "127.0.0.1:0"); !strings.Contains(got, "restore into it again") {
			t.Errorf("a server after a restore that failed: got %s", got)
		}
	}
}

// TestImport: files go into a data folder that no server has, with the sums, and a server that has it says how to send
// them instead; sent twice they change nothing.
func TestImport(t *testing.T) {
	t.Parallel()
	k := newKeptCity(t)
	config := k.config("data")
	if got := k.command(0, "import", "--config", config); !strings.Contains(got, "2 applied, 0 duplicate") || !strings.Contains(got, "shops: 2 features, 0 deleted") ||
		!strings.Contains(got, "hotline: records are pushed to it") {
		t.Errorf("got %s", got)
	}
	if err := os.WriteFile(filepath.Join(k.dir, "desk.csv"), []byte("no,lon,lat,state\n1,116.4,39.9,shut\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := k.command(0, "import", "--config", config, "--json"); !strings.Contains(got, `"applied": 1`) || !strings.Contains(got, `"deleted": 1`) {
		t.Errorf("got %s", got)
	}
	s := run(t, "serve", "--config", config)
	if strings.Contains(s.stderr.String(), `"msg":"source read"`) {
		t.Errorf("the server reads again what was imported: %s", s.stderr)
	}
	if got := k.command(1, "import", "--config", config); !strings.Contains(got, "import --server") {
		t.Errorf("while a server has it: got %s", got)
	}
	var rows strings.Builder
	rows.WriteString("no,lon,lat,state,at,phone\n")
	for i := range 25_000 {
		fmt.Fprintf(&rows, "r%d,116.4,39.9,open,2026-01-01T00:00:00Z,\n", i)
	}
	rows.WriteString("bad,500,39.9,open,2026-01-01T00:00:00Z,\n")
	file := filepath.Join(k.dir, "reports.csv")
	if err := os.WriteFile(file, []byte(rows.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"import", "--server", s.url, "--source", "hotline", file}
	if got := k.command(0, args...); !strings.Contains(got, "hotline: 25001 sent, 25000 applied, 0 duplicate, 0 late, 0 too late, 1 refused") || !strings.Contains(got, "reports.csv:25002: ") {
		t.Errorf("got %s", got)
	}
	if got := k.command(0, args...); !strings.Contains(got, "25001 sent, 0 applied, 25000 duplicate") {
		t.Errorf("sent again: got %s", got)
	}
	if got := state(t, s, "r24999"); got != "open" {
		t.Errorf("got %q, want the last report", got)
	}
	if got := k.command(1, "import", "--server", s.url, "--source", "desk", file); !strings.Contains(got, "answers 403") {
		t.Errorf("to another source: got %s", got)
	}
	s.stop(t)
}
