package nats

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func TestRequest(t *testing.T) {
	t.Parallel()
	r := serve(t, newRecorder(), Options{})
	c, _ := r.dial("a")
	if got, want := r.ask(c, "sensors.pole-7.pm25", "41.5"), `{"stream":"s","seq":7}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	m := r.next()
	if m.Subject != "sensors.pole-7.pm25" || string(m.Payload) != "41.5" || !m.Request || m.Stream != "" || m.Received.IsZero() {
		t.Errorf("got %+v", m)
	}
	if err := c.Publish("reports.new.a", []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if m := r.next(); m.Subject != "reports.new.a" || m.Request {
		t.Errorf("got %+v", m)
	}
	r.count(`hutong_nats_messages_total{kind="request",outcome="accepted"}`, "1")
	r.count(`hutong_nats_messages_total{kind="plain",outcome="accepted"}`, "1")
	r.count(`hutong_nats_clients`, "1")
	r.count(`hutong_nats_held_bytes`, "0")
}

// TestStreamClients: who publishes as to a stream of JetStream has an acknowledgement, and the handler sees what
// a stream would be asked for.
func TestStreamClients(t *testing.T) {
	t.Parallel()
	h := newRecorder()
	h.publish = func(_ context.Context, _ string, messages []Message) {
		for i := range messages {
			if messages[i].Stream != "" {
				messages[i].Answer = []byte(`{"error":{"code":400,"description":"no"}}`)
			}
		}
	}
	r := serve(t, h, Options{})
	c, _ := r.dial("a")
	js, err := jetstream.New(c)
	if err != nil {
		t.Fatal(err)
	}
	ack, err := js.Publish(t.Context(), "sensors.x.pm25", []byte("1"), jetstream.WithMsgID("m1"))
	if err != nil || ack.Stream != "s" || ack.Sequence != 7 {
		t.Errorf("got %+v, %v", ack, err)
	}
	future, err := js.PublishAsync("sensors.x.pm25", []byte("2"))
	if err != nil {
		t.Fatal(err)
	}
	if ack := await(t, future.Ok()); ack.Sequence != 7 {
		t.Errorf("got %+v", ack)
	}
	var refused *jetstream.APIError
	if _, err := js.Publish(t.Context(), "sensors.x.pm25", []byte("3"), jetstream.WithExpectLastSequence(1)); !errors.As(err, &refused) || refused.Code != 400 {
		t.Errorf("got %v, want the error of the answer", err)
	}
	for _, want := range []string{"", "", nats.ExpectedLastSeqHdr} {
		if m := r.next(); m.Stream != want {
			t.Errorf("the handler saw %q, want %q", m.Stream, want)
		}
	}
}

// TestLettingIn: the key is the password, or the token, and the log has nothing of what was sent.
func TestLettingIn(t *testing.T) {
	t.Parallel()
	r := serve(t, newRecorder(), Options{})
	const secret = "hk_sesame"
	for _, test := range []struct {
		name   string
		option nats.Option
		in     bool
	}{
		{"password", nats.UserInfo("anybody", "key-of-a"), true},
		{"token", nats.Token("key-of-b"), true},
		{"password without a user", nats.UserInfo("", "key-of-b"), true},
		{"another key", nats.UserInfo("a", secret), false},
		{"another token", nats.Token(secret), false},
		{"the key as the user", nats.UserInfo(secret, "no"), false},
		{"nothing", nats.Name("nobody"), false},
		{"an account that is not there", nats.Token("key-of-c"), false},
		{"a connection of ours", nats.UserInfo("key-0", r.gate.secret), false},
	} {
		c, err := nats.Connect(r.url(), test.option, nats.NoReconnect())
		if test.in != (err == nil) || err != nil && !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("%s: got %v", test.name, err)
		}
		if err == nil {
			c.Close()
		}
	}
	r.count(`hutong_nats_connects_total{outcome="accepted"}`, "3")
	r.count(`hutong_nats_connects_total{outcome="refused"}`, "6")
	r.count(`hutong_nats_endings_total{reason="refused"}`, "6")
	r.count(`hutong_nats_endings_total{reason="closed"}`, "3")
	if said := r.said.String(); strings.Contains(said, secret) || strings.Contains(said, "key-of") {
		t.Errorf("the log has a key: %s", said)
	}
}

// TestPermissions: a client may publish to its sources and hear its answers, nothing else.
func TestPermissions(t *testing.T) {
	t.Parallel()
	r := serve(t, newRecorder(), Options{})
	c, told := r.dial("a")
	forbidden := 0
	for _, subject := range []string{
		"sensors.x.pm10", "sensors.x", "water.x", "$JS.API.INFO", "$JS.API.STREAM.LIST", "$SYS.REQ.SERVER.PING", "$SYS.REQ.USER.INFO", "$KV.a.b", "_INBOX.a.b",
	} {
		if err := c.PublishRequest(subject, c.NewInbox(), []byte("1")); err != nil {
			t.Fatal(err)
		}
		if err := await(t, told); !errors.Is(err, nats.ErrPermissionViolation) {
			t.Errorf("publish to %s: got %v, want a permissions violation", subject, err)
		}
		forbidden++
	}
	r.count(`hutong_nats_violations_total{what="publish"}`, strconv.Itoa(forbidden))
	forbidden = 0
	for _, subject := range []string{">", "*", "sensors.>", "sensors.x.pm25", "$SYS.>", "$JS.>", "_INBOX", "_R_.>"} {
		if _, err := c.SubscribeSync(subject); err != nil {
			t.Fatal(err)
		}
		if err := await(t, told); !errors.Is(err, nats.ErrPermissionViolation) {
			t.Errorf("subscribe to %s: got %v, want a permissions violation", subject, err)
		}
		forbidden++
	}
	r.count(`hutong_nats_violations_total{what="subscribe"}`, strconv.Itoa(forbidden))
	if got := r.ask(c, "reports.x", "good"); got == "" {
		t.Error("no answer")
	}
	if m := r.next(); string(m.Payload) != "good" {
		t.Errorf("the handler was given %+v", m)
	}
}

// TestApart: the clients of one key see no answers of another's, and a subject that both may use is not shared.
func TestApart(t *testing.T) {
	t.Parallel()
	r := serve(t, newRecorder(), Options{})
	a, _ := r.dial("a")
	b, _ := r.dial("b")
	spy, err := b.SubscribeSync("_INBOX.>")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Flush(); err != nil {
		t.Fatal(err)
	}
	r.ask(a, "sensors.x.pm25", "of a")
	r.ask(b, "sensors.x.pm25", "of b")
	if err := b.Flush(); err != nil {
		t.Fatal(err)
	}
	if n, _, err := spy.Pending(); n != 1 || err != nil { // its own
		t.Errorf("another key's client has seen %d answers, %v; want its own", n, err)
	}
	r.handler.mu.Lock()
	defer r.handler.mu.Unlock()
	if got, want := fmt.Sprint(r.handler.seen), "map[a:[of a] b:[of b]]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestBusy: what finds no room is told so, or counted and dropped; other keys go on; what was queued is answered.
func TestBusy(t *testing.T) {
	t.Parallel()
	h := newRecorder()
	taken, release := make(chan int, 100), make(chan struct{})
	h.publish = func(ctx context.Context, account string, messages []Message) {
		if account == "a" {
			taken <- len(messages)
			hold(ctx, release)
		}
	}
	r := serve(t, h, Options{Queue: 2})
	c, _ := r.dial("a")
	answers := r.later(c, "reports.x", "first")
	await(t, taken)
	for _, payload := range []string{"second", "third"} { // they wait
		if err := c.Publish("reports.x", []byte(payload)); err != nil {
			t.Fatal(err)
		}
	}
	if got := r.ask(c, "reports.x", "fourth"); got != "busy" {
		t.Errorf("got %q, want busy", got)
	}
	if err := c.Publish("reports.x", []byte("fifth")); err != nil {
		t.Fatal(err)
	}
	r.count(`hutong_nats_messages_total{kind="plain",outcome="dropped"}`, "1")
	r.count(`hutong_nats_messages_total{kind="request",outcome="busy"}`, "1")
	r.count(`hutong_nats_queued_messages`, "2")
	if said := r.said.String(); !strings.Contains(said, "are lost") {
		t.Errorf("nothing is said of what is lost: %s", said)
	}
	other, _ := r.dial("b")
	if got := r.ask(other, "sensors.x", "of b"); got == "busy" {
		t.Error("another key is held up")
	}
	close(release)
	if got, want := await(t, answers), `{"stream":"s","seq":7}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := await(t, taken); got != 2 {
		t.Errorf("the next batch has %d messages, want 2", got)
	}
	r.count(`hutong_nats_held_bytes`, "0")
}

// TestMemory: bytes are bounded like messages, and what the handler has counts.
func TestMemory(t *testing.T) {
	t.Parallel()
	h := newRecorder()
	taken, release := make(chan int, 100), make(chan struct{})
	h.publish = func(ctx context.Context, _ string, _ []Message) {
		taken <- 1
		hold(ctx, release)
	}
	r := serve(t, h, Options{MaxPayload: MinPayload, Memory: 8 * MinPayload}) // a quarter is two messages
	c, _ := r.dial("a")
	payload := make([]byte, MinPayload-1000)
	for range 2 {
		if err := c.Publish("reports.x", payload); err != nil {
			t.Fatal(err)
		}
	}
	await(t, taken)
	if got := r.ask(c, "reports.x", string(payload)); got != "busy" {
		t.Errorf("got %q, want busy", got)
	}
	close(release)
}

// TestOverrun: what is lost between the server and a queue is counted and said.
func TestOverrun(t *testing.T) {
	t.Parallel()
	h := newRecorder()
	taken, release, stuck, loosen := make(chan int, 100), make(chan struct{}), make(chan int, 1), make(chan struct{})
	h.publish = func(ctx context.Context, _ string, _ []Message) {
		taken <- 1
		hold(ctx, release)
	}
	h.busy = func() {
		stuck <- 1
		hold(t.Context(), loosen)
	}
	r := serve(t, h, Options{Queue: 1})
	if err := r.list[0].sub.SetPendingLimits(1, 1<<20); err != nil {
		t.Fatal(err)
	}
	c, _ := r.dial("a")
	r.send(c, "with the handler")
	await(t, taken)
	r.send(c, "waits")
	r.count(`hutong_nats_queued_messages`, "1")
	answer := r.later(c, "reports.x", "has no room")
	await(t, stuck) // and so is whoever brings messages
	for range 10 {
		r.send(c, "too many")
	}
	for end := time.Now().Add(patience); !strings.Contains(r.said.String(), "may have been lost"); {
		if time.Now().After(end) {
			t.Fatal("nothing is said of what is lost")
		}
	}
	close(loosen)
	if got := await(t, answer); got != "busy" {
		t.Errorf("got %q", got)
	}
	close(release)
	for end := time.Now().Add(patience); r.metric("hutong_nats_overruns_total") == "0"; {
		if r.ask(c, "reports.x", "goes on"); time.Now().After(end) { // it is counted behind a batch
			t.Fatal("nothing is counted")
		}
	}
}

// TestFailed: what the handler could not accept is counted, and answered with what it says.
func TestFailed(t *testing.T) {
	t.Parallel()
	h := newRecorder()
	h.publish = func(_ context.Context, _ string, messages []Message) {
		for i := range messages {
			messages[i].Failed, messages[i].Answer = true, []byte("send it again")
		}
	}
	r := serve(t, h, Options{})
	c, _ := r.dial("a")
	if got := r.ask(c, "reports.x", "1"); got != "send it again" {
		t.Errorf("got %q", got)
	}
	if err := c.Publish("reports.x", []byte("2")); err != nil {
		t.Fatal(err)
	}
	r.count(`hutong_nats_messages_total{kind="request",outcome="failed"}`, "1")
	r.count(`hutong_nats_messages_total{kind="plain",outcome="dropped"}`, "1")
	r.count(`hutong_nats_messages_total{kind="request",outcome="accepted"}`, "0")
}

// hold waits until it is let go, or the test is over.
func hold(ctx context.Context, release <-chan struct{}) {
	select {
	case <-release:
	case <-ctx.Done():
	}
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	r := serve(t, newRecorder(), Options{MaxPayload: MinPayload})
	c, _ := r.dial("a")
	if err := c.Publish("reports.x", make([]byte, MinPayload+1)); !errors.Is(err, nats.ErrMaxPayload) {
		t.Errorf("got %v, want %v", err, nats.ErrMaxPayload)
	}
	// A client that does not look at what the server says is disconnected.
	raw, err := new(net.Dialer).DialContext(t.Context(), "tcp", r.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if _, err := fmt.Fprintf(raw, "CONNECT {\"verbose\":false,\"pass\":\"key-of-a\"}\r\nPUB reports.x %d\r\n", MinPayload+1); err != nil {
		t.Fatal(err)
	}
	_ = raw.SetReadDeadline(time.Now().Add(patience))
	said, err := io.ReadAll(raw)
	if err != nil || !strings.Contains(string(said), "Maximum Payload Violation") {
		t.Errorf("got %q, %v", said, err)
	}
	r.count(`hutong_nats_endings_total{reason="too_large"}`, "1")
}

func TestTooManyClients(t *testing.T) {
	t.Parallel()
	r := serve(t, newRecorder(), Options{MaxClients: 2})
	r.dial("a")
	r.dial("b")
	raw, err := new(net.Dialer).DialContext(t.Context(), "tcp", r.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	_ = raw.SetReadDeadline(time.Now().Add(patience))
	if said, err := io.ReadAll(raw); err != nil || !strings.Contains(string(said), "maximum connections exceeded") {
		t.Errorf("got %q, %v, want that there are too many", said, err)
	}
	r.count(`hutong_nats_endings_total{reason="full"}`, "1")
}

// TestHostile: what is no protocol ends the connection, and the server goes on.
func TestHostile(t *testing.T) {
	t.Parallel()
	r := serve(t, newRecorder(), Options{})
	const connect = "CONNECT {\"verbose\":false,\"headers\":true,\"pass\":\"key-of-b\"}\r\n"
	for _, text := range []string{
		"GET / HTTP/1.1\r\n\r\n", "CONNECT {\r\n", "PUB reports.x 1\r\na\r\n", "\x00\x01\x02\x03", connect + "PUB sensors.x -1\r\n", connect + "PUB sensors.x 99999999999999999999\r\n",
		connect + "HPUB sensors.x 10 5\r\n", connect + "SUB\r\n", "CONNECT {\"pass\":\"key-of-b\",\"account\":\"key-0\"}\r\n", strings.Repeat("P", 2*maxControlLine),
		connect + "HPUB sensors.x 12 13\r\nNATS/1.0\r\n\r\n1\r\nX\r\n",
	} {
		raw, err := new(net.Dialer).DialContext(t.Context(), "tcp", r.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = raw.SetDeadline(time.Now().Add(patience))
		in := bufio.NewReader(raw)
		if info, err := in.ReadString('\n'); err != nil || !strings.HasPrefix(info, "INFO ") || strings.Contains(info, `"jetstream":true`) {
			t.Errorf("got %q, %v", info, err)
		}
		_, _ = io.WriteString(raw, text)
		if said, err := io.ReadAll(in); err != nil && errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%.60q: still connected, was told %q", text, said)
		}
		_ = raw.Close()
	}
	c, _ := r.dial("b")
	traced := nats.NewMsg("sensors.x")
	traced.Header.Set("Nats-Trace-Dest", "sensors.trace")
	traced.Data = []byte("traced")
	if _, err := c.RequestMsg(traced, patience); err != nil {
		t.Error(err)
	}
	if got := r.ask(c, "sensors.x", "good"); got == "" {
		t.Error("no answer")
	}
}

// TestStop: what has come is accepted and answered before the server ends, within its grace.
func TestStop(t *testing.T) {
	t.Parallel()
	h := newRecorder()
	taken, release := make(chan int, 100), make(chan struct{})
	h.publish = func(ctx context.Context, _ string, _ []Message) {
		taken <- 1
		hold(ctx, release)
	}
	r := serve(t, h, Options{})
	c, _ := r.dial("a")
	answers := r.later(c, "reports.x", "1")
	await(t, taken)
	r.stop()
	close(release)
	if got := await(t, answers); got == "" {
		t.Error("no answer")
	}
	if err := await(t, r.done); err != nil {
		t.Error(err)
	}
	r.done <- nil
}

// TestGrace: a handler that does not return in time has its context ended.
func TestGrace(t *testing.T) {
	t.Parallel()
	h := newRecorder()
	taken := make(chan int, 1)
	h.publish = func(ctx context.Context, _ string, messages []Message) {
		taken <- 1
		<-ctx.Done()
		messages[0].Failed = true
	}
	r := serve(t, h, Options{Grace: time.Millisecond})
	c, _ := r.dial("a")
	if err := c.Publish("reports.x", nil); err != nil {
		t.Fatal(err)
	}
	await(t, taken)
	r.stop()
	if err := await(t, r.done); err != nil {
		t.Error(err)
	}
	r.done <- nil
}

// TestBreak: a connection within the process that breaks is made again.
func TestBreak(t *testing.T) {
	t.Parallel()
	r := serve(t, newRecorder(), Options{})
	c, _ := r.dial("a")
	id, err := r.list[0].conn.GetClientID()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.server.DisconnectClientByID(id); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(patience); ; {
		m, err := c.Request("reports.x", []byte("1"), patience)
		if err == nil && len(m.Data) > 0 {
			break
		}
		if !errors.Is(err, nats.ErrNoResponders) || time.Now().After(end) {
			t.Fatalf("got %v", err)
		}
	}
	r.count("hutong_nats_breaks_total", "1")
}

func TestTLS(t *testing.T) {
	t.Parallel()
	pair := httptest.NewTLSServer(nil)
	defer pair.Close()
	certificate := pair.TLS.Certificates[0]
	r := serve(t, newRecorder(), Options{TLS: &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &certificate, nil },
	}})
	c, _ := r.dial("a", nats.Secure(&tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: true})) //nolint:gosec // the certificate is the test's
	if state, err := c.TLSConnectionState(); err != nil || !state.HandshakeComplete {
		t.Errorf("got %+v, %v", state, err)
	}
	if got := r.ask(c, "reports.x", "1"); got == "" {
		t.Error("no answer")
	}
}

// TestPortTaken says why it does not listen.
func TestPortTaken(t *testing.T) {
	t.Parallel()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err = Listen(t.Context(), Options{Listen: l.Addr().String()}, newRecorder()); err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("got %v", err)
	}
	s, err := Listen(t.Context(), Options{Listen: ":0", Accounts: []Account{{"a", []string{">"}}}}, newRecorder())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
