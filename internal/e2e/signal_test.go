package e2e

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
)

// underWay begins a request that cannot end: its headers promise a body that does not come. It
// returns once the server is at it. Sending body lets it end.
func underWay(t *testing.T, s *server) (conn net.Conn, body string) {
	t.Helper()
	var dialer net.Dialer
	conn, err := dialer.DialContext(t.Context(), "tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	body = "0123456789"
	if _, err := fmt.Fprintf(conn, "GET /layers HTTP/1.1\r\nHost: city.example\r\nContent-Length: %d\r\n\r\n", len(body)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	// This one and the one that asks.
	for !strings.Contains(string(s.get(t, "/metrics").body), "hutong_http_requests_in_flight 2") {
		if ctx.Err() != nil {
			t.Fatal("the request never began")
		}
	}
	return conn, body
}

// stopsAccepting waits until nobody can connect any more.
func stopsAccepting(t *testing.T, s *server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var dialer net.Dialer
	for {
		conn, err := dialer.DialContext(ctx, "tcp", strings.TrimPrefix(s.url, "http://"))
		if ctx.Err() != nil {
			t.Fatal("it still accepts connections")
		}
		if err != nil {
			return
		}
		_ = conn.Close()
	}
}

func TestSIGTERMDrains(t *testing.T) {
	t.Parallel()
	for _, signal := range []os.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			s := run(t, "demo", "--features", "100") // a living city stops, too
			conn, body := underWay(t, s)
			if err := s.cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			stopsAccepting(t, s)
			if _, err := io.WriteString(conn, body); err != nil {
				t.Fatal(err)
			}
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatalf("the request under way was not answered: %v", err)
			}
			defer res.Body.Close()
			got, err := io.ReadAll(res.Body)
			if err != nil || res.StatusCode != http.StatusOK || !strings.Contains(string(got), `"complaints"`) {
				t.Errorf("got %d %.100s, %v, want the whole list of layers", res.StatusCode, got, err)
			}
			if status := s.wait(); status != 0 {
				t.Errorf("got exit status %d, want 0; stderr:\n%s", status, s.stderr)
			}
			if out := s.stdout.String(); out != demoStdout(s.url) {
				t.Errorf("got stdout %q, want only where to look", out)
			}
		})
	}
}

func TestSecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	s := run(t, "demo", "--live=false", "--features", "100")
	underWay(t, s)
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	stopsAccepting(t, s)
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	// Had it drained to the end, the status would be 0.
	if status := s.wait(); status != -1 {
		t.Errorf("got exit status %d, want −1 for an end by the signal; stderr:\n%s", status, s.stderr)
	}
}
