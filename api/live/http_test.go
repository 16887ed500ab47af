package live

import (
	"bufio"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestOverTheWire reads streams over HTTP/1.1 and HTTP/2, beyond the time that a server gives a request.
func TestOverTheWire(t *testing.T) {
	t.Parallel()
	for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(proto, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, Options{})
			stop := f.run()
			s := httptest.NewUnstartedServer(f.server)
			s.EnableHTTP2 = proto == "HTTP/2.0"
			s.Config.ReadTimeout = 2 * time.Second // for the handshake, too
			if s.EnableHTTP2 {
				s.StartTLS()
			} else {
				s.Start()
			}
			t.Cleanup(s.Close)
			res, err := s.Client().Get(s.URL + "/live")
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			if res.Proto != proto || res.Header.Get("Content-Type") != contentType {
				t.Fatalf("got %s %s, want %s %s", res.Proto, res.Header.Get("Content-Type"), proto, contentType)
			}
			lines := bufio.NewScanner(res.Body)
			until := func(text string) {
				t.Helper()
				for lines.Scan() {
					if strings.HasPrefix(lines.Text(), text) {
						return
					}
				}
				t.Fatalf("the stream ended before %q: %v", text, lines.Err())
			}
			until("event: hello")
			// net/http lifts the deadline for the request once that was read; the clock is the system's.
			<-time.After(s.Config.ReadTimeout * 5 / 4)
			f.put("a", "1", 116.4, 39.9)
			until("event: change")
			stop()
			if _, err := io.Copy(io.Discard, res.Body); err != nil {
				t.Errorf("the stream broke at its end: %v", err)
			}
		})
	}
	http.DefaultClient.CloseIdleConnections()
}
