package journal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"hutong/layers"
)

// childFolder names the folder in which a child of these tests appends until it is killed.
const childFolder = "HUTONG_TEST_JOURNAL_CHILD"

// childLimit is how large a file of the child may become, in bytes; "" means any size.
const childLimit = "HUTONG_TEST_JOURNAL_LIMIT"

// child runs as one when it is. It appends numbers from eight goroutines, a large one now and then, and
// prints each that was acknowledged with its sequence. Now and then it truncates what is 40 messages back.
func child() bool {
	folder := os.Getenv(childFolder)
	if folder == "" {
		return false
	}
	if limit, err := strconv.ParseUint(os.Getenv(childLimit), 10, 64); err == nil {
		signal.Ignore(syscall.SIGXFSZ)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: limit, Max: limit}); err != nil {
			fmt.Println("error:", err)
			return true
		}
	}
	j, err := Open(context.Background(), options(folder))
	if err != nil {
		fmt.Println("error:", err)
		return true
	}
	start := int64(j.Last()) * 1000
	var wait sync.WaitGroup
	for c := range int64(8) {
		wait.Go(func() {
			for n := start + c; ; n += 8 {
				b := numbered(n)
				if n%200 == 0 {
					b = large(n, 2)
				}
				seq, _, err := j.Append(context.Background(), b)
				if err != nil {
					fmt.Println("error:", errors.Is(err, ErrFailing), err)
					return
				}
				fmt.Println(n, seq) // one write: it is there or not
				if n%24 == 0 && seq > 40 {
					if err := j.Truncate(context.Background(), seq-40); err != nil {
						fmt.Println("error:", errors.Is(err, ErrFailing), err)
						return
					}
				}
			}
		})
	}
	wait.Wait()
	state, reason := j.Health()
	fmt.Println("error:", state, reason)
	return true
}

// acknowledgements are numbers that a child printed, with their sequences.
type acknowledgements map[int64]layers.Seq

// read takes a line; false when it is no acknowledgement.
func (a acknowledgements) read(line string) bool {
	n, seq, _ := strings.Cut(strings.TrimSpace(line), " ")
	number, err := strconv.ParseInt(n, 10, 64)
	if err != nil {
		return false
	}
	s, err := strconv.ParseUint(seq, 10, 64)
	a[number] = layers.Seq(s)
	return err == nil
}

// check says which of the acknowledged are not in a log, unless they were truncated.
func (a acknowledgements) check(t *testing.T, folder string) {
	t.Helper()
	j := open(t, options(folder))
	g := mustRead(t, j, j.First()-1)
	there := map[int64]layers.Seq{}
	for i, n := range g.numbers {
		if there[n] != 0 {
			t.Errorf("%d is there twice", n)
		}
		there[n] = g.seqs[i]
	}
	left := 0
	for n, seq := range a {
		if seq < j.First() {
			continue
		}
		left++
		if there[n] != seq {
			t.Errorf("%d was acknowledged at %d and is at %d", n, seq, there[n])
		}
	}
	if left == 0 {
		t.Errorf("none of %d is left to look for", len(a))
	}
}

// Nothing that a process printed as acknowledged is lost when it is killed, while it writes or truncates.
func TestKill(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	acknowledged := acknowledgements{}
	const rounds, acks = 10, 40
	for round := range rounds {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childFolder+"="+folder)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			if n == acks+round {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
			if !acknowledged.read(lines.Text()) {
				t.Fatalf("round %d: %s", round, lines.Text())
			}
		}
		_ = cmd.Wait() // killed
	}
	if len(acknowledged) < rounds*acks {
		t.Errorf("only %d were acknowledged", len(acknowledged))
	}
	acknowledged.check(t, folder)
}

// When the disk takes no more, callers are told at once, the state says so, and nothing acknowledged is lost.
func TestDiskThatTakesNoMore(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childFolder+"="+folder, childLimit+"=3000000")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	acknowledged := acknowledgements{}
	failed, state := 0, ""
	for line := range strings.Lines(string(out)) {
		switch {
		case acknowledged.read(line):
		case strings.HasPrefix(line, "error: true "):
			failed++
		default:
			state = line
		}
	}
	if failed != 8 || !strings.HasPrefix(state, "error: failing") || !strings.Contains(state, "file too large") {
		t.Errorf("%d callers were told; %s", failed, state)
	}
	acknowledged.check(t, folder)
}
