package journal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// childFolder names the folder in which a child of these tests appends until it is killed.
const childFolder = "HUTONG_TEST_JOURNAL_CHILD"

// childLimit is how large a file of the child may become, in bytes; "" means any size.
const childLimit = "HUTONG_TEST_JOURNAL_LIMIT"

// child runs as one when it is. It appends numbers from eight goroutines and prints each that was
// acknowledged, a large one now and then.
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
				if _, err := j.Append(context.Background(), b); err != nil {
					fmt.Println("error:", errors.Is(err, ErrFailing), err)
					return
				}
				fmt.Println(n) // one write: it is there or not
			}
		})
	}
	wait.Wait()
	state, reason := j.Health()
	fmt.Println("error:", state, reason)
	return true
}

// Nothing that a process printed as acknowledged is lost when it is killed.
func TestKill(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	acknowledged := map[int64]bool{}
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
			number, err := strconv.ParseInt(strings.TrimSpace(lines.Text()), 10, 64)
			if err != nil {
				t.Fatalf("round %d: %s", round, lines.Text())
			}
			acknowledged[number] = true
		}
		_ = cmd.Wait() // killed
	}
	j := open(t, options(folder))
	g := mustRead(t, j, 0)
	if len(acknowledged) < rounds*acks {
		t.Errorf("only %d were acknowledged", len(acknowledged))
	}
	for n := range acknowledged {
		if !slices.Contains(g.numbers, n) {
			t.Errorf("%d was acknowledged and is lost", n)
		}
	}
	slices.Sort(g.numbers)
	if len(slices.Compact(g.numbers)) != len(g.numbers) {
		t.Error("a number is there twice")
	}
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
	acknowledged := map[int64]bool{}
	failed, state := 0, ""
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		number, err := strconv.ParseInt(line, 10, 64)
		switch {
		case err == nil:
			acknowledged[number] = true
		case strings.HasPrefix(line, "error: true "):
			failed++
		default:
			state = line
		}
	}
	if failed != 8 || !strings.HasPrefix(state, "error: failing") || !strings.Contains(state, "file too large") {
		t.Errorf("%d callers were told; %s", failed, state)
	}
	g := mustRead(t, open(t, options(folder)), 0)
	if len(acknowledged) == 0 {
		t.Error("nothing was acknowledged")
	}
	for n := range acknowledged {
		if !slices.Contains(g.numbers, n) {
			t.Errorf("%d was acknowledged and is lost", n)
		}
	}
}
