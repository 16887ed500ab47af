package e2e

import (
	"bufio"
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

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
	next := func(kind string) (data struct {
		Seq    uint64
		Layers map[string]struct{ Cells [][2]uint32 }
	}) {
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
		told := next("change")
		if len(told.Layers["reports"].Cells) != 1 {
			t.Fatalf("got %+v, want the cell of the report", told)
		}
		if told.Seq > receipt.Seq {
			break // and nothing was sent
		}
	}
	if a := s.get(t, "/tiles/reports/0/0/0.mvt"); a.StatusCode != http.StatusNoContent {
		t.Errorf("got %d, want an empty tile", a.StatusCode)
	}
}
