package mqtt

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"hutong/internal/telemetry"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if *killChild != "" {
		os.Exit(runChild(*killChild))
	}
	goleak.VerifyTestMain(m)
}

// recorder is a handler that keeps what it is given.
type recorder struct {
	authorise func(user, password string) (Session, error)
	publish   func(ctx context.Context, messages []Message) error // before it is kept

	arrived chan struct{} // unless nil, holds a token when something was kept

	mu       sync.Mutex
	messages []Message
	batches  []int
	sessions []Session
}

var _ Handler = (*recorder)(nil)

func (r *recorder) Authorise(user, password string) (Session, error) {
	if r.authorise == nil {
		return "anyone", nil
	}
	return r.authorise(user, password)
}

func (r *recorder) Publish(ctx context.Context, s Session, messages []Message) error {
	if r.publish != nil {
		if err := r.publish(ctx, messages); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.messages = append(r.messages, messages...)
	r.batches = append(r.batches, len(messages))
	r.sessions = append(r.sessions, s)
	if r.arrived != nil {
		signal(r.arrived)
	}
	return nil
}

// payloads returns what has been accepted, in order.
func (r *recorder) payloads() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []string
	for i := range r.messages {
		out = append(out, string(r.messages[i].Payload))
	}
	return out
}

// pipes is a listener without a network: connections are net.Pipe, which have no buffer, and so run in
// the fake time of testing/synctest.
type pipes struct {
	conns  chan net.Conn
	errs   chan error
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes {
	return &pipes{conns: make(chan net.Conn), errs: make(chan error), closed: make(chan struct{})}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case err := <-p.errs:
		return nil, err
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// rig is a running server without a network.
type rig struct {
	t       *testing.T
	h       *recorder
	leave   chan error // what [holding] waits for
	pipes   *pipes
	metrics *telemetry.Metrics
	stop    context.CancelFunc
	done    chan error
}

// serving runs test beside others, in a bubble with a server of o, and stops the server.
func serving(t *testing.T, o Options, test func(t *testing.T, r *rig)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{t: t, h: &recorder{}, leave: make(chan error), pipes: newPipes(), metrics: telemetry.NewMetrics(), done: make(chan error, 1)}
		o.Metrics = r.metrics
		ctx, stop := context.WithCancel(t.Context())
		r.stop = stop
		s := newServer(r.pipes, o, r.h)
		go func() {
			r.done <- s.Run(ctx)
			close(r.done)
		}()
		defer r.end()
		test(t, r)
	})
}

// holding is [serving] with a handler that returns what leave of the rig gives it, once it does.
func holding(t *testing.T, o Options, test func(t *testing.T, r *rig)) {
	t.Helper()
	serving(t, o, func(t *testing.T, r *rig) {
		r.h.publish = func(ctx context.Context, _ []Message) error {
			select {
			case err := <-r.leave:
				return err
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		test(t, r)
	})
}

// end stops the server and waits for it, once.
func (r *rig) end() {
	r.t.Helper()
	r.stop()
	if err := <-r.done; err != nil {
		r.t.Errorf("Run: %v", err)
	}
}

// metric returns the value of a series, as /metrics writes it.
func (r *rig) metric(series string) float64 {
	r.t.Helper()
	w := httptest.NewRecorder()
	r.metrics.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for line := range strings.Lines(w.Body.String()) {
		if value, ok := strings.CutPrefix(line, series+" "); ok {
			v, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil {
				r.t.Fatal(err)
			}
			return v
		}
	}
	return 0
}

func (r *rig) wantMetric(series string, want float64) {
	r.t.Helper()
	if got := r.metric(series); got != want {
		r.t.Errorf("%s = %v, want %v", series, got, want)
	}
}

// client is the other end of a connection. What the server sends is read as it comes.
type client struct {
	t  *testing.T
	nc net.Conn

	mu   sync.Mutex
	got  bytes.Buffer
	fill chan struct{} // closed when the connection ended
}

// dial connects without a CONNECT.
func (r *rig) dial() *client {
	r.t.Helper()
	ours, theirs := net.Pipe()
	r.pipes.conns <- theirs
	return newClient(r.t, ours)
}

func newClient(t *testing.T, nc net.Conn) *client {
	c := &client{t: t, nc: nc, fill: make(chan struct{})}
	go func() {
		defer close(c.fill)
		b := make([]byte, 4096)
		for {
			n, err := nc.Read(b)
			c.mu.Lock()
			c.got.Write(b[:n])
			c.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return c
}

// send writes bytes; an end of the connection is no failure.
func (c *client) send(parts ...[]byte) {
	c.t.Helper()
	_, err := c.nc.Write(bytes.Join(parts, nil))
	if err != nil && !errors.Is(err, io.ErrClosedPipe) && !errors.Is(err, net.ErrClosed) {
		c.t.Fatal(err)
	}
}

// answers returns what the server has sent since the last call.
func (c *client) answers() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := describe(c.got.Bytes())
	c.got.Reset()
	return s
}

func (c *client) want(want string) {
	c.t.Helper()
	if got := c.answers(); got != want {
		c.t.Errorf("answers: got %q, want %q", got, want)
	}
}

// ended reports whether the server has closed the connection.
func (c *client) ended() bool {
	select {
	case <-c.fill:
		return true
	default:
		return false
	}
}

// describe writes answers as text: "CONNACK 0", "PUBACK 7", "SUBACK 1 80 80".
func describe(b []byte) string {
	var out []string
	for len(b) > 1 && len(b) >= 2+int(b[1]) {
		body := b[2 : 2+b[1]]
		s := kind(b[0] >> 4).String()
		switch k := kind(b[0] >> 4); {
		case k == kindConnack:
			s += " " + strconv.Itoa(int(body[1]))
		case len(body) >= 2:
			s += " " + strconv.Itoa(int(binary.BigEndian.Uint16(body)))
			if len(body) > 2 {
				s += fmt.Sprintf(" % x", body[2:])
			}
		}
		out = append(out, s)
		b = b[2+len(body):]
	}
	if len(b) > 0 {
		out = append(out, "and half a packet")
	}
	return strings.Join(out, ", ")
}

func text(s string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(s))), s...)
}

// packet is a packet with a body of parts.
func packet(first byte, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	return append(appendLength([]byte{first}, len(body)), body...)
}

// connectAs is a CONNECT of MQTT 3.1.1 with a clean session.
func connectAs(client, user, password string, keepAlive uint16) []byte {
	flags := byte(flagClean)
	parts := [][]byte{text("MQTT"), {4, 0}, binary.BigEndian.AppendUint16(nil, keepAlive), text(client)}
	if user != "" {
		flags |= flagUser
		parts = append(parts, text(user))
	}
	if password != "" {
		flags |= flagPassword
		parts = append(parts, text(password))
	}
	parts[1] = []byte{4, flags}
	return packet(0x10, parts...)
}

// publishing is a PUBLISH.
func publishing(qos byte, id uint16, topic, payload string) []byte {
	parts := [][]byte{text(topic)}
	if qos > 0 {
		parts = append(parts, binary.BigEndian.AppendUint16(nil, id))
	}
	return packet(0x30|qos<<1, append(parts, []byte(payload))...)
}

func releasing(id uint16) []byte { return []byte{0x62, 2, byte(id >> 8), byte(id)} }

var pinging, disconnecting = []byte{0xc0, 0}, []byte{0xe0, 0}
