package e2e

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// root is the repository, where the binary runs.
const root = "../.."

// patience is how long a test waits for what must happen; it is never waited for in full.
const patience = time.Minute

// testVersion is what the built command says of itself.
const testVersion = "v0.0.0-e2e"

// binary is the path of the built command.
var binary string

func TestMain(m *testing.M) { os.Exit(buildAndRun(m)) }

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "hutong-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "hutong")
	build := exec.Command("scripts/static", runtime.GOOS, runtime.GOARCH, binary) // as in a release
	build.Dir = root
	build.Env = append(os.Environ(), "VERSION="+testVersion)
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "e2e: scripts/static: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// process is a run of the binary.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	stdout *output
	stderr *output
	exited chan struct{} // closed once it ended and all its output was read
}

// output collects what a process writes.
type output struct {
	mu    sync.Mutex
	text  strings.Builder
	lines chan string // the whole lines, as they come; bounded, later ones are only in text
}

func (o *output) collect(r io.Reader) {
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		o.mu.Lock()
		o.text.WriteString(scanner.Text() + "\n")
		o.mu.Unlock()
		select {
		case o.lines <- scanner.Text():
		default:
		}
	}
	close(o.lines)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// launch runs the binary with args in the repository's root, and kills it when the test ends. env
// are variables beside the test's own, which lose all that start with HUTONG_ but HUTONG_DATA.
func launch(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	return launchAs(t, env, binary, args...)
}

// launchAs is launch of another program, which runs the binary.
func launchAs(t *testing.T, env []string, program string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(program, args...), exited: make(chan struct{})}
	p.cmd.Dir = root
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "HUTONG_") || strings.HasPrefix(v, "HUTONG_DATA=") {
			p.cmd.Env = append(p.cmd.Env, v)
		}
	}
	p.cmd.Env = append(p.cmd.Env, env...)
	var wg sync.WaitGroup
	for _, pipe := range []struct {
		open func() (io.ReadCloser, error)
		to   **output
	}{{p.cmd.StdoutPipe, &p.stdout}, {p.cmd.StderrPipe, &p.stderr}} {
		r, err := pipe.open()
		if err != nil {
			t.Fatal(err)
		}
		o := &output{lines: make(chan string, 100)}
		*pipe.to = o
		wg.Go(func() { o.collect(r) })
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		wg.Wait()
		_ = p.cmd.Wait() // the test reads ProcessState
		close(p.exited)
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it may be over already
		<-p.exited
	})
	return p
}

// wait waits for the end and returns the exit status, −1 when a signal ended it.
func (p *process) wait() int {
	p.t.Helper()
	select {
	case <-p.exited:
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		p.t.Fatalf("it did not end; stderr:\n%s", p.stderr)
		return 0
	}
}

// server is a process that answers at url.
type server struct {
	*process
	url string
}

// run runs the binary with args on a free port until it says that it is ready.
func run(t *testing.T, args ...string) *server {
	t.Helper()
	p := launch(t, nil, append(args, "--listen", "127.0.0.1:0")...)
	s, ok := p.ready()
	if !ok {
		t.Fatalf("it was never ready; stdout:\n%s\nstderr:\n%s", p.stdout, p.stderr)
	}
	return s
}

// ready waits until the process says that it is ready; false when it says something else, or nothing.
func (p *process) ready() (s *server, ok bool) {
	select {
	case line := <-p.stdout.lines:
		url, found := strings.CutPrefix(line, "ready ")
		return &server{p, url}, found
	case <-time.After(5 * patience):
		return nil, false
	}
}

// answer is a response that was read to its end.
type answer struct {
	*http.Response
	body []byte
}

// client keeps bodies as they come: it does not ask for gzip by itself.
var client = &http.Client{Transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 8}, Timeout: patience}

// do sends a request for a path, or a whole URL, with these header pairs.
func (s *server) do(method, path string, pairs ...string) (answer, error) {
	if strings.HasPrefix(path, "/") {
		path = s.url + path
	}
	req, err := http.NewRequestWithContext(context.Background(), method, path, nil)
	if err != nil {
		return answer{}, err
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		req.Header.Set(pairs[i], pairs[i+1])
	}
	res, err := client.Do(req)
	if err != nil {
		return answer{}, err
	}
	body, err := io.ReadAll(res.Body)
	return answer{res, body}, errors.Join(err, res.Body.Close())
}

// get is do with GET that fails the test on an error.
func (s *server) get(t *testing.T, path string, pairs ...string) answer {
	t.Helper()
	a, err := s.do(http.MethodGet, path, pairs...)
	if err != nil {
		t.Fatalf("GET %s: %v", path, err)
	}
	return a
}
