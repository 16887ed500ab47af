package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

const lookedBack = `
city: A city
journal: {folder: DATA, low_disk: 1048576, retention: 24h}
layers:
  reports: {title: Reports, licence: CC0-1.0, time: at, fields: {state: {type: string, keep: true}, at: {type: time}, phone: {type: string, private: true}}}
sources:
  hotline:
    layer: reports
    push: {position: {lon: lon, lat: lat}}
    id: "{no}"
    fields: {state: state, at: at, phone: phone}
`

// TestPast pushes, looks back, pins, kills the server, changes its config and erases: the past is what it was, but for what
// was erased, which is nowhere.
func TestPast(t *testing.T) {
	t.Parallel()
	const id = "H-13800138000"
	key, lines := newestKey(t, "ingest:hotline", "erase:reports", "pin", "backup")
	dir := write(t, map[string]string{"city.yaml": "", "key": key + "\n"})
	data, path := filepath.Join(dir, "data"), filepath.Join(dir, "city.yaml")
	text := strings.Replace(lookedBack, "DATA", data, 1) + lines
	configure := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	configure(text)
	c := &city{config: path, folder: data, key: key}
	s := c.serve(t)
	push := func(state string, n int) uint64 {
		t.Helper()
		var records []string
		for i := range 50 {
			no := fmt.Sprintf("r%d", i)
			if i == 7 {
				no = id
			}
			records = append(records, fmt.Sprintf(`{"no": %q, "lon": %v, "lat": 39.9, "state": %q, "at": "2026-01-%02dT00:00:00Z", "phone": "13900139000"}`, no, 116.4+float64(i)/1000, state, n))
		}
		p, err := c.push(t.Context(), s, http.MethodPost, "hotline", "application/json", []byte("["+strings.Join(records, ",")+"]"))
		if err != nil || p.Status != http.StatusOK || p.Applied != 50 {
			t.Fatalf("got %+v, %v", p, err)
		}
		return p.Seq
	}
	get := func(path string, status int) string {
		t.Helper()
		a, err := s.do(http.MethodGet, path)
		if err != nil || a.StatusCode != status {
			t.Fatalf("%s: got %v, %v, want %d: %s", path, a.Response, err, status, a.body)
		}
		return string(a.body)
	}
	const tile = "reports/0/0/0.mvt"
	command := func(status int, args ...string) string {
		t.Helper()
		p := launch(t, nil, append(args, "--server", s.url, "--key-file", filepath.Join(dir, "key"))...)
		if got := p.wait(); got != status {
			t.Fatalf("%v: got %d, want %d: %s%s", args, got, status, p.stdout, p.stderr)
		}
		return p.stdout.String() + p.stderr.String()
	}
	type then struct {
		seq  uint64
		tile string
	}
	look := func(state string, n int) then {
		seq := push(state, n)
		return then{seq, get("/tiles/"+tile, http.StatusOK)}
	}
	until(t, "the first checkpoint", func() bool { // a moment before it is none
		a, err := s.do(http.MethodGet, "/tiles/"+tile+"?asof=1")
		return err == nil && a.StatusCode == http.StatusNoContent
	})
	first, second := look("new", 1), look("open", 2)
	last := look("done", 3)
	asof := func(when string) {
		t.Helper()
		for _, one := range []then{first, second, last} {
			if got := get(fmt.Sprintf("/tiles/%s?asof=%d", tile, one.seq), http.StatusOK); got != one.tile {
				t.Errorf("%s: as of %d: got %d bytes %q, want %q", when, one.seq, len(got), got, one.tile)
			}
		}
	}
	if first.tile == second.tile || second.tile == last.tile {
		t.Fatal("the tiles are the same")
	}
	asof("at once")
	if out := command(0, "pin", "second", "--layers", "reports", "--asof", strconv.FormatUint(second.seq, 10)); !strings.Contains(out, fmt.Sprintf("second: state %d of ", second.seq)) || !strings.Contains(out, "/snapshots/second") {
		t.Errorf("got %s", out)
	}
	var made struct{ Layers []struct{ SHA256 string } }
	if err := json.Unmarshal([]byte(command(0, "pin", "last", "--json")), &made); err != nil || len(made.Layers) != 1 || len(made.Layers[0].SHA256) != 64 {
		t.Errorf("got %+v, %v", made, err)
	}
	if out := command(1, "pin", "last"); !strings.Contains(out, "name is taken") {
		t.Errorf("got %s", out)
	}
	pinned := func(when string) {
		t.Helper()
		for name, one := range map[string]then{"second": second, "last": last} {
			if got := get("/snapshots/"+name+"/tiles/"+tile, http.StatusOK); got != one.tile {
				t.Errorf("%s: snapshot %s: got %q, want %q", when, name, got, one.tile)
			}
		}
	}
	pinned("at once")
	s.kill(t)
	s = c.serve(t)
	asof("after a kill")
	pinned("after a kill")
	s.stop(t)
	// Whoever has cited a snapshot need not know that the config lost a field.
	configure(strings.Replace(strings.Replace(text, "state: {type: string, keep: true}, ", "", 1), "{state: state, at", "{at", 1))
	s = c.serve(t)
	pinned("after the config changed")
	if got := get("/tiles/"+tile, http.StatusOK); got == last.tile {
		t.Error("the layer's own tile still has the field")
	}
	s.stop(t)
	configure(text)
	s = c.serve(t)

	out := filepath.Join(dir, "backup.tar")
	command(0, "backup", "--out", out)
	if got := command(0, "erase", "reports", id); !strings.Contains(got, "snapshot     last had it and is gone") || !strings.Contains(got, "snapshot     second had it") {
		t.Errorf("got %s", got)
	}
	for _, name := range []string{"second", "last"} {
		if got := get("/snapshots/"+name+"/tiles/"+tile, http.StatusGone); !strings.Contains(got, "snapshot_gone") || !strings.Contains(got, "erasure touched it") {
			t.Errorf("got %s", got)
		}
		if got := get("/snapshots/"+name, http.StatusOK); !strings.Contains(got, `"state":"gone"`) {
			t.Errorf("got %s", got)
		}
	}
	if got := get(fmt.Sprintf("/tiles/%s?asof=%d", tile, first.seq), http.StatusGone); !strings.Contains(got, "past_gone") || !strings.Contains(got, `"earliest"`) {
		t.Errorf("got %s", got)
	}
	if with, all := filesWith(t, data, id); len(with) > 0 || all < 5 {
		t.Errorf("of %d files %v have the id", all, with)
	}
	command(0, "unpin", "last")
	get("/snapshots/last", http.StatusNotFound)
	s.kill(t)
	s = c.serve(t)
	get("/snapshots/last", http.StatusNotFound)
	get("/snapshots/second/tiles/"+tile, http.StatusGone)
	s.stop(t)

	restored := filepath.Join(dir, "restored")
	p := launch(t, nil, "restore", out, "--folder", restored)
	if status := p.wait(); status != 0 {
		t.Fatalf("restore: got %d: %s", status, p.stderr)
	}
	configure(strings.Replace(text, data, restored, 1))
	s = c.serve(t)
	pinned("restored")
}
