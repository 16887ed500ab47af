package e2e

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

var natsRounds = flag.Int("nats.rounds", 3, "how often TestNATSKillLoop kills the server")

const subscribed = `
city: A city
journal: {folder: %q}
nats: {listen: "127.0.0.1:0"}
layers:
  air: {title: Air, licence: CC0-1.0, time: at, fields: {value: {type: float}, at: {type: time}}}
sources:
  stations:
    layer: air
    push: {subjects: ["air.*.pm25"], position: {lon: lon, lat: lat}}
    id: "{$1}"
    fields: {value: pm25, at: at}
`

// natsAddress waits until the server says where NATS clients may publish.
func natsAddress(t *testing.T, s *server) string {
	t.Helper()
	said := regexp.MustCompile(`"nats":"([^"]+)"`)
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if m := said.FindStringSubmatch(s.stderr.String()); m != nil {
			return "nats://" + m[1]
		}
	}
	t.Fatalf("it does not say where NATS clients may publish: %s", s.stderr)
	return ""
}

// TestNATSKillLoop kills the server while 32 requests are under way at any time: each that was acknowledged is
// there after the next start.
func TestNATSKillLoop(t *testing.T) {
	t.Parallel()
	key, lines := newestKey(t, "ingest:stations")
	config := filepath.Join(write(t, map[string]string{"city.yaml": fmt.Sprintf(subscribed, t.TempDir()) + lines}), "city.yaml")
	newest := map[string]int{} // acknowledged value of each station
	var mu sync.Mutex
	sent, acknowledged := 0, 0
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for round := range *natsRounds + 1 {
		s := run(t, "serve", "--config", config)
		for station, value := range newest {
			var f struct{ Properties map[string]any }
			a := s.get(t, "/layers/air/features/"+station)
			if err := json.Unmarshal(a.body, &f); err != nil || a.StatusCode != http.StatusOK {
				t.Fatalf("round %d: %s was acknowledged at %d: got %d %s", round, station, value, a.StatusCode, a.body)
			}
			if got, _ := f.Properties["value"].(float64); int(got) < value {
				t.Fatalf("round %d: %s was acknowledged at %d and is at %v", round, station, value, got)
			}
		}
		if round == *natsRounds {
			break
		}
		c, err := nats.Connect(natsAddress(t, s), nats.UserInfo("station", key), nats.NoReconnect())
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		until := acknowledged + 100 + rand.IntN(2000) //nolint:gosec // when does not matter
		var senders sync.WaitGroup
		for range 32 {
			senders.Go(func() {
				for {
					mu.Lock()
					sent++
					value := sent
					mu.Unlock()
					station := fmt.Sprintf("s%d", value%50)
					payload := fmt.Sprintf(`{"pm25": %d, "lon": 116.4, "lat": 39.9, "at": %q}`, value, start.Add(time.Duration(value)*time.Millisecond).Format(time.RFC3339Nano))
					m, err := c.Request("air."+station+".pm25", []byte(payload), patience)
					if err != nil {
						return // it was killed
					}
					var answer struct {
						Stream string
						Seq    int
					}
					if err := json.Unmarshal(m.Data, &answer); err != nil || answer.Stream != "stations" || answer.Seq == 0 {
						t.Errorf("got %s", m.Data)
						return
					}
					mu.Lock()
					acknowledged++
					newest[station] = max(newest[station], value)
					if acknowledged == until {
						_ = s.cmd.Process.Kill()
					}
					mu.Unlock()
				}
			})
		}
		senders.Wait()
		c.Close()
		_ = s.cmd.Process.Kill()
		<-s.exited
	}
	if acknowledged == 0 {
		t.Error("nothing was ever acknowledged")
	}
	t.Logf("%d sent, %d acknowledged in %d rounds", sent, acknowledged, *natsRounds)
}
