package nats

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"

	"hutong/internal/telemetry"
	"hutong/internal/testkit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must come.
const patience = time.Minute

// recorder is a handler that keeps what it is given. Its keys are "a", "b" … for the accounts of these names.
type recorder struct {
	publish func(ctx context.Context, account string, messages []Message) // before it is kept; nil answers

	busy func() // nil does nothing

	arrived chan Message

	mu   sync.Mutex
	seen map[string][]string // payloads by account
}

var _ Handler = (*recorder)(nil)

func newRecorder() *recorder {
	return &recorder{arrived: make(chan Message, 10_000), seen: map[string][]string{}}
}

var errUnknown = errors.New("unknown")

func (r *recorder) Authorise(secret string) (string, error) {
	if !strings.HasPrefix(secret, "key-of-") {
		return "", errUnknown
	}
	return secret[len("key-of-"):], nil
}

func (r *recorder) Publish(ctx context.Context, account string, messages []Message) {
	if r.publish != nil {
		r.publish(ctx, account, messages)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range messages {
		if messages[i].Request && messages[i].Answer == nil {
			messages[i].Answer = []byte(`{"stream":"s","seq":7}`)
		}
		r.seen[account] = append(r.seen[account], string(messages[i].Payload))
		r.arrived <- messages[i]
	}
}

func (r *recorder) Busy() []byte {
	if r.busy != nil {
		r.busy()
	}
	return []byte("busy")
}

// rig is a running server.
type rig struct {
	*Server

	t       *testing.T
	handler *recorder
	metrics *telemetry.Metrics
	said    *testkit.Buffer
	stop    context.CancelFunc
	done    chan error
}

// serve runs a server for accounts a, with sensors.*.pm25 and reports.>, and b, with sensors.>.
func serve(t *testing.T, h *recorder, o Options) *rig {
	t.Helper()
	r := &rig{t: t, handler: h, metrics: telemetry.NewMetrics(), said: &testkit.Buffer{}, done: make(chan error, 1)}
	o.Listen, o.Metrics = "127.0.0.1:0", r.metrics
	o.Log = slog.New(slog.NewTextHandler(r.said, &slog.HandlerOptions{Level: slog.LevelDebug}))
	o.Accounts = []Account{{"a", []string{"sensors.*.pm25", "reports.>"}}, {"b", []string{"sensors.>"}}}
	var err error
	if r.Server, err = Listen(t.Context(), o, h); err != nil {
		t.Fatal(err)
	}
	var ctx context.Context
	ctx, r.stop = context.WithCancel(context.Background())
	go func() { r.done <- r.Run(ctx) }()
	t.Cleanup(func() {
		r.stop()
		if err := <-r.done; err != nil {
			t.Errorf("Run: %v", err)
		}
		r.done <- nil
	})
	return r
}

func (r *rig) url() string { return "nats://" + r.Addr().String() }

// dial connects with the key of an account. What the server tells it afterwards comes to the channel.
func (r *rig) dial(account string, more ...nats.Option) (*nats.Conn, <-chan error) {
	r.t.Helper()
	told := make(chan error, 100)
	options := append([]nats.Option{
		nats.UserInfo("anybody", "key-of-"+account), nats.NoReconnect(),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { told <- err }),
	}, more...)
	c, err := nats.Connect(r.url(), options...)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(c.Close)
	return c, told
}

// ask sends a request and returns its answer.
func (r *rig) ask(c *nats.Conn, subject, payload string) string {
	r.t.Helper()
	m, err := c.Request(subject, []byte(payload), patience)
	if err != nil {
		r.t.Fatalf("request to %s: %v", subject, err)
	}
	return string(m.Data)
}

// later sends a request and returns where its answer comes, or why none does.
func (r *rig) later(c *nats.Conn, subject, payload string) <-chan string {
	answers := make(chan string, 1)
	go func() {
		m, err := c.Request(subject, []byte(payload), patience)
		if err != nil {
			answers <- err.Error()
			return
		}
		answers <- string(m.Data)
	}()
	return answers
}

// send publishes to a source of account a, without a reply subject.
func (r *rig) send(c *nats.Conn, payload string) {
	r.t.Helper()
	if err := c.Publish("reports.x", []byte(payload)); err != nil {
		r.t.Fatal(err)
	}
	if err := c.Flush(); err != nil {
		r.t.Fatal(err)
	}
}

// next returns the next message that the handler was given.
func (r *rig) next() Message {
	r.t.Helper()
	return await(r.t, r.handler.arrived)
}

// await returns what comes.
func await[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

// metric returns the value of a line of the metrics, "" if it is not there.
func (r *rig) metric(name string) string {
	w := httptest.NewRecorder()
	r.metrics.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	for line := range strings.Lines(w.Body.String()) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// count waits until a metric has a value: the server counts a moment after a client is told.
func (r *rig) count(name, want string) {
	r.t.Helper()
	got := ""
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if got = r.metric(name); got == want {
			return
		}
	}
	r.t.Errorf("%s is %q, want %q", name, got, want)
}
