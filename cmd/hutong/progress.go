package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
)

// How often progress is shown.
const (
	barInterval  = 100 * time.Millisecond // on a terminal
	lineInterval = 5 * time.Second        // elsewhere
)

// screen is where progress and other lines go together: a line that is written while a bar is shown
// takes its place, and the bar moves below it. It may be used from any goroutine.
type screen struct {
	w        io.Writer
	terminal bool

	mu  sync.Mutex
	bar *progressbar.ProgressBar // nil while none is shown
}

func newScreen(w io.Writer) *screen { return &screen{w: w, terminal: isTerminal(w)} }

// Write writes whole lines.
func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bar == nil {
		return s.w.Write(p)
	}
	_ = s.bar.Clear() // nobody can use an error of a bar
	n, err := s.w.Write(p)
	_ = s.bar.RenderBlank()
	return n, err
}

// meter tells how far reading has come, in bytes.
type meter interface {
	Read() int64
	Total() int64
}

// follow shows how far reading has come until stop is called, which waits for the last look: with a
// bar on a terminal, else with a line now and then.
func (s *screen) follow(p meter) (stop func()) {
	interval := lineInterval
	if s.terminal {
		interval = barInterval
	}
	ticker := time.NewTicker(interval)
	end := s.show(p, ticker.C, time.Now)
	return func() {
		ticker.Stop()
		end()
	}
}

// show is follow with a clock of the caller's.
func (s *screen) show(p meter, tick <-chan time.Time, now func() time.Time) (stop func()) {
	total, start := p.Total(), now()
	s.begin(total)
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-tick:
				if total == 0 { // not known before something was read
					total = p.Total()
					s.begin(total)
				}
				s.step(p.Read(), total, now().Sub(start))
			case <-done:
				return
			}
		}
	}()
	var once sync.Once
	return func() {
		once.Do(func() {
			close(done)
			<-ended
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.bar != nil {
				_ = s.bar.Clear()
				s.bar = nil
			}
		})
	}
}

// begin shows a bar, on a terminal, once it is known how much there is to read.
func (s *screen) begin(total int64) {
	if !s.terminal || total <= 0 {
		return
	}
	bar := progressbar.NewOptions64(total,
		progressbar.OptionSetWriter(s.w), progressbar.OptionSetDescription("reading"), progressbar.OptionShowBytes(true),
		progressbar.OptionShowTotalBytes(true), progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish(),
		progressbar.OptionFullWidth(), progressbar.OptionUseANSICodes(true))
	s.mu.Lock()
	s.bar = bar
	s.mu.Unlock()
}

// step shows one look.
func (s *screen) step(read, total int64, took time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bar != nil {
		_ = s.bar.Set64(min(read, total))
		return
	}
	if s.terminal && total <= 0 {
		return // the bar comes when it is known how much there is
	}
	_, _ = fmt.Fprintln(s.w, progressLine(read, total, took))
}

// progressLine tells how far reading has come after a time, how fast it goes and how long it still
// takes at that rate.
func progressLine(read, total int64, took time.Duration) string {
	seconds := took.Seconds()
	if total <= 0 || read <= 0 || seconds <= 0 {
		return "reading: " + megabytes(float64(read))
	}
	rate := float64(read) / seconds
	left := time.Duration(float64(max(total-read, 0)) / rate * float64(time.Second)).Round(time.Second)
	return fmt.Sprintf("reading: %s of %s, %d %%, %s/s, %s left",
		megabytes(float64(read)), megabytes(float64(total)), min(read*100/total, 100), megabytes(rate), left)
}

// megabytes writes a number of bytes for people.
func megabytes(bytes float64) string { return fmt.Sprintf("%.1f MB", bytes/1e6) }

// isTerminal reports whether w is a character device. /dev/null is one as well, where it does not
// matter.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
