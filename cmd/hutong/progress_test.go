package main

import (
	"bytes"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestProgressLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		read, total int64
		took        time.Duration
		want        string
	}{
		{0, 100e6, time.Second, "reading: 0.0 MB"},
		{25e6, 100e6, 5 * time.Second, "reading: 25.0 MB of 100.0 MB, 25 %, 5.0 MB/s, 15s left"},
		{100e6, 100e6, 10 * time.Second, "reading: 100.0 MB of 100.0 MB, 100 %, 10.0 MB/s, 0s left"},
		{120e6, 100e6, 10 * time.Second, "reading: 120.0 MB of 100.0 MB, 100 %, 12.0 MB/s, 0s left"}, // a file that grew
		{7e6, 0, time.Second, "reading: 7.0 MB"},                                                     // a pipe has no size
	} {
		if got := progressLine(c.read, c.total, c.took); got != c.want {
			t.Errorf("%d of %d after %v: got %q, want %q", c.read, c.total, c.took, got, c.want)
		}
	}
}

// fakeMeter has read a quarter more at each look.
type fakeMeter struct{ read atomic.Int64 }

func (m *fakeMeter) Read() int64  { return m.read.Add(25_000_000) }
func (m *fakeMeter) Total() int64 { return 100_000_000 }

func TestProgressIsLinesWhereThereIsNoTerminal(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := newScreen(&out)
	tick := make(chan time.Time)
	clock := time.Unix(0, 0)
	stop := s.show(&fakeMeter{}, tick, func() time.Time { clock = clock.Add(5 * time.Second); return clock })
	tick <- time.Time{}
	tick <- time.Time{}
	stop()
	stop() // has no effect
	want := "reading: 25.0 MB of 100.0 MB, 25 %, 5.0 MB/s, 15s left\n" +
		"reading: 50.0 MB of 100.0 MB, 50 %, 5.0 MB/s, 10s left\n"
	if got := out.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestBarMakesRoomForLines(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := newScreen(&out)
	s.terminal = true
	tick := make(chan time.Time)
	stop := s.show(&fakeMeter{}, tick, time.Now)
	tick <- time.Time{}
	tick <- time.Time{} // the first look is over
	if _, err := s.Write([]byte("a line of the log\n")); err != nil {
		t.Fatal(err)
	}
	tick <- time.Time{}
	stop()
	const wipe = "\033[2K\r" // what the bar's line is wiped with
	got := out.String()
	if !strings.Contains(got, "reading") || !strings.Contains(got, "B/") {
		t.Errorf("got %q, want a bar with bytes", got)
	}
	if !strings.Contains(got, wipe+"a line of the log\n") {
		t.Errorf("got %q, want the bar wiped before the line", got)
	}
	if !strings.HasSuffix(got, wipe) {
		t.Errorf("got %q, want no bar at the end", got)
	}
}

// lateMeter learns only while it reads how much there is.
type lateMeter struct {
	fakeMeter
	looks int
}

// Total returns 0 at first.
func (m *lateMeter) Total() int64 {
	if m.looks++; m.looks < 3 {
		return 0
	}
	return m.fakeMeter.Total()
}

// TestBarThatComesLater: until it is known how much there is nothing is shown, then a bar.
func TestBarThatComesLater(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s := newScreen(&out)
	s.terminal = true
	tick := make(chan time.Time)
	stop := s.show(&lateMeter{}, tick, time.Now)
	tick <- time.Time{}
	tick <- time.Time{} // the first look is over, which found nothing
	tick <- time.Time{}
	stop()
	if got := out.String(); !strings.Contains(got, "B/") || strings.Contains(got, "MB of") || strings.HasPrefix(got, "reading: ") {
		t.Errorf("got %q, want a bar and no lines", got)
	}
}
