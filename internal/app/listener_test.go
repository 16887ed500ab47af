package app

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hutong/internal/telemetry"
	"hutong/layers/filter"
)

func TestBoundListener(t *testing.T) {
	t.Parallel()
	var config net.ListenConfig
	inner, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := telemetry.NewMetrics()
	l := bound(inner, 1, m)
	var dialer net.Dialer
	for range 2 {
		client, err := dialer.DialContext(t.Context(), "tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
	}
	first, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	second := make(chan error, 1)
	accept := func() {
		conn, err := l.Accept()
		if err == nil {
			err = conn.Close()
		}
		second <- err
	}
	go accept()
	for !strings.Contains(scrape(m), "hutong_http_connections_limited_total 1") {
		select {
		case err := <-second:
			t.Fatalf("a second connection was accepted beside the first: %v", err)
		case <-t.Context().Done():
			t.Fatal("the second connection never waited")
		default:
		}
	}
	for range 2 { // the second time gives no second slot back
		_ = first.Close()
	}
	if err := <-second; err != nil {
		t.Errorf("after the first was closed: %v", err)
	}
	if got := len(l.slots); got != 0 {
		t.Errorf("got %d slots taken, want none", got)
	}

	l.slots <- struct{}{} // full again
	go accept()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-second; !errors.Is(err, net.ErrClosed) {
		t.Errorf("after Close: got %v, want net.ErrClosed", err)
	}
}

// TestConnectionsAreCounted counts what is open, and not who waits for the next.
func TestConnectionsAreCounted(t *testing.T) {
	t.Parallel()
	var config net.ListenConfig
	inner, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := telemetry.NewMetrics()
	l := bound(inner, 9, m)
	accepted := make(chan net.Conn)
	go func() {
		defer close(accepted)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			accepted <- conn
		}
	}()
	wants := func(open string) {
		t.Helper()
		if !strings.Contains(scrape(m), "hutong_http_connections "+open+"\n") {
			t.Errorf("got another count of connections than %s", open)
		}
	}
	for len(l.slots) == 0 {
		runtime.Gosched()
	}
	wants("0")
	var dialer net.Dialer
	client, err := dialer.DialContext(t.Context(), "tcp", inner.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	conn := <-accepted
	wants("1")
	for range 2 {
		_ = conn.Close()
	}
	wants("0")
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if conn, more := <-accepted; more {
		t.Errorf("got %v after Close", conn)
	}
}

// TestSlowClients: who reads slowly gets everything, who stops is let go.
func TestSlowClients(t *testing.T) {
	body := make([]byte, 3*pieceBytes+1)
	send := func(t *testing.T, every time.Duration, stopAfter int) (sent int, err error, stalled bool) {
		synctest.Test(t, func(t *testing.T) {
			m := telemetry.NewMetrics()
			ours, theirs := net.Pipe()
			l := bound(&pipeListener{ours}, 1, m)
			conn, errAccept := l.Accept()
			if errAccept != nil {
				t.Fatal(errAccept)
			}
			var reader sync.WaitGroup
			reader.Go(func() {
				buffer := make([]byte, pieceBytes/2)
				for range stopAfter {
					time.Sleep(every)
					if _, err := theirs.Read(buffer); err != nil {
						return
					}
				}
			})
			sent, err = conn.Write(body)
			stalled = strings.Contains(scrape(m), "hutong_http_stalled_total 1")
			_, _ = conn.Close(), theirs.Close()
			reader.Wait()
		})
		return sent, err, stalled
	}
	// Each piece takes two reads and most of its time, all of them together far more.
	if n, err, stalled := send(t, stallTimeout/2-time.Second, 1000); n != len(body) || err != nil || stalled {
		t.Errorf("a slow client: sent %d of %d bytes, %v", n, len(body), err)
	}
	if n, err, stalled := send(t, time.Second, 2); n != pieceBytes || !errors.Is(err, os.ErrDeadlineExceeded) || !stalled {
		t.Errorf("a client that stopped: sent %d bytes, %v, counted: %v", n, err, stalled)
	}
}

// pipeListener accepts one connection.
type pipeListener struct{ net.Conn }

func (l *pipeListener) Accept() (net.Conn, error) { return l.Conn, nil }
func (l *pipeListener) Addr() net.Addr            { return l.LocalAddr() }

// scrape returns the metrics as text.
func scrape(m *telemetry.Metrics) string {
	w := httptest.NewRecorder()
	m.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return w.Body.String()
}

// TestStallAfterAnAnswer has the server take its write deadline away after an answer, as net/http does on a
// connection that is kept: a client that reads the first answer and not the second is cut all the same.
func TestStallAfterAnAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := telemetry.NewMetrics()
		ours, theirs := net.Pipe()
		l := bound(&pipeListener{ours}, 1, m)
		conn, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		var reader sync.WaitGroup
		reader.Go(func() { _, _ = theirs.Read(make([]byte, 100)) })
		if _, err := conn.Write(make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
		reader.Wait()
		if err := conn.SetWriteDeadline(time.Time{}); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write(make([]byte, 100)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("the second answer: %v, want a deadline", err)
		}
		_, _ = conn.Close(), theirs.Close()
	})
}

// TestLongestFilter asks with as long a filter as there may be, in letters that each take nine bytes of an address.
func TestLongestFilter(t *testing.T) {
	t.Parallel()
	a, _ := newTestApp(t, newCity(), nil)
	r := start(t, a)
	text := "status = '" + strings.Repeat("街", 2727) + "'"
	if len(text) != filter.MaxText {
		t.Fatalf("the filter has %d bytes", len(text))
	}
	for want, text := range map[int]string{http.StatusNoContent: text, http.StatusBadRequest: text + " "} {
		status, body, err := r.get("/tiles/complaints/0/0/0.mvt?filter=" + url.QueryEscape(text))
		if err != nil || status != want {
			t.Errorf("%d bytes: got %d, %v, want %d: %.200s", len(text), status, err, want, body)
		}
	}
}
