package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// told is the data of an event.
type told struct {
	Seq    uint64
	Layers map[string]struct{ Cells [][2]uint32 }
}

// TestAgesAreTold pushes a report that is too old for its layer: its deletion is told like any change, though no
// message comes, and the tile is empty then.
func TestAgesAreTold(t *testing.T) {
	t.Parallel()
	key, lines := newestKey(t, "ingest:hotline")
	aging := strings.Replace(pushable, "time: at,", "time: at, ttl: {expired: 1h},", 1)
	dir := write(t, map[string]string{"city.yaml": aging + lines})
	s := run(t, "serve", "--config", filepath.Join(dir, "city.yaml"))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/live?layers=reports", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req) // a stream has no end, and so no timeout
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	stream := bufio.NewScanner(res.Body)
	// next returns the data of the next event of a kind.
	next := func(kind string) (data told) {
		t.Helper()
		for is := false; stream.Scan(); {
			if name, ok := strings.CutPrefix(stream.Text(), "event: "); ok {
				is = name == kind
			}
			if text, ok := strings.CutPrefix(stream.Text(), "data: "); ok && is {
				if strings.Contains(text, "13800138000") {
					t.Errorf("something private is in %s", text)
				}
				if err := json.Unmarshal([]byte(text), &data); err != nil {
					t.Fatalf("%v in %s", err, text)
				}
				return data
			}
		}
		t.Fatalf("the stream ended before an event %s: %v", kind, stream.Err())
		return data
	}
	next("hello")
	post, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/ingest/hotline",
		strings.NewReader(`{"no": 1, "lon": 116.4, "lat": 39.9, "state": "new", "at": "2026-01-01T00:00:00Z", "phone": "13800138000"}`))
	if err != nil {
		t.Fatal(err)
	}
	post.Header.Set("Authorization", "Bearer "+key)
	post.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(post)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var receipt struct{ Seq, Applied uint64 }
	if err := json.NewDecoder(answer.Body).Decode(&receipt); err != nil || receipt.Applied != 1 {
		t.Fatalf("got %+v, %v, want a report that was taken", receipt, err)
	}
	for {
		change := next("change")
		if len(change.Layers["reports"].Cells) != 1 {
			t.Fatalf("got %+v, want the cell of the report", change)
		}
		if change.Seq > receipt.Seq {
			break // and nothing was sent
		}
	}
	if a := s.get(t, "/tiles/reports/0/0/0.mvt"); a.StatusCode != http.StatusNoContent {
		t.Errorf("got %d, want an empty tile", a.StatusCode)
	}
}

// filed is a city with a data folder and a layer that is read from a file.
const filed = `
city: A city
journal: {folder: %q}
layers:
  reports: {title: Reports, licence: CC0-1.0, fields: {state: {type: string%s}}}
sources:
  desk: {layer: reports, files: [%q], csv: {lon: lon, lat: lat}, id: "{no}", fields: {state: state}}
`

// TestStreamsOfAnotherStart starts the server again and again on one data folder. A stream goes on where it was only
// where nothing happened that is in no log: a file that was read after a kill, or another config, make another epoch.
func TestStreamsOfAnotherStart(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"desk.csv": "no,lon,lat,state\n1,116.4,39.9,open\n"})
	csv, config := filepath.Join(dir, "desk.csv"), filepath.Join(dir, "city.yaml")
	// start starts the server and returns the epoch of its streams.
	start := func(private string) (s *server, epoch string) {
		t.Helper()
		if err := os.WriteFile(config, fmt.Appendf(nil, filed, filepath.Join(dir, "data"), private, csv), 0o600); err != nil {
			t.Fatal(err)
		}
		s = run(t, "serve", "--config", config)
		res, err := http.DefaultClient.Get(s.url + "/live")
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		for stream := bufio.NewScanner(res.Body); stream.Scan(); {
			if id, ok := strings.CutPrefix(stream.Text(), "id: "); ok {
				epoch, _, _ = strings.Cut(id, "-")
				return s, epoch
			}
		}
		t.Fatal("the stream has no event")
		return s, ""
	}
	s, read := start("")
	s.kill(t) // before there was a checkpoint, so the file is read again
	if err := os.WriteFile(csv, []byte("no,lon,lat,state\n1,116.4,39.9,closed\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, again := start("")
	if again == read {
		t.Errorf("a file was read again that has changed: got the epoch %s again", again)
	}
	s.stop(t)
	s, kept := start("")
	s.stop(t)
	s, same := start("")
	if same != kept {
		t.Errorf("nothing has changed: got the epochs %s and %s, want streams to go on", kept, same)
	}
	s.stop(t)
	s, changed := start(", private: true")
	if changed == kept {
		t.Errorf("a field is private now: got the epoch %s again", changed)
	}
	s.kill(t)
}
