package app

import (
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"hutong/api"
	"hutong/ingest"
	listener "hutong/ingest/nats"
	"hutong/ingest/push"
	"hutong/internal/auth"
	"hutong/internal/config"
)

// natsConfig has a source of stations and one of gates; two keys, for one each.
const natsConfig = `city: A city
nats: {listen: "127.0.0.1:0"}
journal: {folder: "DIR/data"}
layers:
  air: {title: Air, licence: CC0-1.0, time: at, fields: {value: {type: float}, at: {type: time}, phone: {type: string, private: true}}}
keys:
  stations: {hash: "KEY1", scopes: ["ingest:stations", "ingest:copies"]}
  gates: {hash: "KEY2", scopes: ["ingest:gates"]}
  reader: {hash: "KEY3", scopes: ["refused:*"]}
sources:
  stations:
    layer: air
    push: {subjects: ["air.*.pm25"], position: {lon: lon, lat: lat}}
    id: "{$1}"
    fields: {value: pm25, at: at, phone: phone}
  copies:
    layer: air
    push: {subjects: ["air.both.>"]}
    id: "{$topic}"
    fields: {value: $value}
  gates:
    layer: air
    push: {subjects: ["gates.>"]}
    id: "{$1}"
    fields: {value: $value}
`

// natsCity runs a city and returns where it listens for NATS and its keys by their names.
func natsCity(t *testing.T) (r *running, a *App, url string, keys map[string]string) {
	t.Helper()
	dir := t.TempDir()
	keys = map[string]string{}
	text := strings.Replace(natsConfig, "DIR", dir, 1)
	for i, name := range []string{"stations", "gates", "reader"} {
		key := auth.NewSecret()
		keys[name] = key.Reveal()
		text = strings.Replace(text, "KEY"+string(rune('1'+i)), key.Hash().String(), 1)
	}
	path := filepath.Join(dir, "city.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	city, err := FromConfig(c)
	if err != nil {
		t.Fatal(err)
	}
	a, log := newTestApp(t, city, nil)
	r = start(t, a)
	t.Cleanup(func() {
		r.stop()
		if err := <-r.result; err != nil {
			t.Error(err)
		}
		for _, key := range keys {
			if strings.Contains(log.String(), key) {
				t.Error("the log has a key")
			}
		}
	})
	said := regexp.MustCompile(`"nats":"([^"]+)"`).FindStringSubmatch(log.String())
	if said == nil {
		t.Fatalf("it does not say where: %s", log)
	}
	return r, a, "nats://" + said[1], keys
}

// natsAnswer is what an answer may have.
type natsAnswer struct {
	Stream     string
	Seq        int
	Results    []push.Result
	Code       string
	Status     int
	Detail     string
	RetryAfter int `json:"retry_after"`
	Error      *struct{ Code int }
	At         *struct{ Line, Byte int }
}

func ask(t *testing.T, c *nats.Conn, subject, payload string) (a natsAnswer) {
	t.Helper()
	m, err := c.Request(subject, []byte(payload), time.Minute)
	if err != nil {
		t.Fatalf("%s: %v", subject, err)
	}
	if err := json.Unmarshal(m.Data, &a); err != nil {
		t.Fatalf("%s: %v", m.Data, err)
	}
	if strings.Contains(string(m.Data), secret) {
		t.Errorf("the answer has a private value: %s", m.Data)
	}
	return a
}

func natsClient(t *testing.T, url, key string) *nats.Conn {
	t.Helper()
	c, err := nats.Connect(url, nats.UserInfo("station", key), nats.NoReconnect())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// TestNATS: what is acknowledged is on the layer, with what the subject says, and each record has its answer.
func TestNATS(t *testing.T) {
	t.Parallel()
	r, a, url, keys := natsCity(t)
	c := natsClient(t, url, keys["stations"])
	got := ask(t, c, "air.pole-7.pm25", `{"pm25": 35.5, "lon": 116.4, "lat": 39.9, "at": "2026-01-01T00:00:00Z", "phone": "`+secret+`"}`)
	if got.Stream != "stations" || got.Seq == 0 || len(got.Results) != 1 || got.Results[0].Applied != 1 || got.Results[0].Answers[0].ID != "pole-7" {
		t.Errorf("got %+v", got)
	}
	if _, body, err := r.get("/layers/air/features/pole-7"); err != nil || !strings.Contains(body, `"value":35.5`) {
		t.Errorf("got %s, %v", body, err)
	}
	// Two sources take it, each by its own mapping.
	if got = ask(t, c, "air.both.pm25", `41`); len(got.Results) != 2 || got.Results[0].Source != "copies" || got.Results[0].Applied != 1 {
		t.Errorf("got %+v", got)
	}
	if got = ask(t, c, "air.x.pm25", `[{"pm25": "high", "at": "2026-01-01T00:00:00Z", "phone": 7}, {"pm25": "`+secret+`"}]`); got.Code != "records_refused" || got.Status != 422 ||
		got.Error == nil || got.Error.Code != 422 || len(got.Results) != 1 || got.Results[0].Refused != 2 || got.RetryAfter != 0 {
		t.Errorf("got %+v", got)
	}
	if got = ask(t, c, "air.x.pm25", `{"pm25": `); got.Code != "body_malformed" || got.At == nil || got.At.Line != 1 {
		t.Errorf("got %+v", got)
	}
	if got = ask(t, c, "air.x.pm25", `[]`); got.Stream != "stations" || got.Code != "" {
		t.Errorf("got %+v", got)
	}

	js, err := jetstream.New(c)
	if err != nil {
		t.Fatal(err)
	}
	ack, err := js.Publish(t.Context(), "air.pole-8.pm25", []byte(`{"pm25": 1}`))
	if err != nil || ack.Stream != "stations" || ack.Sequence == 0 || ack.Duplicate {
		t.Errorf("got %+v, %v", ack, err)
	}
	for _, refused := range []func() error{
		func() error { _, err := js.Publish(t.Context(), "air.x.pm25", []byte(`{"pm25": "high"}`)); return err },
		func() error {
			_, err := js.Publish(t.Context(), "air.x.pm25", []byte(`{"pm25": 1}`), jetstream.WithExpectLastSequence(3))
			return err
		},
	} {
		var problem *jetstream.APIError
		if err := refused(); !errors.As(err, &problem) || problem.Description == "" {
			t.Errorf("got %v, want the problem", err)
		}
	}
	if got := a.Store().layers["air"].Snapshot().Count(); got != 4 {
		t.Errorf("got %d features, want 4", got)
	}

	// Nobody hears of these, so they are dead letters.
	before := letters(t, a, "stations")
	for _, payload := range []string{`{"pm25": `, `{"pm25": "low"}`} {
		if err := c.Publish("air.y.pm25", []byte(payload)); err != nil {
			t.Fatal(err)
		}
	}
	ask(t, c, "air.y.pm25", `[]`) // behind them
	if got := letters(t, a, "stations") - before; got != 2 {
		t.Errorf("got %d letters more, want 2", got)
	}
}

// letters counts the dead letters of a source.
func letters(t *testing.T, a *App, source string) int {
	t.Helper()
	for _, f := range a.feeds {
		if f.Name() == source {
			list, err := f.Letters(t.Context(), 0, 1000)
			if err != nil {
				t.Fatal(err)
			}
			return len(list)
		}
	}
	return -1
}

// TestNATSKeys: a key publishes to its own sources, and one that is for none is not let in.
func TestNATSKeys(t *testing.T) {
	t.Parallel()
	_, _, url, keys := natsCity(t)
	told := make(chan error, 10)
	c, err := nats.Connect(url, nats.Token(keys["gates"]), nats.NoReconnect(), nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { told <- err }))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := ask(t, c, "gates.north", "3"); got.Stream != "gates" {
		t.Errorf("got %+v", got)
	}
	if err := c.Publish("air.x.pm25", []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if err := <-told; !errors.Is(err, nats.ErrPermissionViolation) {
		t.Errorf("got %v, want a violation", err)
	}
	for _, key := range []string{keys["reader"], "hk_wrong", ""} {
		if _, err := nats.Connect(url, nats.Token(key), nats.NoReconnect()); !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("got %v, want that it is not let in", err)
		}
	}
}

// TestNATSProblems: who cannot be served now is told when to send again, and nobody is told that something was
// accepted.
func TestNATSProblems(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err  error
		code api.Code
		wait int
	}{
		{ingest.ErrBusy, api.CodeBusy, 1},
		{ingest.ErrReadOnly, api.CodeReadOnly, 30},
		{ingest.ErrUnavailable, api.CodeUnavailable, 5},
		{&push.RateError{Wait: 1500 * time.Millisecond, Limit: "1 request a second"}, api.CodeRate, 2},
		{errors.New("strange"), api.CodeInternal, 0},
	} {
		p := &subjects{log: slog.New(slog.DiscardHandler)}
		d := delivery{message: &listener.Message{Request: true}}
		d.told(&push.Message{Result: &push.Result{Applied: 1}}, p.problem("s", test.err))
		var got natsAnswer
		if err := json.Unmarshal(d.answer(), &got); err != nil {
			t.Fatal(err)
		}
		if !d.message.Failed || got.Code != string(test.code) || got.RetryAfter != test.wait || got.Stream != "" || got.Error == nil || got.Error.Code != got.Status ||
			strings.Contains(got.Detail, "strange") {
			t.Errorf("%v: got %+v", test.err, got)
		}
	}
	var got natsAnswer
	if err := json.Unmarshal((&subjects{}).Busy(), &got); err != nil || got.Code != "busy" || got.RetryAfter != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestNATSAnswersAreBounded: single records leave an answer first, then sources.
func TestNATSAnswersAreBounded(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ sources, records int }{{1, 10_000}, {3, 5000}, {2000, 1}} {
		d := delivery{message: &listener.Message{Request: true}}
		for range test.sources {
			d.results = append(d.results, &push.Result{Source: "stations", Records: test.records, Applied: test.records, Answers: make([]push.Answer, test.records)})
		}
		body := d.answer()
		var got natsAnswer
		if err := json.Unmarshal(body, &got); err != nil || len(body) > 48<<10 || got.Stream != "stations" || len(got.Results) == 0 {
			t.Fatalf("got %d bytes, %v", len(body), err)
		}
		if r := got.Results[0]; len(r.Answers)+r.Omitted != test.records {
			t.Errorf("got %d answers and %d left out of %d", len(r.Answers), r.Omitted, test.records)
		}
	}
}
