package mqtt

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hutong/internal/testkit"
)

var (
	killRounds = flag.Int("mqtt.rounds", 5, "how often TestKillLoop kills its server; make soak says 200")
	killChild  = flag.String("mqtt.child", "", "the file that this process keeps messages in, for the test that started it; no use by hand")
)

// fileHandler appends payloads to a file and syncs it before it returns: the least that can be called
// durable.
type fileHandler struct {
	mu sync.Mutex
	f  *os.File
}

func (h *fileHandler) Authorise(string, string) (Session, error) { return h, nil }

func (h *fileHandler) Publish(_ context.Context, _ Session, messages []Message) error {
	var b []byte
	for i := range messages {
		b = append(append(b, messages[i].Payload...), '\n')
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, err := h.f.Write(b); err != nil {
		return err
	}
	return h.f.Sync()
}

// runChild serves until it is killed. It says its address on the standard output.
func runChild(path string) int {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	s, err := Listen(context.Background(), Options{Listen: "127.0.0.1:0"}, &fileHandler{f: f})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(s.Addr())
	if err := s.Run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	return 1
}

var killRuns atomic.Uint64

// S7: whatever was acknowledged when the process was killed is in the file. Four clients publish with QoS 1
// and 2, 64 messages in flight each, while the server is killed at random times.
func TestKillLoop(t *testing.T) {
	t.Parallel()
	seed := testkit.Seeds(t, &killRuns, 1)[0]
	random := rand.New(rand.NewPCG(seed, 7))
	path := filepath.Join(t.TempDir(), "messages")
	acknowledged := map[string]bool{}
	sent := 0
	for round := range *killRounds {
		child := startChild(t, path)
		const clients = 4
		var results [clients]struct {
			acknowledged []string
			sent         int
		}
		var publishers sync.WaitGroup
		for i := range clients {
			publishers.Go(func() {
				prefix := fmt.Sprintf("%d-%d-", round, i)
				results[i].acknowledged, results[i].sent = publishUntilKilled(child.addr, prefix, byte(1+i%2))
			})
		}
		// The moment is what this test is about; nothing is judged by it.
		timer := time.NewTimer(time.Duration(20+random.IntN(130)) * time.Millisecond)
		<-timer.C
		child.kill()
		publishers.Wait()
		for _, r := range results {
			sent += r.sent
			for _, payload := range r.acknowledged {
				acknowledged[payload] = true
			}
		}
	}
	kept := readKept(t, path)
	missing := 0
	for payload := range acknowledged {
		if !kept[payload] {
			if missing++; missing <= 10 {
				t.Errorf("seed %d: message %s was acknowledged and is not in the file", seed, payload)
			}
		}
	}
	t.Logf("%d rounds: %d messages sent, %d acknowledged, %d in the file, %d acknowledged and missing",
		*killRounds, sent, len(acknowledged), len(kept), missing)
	if len(acknowledged) < 10**killRounds || sent == len(acknowledged) {
		t.Errorf("seed %d: %d of %d messages were acknowledged: want many, and some that were not", seed, len(acknowledged), sent)
	}
}

// childServer is a server in a process of its own.
type childServer struct {
	addr string
	cmd  *exec.Cmd
}

func startChild(t *testing.T, path string) *childServer {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-mqtt.child", path)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &childServer{cmd: cmd}
	t.Cleanup(c.kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the server did not start: %v", err)
	}
	c.addr = strings.TrimSpace(line)
	return c
}

// kill sends SIGKILL and waits; again it does nothing.
func (c *childServer) kill() {
	if c.cmd.ProcessState == nil {
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait()
	}
}

// publishUntilKilled publishes numbered messages, 64 at once, until the connection breaks, and returns the
// payloads that were acknowledged: by PUBACK, or by PUBREC, after which a sender forgets the message.
func publishUntilKilled(addr, prefix string, qos byte) (acknowledged []string, sent int) {
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, 0
	}
	defer nc.Close()
	if _, err := nc.Write(connectAs("", "", "", 0)); err != nil {
		return nil, 0
	}
	r := bufio.NewReader(nc)
	if _, err := io.ReadFull(r, make([]byte, 4)); err != nil {
		return nil, 0
	}
	payload := func(n int) string { return fmt.Sprint(prefix, n) }
	var b bytes.Buffer
	send := func() {
		b.Write(publishing(qos, uint16(sent%60_000+1), "t", payload(sent)))
		sent++
	}
	for range 64 {
		send()
	}
	for {
		if _, err := nc.Write(b.Bytes()); err != nil {
			return acknowledged, sent
		}
		b.Reset()
		for first := true; first || r.Buffered() >= 4; first = false {
			var answer [4]byte
			if _, err := io.ReadFull(r, answer[:]); err != nil {
				return acknowledged, sent
			}
			if kind(answer[0]>>4) == kindPubcomp {
				continue
			}
			// Answers come in order (§4.6), so this one is for the first that waits.
			id := binary.BigEndian.Uint16(answer[2:])
			if want := uint16(len(acknowledged)%60_000 + 1); id != want {
				panic(fmt.Sprintf("answer for %d, want %d", id, want))
			}
			acknowledged = append(acknowledged, payload(len(acknowledged)))
			if qos == 2 {
				b.Write(releasing(id))
			}
			send()
		}
	}
}

// readKept returns the lines of a file, without a last one that is not whole.
func readKept(t *testing.T, path string) map[string]bool {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	kept := map[string]bool{}
	for line := range strings.Lines(string(data)) {
		if payload, ok := strings.CutSuffix(line, "\n"); ok {
			kept[payload] = true
		}
	}
	return kept
}
