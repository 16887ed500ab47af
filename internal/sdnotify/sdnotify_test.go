package sdnotify

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"
)

// listen returns a socket and a function that reads one message from it.
func listen(t *testing.T, name string) (Socket, func() string) {
	t.Helper()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return Socket(name), func() string {
		buf := make([]byte, 4096)
		n, err := conn.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		return string(buf[:n])
	}
}

// folder returns a folder whose name is short: a socket's path has 103 bytes at most on some systems.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "sd")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func TestMessages(t *testing.T) {
	t.Parallel()
	names := map[string]string{"path": filepath.Join(folder(t), "notify")}
	if runtime.GOOS == "linux" {
		names["abstract"] = fmt.Sprintf("@hutong-sdnotify-%d", os.Getpid())
	}
	for kind, name := range names {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s, next := listen(t, name)
			if err := s.Ready("Serving http://127.0.0.1:8080\nREADY=0"); err != nil {
				t.Fatal(err)
			}
			if got, want := next(), "READY=1\nSTATUS=Serving http://127.0.0.1:8080 READY=0"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			if err := s.Stopping(); err != nil {
				t.Fatal(err)
			}
			if got, want := next(), "STOPPING=1\nSTATUS=Stopping"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			if err := s.Ready(strings.Repeat("x", maxText-1) + "胡同"); err != nil {
				t.Fatal(err)
			}
			if got, want := next(), "READY=1\nSTATUS="+strings.Repeat("x", maxText-1); got != want || !utf8.ValidString(got) {
				t.Errorf("a long status: got %q, want it cut where a letter begins", got)
			}
		})
	}
}

func TestNobodyAndNowhere(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		socket Socket
		want   string // a part of the error; "" is none
	}{
		{"nobody", "", ""},
		{"neither path nor name", "vsock:2:1234", `"vsock:2:1234" is neither`},
		{"nobody listens", Socket(filepath.Join(folder(t), "none")), "no such file"},
		{"too long", Socket("/" + strings.Repeat("x", 200)), "sdnotify: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for what, err := range map[string]error{"Ready": c.socket.Ready("x"), "Stopping": c.socket.Stopping()} {
				if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
					t.Errorf("%s: got %v, want %q in it", what, err, c.want)
				}
			}
		})
	}
}
