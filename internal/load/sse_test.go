package load

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hutong/internal/testkit"
)

// eventsOf feeds a text in parts and returns what came out as lines.
func eventsOf(keep bool, parts ...string) (lines []string, e *events) {
	e = &events{keep: keep}
	for _, part := range parts {
		e.feed([]byte(part), func(ev event) { lines = append(lines, fmt.Sprintf("%s %d %s", ev.kind, ev.seq, ev.data)) })
	}
	return lines, e
}

const aStream = "retry: 1500\n\nid: e1-1\nevent: hello\ndata: {\"seq\":1}\n\n: 946684800000\n\n" +
	"id: e1-7\r\nevent: change\r\ndata: {\"seq\":\r\ndata: 7}\r\n\r\n" +
	"id: e1-9.2\revent: reset\rdata: x\r\r: beat\nid: e1-12\n\ndata\n\nevent: news\ndata: y\n\nevent: change\n\nid: \x00\ndata: z\n\nevent: change\ndata: cut off"

func TestEvents(t *testing.T) {
	t.Parallel()
	got, e := eventsOf(true, aStream)
	want := []string{`hello 1 {"seq":1}`, "change 7 {\"seq\":\n7}", "reset 9 x", "other 12 ", "other 12 y", "other 12 z"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events differ (-want +got):\n%s", diff)
	}
	if e.lastID != "e1-12" || e.retry != 1500*time.Millisecond || e.heartbeats != 2 {
		t.Errorf("got id %q, retry %v, %d heartbeats", e.lastID, e.retry, e.heartbeats)
	}
	got, _ = eventsOf(false, aStream)
	for i := range want {
		kind, _, _ := strings.Cut(want[i], " ")
		if i >= len(got) || !strings.HasPrefix(got[i], kind) || !strings.HasSuffix(got[i], " ") {
			t.Fatalf("got %q without data, want the same events", got)
		}
	}
}

// TestEventsAreBounded: what is too long is left out, and what follows is read.
func TestEventsAreBounded(t *testing.T) {
	t.Parallel()
	const after = "\nid: e-4\nevent: change\ndata: a\n\n"
	long := strings.Repeat("x", maxEventData)
	for name, text := range map[string]string{
		"a line": "data: " + long + "\n", "lines together": "data: " + long[:maxEventData/2] + "\ndata: " + long[:maxEventData/2] + "y\n",
	} {
		got, e := eventsOf(true, text, after)
		if diff := cmp.Diff([]string{"other 0 ", "change 4 a"}, got); diff != "" || cap(e.data) > 4*maxEventData || cap(e.line) > 4*maxEventData {
			t.Errorf("%s: events differ (-want +got):\n%s", name, diff)
		}
	}
	got, e := eventsOf(false, "id: "+long+"\nevent: change\ndata: "+long+"\n", after)
	if diff := cmp.Diff([]string{"change 0 ", "change 4 "}, got); diff != "" || cap(e.line) > 4*maxEventLine {
		t.Errorf("events differ (-want +got):\n%s", diff)
	}
}

var splitRuns atomic.Uint64

// TestEventsOfAnySplit: the events are the same however the bytes come.
func TestEventsOfAnySplit(t *testing.T) {
	t.Parallel()
	want, _ := eventsOf(true, aStream)
	for _, seed := range testkit.Seeds(t, &splitRuns, 50) {
		rng := rand.New(rand.NewPCG(seed, 0))
		var parts []string
		for rest := aStream; rest != ""; {
			n := min(1+rng.IntN(12), len(rest))
			parts, rest = append(parts, rest[:n]), rest[n:]
		}
		if got, _ := eventsOf(true, parts...); !cmp.Equal(want, got) {
			t.Fatalf("seed %d: got %q, want %q of %q", seed, got, want, parts)
		}
	}
}

func FuzzEvents(f *testing.F) {
	f.Add([]byte(aStream), uint8(7))
	f.Fuzz(func(t *testing.T, b []byte, at uint8) {
		whole, _ := eventsOf(true, string(b))
		cut := min(int(at), len(b))
		if parts, _ := eventsOf(true, string(b[:cut]), string(b[cut:])); !cmp.Equal(whole, parts) {
			t.Fatalf("got %q in two parts, %q in one", parts, whole)
		}
	})
}

func TestSeqOf(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]uint64{"e-1": 1, "a-b-17": 17, "e-9.2": 9, "": 0, "e": 0, "e-": 0, "e-x": 0, "e--1": 1, "18446744073709551616": 0} {
		if got := seqOf(id); got != want {
			t.Errorf("%q: got %d, want %d", id, got, want)
		}
	}
}
