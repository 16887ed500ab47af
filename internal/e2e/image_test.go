package e2e

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"hutong/internal/testkit"
)

// containerFile is how images are made.
const containerFile = "packaging/Containerfile"

// imageRoot is what the last stage of the Containerfile makes: an empty root with what it copies.
type imageRoot struct {
	root                    string
	env                     []string
	entrypoint, cmd, health []string
	user                    uint32
	workdir                 string
}

// TestImage runs the image without a container engine: in an empty root that holds what the last stage
// copies and nothing else, as its user. Time zones, certificates of authorities and the health check work there.
func TestImage(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("images are Linux's")
	}
	if os.Geteuid() != 0 {
		testkit.Missing(t, "only root may change its root folder")
	}
	cert, key := writeCertificate(t)
	asked := make(chan string, 100)
	store := startTLS(t, cert, key, func(w http.ResponseWriter, r *http.Request) {
		select {
		case asked <- r.URL.Path:
		default:
		}
		http.NotFound(w, r)
	})
	im := readImage(t, map[string]func(to string) error{
		"/etc/ssl/certs/ca-certificates.crt": func(to string) error { return copyFile(cert, to, 0o644) },
		"/out/hutong":                        func(to string) error { return copyFile(binary, to, 0o755) },
		"/out/tmp":                           func(to string) error { return os.Mkdir(to, 0o777) },
		"/out/data":                          func(to string) error { return os.Mkdir(to, 0o750) },
	})
	for name, text := range map[string]string{
		"/etc/hutong/city.yaml": `
city: A city
time_zone: Asia/Shanghai
layers:
  places: {title: Places, licence: CC0-1.0, fields: {at: {type: time}}}
archives:
  far: {url: "` + store + `/far.pmtiles", title: Far, licence: CC0-1.0}
sources:
  rows:
    layer: places
    files: [/var/lib/hutong/rows.csv]
    id: "{id}"
    csv: {lon: lon, lat: lat}
    fields: {at: {from: at, layouts: ["2006-01-02 15:04"], zone: America/New_York}}
`,
		"/var/lib/hutong/rows.csv": "id,lon,lat,at\n1,-77,38.9,2026-07-01 12:00\n",
	} {
		path := filepath.Join(im.root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}

	serve := im.command(append(append([]string{}, im.entrypoint...), im.cmd...), "HUTONG_LISTEN=127.0.0.1:0")
	var log strings.Builder
	serve.Stderr = &log
	stdout, err := serve.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := serve.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if serve.ProcessState == nil {
			_ = serve.Process.Kill()
			_ = serve.Wait()
		}
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "ready ")
	if err != nil || !ok {
		_ = serve.Process.Kill()
		_ = serve.Wait()
		t.Fatalf("got %q, %v, want the ready line; stderr:\n%s", line, err, log.String())
	}
	listen := "HUTONG_LISTEN=" + strings.TrimPrefix(url, "http://")
	s := &server{url: url}
	if a := s.get(t, "/layers/places/features/1"); !strings.Contains(string(a.body), "2026-07-01T16:00:00Z") {
		t.Errorf("noon in New York: got %s, want 16:00 UTC", a.body)
	}
	if a := s.get(t, "/"); a.StatusCode != http.StatusOK {
		t.Errorf("the page: got %d", a.StatusCode)
	}
	select {
	case <-asked:
	default:
		t.Errorf("the archive's server was never asked: its authority is in the image's file; stderr:\n%s", log.String())
	}
	if out, err := im.command(im.health, listen).CombinedOutput(); err != nil {
		t.Errorf("the health check of a server that is ready: %v %s", err, out)
	}
	if err := serve.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := serve.Wait(); err != nil {
		t.Errorf("it ended with %v; stderr:\n%s", err, log.String())
	}
	if out, err := im.command(im.health, listen).CombinedOutput(); err == nil || !strings.Contains(string(out), "refused") {
		t.Errorf("the health check of no server: %v %s, want it to fail", err, out)
	}
}

// startTLS starts a server whose certificate these files hold and returns its URL.
func startTLS(t *testing.T, cert, key string, answer http.HandlerFunc) string {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewUnstartedServer(answer)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL
}

// command runs args in the image as its user.
func (im *imageRoot) command(args []string, env ...string) *exec.Cmd {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env, cmd.Dir = append(append([]string{}, im.env...), env...), im.workdir
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: im.root, Credential: &syscall.Credential{Uid: im.user, Gid: im.user}}
	return cmd
}

// readImage makes the root of the last stage. put makes what it copies, by its name in the stage that it
// comes from. An instruction that it does not know fails the test.
func readImage(t *testing.T, put map[string]func(to string) error) *imageRoot {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, containerFile))
	if err != nil {
		t.Fatal(err)
	}
	_, last, ok := strings.Cut(string(text), "\nFROM scratch\n")
	if !ok {
		t.Fatalf("%s has no last stage FROM scratch", containerFile)
	}
	im := &imageRoot{root: t.TempDir()}
	if err := os.Chmod(im.root, 0o755); err != nil {
		t.Fatal(err)
	}
	list := func(s string) (words []string) {
		if err := json.Unmarshal([]byte(s), &words); err != nil || len(words) == 0 {
			t.Fatalf("%s: %q is no list of words", containerFile, s)
		}
		return words
	}
	for line := range strings.Lines(last) {
		instruction, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch instruction {
		case "":
		case "COPY":
			im.copy(t, strings.Fields(rest), put)
		case "ENV":
			im.env = append(im.env, rest)
		case "USER":
			uid, _, _ := strings.Cut(rest, ":")
			n, err := strconv.ParseUint(uid, 10, 32)
			if err != nil || n == 0 {
				t.Fatalf("USER %s: want a number that is not root's", rest)
			}
			im.user = uint32(n)
		case "WORKDIR":
			im.workdir = rest
		case "ENTRYPOINT":
			im.entrypoint = list(rest)
		case "CMD":
			im.cmd = list(rest)
		case "HEALTHCHECK":
			_, command, _ := strings.Cut(rest, " CMD ")
			im.health = list(command)
		case "VOLUME", "EXPOSE":
		default:
			t.Fatalf("%s: %q is new to this test", containerFile, instruction)
		}
	}
	return im
}

// copy does what one COPY does.
func (im *imageRoot) copy(t *testing.T, words []string, put map[string]func(to string) error) {
	t.Helper()
	owner := -1
	for len(words) > 0 && strings.HasPrefix(words[0], "--") {
		if ids, ok := strings.CutPrefix(words[0], "--chown="); ok {
			uid, gid, _ := strings.Cut(ids, ":")
			n, err := strconv.Atoi(uid)
			if err != nil || uid != gid {
				t.Fatalf("--chown=%s: want the same number twice", ids)
			}
			owner = n
		}
		words = words[1:]
	}
	if len(words) != 2 || put[words[0]] == nil {
		t.Fatalf("COPY %q: this test does not know where that comes from", words)
	}
	to := filepath.Join(im.root, words[1])
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := put[words[0]](to); err != nil {
		t.Fatal(err)
	}
	if owner >= 0 {
		if err := os.Chown(to, owner, owner); err != nil {
			t.Fatal(err)
		}
	}
}

func copyFile(from, to string, mode os.FileMode) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, mode)
}

// TestIgnoreFilesAgree: Podman and Docker leave the same out.
func TestIgnoreFilesAgree(t *testing.T) {
	t.Parallel()
	var rules [2]string
	for i, name := range []string{".containerignore", containerFile + ".dockerignore"} {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		comment, rest, ok := strings.Cut(string(text), "\n")
		if !ok || !strings.HasPrefix(comment, "#") {
			t.Errorf("%s does not begin with a comment", name)
		}
		rules[i] = rest
	}
	if rules[0] != rules[1] {
		t.Errorf("got %q and %q", rules[0], rules[1])
	}
}
