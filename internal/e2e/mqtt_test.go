package e2e

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"hutong/internal/testkit"
)

var mqttRounds = flag.Int("mqtt.rounds", 5, "how often TestMQTTKillLoop kills the server; make soak says 200")

const publishable = `
city: A city
journal: {folder: %q}
mqtt: {listen: "127.0.0.1:0"}
layers:
  air: {title: Air, licence: CC0-1.0, time: at, fields: {value: {type: float}, place: {type: string, keep: true}, at: {type: time}}}
sources:
  stations:
    layer: air
    push: {topics: ["air/+/pm25"], position: {lon: lon, lat: lat}}
    id: "{$1}"
    fields: {value: pm25, place: name, at: at}
`

// mqttAddress waits until the server says where sensors may publish.
func mqttAddress(t *testing.T, s *server) string {
	t.Helper()
	said := regexp.MustCompile(`"mqtt":"([^"]+)"`)
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if m := said.FindStringSubmatch(s.stderr.String()); m != nil {
			return m[1]
		}
	}
	t.Fatalf("it does not say where sensors may publish: %s", s.stderr)
	return ""
}

// sensorsCity writes a config whose stations publish, and returns its path and the key.
func sensorsCity(t *testing.T) (config, key string) {
	t.Helper()
	key, lines := newestKey(t, "ingest:stations")
	data := t.TempDir()
	dir := write(t, map[string]string{"city.yaml": fmt.Sprintf(publishable, data) + lines})
	return filepath.Join(dir, "city.yaml"), key
}

// TestMQTT publishes with mosquitto_pub: the feature is there when it returns, and what no source takes is
// among the refused.
func TestMQTT(t *testing.T) {
	t.Parallel()
	pub := testkit.Tool(t, "mosquitto_pub", "mosquitto-clients")
	config, key := sensorsCity(t)
	s := run(t, "serve", "--config", config)
	host, port, _ := strings.Cut(mqttAddress(t, s), ":")
	publish := func(password, topic, payload string) (string, error) {
		return tryOutputOf(t, pub, "-h", host, "-p", port, "-u", "station", "-P", password, "-q", "1", "-t", topic, "-m", payload)
	}
	if out, err := publish(key, "air/gate/pm25", `{"pm25": 35.5, "lon": 116.4, "lat": 39.9, "name": "North Gate", "at": "2026-01-01T00:00:00Z"}`); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var f struct{ Properties map[string]any }
	if a := s.get(t, "/layers/air/features/gate"); json.Unmarshal(a.body, &f) != nil || f.Properties["value"] != 35.5 || f.Properties["place"] != "North Gate" {
		t.Errorf("got %d %s", a.StatusCode, a.body)
	}
	if out, err := publish("hk_wrong", "air/gate/pm25", "{}"); err == nil || !strings.Contains(out, "ot authorised") {
		t.Errorf("with another key: got %v, %q; want not authorised", err, out)
	}
	for topic, payload := range map[string]string{"water/gate/level": `{"a": 1}`, "air/wall/pm25": `{"pm25": `} {
		if out, err := publish(key, topic, payload); err != nil {
			t.Errorf("%s: %v: %s", topic, err, out)
		}
	}
	a, err := s.do(http.MethodGet, "/ingest/stations/refused", "X-Api-Key", key)
	if err != nil || !strings.Contains(string(a.body), `"reason":"topic"`) || !strings.Contains(string(a.body), `"reason":"json"`) {
		t.Errorf("got %s, %v; want the two that were refused", a.body, err)
	}
}

// station connects a client that may publish.
func station(t *testing.T, s *server, key string) mqtt.Client {
	t.Helper()
	options := mqtt.NewClientOptions().AddBroker("tcp://" + mqttAddress(t, s)).SetClientID("station").
		SetUsername("station").SetPassword(key).SetAutoReconnect(false).SetConnectTimeout(patience)
	c := mqtt.NewClient(options)
	if token := c.Connect(); !token.WaitTimeout(patience) || token.Error() != nil {
		t.Fatalf("connect: %v", token.Error())
	}
	return c
}

// reading is a message of a station.
func reading(value int, at time.Time) string {
	return fmt.Sprintf(`{"pm25": %d, "lon": 116.4, "lat": 39.9, "at": %q}`, value, at.Format(time.RFC3339Nano))
}

// publishAll publishes by QoS 1 what next returns, 64 messages at once, until that is no topic or the
// connection is lost. It returns when no message is under way. acknowledged is called from any goroutine.
func publishAll(c mqtt.Client, next func() (topic, payload string, acknowledged func())) {
	var waiting sync.WaitGroup
	defer waiting.Wait()
	slots := make(chan struct{}, 64)
	for c.IsConnectionOpen() {
		topic, payload, acknowledged := next()
		if topic == "" {
			return
		}
		slots <- struct{}{}
		token := c.Publish(topic, 1, false, payload)
		waiting.Go(func() {
			defer func() { <-slots }()
			if token.WaitTimeout(patience) && token.Error() == nil {
				acknowledged()
			}
		})
	}
}

// TestMQTTKillLoop publishes by QoS 1 with many messages in flight, kills the server at random and starts
// it again: whatever was acknowledged is in the journal.
func TestMQTTKillLoop(t *testing.T) {
	t.Parallel()
	config, key := sensorsCity(t)
	total, sent := 0, 0        // acknowledged
	newest := map[string]int{} // acknowledged value of each station
	var mu sync.Mutex
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for round := range *mqttRounds {
		s := run(t, "serve", "--config", config)
		for id, value := range newest {
			var f struct{ Properties map[string]any }
			a := s.get(t, "/layers/air/features/"+id)
			if err := json.Unmarshal(a.body, &f); err != nil || a.StatusCode != http.StatusOK {
				t.Fatalf("round %d: %s was acknowledged at %d: got %d %s", round, id, value, a.StatusCode, a.body)
			}
			if got, _ := f.Properties["value"].(float64); int(got) < value {
				t.Fatalf("round %d: %s was acknowledged at %d and is at %v", round, id, value, got)
			}
		}
		c := station(t, s, key)
		timer := time.AfterFunc(time.Duration(20+rand.IntN(180))*time.Millisecond, func() { _ = s.cmd.Process.Kill() }) //nolint:gosec // when does not matter
		publishAll(c, func() (topic, payload string, acknowledged func()) {
			sent++
			id, value := fmt.Sprintf("s%d", sent%50), sent
			return "air/" + id + "/pm25", reading(value, start.Add(time.Duration(value)*time.Millisecond)), func() {
				mu.Lock()
				defer mu.Unlock()
				total++
				newest[id] = max(newest[id], value)
			}
		})
		timer.Stop()
		c.Disconnect(0)
		_ = s.cmd.Process.Kill()
		<-s.exited
	}
	if total == 0 {
		t.Error("nothing was ever acknowledged")
	}
	t.Logf("%d sent, %d acknowledged in %d rounds", sent, total, *mqttRounds)
}
