package e2e

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"hutong/internal/app"
	"hutong/internal/testkit"
)

// unitFile is the unit that releases hold.
const unitFile = "packaging/hutong.service"

// TestUnitVerifies lets systemd read the unit, with the built binary in the place of the installed one.
func TestUnitVerifies(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("systemd is Linux's")
	}
	analyze := testkit.Tool(t, "systemd-analyze", "systemd")
	text, err := os.ReadFile(filepath.Join(root, unitFile))
	if err != nil {
		t.Fatal(err)
	}
	const installed = "/usr/local/bin/hutong"
	if !strings.Contains(string(text), "ExecStart="+installed+" ") {
		t.Fatalf("%s does not start %s", unitFile, installed)
	}
	path := filepath.Join(t.TempDir(), "hutong.service")
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(text), installed, binary)), 0o600); err != nil {
		t.Fatal(err)
	}
	// Of other units that are installed here it may complain, too.
	out, err := exec.Command(analyze, "verify", "--man=no", "--recursive-errors=no", path).CombinedOutput()
	if err != nil || strings.Contains(string(out), "hutong") {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
}

// TestUnitFitsTheServer compares the unit's figures with what the server does.
func TestUnitFitsTheServer(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, unitFile))
	if err != nil {
		t.Fatal(err)
	}
	settings := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(key, "#") {
			settings[key] = value
		}
	}
	stop, err := strconv.Atoi(settings["TimeoutStopSec"])
	if got := time.Duration(stop) * time.Second; err != nil || got < 2*app.DrainTimeout {
		t.Errorf("TimeoutStopSec is %v, %v; requests alone may take %v", got, err, app.DrainTimeout)
	}
	if files, err := strconv.Atoi(settings["LimitNOFILE"]); err != nil || files < 25_000 {
		t.Errorf("LimitNOFILE is %d, %v; 10,000 streams behind a proxy are 20,000 files", files, err)
	}
	for key, want := range map[string]string{"Type": "notify", "NoNewPrivileges": "yes", "ProtectSystem": "strict", "StateDirectory": "hutong"} {
		if settings[key] != want {
			t.Errorf("%s is %q, want %q", key, settings[key], want)
		}
	}
}

// TestNotify stands in for systemd: it hears that the server is ready when it is, and when it stops.
func TestNotify(t *testing.T) {
	t.Parallel()
	dir, err := os.MkdirTemp("", "sd") // short: a socket's path has 107 bytes at most
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	next := func() []string {
		if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 4096)
		n, err := conn.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(string(buf[:n]), "\n")
	}
	data := write(t, map[string]string{"rows.csv": "id,lon,lat\n1,116.4,39.9\n"})
	p := launch(t, []string{"NOTIFY_SOCKET=" + socket}, "serve", filepath.Join(data, "rows.csv"), "--listen", "127.0.0.1:0")
	got := next()
	if len(got) != 2 || got[0] != "READY=1" || !strings.HasPrefix(got[1], "STATUS=Serving http://127.0.0.1:") {
		t.Fatalf("got %q, want READY=1 and the URL; stderr:\n%s", got, p.stderr)
	}
	s := &server{p, strings.TrimPrefix(got[1], "STATUS=Serving ")}
	if a := s.get(t, "/readyz"); a.StatusCode != http.StatusOK {
		t.Errorf("it said that it is ready and /readyz answers %d", a.StatusCode)
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if got := next(); !slices.Contains(got, "STOPPING=1") {
		t.Errorf("got %q, want STOPPING=1", got)
	}
	if status := p.wait(); status != 0 {
		t.Errorf("got exit status %d; stderr:\n%s", status, p.stderr)
	}
}

// TestNotifyInVain: a socket that is not there is told in the log, and the server serves all the same.
func TestNotifyInVain(t *testing.T) {
	t.Parallel()
	data := write(t, map[string]string{"rows.csv": "id,lon,lat\n1,116.4,39.9\n"})
	p := launch(t, []string{"NOTIFY_SOCKET=" + filepath.Join(data, "none")}, "serve", filepath.Join(data, "rows.csv"), "--listen", "127.0.0.1:0")
	select {
	case line := <-p.stdout.lines:
		if !strings.HasPrefix(line, "ready ") {
			t.Errorf("got %q, want the ready line", line)
		}
	case <-time.After(patience):
		t.Fatal("it was never ready")
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if status := p.wait(); status != 0 || !strings.Contains(p.stderr.String(), "systemd could not be told") {
		t.Errorf("got exit status %d; stderr:\n%s", status, p.stderr)
	}
}
